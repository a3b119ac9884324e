"""From the protected tables alone, no hidden count, and no complement of one, can be pinned below the minimum."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.disclosure import Policy, protect
from evaluation.disclosure.cells import CellSystem, Solved
from tests.disclosure.attack import attack_effects, attack_flow, attack_states, attack_traits, exposed
from tests.disclosure.examples import Population, flow, release_tables

POLICY = Policy()


@pytest.fixture(scope="module", params=[(120, 3, 1), (300, 3, 2), (700, 5, 3)], ids=str)
def protected(request: pytest.FixtureRequest) -> dict[str, pd.DataFrame]:
    treated, controls, seed = request.param
    return dict(protect(release_tables(Population(treated=treated, controls=controls, seed=seed)), POLICY).tables)


def test_states(protected: dict[str, pd.DataFrame]) -> None:
    assert not exposed(attack_states(protected["states"], protected["effects"]), POLICY.min_count)


def test_subgroups_against_the_whole(protected: dict[str, pd.DataFrame]) -> None:
    persons, positives = attack_effects(protected["effects"])
    assert not exposed(persons, POLICY.min_count)
    assert not exposed(positives, POLICY.min_count)


def test_population_and_balance_together(protected: dict[str, pd.DataFrame]) -> None:
    attack = attack_traits(protected["population"], protected["balance"])
    assert attack.index, "the example hides something"
    assert not exposed(attack, POLICY.min_count)


def test_the_attack_finds_what_a_naive_suppression_leaves_open() -> None:
    """Hiding only the small cells is not enough, and the attack sees it."""
    people = Population(treated=300, controls=3, seed=2)
    tables = release_tables(people)
    naive = tables["population"].copy()
    naive.loc[(naive["kind"] == "share") & (naive["value"] * naive["n"] < POLICY.min_count), ["value", "status"]] = [
        None,
        "suppressed",
    ]
    assert exposed(attack_traits(naive, tables["balance"].iloc[:0]), POLICY.min_count)
    states = tables["states"].copy()
    states.loc[(states["state"] == "dead"), ["n", "status"]] = [None, "suppressed"]
    assert exposed(attack_states(states, tables["effects"]), POLICY.min_count)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=9))
def test_flow(removed: list[int]) -> None:
    table = protect({"flow": flow(("persons", sum(removed) + 100, removed))}, POLICY).tables["flow"]
    assert not exposed(attack_flow(table), POLICY.min_count)
    shown = table[table["status"] == "released"]
    assert not shown["n_removed"].between(1, POLICY.min_count - 1).any()


TWO_WAY = st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=2, max_size=4)


def with_margins(rows: list[list[int]], span: int) -> CellSystem:
    """A two-way table whose margins are public."""
    system = CellSystem()
    total = sum(map(sum, rows)) + 50
    for i, row in enumerate(rows):
        for j, count in enumerate(row):
            system.add_cell((i, j), count, upper=total, primary=count < span)
    for i in range(len(rows)):
        system.add_line([(i, j) for j in range(3)])
    for j in range(3):
        system.add_line([(i, j) for i in range(len(rows))])
    return system


@settings(max_examples=12, deadline=None)
@given(TWO_WAY, TWO_WAY, st.integers(3, 7))
def test_what_is_remembered_is_what_would_be_found(one: list[list[int]], other: list[list[int]], span: int) -> None:
    solved: Solved = {}
    for rows in (one, other, one):
        found, again = with_margins(rows, span), with_margins(rows, span)
        key = next(iter(found.counts))
        assert found.span(key) == again.span(key)  # what is known of the system before it is closed
        assert found.close(span, solved=solved) == again.close(span)
        assert (found.primary, found.hidden) == (again.primary, again.hidden)
        assert found.span(key) == pytest.approx(again.span(key))
    assert len(solved) == (1 if one == other else 2)
    with_margins(one, span).close(span + 1, solved=solved)
    assert len(solved) == (2 if one == other else 3)


@settings(max_examples=40, deadline=None)
@given(TWO_WAY, st.integers(3, 7))
def test_a_table_with_margins(rows: list[list[int]], span: int) -> None:
    system = with_margins(rows, span)
    small = set(system.primary)
    hidden = system.close(span)
    assert small <= hidden
    everything = len(hidden) == 3 * len(rows)
    for key in small:
        low, high = system.interval(key)
        assert low <= rows[key[0]][key[1]] + 1e-6
        assert high >= rows[key[0]][key[1]] - 1e-6
        assert everything or high - low >= span - 1e-5 or key not in system.primary
