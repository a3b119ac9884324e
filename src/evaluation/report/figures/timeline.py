"""Time line of one pair: when the two are matched, from when time is counted, and which years are measured. The pair is invented.

The clocks are the study's own, and so is the agreed length where it is released; everything else is made up to be easy to read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.report.figures import style
from evaluation.report.figures.rates import agreed_length
from evaluation.report.numbers import Language
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLOCKS = ("start", "exit_actual", "exit_planned")
ENROLLED = {"participant": -9, "comparison": -8}  # alike, not the same: a class of time since enrolment
MONTH_OF_START = 5  # June, counted from 0: calendar years begin in between
_LENGTH = 12  # months, where the release does not tell
_EARLIER = 3  # months that the actual end of this pair comes before the agreed one
_LEFT = -31  # the names of the two stand here
_KNOWN = -17  # from here to the start everything is known before
_LANES = {"participant": 1.15, "comparison": 0.0}
_NAMES = {"participant": "figure.timeline.participant", "comparison": "figure.timeline.comparison"}
_DURING = {"participant": "figure.timeline.during.participant", "comparison": "figure.timeline.during.comparison"}
_HIGH = 0.34
_BOTTOM, _TOP = -0.62, 1.85
_FLAG = 0.34


@dataclass(frozen=True)
class Data:
    """Months from the start: when each was enrolled, each clock's time zero, the clock that counts, and the first month of each year."""

    clocks: dict[str, int]
    primary: str
    agreed: int
    years: dict[int, int]
    primary_year: int


def collect(writer: Writer) -> Data:
    """The pair, on the clocks that the release has results for."""
    info = writer.release.info
    agreed = max(_EARLIER + 1, round(agreed_length(writer) or _LENGTH))
    zero = {"start": 0, "exit_actual": agreed - _EARLIER, "exit_planned": agreed}
    there = set(writer.release.table("effects")["clock"]) | {info.primary.clock}
    clocks = {name: zero[name] for name in CLOCKS if name in there}
    first = zero.get(info.primary.clock, agreed)
    year = (MONTH_OF_START + first) // 12
    years = {k: 12 * (year + k) - MONTH_OF_START for k in range(1, max(4, info.primary.year) + 1)}
    return Data(clocks, info.primary.clock, agreed, years, info.primary.year)


def events(data: Data) -> list[tuple[str, int, int, int]]:
    """Rows of the table: event, its number where there are several, and the month for participant and comparison person."""
    found = [("enrolled", 0, ENROLLED["participant"], ENROLLED["comparison"]), ("matched", 0, 0, 0)]
    found += [(name, 0, month, month) for name, month in data.clocks.items() if name != "start"]
    return found + [("year", k, month, month) for k, month in data.years.items()]


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    from matplotlib.patches import Rectangle

    words = Catalogue(lang)
    with style.styled():
        fig, (ax,) = style.canvas(2.7)
        ax.set_xlim(_LEFT, _end(data) + 0.5)
        ax.set_ylim(_BOTTOM, _TOP + _FLAG * len(data.clocks))
        ax.axis("off")
        ax.add_patch(
            Rectangle((_KNOWN, _BOTTOM), -_KNOWN, _TOP - _BOTTOM, facecolor=style.SHADE, linewidth=0, zorder=0)
        )
        ax.text(
            _KNOWN / 2, _TOP - 0.06, style.wrap(words("figure.timeline.before"), 14), ha="center", va="top", fontsize=9
        )
        _flags(ax, data, words)
        for lane, y in _LANES.items():
            _lane(ax, data, words, lane, y)
    return fig


def _end(data: Data) -> int:
    return data.years[max(data.years)] + 12


def _flags(ax: Axes, data: Data, words: Catalogue) -> None:
    """A line through both lanes for each clock, its name above; the one that counts is drawn full."""
    for i, (name, month) in enumerate(data.clocks.items()):
        y = _TOP + _FLAG * (len(data.clocks) - 1 - i) + 0.1
        main = name == data.primary
        colour, kind, width = (style.TEXT, "-", 1.8) if main else (style.CONTEXT, ":", 1.3)
        ax.plot([month, month], [_BOTTOM, y + 0.14], color=colour, linestyle=kind, linewidth=width, zorder=3)
        text = words("figure.timeline.zero" if main else "figure.timeline.clock", clock=words.label("clock", name))
        if name == "start":
            text = words("figure.timeline.matched", text=text)
        ax.text(month + 0.9, y, text, va="center", fontsize=9, fontweight="bold" if main else "normal")


def _lane(ax: Axes, data: Data, words: Catalogue, lane: str, y: float) -> None:
    """One person: enrolled from, employed or not, and the years that are measured."""
    colour = style.PARTICIPANTS if lane == "participant" else style.COMPARISON
    small: dict[str, Any] = {
        "va": "center",
        "fontsize": 8.5,
        "zorder": 4,
        "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1},
    }
    ax.text(_LEFT, y, words(_NAMES[lane]), va="center", fontsize=9.5, fontweight="bold", linespacing=1.2)
    ax.plot([ENROLLED[lane], _end(data)], [y, y], color=style.CONTEXT, linewidth=1.2, zorder=1)
    ax.plot([ENROLLED[lane]], [y], marker="|", color=style.CONTEXT, markersize=10, markeredgewidth=1.5)
    ax.text(ENROLLED[lane], y - 0.33, words("figure.timeline.enrolled"), ha="center", va="center", fontsize=8.5)
    if lane == "participant":
        _box(ax, 0, y, data.agreed, face=style.PALE, edge=colour)
    ax.text(0.9, y - 0.36, words(_DURING[lane]), **small)
    for k, month in data.years.items():
        main = k == data.primary_year
        _box(ax, month + 0.2, y, 11.6, face=colour if main else "white", edge=colour)
        # white on the comparison group's colour would be too faint to read
        ink = "white" if main and lane == "participant" else "black"
        ax.text(month + 6, y, words("figure.year", year=k), ha="center", va="center", fontsize=9, zorder=3, color=ink,
                fontweight="bold" if main else "normal")  # fmt: skip


def _box(ax: Axes, left: float, y: float, width: float, *, face: str, edge: str) -> None:
    from matplotlib.patches import Rectangle

    ax.add_patch(
        Rectangle((left, y - _HIGH / 2), width, _HIGH, facecolor=face, edgecolor=edge, linewidth=1.2, zorder=2)
    )


def alt(data: Data, writer: Writer, *, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    clock = writer.label("clock", data.primary)
    return writer("alt.timeline", clock=clock, last=max(data.years), table=table)
