"""The effects of a study: every clock, outcome, horizon and subgroup of the study file, in one tidy table.

The same matched sets serve every clock; a clock only says from which month a set's outcomes are read.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from evaluation.cohort import own_exit, pseudo_exit
from evaluation.disclosure import Policy, magnitude_flags, moved_between_clocks
from evaluation.effects import JointEstimate, estimate_jointly, estimate_many
from evaluation.errors import FlaggedMethodWarning
from evaluation.outcomes import Panel, State, horizons, outcome_columns, unit_of
from evaluation.progress import Progress, silent
from evaluation.study.design import INHERITED, Design
from evaluation.study.subgroups import subgroup_masks

COLUMNS = (
    "outcome", "definition", "subgroup", "clock", "horizon", "horizon_unit", "estimand", "estimator", "estimate", "std_error", "ci_low",
    "ci_high", "ci_kind", "treated_mean", "control_mean", "n_treated", "n_controls", "ess_controls", "unit", "margin", "role", "status",
)  # fmt: skip
KEY = list(COLUMNS[:8])
MIN_OBSERVED = 0.9  # a horizon seen for fewer of the participants is marked not observed, never averaged over


@dataclass(frozen=True)
class StudyEffects:
    """Effects of a study.

    Attributes
    ----------
    table
        Tidy, one row per outcome, definition, subgroup, clock, horizon, estimand, estimator and kind of interval; the columns of
        ``tables/effects.csv``, and columns ``audit_…`` for disclosure control.
    states
        Shares in each state by clock, year and group.
    later
        Share of the comparison group that started an employment of their own by the end of each year.
    joint
        Joint estimates of years 1-4 by ``clock/definition``, for simultaneous statements.
    design_hash
        Hash of the frozen design that the outcomes were read for.
    """

    table: pd.DataFrame
    states: pd.DataFrame
    later: pd.DataFrame
    design_hash: str
    joint: dict[str, JointEstimate]

    @classmethod
    def gate_failed(cls, design: Design) -> StudyEffects:
        """What is released when the design does not meet its gates: every result by name, none by number."""
        labels = pd.DataFrame(
            horizons(design.spec.outcomes), columns=["outcome", "definition", "horizon", "horizon_unit"]
        )
        labels["unit"] = labels["outcome"].map(unit_of)
        blank = {
            c: np.nan
            for c in (
                "estimate",
                "std_error",
                "ci_low",
                "ci_high",
                "treated_mean",
                "control_mean",
                "n_treated",
                "n_controls",
                "ess_controls",
            )
        }
        parts = [
            _tidy(
                labels,
                pd.DataFrame(blank, index=labels.index),
                clock=clock,
                subgroup="all",
                estimator="matched_difference",
                spec=design.spec,
            )
            for clock in design.spec.effects.clocks
        ]
        table = (
            pd.concat(parts, ignore_index=True)
            .assign(status="gate_failed")
            .sort_values([*KEY, "ci_kind"], ignore_index=True)
        )
        states = pd.DataFrame(columns=["clock", "year", "group", "state", "share", "n"])
        return cls(
            table=table,
            states=states,
            later=later_treated(design, design.spec.outcomes.years),
            design_hash=design.hash,
            joint={},
        )

    def select(self, **key: Any) -> pd.DataFrame:
        """Rows of the table by key columns, for instance ``select(outcome="established", clock="start")``."""
        rows = np.ones(len(self.table), dtype=bool)
        for column, value in key.items():
            rows &= (self.table[column] == value).to_numpy()
        return self.table.loc[rows]

    @cached_property
    def primary(self) -> pd.Series:
        """The row of the primary result, with its pointwise interval."""
        rows = self.table[(self.table["role"] == "primary") & (self.table["ci_kind"] == "pointwise")]
        return rows.iloc[0][list(COLUMNS)]

    def plot(
        self, *, outcome: str = "established", definition: str = "E2_scb", clock: str = "exit_planned", ax: Any = None
    ) -> Any:
        """Difference by year with pointwise intervals and, where there are any, simultaneous bands."""
        import matplotlib.pyplot as plt

        ax = ax or plt.subplots(figsize=(6.4, 3.8), layout="constrained")[1]
        rows = self.select(
            outcome=outcome,
            definition=definition,
            clock=clock,
            horizon_unit="year",
            subgroup="all",
            estimator="matched_difference",
        )
        for kind, width, colour in (("simultaneous", 7, "#B7D3E6"), ("pointwise", 2, "#0072B2")):
            part = rows[rows["ci_kind"] == kind]
            ax.vlines(part["horizon"], 100 * part["ci_low"], 100 * part["ci_high"], lw=width, color=colour)
        point = rows[rows["ci_kind"] == "pointwise"]
        ax.plot(point["horizon"], 100 * point["estimate"], "o", color="#0072B2")
        ax.axhline(0, color="#1a1a1a", lw=1.2)
        ax.set(
            xlabel="year after time zero",
            ylabel="percentage points",
            xticks=sorted(point["horizon"].unique()),
            title=f"{outcome} {definition}, clock {clock}",
        )
        return ax

    def __str__(self) -> str:
        row = self.primary
        return (
            f"Effects of design {self.design_hash[:8]}: {len(self.table):,} rows\n"
            f"  primary: {row['outcome']} {row['definition']}, year {row['horizon']} on clock {row['clock']}\n"
            f"  participants {row['treated_mean']:.3f}, comparison {row['control_mean']:.3f}, "
            f"difference {row['estimate']:+.3f} [{row['ci_low']:+.3f}, {row['ci_high']:+.3f}]"
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{self}</pre>"


def estimate_study(design: Design, panel: Panel, *, progress: Progress = silent) -> StudyEffects:
    """Estimate everything the study file asks for.

    Parameters
    ----------
    design
        A frozen design; its sets are used as they are.
    panel
        Outcomes of all persons in the sets, read for that design.
    """
    spec = design.spec
    members = design.members
    masks = subgroup_masks(design.cohort.table, members, spec.effects.subgroups)
    parts: list[pd.DataFrame] = []
    states: list[pd.DataFrame] = []
    joint: dict[str, JointEstimate] = {}
    level, unmatched, policy = spec.effects.level, design.unmatched, Policy(**spec.disclosure.model_dump())
    for done, clock in enumerate(spec.effects.clocks):
        progress("effects", done, len(spec.effects.clocks))
        sample = on_clock(design, members, clock)
        labels, values = outcome_columns(panel, sample["unit"].to_numpy(), sample["t0"].to_numpy(), spec.outcomes)
        for subgroup, sets in masks.items():
            inside = sample["set"].isin(sets).to_numpy()
            table = estimate_many(sample.loc[inside], values[inside], level=level)
            table = table.assign(**audit(sample.loc[inside], labels, values[inside], clock, policy))
            parts.append(
                _tidy(
                    labels,
                    table,
                    clock=clock,
                    subgroup=subgroup,
                    estimator="matched_difference",
                    spec=spec,
                    followed=share_followed(sample.loc[inside], labels, panel, len(sets)),
                )
            )
        if clock in INHERITED:
            raw = on_clock(design, unmatched, clock)
            _, raw_values = outcome_columns(panel, raw["unit"].to_numpy(), raw["t0"].to_numpy(), spec.outcomes)
            table = estimate_many(raw, raw_values, level=level)
            seen = share_followed(raw, labels, panel, len(masks["all"]))
            parts.append(
                _tidy(labels, table, clock=clock, subgroup="all", estimator="unadjusted", spec=spec, followed=seen)
            )
        for definition, band in simultaneous(sample, labels, values, spec).items():
            joint[f"{clock}/{definition}"] = band
            if definition == spec.primary.definition:
                wide = band.table[band.table["ci_kind"] == "simultaneous"].drop(columns=["ci_kind", "status"])
                family = labels[_yearly(labels, definition)]
                seen = share_followed(sample, family, panel, len(masks["all"]))
                wide = _tidy(
                    family,
                    wide,
                    clock=clock,
                    subgroup="all",
                    estimator="matched_difference",
                    spec=spec,
                    followed=seen,
                )
                parts.append(wide.assign(ci_kind="simultaneous"))
        if clock in INHERITED:
            states.append(state_shares(panel, sample, spec.outcomes.years).assign(clock=clock))
    progress("effects", len(spec.effects.clocks), len(spec.effects.clocks))
    table = pd.concat(parts, ignore_index=True)
    return StudyEffects(
        table=table.sort_values([*KEY, "ci_kind"], ignore_index=True),
        states=pd.concat(states, ignore_index=True),
        later=later_treated(design, spec.outcomes.years),
        design_hash=panel.design_hash,
        joint=joint,
    )


def on_clock(design: Design, members: pd.DataFrame, clock: str) -> pd.DataFrame:
    """Give every membership its month of time zero, ``t0``; members without one on this clock are left out, whole sets where need be."""
    cohort = design.cohort
    if clock in INHERITED:
        t0 = members[clock].to_numpy(dtype=float)
    elif clock == "exit_own":
        t0 = own_exit(members, cohort.table, cohort.episodes)
    else:
        t0 = _pseudo(design, members)
    kept = np.isfinite(t0) & (t0 >= 0)
    if design.spec.effects.estimand == "never_in_follow_up":
        warnings.warn(
            "never_in_follow_up: chosen by what happened later; offered for reruns, biased",
            FlaggedMethodWarning,
            stacklevel=2,
        )
        first = cohort.persons.set_index("person")["first_start"].reindex(members["person"]).to_numpy(dtype=float)
        kept &= (members["treated"] == 1).to_numpy() | ~np.isfinite(first)
    sample = members.assign(t0=np.where(kept, t0, 0).astype(np.int64)).rename(columns={"person": "unit"})
    return complete_sets(sample.loc[kept])


def _pseudo(design: Design, members: pd.DataFrame) -> np.ndarray:
    table = design.cohort.table.set_index("row")
    treated = (members["treated"] == 1).to_numpy()
    rows = table.loc[members["id"].to_numpy(), ["person", "episode", "enrolment"]].reset_index(drop=True)
    ends = design.cohort.episodes[["person", "episode", "end"]]
    pool = rows.merge(ends, on=["person", "episode"], how="left")[["person", "enrolment", "end"]]
    drawn = pseudo_exit(pool.loc[~treated], table[table["treated"] == 1], seed=design.spec.matching.seed)
    t0 = members["exit_actual"].to_numpy(dtype=float)
    t0[~treated] = drawn["exit"].to_numpy(dtype=float)
    return t0


def complete_sets(members: pd.DataFrame) -> pd.DataFrame:
    """Keep sets that hold a participant and at least one comparison person; weights of the latter sum to one in each set."""
    treated = members["treated"].to_numpy() == 1
    sets = np.intersect1d(members.loc[treated, "set"].unique(), members.loc[~treated, "set"].unique())
    kept = members[members["set"].isin(sets)].reset_index(drop=True)
    control = (kept["treated"] == 0).to_numpy()
    total = kept.loc[control].groupby("set")["weight"].transform("sum").to_numpy()
    weight = kept["weight"].to_numpy(dtype=float).copy()
    weight[control] /= total
    return kept.assign(weight=weight)


def share_followed(sample: pd.DataFrame, labels: pd.DataFrame, panel: Panel, n_matched: int) -> np.ndarray:
    """Share of the matched participants whose horizon lies inside the registers, by column of outcomes.

    Counted before anybody is excluded for being dead or abroad: those were followed. Participants without a month on this clock were not.
    """
    t0 = sample.loc[sample["treated"] == 1, "t0"].to_numpy()[:, None]
    horizon = labels["horizon"].to_numpy()[None, :]
    grid = panel.grid
    last_month = grid.first_month + grid.n_months - 1
    by_year = t0 // 12 + horizon <= grid.last_year
    inside = np.where(labels["horizon_unit"].eq("year").to_numpy()[None, :], by_year, t0 + horizon <= last_month)
    return inside.sum(axis=0) / max(n_matched, 1)


def audit(
    sample: pd.DataFrame, labels: pd.DataFrame, values: np.ndarray, clock: str, policy: Policy
) -> dict[str, np.ndarray]:
    """What disclosure control must know of each estimate and never releases: dominance of amounts, and who moved between clocks."""
    amounts = labels["unit"].ne("share").to_numpy()
    safe = np.ones(len(labels), dtype=bool)
    safe[amounts] = magnitude_flags(values[:, amounts], sample["treated"], sample["weight"], policy)
    columns: dict[str, np.ndarray] = {"audit_magnitude_safe": safe}
    if clock == "exit_actual":
        participants = sample[sample["treated"] == 1]
        units: tuple[Literal["year", "month"], ...] = ("year", "month")
        moved = {
            unit: moved_between_clocks(participants["exit_planned"], participants["exit_actual"], unit)
            for unit in units
        }
        columns["audit_n_moved"] = labels["horizon_unit"].map(moved).to_numpy(dtype=float)
    return columns


def simultaneous(sample: pd.DataFrame, labels: pd.DataFrame, values: np.ndarray, spec: Any) -> dict[str, JointEstimate]:
    """Joint estimates of years 1-4 of establishment, by definition, where every year is observed and varies."""
    families = {}
    for definition in spec.outcomes.definitions:
        columns = values[:, _yearly(labels, definition)]
        complete = np.isfinite(columns).all(axis=1).mean() >= MIN_OBSERVED and (np.nanstd(columns, axis=0) > 0).all()
        if complete:
            families[definition] = estimate_jointly(sample, columns, level=spec.effects.level)
    return families


def _yearly(labels: pd.DataFrame, definition: str) -> np.ndarray:
    return (
        (labels["outcome"] == "established") & (labels["definition"] == definition) & (labels["horizon_unit"] == "year")
    ).to_numpy()


def state_shares(panel: Panel, sample: pd.DataFrame, years: tuple[int, ...]) -> pd.DataFrame:
    """Shares of participants and comparison persons in each state, by year after time zero."""
    rows = []
    weight = sample["weight"].to_numpy(dtype=float)
    for year in years:
        code = panel.states_at(sample["unit"].to_numpy(), sample["t0"].to_numpy(), year)
        for group, flag in (("participants", 1), ("comparison", 0)):
            inside = (sample["treated"] == flag).to_numpy() & (code >= 0)
            total = weight[inside].sum()
            for state in State:
                chosen = inside & (code == state)
                rows.append(
                    (
                        year,
                        group,
                        state.name.lower(),
                        weight[chosen].sum() / total if total else np.nan,
                        int(chosen.sum()),
                    )
                )
    return pd.DataFrame(rows, columns=["year", "group", "state", "share", "n"])


def later_treated(design: Design, years: tuple[int, ...]) -> pd.DataFrame:
    """Share of the comparison group whose own first fixed-term employment began by the end of year k after the clock's time zero."""
    members = design.members
    controls = members[members["treated"] == 0]
    first = design.cohort.persons.set_index("person")["first_start"].reindex(controls["person"]).to_numpy(dtype=float)
    weight = controls["weight"].to_numpy(dtype=float)
    rows = []
    for clock in INHERITED:
        t0 = controls[clock].to_numpy()
        for year in years:
            end = (t0 // 12 + year) * 12 + 11
            started = first <= end
            rows.append((clock, year, (weight * started).sum() / weight.sum(), int(started.sum())))
    return pd.DataFrame(rows, columns=["clock", "year", "share", "n"])


def _tidy(
    labels: pd.DataFrame,
    estimates: pd.DataFrame,
    *,
    clock: str,
    subgroup: str,
    estimator: str,
    spec: Any,
    followed: np.ndarray | float = 1.0,
) -> pd.DataFrame:
    estimates = estimates.drop(columns=["outcome", "estimator", "status"], errors="ignore")
    table = pd.concat([labels.reset_index(drop=True), estimates.reset_index(drop=True)], axis=1)
    margins = {"share": spec.margins.share, "sek": spec.margins.sek, "months": spec.margins.months}
    primary = (
        (table["outcome"] == spec.primary.outcome)
        & (table["definition"] == spec.primary.definition)
        & (table["horizon"] == spec.primary.year)
        & (table["horizon_unit"] == "year")
        & (clock == spec.primary.clock)
        & (subgroup == "all")
        & (estimator == "matched_difference")
    )
    flagged = clock in ("exit_own", "exit_pseudo") or spec.effects.estimand == "never_in_follow_up"
    status = np.where(
        table["n_treated"] == 0, "not_observed", np.where(table["estimate"].isna(), "not_estimated", "released")
    )
    table = table.assign(
        clock=clock,
        subgroup=subgroup,
        estimator=estimator,
        estimand=spec.effects.estimand,
        ci_kind="pointwise",
        margin=table["unit"].map(margins).astype(float),
        role=np.where(primary, "primary", "exploratory" if flagged else "secondary"),
        status=np.where(followed < MIN_OBSERVED, "not_observed", status),
    )
    hidden = (table["status"] == "not_observed").to_numpy()
    table.loc[hidden, ["estimate", "std_error", "ci_low", "ci_high", "treated_mean", "control_mean"]] = np.nan
    return table[[*COLUMNS, *(c for c in table.columns if c.startswith("audit_"))]]
