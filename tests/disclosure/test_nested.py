"""Outcomes that hold one another, and years of which one holds the dead of the other: nothing by subtraction, nor by solving for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.disclosure import Policy, protect
from evaluation.disclosure.rules.absorbing import close_over_years
from evaluation.disclosure.rules.cover import least_cover
from evaluation.disclosure.rules.nestings import holders, same_as
from tests.disclosure.attack import attack_nested, small_differences
from tests.disclosure.test_rules import R, S, effect, statuses

POLICY = Policy()
MONTHS, YEARS = (6, 12, 18, 24), (1, 2, 3, 4)
RETURNED = {"outcome": "returned_to_jobbtorg", "definition": "", "horizon_unit": "month"}


def returned(count: int, month: int, n: int = 200, **values: object) -> dict:
    return (
        effect(**RETURNED, horizon=month, treated_mean=count / n, n_treated=n, control_mean=0.1 + month / 100) | values
    )


def people(seed: int, n: int = 240) -> pd.DataFrame:
    """A release table of two nested families over subgroups, from persons: when they first returned, and for how many years they lasted."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    groups = {"all": np.ones(n, bool)}
    for name, levels in (("sex", 2), ("age", 3)):
        code = draw.integers(0, levels, n)
        groups |= {f"{name}={k}": code == k for k in range(levels)}
    first = draw.choice([*MONTHS, 99], n, p=[0.2, 0.04, 0.03, 0.03, 0.7])
    lasting = draw.choice([0, 1, 2, 3, 4], n, p=[0.6, 0.03, 0.05, 0.02, 0.3])
    rows = []
    for subgroup, inside in groups.items():
        m = int(inside.sum())
        own = {"subgroup": subgroup, "n_treated": m, "clock": "start"}
        for month in MONTHS:
            mean = (first[inside] <= month).mean()
            rows.append(effect(**RETURNED | own, horizon=month, treated_mean=mean, control_mean=0.1 + month / 100))
        for year in YEARS:
            mean = (lasting[inside] >= year).mean()
            rows.append(
                effect(
                    outcome="sustained_established",
                    horizon=year,
                    **own,
                    treated_mean=mean,
                    control_mean=0.5 - year / 20,
                )
            )
        rows.append(effect(horizon=1, **own, treated_mean=(lasting[inside] >= 1).mean(), control_mean=0.45))
    return pd.DataFrame(rows)


def test_of_two_months_that_differ_by_a_few_one_goes() -> None:
    assert statuses(returned(40, 6), returned(43, 12)).count(S) == 1
    assert statuses(returned(40, 6), returned(45, 12)) == [R, R]
    assert statuses(returned(40, 6), returned(40, 12)) == [R, R]  # nobody returned in between, which tells of nobody
    # other persons are followed: no difference is of the same ones
    assert statuses(returned(40, 6), returned(43, 12, n=190)) == [R, R]
    # of so few others that their numbers are printed as one
    assert statuses(returned(40, 6), returned(43, 12, n=198)).count(S) == 1
    assert statuses(returned(40, 6), returned(43, 12, n=195)) == [R, R]
    # whole years stay
    assert statuses(returned(40, 6), returned(43, 12)) == [S, R]


def test_the_fewest_rows_go() -> None:
    rows = [returned(count, month) for count, month in ((40, 6), (43, 12), (46, 18), (60, 24))]
    assert statuses(*rows) == [R, S, R, R]  # the middle one, since the two around it are six apart


def test_the_comparison_is_read_alike() -> None:
    rows = [returned(40, 6), returned(60, 12)]
    rows[1]["control_mean"] = rows[0]["control_mean"] + 2 / 900
    assert statuses(*rows).count(S) == 1


def test_the_primary_result_stays() -> None:
    primary = effect(role="primary", treated_mean=60 / 200)
    stricter = effect(outcome="sustained_established", horizon=4, treated_mean=57 / 200, control_mean=0.3)
    assert statuses(primary | {"horizon": 4}, stricter) == [R, S]
    uka = effect(definition="E3_uka", treated_mean=57 / 200, control_mean=0.3)
    assert statuses(primary, uka) == [R, S]


def test_one_outcome_under_two_names_goes_under_both() -> None:
    each = {"outcome": "sustained_established", "control_mean": 0.3}
    rows = [
        effect(treated_mean=60 / 200), effect(**each | {"control_mean": 0.45}, treated_mean=60 / 200),
        effect(**each, horizon=2, treated_mean=58 / 200),
    ]  # fmt: skip
    found = statuses(*rows)
    assert found[0] == found[1]
    assert S in found


def test_the_end_after_the_start() -> None:
    at_end = returned(40, 24, clock="exit_planned")
    assert statuses(at_end, returned(42, 36, clock="start")).count(S) == 1
    # within a year of one another neither holds the other
    assert statuses(at_end, returned(42, 30, clock="start")) == [R, R]


def test_every_other_way_of_the_cell_goes_too() -> None:
    rows = [returned(40, 6), returned(43, 12), returned(40, 6, estimator="ipw"), returned(43, 12, estimator="ipw")]
    assert statuses(*rows) == [S, R, S, R]
    # others than the main participants have differences of their own
    never = {"estimand": "never_in_follow_up", "n": 150}
    rows = [returned(40, 6), returned(60, 12), returned(30, 6, **never), returned(32, 12, **never)]
    for row, n in zip(rows, (200, 200, 150, 150), strict=True):
        row.pop("n", None)
        row["n_treated"] = n
    rows[2]["treated_mean"], rows[3]["treated_mean"] = 30 / 150, 32 / 150
    found = statuses(*rows)
    assert found[:2] == [R, R]
    assert found[2:].count(S) == 1


