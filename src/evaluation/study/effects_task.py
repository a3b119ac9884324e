"""What an estimator of a study is given: memberships on a clock, and their outcomes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from evaluation.effects.dynamics.hazard import HazardPanel
from evaluation.errors import EffectError, Problem
from evaluation.outcomes import Panel
from evaluation.study.design import Design
from evaluation.study.effects_clocks import months_meant


@dataclass(frozen=True, eq=False)
class Task:
    """What an estimator is given.

    Attributes
    ----------
    design
        The frozen design: ``cohort.table`` holds the covariates of the rows that ``sample["id"]`` names.
    sample
        Memberships on the clock: set, unit, treated, weight, t0, month (of the matching), own_start, id; of one subgroup.
    labels, values
        Outcomes as :func:`evaluation.outcomes.outcome_columns` gives them, (m, k).
    panel
        All outcomes read, for estimators that look at other years as well.
    hazard
        Hazard of beginning an employment, where a study asks for ``never``; else None.
    entry
        The odds of it for the participants of the sample alone, where everybody at risk is weighed and others began one too; else None.
    whole
        Whether all participants are in the sample, not those of a subgroup.
    """

    design: Design
    sample: pd.DataFrame
    labels: pd.DataFrame
    values: np.ndarray
    panel: Panel
    level: float
    hazard: HazardPanel | None = None
    entry: HazardPanel | None = None
    whole: bool = True

    @cached_property
    def months(self) -> tuple[np.ndarray, np.ndarray]:
        """Last month that each horizon refers to (m, g), and the horizon of each outcome (k,)."""
        return months_meant(self.labels, self.sample["t0"].to_numpy(dtype=np.int64))

    @property
    def fitted(self) -> HazardPanel:
        """The hazard.

        Raises
        ------
        EffectError
            Where the study did not ask for ``never``.
        """
        if self.hazard is None:
            raise EffectError(
                Problem("effects, estimand never", "no hazard was fitted", "a study that asks for never", "name it in [effects] estimands")
            )  # fmt: skip
        return self.hazard

    def chosen(self, columns: np.ndarray) -> Task:
        """The same with some of the outcomes; ``columns`` is bool (k,)."""
        return replace(self, labels=self.labels[columns].reset_index(drop=True), values=self.values[:, columns])
