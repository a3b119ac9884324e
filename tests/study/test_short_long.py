"""The short indicator against the long outcome, on a small synthetic delivery: its shares are those of the effects, cut in two."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evaluation.study.effects as study_effects
from evaluation.effects import estimate_many
from evaluation.errors import EffectError, Problem
from evaluation.outcomes import outcome_columns, read_outcomes
from evaluation.study.design import Design
from evaluation.study.effects import StudyEffects, estimate_study, later_months, on_clock, persons_to_read
from evaluation.study.effects_hazard import study_hazard
from evaluation.study.effects_task import Task
from evaluation.study.estimators import ESTIMATORS
from evaluation.study.short_long import COLUMNS, MONTHS, no_short_long, short_long
from tests.proofs.delivery import changed, study_on

pytestmark = [pytest.mark.study, pytest.mark.filterwarnings("ignore::evaluation.errors.StatisticalWarning")]

OUTCOMES = {
    "definitions": ["E2_scb", "E4_employed"],
    "outcomes": ["established", "self_sufficient"],
    "months_employed": [12],
}
EFFECTS = {"clocks": ["exit_planned"], "estimands": ["never"], "estimators": ["matched_difference"], "subgroups": []}


@dataclass(frozen=True)
class Made:
    design: Design
    task: Task
    effects: StudyEffects


@pytest.fixture(scope="module")
def made(delivery: Path) -> Made:
    study = study_on(delivery, outcomes=OUTCOMES, effects=EFFECTS)
    cohort = study.cohort()
    design = study.design(cohort).freeze()
    panel = read_outcomes(
        study.registers, persons_to_read(design), study.definitions, study.spec.outcomes, design_hash=design.hash
    )
    later = later_months(study.registers, cohort, study.definitions)
    effects = estimate_study(design, panel, later=later)
    sample = on_clock(design, design.members, "exit_planned", estimand="not_yet")
    labels, values = outcome_columns(panel, sample["unit"].to_numpy(), sample["t0"].to_numpy(), study.spec.outcomes)
    return Made(design, Task(design, sample, labels, values, panel, 0.95, study_hazard(design, later)), effects)


def by_level(table: pd.DataFrame, month: int, group: str) -> pd.DataFrame:
    return table[(table["month"] == month) & (table["group"] == group)].set_index("level")


def test_the_study_gives_the_table(made: Made) -> None:
    table = made.effects.short_long
    pd.testing.assert_frame_equal(table, short_long(made.task))
    assert list(table) == list(COLUMNS)
    assert len(table) == len(MONTHS) * 2 * 3
    assert set(table["status"]) == {"released"}
    assert set(table["clock"]) == {"exit_planned"}
    assert set(table["outcome"] + table["definition"]) == {"establishedE2_scb"}


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize(("group", "mean"), [("participants", "treated_mean"), ("comparison", "control_mean")])
def test_its_margins_are_those_of_the_effects(made: Made, month: int, group: str, mean: str) -> None:
    rows = by_level(made.effects.short_long, month, group)
    own = {
        "clock": "exit_planned",
        "estimand": "not_yet",
        "estimator": "matched_difference",
        "subgroup": "all",
        "ci_kind": "pointwise",
    }
    short = made.effects.select(outcome="self_sufficient", horizon=month, **own).iloc[0]
    long = made.effects.select(outcome="established", definition="E2_scb", horizon=4, horizon_unit="year", **own).iloc[
        0
    ]
    assert rows.loc["yes", "share_of_group"] == pytest.approx(short[mean])
    together = (rows["share_of_group"] * rows["share"]).loc[["yes", "no"]].sum()
    assert together == pytest.approx(long[mean])
    if group == "participants":
        assert rows.loc[["yes", "no"], "n"].sum() == long["n_treated"]


def test_participants_are_counted_by_hand(made: Made) -> None:
    task = made.task
    named = (
        task.labels["outcome"]
        + task.labels["definition"]
        + task.labels["horizon"].astype(str)
        + task.labels["horizon_unit"]
    )
    short, long = (
        task.values[:, np.flatnonzero(named == name)[0]]
        for name in ("self_sufficientSF118month", "establishedE2_scb4year")
    )
    own = (task.sample["treated"] == 1).to_numpy()
    rows = by_level(made.effects.short_long, 18, "participants")
    for level, value in (("yes", 1), ("no", 0)):
        inside = own & (short == value)
        assert rows.loc[level, "n"] == inside.sum()
        assert rows.loc[level, "share"] == pytest.approx(long[inside].mean())
        assert rows.loc[level, "audit_with"] == long[inside].sum()
        assert rows.loc[level, "audit_without"] == (1 - long[inside]).sum()


def test_intervals_are_those_of_a_plain_comparison_of_two_samples(made: Made) -> None:
    """Participants stand once each, so that the clustered error of the difference is that of two independent shares."""
    rows = by_level(made.effects.short_long, 18, "participants")
    n, share = rows.loc[["yes", "no"], "n"].to_numpy(float), rows.loc[["yes", "no"], "share"].to_numpy(float)
    total = n.sum()
    error = np.sqrt((share * (1 - share) / n).sum() * total / (total - 1))
    difference = rows.loc["difference"]
    assert difference["share"] == pytest.approx(share[0] - share[1])
    assert (difference["ci_high"] - difference["ci_low"]) / 2 == pytest.approx(1.959964 * error, rel=1e-4)
    assert (rows["ci_low"] < rows["share"]).all()
    assert (rows["ci_high"] > rows["share"]).all()


def test_errors_of_comparison_persons_are_clustered_as_those_of_the_effects(made: Made) -> None:
    """Where everybody is self-sufficient, the share established among them and its interval are the effects' own."""
    labels, values = made.task.labels, made.task.values.copy()
    values[:, (labels["outcome"] == "self_sufficient").to_numpy()] = 1.0
    rows = by_level(short_long(replace(made.task, values=values)), 18, "comparison")
    long = (
        (labels["outcome"] == "established")
        & (labels["definition"] == "E2_scb")
        & (labels["horizon"] == 4)
        & (labels["horizon_unit"] == "year")
    ).to_numpy()
    expected = estimate_many(made.task.sample, values[:, long]).iloc[0]
    assert rows.loc["yes", "share"] == pytest.approx(expected["control_mean"])
    assert rows.loc["yes", "ci_low"] == pytest.approx(expected["control_low"], rel=1e-4)
    assert rows.loc["yes", "ci_high"] == pytest.approx(expected["control_high"], rel=1e-4)
    assert list(rows.loc[["no", "difference"], "status"]) == ["not_estimated", "not_estimated"]
    assert rows.loc[["no", "difference"], ["n", "share", "ci_low"]].isna().all(axis=None)


