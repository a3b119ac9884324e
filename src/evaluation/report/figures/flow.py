"""Flow: from the rows of the delivery to those analysed, with what was removed at each step and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.report.figures import style
from evaluation.report.numbers import Language, Numbers
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE_BY_SIDE = ("employments", "enrolments")
MATCHING = "matching"
STARTED = "in_window"  # who is left after this step is framed: those the report speaks of
COMPARED = "compared"
CLOCKS = "clocks"
_LINE = 0.158
_PAD = 0.08
_GAP = 0.17
_HEAD = 0.26
_BETWEEN = 0.3


@dataclass(frozen=True)
class Step:
    """One requirement: what it asks, the unit counted (in words), and the count before, removed and after (NaN: protected)."""

    step: str
    unit: str
    n_in: float
    n_removed: float
    n_out: float


@dataclass(frozen=True)
class Data:
    """Chains of steps by group, in the release's order."""

    groups: dict[str, tuple[Step, ...]]

    @property
    def protected(self) -> bool:
        """Whether a count may not be shown."""
        return any(
            math.isnan(n) for chain in self.groups.values() for s in chain for n in (s.n_in, s.n_removed, s.n_out)
        )

    @property
    def losses(self) -> list[Step]:
        """Every step with a known loss, the largest first."""
        steps = [s for chain in self.groups.values() for s in chain if not math.isnan(s.n_removed)]
        return sorted(steps, key=lambda s: (-s.n_removed, s.step))


def collect(writer: Writer) -> Data | None:
    """Flow of the release; None where it holds none. Who is followed on which clock stands in the table alone."""
    table = writer.release.table("flow")
    table = table[table["group"] != CLOCKS]
    if table.empty:
        return None
    groups: dict[str, list[Step]] = {}
    for row in table.to_dict("records"):
        groups.setdefault(row["group"], []).append(
            Step(row["step"], writer.unit(row["group"], row["unit"]), row["n_in"], row["n_removed"], row["n_out"])
        )
    if last := compared(writer):
        groups["enrolments"].append(
            Step(COMPARED, writer.unit("enrolments", last["unit"]), *(last[k] for k in ("n_in", "n_removed", "n_out")))
        )
    return Data({group: tuple(steps) for group, steps in groups.items()})


def compared(writer: Writer) -> dict | None:
    """From those enrolled to those compared, whose number the design holds; None where the flow tells of the matching or a count is protected."""
    table, n = writer.release.table("flow"), writer.release.info.design.n_controls_matched
    own = table[table["group"] == "enrolments"]
    if n is None or own.empty or (table["group"] == MATCHING).any():
        return None
    before = float(own["n_out"].iloc[-1])
    if own["unit"].iloc[-1] != "persons" or not before >= n:
        return None
    step = {"n_in": before, "n_removed": before - n, "n_out": float(n), "status": "released"}
    return {"group": "enrolments", "step": COMPARED, "unit": "persons", **step}


def figure(data: Data, lang: Language) -> Figure:
    """Draw it: two columns (participants, those to compare with), then the matching across both."""
    words, numbers = Catalogue(lang), Numbers(lang)
    side = [g for g in SIDE_BY_SIDE if g in data.groups] or [g for g in data.groups if g != MATCHING][:1]
    wide = (style.WIDTH - _BETWEEN * (len(side) - 1)) / max(1, len(side))
    boxes = {g: _boxes(data.groups[g], words, numbers, int(14.2 * wide)) for g in side}
    matching = (
        _boxes(data.groups[MATCHING], words, numbers, int(14.6 * style.WIDTH)) if MATCHING in data.groups else None
    )
    longest = max((_chain_height(texts) for texts in boxes.values()), default=0.0)
    upper = _HEAD + longest if boxes else 0.0
    height = upper + (0.15 + _HEAD + _chain_height(matching) if matching else 0.0) + 0.02
    with style.styled():
        fig, (ax,) = style.canvas(height)
        ax.set_xlim(0, style.WIDTH)
        ax.set_ylim(height, 0)
        ax.axis("off")
        for i, group in enumerate(side):
            left = i * (wide + _BETWEEN)
            ax.text(left, 0.5 * _HEAD, words.label("flow_group", group), fontweight="bold", va="center")
            _draw(ax, boxes[group], left, wide, _HEAD, longest - _chain_height(boxes[group]))
        if matching:
            top = upper + 0.15
            ax.text(0, top + 0.5 * _HEAD, words.label("flow_group", MATCHING), fontweight="bold", va="center")
            _draw(ax, matching, 0.0, style.WIDTH, top + _HEAD, 0.0)
    return fig


