"""The sensitivity contour: adjusted estimates by the strength of an omitted confounder, observed covariates marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.robustness.palette import CONTEXT, MAIN, OTHER, TEXT, axes, bare, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from evaluation.robustness.sensitivity import PartialR2

MARKED = 6  # benchmarks with a mark: the strongest; more would hide one another


def contour_plot(result: PartialR2, ax: Axes | None = None) -> Axes:
    """Draw the contours; the line where the estimate reaches ``null`` is orange and solid, that of the interval's limit dashed."""
    ax = axes(5.8, 4.4) if ax is None else ax
    side = round(len(result.contour) ** 0.5)
    d, y, value, limit = (
        result.contour[name].to_numpy().reshape(side, side).T
        for name in ("r2_treatment", "r2_outcome", "estimate", "limit")
    )
    lines = ax.contour(d, y, value, levels=_levels(value, result.null), colors=CONTEXT, linewidths=0.8, linestyles="-")
    ax.clabel(lines, fontsize=8, fmt=number)
    for field, style, name in ((value, "-", "estimate"), (limit, "--", "limit")):
        if field.min() < result.null < field.max():
            line = ax.contour(d, y, field, levels=[result.null], colors=OTHER, linewidths=1.8, linestyles=style)
            ax.clabel(line, fontsize=8, fmt={result.null: f"{name} {number(result.null)}"})
    ax.plot([0], [0], "o", color=MAIN, clip_on=False)
    ax.annotate(
        f"no confounder: {number(result.regression.estimate)}", (0, 0), (6, 8), textcoords="offset points", color=MAIN, fontsize=8
    )  # fmt: skip
    strongest = marked(result)
    for name, multiple, along, up in zip(
        strongest["benchmark"], strongest["multiple"], strongest["r2_treatment"].to_numpy(), strongest["r2_outcome"].to_numpy(), strict=True
    ):  # fmt: skip
        if along > d.max() or up > y.max():
            continue
        ax.plot([along], [up], "D", color=MAIN, markersize=5, clip_on=False)
        ax.annotate(f"{multiple:g} × {name}", (along, up), (5, 4), textcoords="offset points", fontsize=8, color=TEXT)
    ax.set(
        xlabel="partial R² of the confounder with treatment",
        ylabel="partial R² of the confounder with the outcome",
        xlim=(0, d.max()),
        ylim=(0, y.max()),
    )
    bare(ax)
    return ax


def marked(result: PartialR2, most: int = MARKED, *, multiple: float | None = None) -> pd.DataFrame:
    """The benchmarks that are marked: the most harmful, each at its largest multiple, or at the one that is named."""
    rows = result.table[(result.table["multiple"] > 0) & result.table["r2_treatment"].notna()]
    if len(rows):
        rows = rows[rows["multiple"] == (rows["multiple"].max() if multiple is None else multiple)]
    harm = (rows["estimate"] - result.regression.estimate).abs()
    return rows.assign(harm=harm).sort_values(["harm", "benchmark"], ascending=[False, True]).head(most)


def contour_alt_text(result: PartialR2) -> str:
    """The finding of the contour in words."""
    text = (
        f"Contour plot of the estimate ({number(result.regression.estimate)}) by the partial R² of an omitted confounder with treatment and "
        f"with the outcome. One that explains {100 * result.robustness_value:.1f} % of what is left of both moves it to "
        f"{number(result.null)}; {100 * result.robustness_value_of_limit:.1f} % is enough for the limit of the interval."
    )
    worst = marked(result)
    if len(worst):
        row = worst.iloc[0]
        text += f" A confounder {row['multiple']:g} times as strong as {row['benchmark']} would leave {number(row['estimate'])}."
    return text


def _levels(value: np.ndarray, null: float) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(nbins=8).tick_values(float(value.min()), float(value.max()))
    return [float(t) for t in ticks if abs(t - null) > 1e-12 and value.min() < t < value.max()]
