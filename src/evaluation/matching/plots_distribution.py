"""Distribution of a covariate in the groups, before and after: weighted eCDF or mirrored histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.errors import MatchingError, Problem
from evaluation.matching.balance import refuse_unfit
from evaluation.matching.balance_stats import Groups
from evaluation.matching.columns import as_numbers, kind_of, levels_of
from evaluation.matching.plots import AFTER, BEFORE, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS = ("ecdf", "histogram")


def distribution(frame: pd.DataFrame, covariate: str, groups: Groups) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Values and shares of each group by name: treated, control before and after, and treated after.

    Values are sorted; shares sum to 1. Levels of a category count as 0, 1, ... in their order.
    """
    column = frame[covariate]
    x = levels_of(column)[1].astype(np.float64) if kind_of(column) == "category" else as_numbers(column)
    parts = {
        "treated before": (groups.treated, np.ones(groups.treated.size)),
        "treated after": (groups.treated_after, groups.treated_weight),
        "controls before": (groups.control, np.ones(groups.control.size)),
        "controls after": (groups.control_after, groups.control_weight),
    }
    out = {}
    for name, (rows, weight) in parts.items():
        values, place = np.unique(x[rows], return_inverse=True)
        mass = np.bincount(place, weights=weight, minlength=values.size)
        out[name] = (values, mass / mass.sum() if mass.sum() > 0 else mass)
    return out


def distribution_plot(frame: pd.DataFrame, covariate: str, groups: Groups, kind: str, ax: Axes | None) -> Axes:
    """Draw it.

    Raises
    ------
    MatchingError
        A kind or covariate that does not exist.
    """
    refuse_unfit(frame, [covariate])
    if kind not in _KINDS:
        raise MatchingError(Problem("kind", f'"{kind}" is not available', '"ecdf", "histogram"'))
    parts = distribution(frame, covariate, groups)
    levels = levels_of(frame[covariate])[0] if kind_of(frame[covariate]) != "number" else None
    ax = axes(ax, 7, 3.5)
    _steps(ax, parts) if kind == "ecdf" else _bars(ax, parts, levels is not None)
    if levels is not None:
        ax.set_xticks(
            np.arange(len(levels)) if kind_of(frame[covariate]) == "category" else [0, 1], list(map(str, levels))
        )
    ax.set_xlabel(covariate)
    ax.set_ylabel("share of the group" if kind == "histogram" else "share at or below")
    ax.legend()
    return ax


def _steps(ax: Axes, parts: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    style = {
        "treated before": {"color": AFTER, "linestyle": ":"},
        "treated after": {"color": AFTER},
        "controls before": {"color": BEFORE, "linestyle": ":"},
        "controls after": {"color": BEFORE},
    }
    for name, (values, share) in parts.items():
        ax.step(values, np.cumsum(share), where="post", label=name, **style[name])


def _bars(ax: Axes, parts: dict[str, tuple[np.ndarray, np.ndarray]], discrete: bool) -> None:
    low = min(values[0] for values, _ in parts.values() if values.size)
    high = max(values[-1] for values, _ in parts.values() if values.size)
    edges = np.arange(low - 0.5, high + 1.0) if discrete else np.linspace(low, high if high > low else low + 1, 31)
    shares = {name: np.histogram(v, edges, weights=w)[0] for name, (v, w) in parts.items()}
    style = {"width": np.diff(edges), "align": "edge"}
    left = edges[:-1]
    ax.bar(left, shares["treated after"], color=AFTER, alpha=0.7, label="treated after", **style)
    ax.bar(left, shares["treated before"], facecolor="none", edgecolor="0.5", label="treated before", **style)
    ax.bar(left, -shares["controls before"], color=BEFORE, alpha=0.35, label="controls before", **style)
    ax.bar(left, -shares["controls after"], facecolor="none", edgecolor="0.2", label="controls after", **style)
    ax.axhline(0, color="0.2", linewidth=0.8)
    ax.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0%}")
