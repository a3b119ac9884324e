"""The effects of a study: every clock, outcome, horizon and subgroup of the study file, in one tidy table.

The same matched sets serve every clock; a clock only says from which month a set's outcomes are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.cohort.clocks import own_exit, pseudo_exit
from evaluation.effects import estimate_many, simultaneous_bands
from evaluation.outcomes import Panel, State, outcome_columns
from evaluation.progress import Progress, silent
from evaluation.study.design import Design
from evaluation.study.subgroups import subgroup_masks

COLUMNS = (
    "outcome", "definition", "subgroup", "clock", "horizon", "horizon_unit", "estimand", "estimator", "estimate", "std_error", "ci_low",
    "ci_high", "ci_kind", "treated_mean", "control_mean", "n_treated", "n_controls", "ess_controls", "unit", "margin", "role", "status",
)  # fmt: skip
KEY = list(COLUMNS[:8])
MIN_OBSERVED = 0.9  # a horizon seen for fewer of the participants is marked not observed, never averaged over
INHERITED = ("start", "exit_planned", "exit_actual")


@dataclass(frozen=True)
class StudyEffects:
    """Effects of a study.

    Attributes
    ----------
    table
        Tidy, one row per outcome, definition, subgroup, clock, horizon, estimand, estimator and kind of interval; the columns of
        ``tables/effects.csv``.
    states
        Shares in each state by clock, year and group.
    later
        Share of the comparison group that started an employment of their own by the end of each year.
    design_hash
        Hash of the frozen design that the outcomes were read for.
    """

    table: pd.DataFrame
    states: pd.DataFrame
    later: pd.DataFrame
    design_hash: str
    bands: dict[str, Any]

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
        return rows.iloc[0]

    def plot(self, *, outcome: str = "established", definition: str = "E2_scb", clock: str = "exit_planned", ax: Any = None) -> Any:
        """Difference by year with pointwise intervals and, where there are any, simultaneous bands."""
        import matplotlib.pyplot as plt

        ax = ax or plt.subplots(figsize=(6.4, 3.8), layout="constrained")[1]
        rows = self.select(outcome=outcome, definition=definition, clock=clock, horizon_unit="year", subgroup="all", estimator="matched_difference")
        for kind, width, colour in (("simultaneous", 7, "#B7D3E6"), ("pointwise", 2, "#0072B2")):
            part = rows[rows["ci_kind"] == kind]
            ax.vlines(part["horizon"], 100 * part["ci_low"], 100 * part["ci_high"], lw=width, color=colour)
        point = rows[rows["ci_kind"] == "pointwise"]
        ax.plot(point["horizon"], 100 * point["estimate"], "o", color="#0072B2")
        ax.axhline(0, color="#1a1a1a", lw=1.2)
        ax.set(xlabel="year after time zero", ylabel="percentage points", xticks=sorted(point["horizon"].unique()), title=f"{outcome} {definition}, clock {clock}")
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
    naive = unmatched_members(design)
    masks = subgroup_masks(design.cohort.table, members, spec.effects.subgroups)
    parts: list[pd.DataFrame] = []
    states: list[pd.DataFrame] = []
    bands: dict[str, Any] = {}
    for done, clock in enumerate(spec.effects.clocks):
        progress("effects", done, len(spec.effects.clocks))
        sample = on_clock(design, members, clock)
        labels, values = outcome_columns(panel, sample["person"].to_numpy(), sample["t0"].to_numpy(), spec.outcomes)
        for subgroup, sets in masks.items():
            inside = sample["set"].isin(sets).to_numpy() if subgroup != "all" else slice(None)
            table = estimate_many(sample.loc[inside], values[inside], level=spec.effects.level, bounded=labels["unit"].eq("share").to_numpy())
            parts.append(_tidy(labels, table, clock=clock, subgroup=subgroup, estimator="matched_difference", spec=spec))
        if clock in INHERITED:
            raw = on_clock(design, naive, clock)
            _, raw_values = outcome_columns(panel, raw["person"].to_numpy(), raw["t0"].to_numpy(), spec.outcomes)
            table = estimate_many(raw, raw_values, level=spec.effects.level, bounded=labels["unit"].eq("share").to_numpy())
            parts.append(_tidy(labels, table, clock=clock, subgroup="all", estimator="unadjusted", spec=spec))
        for definition in spec.outcomes.definitions:
            family = labels.index[(labels["outcome"] == "established") & (labels["definition"] == definition) & (labels["horizon_unit"] == "year")]
            band = simultaneous_bands(sample, values[:, family], level=spec.effects.level)
            bands[f"{clock}/{definition}"] = band
            if definition == spec.primary.definition:
                wide = _tidy(labels.loc[family], band.table, clock=clock, subgroup="all", estimator="matched_difference", spec=spec)
                parts.append(wide.assign(ci_kind="simultaneous"))
        if clock in INHERITED:
            states.append(state_shares(panel, sample, spec.outcomes.years).assign(clock=clock))
    progress("effects", len(spec.effects.clocks), len(spec.effects.clocks))
    table = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    return StudyEffects(
        table=table.sort_values([*KEY, "ci_kind"], ignore_index=True),
        states=pd.concat(states, ignore_index=True),
        later=later_treated(design, spec.outcomes.years),
        design_hash=panel.design_hash,
        bands=bands,
    )


def on_clock(design: Design, members: pd.DataFrame, clock: str) -> pd.DataFrame:
    """Give every membership its month of time zero, ``t0``; members without one on this clock are left out, whole sets where need be."""
    if clock in INHERITED:
        sample = members.assign(t0=members[clock].to_numpy())
    elif clock == "exit_own":
        sample = own_exit(members, design.cohort.table)
    else:
        sample = pseudo_exit(members, design.cohort.table, seed=design.spec.matching.seed)
    if design.spec.effects.estimand == "never_in_follow_up":
        first = design.cohort.persons.set_index("person")["first_start"].reindex(sample["person"]).to_numpy()
        sample = sample[(sample["treated"] == 1).to_numpy() | np.isnan(first.astype(float))]
    return complete_sets(sample)


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


def unmatched_members(design: Design) -> pd.DataFrame:
    """Each matched participant beside persons drawn at random among those at risk in the same month: the unadjusted comparison."""
    spec, table = design.spec, design.cohort.table
    members = design.members
    participants = members[members["treated"] == 1]
    rng = np.random.Generator(np.random.Philox(key=[spec.matching.seed, 0x554E41444A]))
    at_risk = {month: rows["person"].to_numpy() for month, rows in table.loc[table["treated"] == 0, ["month", "person"]].groupby("month")}
    k = spec.effects.unadjusted_controls
    drawn: list[npt.NDArray[np.int64]] = []
    for month in participants["start"].to_numpy():
        pool = at_risk[month]
        drawn.append(pool[rng.integers(0, len(pool), k)])
    controls = participants.loc[participants.index.repeat(k)].assign(person=np.concatenate(drawn), treated=0, weight=1.0 / k, row=-1)
    return pd.concat([participants, controls], ignore_index=True)


def state_shares(panel: Panel, sample: pd.DataFrame, years: tuple[int, ...]) -> pd.DataFrame:
    """Shares of participants and comparison persons in each state, by year after time zero."""
    rows = []
    weight = sample["weight"].to_numpy(dtype=float)
    for year in years:
        code = panel.states_at(sample["person"].to_numpy(), sample["t0"].to_numpy(), year)
        for group, flag in (("participants", 1), ("comparison", 0)):
            inside = (sample["treated"] == flag).to_numpy() & (code >= 0)
            total = weight[inside].sum()
            for state in State:
                chosen = inside & (code == state)
                rows.append((year, group, state.name.lower(), weight[chosen].sum() / total if total else np.nan, int(chosen.sum())))
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


def _tidy(labels: pd.DataFrame, estimates: pd.DataFrame, *, clock: str, subgroup: str, estimator: str, spec: Any) -> pd.DataFrame:
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
    most = table.groupby("horizon_unit")["n_treated"].transform("max")
    status = np.where(table["n_treated"] == 0, "not_observed", np.where(table["estimate"].isna(), "not_estimated", "released"))
    table = table.assign(
        clock=clock,
        subgroup=subgroup,
        estimator=estimator,
        estimand=spec.effects.estimand,
        ci_kind="pointwise",
        margin=table["unit"].map(margins).astype(float),
        role=np.where(primary, "primary", "exploratory" if flagged else "secondary"),
        status=np.where((table["n_treated"] < MIN_OBSERVED * most) & (table["unit"] == "share"), "not_observed", status),
    )
    hidden = (table["status"] == "not_observed").to_numpy()
    table.loc[hidden, ["estimate", "std_error", "ci_low", "ci_high", "treated_mean", "control_mean"]] = np.nan
    return table[list(COLUMNS)]
