"""The direct path within the generator: its kernels against plain loops, its truth against that of a delivery."""

from __future__ import annotations

import numpy as np
import pytest

from synthetic_registers.annual import annual
from synthetic_registers.cohorts import NEVER, person_months
from synthetic_registers.direct_months import children_at_home, counted_before, find_at_risk, last_known, marked_months
from synthetic_registers.direct_outcomes import CHOSEN, PLACEBOS, OutcomeTable
from synthetic_registers.direct_truth import person_truth
from synthetic_registers.history import FIRST_MONTH, N_MONTHS, NO_EMPLOYER, NO_MONTH
from synthetic_registers.outcomes import LINES, Outcomes
from synthetic_registers.parameters import load_scenario
from synthetic_registers.simulate import simulate_chunk
from synthetic_registers.truth import WINDOW, Truth
from tests.synthetic.conftest import SEED

PERSONS = 2_000


@pytest.fixture(scope="module", params=["default", "null_effect"])
def small(request):
    rules = load_scenario(request.param)
    world = simulate_chunk(rules, SEED, 0, PERSONS)
    return rules, world, annual(rules, world.people, world.history)


def test_every_line_is_read_as_the_outcomes_define_it(world, registers):
    outcomes = Outcomes(world, registers)
    rng = np.random.default_rng(5)
    rows = rng.integers(0, len(world.people), 3_000)
    zero = rng.integers(FIRST_MONTH, FIRST_MONTH + N_MONTHS, 3_000)
    np.testing.assert_array_equal(OutcomeTable(outcomes, LINES).at(rows, zero), outcomes.at(rows, zero))


def test_placebos_are_shares_of_months_with_work_long_before(world, registers):
    table = OutcomeTable(Outcomes(world, registers))
    rows, zero = np.arange(500), np.full(500, WINDOW[0] + 7)
    column = WINDOW[0] + 7 - FIRST_MONTH
    expected = (world.history.employer[:500, column - 36 : column - 29] != NO_EMPLOYER).mean(axis=1)
    earlier = (world.history.employer[:500, 12 * (2009 - 4 - FIRST_MONTH // 12) + 6 :][:, :6] != NO_EMPLOYER).mean(
        axis=1
    )
    assert tuple(line.outcome for line in table.lines[-2:]) == PLACEBOS
    np.testing.assert_allclose(table.at(rows, zero)[:, -2:], np.column_stack([expected, earlier]))


def test_pooled_truth_is_the_truth_of_a_delivery(small):
    rules, world, registers = small
    found = person_truth(rules, SEED, world, OutcomeTable(Outcomes(world, registers)))
    truth = Truth(rules, SEED)
    truth.add(world, registers)
    table = truth.table()
    table = table[table["subgroup"] == "all"].set_index(
        ["estimand", "clock", "outcome", "definition", "horizon", "horizon_unit"]
    )
    for (estimand, clock), (with_it, n_with, without, n_without) in found.sums().items():
        for j, line in enumerate(CHOSEN[:-2]):
            row = table.loc[estimand, clock, line.outcome, line.definition, line.horizon, line.horizon_unit]
            assert with_it[j] / n_with[j] - without[j] / n_without[j] == pytest.approx(row["truth"], abs=1e-9)
            assert row["n_treated"] == n_with[j]
        # before the start, histories are the same in every world
        if clock == "start":
            np.testing.assert_array_equal(with_it[-2:], without[-2:])


def test_without_effect_every_person_is_the_same_in_every_world():
    rules = load_scenario("null_effect")
    world = simulate_chunk(rules, SEED, 0, PERSONS)
    registers = annual(rules, world.people, world.history)
    truth = person_truth(rules, SEED, world, OutcomeTable(Outcomes(world, registers)))
    for (_, clock), without in truth.without.items():
        np.testing.assert_array_equal(truth.with_it[clock], without)


def test_those_at_risk_are_enrolled_not_begun_and_of_age(world, registers):
    window = (WINDOW[0] + 4, WINDOW[0] + 9)
    found = person_months(world, registers, seed=SEED, window=window)
    begun = np.full(len(world.people), NEVER)
    np.minimum.at(begun, world.employments.row, world.employments.start_month)
    expected = {
        (int(found.person[i]), m)
        for m in range(window[0], window[1] + 1)
        for i in np.flatnonzero(world.history.enrolled[:, m - FIRST_MONTH])
        if m <= begun[i]
        and 18 <= m // 12 - world.people.birth_month[i] // 12 <= 64
        and world.history.presence[i, m - FIRST_MONTH - 1] == 0
        and registers.in_register[i].any()
    }
    table = found.table
    assert set(zip(table["person"], table["month"], strict=True)) == expected
    assert list(table["row"]) == list(range(len(table)))
    assert table[["month", "person"]].apply(tuple, axis=1).is_monotonic_increasing
    np.testing.assert_array_equal(table["treated"] == 1, begun[found.row] == table["month"])
    assert (found.episode_end >= table["month"]).all()


def test_counts_before_a_month_are_sums_of_the_months_before():
    flags = np.random.default_rng(1).random((20, 40)) < 0.4
    counts = counted_before(flags)
    for t in (0, 7, 40):
        np.testing.assert_array_equal(counts[:, t], flags[:, :t].sum(axis=1))


def test_the_last_known_value_is_of_an_earlier_month():
    step = np.array([[0, 3, 0, 0, 5, 0], [0, 0, 0, 0, 0, 2]], np.int8)
    np.testing.assert_array_equal(last_known(step), [[0, 0, 3, 3, 3, 5], [0, 0, 0, 0, 0, 0]])


def test_a_statement_covers_its_first_to_its_last_month():
    employer, wage = np.zeros((3, N_MONTHS), np.int32), np.zeros((3, N_MONTHS), np.int32)
    employer[0, [1, 5]], wage[0, [1, 5]] = 7, 10_000  # one employer: February to June
    employer[1, [1, 5]], wage[1, [1, 5]] = (7, 8), 10_000  # two employers: one month each
    employer[2, 14], wage[2, 14] = 7, 100  # too little for a statement
    marked = marked_months(employer, wage)
    assert marked[0, 0] == 5
    assert marked[1, 0] == 2
    assert marked[2].sum() == 0


def test_children_count_from_the_year_of_birth_to_that_of_17():
    child = np.array([[12 * 2008 + 6, NO_MONTH, NO_MONTH], [12 * 1990, 12 * 2010, NO_MONTH]], np.int32)
    found = children_at_home(child)
    np.testing.assert_array_equal(found[0, :5], [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(found[1, :7], [1, 1, 1, 0, 0, 1, 1])


def test_nobody_is_at_risk_where_nobody_is_enrolled():
    none = np.zeros((2, N_MONTHS), bool)
    low, high = np.zeros(2, np.int64), np.full(2, NEVER)
    row, month = find_at_risk(np.arange(2), none, high, low, high, ~none, WINDOW[0], WINDOW[1], FIRST_MONTH)
    assert len(row) == len(month) == 0
