"""The look of every figure: colours that differ in print and for colour-blind readers, one typeface, numbers in the reader's language."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from evaluation.report.numbers import Language, Numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from evaluation.report.figures.drawing import Drawing

PARTICIPANTS = "#0072B2"
COMPARISON = "#D55E00"
CONTEXT = "#595959"
TEXT = "#222222"
PALE = "#CFE3F1"
SHADE = "#ECECEC"
GRID = "#DDDDDD"
MARKERS = {PARTICIPANTS: "o", COMPARISON: "s"}
DASHES: dict[str, str | tuple[int, tuple[float, ...]]] = {PARTICIPANTS: "-", COMPARISON: (0, (5, 2))}
WIDTH = 6.5
_SALT = "evaluation.report"
_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.labelsize": 10,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "axes.edgecolor": CONTEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    "figure.dpi": 100,
    "svg.hashsalt": _SALT,
    "svg.fonttype": "path",
    "path.simplify": False,
}


@contextmanager
def styled() -> Iterator[None]:
    """The style, for as long as the block runs; global settings are left alone."""
    import matplotlib as mpl

    with mpl.rc_context({**mpl.rcParamsDefault, "backend": mpl.rcParams["backend"], **_RC}):
        yield


def canvas(
    height: float, *, columns: int = 1, sharey: bool = False, width: float = WIDTH
) -> tuple[Drawing, list[Axes]]:
    """A figure that makes room for its labels, without pyplot (no global state)."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    from evaluation.report.figures.drawing import Drawing

    figure = Drawing(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots(1, columns, sharey=sharey, squeeze=False)[0]
    return figure, list(axes)


def number_axis(
    axis: object, lang: Language, *, digits: int = 0, signed: bool = False, ticks: Sequence[float] = ()
) -> None:
    """Ticks in the language's own decimals and minus; whole numbers where no decimals are asked for."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    numbers = Numbers(lang)

    def write(value: float, _position: int | None = None) -> str:
        return numbers.signed(value, digits) if signed else numbers.decimal(value, digits)

    if ticks:
        axis.set_ticks(ticks)  # type: ignore[attr-defined]
    elif digits == 0:
        axis.set_major_locator(MaxNLocator(nbins="auto", integer=True, steps=[1, 2, 5, 10]))  # type: ignore[attr-defined]
    axis.set_major_formatter(FuncFormatter(write))  # type: ignore[attr-defined]


def grid(ax: Axes, axis: Literal["x", "y"] = "y") -> None:
    """Thin lines behind the data."""
    ax.grid(axis=axis, color=GRID, linewidth=0.7)
    ax.tick_params(length=0 if axis == "y" else 3)


def line(ax: Axes, x: Sequence[float], y: Sequence[float], colour: str, *, every: int = 1) -> None:
    """A group's line, told apart by colour, marker and dash; gaps stay gaps."""
    ax.plot(
        x,
        y,
        color=colour,
        linestyle=DASHES[colour],
        marker=MARKERS[colour],
        markevery=every,
        markerfacecolor="white" if colour == COMPARISON else colour,
        markeredgecolor=colour,
        clip_on=False,
    )


def end_labels(ax: Axes, x: float, labels: Sequence[tuple[float, str]], *, gap: float) -> None:
    """Names beside the ends of lines, moved apart where they would touch. `labels`: height, text."""
    ordered = sorted(labels)
    heights = [y for y, _ in ordered]
    middle = sum(heights) / len(heights)
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + gap)
    shift = sum(heights) / len(heights) - middle
    for height, (_, text) in zip(heights, ordered, strict=True):
        ax.text(x, height - shift, text, color=TEXT, va="center", ha="left", clip_on=False)


def wrap(text: str, width: int) -> str:
    """Break a label into lines."""
    return "\n".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)) or text


def ceiling(value: float, step: float) -> float:
    """The next whole multiple of `step` above or at a value."""
    return step * -(-value // step)


def svg(figure: Figure, *, title: str, description: str) -> str:
    """The figure as SVG text: the same bytes on every run, a title and description for those who do not see it."""
    buffer = BytesIO()
    with styled():  # the salt of the ids must hold while the file is written, too
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue().decode("utf-8")
    text = re.sub(r"<!DOCTYPE[^>]*>\s*", "", text, count=1)
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.S)
    words = f"<title>{escape(title, quote=False)}</title>\n <desc>{escape(description, quote=False)}</desc>"
    return re.sub(r"(<svg\b[^>]*?)>", rf'\1 role="img">\n {_plain(words)}', text, count=1, flags=re.S)


def _plain(text: str) -> str:
    """A replacement string that `re.sub` takes as it stands."""
    return text.replace("\\", r"\\")
