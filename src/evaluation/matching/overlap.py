"""Overlap of the score: do the treated have counterparts?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.matching.balance_stats import Groups

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GROUPS = ("treated", "control_before", "control_after")


@dataclass(frozen=True)
class Overlap:
    """Distribution of the matching axis in the groups.

    Attributes
    ----------
    table
        One row per bin and group: bin_low, bin_high, group (treated, control_before, control_after), share (of the
        group's weight), n (rows in the bin).
    outside
        Number of treated whose score lies outside the range of the controls before matching.
    unscored
        Number of rows without a score, at values of a covariate where only one group occurs.
    axis
        What the bins measure: "logit" or "probability".
    """

    table: pd.DataFrame
    outside: int
    unscored: int
    axis: str

    def plot(self, ax: Axes | None = None) -> Axes:
        """Mirrored histogram: treated above, controls below, before and after matching."""
        from evaluation.matching.plots import mirrored_histogram

        return mirrored_histogram(self, ax)

    def __str__(self) -> str:
        n = int(self.table.loc[self.table["group"] == "treated", "n"].sum())
        return f"Overlap on the {self.axis}: {self.outside} of {n} treated outside the controls' range, {self.unscored} rows without a score"

    def _repr_html_(self) -> str:
        wide = self.table.pivot(index=["bin_low", "bin_high"], columns="group", values="share")
        return f"<p>{self}</p>{wide.to_html(float_format=lambda x: f'{x:.3f}')}"


def compute_overlap(value: np.ndarray, groups: Groups, *, axis: str, bins: int) -> Overlap:
    """Histogram of the axis in ``bins`` equal bins over the range of all rows with a score.

    Parameters
    ----------
    value
        float64 (n,), NaN where a row has no score.
    """
    scored = np.isfinite(value)
    low, high = float(value[scored].min()), float(value[scored].max())
    if high == low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    parts = {
        "treated": (groups.treated, np.ones(groups.treated.size)),
        "control_before": (groups.control, np.ones(groups.control.size)),
        "control_after": (groups.control_after, groups.control_weight),
    }
    tables = []
    for name in GROUPS:
        rows, weight = parts[name]
        keep = scored[rows]
        x, w = value[rows[keep]], weight[keep]
        place = np.clip(((x - low) / (high - low) * bins).astype(np.int64), 0, bins - 1)
        total = float(np.sum(w))
        mass = np.bincount(place, weights=w, minlength=bins)
        tables.append(
            pd.DataFrame(
                {
                    "bin_low": edges[:-1],
                    "bin_high": edges[1:],
                    "group": name,
                    "share": mass / total if total > 0 else np.full(bins, np.nan),
                    "n": np.bincount(place, minlength=bins),
                }
            )
        )
    treated = value[groups.treated[scored[groups.treated]]]
    control = value[groups.control[scored[groups.control]]]
    outside = int(np.sum((treated < control.min()) | (treated > control.max())))
    return Overlap(pd.concat(tables, ignore_index=True), outside, int(np.sum(~scored)), axis)