def _count(n: float, unit: str, words: Catalogue, numbers: Numbers) -> str:
    text = words("sign.suppressed") if math.isnan(n) else numbers.decimal(n)
    return f"{text} {unit}"


def _boxes(steps: tuple[Step, ...], words: Catalogue, numbers: Numbers, width: int) -> tuple[str, ...]:
    """Texts of a chain: a count, what was removed and why, a count, and so on; two such pieces where those who started stand in a frame.

    A step's unit is what is counted after it; where it changes, the new count stands among the removals.
    """
    names = [s.step for s in steps]
    cut = names.index(STARTED) + 1 if STARTED in names else len(steps)
    if COMPARED not in names and 0 < cut < len(steps):
        head, tail = steps[:cut], steps[cut:]
        return (*_piece(head, words, numbers, width), *_piece(tail, words, numbers, width)[1:])
    return _piece(steps, words, numbers, width)


def _piece(steps: tuple[Step, ...], words: Catalogue, numbers: Numbers, width: int) -> tuple[str, str, str]:
    lines: list[str] = []
    for i, step in enumerate(steps):
        if math.isnan(step.n_removed) or step.n_removed > 0:
            text = words("sign.suppressed") if math.isnan(step.n_removed) else numbers.decimal(step.n_removed)
            lines.append(style.wrap(words("figure.removed", n=text, step=words.label("flow_step", step.step)), width))
        if i > 0 and step.unit != steps[i - 1].unit and i + 1 < len(steps):
            lines.append(words("figure.remaining", count=_count(step.n_out, step.unit, words, numbers)))
    first = _count(steps[0].n_in, steps[0].unit, words, numbers)
    return first, "\n".join(lines), _count(steps[-1].n_out, steps[-1].unit, words, numbers)


def _high(text: str) -> float:
    return _LINE * (text.count("\n") + 1) + 2 * _PAD if text else 0.0


def _chain_height(texts: tuple[str, ...]) -> float:
    """Height of a chain: the counts, the removals between them where there are any, and the arrows."""
    boxes = [_high(text) if i % 2 else _high("x") for i, text in enumerate(texts)]
    drawn = [high for high in boxes if high]
    return sum(drawn) + _GAP * (len(drawn) - 1)


def _draw(ax: Axes, texts: tuple[str, ...], left: float, width: float, top: float, slack: float) -> None:
    """A chain of boxes; the first removals are `slack` higher than their text, so that columns side by side end together."""
    from matplotlib.patches import Rectangle

    y = top
    for i, text in enumerate(texts):
        removals = i % 2 == 1
        high = _high(text) if removals else _high("x")
        high += slack if i == 1 and high else 0.0
        if not high:
            continue
        face, edge = (style.SHADE, style.SHADE) if removals else ("white", style.PARTICIPANTS)
        ax.add_patch(Rectangle((left + 0.01, y), width - 0.02, high, facecolor=face, edgecolor=edge, linewidth=1.4))
        ax.text(
            left + 0.1, y + (_PAD + 0.01 if removals else high / 2), text, va="top" if removals else "center", ha="left",
            fontsize=8.5 if removals else 10, fontweight="normal" if removals else "bold", linespacing=1.28,
        )  # fmt: skip
        if i < len(texts) - 1:
            ax.annotate(
                "", (left + 0.3, y + high + _GAP), (left + 0.3, y + high),
                arrowprops={"arrowstyle": "-|>", "color": style.CONTEXT, "shrinkA": 0, "shrinkB": 0},
            )  # fmt: skip
        y += high + _GAP


def alt(data: Data, writer: Writer, *, table: str) -> str:
    """What the figure shows, for those who do not see it."""
    n = writer.numbers
    last = [chain[-1] for chain in data.groups.values()][-1]
    first = next(iter(data.groups.values()))[0]
    losses = data.losses
    if math.isnan(first.n_in) or math.isnan(last.n_out) or not losses:
        return writer("alt.flow_hidden", table=table)
    return writer(
        "alt.flow",
        n_start=_count(first.n_in, first.unit, writer.catalogue, n),
        n_end=_count(last.n_out, last.unit, writer.catalogue, n),
        reason=writer.label("flow_step", losses[0].step),
        n_max=n.decimal(losses[0].n_removed),
        table=table,
    )
