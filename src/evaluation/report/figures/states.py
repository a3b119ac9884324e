"""Where people were: one stacked bar for each year, one panel for each group."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.report.figures import style
from evaluation.report.numbers import Language, Numbers
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ORDER = ("established", "insecure", "weak", "studying", "outside", "abroad", "dead", "no_row")
GROUPS = ("participants", "comparison")
DEFINITION = "E2_scb"  # the definition whose classes the states are
_COLOURS = {
    "established": ("#0072B2", "white"),
    "insecure": ("#56B4E9", style.TEXT),
    "weak": ("#BFE0F5", style.TEXT),
    "studying": ("#009E73", "white"),
    "outside": ("#E69F00", style.TEXT),
    "abroad": ("#BBBBBB", style.TEXT),
    "dead": ("#595959", "white"),
    "no_row": ("#E4E4E4", style.TEXT),
}
_LABEL_FROM = 5.0
_COARSE = 0.2  # percentage points within which two released shares are one quantity, rounded differently


@dataclass(frozen=True)
class Data:
    """Per cent of a group in a state, by group, year and state; NaN where not released."""

    clock: str
    years: tuple[int, ...]
    states: tuple[str, ...]
    shares: dict[tuple[str, int, str], float]

    def get(self, group: str, year: int, state: str) -> float:
        """One share."""
        return self.shares.get((group, year, state), math.nan)

    @property
    def last_year(self) -> int | None:
        """The last year with established shares for both groups."""
        shown = [y for y in self.years if not any(math.isnan(self.get(g, y, "established")) for g in GROUPS)]
        return shown[-1] if shown else None


def collect(writer: Writer, clock: str | None = None) -> Data | None:
    """States of the release on a clock; None where it holds none for both groups."""
    table = writer.release.table("states")
    clock = clock or writer.release.info.primary.clock
    rows = table[(table["clock"] == clock) & (table["status"] == "released")]
    if set(rows["group"]) != set(GROUPS):
        return None
    shares = {(r["group"], int(r["year"]), r["state"]): 100 * r["share"] for r in rows.to_dict("records")}
    for key, exact in _established(writer, clock).items():
        if abs(shares.get(key, math.nan) - exact) < _COARSE:
            shares[key] = exact
    known = [s for s in ORDER if s in set(table["state"])]
    states = (*known, *sorted(set(table["state"]) - set(ORDER)))
    years = sorted({int(y) for y in rows["year"]})
    data = Data(clock, tuple(years), states, shares)
    return data if data.last_year is not None else None


def _established(writer: Writer, clock: str) -> dict[tuple[str, int, str], float]:
    """The share established as the tables of effects print it.

    Shares beside protected ones are released more coarsely, and a coarse share rounded once more may end in another decimal than the same share
    in the next table (10.344 as 10.35, and then as 10.4). Where both are released, one quantity has one number.
    """
    wanted = {"outcome": "established", "definition": DEFINITION, "clock": clock}
    found = {}
    for row in writer.release.effects(**wanted):
        if writer.case(row).shows_number and math.isfinite(row.treated):
            found["participants", row.horizon, "established"] = 100 * row.treated
            found["comparison", row.horizon, "established"] = 100 * (row.treated - row.estimate)
    return found


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    words, numbers = Catalogue(lang), Numbers(lang)
    with style.styled():
        fig, axes = style.canvas(4.3, columns=2, sharey=True)
        for ax, group in zip(axes, GROUPS, strict=True):
            _panel(ax, data, group, words, numbers)
        axes[0].set_ylabel(words("figure.per_cent_axis"))
        style.number_axis(axes[0].yaxis, lang)
        handles, names = axes[0].get_legend_handles_labels()
        fig.legend(handles, names, loc="outside lower center", ncols=2, frameon=False, fontsize=9, handlelength=1.2)
    return fig


def _panel(ax: object, data: Data, group: str, words: Catalogue, numbers: Numbers) -> None:
    bottom = [0.0] * len(data.years)
    for state in data.states:
        colour, ink = _COLOURS.get(state, ("#DDDDDD", style.TEXT))
        heights = [0.0 if math.isnan(x) else x for x in (data.get(group, y, state) for y in data.years)]
        ax.bar(  # type: ignore[attr-defined]
            range(len(data.years)), heights, bottom=bottom, width=0.78, color=colour, edgecolor="white", linewidth=1.2,
            label=words.label("state", state),
        )  # fmt: skip
        for x, (height, base) in enumerate(zip(heights, bottom, strict=True)):
            if height >= _LABEL_FROM:
                ax.text(x, base + height / 2, numbers.decimal(height), ha="center", va="center", color=ink)  # type: ignore[attr-defined]
        bottom = [b + h for b, h in zip(bottom, heights, strict=True)]
    ax.set_title(words.label("group", group).capitalize(), loc="left", fontweight="bold")  # type: ignore[attr-defined]
    ax.set_xticks(range(len(data.years)), [words("figure.year", year=y) for y in data.years])  # type: ignore[attr-defined]
    ax.set_ylim(0, 100)  # type: ignore[attr-defined]
    ax.tick_params(length=0)  # type: ignore[attr-defined]


def alt(data: Data, writer: Writer, *, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    year = data.last_year or data.years[-1]
    n = writer.numbers
    return writer(
        "alt.states",
        n_states=len(data.states),
        first=data.years[0],
        last=data.years[-1],
        k=year,
        a_est=n.decimal(data.get("participants", year, "established"), 1),
        b_est=n.decimal(data.get("comparison", year, "established"), 1),
        table=table,
    )