def test_never_weighs_the_comparison_as_its_effects_do(made: Made) -> None:
    spec = changed(made.design.spec, effects={"estimand": "never", "estimands": []})
    design = copy(made.design)
    design.spec = spec
    task = replace(made.task, design=design)
    rows = by_level(short_long(task), 18, "comparison")
    long = made.effects.select(outcome="established", definition="E2_scb", horizon=4, horizon_unit="year", estimand="never",
                               estimator="dynamic_matched", subgroup="all", ci_kind="pointwise").iloc[0]  # fmt: skip
    together = (rows["share_of_group"] * rows["share"]).loc[["yes", "no"]].sum()
    assert together == pytest.approx(long["control_mean"])


def test_a_year_that_is_not_followed_has_no_numbers(made: Made) -> None:
    """Everybody's time zero four years later: the fourth year after it lies beyond the registers."""
    sample = made.task.sample.assign(t0=made.task.sample["t0"] + 48)
    spec = made.design.spec.outcomes
    labels, values = outcome_columns(made.task.panel, sample["unit"].to_numpy(), sample["t0"].to_numpy(), spec)
    table = short_long(replace(made.task, sample=sample, labels=labels, values=values))
    assert set(table["status"]) == {"not_observed"}
    assert table[["n", "share_of_group", "share", "ci_low", "ci_high"]].isna().all(axis=None)


def test_an_error_that_cannot_be_had_is_no_error_of_nothing(made: Made) -> None:
    """Two participants of one set without the indicator: one cluster tells of no spread."""
    task = made.task
    labels, values, sample = task.labels, task.values.copy(), task.sample.copy()
    own = np.flatnonzero((sample["treated"] == 1).to_numpy())[:2]
    short = ((labels["outcome"] == "self_sufficient") & (labels["horizon"] == 18)).to_numpy()
    long = (
        (labels["outcome"] == "established") & (labels["definition"] == "E2_scb") & (labels["horizon"] == 4)
    ).to_numpy()
    values[:, short] = 1.0
    values[np.ix_(own, short)] = 0.0
    values[own[0], long], values[own[1], long] = 0.0, 1.0
    for name in ("set", "unit"):
        sample[name] = sample[name].mask(sample.index == own[1], sample[name].iloc[own[0]])
    rows = by_level(short_long(replace(task, sample=sample, values=values)), 18, "participants")
    assert rows["status"].to_dict() == {"yes": "released", "no": "not_estimated", "difference": "not_estimated"}
    assert rows.loc[["no", "difference"], ["n", "share", "ci_low", "ci_high"]].isna().all(axis=None)


def test_a_subgroup_too_small_for_an_estimator_does_not_stop_the_others(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = made.task.sample["set"].unique()
    small = sets[:2]

    own = ESTIMATORS["matched_difference"]

    def many(task: Task) -> pd.DataFrame:
        if set(task.sample["set"]) <= set(small):
            raise EffectError(Problem("sample", "two sets", "more"))
        return own.many(task)

    monkeypatch.setitem(ESTIMATORS, "matched_difference", replace(own, many=many))
    key = {"clock": "exit_planned", "estimand": "not_yet", "estimator": "matched_difference"}
    masks = {"all": sets, "sex=women": small, "sex=men": sets[2:]}
    table = pd.concat(study_effects._by_subgroup(made.task, masks, made.task.panel, key))
    found = table[table["horizon_unit"] == "year"].groupby("subgroup")["status"].agg(set)
    assert found["sex=women"] == {"not_estimated"}
    assert "released" in found["all"] & found["sex=men"]
    assert table.loc[table["subgroup"] == "sex=women", "estimate"].isna().all()
    masks["all"] = small  # what the study is about is not passed over in silence
    with pytest.raises(EffectError, match="two sets"):
        list(study_effects._by_subgroup(made.task, masks, made.task.panel, key))


def test_a_study_without_the_indicator_has_an_empty_table(made: Made) -> None:
    kept = (made.task.labels["outcome"] != "self_sufficient").to_numpy()
    table = short_long(made.task.chosen(kept))
    pd.testing.assert_frame_equal(table, no_short_long())


@pytest.mark.parametrize(("year", "months"), [(1, []), (2, [6, 12]), (3, [6, 12, 18])])
def test_only_months_before_the_year_foretell_it(made: Made, year: int, months: list[int]) -> None:
    design = copy(made.design)
    design.spec = changed(made.design.spec, primary={"year": year})
    table = short_long(replace(made.task, design=design))
    assert sorted(set(table["month"])) == months
