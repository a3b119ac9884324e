"""The three rules of later treatment side by side, on a small synthetic delivery."""

from __future__ import annotations

import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.cohort import assemble
from evaluation.cohort.later_risk import last_month
from evaluation.errors import EffectError
from evaluation.outcomes import Panel, read_outcomes
from evaluation.study import Study
from evaluation.study.design import INHERITED, Design
from evaluation.study.effects import (
    StudyEffects,
    estimate_study,
    later_months,
    needs_later_months,
    own_starts,
    persons_to_read,
)
from evaluation.study.estimands import MAIN
from tests.proofs.delivery import deliver, study_on

pytestmark = [pytest.mark.study, pytest.mark.filterwarnings("ignore::evaluation.errors.StatisticalWarning")]

ESTIMANDS = ("not_yet", "never", "never_in_follow_up")


@dataclass(frozen=True)
class Made:
    study: Study
    design: Design
    panel: Panel
    later: pd.DataFrame
    effects: StudyEffects


@pytest.fixture(scope="module")
def made(deliveries: Path) -> Made:
    place = deliver(deliveries / "estimands", scenario="default", persons=2_500, seed=5)
    study = study_on(
        place,
        outcomes={"definitions": ["E2_scb", "E4_employed"], "outcomes": ["established", "earnings", "returned_to_jobbtorg"]},
        effects={
            "estimands": ESTIMANDS[1:], "estimators": ["matched_difference", "dynamic"], "subgroups": ["sex", "planned_length"],
            "clocks": ["start", "exit_planned", "exit_actual", "exit_own"],
        },
    )  # fmt: skip
    cohort = study.cohort()
    design = study.design(cohort).freeze()
    later = later_months(study.registers, cohort, study.definitions)
    panel = read_outcomes(
        study.registers, persons_to_read(design), study.definitions, study.spec.outcomes, design_hash=design.hash
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        effects = estimate_study(design, panel, later=later)
    return Made(study, design, panel, later, effects)


def test_later_months_are_those_of_a_longer_window(made: Made) -> None:
    spec = made.study.spec.cohort
    long = assemble(
        made.study.registers,
        spec.model_copy(update={"last_month": "2016-12"}),
        prices=made.study.definitions.series("consumer_price_index"),
        categories={g: made.study.definitions.category_periods(g) for g in ("unemployed", "programme")},
    ).table
    assert last_month(made.study.registers) == 12 * 2016 + 11
    persons = made.design.cohort.persons["person"]
    expected = long[(long["month"] > spec.last) & long["person"].isin(persons)].reset_index(drop=True)
    pd.testing.assert_frame_equal(made.later.drop(columns="row"), expected.drop(columns="row"), check_categorical=False)
    assert made.later["treated"].sum() > 0
    # what is needed is asked of the study, not assumed
    assert needs_later_months(made.study.spec)


def test_the_rules_stand_side_by_side(made: Made) -> None:
    table = made.effects.table
    found = set(table[["clock", "estimand", "estimator"]].itertuples(index=False, name=None))
    own = {(clock, e, MAIN[e]) for clock in INHERITED for e in ESTIMANDS}
    reruns = {("exit_own", e, "matched_difference") for e in ("not_yet", "never_in_follow_up")}
    assert found == own | reruns | {("start", "never", "dynamic")} | {(c, "not_yet", "unadjusted") for c in INHERITED}
    assert set(table.loc[table["estimator"] == "dynamic", "subgroup"]) == {"all"}
    # subgroups are of what the primary result is about
    assert set(table.loc[table["estimand"] != "not_yet", "subgroup"]) == {"all"}
    assert "sex=women" in set(table.loc[table["estimand"] == "not_yet", "subgroup"])
    primary = table[table["role"] == "primary"]
    assert set(primary["estimand"]) == {"not_yet"}
    assert sorted(primary["ci_kind"]) == ["pointwise", "simultaneous"]
    assert set(table.loc[table["estimand"] == "never_in_follow_up", "role"]) == {"exploratory"}
    assert not table.duplicated([*made.effects.table.columns[:8], "ci_kind"]).any()


def test_never_weighs_up_to_the_participants(made: Made) -> None:
    low, high = made.effects.weight_totals
    assert 0.9 < low <= high < 1.1
    rows = made.effects.select(outcome="established", definition="E4_employed", clock="start", horizon_unit="month")
    rows = rows[(rows["subgroup"] == "all") & (rows["ci_kind"] == "pointwise") & (rows["horizon"] == 0)]
    by = rows.set_index("estimator")
    # in the month of the start nobody has begun since: matched never is not yet
    assert by.loc["dynamic_matched", "estimate"] == pytest.approx(
        by.loc["matched_difference"].query("estimand == 'not_yet'")["estimate"].iloc[0], abs=1e-12
    )


def test_every_definition_has_its_band_for_each_estimand(made: Made) -> None:
    table = made.effects.table
    wide = table[table["ci_kind"] == "simultaneous"]
    expected = {(c, e, d) for c in INHERITED for e in ESTIMANDS for d in ("E2_scb", "E4_employed")}
    assert expected <= set(wide[["clock", "estimand", "definition"]].itertuples(index=False, name=None))
    assert set(wide.groupby(["clock", "estimand", "definition"]).size()) == {4}
    key = ["clock", "estimand", "definition", "horizon"]
    narrow = table[
        (table["ci_kind"] == "pointwise") & (table["subgroup"] == "all") & (table["outcome"] == "established") & (table["horizon_unit"] == "year")
    ]  # fmt: skip
    narrow = narrow[narrow["estimator"] == narrow["estimand"].map(MAIN)]
    both = narrow.merge(wide, on=key, suffixes=("", "_wide"))
    assert len(both) == len(wide)
    np.testing.assert_allclose(both["estimate"], both["estimate_wide"])
    assert (both["ci_low_wide"] <= both["ci_low"]).all()
    assert "start/E2_scb" in made.effects.joint
    assert "start/E2_scb/never" in made.effects.joint


def test_later_employments_count_persons(made: Made) -> None:
    members = made.design.members
    controls = members[members["treated"] == 0]
    own = own_starts(made.design.cohort, controls)
    end = (controls["start"] // 12 + 4) * 12 + 11
    row = made.effects.later.query("clock == 'start' and year == 4").iloc[0]
    assert row["n"] == controls.loc[own <= end, "person"].nunique() < int((own <= end).sum())
    wide = made.effects.later_by_estimand
    assert set(wide["estimand"]) == set(ESTIMANDS)
    assert list(made.effects.later.columns) == ["clock", "year", "share", "n"]
    for _, rows in wide.groupby(["clock", "estimand"]):
        assert rows["share"].is_monotonic_increasing
    left_out = wide[wide["estimand"] == "never_in_follow_up"].set_index(["clock", "year"])["n"]
    assert (left_out >= wide[wide["estimand"] == "not_yet"].set_index(["clock", "year"])["n"]).all()


def test_states_add_up_to_persons(made: Made) -> None:
    states = made.effects.states
    totals = states.groupby(["clock", "year", "group"])["share"].sum()
    np.testing.assert_allclose(totals, 1)
    persons = made.design.members.groupby("treated")["person"].nunique()
    for group, flag in (("participants", 1), ("comparison", 0)):
        assert states[states["group"] == group].groupby(["clock", "year"])["n"].max().max() <= persons[flag]


def test_unadjusted_rows_speak_of_all_eligible(made: Made) -> None:
    rows = made.effects.select(estimator="unadjusted", clock="start", outcome="established", horizon_unit="year")
    eligible = made.design.unmatched["treated"].sum()
    assert set(rows["n_treated"]) == {eligible}


def test_families_know_their_number(made: Made) -> None:
    families = made.effects.families
    assert set(families["family"]) <= {"sex", "planned_length"}
    assert len(families)
    assert (families["p_holm"] >= families["p"]).all()
    key = {
        "outcome": "established",
        "definition": "E2_scb",
        "clock": "exit_planned",
        "horizon": 4,
        "horizon_unit": "year",
    }
    rows = made.effects.select(**key, estimand="not_yet", estimator="matched_difference", ci_kind="pointwise")
    both = families.merge(rows, on="subgroup", suffixes=("", "_row"))
    np.testing.assert_allclose(both["estimate"], both["estimate_row"])
    np.testing.assert_allclose(both["std_error"], both["std_error_row"])


def test_never_may_be_the_primary_estimand(made: Made) -> None:
    from tests.proofs.delivery import changed

    spec = changed(
        made.design.spec,
        effects={"estimand": "never", "estimands": (), "estimators": (), "clocks": ("start", "exit_planned")},
    )
    other = Design(made.design.cohort, made.design.matched, spec, linked_share=1.0)
    effects = estimate_study(other, made.panel, later=made.later)
    assert effects.primary["estimator"] == "dynamic_matched"
    same = made.effects.select(estimand="never", estimator="dynamic_matched", clock="exit_planned", ci_kind="pointwise")
    mine = effects.select(estimand="never", estimator="dynamic_matched", clock="exit_planned", ci_kind="pointwise")
    assert "sex=women" in set(mine["subgroup"])
    mine = mine[mine["subgroup"] == "all"]
    np.testing.assert_array_equal(same["estimate"], mine["estimate"])
    assert set(effects.families["estimator"]) == {"dynamic_matched"}
    # the states are weighed as the effect is: what is established there is the comparison's mean
    state = effects.states.query(
        "clock == 'exit_planned' and year == 4 and group == 'comparison' and state == 'established'"
    )
    assert 0 <= state["share"].iloc[0] <= 1
    assert pickle.loads(pickle.dumps(effects)).primary["estimand"] == "never"


def test_what_never_needs_is_asked_for(made: Made) -> None:
    with pytest.raises(EffectError, match="months at risk after the window were not given"):
        estimate_study(made.design, made.panel)
    few = read_outcomes(
        made.study.registers, made.design.persons(), made.study.definitions, made.study.spec.outcomes, design_hash=made.design.hash
    )  # fmt: skip
    with pytest.raises(EffectError, match="read them for persons_to_read"):
        estimate_study(made.design, few, later=made.later)


def test_a_failed_gate_names_every_result(made: Made) -> None:
    table = StudyEffects.gate_failed(made.design).table
    assert set(table["estimand"]) == set(ESTIMANDS)
    assert set(table["status"]) == {"gate_failed"}
    assert table["estimate"].isna().all()


def test_the_figure_shows_the_primary_result_unless_told(made: Made) -> None:
    import matplotlib.pyplot as plt

    ax = made.effects.plot()
    assert ax.get_title() == "established E2_scb, clock exit_planned, not_yet"
    shown = ax.lines[0].get_ydata()
    rows = made.effects.select(
        outcome="established", definition="E2_scb", clock="exit_planned", estimand="not_yet", estimator="matched_difference",
        subgroup="all", horizon_unit="year", ci_kind="pointwise",
    )  # fmt: skip
    np.testing.assert_allclose(shown, 100 * rows["estimate"])
    other = made.effects.plot(outcome="earnings", clock="start", estimand="never")
    assert other.get_ylabel() == "SEK"
    assert len(other.lines[0].get_ydata()) == 4
    plt.close("all")
