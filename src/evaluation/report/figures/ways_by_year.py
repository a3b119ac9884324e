"""Difference by year, calculated in several ways: the main one large and with its interval, the others as small marks beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.report.figures import style
from evaluation.report.numbers import Language
from evaluation.report.release import Effect
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# shape and fill tell the ways apart, in the order of the labels; the main way has the look of the other figures
LOOKS = (("s", "white"), ("^", style.CONTEXT), ("D", "white"), ("v", style.TEXT), ("P", "white"), ("X", style.CONTEXT))
APART = 0.14
REACH = 0.8  # of a year, that all marks of a year take at most


@dataclass(frozen=True)
class Mark:
    """One way of calculating on one clock: difference by year in percentage points, None where not released."""

    name: str
    main: bool
    by_year: dict[int, tuple[float, float, float] | None]


@dataclass(frozen=True)
class Panel:
    """A clock and its ways, the main one first."""

    title: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Data:
    """Panels by clock, the years, and every name in a fixed order."""

    panels: tuple[Panel, ...]
    years: tuple[int, ...]
    names: tuple[str, ...]


def collect(writer: Writer, panels: Sequence[tuple[str, Sequence[tuple[str, Sequence[Effect]]]]]) -> Data | None:
    """Panels of a clock's title and its ways (name and rows by year), the main way first; None where no clock shows two ways.

    A way without a released year on a clock is left out of its panel, and a panel with one way left is left out.
    """
    found = []
    for title, ways in panels:
        marks = [_mark(writer, name, rows, main=i == 0) for i, (name, rows) in enumerate(ways)]
        shown = tuple(mark for mark in marks if any(mark.by_year.values()))
        if len(shown) > 1 and shown[0].main:
            found.append(Panel(title, shown))
    if not found:
        return None
    years = sorted({year for panel in found for mark in panel.marks for year in mark.by_year})
    order = dict.fromkeys(name for _, ways in panels for name, _ in ways)
    drawn = {mark.name for panel in found for mark in panel.marks}
    return Data(tuple(found), tuple(years), tuple(name for name in order if name in drawn))


def _mark(writer: Writer, name: str, rows: Sequence[Effect], *, main: bool) -> Mark:
    return Mark(
        name,
        main,
        {
            row.horizon: (100 * row.estimate, 100 * row.low, 100 * row.high) if writer.case(row).shows_number else None
            for row in rows
        },
    )


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    words = Catalogue(lang)
    with style.styled():
        fig, axes = style.canvas(2.55 + 0.17 * len(data.names), columns=len(data.panels), sharey=True)
        sizes = [
            abs(x)
            for panel in data.panels
            for mark in panel.marks
            for numbers in mark.by_year.values()
            if numbers
            for x in (numbers if mark.main else numbers[:1])
        ]
        top = style.ceiling(1.04 * max(sizes), 2)
        apart = min(APART, REACH / max(len(data.names), 1))
        for ax, panel in zip(axes, data.panels, strict=True):
            ax.axhline(0, color=style.TEXT, linewidth=1.4, zorder=1)
            for place, mark in enumerate(panel.marks):
                _draw(ax, mark, data, apart * place, words, top)
            ax.set_xlim(data.years[0] - 0.3, data.years[-1] + apart * (len(data.names) - 1) + 0.3)
            ax.set_ylim(-top, top)
            ax.set_xticks(data.years, [words("figure.year", year=year) for year in data.years])
            ax.set_title(panel.title, loc="left", fontsize=10)
            style.number_axis(ax.yaxis, lang, signed=True)
            style.grid(ax)
        axes[0].set_ylabel(words("figure.difference_axis"))
        fig.legend(handles=_handles(data), frameon=False, fontsize=9, loc="outside upper left", borderaxespad=0.1)
    return fig


def _look(data: Data, name: str) -> dict[str, Any]:
    """The main way is the first name; the others keep their look in every panel."""
    place = data.names.index(name)
    if place == 0:
        return {"color": style.PARTICIPANTS, "marker": "o", "markersize": 7.5, "markerfacecolor": style.PARTICIPANTS}
    marker, face = LOOKS[(place - 1) % len(LOOKS)]
    return {"color": style.CONTEXT, "marker": marker, "markersize": 5.5, "markerfacecolor": face}


def _draw(ax: Any, mark: Mark, data: Data, shift: float, words: Catalogue, top: float) -> None:
    for year, numbers in mark.by_year.items():
        x = year + shift
        if numbers is None:
            if mark.main:
                ax.text(x, 0.04 * top, words("sign.suppressed"), ha="center", va="bottom")
            continue
        if mark.main:
            ax.plot([x, x], numbers[1:], color=style.PARTICIPANTS, linewidth=1.8, zorder=3)
        ax.plot(x, numbers[0], linestyle="", zorder=4, **_look(data, mark.name))


def _handles(data: Data) -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], linestyle="-" if i == 0 else "", label=name, **_look(data, name))
        for i, name in enumerate(data.names)
    ]


def alt(data: Data, writer: Writer, *, finding: str, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    words = {"n": len(data.names), "first": data.years[0], "last": data.years[-1], "finding": finding, "table": table}
    return " ".join(writer("alt.ways_by_year", **words).split())
