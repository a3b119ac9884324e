"""Sensitivity contour: what the difference would be beside something hidden, by how strongly that is related to employment and outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evaluation.report.figures import style
from evaluation.report.numbers import Language, Numbers
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AXES = (5.5, 2.8)  # inches that the axes take, nearly
LETTER = 0.078  # inches a letter takes, nearly


@dataclass(frozen=True)
class Mark:
    """A covariate: its relations in per cent, and the difference beside something hidden that is as strong, in percentage points."""

    covariate: str
    treatment: float
    outcome: float
    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Data:
    """The contour: relations in per cent along both axes, and differences in percentage points, rows by the outcome's."""

    treatment: np.ndarray
    outcome: np.ndarray
    estimate: np.ndarray
    limit: np.ndarray
    benchmarks: tuple[Mark, ...]
    names: tuple[str, ...]
    sure: bool

    @property
    def start(self) -> float:
        """The difference with nothing hidden."""
        return float(self.estimate[0, 0])


def collect(writer: Writer) -> Data | None:
    """The contour of the release; None without one, or without a covariate to compare with."""
    table = writer.release.table("sensitivity")
    rows = table[table["status"] == "released"]
    marks = _marks(rows[rows["kind"] == "benchmark"])
    contour = rows[rows["kind"] == "contour"]
    if contour.empty or not marks:
        return None
    grids = {
        quantity: contour[contour["quantity"] == quantity].pivot(
            index="r2_outcome", columns="r2_treatment", values="value"
        )
        for quantity in ("estimate", "limit")
    }
    estimate, limit = (100 * grids[name].to_numpy(dtype=float) for name in ("estimate", "limit"))
    if not np.isfinite(estimate).all() or not np.isfinite(limit).all():
        return None
    return Data(
        treatment=100 * grids["estimate"].columns.to_numpy(dtype=float),
        outcome=100 * grids["estimate"].index.to_numpy(dtype=float),
        estimate=estimate,
        limit=limit,
        benchmarks=marks,
        names=tuple(name_of(writer, mark.covariate) for mark in marks),
        sure=bool(writer.case(writer.primary).direction),
    )


def name_of(writer: Writer, covariate: str) -> str:
    """A covariate's name where it stands alone in a sentence: the country of birth, not *born in*."""
    family = writer.catalogue.has_label("family", covariate)
    return writer.label("family" if family else "covariate", covariate)


def _marks(rows: Any) -> tuple[Mark, ...]:
    """Covariates in the order of the release, which has the strongest first."""
    found = []
    for covariate, part in rows.groupby("covariate", sort=False):
        value = part.set_index("quantity")["value"]
        if {"estimate", "ci_low", "ci_high"} <= set(value.index):
            strength = (100 * float(part["r2_treatment"].iloc[0]), 100 * float(part["r2_outcome"].iloc[0]))
            numbers = (100 * float(value[name]) for name in ("estimate", "ci_low", "ci_high"))
            found.append(Mark(str(covariate), *strength, *numbers))
    return tuple(found)


def figure(data: Data, lang: Language) -> Figure:
    """Draw it."""
    from matplotlib.ticker import MaxNLocator

    words, numbers = Catalogue(lang), Numbers(lang)
    with style.styled():
        fig, (ax,) = style.canvas(3.7)
        levels = _levels(data.estimate)
        lines = ax.contour(
            data.treatment, data.outcome, data.estimate, levels=levels, colors=style.CONTEXT, linewidths=0.9, linestyles="-"
        )  # fmt: skip
        digits = 0 if all(abs(x - round(x)) < 1e-9 for x in levels) else 1
        heights = ax.clabel(lines, fontsize=9, fmt=lambda x: numbers.signed(x, digits))
        handles = [_zero(ax, data, data.estimate, "-", words("figure.becomes_zero"))]
        if data.sure:
            handles.append(_zero(ax, data, data.limit, (0, (5, 2)), words("figure.limit_zero")))
        ax.plot([0], [0], "o", color=style.TEXT, clip_on=False, zorder=5)
        ax.set_xlim(0, data.treatment[-1])
        ax.set_ylim(0, data.outcome[-1])
        for mark in data.benchmarks:
            ax.plot(
                [mark.treatment], [mark.outcome], "D", color=style.PARTICIPANTS, markersize=6, clip_on=False, zorder=5
            )
        start = words("figure.nothing_hidden", value=numbers.signed(data.start, 1))
        named = [(mark.treatment, mark.outcome, name) for mark, name in zip(data.benchmarks, data.names, strict=True)]
        taken = _names(ax, [(0.0, 0.0, start), *named])
        for text in heights:
            text.set_visible(not _covered(ax, text, taken))
        for axis, last in ((ax.xaxis, data.treatment[-1]), (ax.yaxis, data.outcome[-1])):
            axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
            style.number_axis(axis, lang, digits=0 if last >= 5 else 1 if last >= 0.5 else 2)
        ax.set_xlabel(words("figure.r2_treatment"))
        ax.set_ylabel(words("figure.r2_outcome"))
        shown = [handle for handle in handles if handle is not None]
        if shown:
            ax.legend(handles=shown, frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2)
    return fig


