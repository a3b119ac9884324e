"""Earnings year by year; months with income support beside unemployment insurance, which another authority pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.report.figures import levels, style
from evaluation.report.figures.levels import Levels
from evaluation.report.numbers import Language, Numbers
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EARNINGS, ASSISTANCE, INSURANCE = "earnings", "social_assistance_months", "unemployment_insurance"
_PANELS = (
    ("figure.support.months", "figure.support.axis.months"),
    ("figure.support.share", "figure.support.axis.share"),
)
Pair = tuple[Levels, Levels]


def collect_earnings(writer: Writer) -> Levels | None:
    """Earnings by year; None where the release shows fewer than two years."""
    return levels.collect(writer, EARNINGS)


def collect_support(writer: Writer) -> Pair | None:
    """Income support and unemployment insurance by year; None unless the release shows both."""
    assistance, insurance = levels.collect(writer, ASSISTANCE), levels.collect(writer, INSURANCE)
    return None if assistance is None or insurance is None else (assistance, insurance)


def earnings_figure(data: Levels, lang: Language) -> Figure:
    """Draw earnings."""
    words, numbers = Catalogue(lang), Numbers(lang)
    with style.styled():
        fig, (ax,) = style.canvas(2.9)
        ticks = [words("figure.year", year=k) for k in data.years]
        levels.draw(ax, data, words, numbers, ticks=ticks, ends=True)
        style.number_axis(ax.yaxis, lang)
        ax.set_ylabel(words("figure.sek_axis"))
        fig.legend(handles=levels.handles(words, groups=False), loc="outside upper left", frameon=False, fontsize=9)
    return fig


def support_figure(data: Pair, lang: Language) -> Figure:
    """Draw income support and unemployment insurance, a panel each."""
    words, numbers = Catalogue(lang), Numbers(lang)
    with style.styled():
        fig, axes = style.canvas(3.3, columns=2)
        for ax, panel, (title, axis) in zip(axes, data, _PANELS, strict=True):
            ticks = [words("figure.year", year=k) for k in panel.years]
            levels.draw(ax, panel, words, numbers, ticks=ticks, ends=False)
            style.number_axis(ax.yaxis, lang)
            ax.set_title(words(title), loc="left", fontweight="bold")
            ax.set_ylabel(words(axis))
        fig.legend(
            handles=levels.handles(words, groups=True), loc="outside lower center", ncols=3, frameon=False, fontsize=9
        )
    return fig


def earnings_alt(data: Levels, writer: Writer, *, table: str) -> str:
    """What the figure of earnings shows, for those who do not see it."""
    return writer("alt.earnings", after=writer.after(data.clock), table=table, **levels.ends(data, writer.numbers))


def support_alt(data: Pair, writer: Writer, *, table: str) -> str:
    """What the figure of support shows, for those who do not see it."""
    assistance, insurance = data
    last_a, last_i = assistance.shown[-1], insurance.shown[-1]
    n = writer.numbers
    return writer(
        "alt.support",
        first=assistance.years[assistance.shown[0]],
        last=assistance.years[last_a],
        a1=n.decimal(assistance.treated[last_a], 1),
        b1=n.decimal(assistance.control[last_a], 1),
        a2=n.decimal(insurance.treated[last_i], 1),
        b2=n.decimal(insurance.control[last_i], 1),
        table=table,
    )
