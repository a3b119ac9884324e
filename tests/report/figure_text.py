"""Where the words of a drawn figure are, in pixels: whether they leave the canvas, the box drawn around them, or touch each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SLACK = 1.0  # pixels of a hundredth of an inch: boxes of text reach a little outside the ink


def faults(figure: Any) -> list[str]:
    """Every text that is cut by the canvas, sticks out of its box, or lies on another text; empty when all can be read."""
    figure.draw_without_rendering()
    canvas = Bbox.from_bounds(0, 0, *(figure.get_size_inches() * figure.dpi))
    found = []
    boxes = [(text, text.get_window_extent()) for text in visible(figure)]
    for text, box in boxes:
        if _outside(box, canvas):
            found.append(f"leaves the canvas: {text.get_text()!r}")
        found += [f"leaves its box: {text.get_text()!r}" for frame in _frames(figure, text) if _outside(box, frame)]
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if wide > SLACK and high > SLACK + 1:
            found.append(f"{one.get_text()!r} lies on {other.get_text()!r}")
    return found


def visible(figure: Any) -> Iterator[Text]:
    """The texts that are drawn: a tick outside the axis has a label that is not, and an axis that is off has no words."""
    axes = [(ax, axis) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    of_axes = {id(text) for _, axis in axes for text in axis.findobj(Text)}
    drawn = {id(text) for ax, axis in axes if ax.axison for text in _of_axis(axis)}
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and (id(text) in drawn or id(text) not in of_axes):
            yield text


def _of_axis(axis: Any) -> Iterator[Text]:
    low, high = sorted(axis.get_view_interval())
    yield axis.label
    for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
        if low - 1e-9 <= tick.get_loc() <= high + 1e-9:
            yield from (tick.label1, tick.label2)


def _frames(figure: Any, text: Text) -> Iterator[Bbox]:
    """Boxes and bars in whose middle a text stands, the smallest alone: those it belongs to."""
    if text.axes is None or text not in list(text.axes.texts):
        return
    x, y = text.get_transform().transform(text.get_position())
    around = []
    for patch in text.axes.patches:
        if isinstance(patch, Rectangle):
            box = patch.get_window_extent()
            if box.width >= text.axes.get_window_extent().width - SLACK:
                continue  # a shaded band behind the data
            if box.x0 < x < box.x1 and box.y0 <= y <= box.y1:
                around.append(box)
    if around:
        yield min(around, key=lambda box: box.width * box.height)


def _outside(box: Bbox, frame: Bbox) -> bool:
    return (
        box.x0 < frame.x0 - SLACK or box.x1 > frame.x1 + SLACK or box.y0 < frame.y0 - SLACK or box.y1 > frame.y1 + SLACK
    )