def test_rounded_counts_tell_nothing_of_it() -> None:
    assert statuses(returned(40, 6), returned(43, 12), policy=Policy(rounding=5)) == [R, R]


@pytest.mark.parametrize("seed", range(6))
def test_an_attacker_who_subtracts_and_solves_finds_nothing(seed: int) -> None:
    table = people(seed)
    assert small_differences(table, POLICY.min_count), "the example has something to hide"
    shown = protect({"effects": table}, POLICY).tables["effects"]
    assert not small_differences(shown, POLICY.min_count)
    exact = {
        (r.subgroup, r.horizon): r.n_treated * r.treated_mean
        for r in table.itertuples()
        if r.outcome == "returned_to_jobbtorg"
    }
    intervals = attack_nested(shown).intervals()
    for key, (low, high) in intervals.items():
        between = key[0] == "between"
        true = exact[key[1], key[3]] - exact[key[1], key[2]] if between else exact[key]
        assert low - 0.1 <= true <= high + 0.1
        # a count of a few persons is left open as widely as the least count, and so is a difference
        if 0.5 < true < POLICY.min_count - 0.5:
            assert high - low > POLICY.min_count - 0.5, key
    # most rows stay
    assert (shown["status"] == R).mean() > 0.4
    assert (shown.loc[shown["subgroup"] == "all", "status"] == R).mean() > 0.5


def test_what_hides_nothing_is_found() -> None:
    assert small_differences(people(1), POLICY.min_count)


def test_nestings_are_what_the_words_mean() -> None:
    year, month = ("E2_scb", "start", 2, "year"), ("", "exit_planned", 12, "month")
    cells = [
        ("established", *year), ("sustained_established", *year), ("sustained_established", "E2_scb", "start", 1, "year"),
        ("established", "E2_scb", "start", 1, "year"), ("established", "E4_employed", "start", 2, "year"), ("returned_to_jobbtorg", *month),
        ("returned_to_jobbtorg", "", "start", 24, "month"), ("returned_to_jobbtorg", "", "start", 18, "month"),
        ("sustained_established", "E2_scb", "exit_actual", 1, "year"),
    ]  # fmt: skip
    above = holders(cells)
    assert above["sustained_established", *year] == {
        ("established", *year), ("established", "E2_scb", "start", 1, "year"), ("established", "E4_employed", "start", 2, "year"),
        ("established", "E2_scb", "exit_actual", 1, "year"),
    }  # fmt: skip
    assert above["returned_to_jobbtorg", *month] == {("returned_to_jobbtorg", "", "start", 24, "month")}
    assert same_as(cells[2]) == cells[3]
    assert not above["established", "E4_employed", "start", 2, "year"]


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda p: p[0] < p[1]), max_size=10),
    st.integers(0, 5),
)
def test_the_cover_is_a_least_one(pairs: set[tuple[int, int]], seed: int) -> None:
    prices = np.random.Generator(np.random.Philox(key=seed)).integers(1, 9, 7).tolist()
    found = least_cover(pairs, lambda name: prices[name])
    assert all(found & set(pair) for pair in pairs)
    every = [{i for i in range(7) if code >> i & 1} for code in range(128)]
    least = min(sum(prices[i] for i in chosen) for chosen in every if all(chosen & set(pair) for pair in pairs))
    assert sum(prices[i] for i in found) == least
    assert found == least_cover(sorted(pairs, reverse=True), lambda name: prices[name])


def states(**dead: list[float]) -> pd.DataFrame:
    """Four years of one group of 1,000: the dead and those without a row as given."""
    rows = []
    for i, year in enumerate(YEARS):
        few = {"dead": dead["dead"][i], "no_row": dead["no_row"][i], "abroad": 30.0}
        parts = {"established": 400.0, **few}
        parts["outside"] = 1000 - sum(parts.values())
        rows += [("start", year, "participants", state, n / 1000, n, "released") for state, n in parts.items()]
    return pd.DataFrame(rows, columns=["clock", "year", "group", "state", "share", "n", "status"])


def test_the_dead_of_two_years_do_not_differ_by_a_few() -> None:
    table = states(dead=[10, 18, 21, 40], no_row=[9, 9, 9, 9])
    hidden = close_over_years(table, np.zeros(len(table), bool), POLICY)
    dead = table[~hidden & (table["state"] == "dead")]["n"].tolist()
    assert 10 in dead
    assert not any(0 < abs(a - b) < POLICY.min_count for a in dead for b in dead)
    # a state that goes alone would be what the others leave of the whole
    assert (pd.Series(hidden).groupby(table["year"]).sum() != 1).all()


def test_death_does_not_bound_those_without_a_row() -> None:
    # year 2 hides 6 dead and 4 without a row, ten together; 7 dead in year 3 leave at least 3 without one
    table = states(dead=[6, 6, 7, 40], no_row=[9, 4, 9, 9])
    hidden = ((table["year"] == 2) & table["state"].isin(["dead", "no_row"])).to_numpy()
    found = close_over_years(table, hidden, POLICY)
    assert found[hidden].all()
    assert found.sum() > hidden.sum()
    assert not found[(table["state"] == "established").to_numpy()].any()
    rounded = close_over_years(table, hidden, Policy(rounding=5))
    np.testing.assert_array_equal(rounded, hidden)
