"""Matching on any data frame: scores, sets, weights, balance and overlap.

>>> from evaluation.matching import match
>>> matched = match(frame, treatment="treat", covariates=["age", "educ"], id="id", caliper=0.2)  # doctest: +SKIP
>>> matched.pairs, matched.units, matched.balance()  # doctest: +SKIP
"""

from evaluation.matching.balance import Balance
from evaluation.matching.overlap import Overlap
from evaluation.matching.result import Matched
from evaluation.matching.score import ScoreModel
from evaluation.matching.spec import MatchSpec
from evaluation.matching.verb import match, match_spec

__all__ = ["Balance", "MatchSpec", "Matched", "Overlap", "ScoreModel", "match", "match_spec"]
