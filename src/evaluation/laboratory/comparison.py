"""Two choices beside each other: the same covariates, the same participants, another matching."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.laboratory.words import NUMBERS
from evaluation.sortable import sortable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from evaluation.laboratory.rematch import Rematch
    from evaluation.study.file import GatesSection

WORST = 12


@dataclass(frozen=True, eq=False)
class Comparison:
    """Balance, overlap and numbers of a choice, beside those of a previous one.

    Attributes
    ----------
    previous, now
        What the two choices led to; ``previous`` is None where there is nothing to compare with.
    gates
        The study file's demands on a design.
    """

    previous: Rematch | None
    now: Rematch
    gates: GatesSection

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per covariate and level, worst first: covariate, level, label, smd_unmatched, smd_previous, smd_now, in_score.

        Standardised differences with their sign; ``smd_previous`` is NaN where there is no previous choice. Worst is the largest
        difference in either choice.
        """
        balance = self.now.balance
        table = balance[["covariate", "level", "label"]].assign(
            smd_unmatched=balance["smd_before"],
            smd_previous=np.nan if self.previous is None else self.previous.balance["smd_after"],
            smd_now=balance["smd_after"],
            in_score=balance["covariate"].isin(self.now.choice.score.covariates),
        )
        size = table[["smd_previous", "smd_now"]].abs().max(axis=1).fillna(0.0)
        return table.loc[size.round(9).sort_values(ascending=False, kind="stable").index].reset_index(drop=True)

    @cached_property
    def numbers(self) -> pd.DataFrame:
        """One row per number (:data:`evaluation.laboratory.words.NUMBERS`), columns previous and now."""
        before = {} if self.previous is None else self.previous.numbers
        return pd.DataFrame(
            {
                "previous": [before.get(key, np.nan) for key in NUMBERS],
                "now": [self.now.numbers[key] for key in NUMBERS],
            },
            index=pd.Index(NUMBERS, name="number"),
        )

    @property
    def differences(self) -> list[str]:
        """What was changed, one line each."""
        return [] if self.previous is None else self.now.choice.differences(self.previous.choice)

    @property
    def unmet(self) -> dict[str, str]:
        """Numbers that miss a gate of the study file, with the limit in words.

        All covariates that are compared are held to the limit here; the gate itself looks at those of the score.
        """
        numbers, gates = self.now.numbers, self.gates
        out = {}
        if numbers["largest_smd"] > gates.max_smd:
            out["largest_smd"] = f"over the limit {gates.max_smd:g}"
        if numbers["matched"] < gates.min_matched_share * numbers["participants"]:
            out["matched"] = f"under the limit {gates.min_matched_share:.0%} of participants"
        if numbers["detectable"] > gates.max_mde:
            out["detectable"] = f"over the limit {gates.max_mde:g}"
        return out

    def plot(self, *, rows: int | None = None) -> Figure:
        """Love plot of both choices, and the overlap of each.

        Parameters
        ----------
        rows
            Covariates and levels shown, worst first; None gives as many as can be read at a glance.
        """
        from evaluation.laboratory.figures import comparison_figure

        return comparison_figure(self, rows)

    def image(self) -> str:
        """The same figure as an SVG element with its description, drawn in milliseconds."""
        from evaluation.laboratory.svg import comparison_svg

        return comparison_svg(self)

    def worst(self, rows: int = WORST) -> str:
        """The worst covariates as an HTML table that can be sorted by any column."""
        shown = self.table.head(rows)
        columns: dict[str, pd.Series] = {
            "covariate": shown["label"].where(shown["in_score"], shown["label"] + " (not in the score)"),
            "unmatched": shown["smd_unmatched"],
            "previous": shown["smd_previous"],
            "now": shown["smd_now"],
        }
        if self.previous is None:
            del columns["previous"]
        return sortable(
            pd.DataFrame(columns),
            caption=f"The {len(shown)} worst of {len(self.table)} covariates and levels, standardised differences",
            formats={name: "{:+.3f}" for name in ("unmatched", "previous", "now")},
        )

    def summary(self) -> str:
        """The numbers as an HTML table; what misses a gate says so in words."""
        right, left = 'style="text-align:right"', 'style="text-align:left;font-weight:normal"'
        sides = [side for side in (self.previous, self.now) if side is not None]
        rows = []
        for key, label in NUMBERS.items():
            cells = "".join(f"<td {right}>{_number(key, side.numbers[key])}</td>" for side in sides)
            said = f"<strong>{escape(self.unmet[key])}</strong>" if key in self.unmet else ""
            rows.append(f'<tr><th scope="row" {left}>{label}</th>{cells}<td {left}>{said}</td></tr>')
        names = ["previous", "now"][-len(sides) :]
        head = "<td></td>" + "".join(f'<th scope="col" {right}>{name}</th>' for name in names) + "<td></td>"
        caption = '<caption style="text-align:left">Numbers</caption>'
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"

    def __str__(self) -> str:
        lines = ["Matching laboratory" + (f": {'; '.join(self.differences)}" if self.differences else "")]
        width = max(map(len, NUMBERS.values()))
        for key, label in NUMBERS.items():
            said = _number(key, self.now.numbers[key])
            before = "" if self.previous is None else f" (was {_number(key, self.previous.numbers[key])})"
            lines.append(f"  {label:<{width}}  {said}{before}{'  ' + self.unmet[key] if key in self.unmet else ''}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        changed = f"<p>Changed: {escape('; '.join(self.differences))}</p>" if self.differences else ""
        return f"{changed}{self.image()}{self.summary()}{self.worst()}"


def _number(key: str, value: float) -> str:
    if key in ("largest_smd", "detectable"):
        return f"{value:.3f}"
    return f"{value:,.0f}".replace(",", " ")
