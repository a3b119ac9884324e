"""Horizons, columns, the blind, and what may not change the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from evaluation.errors import DesignError, EffectError
from evaluation.outcomes import OutcomeSpec, State, load_definitions, outcome_columns, read_outcomes
from tests.outcomes.stand_in import DEFINITIONS, HASH, StandIn, lisa_row, month
from tests.outcomes.test_annual import WORK, read

# employed in even years, person 2 never
ROWS = [
    lisa_row(person, year, **(WORK | {"earnings": 300_000} if person == 1 and year % 2 == 0 else {}))
    for person in (1, 2)
    for year in range(2005, 2017)
]


@pytest.mark.parametrize("wrong", ["", None, "abc", "g" * 64, "a" * 63])
def test_outcomes_are_not_read_for_a_design_that_is_not_frozen(wrong: str | None) -> None:
    class Untouchable:
        def table(self, name: str) -> None:
            raise AssertionError("a register was read")

        years = table

    with pytest.raises(DesignError, match="frozen design"):
        read_outcomes(Untouchable(), [1], load_definitions(DEFINITIONS), OutcomeSpec(), design_hash=wrong)


def test_the_panel_remembers_its_design() -> None:
    assert read(ROWS).design_hash == HASH


def test_year_k_is_the_calendar_year_of_time_zero_plus_k() -> None:
    panel = read(ROWS)
    for t0 in (month(2009, 1), month(2009, 12)):
        values = [panel.at_years("established", [1], [t0], k, "E4_employed")[0] for k in (1, 2, 3)]
        assert values == [1, 0, 1]


def test_beyond_the_registers_nothing_is_observed() -> None:
    panel = read(ROWS)
    assert np.isnan(panel.at_years("established", [1], [month(2013, 5)], 4, "E2_scb")).all()
    assert np.isnan(panel.at_months("registered_unemployed", [1], [month(2016, 12)], 1)).all()
    assert not np.isnan(panel.at_months("registered_unemployed", [1], [month(2016, 11)], 1)).any()
    assert np.isnan(panel.at_years("earnings", [1], [-1], 1)).all()  # no time zero on this clock
    assert panel.states_at([1, 1], [month(2013, 5), month(2009, 1)], 4).tolist() == [-1, State.OUTSIDE]
    assert np.isnan(panel.returned([1], [month(2016, 1)], 12)).all()


def test_sustained_asks_for_every_year() -> None:
    rows = [lisa_row(1, year, **(WORK | {"earnings": 300_000} if year != 2012 else {})) for year in range(2005, 2016)]
    panel = read(rows)
    t0 = [month(2009, 6)]
    assert [panel.sustained("E2_scb", [1], t0, k)[0] for k in (1, 2, 3, 4)] == [1, 1, 0, 0]
    assert panel.sustained("E2_scb", [1], [month(2012, 6)], 4)[0] == 0  # no row in 2016 counts as not established
    assert np.isnan(panel.sustained("E2_scb", [1], [month(2013, 6)], 4)[0])


def test_columns_agree_with_the_panel() -> None:
    panel = read(ROWS)
    person, t0 = np.array([1, 2, 1]), np.array([month(2009, 3), month(2009, 3), month(2010, 7)])
    labels, values = outcome_columns(panel, person, t0)
    assert values.shape == (3, len(labels))
    assert not labels.duplicated().any()
    for column, label in enumerate(labels.itertuples()):
        if label.outcome == "established":
            read_at = panel.at_years if label.horizon_unit == "year" else panel.at_months
            np.testing.assert_array_equal(
                values[:, column], read_at("established", person, t0, label.horizon, label.definition)
            )
    assert dict(zip(labels["outcome"], labels["unit"], strict=True))["earnings"] == "sek"
    assert set(labels["unit"]) == {"share", "sek", "months"}
    # 5 definitions, 5 other annual outcomes and 2 sustained over four years, employment in 49 months, and the monthly ones
    assert len(labels) == 4 * (5 + 2) + 49 + 6 + 5 * 4 + 4 + 9 + 8


def test_the_order_of_persons_and_members_changes_nothing() -> None:
    straight = read(ROWS, persons=[1, 2])
    turned = read(ROWS[::-1], persons=[2, 1, 1])
    assert turned.persons.tolist() == [1, 2]
    t0 = np.array([month(2009, 3), month(2010, 3)])
    _, a = outcome_columns(straight, [1, 2], t0)
    _, b = outcome_columns(turned, [2, 1], t0[::-1])
    np.testing.assert_array_equal(a, b[::-1])


def test_only_the_asked_persons_are_read() -> None:
    panel = read(ROWS, persons=[2])
    assert panel.persons.tolist() == [2]
    with pytest.raises(EffectError, match="1 rows belong to persons whose outcomes were not read"):
        panel.at_years("earnings", [1, 2], [month(2009, 1)] * 2, 1)


def test_an_unknown_outcome_names_the_known_ones() -> None:
    with pytest.raises(EffectError, match="established:E2_scb"):
        read(ROWS).year("establishment")


def test_a_person_without_any_row_is_kept() -> None:
    panel = read(ROWS, persons=[1, 99])
    assert (panel.state_year[1] == State.NO_ROW).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcomes": ("established", "established")},
        {"years": (2, 1)},
        {"definitions": ("E2_scb",), "sustained_definitions": ("E4_employed",)},
        {"unknown_option": 1},
        {"income_multiple": 0},
    ],
)
def test_a_spec_that_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        OutcomeSpec(**wrong)


def test_definitions_must_cover_the_years(tmp_path) -> None:
    registers = StandIn(lisa=ROWS)
    registers.years = lambda name: tuple(range(2005, 2019))
    from evaluation.errors import StudyError

    with pytest.raises(StudyError, match="no value for 2017, 2018"):
        read_outcomes(registers, [1], load_definitions(DEFINITIONS), OutcomeSpec(), design_hash=HASH)
