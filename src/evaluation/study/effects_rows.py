"""Rows of the table of effects: labels, roles, margins and states; what disclosure control is told beside them."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd

from evaluation.disclosure import Policy, magnitude_flags, moved_between_clocks
from evaluation.errors import CensoredHorizonWarning
from evaluation.study.estimands import MAIN
from evaluation.study.file import StudyFile

COLUMNS = (
    "outcome", "definition", "subgroup", "clock", "horizon", "horizon_unit", "estimand", "estimator", "estimate", "std_error", "ci_low",
    "ci_high", "ci_kind", "treated_mean", "control_mean", "n_treated", "n_controls", "ess_controls", "unit", "margin", "role", "status",
)  # fmt: skip
FAMILY_COLUMNS = ("family", "subgroup", "estimand", "estimator", "clock", "estimate", "std_error", "p", "p_holm", "equal_statistic", "equal_freedom", "equal_p")  # fmt: skip
KEY = list(COLUMNS[:8])
MIN_OBSERVED = 0.9  # a horizon seen for fewer of the participants is marked not observed, never averaged over
NO_PAST = "no_past"  # outcomes that an estimator cannot follow back before time zero: no row
NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "treated_mean", "control_mean", "n_treated", "n_controls", "ess_controls")  # fmt: skip


def tidy(
    labels: pd.DataFrame,
    estimates: pd.DataFrame,
    *,
    clock: str,
    subgroup: str,
    estimand: str,
    estimator: str,
    spec: StudyFile,
    followed: np.ndarray | float = 1.0,
) -> pd.DataFrame:
    """Estimates with all that tells one row from another; ``followed`` is the share of participants seen at each horizon."""
    margins = {"share": spec.margins.share, "sek": spec.margins.sek, "months": spec.margins.months}
    primary = (
        (labels["outcome"] == spec.primary.outcome)
        & (labels["definition"] == spec.primary.definition)
        & (labels["horizon"] == spec.primary.year)
        & (labels["horizon_unit"] == "year")
    ).to_numpy()
    named = (clock, subgroup, estimand, estimator)
    primary = primary & (named == (spec.primary.clock, "all", spec.effects.estimand, MAIN[spec.effects.estimand]))
    flagged = clock in ("exit_own", "exit_pseudo") or estimand == "never_in_follow_up"
    numbers = {name: estimates[name].to_numpy(dtype=np.float64) for name in NUMBERS}
    _warn_of_censored(np.broadcast_to(followed, len(labels)), clock)
    unseen = (numbers["n_treated"] == 0) | (np.asarray(followed) < MIN_OBSERVED)
    status = np.where(unseen, "not_observed", np.where(np.isnan(numbers["estimate"]), "not_estimated", "released"))
    for name in NUMBERS[:6]:
        numbers[name] = np.where(unseen, np.nan, numbers[name])
    for name in ("n_treated", "n_controls"):
        numbers[name] = estimates[name].to_numpy()
    columns: dict[str, Any] = {
        **{name: labels[name].to_numpy() for name in labels.columns},
        **numbers,
        "clock": clock,
        "subgroup": subgroup,
        "estimator": estimator,
        "estimand": estimand,
        "ci_kind": "pointwise",
        "margin": labels["unit"].map(margins).to_numpy(dtype=np.float64, na_value=np.nan),
        "role": np.where(primary, "primary", "exploratory" if flagged else "secondary"),
        "status": status,
        **{name: estimates[name].to_numpy() for name in estimates.columns if name.startswith("audit_")},
    }
    order = [*COLUMNS, *(name for name in columns if name.startswith("audit_"))]
    return pd.DataFrame({name: columns[name] for name in order})


def _warn_of_censored(followed: np.ndarray, clock: str) -> None:
    """Say where a row is about fewer than all participants, most often because the registers end before the last ones' horizon."""
    part = followed[(followed >= MIN_OBSERVED) & (followed < 1)]
    if part.size:
        warnings.warn(
            f"{part.size} horizons on the clock {clock} are seen for {100 * part.min():.1f} % of the participants at least, not for all: the registers end "
            "first, or some have no month on this clock or nobody to be compared with. These rows speak of those who are followed (n_treated).",
            CensoredHorizonWarning,
            stacklevel=3,
        )


def not_estimated(sample: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    """Estimates of a sample from which an estimator could make none: those it would have been about, and no number."""
    seen, treated = np.isfinite(values), (sample["treated"] == 1).to_numpy()
    unit = sample["unit"].to_numpy()
    rows = pd.DataFrame(np.nan, index=range(values.shape[1]), columns=list(NUMBERS))
    persons = [np.unique(unit[~treated & column]).size for column in seen.T]
    return rows.assign(n_treated=seen[treated].sum(axis=0), n_controls=persons, status="not_estimated")


def audit(
    sample: pd.DataFrame, labels: pd.DataFrame, values: np.ndarray, clock: str, policy: Policy
) -> dict[str, np.ndarray]:
    """What disclosure control must know of each estimate and never releases: dominance of amounts, and who moved between clocks."""
    amounts = labels["unit"].ne("share").to_numpy()
    safe = np.ones(len(labels), dtype=bool)
    safe[amounts] = magnitude_flags(values[:, amounts], sample["treated"], sample["weight"], policy)
    columns: dict[str, np.ndarray] = {"audit_magnitude_safe": safe}
    if clock == "exit_actual":
        participants = sample[sample["treated"] == 1]
        units: tuple[Literal["year", "month"], ...] = ("year", "month")
        moved = {
            unit: moved_between_clocks(participants["exit_planned"], participants["exit_actual"], unit)
            for unit in units
        }
        columns["audit_n_moved"] = labels["horizon_unit"].map(moved).to_numpy(dtype=float)
    return columns


def yearly(labels: pd.DataFrame, definition: str) -> np.ndarray:
    """Which columns of outcomes are a definition of establishment by year, bool (k,)."""
    return (
        (labels["outcome"] == "established") & (labels["definition"] == definition) & (labels["horizon_unit"] == "year")
    ).to_numpy()
