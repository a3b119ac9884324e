"""Difference by year: dot, pointwise interval (thin), simultaneous band (pale), margin of practical importance, unadjusted beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.report.figures import style
from evaluation.report.numbers import Language
from evaluation.report.release import Effect
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Point:
    """One year, in percentage points. None where not released."""

    year: int
    estimate: float
    low: float
    high: float
    band: tuple[float, float] | None
    unadjusted: float | None


@dataclass(frozen=True)
class Data:
    """The years that may be shown, those that may not, the primary year, and whom the comparison without matching is about."""

    points: tuple[Point, ...]
    hidden: tuple[int, ...]
    primary_year: int
    margin: float | None
    unadjusted_of: str = "matched"


def collect(writer: Writer, clock: str | None = None) -> Data | None:
    """The primary outcome by year on a clock; None where no year may be shown."""
    p = writer.release.info.primary
    wanted = {"outcome": p.outcome, "definition": p.definition, "clock": clock or p.clock, "horizon_unit": "year"}
    rows = writer.release.effects(**wanted)
    bands = {b.horizon: b for b in writer.release.effects(**wanted, ci_kind="simultaneous")}
    raw = {b.horizon: b for b in writer.release.effects(**wanted, estimator="unadjusted")}
    shown = [row for row in rows if writer.case(row).shows_number]
    if not shown:
        return None

    def value(found: Effect | None) -> Effect | None:
        return found if found is not None and writer.case(found).shows_number else None

    points = []
    for row in shown:
        band, unadjusted = value(bands.get(row.horizon)), value(raw.get(row.horizon))
        points.append(
            Point(
                row.horizon,
                100 * row.estimate,
                100 * row.low,
                100 * row.high,
                None if band is None else (100 * band.low, 100 * band.high),
                None if unadjusted is None else 100 * unadjusted.estimate,
            )
        )
    margin = shown[0].margin
    hidden = tuple(row.horizon for row in rows if row not in shown)
    return Data(
        tuple(points),
        hidden,
        p.year,
        None if margin is None else 100 * margin,
        writer.release.info.unadjusted.participants,
    )


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    words = Catalogue(lang)
    with style.styled():
        fig, (ax,) = style.canvas(2.35)
        years = sorted([p.year for p in data.points] + list(data.hidden))
        reach = max(max(abs(x) for x in (p.low, p.high, *(p.band or ()), p.unadjusted or 0.0)) for p in data.points)
        top = style.ceiling(1.04 * reach, 2)
        if data.margin is not None:
            ax.axhspan(-data.margin, data.margin, color=style.SHADE, zorder=0, linewidth=0)
            ax.text(
                years[-1] + 0.65,
                0,
                style.wrap(words("figure.margin"), 14),
                fontsize=9,
                va="center",
                ha="left",
                clip_on=False,
            )
        ax.axhline(0, color=style.TEXT, linewidth=1.4, zorder=1)
        for p in data.points:
            if p.band:
                ax.plot([p.year] * 2, p.band, color=style.PALE, linewidth=11, solid_capstyle="butt", zorder=2)
            ax.plot([p.year] * 2, [p.low, p.high], color=style.PARTICIPANTS, linewidth=1.8, zorder=3)
            filled = p.year == data.primary_year
            ax.plot(
                p.year, p.estimate, "o", color=style.PARTICIPANTS, zorder=4, markersize=9 if filled else 8,
                markerfacecolor=style.PARTICIPANTS if filled else "white", markeredgewidth=1.8,
            )  # fmt: skip
            if p.unadjusted is not None:
                ax.plot(p.year + 0.2, p.unadjusted, "D", color=style.CONTEXT, markersize=4.5, zorder=4)
        for year in data.hidden:
            ax.text(year, (data.margin or 0.0) + 0.04 * top, words("sign.suppressed"), ha="center", va="bottom")
        ax.set_xlim(years[0] - 0.5, years[-1] + 0.6)
        ax.set_ylim(-top, top)
        ax.set_xticks(years, [words("figure.year", year=y) for y in years])
        style.number_axis(ax.yaxis, lang, signed=True)
        style.grid(ax)
        ax.set_ylabel(words("figure.difference_axis"))
        _legend(ax, data, words)
    return fig


def _legend(ax: object, data: Data, words: Catalogue) -> None:
    from matplotlib.lines import Line2D

    blue = style.PARTICIPANTS
    handles = [Line2D([], [], color=blue, marker="o", markersize=8, label=words("figure.legend.pointwise"))]
    if any(p.band for p in data.points):
        handles.append(Line2D([], [], color=style.PALE, linewidth=9, label=words("figure.legend.band")))
    if any(p.unadjusted is not None for p in data.points):
        handles.append(
            Line2D(
                [],
                [],
                color=style.CONTEXT,
                marker="D",
                markersize=4.5,
                linestyle="",
                label=words(f"figure.legend.unadjusted.{data.unadjusted_of}"),
            )
        )
    ax.legend(  # type: ignore[attr-defined]
        handles=handles,
        frameon=False,
        fontsize=9,
        ncols=1,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        borderaxespad=0.2,
    )


def alt(data: Data, writer: Writer, *, finding: str, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    first, last = data.points[0], data.points[-1]
    row = writer.primary
    text = writer(
        "alt.effects_by_year",
        share=writer.share(row),
        k=last.year,
        finding=finding,
        first=first.year,
        r1=writer.range(first.low / 100, first.high / 100),
        rk=writer.range(last.low / 100, last.high / 100),
        table=table,
    )
    return " ".join(text.split())
