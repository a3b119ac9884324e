"""Fitted scores, kept by the covariates, terms of time and model they were fitted with: the slow part of a re-match is done once."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from evaluation.cohort import Cohort, refuse_known_afterwards
from evaluation.errors import StatisticalWarning
from evaluation.laboratory.choices import PLAIN_MODEL, Choice
from evaluation.matching.design_matrix import CovariateDesign
from evaluation.matching.learners import learn_score
from evaluation.matching.score import fit_score
from evaluation.matching.spec import DEFAULT_FOLDS

SCORE = "laboratory_score"
KEPT = 12  # scores kept at once: each is one column of the cohort's table


@dataclass(frozen=True, eq=False)
class Scored:
    """Rows with a score.

    Attributes
    ----------
    frame
        The cohort's rows, with the probability in column ``laboratory_score``; without rows at values of a covariate where only
        participants, or only others, occur (they can never be matched).
    notes
        What the fit warned of.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]


class Scores:
    """Scores of one cohort, fitted when first asked for."""

    def __init__(self, cohort: Cohort) -> None:
        self._table = cohort.table
        self._kept: dict[tuple[object, ...], Scored] = {}
        self.fits = 0

    def ready(self, choice: Choice) -> bool:
        """Whether the score of a choice is at hand."""
        return choice.score_key in self._kept

    def of(self, choice: Choice) -> Scored:
        """The score of a choice, fitted as :func:`evaluation.matching.match` fits it.

        Raises
        ------
        CohortError
            A covariate that is known only after the start.
        MatchingError
            Covariates that separate participants from others.
        """
        key = choice.score_key
        if key not in self._kept:
            refuse_known_afterwards(choice.score.covariates, role="covariate")
            with collected() as notes:
                probability = self._fit(choice)
            self.fits += 1
            inside = np.isfinite(probability)
            frame = self._table.assign(**{SCORE: probability})
            self._kept[key] = Scored(frame if inside.all() else frame[inside], tuple(notes))
            while len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))
        return self._kept[key]

    def _fit(self, choice: Choice) -> np.ndarray:
        table = self._table
        frame = table.assign(**{name: table[name].astype("category") for name in choice.score.time})
        design = CovariateDesign.of(frame, (*choice.score.covariates, *choice.score.time))
        treated = table["treated"].to_numpy() == 1
        if choice.model == PLAIN_MODEL:
            _, linear = fit_score(frame, design, treated, table["row"])
        else:
            _, linear = learn_score(
                frame, design, treated, table["row"], table["person"], choice.model, DEFAULT_FOLDS, None
            )
        # strictly between 0 and 1, where the logit is finite; NaN stays NaN
        return np.clip(expit(linear), np.finfo(float).tiny, 1 - np.finfo(float).epsneg)


@contextmanager
def collected() -> Iterator[list[str]]:
    """Statistical warnings as a list of texts, each once, filled when the block ends; none of any kind is printed."""
    texts: list[str] = []
    with warnings.catch_warnings(record=True) as log:
        warnings.simplefilter("always", StatisticalWarning)
        yield texts
    found = [str(entry.message) for entry in log if issubclass(entry.category, StatisticalWarning)]
    texts.extend(dict.fromkeys(found))
