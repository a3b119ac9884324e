"""Results of estimators: one estimate, or a table of many."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = (
    "outcome",
    "estimator",
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "treated_mean",
    "treated_std_error",
    "treated_low",
    "treated_high",
    "control_mean",
    "control_std_error",
    "control_low",
    "control_high",
    "n_treated",
    "n_controls",
    "ess_treated",
    "ess_controls",
    "n_sets",
    "n_units",
    "rate",
    "status",
)


def without_numbers(table: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """The table with the numbers of some rows, bool (k,), missing: means, errors and limits, but not how many persons there are."""
    numbers = [name for name in COLUMNS if table[name].dtype == np.float64 and not name.startswith("ess")]
    emptied = table.copy()
    emptied.loc[rows, numbers] = np.nan
    return emptied


@dataclass(frozen=True)
class Estimate:
    """The effect of treatment on the treated, on one outcome.

    Attributes
    ----------
    estimate, std_error, ci
        Difference of means, its standard error and interval at ``level``.
    treated_mean, control_mean
        The two means: their difference is the estimate.
    n_treated
        Treated rows with an observed outcome.
    n_controls, ess_controls
        Different units (persons) among the controls, and their effective number (Σw)²/Σw².
    table
        One row with all of it; columns as in :data:`evaluation.effects.result.COLUMNS`.
    """

    estimate: float
    std_error: float
    ci: tuple[float, float]
    treated_mean: float
    control_mean: float
    n_treated: int
    n_controls: int
    ess_controls: float
    level: float
    cluster: str
    estimator: str
    table: pd.DataFrame

    @classmethod
    def of(cls, table: pd.DataFrame, *, level: float, cluster: str) -> Estimate:
        """From a table of one row."""
        row = table.iloc[0]
        return cls(
            estimate=float(row["estimate"]),
            std_error=float(row["std_error"]),
            ci=(float(row["ci_low"]), float(row["ci_high"])),
            treated_mean=float(row["treated_mean"]),
            control_mean=float(row["control_mean"]),
            n_treated=int(row["n_treated"]),
            n_controls=int(row["n_controls"]),
            ess_controls=float(row["ess_controls"]),
            level=level,
            cluster=cluster,
            estimator=str(row["estimator"]),
            table=table,
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The estimate and its interval."""
        return forest(self.table, ax)

    def __str__(self) -> str:
        return (
            f"ATT ({self.estimator}): {self.estimate:.4g}, standard error {self.std_error:.4g} (clusters: {self.cluster})\n"
            f"{100 * self.level:g} % interval: {self.ci[0]:.4g} to {self.ci[1]:.4g}\n"
            f"means: {self.treated_mean:.4g} of {self.n_treated} treated, {self.control_mean:.4g} of {self.n_controls} "
            f"controls ({self.ess_controls:.1f} effective)"
        )

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


@dataclass(frozen=True)
class EffectTable:
    """Estimates of several outcomes, one row each."""

    table: pd.DataFrame
    level: float = 0.95

    def plot(self, ax: Axes | None = None) -> Axes:
        """A forest plot, one line per row of the table."""
        return forest(self.table, ax)

    def __str__(self) -> str:
        shown = self.table[
            ["outcome", "estimate", "std_error", "ci_low", "ci_high", "n_treated", "n_controls", "status"]
        ]
        return f"{len(shown)} estimates, {100 * self.level:g} % intervals\n{shown.to_string(index=False, float_format='%.4g')}"

    def _repr_html_(self) -> str:
        from evaluation.sortable import sortable

        return sortable(self.table, caption=f"{len(self.table)} estimates, {100 * self.level:g} % intervals")


def forest(table: pd.DataFrame, ax: Axes | None) -> Axes:
    """Points and intervals, in the order of the table from the top; rows without an estimate stay empty."""
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=(7, 1 + 0.35 * len(table)), layout="constrained")[1]
    place = np.arange(len(table))[::-1]
    ax.hlines(place, table["ci_low"], table["ci_high"], color="#2166ac")
    ax.plot(table["estimate"], place, "o", color="#2166ac")
    ax.axvline(0, color="0.4", linewidth=1)
    ax.set_yticks(place, [str(name) for name in table["outcome"]])
    ax.set_xlabel("difference, treated less controls")
    return ax
