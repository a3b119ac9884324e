"""Those the effect was to speak of, against those it speaks of: what dropping some of them changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.matching.balance import refuse_unfit, row_label, variables_of
from evaluation.matching.memberships import by_row

if TYPE_CHECKING:
    from evaluation.matching.result import Matched

_WHO = {"att": "treated", "atc": "controls", "ate": "rows", "ato": "rows"}


@dataclass(frozen=True)
class Target:
    """Comparison with the target population.

    Attributes
    ----------
    table
        One row per covariate or level: covariate, level, kind, target_mean, used_mean (as weighted), dropped_mean, target_sd,
        smd (used less target, in SDs of the target).
    n_target, n_used
        Rows in the target, and of them those used.
    who
        What the rows are: treated, controls, or rows.
    """

    table: pd.DataFrame
    n_target: int
    n_used: int
    who: str

    def __str__(self) -> str:
        dropped = self.n_target - self.n_used
        lines = [f"{dropped} of {self.n_target} {self.who} dropped ({dropped / max(self.n_target, 1):.1%})"]
        sizes = self.table["smd"].abs()
        if sizes.notna().any():
            row = self.table.loc[sizes.idxmax()]
            lines.append(f"furthest from the target: {row_label(row, {})}, {row['smd']:+.3f} SD")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<p>{self}</p>{self.table.to_html(index=False, float_format=lambda x: f'{x:.3f}', na_rep='')}"


def compare_with_target(matched: Matched, covariates: tuple[str, ...]) -> Target:
    """See :meth:`evaluation.matching.result.Matched.target`."""
    frame = matched.frame if matched.filled is None else matched.filled
    refuse_unfit(frame, covariates)
    estimand, n = str(matched.spec.estimand), len(frame)
    weights = [by_row(matched.memberships, n, role) for role in (1, 0)]
    if estimand in ("ate", "ato"):
        target = np.arange(n)
        weight = weights[0] + weights[1]
    else:
        target = np.flatnonzero(matched.task.focal)
        weight = weights[0 if estimand == "att" else 1]
    w = weight[target]
    used, dropped = w > 0, w <= 0
    rows = []
    for covariate, level, kind, values in variables_of(frame, covariates, False, False):
        x = values[target].astype(np.float64)
        mean, sd = float(np.mean(x)), float(np.std(x, ddof=1)) if x.size > 1 else float("nan")
        if kind != "number":
            sd = float(np.sqrt(mean * (1 - mean)))
        after = float(np.sum(w * x) / np.sum(w)) if used.any() else float("nan")
        rows.append(
            {
                "covariate": covariate,
                "level": level,
                "kind": kind,
                "target_mean": mean,
                "used_mean": after,
                "dropped_mean": float(np.mean(x[dropped])) if dropped.any() else float("nan"),
                "target_sd": sd,
                "smd": (after - mean) / sd if sd > 0 else (0.0 if after == mean else float("nan")),
            }
        )
    return Target(pd.DataFrame(rows), int(target.size), int(used.sum()), _WHO[estimand])
