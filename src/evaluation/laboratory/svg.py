"""The panel's figure as SVG, written directly: a few milliseconds, where a drawing library takes most of the second there is.

The same picture as :meth:`Comparison.plot`. Every mark carries its value as a title, which a pointer shows; the whole has a description in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from evaluation.laboratory.figures import NOW, PREVIOUS, ROWS, UNMATCHED, description, short

if TYPE_CHECKING:
    from evaluation.laboratory.comparison import Comparison
    from evaluation.laboratory.rematch import Rematch

WIDTH, ROW, TOP, BOTTOM = 960, 18, 46, 40  # pixels
LABELS, LOVE = 280, 330  # width of the names and of the love plot
SIDE = LABELS + LOVE + 60  # where the overlap begins
GREY, INK = "#b5b5b5", "#1a1a1a"
MOST = 40  # letters of a name that fit


def comparison_svg(comparison: Comparison, rows: int = ROWS) -> str:
    """Love plot of both choices, and the overlap of each, as one SVG element."""
    shown = comparison.table.head(rows)
    height = max(TOP + ROW * len(shown) + BOTTOM, 340)
    sides = [("now", comparison.now, NOW)]
    if comparison.previous is not None:
        sides.insert(0, ("previous", comparison.previous, PREVIOUS))
    room = (height - BOTTOM) / len(sides)
    parts = [
        *_love(comparison, rows),
        *(
            part
            for place, (name, side, colour) in enumerate(sides)
            for part in _overlap(side, name, colour, top=place * room, height=room)
        ),
    ]
    words = escape(description(comparison))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" role="img" '
        f'aria-label="{escape(description(comparison), quote=True)}" style="max-width:100%;height:auto;background:#fff" '
        f'font-family="system-ui, sans-serif" font-size="11.5" fill="{INK}"><desc>{words}</desc>{"".join(parts)}</svg>'
    )


def _love(comparison: Comparison, rows: int) -> list[str]:
    shown = comparison.table.head(rows)
    columns = ["smd_unmatched", "smd_previous", "smd_now"]
    limit = comparison.gates.max_smd
    largest = float(np.nanmax([*shown[columns].abs().to_numpy().ravel(), limit]))
    step = _step(largest / 4)
    end = step * math.ceil(largest / step + 0.02)

    def x(size: float) -> float:
        return LABELS + LOVE * size / end

    bottom = TOP + ROW * len(shown)
    parts = [_text(0, 14, f"Balance: the {len(shown)} worst of {len(comparison.table)}", weight="bold")]
    parts += _legend(comparison)
    for size in np.arange(0, end + step / 2, step):
        parts.append(f'<line x1="{x(size):.1f}" x2="{x(size):.1f}" y1="{TOP}" y2="{bottom}" stroke="#e6e6e6"/>')
        parts.append(_text(x(size), bottom + 15, f"{size:g}", anchor="middle"))
    parts.append(_text(LABELS + LOVE / 2, bottom + 31, "absolute standardised difference", anchor="middle"))
    parts.append(
        f'<line x1="{x(limit):.1f}" x2="{x(limit):.1f}" y1="{TOP}" y2="{bottom}" stroke="#444" stroke-dasharray="5 4">'
        f"<title>limit of the study file: {limit:g}</title></line>"
    )
    for place, row in enumerate(shown.itertuples()):
        y = TOP + ROW * (place + 0.5)
        name = f"{row.label}" + ("" if row.in_score else " *")
        parts.append(
            _text(
                LABELS - 8,
                y + 4,
                short(name, MOST),
                anchor="end",
                title=name + ("" if row.in_score else " not in the score"),
            )
        )
        unmatched, previous, now = (abs(getattr(row, column)) for column in columns)
        if not math.isnan(previous) and not math.isnan(now):
            parts.append(
                f'<line x1="{x(previous):.1f}" x2="{x(now):.1f}" y1="{y}" y2="{y}" stroke="{GREY}" stroke-width="2"/>'
            )
        parts += _marks(x, y, str(row.label), unmatched, previous, now)
    return parts


def _marks(x: object, y: float, label: str, unmatched: float, previous: float, now: float) -> list[str]:
    shapes = (
        ("unmatched", unmatched, _circle),
        ("previous", previous, _square),
        ("now", now, _diamond),
    )
    return [
        shape(x(size), y, f"{label}, {name}: {size:.3f}")  # type: ignore[operator]
        for name, size, shape in shapes
        if not math.isnan(size)
    ]


def _legend(comparison: Comparison) -> list[str]:
    entries = [("unmatched", _circle), ("previous", _square), ("now", _diamond)]
    if comparison.previous is None:
        entries = [entry for entry in entries if entry[0] != "previous"]
    parts, at = [], LABELS
    for name, shape in entries:
        parts += [shape(at + 5, TOP - 14, name), _text(at + 14, TOP - 10, name)]
        at += 90
    return parts


def _circle(x: float, y: float, title: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="none" stroke="{UNMATCHED}" stroke-width="1.3"><title>{escape(title)}</title></circle>'


def _square(x: float, y: float, title: str) -> str:
    return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="none" stroke="{PREVIOUS}" stroke-width="1.8"><title>{escape(title)}</title></rect>'


def _diamond(x: float, y: float, title: str) -> str:
    return f'<path d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z" fill="{NOW}"><title>{escape(title)}</title></path>'


def _overlap(side: Rematch, name: str, colour: str, *, top: float, height: float) -> list[str]:
    """Participants upwards, everybody at risk and the comparison group downwards."""
    table = side.overlap.table
    groups = {str(group): rows for group, rows in table.groupby("group")}
    low = groups["treated"]["bin_low"].to_numpy()
    edges = np.append(low, groups["treated"]["bin_high"].iloc[-1])
    share = {group: np.nan_to_num(rows["share"].to_numpy()) for group, rows in groups.items()}
    most = max(float(values.max()) for values in share.values()) or 1.0
    width, begin, end = WIDTH - SIDE - 6, top + 52, top + height - 34
    middle, half = (begin + end) / 2, (end - begin) / 2
    left = SIDE + width * (edges - edges[0]) / (edges[-1] - edges[0])

    def outline(values: np.ndarray, sign: int) -> str:
        level = middle - sign * half * values / most
        steps = "".join(f"L{a:.1f} {v:.1f}L{b:.1f} {v:.1f}" for a, b, v in zip(left, left[1:], level, strict=False))
        return f"M{left[0]:.1f} {middle:.1f}{steps}L{left[-1]:.1f} {middle:.1f}"

    outside = side.overlap.outside
    parts = [
        _text(SIDE, top + 14, f"Overlap, {name}", weight="bold"),
        _text(SIDE, top + 30, f"outside the range of the others: {outside} participants"),
        _text(SIDE, top + 45, "up: participants; down: comparison (line), all (grey)", size=9.5),
        f'<path d="{outline(share["treated"], 1)}z" fill="{colour}" fill-opacity="0.8"><title>participants</title></path>',
        f'<path d="{outline(share["control_before"], -1)}z" fill="#d0d0d0"><title>everybody at risk</title></path>',
        f'<path d="{outline(share["control_after"], -1)}" fill="none" stroke="{INK}" stroke-width="1.3"><title>comparison persons, weighted</title></path>',
        f'<line x1="{SIDE}" x2="{SIDE + width}" y1="{middle:.1f}" y2="{middle:.1f}" stroke="{INK}"/>',
    ]
    axis = "logit of the score" if side.overlap.axis == "logit" else "score"
    step = _step((edges[-1] - edges[0]) / 5)
    for value in np.arange(math.ceil(edges[0] / step) * step, edges[-1], step):
        at = SIDE + width * (value - edges[0]) / (edges[-1] - edges[0])
        parts.append(_text(at, end + 14, f"{value:g}".replace("-", "−"), anchor="middle"))
    return [*parts, _text(SIDE + width / 2, end + 28, axis, anchor="middle")]


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", weight: str = "", title: str = "", size: float = 0
) -> str:
    bold = (f' font-weight="{weight}"' if weight else "") + (f' font-size="{size}"' if size else "")
    told = f"<title>{escape(title)}</title>" if title and title != words else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{bold}>{told}{escape(words)}</text>'


def _step(rough: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten at or above a width."""
    power = 10 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)


__all__: Sequence[str] = ["comparison_svg"]
