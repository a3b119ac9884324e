"""Lasting establishment: the share established in every year so far, both groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.report.figures import levels, style
from evaluation.report.figures.levels import Levels
from evaluation.report.numbers import Language, Numbers
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OUTCOME = "sustained_established"


def collect(writer: Writer) -> Levels | None:
    """Lasting establishment by the definition of the primary result; None where the release shows fewer than two years."""
    return levels.collect(writer, OUTCOME, writer.release.info.primary.definition)


def figure(data: Levels, lang: Language) -> Figure:
    """Draw it."""
    words, numbers = Catalogue(lang), Numbers(lang)
    ticks = [
        words("figure.year", year=k) if k == 1 else words("figure.years_so_far", years=numbers.years(1, k)) for k in data.years
    ]  # fmt: skip
    with style.styled():
        fig, (ax,) = style.canvas(2.9)
        levels.draw(ax, data, words, numbers, ticks=ticks, ends=True)
        style.number_axis(ax.yaxis, lang)
        ax.set_ylabel(words("figure.per_cent_axis"))
        fig.legend(handles=levels.handles(words, groups=False), loc="outside upper left", frameon=False, fontsize=9)
    return fig


def alt(data: Levels, writer: Writer, *, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    return writer("alt.lasting", after=writer.after(data.clock), table=table, **levels.ends(data, writer.numbers))
