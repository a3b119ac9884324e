"""Specification curve: the primary result under other choices, the smallest difference first, and below each the choices behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.report.content.specifications import Specifications, phrase
from evaluation.report.figures import style
from evaluation.report.numbers import Language, capital
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEFT = 0.385  # share of the width that the names of choices take
ROW = 0.185  # inches a choice
ABOVE = 2.1  # inches of the curve
NAME = 38  # characters of a name on one line


@dataclass(frozen=True)
class Dot:
    """One way of calculating, in percentage points, and which rows of choices are its own."""

    estimate: float
    low: float
    high: float
    primary: bool
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Data:
    """Ways of calculating in order, and the choices in words; ``breaks`` are the rows at which another choice begins."""

    dots: tuple[Dot, ...]
    names: tuple[str, ...]
    breaks: tuple[int, ...]
    margin: float | None


def collect(writer: Writer, found: Specifications) -> Data:
    """The curve of the specifications that may be shown."""
    names: list[str] = []
    breaks: list[int] = []
    place: dict[tuple[str, str], int] = {}
    for choice in found.varied:
        breaks.append(len(names))
        for value in dict.fromkeys(row.choices[choice] for row in found.rows):
            place[choice, value] = len(names)
            names.append(capital(phrase(writer, "short", choice, value)))
    dots = [
        Dot(
            100 * row.estimate,
            100 * row.low,
            100 * row.high,
            row.primary,
            tuple(place[choice, row.choices[choice]] for choice in found.varied),
        )
        for row in found.shown
    ]
    margin = writer.release.info.margins.share
    return Data(tuple(dots), tuple(names), tuple(breaks), None if margin is None else 100 * margin)


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    words = Catalogue(lang)
    names = [style.wrap(name, NAME) for name in data.names]
    tops, total = _heights(names, data.breaks)
    with style.styled():
        height = 0.35 + ABOVE + 0.18 + ROW * total + 0.08
        fig, (above,) = style.canvas(height)
        fig.set_layout_engine("none")  # names stand at the left edge of the canvas, whatever their length
        width = 0.985 - LEFT
        above.set_position((LEFT, 1 - (0.35 + ABOVE) / height, width, ABOVE / height))
        below = fig.add_axes((LEFT, 0.08 / height, width, ROW * total / height), sharex=above)
        _curve(above, data, words, lang)
        _choices(fig, below, data, names, tops, total)
    return fig


def _heights(names: list[str], breaks: tuple[int, ...]) -> tuple[list[float], float]:
    """Middle of each name, and the height of all, in rows; a gap before each choice."""
    at, middles = 0.0, []
    for i, name in enumerate(names):
        at += 0.45 if i in breaks and i else 0.0
        lines = 0.3 + 0.7 * (name.count("\n") + 1)
        middles.append(at + lines / 2)
        at += lines
    return middles, at


def _curve(ax: Any, data: Data, words: Catalogue, lang: Language) -> None:
    if data.margin is not None:
        ax.axhspan(-data.margin, data.margin, color=style.SHADE, zorder=0, linewidth=0)
    ax.axhline(0, color=style.TEXT, linewidth=1.4, zorder=1)
    size = max(3.0, min(6.5, 170 / len(data.dots)))
    for x, dot in enumerate(data.dots):
        colour = style.TEXT if dot.primary else style.PARTICIPANTS
        ax.plot([x, x], [dot.low, dot.high], color=colour, linewidth=2.4 if dot.primary else 1.4, zorder=3)
        sure = dot.low > 0 or dot.high < 0
        marker, face = ("s", style.TEXT) if dot.primary else ("o", style.PARTICIPANTS if sure else "white")
        ax.plot(
            x, dot.estimate, marker, color=colour, markersize=size + 1.5 * dot.primary, markerfacecolor=face, zorder=4
        )
    low, high = min(d.low for d in data.dots), max(d.high for d in data.dots)
    if data.margin is not None:
        low, high = min(low, -data.margin), max(high, data.margin)
    room = 0.05 * (high - low)
    ax.set_ylim(low - room, high + 3.2 * room)
    ax.set_xlim(-0.7, len(data.dots) - 0.3)
    main = next(x for x, dot in enumerate(data.dots) if dot.primary)
    side = "left" if main < 0.25 * len(data.dots) else "right" if main > 0.75 * len(data.dots) else "center"
    ax.annotate(
        words("holds.main"),
        (main, data.dots[main].high),
        xytext=(main, high + 2.6 * room),
        ha=side,
        va="center",
        fontsize=9,
        arrowprops={"arrowstyle": "-", "color": style.CONTEXT, "linewidth": 0.8, "shrinkA": 1, "shrinkB": 1},
    )
    ax.tick_params(axis="x", bottom=False, labelbottom=False)
    ax.spines["bottom"].set_visible(False)
    style.number_axis(ax.yaxis, lang, signed=True)
    style.grid(ax)
    ax.set_ylabel(words("figure.spec_axis"))
    if data.margin is not None:
        grey = style.wrap(words("figure.margin_grey"), 20)
        ax.text(0.01, ax.get_position().y1, grey, transform=ax.figure.transFigure, ha="left", va="top", fontsize=9)


def _choices(fig: Any, ax: Any, data: Data, names: list[str], tops: list[float], total: float) -> None:
    for i, (middle, name) in enumerate(zip(tops, names, strict=True)):
        if i in data.breaks and i:
            ax.axhline(middle - 0.5 * (0.3 + 0.7 * (name.count("\n") + 1)) - 0.22, color=style.GRID, linewidth=0.8)
        ax.text(
            0.01, middle, name, transform=_left(fig, ax), ha="left", va="center", fontsize=9, linespacing=1.0, clip_on=False
        )  # fmt: skip
    size = max(2.2, min(4.5, 120 / len(data.dots)))
    for x, dot in enumerate(data.dots):
        at = [tops[row] for row in dot.rows]
        marker, colour = ("s", style.TEXT) if dot.primary else ("o", style.PARTICIPANTS)
        ax.plot([x] * len(at), at, marker, color=colour, markersize=size + dot.primary, linestyle="", zorder=3)
    ax.set_ylim(total, 0)
    ax.set_yticks([])
    ax.tick_params(axis="x", bottom=False, labelbottom=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _left(fig: Any, ax: Any) -> Any:
    """Across the canvas in shares of its width, down in rows."""
    from matplotlib.transforms import blended_transform_factory

    return blended_transform_factory(fig.transFigure, ax.transData)


def alt(data: Data, writer: Writer, *, finding: str, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    span = writer.range(data.dots[0].estimate / 100, data.dots[-1].estimate / 100)
    words = {"n_specs": len(data.dots), "range": span, "table": table}
    text = writer("alt.specification", finding=finding, **words)
    # a finding that names many exceptions is left to the text
    return text if len(text) <= LONGEST else " ".join(writer("alt.specification", finding="", **words).split())


LONGEST = 300
