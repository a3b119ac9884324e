"""The effects of a study: every clock, outcome, horizon, subgroup, estimand and estimator of the study file, in one tidy table.

The same matched sets serve every clock; a clock only says from which month a set's outcomes are read. Rooms beside this one: memberships on a clock
(``effects_clocks``), what ``never`` needs (``effects_hazard``), the estimators (``estimators``), rows (``effects_rows``), states and later
employments (``effects_states``), subgroups as families (``effects_families``), the result (``effects_result``).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from evaluation.disclosure import Policy
from evaluation.effects import JointEstimate, estimate_many
from evaluation.effects.dynamics.estimators import WeightTotalWarning
from evaluation.effects.dynamics.hazard import HazardPanel
from evaluation.errors import EffectError
from evaluation.outcomes import Panel, outcome_columns
from evaluation.progress import Progress, silent
from evaluation.study.design import INHERITED, Design
from evaluation.study.effects_clocks import complete_sets, never_in_follow_up, on_clock, own_starts, share_followed
from evaluation.study.effects_families import subgroup_families
from evaluation.study.effects_hazard import later_months, needs_later_months, persons_to_read, study_hazard
from evaluation.study.effects_participants import of_compared, same_participants
from evaluation.study.effects_result import StudyEffects
from evaluation.study.effects_rows import (
    COLUMNS,
    FAMILY_COLUMNS,
    KEY,
    MIN_OBSERVED,
    NO_PAST,
    audit,
    not_estimated,
    tidy,
    yearly,
)
from evaluation.study.effects_states import later_treated, state_shares
from evaluation.study.effects_task import Task
from evaluation.study.estimands import MAIN, SERVES, plan
from evaluation.study.estimators import ESTIMATORS
from evaluation.study.estimators_never import comparison_weights
from evaluation.study.short_long import no_short_long, short_long
from evaluation.study.subgroups import subgroup_masks

__all__ = [
    "COLUMNS", "KEY", "MIN_OBSERVED", "StudyEffects", "complete_sets", "estimate_study", "later_months", "needs_later_months",
    "on_clock", "own_starts", "persons_to_read", "share_followed",
]  # fmt: skip


def estimate_study(
    design: Design, panel: Panel, *, later: pd.DataFrame | None = None, progress: Progress = silent
) -> StudyEffects:
    """Estimate everything the study file asks for.

    Parameters
    ----------
    design
        A frozen design; its sets are used as they are.
    panel
        Outcomes of all persons in the sets, read for that design (of :func:`persons_to_read`).
    later
        Person-months at risk after the window (:func:`later_months`); needed for the estimand ``never``.

    Raises
    ------
    EffectError
        ``never`` without the later months, or a pooled estimator without the outcomes of everybody at risk.
    """
    spec = design.spec
    hazard = study_hazard(design, later) if needs_later_months(spec) else None
    masks = subgroup_masks(design.cohort.table, design.members, spec.effects.subgroups)
    parts: list[pd.DataFrame] = []
    states: list[pd.DataFrame] = []
    families = pd.DataFrame(columns=list(FAMILY_COLUMNS))
    foretells = no_short_long()
    joint: dict[str, JointEstimate] = {}
    for done, clock in enumerate(spec.effects.clocks):
        progress("effects", done, len(spec.effects.clocks))
        tasks = _tasks(design, panel, clock, hazard)
        for estimand, estimator in plan(spec.effects.all_estimands, spec.effects.estimators, clock):
            task = tasks[estimand]
            key = {"clock": clock, "estimand": estimand, "estimator": estimator}
            parts += _by_subgroup(task, masks, panel, key)
            if estimator != MAIN[estimand]:
                continue
            for definition, band in simultaneous(task, estimator).items():
                own = estimand == spec.effects.estimand
                joint[f"{clock}/{definition}" if own else f"{clock}/{definition}/{estimand}"] = band
                parts.append(_band_rows(task, band, definition, panel, len(masks["all"]), key))
            if estimand == spec.effects.estimand and clock == spec.primary.clock:
                families = subgroup_families(task.chosen(_primary_column(task)), masks, **key)
                foretells = short_long(task)
        if clock in INHERITED:
            main = tasks[spec.effects.estimand]
            parts.append(_unadjusted(main, clock))
            weights = _never_weights(main, spec.outcomes.years) if spec.effects.estimand == "never" else None
            states.append(state_shares(panel, main.sample, spec.outcomes.years, weights).assign(clock=clock))
    progress("effects", len(spec.effects.clocks), len(spec.effects.clocks))
    table = pd.concat(parts, ignore_index=True)
    return StudyEffects(
        table=table.sort_values([*KEY, "ci_kind"], ignore_index=True),
        states=pd.concat(states, ignore_index=True),
        later_by_estimand=later_treated(design, spec.outcomes.years, spec.effects.all_estimands),
        design_hash=panel.design_hash,
        estimand=spec.effects.estimand,
        joint=joint,
        families=families,
        short_long=foretells,
    )


def _tasks(design: Design, panel: Panel, clock: str, hazard: HazardPanel | None) -> dict[str, Task]:
    """The memberships of each estimand on a clock with their outcomes, which are read once."""
    spec = design.spec
    sample = on_clock(design, design.members, clock, estimand="not_yet")
    labels, values = outcome_columns(panel, sample["unit"].to_numpy(), sample["t0"].to_numpy(), spec.outcomes)
    values = of_compared(sample, values)  # every estimator speaks of the same participants
    whole = Task(design, sample, labels, values, panel, spec.effects.level, hazard)
    tasks: dict[str, Task] = {}
    for estimand in spec.effects.all_estimands:
        tasks[estimand] = whole
        if estimand == "never_in_follow_up":
            left, rows = never_in_follow_up(sample)
            tasks[estimand] = replace(whole, sample=left, values=values[rows])
    return tasks


def _by_subgroup(task: Task, masks: dict[str, np.ndarray], panel: Panel, key: dict[str, str]) -> Iterator[pd.DataFrame]:
    """Rows of one estimator on one clock, for all and for each subgroup it speaks of."""
    spec, clock = task.design.spec, key["clock"]
    policy = Policy(**spec.disclosure.model_dump())
    entry = ESTIMATORS[key["estimator"]]
    pooled = entry.everybody is not None
    # subgroups are given for what the primary result is about
    by_subgroup = SERVES[key["estimator"]].subgroups and key["estimand"] == spec.effects.estimand
    if entry.everybody is not None:
        task = entry.everybody(task)
    for subgroup, sets in masks.items():
        if subgroup != "all" and not by_subgroup:
            continue
        part = task
        if not pooled:
            inside = task.sample["set"].isin(sets).to_numpy()
            sample = task.sample.loc[inside].reset_index(drop=True)
            part = replace(task, sample=sample, values=task.values[inside], whole=subgroup == "all")
        n = int((part.sample["treated"] == 1).sum()) if pooled else len(sets)
        try:
            estimates = entry.many(part)
        except EffectError:
            if subgroup == "all":
                raise
            estimates = not_estimated(part.sample, part.values)  # too few sets for it; the others have theirs
        estimates = estimates.assign(**audit(part.sample, part.labels, part.values, clock, policy))
        kept = (estimates["status"] != NO_PAST).to_numpy()
        followed = share_followed(part.sample, part.labels, panel, n)
        yield tidy(part.labels[kept], estimates[kept], subgroup=subgroup, spec=spec, followed=followed[kept], **key)


def _unadjusted(main: Task, clock: str) -> pd.DataFrame:
    """Every eligible participant (or every matched one, see ``Design.unmatched``) beside persons drawn at random; later employments are left as they are."""
    design, panel, labels = main.design, main.panel, main.labels
    spec = design.spec
    raw = on_clock(design, design.unmatched, clock, estimand="not_yet")
    _, values = outcome_columns(panel, raw["unit"].to_numpy(), raw["t0"].to_numpy(), spec.outcomes)
    if design.unadjusted_participants == "matched":
        treated = (raw["treated"] == 1).to_numpy()
        values = same_participants(main.sample, main.values, raw["id"].to_numpy(), treated, values)
    eligible = int((design.unmatched["treated"] == 1).sum())
    return tidy(
        labels, estimate_many(raw, values, level=spec.effects.level), clock=clock, subgroup="all", estimand=spec.effects.estimand,
        estimator="unadjusted", spec=spec, followed=share_followed(raw, labels, panel, eligible),
    )  # fmt: skip


def simultaneous(task: Task, estimator: str) -> dict[str, JointEstimate]:
    """Joint estimates of years 1-4 of establishment, by definition, where every year is observed and varies."""
    families: dict[str, JointEstimate] = {}
    jointly = ESTIMATORS[estimator].jointly
    if jointly is None:
        return families
    for definition in task.design.spec.outcomes.definitions:
        chosen = task.chosen(yearly(task.labels, definition))
        seen = np.isfinite(chosen.values).all(axis=1).mean() >= MIN_OBSERVED
        if not seen or not (np.nanstd(chosen.values, axis=0) > 0).all():
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WeightTotalWarning)  # told once, with the rows
            try:
                families[definition] = jointly(chosen)
            except EffectError:  # a year without variation in both groups has no standard error to be widened
                continue
    return families


def _band_rows(
    task: Task, band: JointEstimate, definition: str, panel: Panel, n: int, key: dict[str, str]
) -> pd.DataFrame:
    labels = task.labels[yearly(task.labels, definition)]
    wide = band.table[band.table["ci_kind"] == "simultaneous"].drop(columns=["ci_kind", "status"])
    followed = share_followed(task.sample, labels, panel, n)
    rows = tidy(labels, wide, subgroup="all", spec=task.design.spec, followed=followed, **key)
    return rows.assign(ci_kind="simultaneous")


def _primary_column(task: Task) -> np.ndarray:
    primary = task.design.spec.primary
    return yearly(task.labels, primary.definition) & (task.labels["horizon"] == primary.year).to_numpy()


def _never_weights(task: Task, years: tuple[int, ...]) -> dict[int, np.ndarray]:
    t0 = task.sample["t0"].to_numpy(dtype=np.int64)
    return {year: comparison_weights(task, (t0 // 12 + year) * 12 + 11) for year in years}
