"""The figure of a specification curve: estimates above, and below, for each, the choices behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evaluation.robustness.curve import SpecificationCurve, label_of
from evaluation.robustness.palette import CONTEXT, MAIN, OTHER, PALE, TEXT, bare, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def curve_plot(curve: SpecificationCurve) -> Figure:
    """Draw the curve; choices with a single value are not shown below."""
    import matplotlib.pyplot as plt

    rows = _shown_choices(curve)
    height = 2.8 + 0.19 * max(len(rows), 1)
    figure, (above, below) = plt.subplots(
        2,
        1,
        sharex=True,
        figsize=(7.2, height),
        layout="constrained",
        height_ratios=[2.6, 0.19 * max(len(rows), 1) + 0.2],
    )
    _estimates(curve, above)
    _matrix(curve, rows, below)
    return figure


def curve_alt_text(curve: SpecificationCurve) -> str:
    """The finding of the curve in words."""
    s = curve.shares
    direction = "above" if curve.sign > 0 else "below"
    text = (
        f"Chart of {s['n_estimated']:.0f} ways of calculating, sorted by result, from {number(s['low'])} to {number(s['high'])} with median "
        f"{number(s['median'])}. {100 * s['same_sign']:.0f} % lie {direction} 0, {100 * s['significant']:.0f} % with the whole interval"
    )
    text += (
        f"; {100 * s['over_margin']:.0f} % are beyond the margin of {number(curve.margin)}." if curve.margin else "."
    )
    text += f" The one decided beforehand gives {number(curve.reference['estimate'])}."
    if curve.joint is not None:
        text += f" The joint permutation test of the median gives p = {number(curve.joint.p('median'))}."
    return text


def _shown_choices(curve: SpecificationCurve) -> list[tuple[str, str]]:
    """Rows of the matrix: (choice, value), values in the order in which the grid has numbers and names."""
    rows: list[tuple[str, str]] = []
    for choice in curve.choices:
        values = list(dict.fromkeys(curve.estimated[choice].map(label_of)))
        if len(values) > 1:
            rows += [(choice, value) for value in sorted(values, key=_order)]
    return rows


def _order(value: str) -> tuple[int, float, str]:
    try:
        return 0, float(value), value
    except ValueError:
        return 1, 0.0, value


def _estimates(curve: SpecificationCurve, ax: Axes) -> None:
    rows = curve.estimated
    place = np.arange(1, len(rows) + 1)
    joint = curve.joint
    if joint is not None and joint.n_specifications == len(rows):
        ax.fill_between(place, joint.null_low, joint.null_high, color="#ECECEC", linewidth=0, step="mid")
        ax.annotate(
            "if treatment did nothing", (0.99, 0.03), xycoords="axes fraction", ha="right", fontsize=8, color=CONTEXT
        )
    surely = ((rows["ci_low"] > 0) | (rows["ci_high"] < 0)).to_numpy()
    size = max(1.5, min(5.0, 260 / max(len(rows), 1)))
    ax.vlines(place, rows["ci_low"], rows["ci_high"], color=PALE, linewidth=max(0.6, size / 2))
    value = rows["estimate"].to_numpy()
    ax.plot(place[surely], value[surely], "o", color=MAIN, markersize=size)
    # told apart by filling, too
    ax.plot(place[~surely], value[~surely], "o", markerfacecolor="white", markeredgecolor=MAIN, markersize=size)
    ax.axhline(0, color=TEXT, linewidth=1)
    if curve.margin is not None:
        for side in (-1, 1):
            ax.axhline(side * curve.margin, color=CONTEXT, linewidth=0.8, linestyle=":")
        ax.annotate(
            "margin",
            (place[0], curve.sign * curve.margin),
            (0, 2),
            textcoords="offset points",
            fontsize=8,
            color=CONTEXT,
        )
    own = np.flatnonzero(rows["reference"].to_numpy())
    if own.size:
        at = own[0]
        ax.plot(place[at : at + 1], value[at : at + 1], "s", color=OTHER, markersize=size + 2)
        left = at > len(rows) / 2
        ax.annotate(
            f"decided beforehand: {number(value[at])}", (place[at], value[at]), (-10 if left else 10, 12 if left else -16),
            textcoords="offset points", ha="right" if left else "left", fontsize=9, color=OTHER,
        )  # fmt: skip
    ax.set_ylabel("estimate")
    bare(ax)


def _matrix(curve: SpecificationCurve, rows: list[tuple[str, str]], ax: Axes) -> None:
    table = curve.estimated
    size = max(0.8, min(3.5, 220 / max(len(table), 1)))
    labels = {choice: table[choice].map(label_of).to_numpy() for choice in curve.choices}
    own = table["reference"].to_numpy()
    for line, (choice, value) in enumerate(rows):
        here = labels[choice] == value
        place = np.flatnonzero(here) + 1
        if not line or rows[line - 1][0] != choice:
            ax.axhline(line - 0.5, color="#DDDDDD", linewidth=0.7)
        ax.plot(place, np.full(place.size, line), "|", color=MAIN, markersize=5, markeredgewidth=size)
        chosen = np.flatnonzero(here & own) + 1
        ax.plot(chosen, np.full(chosen.size, line), "s", color=OTHER, markersize=4.5)
    ax.set_yticks(range(len(rows)), [f"{choice}: {value}" for choice, value in rows], fontsize=8)
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    ax.set_xlabel(f"{len(table)} specifications, lowest estimate first")
    ax.tick_params(length=0, axis="y")
    bare(ax)
