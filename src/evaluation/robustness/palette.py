"""The look of the figures of this room: colours that differ for colour-blind readers and in print, never colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAIN = "#0072B2"
OTHER = "#D55E00"
CONTEXT = "#595959"
PALE = "#CFE3F1"
TEXT = "#222222"


def axes(width: float, height: float) -> Axes:
    """One set of axes in a figure of its own, in inches."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def bare(ax: Axes) -> None:
    """Leave only the lines that carry numbers."""
    ax.spines[["top", "right"]].set_visible(False)


def number(value: float) -> str:
    """A number in a sentence: three significant digits."""
    return f"{value:.3g}"
