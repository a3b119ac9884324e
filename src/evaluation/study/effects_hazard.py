"""What the estimand "never" needs beside the matched sets: the hazard of beginning an employment, in every month up to the last outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaluation.cohort import Cohort
from evaluation.cohort.later_risk import last_month, later_risk
from evaluation.effects.dynamics.hazard import HazardPanel, fit_hazard
from evaluation.errors import EffectError, Problem
from evaluation.outcomes import Definitions
from evaluation.progress import Progress, silent
from evaluation.study.design import Design
from evaluation.study.file import StudyFile

WEIGH_EVERYBODY = {"dynamic", "ipw", "aipw"}
CALENDAR = ("quarter", "month")  # one of them must be in the hazard, or the weights do not add up


def needs_later_months(spec: StudyFile) -> bool:
    """Whether a study asks for the estimand ``never``."""
    return "never" in spec.effects.all_estimands


def persons_to_read(design: Design) -> np.ndarray:
    """Everybody whose outcomes are needed: those in sets and in the unadjusted comparison; all at risk where controls are weighted, not matched."""
    if not WEIGH_EVERYBODY & set(design.spec.effects.estimators):
        return design.persons()
    return np.unique(np.concatenate([design.persons(), design.cohort.persons["person"].to_numpy(dtype=np.int64)]))


def later_months(
    registers: Any, cohort: Cohort, definitions: Definitions, *, progress: Progress = silent
) -> pd.DataFrame:
    """Person-months at risk after the window, up to the end of the registers; no outcome is read."""
    return later_risk(
        registers,
        cohort,
        until=last_month(registers),
        prices=definitions.series("consumer_price_index"),
        categories={group: definitions.category_periods(group) for group in ("unemployed", "programme")},
        progress=progress,
    )


def study_hazard(design: Design, later: pd.DataFrame | None) -> HazardPanel:
    """Hazard of beginning an employment, fitted on the months of the window and those after it.

    The covariates and terms of time are the score's; calendar quarters (each of its own) join them where the study file has left them out.

    Raises
    ------
    EffectError
        Without the later months: employments begun after the window would then pass for none.
    """
    if later is None:
        raise EffectError(
            Problem(
                "effects, estimand never",
                "the months at risk after the window were not given",
                "estimate_study(design, panel, later=later_months(registers, cohort, definitions))",
                "read them after the design is frozen, and give them",
            )
        )
    score = design.spec.score
    time = list(score.time) if set(CALENDAR) & set(score.time) else [*score.time, CALENDAR[0]]
    names = [*score.covariates, *time]
    columns = ["person", "month", "treated", *(n for n in names if n not in ("person", "month", "treated"))]
    frame = joined(design.cohort.table[columns], later[columns])
    frame = frame.assign(**{name: frame[name].astype("category") for name in time}, _at=frame["month"])
    return fit_hazard(frame, names, treatment="treated", unit="person", month="_at", until=later.attrs.get("until"))


def joined(window: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Rows of both, categories with the levels of both in their order."""
    both: dict[str, Any] = {}
    for name in window.columns:
        one, two = window[name], later[name]
        if isinstance(one.dtype, pd.CategoricalDtype):
            levels = [*one.cat.categories, *(c for c in two.cat.categories if c not in set(one.cat.categories))]
            place = {level: code for code, level in enumerate(levels)}
            codes = [
                np.array([*(place[level] for level in part.cat.categories), -1])[part.cat.codes.to_numpy()]
                for part in (one, two)
            ]
            both[name] = pd.Categorical.from_codes(np.concatenate(codes).astype(np.int64), categories=pd.Index(levels))
        else:
            both[name] = np.concatenate([one.to_numpy(), two.to_numpy()])
    return pd.DataFrame(both)