def _zero(ax: Any, data: Data, field: np.ndarray, dash: Any, name: str) -> Any:
    """The line where a field passes zero, and its entry in the legend; None where it does not within the figure."""
    from matplotlib.lines import Line2D

    if not field.min() < 0 < field.max():
        return None
    ax.contour(
        data.treatment, data.outcome, field, levels=[0], colors=style.COMPARISON, linewidths=2, linestyles=[dash]
    )
    return Line2D([], [], color=style.COMPARISON, linewidth=2, linestyle=dash, label=name)


def _covered(ax: Any, text: Any, taken: Sequence[tuple[float, float, float, float]]) -> bool:
    """Whether the number of a line would lie under a name: the line's neighbours have numbers too."""
    width, height = ax.get_xlim()[1] / AXES[0], ax.get_ylim()[1] / AXES[1]
    x, y = text.get_position()
    reach = LETTER * len(text.get_text()) / 2 + 0.1
    return any(
        t[0] - reach * width < x < t[1] + reach * width and t[2] - reach * height < y < t[3] + reach * height
        for t in taken
    )


def _names(ax: Any, marks: Sequence[tuple[float, float, str]]) -> list[tuple[float, float, float, float]]:
    """A name beside each mark, where it covers no other mark or name and stays inside; a mark without room has its name in the table."""
    width, height = ax.get_xlim()[1] / AXES[0], ax.get_ylim()[1] / AXES[1]  # data units an inch
    taken = [(x - 0.06 * width, x + 0.06 * width, y - 0.06 * height, y + 0.06 * height) for x, y, _ in marks]
    for x, y, name in marks:
        long, high = LETTER * len(name) * width, 0.16 * height
        for right, up in ((True, True), (False, True), (True, False), (False, False)):
            left = x + 0.1 * width if right else x - 0.1 * width - long
            low = y + 0.05 * height if up else y - 0.05 * height - high
            box = (left, left + long, low, low + high)
            if left < 0 or low < 0 or box[1] > ax.get_xlim()[1] or box[3] > ax.get_ylim()[1]:
                continue
            if any(box[0] < t[1] and t[0] < box[1] and box[2] < t[3] and t[2] < box[3] for t in taken):
                continue
            taken.append(box)
            ground = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
            side = "left" if right else "right"
            ax.text(left if right else box[1], low, name, ha=side, va="bottom", fontsize=9, zorder=4, bbox=ground)
            break
    return taken


def _levels(values: np.ndarray) -> list[float]:
    """Round levels inside the field, zero apart: it has a line of its own."""
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(nbins=7, steps=[1, 2, 5, 10]).tick_values(float(values.min()), float(values.max()))
    return [float(t) for t in ticks if abs(t) > 1e-9 and values.min() < t < values.max()]


def alt(data: Data, writer: Writer, *, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    top = data.benchmarks[0]
    n = writer.numbers.decimal(abs(data.start), 1)
    key = "none" if n == writer.numbers.decimal(0, 1) else "more" if data.start > 0 else "fewer"
    start = writer("point.none") if key == "none" else writer(f"point.{key}", n=n)
    span = writer.range(top.low / 100, top.high / 100)
    return writer("alt.sensitivity", start=start, benchmark=data.names[0], range=span, table=table)
