"""Placebo outcomes: the same comparison where nothing can be found, in months before every covariate's window.

Inside the window of the covariates the groups were made alike, so that a hidden confounder does not show; before it, one does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.effects.bands import JointTest, estimate_jointly
from evaluation.effects.result import forest
from evaluation.effects.sample import HasMembers
from evaluation.effects.variance import Cluster
from evaluation.effects.weighted import estimate_many
from evaluation.errors import EffectError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Placebo:
    """Differences before treatment.

    Attributes
    ----------
    table
        The columns of :func:`evaluation.effects.estimate_many`, with ``month`` (before time zero, negative) and ``inside_margin``: whether
        the whole interval lies within the margin (missing without one).
    joint
        Test that all differences are 0; None where an outcome does not vary or is not observed.
    margin
        Difference below which groups count as alike.
    """

    table: pd.DataFrame
    joint: JointTest | None
    margin: float | None
    level: float

    @property
    def passed(self) -> bool | None:
        """Whether nothing shows: the joint test (or, without one, every interval) holds 0. None where nothing could be tested."""
        if self.joint is not None:
            return self.joint.sup_t_p > 1 - self.level
        seen = self.table[self.table["status"] == "estimated"]
        if seen.empty:
            return None
        return bool(((seen["ci_low"] <= 0) & (seen["ci_high"] >= 0)).all())

    @property
    def largest(self) -> float:
        """Largest difference in size, with its sign."""
        values = self.table["estimate"].dropna().to_numpy()
        return float(values[np.argmax(np.abs(values))]) if values.size else np.nan

    def plot(self, ax: Axes | None = None) -> Axes:
        """Differences with their intervals, by outcome."""
        ax = forest(self.table, ax)
        if self.margin is not None:
            ax.axvspan(-self.margin, self.margin, color="0.93", zorder=0)
        ax.set_xlabel("difference before time zero, treated less controls")
        return ax

    def alt_text(self) -> str:
        """What the figure shows, in one sentence."""
        if self.passed is None:
            return f"None of {len(self.table)} outcomes before time zero could be tested."
        return (
            f"Differences in {len(self.table)} outcomes before time zero. The largest is {self.largest:.3g}; "
            f"{'nothing shows that' if self.passed else 'they show that'} the groups differed."
        )

    def __str__(self) -> str:
        test = "" if self.joint is None else f" (joint p {self.joint.sup_t_p:.3f})"
        shown = self.table[["outcome", "month", "estimate", "std_error", "ci_low", "ci_high", "n_treated", "status"]]
        verdict = {None: "not tested", True: "passed", False: "NOT passed"}[self.passed]
        return (
            f"Placebo outcomes: {verdict}{test}, largest difference {self.largest:.4g}\n"
            f"{shown.to_string(index=False, float_format='%.4g')}"
        )

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.4g}")


def placebo(
    matched: HasMembers | pd.DataFrame,
    outcomes: pd.DataFrame | Mapping[str, np.ndarray],
    *,
    months: Mapping[str, int],
    covariate_window: int,
    margin: float | None = None,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
    seed: int = 1,
) -> Placebo:
    """Estimate outcomes that lie before every covariate's window.

    Parameters
    ----------
    matched, level, cluster
        As in :func:`evaluation.effects.estimate_many`.
    outcomes
        Columns or arrays aligned to the memberships.
    months
        For each outcome the last month it refers to, counted from time zero: -37 is three years and a month before.
    covariate_window
        How many months before time zero the earliest covariate reaches: outcomes at -covariate_window or later are refused.
    margin
        Difference below which the groups count as alike.
    seed
        Of the joint test.

    Raises
    ------
    EffectError
        Outcomes without a month, or inside the window of the covariates.
    """
    names = [str(name) for name in outcomes]
    problems = [Problem(f'months["{n}"]', "is missing", "a month before time zero") for n in names if n not in months]
    problems += [
        Problem(
            f'outcome "{n}"', f"refers to month {months[n]}", f"months before {-covariate_window}",
            "inside the covariates' window a hidden confounder does not show; take an earlier month",
        )
        for n in names if n in months and months[n] >= -covariate_window
    ]  # fmt: skip
    if covariate_window < 0 or (margin is not None and not margin > 0):
        problems.append(Problem("covariate_window, margin", f"{covariate_window}, {margin}", "at least 0; above 0"))
    if not names:
        problems.append(Problem("outcomes", "none given", "at least one placebo outcome"))
    if problems:
        raise EffectError(problems)
    table = estimate_many(matched, outcomes, level=level, cluster=cluster)
    inside = pd.Series(pd.NA, index=table.index, dtype="boolean")
    if margin is not None:
        inside = ((table["ci_low"] > -margin) & (table["ci_high"] < margin)).astype("boolean")
        inside = inside.mask(table["status"] != "estimated")
    table = table.assign(month=[months[n] for n in names], inside_margin=inside)
    usable = table["status"].eq("estimated") & table["std_error"].gt(0)
    joint = None
    if usable.all():
        both = estimate_jointly(matched, outcomes, level=level, cluster=cluster, seed=seed)
        joint = both.test(np.zeros(len(table)))
    return Placebo(table, joint, margin, level)
