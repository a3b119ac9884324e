"""Matching on any data frame: scores, sets, weights, balance and overlap.

>>> from evaluation.matching import match
>>> matched = match(frame, treatment="treat", covariates=["age", "educ"], id="id", caliper=0.2)  # doctest: +SKIP
>>> matched.pairs, matched.units, matched.balance()  # doctest: +SKIP
"""

from evaluation.matching.balance import Balance
from evaluation.matching.engine import match_spec
from evaluation.matching.learners import LearnedScore
from evaluation.matching.overlap import Overlap
from evaluation.matching.result import Matched
from evaluation.matching.score import ScoreModel
from evaluation.matching.spec import MatchSpec, RiskSets
from evaluation.matching.verb import match

__all__ = [
    "Balance",
    "LearnedScore",
    "MatchSpec",
    "Matched",
    "Overlap",
    "RiskSets",
    "ScoreModel",
    "match",
    "match_spec",
]
