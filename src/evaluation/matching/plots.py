"""Figures of the matching room; matplotlib is only loaded when one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evaluation.matching.balance import Balance, row_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from evaluation.matching.overlap import Overlap

BEFORE, AFTER = "#b35806", "#2166ac"  # a pair that colour-blind readers tell apart; shapes differ too


def axes(ax: Axes | None, width: float, height: float) -> Axes:
    """The given axes, or new ones of that size in inches."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def love_plot(balance: Balance, ax: Axes | None, threshold: float) -> Axes:
    """Absolute SMDs, worst before matching on top."""
    rows = balance.table.assign(size=balance.table["smd_before"].abs()).sort_values("size", kind="stable")
    ax = axes(ax, 7, 1.2 + 0.22 * len(rows))
    names = [row_label(row, balance.labels) for _, row in rows.iterrows()]
    if "subgroup" in rows:
        names = [f"{name} ({group})" for name, group in zip(names, rows["subgroup"], strict=True)]
    place = np.arange(len(rows))
    before, after = rows["smd_before"].abs(), rows["smd_after"].abs()
    ax.hlines(place, np.minimum(before, after), np.maximum(before, after), color="0.8", linewidth=1, zorder=1)
    ax.scatter(before, place, marker="o", facecolors="none", edgecolors=BEFORE, label="before", zorder=2)
    ax.scatter(after, place, marker="D", s=20, color=AFTER, label="after", zorder=3)
    ax.axvline(threshold, color="0.4", linestyle="--", linewidth=1)
    ax.set_yticks(place, names)
    ax.set_xlim(left=0)
    ax.set_xlabel("absolute standardised mean difference")
    ax.legend(loc="lower right")
    return ax


def mirrored_histogram(overlap: Overlap, ax: Axes | None) -> Axes:
    """Shares by bin: treated upwards, controls downwards."""
    ax = axes(ax, 7, 3.5)
    wide = overlap.table.pivot(index=["bin_low", "bin_high"], columns="group", values="share")
    low, high = (np.asarray(wide.index.get_level_values(name)) for name in ("bin_low", "bin_high"))
    style = {"width": high - low, "align": "edge"}
    ax.bar(low, wide["treated"], color=AFTER, alpha=0.7, label="treated", **style)
    ax.bar(low, -wide["control_before"], color=BEFORE, alpha=0.35, label="controls before", **style)
    ax.bar(low, -wide["control_after"], facecolor="none", edgecolor="0.2", label="controls after", **style)
    ax.axhline(0, color="0.2", linewidth=0.8)
    ax.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0%}")
    ax.set_xlabel("score" if overlap.axis == "probability" else "logit of the score")
    ax.set_ylabel("share of the group")
    ax.legend()
    return ax
