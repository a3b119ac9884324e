"""The effects of a study as one result: the table, what stands beside it, and how to look at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evaluation.effects import JointEstimate
from evaluation.errors import EffectError, Problem
from evaluation.outcomes import horizons, unit_of
from evaluation.study.design import Design
from evaluation.study.effects_rows import COLUMNS, FAMILY_COLUMNS, KEY, NUMBERS, tidy
from evaluation.study.effects_states import later_treated
from evaluation.study.estimands import MAIN, plan
from evaluation.study.short_long import no_short_long
from evaluation.study.wording import unknown_value

UNITS = {"share": (100, "percentage points"), "sek": (1, "SEK"), "months": (1, "months")}


@dataclass(frozen=True)
class StudyEffects:
    """Effects of a study.

    Attributes
    ----------
    table
        Tidy, one row per outcome, definition, subgroup, clock, horizon, estimand, estimator and kind of interval; the columns of
        ``tables/effects.csv``, and columns ``audit_…`` for disclosure control.
    states
        Shares in each state by clock, year and group, for the study's estimand.
    later_by_estimand
        Share of the comparison group that began an employment of its own by the end of each year: clock, estimand, year, share, n.
    joint
        Joint estimates of years 1-4 by ``clock/definition`` of the study's estimand, and ``clock/definition/estimand`` of the others.
    families
        Subgroups of the primary result: p values adjusted for their number, and a joint test that they are equal.
    short_long
        Share with the primary outcome among those with and without a short indicator, by group (:mod:`evaluation.study.short_long`).
    design_hash
        Hash of the frozen design that the outcomes were read for.
    """

    table: pd.DataFrame
    states: pd.DataFrame
    later_by_estimand: pd.DataFrame
    design_hash: str
    estimand: str
    joint: dict[str, JointEstimate]
    families: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(FAMILY_COLUMNS)))
    short_long: pd.DataFrame = field(default_factory=no_short_long)

    @classmethod
    def gate_failed(cls, design: Design) -> StudyEffects:
        """What is released when the design does not meet its gates: every result by name, none by number."""
        spec = design.spec
        labels = pd.DataFrame(horizons(spec.outcomes), columns=["outcome", "definition", "horizon", "horizon_unit"])
        labels["unit"] = labels["outcome"].map(unit_of)
        blank = pd.DataFrame({name: np.nan for name in NUMBERS}, index=labels.index)
        parts = [
            tidy(labels, blank, clock=clock, subgroup="all", estimand=estimand, estimator=estimator, spec=spec)
            for clock in spec.effects.clocks
            for estimand, estimator in plan(spec.effects.all_estimands, spec.effects.estimators, clock)
        ]
        table = pd.concat(parts, ignore_index=True).assign(status="gate_failed")
        return cls(
            table=table.sort_values([*KEY, "ci_kind"], ignore_index=True),
            states=pd.DataFrame(columns=["clock", "year", "group", "state", "share", "n"]),
            later_by_estimand=later_treated(design, spec.outcomes.years, spec.effects.all_estimands),
            design_hash=design.hash,
            estimand=spec.effects.estimand,
            joint={},
        )

    @property
    def later(self) -> pd.DataFrame:
        """:attr:`later_by_estimand` for the study's estimand: clock, year, share, n."""
        rows = self.later_by_estimand[self.later_by_estimand["estimand"] == self.estimand]
        return rows.drop(columns="estimand").reset_index(drop=True)

    @property
    def weight_totals(self) -> tuple[float, float] | None:
        """Least and greatest total of the comparison group's weights per participant for ``never``, over horizons; None without it."""
        if "audit_weight_total" not in self.table:
            return None
        rows = self.table[(self.table["subgroup"] == "all") & (self.table["status"] == "released")]
        total = rows["audit_weight_total"].dropna()
        return (float(total.min()), float(total.max())) if len(total) else None

    def select(self, **key: Any) -> pd.DataFrame:
        """Rows of the table by key columns, for instance ``select(outcome="established", clock="start")``.

        Raises
        ------
        EffectError
            Columns that there are not, and values that no row has.
        """
        problems = []
        for column, value in key.items():
            if column not in self.table:
                problems.append(unknown_value("column", column, COLUMNS))
            elif not (self.table[column] == value).any():
                problems.append(unknown_value(column, value, sorted(map(str, self.table[column].unique()))))
        if problems:
            raise EffectError(problems)
        rows = np.ones(len(self.table), dtype=bool)
        for column, value in key.items():
            rows &= (self.table[column] == value).to_numpy()
        return self.table.loc[rows]

    @cached_property
    def primary(self) -> pd.Series:
        """The row of the primary result, with its pointwise interval."""
        rows = self.table[(self.table["role"] == "primary") & (self.table["ci_kind"] == "pointwise")]
        return rows.iloc[0][list(COLUMNS)]

    def plot(self, *, ax: Any = None, **key: str) -> Any:
        """Difference by year with pointwise intervals and, where there are any, simultaneous bands.

        ``key`` names outcome, definition, clock, estimand, estimator or subgroup; what is not named is that of the primary result.

        Raises
        ------
        EffectError
            Names and values that there are not, or that do not go together.
        """
        import matplotlib.pyplot as plt

        primary = self.primary
        own: dict[str, Any] = {name: primary[name] for name in KEY if not name.startswith("horizon")}
        there = self.select(**key)  # names that there are not are told before anything is drawn
        if "estimand" in key:
            own["estimator"] = MAIN[key["estimand"]]
        if key.get("outcome", own["outcome"]) != own["outcome"]:
            own.pop("definition")
        shown = {**own, **key}
        rows = self.select(**shown, horizon_unit="year")
        if rows.empty:
            free = [name for name in own if name not in key]
            raise EffectError(
                Problem(
                    "plot",
                    "no rows by year of " + ", ".join(f"{name} {value}" for name, value in shown.items()),
                    "; ".join(f"{name}: {', '.join(sorted(map(str, there[name].unique())))}" for name in free),
                    "name one that goes with the others",
                )
            )
        ax = ax or plt.subplots(figsize=(6.4, 3.8), layout="constrained")[1]
        scale, unit = UNITS.get(str(rows["unit"].iloc[0]), (1, ""))
        for kind, width, colour in (("simultaneous", 7, "#B7D3E6"), ("pointwise", 2, "#0072B2")):
            part = rows[rows["ci_kind"] == kind]
            ax.vlines(part["horizon"], scale * part["ci_low"], scale * part["ci_high"], lw=width, color=colour)
        point = rows[rows["ci_kind"] == "pointwise"]
        ax.plot(point["horizon"], scale * point["estimate"], "o", color="#0072B2")
        ax.axhline(0, color="#1a1a1a", lw=1.2)
        ax.set(
            xlabel="year after time zero",
            ylabel=unit,
            xticks=sorted(point["horizon"].unique()),
            title=f"{' '.join(filter(None, (shown['outcome'], shown.get('definition'))))}, clock {shown['clock']}, {shown['estimand']}",
        )
        return ax

    def __str__(self) -> str:
        row = self.primary
        totals = self.weight_totals
        lines = [
            f"Effects of design {self.design_hash[:8]}: {len(self.table):,} rows",
            f"  primary: {row['outcome']} {row['definition']}, year {row['horizon']} on clock {row['clock']}, {row['estimand']}",
            f"  participants {row['treated_mean']:.3f}, comparison {row['control_mean']:.3f}, "
            f"difference {row['estimate']:+.3f} [{row['ci_low']:+.3f}, {row['ci_high']:+.3f}]",
        ]
        if totals:
            lines.append(f"  weights of the comparison per participant (never): {totals[0]:.3f} to {totals[1]:.3f}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from evaluation.sortable import sortable

        numbers = ["estimate", "ci_low", "ci_high", "treated_mean", "control_mean"]
        row = self.primary
        wanted = {
            "outcome": row["outcome"], "definition": row["definition"], "clock": row["clock"], "subgroup": "all",
            "horizon_unit": "year", "ci_kind": "pointwise",
        }  # fmt: skip
        shown = self.table[(self.table[list(wanted)] == pd.Series(wanted)).all(axis=1)]
        columns = ["horizon", "estimand", "estimator", *numbers, "n_treated", "status"]
        caption = (
            f"{row['outcome']} {row['definition']}, by year on clock {row['clock']}, everybody; all rows are in .table"
        )
        return f"<pre>{self}</pre>{sortable(shown[columns], caption=caption, formats={name: '{:.3f}' for name in numbers})}"
