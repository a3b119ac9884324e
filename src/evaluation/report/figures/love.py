"""Love plot: standardised difference before and after matching, one line for each characteristic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.report.figures import style
from evaluation.report.numbers import Language
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MultipleLocator

LIMIT = 0.1
MOST_ROWS = 45


@dataclass(frozen=True)
class Data:
    """Characteristics with the largest absolute difference among their levels, the largest before first."""

    covariates: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    n_all: int
    limit: float = LIMIT


def collect(writer: Writer) -> Data | None:
    """Balance of the release; None where it holds none."""
    table = writer.release.table("balance")
    rows = table[(table["status"] == "released") & table["smd_before"].notna() & table["smd_after"].notna()]
    rows = rows[rows["kind"] != "score"]  # the score is what was matched on, not a characteristic
    if rows.empty:
        return None
    sizes = rows.assign(before=rows["smd_before"].abs(), after=rows["smd_after"].abs())
    top = sizes.groupby("covariate", sort=True)[["before", "after"]].max().reset_index()
    top = top.sort_values(["before", "covariate"], ascending=[False, True], kind="stable")
    shown = top.head(MOST_ROWS)
    return Data(tuple(shown["covariate"]), tuple(shown["before"]), tuple(shown["after"]), len(top))


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    words = Catalogue(lang)
    with style.styled():
        n = len(data.covariates)
        fig, (ax,) = style.canvas(0.9 + 0.168 * n)
        at = list(range(n))
        ax.axvline(0, color=style.TEXT, linewidth=1.2)
        ax.axvline(data.limit, color=style.CONTEXT, linewidth=1, linestyle=(0, (4, 3)))
        for y, before, after in zip(at, data.before, data.after, strict=True):
            ax.plot([before, after], [y, y], color=style.GRID, linewidth=1.4, zorder=1)
        ax.plot(
            data.before,
            at,
            "s",
            color=style.COMPARISON,
            markerfacecolor="white",
            markersize=5.5,
            label=words("figure.before"),
            zorder=3,
        )
        ax.plot(data.after, at, "o", color=style.PARTICIPANTS, markersize=5.5, label=words("figure.after"), zorder=4)
        ax.set_yticks(at, [words.label("covariate", c) for c in data.covariates], fontsize=8.5)
        ax.set_ylim(n - 0.4, -0.7)
        ax.set_xlim(-0.012, max(0.2, max((*data.before, *data.after)) * 1.06))
        style.number_axis(ax.xaxis, lang, digits=1)
        ax.xaxis.set_major_locator(_tenths(max((*data.before, *data.after))))
        ax.grid(axis="x", color=style.GRID, linewidth=0.7)
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel(words("figure.smd_axis"))
        ax.legend(frameon=False, loc="lower right", borderaxespad=0.6)
    return fig


def _tenths(largest: float) -> MultipleLocator:
    from matplotlib.ticker import MultipleLocator

    return MultipleLocator(0.1 if largest <= 0.8 else 0.2 if largest < 2 else 0.5)


def alt(data: Data, writer: Writer, *, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    n = writer.numbers
    return writer(
        "alt.love",
        n_cov=data.n_all,
        before=n.decimal(max(data.before), 2),
        after=n.decimal(max(data.after), 2),
        table=table,
    )
