"""Difference by year and type of workplace: one dot and interval for each type, beside one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.report.figures import style
from evaluation.report.numbers import Language
from evaluation.report.release import Effect
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# told apart by shape, fill and line as well as by colour; neither colour is that of the comparison group
LOOKS = ((style.PARTICIPANTS, "o", style.PARTICIPANTS, "-"), ("#117A5B", "s", "white", (0, (4, 1.5))))
APART = 0.2


@dataclass(frozen=True)
class Series:
    """One type of workplace: estimate, low and high by year in percentage points; NaN where not released."""

    name: str
    by_year: dict[int, tuple[float, float, float]]


@dataclass(frozen=True)
class Data:
    """Types of workplace in a fixed order, and the years."""

    series: tuple[Series, ...]
    years: tuple[int, ...]
    margin: float | None


def collect(writer: Writer, groups: Sequence[tuple[str, Sequence[Effect]]]) -> Data | None:
    """Series from the name of each type of workplace and its rows; None where nothing may be shown."""
    series = []
    for name, rows in groups:
        found = {}
        for row in rows:
            shown = writer.case(row).shows_number
            numbers = (row.estimate, row.low, row.high) if shown else (math.nan,) * 3
            found[row.horizon] = tuple(100 * x for x in numbers)
        series.append(Series(name, found))  # type: ignore[arg-type]
    if not any(math.isfinite(numbers[0]) for s in series for numbers in s.by_year.values()):
        return None
    margin = writer.primary.margin
    years = sorted({year for s in series for year in s.by_year})
    return Data(tuple(series), tuple(years), None if margin is None else 100 * margin)


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    from matplotlib.lines import Line2D

    words = Catalogue(lang)
    with style.styled():
        fig, (ax,) = style.canvas(2.9)
        sizes = [abs(x) for s in data.series for numbers in s.by_year.values() for x in numbers if math.isfinite(x)]
        top = style.ceiling(1.04 * max(sizes), 2)
        if data.margin is not None:
            ax.axhspan(-data.margin, data.margin, color=style.SHADE, zorder=0, linewidth=0)
            label = style.wrap(words("figure.margin"), 14)
            ax.text(data.years[-1] + 0.65, 0, label, fontsize=9, va="center", ha="left", clip_on=False)
        ax.axhline(0, color=style.TEXT, linewidth=1.4, zorder=1)
        handles = []
        for i, series in enumerate(data.series):
            colour, marker, face, dash = LOOKS[i % len(LOOKS)]
            shift = APART * (i - (len(data.series) - 1) / 2)
            for year, (estimate, low, high) in series.by_year.items():
                x = year + shift
                if not math.isfinite(estimate):
                    ax.text(x, (data.margin or 0.0) + 0.04 * top, words("sign.suppressed"), ha="center", va="bottom")
                    continue
                ax.plot([x, x], [low, high], color=colour, linewidth=1.8, linestyle=dash, zorder=3)
                ax.plot(x, estimate, marker, color=colour, markersize=7.5, markerfacecolor=face, zorder=4)
            look = {"color": colour, "marker": marker, "markerfacecolor": face, "linestyle": dash}
            handles.append(Line2D([], [], markersize=7.5, label=series.name, **look))  # type: ignore[arg-type]
        ax.set_xlim(data.years[0] - 0.5, data.years[-1] + 0.6)
        ax.set_ylim(-top, top)
        ax.set_xticks(data.years, [words("figure.year", year=year) for year in data.years])
        style.number_axis(ax.yaxis, lang, signed=True)
        style.grid(ax)
        ax.set_ylabel(words("figure.difference_axis"))
        ax.legend(handles=handles, frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1.0))
    return fig


def alt(data: Data, writer: Writer, *, finding: str, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    return writer("alt.workplace", first=data.years[0], last=data.years[-1], finding=finding, table=table)
