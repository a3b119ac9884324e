"""The direct path against the registers: the same people without flaws give the same person-months, covariates, sets and outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.cohort.later_risk import later_risk
from evaluation.outcomes import Panel, read_outcomes
from evaluation.study.design import Design
from synthetic_registers.annual import annual
from synthetic_registers.cohorts import PersonMonths, person_months
from synthetic_registers.history import FIRST_MONTH, N_MONTHS, World
from synthetic_registers.outcomes import Outcomes
from synthetic_registers.parameters import load_scenario
from synthetic_registers.simulate import simulate_chunk
from synthetic_registers.truth import WINDOW
from tests.proofs.coverage.replication import match_study, prepared, score_covariates
from tests.proofs.delivery import deliver, study_on

PERSONS, SEED = 6_000, 1
# The rule that puts back exchanged days and months takes a few true dates for exchanged ones: an employment left early after an extension that has
# no row of its own ends, by the registers, after its last agreed day. That is what a repair costs, and no error of either path.
MOST_REPAIRED = 0.01
ABSENT = {"target_group"}  # drawn when files are written; in no score


@dataclass(frozen=True)
class Both:
    design: Design
    panel: Panel
    world: World
    outcomes: Outcomes
    direct: PersonMonths
    later: pd.DataFrame

    @property
    def rows(self) -> np.ndarray:
        """Row in the world of every person of the panel."""
        order = np.argsort(self.direct.person)
        return order[np.searchsorted(self.direct.person[order], self.panel.persons)]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder: Path = tmp_path_factory.mktemp("no_flaws")
    study = study_on(deliver(folder, scenario="no_flaws", persons=PERSONS, seed=SEED))
    design = study.design(study.cohort()).freeze()
    persons = design.cohort.table["person"].unique()
    panel = read_outcomes(
        study.registers, persons, study.definitions, study.spec.outcomes, design_hash=design.require_frozen()
    )
    rules = load_scenario("no_flaws")
    world = simulate_chunk(rules, SEED, 0, PERSONS)
    registers = annual(rules, world.people, world.history)
    later = later_risk(
        study.registers,
        design.cohort,
        until=FIRST_MONTH + N_MONTHS - 1,
        prices=study.definitions.series("consumer_price_index"),
        categories={group: study.definitions.category_periods(group) for group in ("unemployed", "programme")},
    )
    months = person_months(world, registers, seed=SEED)
    return Both(design, panel, world, Outcomes(world, registers), months, later)


def test_person_months_and_covariates_are_equal(both: Both):
    table, direct = both.design.cohort.table, both.direct.table
    assert set(table) - set(direct) == ABSENT
    assert set(direct) <= set(table)
    assert len(table) == len(direct)
    for name in direct.columns.drop("actual_exit"):
        pd.testing.assert_series_equal(direct[name], table[name], check_exact=True)


def test_months_at_risk_after_the_window_are_equal(both: Both):
    rules = load_scenario("no_flaws")
    registers = annual(rules, both.world.people, both.world.history)
    window = (WINDOW[1] + 1, FIRST_MONTH + N_MONTHS - 1)
    direct = person_months(both.world, registers, seed=SEED, window=window).table
    members = direct["person"].isin(both.design.cohort.table["person"])
    direct = prepared(direct[members].reset_index(drop=True))
    assert len(direct) == len(both.later) > 20_000
    later = prepared(both.later)
    for name in ["person", "month", "treated", *score_covariates()]:
        pd.testing.assert_series_equal(direct[name], later[name], check_exact=True)


def test_actual_exits_differ_only_where_a_repair_took_a_true_date_for_a_flaw(both: Both):
    table, direct = both.design.cohort.table, both.direct.table
    treated = table["treated"] == 1
    differs = treated & (table["actual_exit"] != direct["actual_exit"])
    assert differs.sum() <= MOST_REPAIRED * treated.sum()
    assert (direct.loc[differs, "actual_exit"] > direct.loc[differs, "planned_exit"]).all()


def test_the_same_sets_are_matched(both: Both):
    matched = match_study(prepared(both.direct.table))
    names = ["set", "id", "unit", "treated", "weight"]
    pd.testing.assert_frame_equal(matched.members[names], both.design.matched.members[names])


@pytest.mark.parametrize("definition", ["E1_raks", "E2_scb", "E3_uka", "E4_employed", "E5_income"])
def test_establishment_by_year_is_equal(both: Both, definition: str):
    found = both.panel._annual[f"established:{definition}"]
    np.testing.assert_array_equal(found, both.outcomes.years[definition][both.rows])


@pytest.mark.parametrize(
    "name",
    [
        "earnings",
        "registered_unemployed",
        "studying",
        "sick_or_retired",
        "unemployment_insurance",
        "social_assistance_months",
    ],
)
def test_other_outcomes_by_year_are_equal(both: Both, name: str):
    expected = both.outcomes.years[name][both.rows]
    found = np.where(np.isnan(expected), np.nan, both.panel._annual[name])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "direct"), [("registered_unemployed", "registered_unemployed"), ("enrolment_begins", "new_enrolment")]
)
def test_outcomes_by_month_are_equal(both: Both, name: str, direct: str):
    np.testing.assert_array_equal(both.panel._monthly[name], both.outcomes.months[direct][both.rows])


def test_work_by_month_differs_only_in_gaps_that_a_statement_hides(both: Both):
    """A pay statement names its first and last month: a gap between two spells at one employer in a year counts as work."""
    found = both.panel._monthly["established:E4_employed"] == 1
    worked = both.outcomes.months["E4_employed"][both.rows]
    assert not (worked & ~found).any()
    hidden = np.argwhere(found & ~worked)
    assert len(hidden) < 5e-4 * worked.size
    employer = both.world.history.employer[both.rows]
    for i, t in hidden:
        year = slice(12 * (t // 12), 12 * (t // 12) + 12)
        before, after = employer[i, year.start : t], employer[i, t + 1 : year.stop]
        assert set(before[before > 0]) & set(after[after > 0])


def test_self_sufficiency_differs_only_for_those_abroad_in_the_first_month(both: Both):
    """A move in the very first month of the simulation is no row of the register of moves."""
    found = both.panel._monthly["self_sufficient:SF1"]
    differs = (found != both.outcomes.months["SF1"][both.rows]).any(axis=1)
    people, rows = both.world.people, both.rows[differs]
    assert len(rows) < 1e-3 * PERSONS
    assert (both.world.history.presence[rows, 0] != 0).all()
    assert (people.immigration_month[rows] < FIRST_MONTH).all()
