"""The flow of rows and persons into a cohort, as a table and a diagram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from evaluation.cohort.eligibility import STEPS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUPS = {"employments": "Fixed-term employments", "enrolments": "Enrolments at Jobbtorg"}


@dataclass(frozen=True)
class Flow:
    """Attrition with labels.

    Attributes
    ----------
    table
        group, step, label, unit, n_in, n_removed, n_out.
    """

    table: pd.DataFrame

    @classmethod
    def of(cls, attrition: pd.DataFrame, labels: Mapping[str, str] = STEPS) -> Flow:
        """Flow of a table of attrition; ``labels`` by step, for other languages."""
        table = attrition.copy()
        table.insert(2, "label", [labels.get(step, step) for step in table["step"]])
        return cls(table)

    def plot(self, *, groups: Mapping[str, str] = GROUPS, removed: str = "removed") -> Figure:
        """Flow diagram: one column of boxes per group, what was removed beside the arrows.

        Parameters
        ----------
        groups
            Titles of the columns, by group.
        removed
            The word for rows removed.
        """
        from matplotlib.figure import Figure as NewFigure

        names = [g for g in groups if g in set(self.table["group"])]
        most = max(int((self.table["group"] == g).sum()) for g in names)
        figure = NewFigure(figsize=(5.2 * len(names), 0.85 * most + 0.8), layout="constrained")
        axes = figure.subplots(1, len(names), squeeze=False)[0]
        for ax, name in zip(axes, names, strict=True):
            _column(ax, self.table[self.table["group"] == name], groups[name], removed, most)
        return figure

    def __str__(self) -> str:
        lines = []
        for group, rows in self.table.groupby("group", sort=False):
            lines.append(GROUPS.get(str(group), str(group)))
            width = max(len(label) for label in rows["label"])
            for row in rows.itertuples():
                lost = f"  -{row.n_removed:,}" if row.n_removed else ""
                lines.append(f"  {row.label:<{width}} {row.n_out:>10,} {row.unit}{lost}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        # the order of the steps is their meaning: a table that does not sort
        return self.table.drop(columns="step").to_html(
            index=False, formatters={n: "{:,}".format for n in ("n_in", "n_removed", "n_out")}
        )


def _column(ax: Axes, rows: pd.DataFrame, title: str, removed: str, most: int) -> None:
    ax.set_title(title, fontsize=12, loc="left")
    ax.set_xlim(0, 1)
    ax.set_ylim(-most + 0.4, 0.6)
    ax.axis("off")
    for place, row in enumerate(rows.itertuples()):
        text = f"{row.label}\n{row.n_out:,} {row.unit}"
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "#0072B2"}
        ax.text(0.36, -place, text, ha="center", va="center", fontsize=10, bbox=box)
        if place:
            arrow = {"arrowstyle": "->", "color": "#444444", "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", (0.36, -place + 0.3), (0.36, -place + 0.7), arrowprops=arrow)
            if row.n_removed:
                ax.text(0.42, -place + 0.5, f"{row.n_removed:,} {removed}", va="center", fontsize=10, color="#444444")
