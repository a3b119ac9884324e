"""The figure of the laboratory in matplotlib, for further work on it, and its description in words; the panel shows :mod:`.svg`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from evaluation.laboratory.comparison import Comparison
    from evaluation.laboratory.rematch import Rematch

ROWS = 22
INCHES_PER_ROW = 0.23
WIDTH, DPI = 10.5, 90
# three that colour-blind readers tell apart, with shapes of their own (Okabe & Ito)
UNMATCHED, PREVIOUS, NOW = "#767676", "#D55E00", "#0072B2"


def comparison_figure(comparison: Comparison, rows: int | None = None) -> Figure:
    """Love plot of both choices on the left, the score of the groups on the right."""
    from matplotlib.figure import Figure as NewFigure

    shown = comparison.table.head(ROWS if rows is None else rows).iloc[::-1]
    height = max(1.3 + INCHES_PER_ROW * len(shown), 4.0)
    figure = NewFigure(figsize=(WIDTH, height), dpi=DPI)
    pad = 0.62 / height
    love = figure.add_axes((0.32, pad, 0.32, 1 - pad - 0.35 / height))
    _love(love, comparison, shown)
    sides = [("now", comparison.now, NOW)]
    if comparison.previous is not None:
        sides.insert(0, ("previous", comparison.previous, PREVIOUS))
    room = (1 - pad - 0.35 / height) / len(sides)
    for place, (name, side, colour) in enumerate(reversed(sides)):
        _overlap(figure.add_axes((0.71, pad + place * room, 0.28, room - 0.62 / height)), side, name, colour)
    return figure


def _love(ax: Axes, comparison: Comparison, shown: object) -> None:
    place = np.arange(len(shown))  # type: ignore[arg-type]
    sizes = {key: shown[key].abs().to_numpy() for key in ("smd_unmatched", "smd_previous", "smd_now")}  # type: ignore[index]
    ax.axvline(comparison.gates.max_smd, color="0.3", linestyle="--", linewidth=1)
    ax.scatter(
        sizes["smd_unmatched"], place, marker="o", s=26, facecolors="none", edgecolors=UNMATCHED, label="unmatched"
    )
    if comparison.previous is not None:
        ax.hlines(
            place,
            np.fmin(sizes["smd_previous"], sizes["smd_now"]),
            np.fmax(sizes["smd_previous"], sizes["smd_now"]),
            color="0.75",
            linewidth=2,
            zorder=1,
        )
        ax.scatter(
            sizes["smd_previous"],
            place,
            marker="s",
            s=26,
            facecolors="none",
            edgecolors=PREVIOUS,
            linewidths=1.5,
            label="previous",
        )
    ax.scatter(sizes["smd_now"], place, marker="D", s=20, color=NOW, label="now", zorder=3)
    names = shown["label"].where(shown["in_score"], shown["label"] + " *")  # type: ignore[index]
    ax.set_yticks(place, [short(name) for name in names], fontsize=8)
    ax.tick_params(axis="x", labelsize=8)
    ax.set_ylim(-0.7, len(place) - 0.3)
    ax.set_xlim(left=0)
    note = "" if shown["in_score"].all() else "; * not in the score"  # type: ignore[index]
    ax.set_xlabel(f"absolute standardised difference{note}", fontsize=8)
    ax.legend(loc="lower right", fontsize=8, framealpha=0.9)
    ax.set_title(f"Balance, {len(place)} worst", fontsize=9, loc="left")


def _overlap(ax: Axes, side: Rematch, name: str, colour: str) -> None:
    table = side.overlap.table
    groups = {group: rows for group, rows in table.groupby("group")}
    edges = np.append(groups["treated"]["bin_low"].to_numpy(), groups["treated"]["bin_high"].iloc[-1])
    ax.stairs(groups["treated"]["share"], edges, fill=True, color=colour, alpha=0.75, label="participants")
    ax.stairs(-groups["control_before"]["share"], edges, fill=True, color="0.8", label="at risk")
    ax.stairs(-groups["control_after"]["share"], edges, color="0.15", linewidth=1.2, label="comparison")
    ax.axhline(0, color="0.2", linewidth=0.8)
    ax.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0%}")
    ax.tick_params(labelsize=7)
    ax.set_xlabel("logit of the score" if side.overlap.axis == "logit" else "score", fontsize=8)
    ax.set_title(f"Overlap, {name}", fontsize=9, loc="left")
    ax.legend(fontsize=7, loc="upper right", framealpha=0.9)


def description(comparison: Comparison) -> str:
    """What the figure shows, in words: for those who cannot see it."""
    worst = comparison.table.iloc[0]
    numbers = comparison.now.numbers
    text = (
        f"Love plot of {len(comparison.table)} covariates and levels. Now the largest absolute standardised difference is "
        f"{numbers['largest_smd']:.3f}, and {numbers['over_limit']:.0f} are over {comparison.gates.max_smd:g}"
    )
    if comparison.previous is not None:
        text += f"; in the previous choice it was {comparison.previous.numbers['largest_smd']:.3f}"
    outside = comparison.now.overlap.outside
    return f"{text}. Worst of both: {worst['label']}. Participants with a score outside the range of the others: {outside}."


def short(name: str, most: int = 44) -> str:
    """A name that fits beside the figure."""
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"
