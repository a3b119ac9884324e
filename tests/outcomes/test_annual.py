"""Annual outcomes of persons whose years are known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.outcomes import OutcomeSpec, Panel, State, load_definitions, read_outcomes
from tests.outcomes.stand_in import DEFINITIONS, HASH, StandIn, lisa_row, month

H_2010, L_2010, UKA_2010, PBB_2010 = 164_400, 139_100, 197_900, 42_400
WORK = {"employed_code": 1, "affiliation": 1, "weakly_established": 0}
# values of the year 2010, the class it gives, and the definitions that hold
CASES = {
    "full year": (WORK | {"earnings": 200_000}, State.ESTABLISHED, "E1 E2 E3 E4 E5"),
    "at the upper limit": (WORK | {"earnings": H_2010}, State.ESTABLISHED, "E1 E2 E4 E5"),
    "a krona under it": (WORK | {"earnings": H_2010 - 1}, State.INSECURE, "E1 E4 E5"),
    "limit reached with business": (
        WORK | {"earnings": H_2010 - 500, "business": 500},
        State.ESTABLISHED,
        "E1 E2 E4 E5",
    ),
    "a loss takes nothing away": (WORK | {"earnings": H_2010, "business": -9_000}, State.ESTABLISHED, "E1 E2 E4 E5"),
    "at UKÄ's limit, not above": (WORK | {"earnings": UKA_2010}, State.ESTABLISHED, "E1 E2 E4 E5"),
    "an unemployed day": (WORK | {"earnings": 250_000, "unemployed_days": 1}, State.INSECURE, "E1 E4 E5"),
    "part-time unemployed": (WORK | {"earnings": 250_000, "part_time_days": 3}, State.INSECURE, "E1 E4 E5"),
    "hourly job": (WORK | {"earnings": 250_000, "hourly_days": 3}, State.INSECURE, "E1 E4 E5"),
    "programme days": (WORK | {"earnings": 250_000, "programme_days": 3}, State.INSECURE, "E1 E4 E5"),
    "activity support without days": (
        WORK | {"earnings": 250_000, "programme_support": 4_000},
        State.INSECURE,
        "E1 E3 E4 E5",
    ),
    "274 days": (
        WORK | {"earnings": 250_000, "unemployed_days": 200, "programme_days": 74},
        State.INSECURE,
        "E1 E4 E5",
    ),
    "275 days": (WORK | {"earnings": 250_000, "unemployed_days": 200, "programme_days": 75}, State.WEAK, "E1 E4 E5"),
    "not at work in November": ({"earnings": 250_000, "employed_code": 5, "affiliation": 3}, State.INSECURE, "E5"),
    "low pay": ({"earnings": L_2010 - 1, "employed_code": 5}, State.WEAK, "E5"),
    "low pay and a firm": ({"earnings": 20_000, "business": 1_000, "employed_code": 5}, State.INSECURE, ""),
    "studies beside low pay": ({"earnings": 20_000, "student": 1, "employed_code": 5}, State.STUDYING, ""),
    "studies beside full work": (WORK | {"earnings": 200_000, "student": 1}, State.ESTABLISHED, "E1 E2 E3 E4 E5"),
    "no work income": ({}, State.OUTSIDE, ""),
    "two base amounts": ({"earnings": 2 * PBB_2010, "employed_code": 5}, State.WEAK, "E5"),
    "weakly established employee": (WORK | {"earnings": 60_000, "weakly_established": 1}, State.WEAK, "E4"),
    "combiner": (
        WORK | {"affiliation": 5, "weakly_established": None, "earnings": 300_000},
        State.ESTABLISHED,
        "E2 E3 E4 E5",
    ),
    "supported work": (WORK | {"earnings": 200_000, "supported_days": 200}, State.ESTABLISHED, "E1 E2 E3 E4 E5"),
}


def read(rows: list[dict], spec: OutcomeSpec | None = None, *, persons: object = None, **tables: list[dict]) -> Panel:
    registers = StandIn(lisa=rows, **tables)
    ids = np.unique([row["person"] for row in rows]) if persons is None else persons
    return read_outcomes(registers, ids, load_definitions(DEFINITIONS), spec or OutcomeSpec(), design_hash=HASH)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read([lisa_row(i, 2010, **values) for i, (values, _, _) in enumerate(CASES.values(), 10)])


@pytest.mark.parametrize("case", CASES)
def test_classes_and_definitions(panel: Panel, case: str) -> None:
    _, state, holding = CASES[case]
    row, column = list(CASES).index(case), 2010 - 2005
    assert State(panel.state_year[row, column]) is state
    names = ("E1_raks", "E2_scb", "E3_uka", "E4_employed", "E5_income")
    assert " ".join(name[:2] for name in names if panel.year("established", name)[row, column] == 1) == holding


def test_e2_is_the_first_class(panel: Panel) -> None:
    np.testing.assert_array_equal(panel.year("established", "E2_scb") == 1, panel.state_year == State.ESTABLISHED)


def test_supported_work_counts_only_where_the_study_says_so() -> None:
    rows = [
        lisa_row(1, 2010, **WORK, earnings=200_000, supported_days=10),
        lisa_row(2, 2010, **WORK, earnings=200_000, new_start_days=10),
        lisa_row(3, 2010, **WORK, earnings=200_000),
    ]
    strict = read(rows, OutcomeSpec(count_subsidised=False))
    for name in ("E1_raks", "E2_scb", "E3_uka", "E4_employed", "E5_income"):
        assert strict.year("established", name)[:, 5].tolist() == [0, 0, 1]
    assert strict.state_year[:, 5].tolist() == [State.INSECURE, State.INSECURE, State.ESTABLISHED]


def test_income_multiples_are_the_study_s_choice() -> None:
    rows = [lisa_row(1, 2010, earnings=3 * PBB_2010), lisa_row(2, 2010, earnings=3 * PBB_2010, social_assistance=100)]
    panel = read(rows, OutcomeSpec(income_multiple=3.5, self_sufficient_multiple=3))
    assert panel.year("established", "E5_income")[:, 5].tolist() == [0, 0]
    assert panel.year("self_sufficient", "SF2")[:, 5].tolist() == [1, 0]


def test_sickness_studies_and_unemployment() -> None:
    rows = [
        lisa_row(1, 2010, sick_days=179),
        lisa_row(2, 2010, sick_days=180),
        lisa_row(3, 2010, disability=100),
        lisa_row(4, 2010, student=1, unemployed_days=1, part_time_days=9),
    ]
    panel = read(rows)
    assert panel.year("sick_or_retired")[:, 5].tolist() == [0, 1, 1, 0]
    assert panel.year("studying")[:, 5].tolist() == [0, 0, 0, 1]
    assert panel.year("registered_unemployed")[:, 5].tolist() == [0, 0, 0, 1]


def test_nulls_inside_a_row_are_zeros() -> None:
    row = dict.fromkeys(lisa_row(1, 2010)) | {"person": 1, "year": 2010}
    panel = read([row])
    assert State(panel.state_year[0, 5]) is State.OUTSIDE
    assert panel.year("earnings")[0, 5] == 0


def test_earnings_are_in_prices_of_the_price_year() -> None:
    rows = [lisa_row(1, 2009, earnings=100_000), lisa_row(1, 2016, earnings=100_000)]
    earnings = read(rows).year("earnings")[0]
    assert earnings[2009 - 2005] == pytest.approx(100_000 * 316.43 / 299.66)
    assert earnings[2016 - 2005] == 100_000


def test_absence_has_its_reason() -> None:
    rows = [lisa_row(person, year) for person in (1, 2, 3) for year in (2009, 2010)] + [lisa_row(2, 2013)]
    panel = read(
        rows,
        deaths=[{"person": 1, "month": month(2011, 6)}],
        migration=[
            {"person": 2, "month": month(2011, 3), "kind": "out"},
            {"person": 2, "month": month(2013, 1), "kind": "in"},
        ],
    )
    states = panel.state_year[:, 2010 - 2005 : 2014 - 2005].tolist()
    assert states[0] == [State.OUTSIDE, State.DEAD, State.DEAD, State.DEAD]
    assert states[1] == [State.OUTSIDE, State.ABROAD, State.ABROAD, State.OUTSIDE]
    assert states[2] == [State.OUTSIDE, State.NO_ROW, State.NO_ROW, State.NO_ROW]
    assert np.isnan(panel.year("established", "E4_employed")[:, 2012 - 2005]).all()


def test_a_row_outweighs_an_incomplete_date_of_death() -> None:
    panel = read([lisa_row(1, 2011)], deaths=[{"person": 1, "month": month(2011, 6)}])
    assert State(panel.state_year[0, 2011 - 2005]) is State.OUTSIDE
