"""Overlap: how the logit of the propensity score is spread among participants and the comparison group, before and after matching."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.report.figures import style
from evaluation.report.numbers import Language
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUPS = ("participants", "comparison_before", "comparison_after")


@dataclass(frozen=True)
class Data:
    """Per cent of a group in each bin of the logit; NaN where protected."""

    edges: tuple[float, ...]
    shares: dict[str, tuple[float, ...]]

    @property
    def covered(self) -> float | None:
        """Share of participants in bins where the comparison group is found; None where bins are protected."""
        own, other = self.shares["participants"], self.shares["comparison_before"]
        pairs = [(a, b) for a, b in zip(own, other, strict=True) if not math.isnan(a)]
        total = sum(a for a, _ in pairs)
        return sum(a for a, b in pairs if not math.isnan(b) and b > 0) / total if total else None


def collect(writer: Writer) -> Data | None:
    """Bins of the release; None where it holds none for both groups."""
    table = writer.release.table("overlap")
    shown = table[table["status"] == "released"]
    bins = sorted(set(zip(table["bin_low"], table["bin_high"], strict=True)))
    if not {"participants", "comparison_before"} <= set(shown["group"]) or not bins:
        return None
    shares = {}
    for group in GROUPS:
        rows = shown[shown["group"] == group]
        if rows.empty:
            continue
        found = dict(zip(zip(rows["bin_low"], rows["bin_high"], strict=True), rows["share"], strict=True))
        shares[group] = tuple(100 * found.get(b, math.nan) for b in bins)
    return Data((*(b[0] for b in bins), bins[-1][1]), shares)


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    words = Catalogue(lang)
    with style.styled():
        fig, (ax,) = style.canvas(2.5)
        ax.stairs(
            _zero(data.shares["participants"]), data.edges, fill=True, color=style.PALE, edgecolor=style.PARTICIPANTS, linewidth=1.6,
            label=words.label("group", "participants"),
        )  # fmt: skip
        dashes = {"comparison_before": (0, (2, 2)), "comparison_after": "-"}
        colours = {"comparison_before": style.CONTEXT, "comparison_after": style.COMPARISON}
        for group, shares in data.shares.items():
            if group != "participants":
                ax.stairs(
                    _zero(shares), data.edges, color=colours[group], linestyle=dashes[group], linewidth=1.8,
                    label=words(f"figure.overlap.{group}"),
                )  # fmt: skip
        highest = max(x for shares in data.shares.values() for x in shares if not math.isnan(x))
        ax.set_ylim(0, style.ceiling(highest * 1.3, 5))
        room = (data.edges[1] - data.edges[0]) / 2  # between the numbers of the two axes
        ax.set_xlim(data.edges[0] - room, data.edges[-1] + room)
        style.number_axis(ax.xaxis, lang, digits=0 if data.edges[-1] - data.edges[0] > 3 else 1)
        style.number_axis(ax.yaxis, lang)
        style.grid(ax)
        ax.set_xlabel(words("figure.logit_axis"))
        ax.set_ylabel(words("figure.per_cent_axis"))
        ax.legend(frameon=False, fontsize=9, loc="upper left", borderaxespad=0.2)
    return fig


def _zero(shares: tuple[float, ...]) -> list[float]:
    """Protected bins hold too few people to be seen; they are drawn at the axis, and the note says so."""
    return [0.0 if math.isnan(x) else x for x in shares]


def alt(data: Data, writer: Writer, *, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    covered = data.covered
    return writer("alt.overlap", overlap100=writer.numbers.per100(covered or 0.0), table=table)
