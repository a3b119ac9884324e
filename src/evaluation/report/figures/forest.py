"""Forest plot: the main result in each subgroup, in a fixed order, everyone together at the top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.report.figures import style
from evaluation.report.numbers import Language, Numbers
from evaluation.report.release import Effect
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEFT = 0.52  # share of the width that names and numbers of participants take
ROW = 0.19  # inches


@dataclass(frozen=True)
class Line:
    """A subgroup, in percentage points; NaN where not released. Without a family: everyone."""

    family: str
    name: str
    n: float
    estimate: float
    low: float
    high: float

    @property
    def shown(self) -> bool:
        """Whether its difference may be shown."""
        return math.isfinite(self.estimate)


@dataclass(frozen=True)
class Data:
    """Everyone first, then the subgroups family by family in the order given."""

    lines: tuple[Line, ...]
    margin: float | None


def collect(writer: Writer, groups: Sequence[tuple[str, str, Effect]]) -> Data | None:
    """Lines of a forest plot; None where no subgroup may be shown.

    Parameters
    ----------
    groups
        Name of the family, name of the level, and the main result there; in the order in which they are to stand.
    """
    lines = [_line(writer, family, name, row) for family, name, row in groups]
    if not any(line.shown for line in lines):
        return None
    margin = writer.primary.margin
    everyone = _line(writer, "", writer("figure.everyone"), writer.primary)
    return Data((everyone, *lines), None if margin is None else 100 * margin)


def _line(writer: Writer, family: str, name: str, row: Effect) -> Line:
    if not writer.case(row).shows_number:
        return Line(family, name, math.nan, math.nan, math.nan, math.nan)
    return Line(family, name, row.n_treated, 100 * row.estimate, 100 * row.low, 100 * row.high)


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    words, numbers = Catalogue(lang), Numbers(lang)
    places = _places(data.lines)
    last = max(places.lines)
    with style.styled():
        fig, (ax,) = style.canvas(0.95 + ROW * (last + 1))
        fig.set_layout_engine("none")  # names stand at the left edge of the canvas, whatever their length
        height = float(fig.get_figheight())
        ax.set_position((LEFT, 0.52 / height, 0.97 - LEFT, 1 - 0.82 / height))
        reach = max(max(abs(line.low), abs(line.high)) for line in data.lines if line.shown)
        top = style.ceiling(1.02 * reach, 5)
        if data.margin is not None:
            ax.axvspan(-data.margin, data.margin, color=style.SHADE, zorder=0, linewidth=0)
        ax.axvline(0, color=style.TEXT, linewidth=1.4, zorder=1)
        for y, line in zip(places.lines, data.lines, strict=True):
            _draw(ax, y, line, words, numbers)
        for y, family in places.heads:
            _text(ax, 0.015, y, family, weight="bold")
        ax.set_xlim(-top, top)
        ax.set_ylim(last + 0.7, -0.8)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        style.number_axis(ax.xaxis, lang, signed=True)
        style.grid(ax, "x")
        ax.set_xlabel(words("figure.difference_axis"))
        for x, key, side in ((LEFT - 0.02, "figure.n_head", "right"), (0.015, "figure.group_head", "left")):
            fig.text(x, 1 - 0.24 / height, words(key), ha=side, va="bottom", fontsize=9)
        if data.margin is not None:
            ax.text(0, -0.95, words("figure.margin"), ha="center", va="bottom", fontsize=9, clip_on=False)
    return fig


@dataclass(frozen=True)
class _Places:
    lines: list[float]
    heads: list[tuple[float, str]]


def _places(lines: Sequence[Line]) -> _Places:
    """Heights: a head above each family, and a gap before it."""
    y, family = 0.0, ""
    found: list[float] = []
    heads: list[tuple[float, str]] = []
    for line in lines:
        if line.family != family:
            family, y = line.family, y + 0.35
            heads.append((y, family))
            y += 1
        found.append(y)
        y += 1
    return _Places(found, heads)


def _draw(ax: Any, y: float, line: Line, words: Catalogue, numbers: Numbers) -> None:
    total = not line.family
    _text(ax, 0.015 if total else 0.035, y, line.name, weight="bold" if total else "normal")
    n = words("sign.missing") if math.isnan(line.n) else numbers.decimal(line.n)
    _text(ax, LEFT - 0.02, y, n if line.shown else words("sign.suppressed"), side="right")
    if not line.shown:
        ax.text(0, y, words("sign.suppressed"), ha="center", va="center", fontsize=9)
        return
    ax.plot([line.low, line.high], [y, y], color=style.PARTICIPANTS, linewidth=2.6 if total else 1.6, zorder=3)
    size, face = (8, style.PARTICIPANTS) if total else (6, "white")
    ax.plot(line.estimate, y, "o", color=style.PARTICIPANTS, markersize=size, markerfacecolor=face, zorder=4)


def _text(ax: Any, x: float, y: float, text: str, *, side: str = "left", weight: str = "normal") -> None:
    """Words at a share of the canvas's width and at the height of a line."""
    from matplotlib.transforms import blended_transform_factory

    place = blended_transform_factory(ax.figure.transFigure, ax.transData)
    ax.text(x, y, text, transform=place, ha=side, va="center", fontsize=9, fontweight=weight, clip_on=False)


def alt(data: Data, writer: Writer, *, finding: str, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    return writer("alt.forest", n_groups=len(data.lines) - 1, finding=finding, table=table)
