"""Two steps: self-sufficient after some months or not, and of each, established years later or not; one panel for each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluation.report.figures import style
from evaluation.report.numbers import Language, Numbers
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUPS = ("participants", "comparison")
LEVELS = ("yes", "no")
_FILL = {"yes": "#56B4E9", "no": "#E4E4E4"}
_ESTABLISHED, _NOT = ("#0072B2", "white"), ("#F3F3F3", style.TEXT)
_GAP = 3.0  # between the two levels, in per cent of the height
_LABEL_FROM = 5.0
_TWO_LINES_FROM = 20.0
_WIDE, _RIGHT = 0.92, 1.18  # width of a column, and where the second begins


@dataclass(frozen=True)
class Flow:
    """Of 100 in a group: how many at each level of the indicator, and of these the share with the long outcome."""

    of_100: dict[str, float]
    established: dict[str, float]


@dataclass(frozen=True)
class Data:
    """Flows by group, for one month of the short indicator and one year of the long outcome."""

    month: int
    year: int
    flows: dict[str, Flow]


def rows_of(table: pd.DataFrame, month: int, group: str) -> dict[str, dict[str, Any]]:
    """Rows of ``short_long.csv`` by level: ``yes``, ``no`` and ``difference``."""
    rows = table[(table["month"] == month) & (table["group"] == group)]
    return {str(row["level"]): {str(k): v for k, v in row.items()} for row in rows.to_dict("records")}


def collect(writer: Writer, month: int) -> Data | None:
    """The flows of both groups; None unless the release shows both in full."""
    table = writer.release.table("short_long")
    table = table[table["status"] == "released"]
    flows: dict[str, Flow] = {}
    for group in GROUPS:
        rows = rows_of(table, month, group)
        if not set(LEVELS) <= set(rows):
            return None
        flows[group] = Flow(
            {level: 100 * float(rows[level]["share_of_group"]) for level in LEVELS},
            {level: 100 * float(rows[level]["share"]) for level in LEVELS},
        )
    year = int(table["year"].iloc[0])
    return Data(month, year, flows)


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    words, numbers = Catalogue(lang), Numbers(lang)
    with style.styled():
        fig, axes = style.canvas(3.6, columns=2)
        for ax, group in zip(axes, GROUPS, strict=True):
            _panel(ax, data, data.flows[group], words, numbers)
            ax.set_title(words.label("group", group).capitalize(), loc="left", fontweight="bold")
    return fig


def _panel(ax: Any, data: Data, flow: Flow, words: Catalogue, numbers: Numbers) -> None:
    """Left column: the short indicator. Right column: the long outcome of each part, joined to it by a ribbon."""
    base = 100.0 + _GAP
    for level in LEVELS:
        height = flow.of_100[level]
        hit = height * flow.established[level] / 100
        bottom = base - height
        _box(ax, 0.0, (bottom, height), (_FILL[level], style.TEXT), words(f"figure.flow.{level}"), numbers)
        for low, part, name, look, ribbon in (
            (base - hit, hit, "figure.flow.established", _ESTABLISHED, style.PALE),
            (bottom, height - hit, "figure.flow.not", _NOT, _NOT[0]),
        ):
            ax.fill_between([_WIDE + 0.02, _RIGHT - 0.02], [low] * 2, [low + part] * 2, color=ribbon, linewidth=0)
            _box(ax, _RIGHT, (low, part), look, words(name), numbers)
        base = bottom - _GAP
    for x, text in (
        (0.0, words("figure.flow.month", month=data.month)),
        (_RIGHT, words("figure.year", year=data.year)),
    ):
        ax.text(x + _WIDE / 2, 103 + _GAP, text, ha="center", va="bottom", fontsize=9)
    ax.set_xlim(-0.02, _RIGHT + _WIDE + 0.02)
    ax.set_ylim(-1, 112 + _GAP)
    ax.set_axis_off()


def _box(ax: Any, x: float, place: tuple[float, float], look: tuple[str, str], name: str, numbers: Numbers) -> None:
    """A part of 100 with its name and number inside; one too low for words has them in the table alone."""
    from matplotlib.patches import Rectangle

    (y, height), (fill, ink) = place, look
    ax.add_patch(Rectangle((x, y), _WIDE, height, facecolor=fill, edgecolor=style.CONTEXT, linewidth=0.8))
    if height < _LABEL_FROM:
        return
    value = numbers.decimal(height)
    text = f"{name} {value}" if height < _TWO_LINES_FROM else f"{style.wrap(name, 16)}\n{value}"
    ax.text(x + _WIDE / 2, y + height / 2, text, ha="center", va="center", color=ink, fontsize=9, linespacing=1.15)


def alt(data: Data, writer: Writer, *, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    n = writer.numbers
    own, other = (data.flows[group] for group in GROUPS)
    return writer(
        "alt.short_long",
        month=data.month,
        year=data.year,
        a=n.decimal(own.of_100["yes"]),
        a_yes=n.decimal(own.established["yes"]),
        a_no=n.decimal(own.established["no"]),
        b=n.decimal(other.of_100["yes"]),
        b_yes=n.decimal(other.established["yes"]),
        b_no=n.decimal(other.established["no"]),
        table=table,
    )
