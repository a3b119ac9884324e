"""Shares in both groups: by year (dots joined by lines) and by month, with the employment's period shaded on the start clock."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.report.figures import style
from evaluation.report.numbers import Language, Numbers
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Data:
    """Per cent in both groups by horizon; NaN where not released. `employment`: months the employment was agreed for."""

    unit: str
    clock: str
    horizons: tuple[int, ...]
    treated: tuple[float, ...]
    control: tuple[float, ...]
    employment: float | None = None

    def ends(self) -> tuple[int, int]:
        """Positions of the first and last horizon that may be shown."""
        shown = [i for i, value in enumerate(self.treated) if not math.isnan(value)]
        return shown[0], shown[-1]


def collect_years(writer: Writer) -> Data | None:
    """The primary outcome by year on the primary clock."""
    p = writer.release.info.primary
    return _collect(writer, "year", p.outcome, p.definition, p.clock)


def collect_months(writer: Writer, clock: str, *, definition: str = "E4_employed") -> Data | None:
    """Any work by month on a clock."""
    return _collect(writer, "month", "established", definition, clock)


def _collect(writer: Writer, unit: str, outcome: str, definition: str, clock: str) -> Data | None:
    rows = writer.release.effects(outcome=outcome, definition=definition, clock=clock, horizon_unit=unit)
    shown = [writer.case(row).shows_number for row in rows]
    if sum(shown) < 2:
        return None
    nan = float("nan")
    return Data(
        unit,
        clock,
        tuple(row.horizon for row in rows),
        tuple(100 * row.treated if ok else nan for row, ok in zip(rows, shown, strict=True)),
        tuple(100 * (row.treated - row.estimate) if ok else nan for row, ok in zip(rows, shown, strict=True)),
        agreed_length(writer) if clock == "start" and unit == "month" else None,
    )


def agreed_length(writer: Writer) -> float | None:
    """Mean agreed length in months, where the release holds it."""
    table = writer.release.table("population")
    rows = table[
        (table["characteristic"] == "planned_length")
        & (table["group"] == "participants")
        & (table["sex"] == "all")
        & (table["kind"] == "mean")
        & (table["status"] == "released")
    ]
    return None if rows.empty else float(rows["value"].iloc[0])


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    words, numbers = Catalogue(lang), Numbers(lang)
    by_month = data.unit == "month"
    with style.styled():
        fig, (ax,) = style.canvas(2.7)
        _, last = data.ends()
        highest = max(x for x in (*data.treated, *data.control) if not math.isnan(x))
        top = min(100.0, style.ceiling(highest + 1, 10))
        if data.employment:
            ax.axvspan(0, data.employment, color=style.SHADE, zorder=0, linewidth=0)
            ax.text(
                data.employment / 2,
                _between(data, top),
                style.wrap(words("figure.employment"), 12),
                ha="center",
                va="center",
                fontsize=9,
            )
        every = 6 if by_month else 1
        style.line(ax, data.horizons, data.control, style.COMPARISON, every=every)
        style.line(ax, data.horizons, data.treated, style.PARTICIPANTS, every=every)
        names = ((data.treated[last], "participants"), (data.control[last], "comparison"))
        step = (data.horizons[-1] - data.horizons[0]) or 1
        labels = [
            (y, f"{words.label('group', key)}\n{numbers.decimal(y, 1)} {words('figure.per_cent')}") for y, key in names
        ]
        style.end_labels(ax, data.horizons[last] + 0.03 * step, labels, gap=0.165 * top)
        if not by_month:
            for i in range(len(data.horizons)):
                _value(ax, data, i, numbers, top)
        for i, value in enumerate(data.treated):
            if math.isnan(value) and not by_month:
                ax.text(data.horizons[i], 0.04 * top, words("sign.suppressed"), ha="center", va="bottom")
        ax.set_ylim(0, top)
        _x_axis(ax, data, words, lang)
        style.number_axis(ax.yaxis, lang)
        style.grid(ax)
        ax.set_ylabel(words("figure.per_cent_axis"))
    return fig


def _between(data: Data, top: float) -> float:
    """A height in the shaded months that neither line crosses: the middle of the widest room under, between or over them."""
    inside = [i for i, horizon in enumerate(data.horizons) if horizon <= (data.employment or 0)]
    found = [x for i in inside for x in (data.treated[i], data.control[i]) if not math.isnan(x)]
    edges = sorted([0.0, *found, top])
    low, high = max(itertools.pairwise(edges), key=lambda pair: pair[1] - pair[0])
    return (low + high) / 2


def _value(ax: object, data: Data, i: int, numbers: Numbers, top: float) -> None:
    """The numbers beside the dots of all but the last year, which bears its own in the label."""
    if i == data.ends()[1] or math.isnan(data.treated[i]):
        return
    upper, lower = max(data.treated[i], data.control[i]), min(data.treated[i], data.control[i])
    for y, text_y, va in ((upper, upper + 0.035 * top, "bottom"), (lower, lower - 0.035 * top, "top")):
        ax.text(data.horizons[i], text_y, numbers.decimal(y, 1), ha="center", va=va, fontsize=9)  # type: ignore[attr-defined]


def _x_axis(ax: object, data: Data, words: Catalogue, lang: Language) -> None:
    low, high = data.horizons[0], data.horizons[-1]
    if data.unit == "year":
        ax.set_xlim(low - 0.25, high + 0.1)  # type: ignore[attr-defined]
        ax.set_xticks(data.horizons, [words("figure.year", year=y) for y in data.horizons])  # type: ignore[attr-defined]
        return
    ticks = [m for m in range(low, high + 1) if m % 12 == 0]
    ax.set_xlim(low, high)  # type: ignore[attr-defined]
    style.number_axis(ax.xaxis, lang, ticks=ticks)  # type: ignore[attr-defined]
    ax.set_xlabel(words("figure.months_axis", after=words.label("after", data.clock)))  # type: ignore[attr-defined]
    ax.axvline(0, color=style.CONTEXT, linewidth=1)  # type: ignore[attr-defined]


def alt(data: Data, writer: Writer, *, share: str, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    first, last = data.ends()
    n = writer.numbers
    words = {
        "share_cap": share[:1].upper() + share[1:],
        "first": data.horizons[first],
        "last": data.horizons[last],
        "after": writer.after(data.clock),
        "a0": n.decimal(data.treated[first], 1),
        "a1": n.decimal(data.treated[last], 1),
        "b0": n.decimal(data.control[first], 1),
        "b1": n.decimal(data.control[last], 1),
        "table": table,
    }
    text = writer(f"alt.rates_by_{data.unit}", **words)
    return f"{text} {writer('alt.employment')}" if data.employment else text
