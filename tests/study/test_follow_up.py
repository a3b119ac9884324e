"""What stands beside the tidy table: other estimators in the study, outcomes by person, and variants of a frozen design."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from evaluation.effects import estimate_att
from evaluation.effects.families import with_holm
from evaluation.errors import CensoredHorizonWarning, DesignError, EffectError, StudyError
from evaluation.outcomes import State
from evaluation.study import Study
from evaluation.study.design import Design
from evaluation.study.follow_up import FollowUp
from evaluation.study.running import _record
from tests.proofs.delivery import study_on

pytestmark = [pytest.mark.study, pytest.mark.filterwarnings("ignore::evaluation.errors.StatisticalWarning")]


@pytest.fixture(scope="module")
def study(delivery: Path) -> Study:
    return study_on(
        delivery,
        outcomes={"definitions": ["E2_scb", "E4_employed"], "outcomes": ["established", "earnings"]},
        effects={"estimands": (), "estimators": ["matched_difference", "matched_regression", "ipw", "aipw", "did"], "subgroups": []},
    )  # fmt: skip


@pytest.fixture(scope="module")
def frozen(study: Study) -> Design:
    return study.design(study.cohort()).freeze()


@pytest.fixture(scope="module")
def follow_up(study: Study, frozen: Design) -> FollowUp:
    return study.follow_up(frozen)


def test_other_estimators_stand_beside_the_matched_difference(study: Study, frozen: Design) -> None:
    effects = study.effects(frozen)
    rows = effects.select(outcome="established", definition="E2_scb", clock="start", ci_kind="pointwise", horizon=2)
    by = rows.set_index("estimator")
    assert set(by.index) == {"matched_difference", "matched_regression", "ipw", "aipw", "did", "unadjusted"}
    assert (by["status"] == "released").all()
    # with the same people and covariates they agree within what chance allows; the unadjusted one need not
    adjusted = by.loc[["matched_regression", "ipw", "aipw"], "estimate"]
    assert (adjusted - by.loc["matched_difference", "estimate"]).abs().max() < 2 * by["std_error"].max()
    assert by.loc["ipw", "n_treated"] == frozen.counts["n_treated_matched"]  # for the same participants
    on_exit = effects.select(outcome="established", clock="exit_planned", ci_kind="pointwise")
    assert set(on_exit["estimator"]) == {"matched_difference", "matched_regression", "did", "unadjusted"}


def test_differences_in_differences_are_the_event_study(study: Study, frozen: Design, follow_up: FollowUp) -> None:
    rows = study.effects(frozen).select(outcome="earnings", clock="start", estimator="did")
    expected = follow_up.event_study("earnings", clock="start").table.set_index("event_year")
    for column in ("estimate", "std_error"):
        np.testing.assert_array_equal(rows[column], expected.loc[rows["horizon"].to_numpy(), column])


def test_readings_are_those_of_the_table(study: Study, frozen: Design, follow_up: FollowUp) -> None:
    reading = follow_up.reading()
    made = estimate_att(reading.members, reading.outcome)
    assert made.estimate == study.effects(frozen).primary["estimate"]
    assert made.std_error == study.effects(frozen).primary["std_error"]


def test_waiting_for_a_job_never_shortens(follow_up: FollowUp) -> None:
    found = follow_up.time_to_employment()
    assert found.table["treated_mean"].is_monotonic_increasing
    assert found.table["control_mean"].is_monotonic_increasing
    dead = (follow_up.panel.state_year == State.DEAD).any()
    assert ("dead" in set(found.curves["cause"])) == dead


def test_the_placebo_lies_before_every_covariate(follow_up: FollowUp) -> None:
    found = follow_up.placebo()
    assert found.table["month"].max() < -36
    low, high = found.table.iloc[0][["ci_low", "ci_high"]]
    assert low < 0 < high  # the registers of this world hold no hidden difference
    for inside in (-1, -3):  # the window is the covariates', whatever year is asked for
        with pytest.raises(EffectError, match="months before -36"):
            follow_up.placebo(year=inside)
    for after in (0, 2, 1.5):
        with pytest.raises(EffectError, match="a calendar year before time zero"):
            follow_up.placebo(year=after)


def test_what_cannot_be_read_is_said(study: Study, frozen: Design, follow_up: FollowUp) -> None:
    for call in (
        lambda: follow_up.reading(clock="exit_plannd"),
        lambda: follow_up.event_study(clock="exit_plannd"),
        lambda: study.specification_curve(frozen, {"clock": ["exit_planned", "exit_plannd"]}),
    ):
        with pytest.raises((EffectError, StudyError), match="did you mean 'exit_planned'"):
            call()
    with pytest.raises(StudyError, match="a list of values"):
        study.specification_curve(frozen, {"caliper": 0.2})
    with pytest.raises(StudyError, match="did you mean 'E2_scb'"):
        study.specification_curve(frozen, {"definition": ["E2_scb", "E2_sc"]})
    for year in ("4", 4.5, True):
        with pytest.raises(EffectError, match="a whole number of years"):
            follow_up.reading(year=year)
    with pytest.raises(EffectError, match="for every participant"):
        follow_up.reading(year=30)
    with pytest.warns(CensoredHorizonWarning, match="of the participants: the reading speaks of those only"):
        follow_up.reading(year=6)
    with pytest.raises(EffectError, match="until: 3"):
        follow_up.time_to_employment(until=3)
    with pytest.raises(StudyError, match=r"exact=\['sex'\]"):
        study.design(frozen.cohort, exact="sex")
    with pytest.raises(DesignError, match="not its table"):
        study.design(frozen.cohort.table)


def test_year_nought_is_a_year(follow_up: FollowUp) -> None:
    nought, four = (follow_up.reading("earnings", year=year).outcome for year in (0, 4))
    assert not np.array_equal(nought, four)


def test_sustained_establishment_is_every_year_until_then(follow_up: FollowUp) -> None:
    each = [follow_up.reading(year=year).outcome for year in (1, 2, 3)]
    np.testing.assert_array_equal(follow_up.reading("sustained_established", year=3).outcome, np.prod(each, axis=0))
    with pytest.raises(EffectError, match="from 1"):
        follow_up.reading("sustained_established", year=0)


def test_what_a_cell_shows_names_nobody(follow_up: FollowUp) -> None:
    ids = {str(person) for person in follow_up.panel.grid.persons}
    for shown in (repr(follow_up), repr(follow_up.reading())):
        assert not set(re.findall(r"\d+", shown.replace(",", ""))) & ids
        assert len(shown) < 1_000


def test_everybody_at_risk_can_be_read_for_weighting(study: Study, frozen: Design) -> None:
    everybody = study.follow_up(frozen, everybody=True)
    table = frozen.cohort.table
    y = everybody.panel.at_years("established", table["person"], table["month"], 1, "E2_scb")
    assert np.isfinite(y).mean() > 0.9


def test_effects_are_selected_by_what_there_is(study: Study, frozen: Design) -> None:
    effects = study.effects(frozen)
    for call, said in (
        (lambda: effects.select(clok="start"), "did you mean 'clock'"),
        (lambda: effects.select(estimator="ipww"), "did you mean 'ipw'"),
        (lambda: effects.plot(clock="strt"), "did you mean 'start'"),
        (lambda: effects.plot(estimator="ipw"), "clock: start"),
    ):
        with pytest.raises(EffectError, match=said):
            call()
    shown = with_holm(
        effects.select(subgroup="all", outcome="established", clock="start", estimator="matched_difference")
    )
    assert shown.loc[shown["ci_kind"] == "pointwise", "p_holm"].notna().any()
    assert shown.loc[shown["ci_kind"] == "simultaneous", "p_holm"].isna().all()


def test_sensitivity_speaks_of_the_primary_result(study: Study, frozen: Design, follow_up: FollowUp) -> None:
    primary = study.effects(frozen).primary
    assert follow_up.evalue().ratio == pytest.approx(primary["treated_mean"] / primary["control_mean"])
    assert len(follow_up.rosenbaum_bounds().table)
    assert follow_up.partial_r2().regression.estimate == pytest.approx(primary["estimate"], abs=primary["std_error"])


def test_variants_are_counted_apart_and_do_not_change_the_design(study: Study, frozen: Design) -> None:
    before = frozen.changes
    effects = study.effects(frozen)
    record = _record(study, frozen, effects)
    grid = {"ratio": [5, 4], "caliper": [0.2, 1e-9], "clock": ["exit_planned", "start"]}
    curve = study.specification_curve(frozen, grid, draws=20)
    assert frozen.changes == before
    # a release tells of the design; that somebody looked at variants beside it, in a notebook, changes none of its bytes
    assert _record(study, frozen, effects) == record
    assert frozen.variants == 1  # four each; nobody is matched within the two narrow calipers
    failed = curve.table[curve.table["caliper"] == 1e-9]
    assert (failed["status"] == "not_estimated").all()
    assert failed["reason"].str.contains("overlap").all()
    assert curve.reference["estimate"] == study.effects(frozen).primary["estimate"]
    assert len(curve.table) == 8


def test_variants_need_a_frozen_design_and_known_choices(study: Study, frozen: Design) -> None:
    with pytest.raises(DesignError, match="not frozen"):
        study.specification_curve(study.design(study.cohort()), {"ratio": [5, 1]})
    with pytest.raises(StudyError, match="no choice 'ration'"):
        study.specification_curve(frozen, {"ration": [5, 1]})
    with pytest.raises(StudyError, match="own 5"):
        study.specification_curve(frozen, {"ratio": [1, 2]})
