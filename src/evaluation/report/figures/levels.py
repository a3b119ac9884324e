"""Both groups year by year, with the uncertainty of their difference as a band around the participants.

The band is the comparison group's level plus the limits of the difference: where it covers the other line, the direction cannot be told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.report.figures import style
from evaluation.report.numbers import Numbers
from evaluation.report.release import Effect
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

SCALE = {"share": 100.0, "sek": 0.001, "months": 1.0}
STEPS = {
    "share": (5, 10),
    "sek": (5, 20),
    "months": (1, 2),
}  # of the axis, where the highest value is low and otherwise
_UNIT = {"share": "figure.unit.share", "sek": "figure.unit.sek"}  # months are drawn without labels at the ends
_FINE_BELOW = {"share": 25.0, "sek": 25.0, "months": 5.0}


@dataclass(frozen=True)
class Levels:
    """Levels of both groups and limits of the band by year, as drawn: per cent, thousands of SEK or months; NaN where not released."""

    outcome: str
    unit: str
    clock: str
    years: tuple[int, ...]
    treated: tuple[float, ...]
    control: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def shown(self) -> list[int]:
        """Places of the years that may be shown."""
        return [i for i, value in enumerate(self.treated) if not math.isnan(value)]

    @property
    def digits(self) -> int:
        """Decimals of the values written beside the dots."""
        return 0 if self.unit == "sek" else 1


def collect(writer: Writer, outcome: str, definition: str = "") -> Levels | None:
    """An outcome by year on the primary clock; None where fewer than two years may be shown."""
    clock = writer.release.info.primary.clock
    rows = writer.release.effects(outcome=outcome, definition=definition, clock=clock)
    shown = [writer.case(row).shows_number for row in rows]
    if sum(shown) < 2:
        return None
    scale = SCALE[rows[0].unit]

    def line(row: Effect, ok: bool) -> tuple[float, float, float, float]:
        if not ok:
            return (math.nan,) * 4
        level = (
            row.treated - row.estimate
        )  # what an adjusting estimator compares with, so that lines and difference agree
        return tuple(scale * x for x in (row.treated, level, level + row.low, level + row.high))  # type: ignore[return-value]

    found = [line(row, ok) for row, ok in zip(rows, shown, strict=True)]
    treated, control, low, high = (tuple(values) for values in zip(*found, strict=True))
    return Levels(outcome, rows[0].unit, clock, tuple(row.horizon for row in rows), treated, control, low, high)


def draw(ax: Any, data: Levels, words: Catalogue, numbers: Numbers, *, ticks: Sequence[str], ends: bool) -> None:
    """Draw on an axis; `ends` writes the groups' names beside the last year."""
    top = _top(data)
    years = data.years
    floor = [max(0.0, x) if not math.isnan(x) else x for x in data.low]
    ax.fill_between(years, floor, data.high, color=style.PALE, linewidth=0, zorder=1)
    style.line(ax, years, data.control, style.COMPARISON)
    style.line(ax, years, data.treated, style.PARTICIPANTS)
    last = data.shown[-1]
    for i in range(len(years)):
        if math.isnan(data.treated[i]):
            ax.text(years[i], 0.04 * top, words("sign.suppressed"), ha="center", va="bottom")
        elif not (ends and i == last):
            _values(ax, data, i, numbers, top)
    if ends:
        unit = words(_UNIT[data.unit])
        labels = [
            (y, f"{words.label('group', key)}\n{numbers.decimal(y, data.digits)} {unit}")
            for y, key in ((data.treated[last], "participants"), (data.control[last], "comparison"))
        ]
        style.end_labels(ax, years[last] + 0.12, labels, gap=0.17 * top)
    ax.set_ylim(0, top)
    ax.set_xlim(years[0] - 0.3, years[-1] + (0.1 if ends else 0.35))
    ax.set_xticks(years, ticks)
    style.grid(ax)


def _top(data: Levels) -> float:
    highest = max(x for x in (*data.treated, *data.control, *data.high) if not math.isnan(x))
    fine, coarse = STEPS[data.unit]
    top = style.ceiling(1.08 * highest, fine if highest < _FINE_BELOW[data.unit] else coarse)
    return min(top, 100.0) if data.unit == "share" else top


def _values(ax: Any, data: Levels, i: int, numbers: Numbers, top: float) -> None:
    """The value above the upper dot and the one below the lower; beside a line that is steep there."""
    upper = data.treated if data.treated[i] >= data.control[i] else data.control
    lower = data.control if upper is data.treated else data.treated
    for line, sign, va in ((upper, 1, "bottom"), (lower, -1, "top")):
        side = _free_side(line, i, sign, 0.25 * top)
        ha = {0: "center", 1: "left", -1: "right"}[side]
        text = numbers.decimal(line[i], data.digits)
        ax.text(data.years[i] + 0.08 * side, line[i] + sign * 0.035 * top, text, ha=ha, va=va, fontsize=9)


def _free_side(line: Sequence[float], i: int, sign: int, steep: float) -> int:
    """1 where the line comes steeply from the value's side on the left, -1 where it leaves steeply on the right, else 0."""
    if i > 0 and sign * (line[i - 1] - line[i]) > steep:
        return 1
    return -1 if i + 1 < len(line) and sign * (line[i + 1] - line[i]) > steep else 0


def handles(words: Catalogue, *, groups: bool) -> list[Any]:
    """What the legend explains: the band, and the groups where no label stands at the ends of the lines."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found: list[Any] = [Patch(color=style.PALE, label=words("figure.levels.band"))]
    if not groups:
        return found
    lines = [
        Line2D(
            [], [], color=colour, linestyle=style.DASHES[colour],  # type: ignore[arg-type]
            marker=style.MARKERS[colour],
            markerfacecolor="white" if colour == style.COMPARISON else colour, label=words.label("group", key),
        )
        for colour, key in ((style.PARTICIPANTS, "participants"), (style.COMPARISON, "comparison"))
    ]  # fmt: skip
    return [*lines, *found]


def ends(data: Levels, numbers: Numbers) -> dict[str, object]:
    """The first and last year shown with both groups' levels, for the words of an alternative text."""
    first, last = data.shown[0], data.shown[-1]
    return {
        "first": data.years[first],
        "last": data.years[last],
        "a0": numbers.decimal(data.treated[first], data.digits),
        "a1": numbers.decimal(data.treated[last], data.digits),
        "b0": numbers.decimal(data.control[first], data.digits),
        "b1": numbers.decimal(data.control[last], data.digits),
    }
