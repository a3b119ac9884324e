"""The true effects: sizes, signs, and that they are computed of the right people."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from synthetic_registers.outcomes import LINES
from synthetic_registers.parameters import load_scenario
from synthetic_registers.simulate import simulate_chunk
from synthetic_registers.truth import CLOCKS, ESTIMANDS, Truth, restrict, subgroups, treated
from tests.synthetic.conftest import PERSONS, SEED
from tests.synthetic.risk_sets import population

CHUNKS, SIZE = 2, 12_000
YEAR = "established", "E4_employed", "year"


@cache
def truth_of(name: str, chunks: int = CHUNKS):
    return population(name, seed=SEED, chunks=chunks, size=SIZE)


def effect(table, *, subgroup="all", clock="exit_planned", estimand="not_yet", line=YEAR, column="truth"):
    """Effects by horizon in percentage points."""
    keys = table[["outcome", "definition", "horizon_unit"]].apply(tuple, axis=1)
    chosen = table[
        (keys == line) & (table["subgroup"] == subgroup) & (table["clock"] == clock) & (table["estimand"] == estimand)
    ]
    return 100 * chosen.sort_values("horizon")[column].to_numpy()


def test_the_table_has_every_line_once():
    _, truth = truth_of("default")
    table = truth.table()
    keys = ["outcome", "definition", "subgroup", "clock", "horizon", "horizon_unit", "estimand"]
    assert not table.duplicated(keys).any()
    assert len(table) == len(LINES) * 19 * len(CLOCKS) * len(ESTIMANDS)
    assert table["n_treated"].max() == table[table["subgroup"] == "all"]["n_treated"].max()
    shares = ~table["outcome"].isin(["earnings", "social_assistance_months"])
    assert table.loc[shares, "truth"].abs().max() <= 1


def test_subgroups_divide_the_treated(world):
    who = treated(world)
    masks = subgroups(world.people, who)
    for name in ("sex", "origin", "age", "education", "workplace_type", "planned_length", "start_year"):
        parts = [mask for key, mask in masks.items() if key.startswith(f"{name}=")]
        assert (np.sum(parts, axis=0) == 1).all(), name
    assert len(np.unique(who.row)) == len(who.row)


def test_effects_by_workplace_are_near_their_targets():
    """+6, +8, +7, +6 points at regular workplaces, -4, -3, -2, -1 at created ones; the sample of 1,400 treated moves them by points."""
    _, truth = truth_of("default")
    table = truth.table()
    regular = effect(table, subgroup="workplace_type=regular")
    created = effect(table, subgroup="workplace_type=created")
    assert abs((regular - [6, 8, 7, 6]).mean()) < 4
    assert abs((created - [-4, -3, -2, -1]).mean()) < 4.5
    assert regular.mean() - created.mean() > 4


def test_lock_in_shows_and_work_during_the_employment_is_mechanical():
    _, truth = truth_of("default")
    months = effect(truth.table(), clock="start", line=("established", "E4_employed", "month"))
    assert (months[:5] > 75).all()
    after_planned = effect(truth.table(), line=("established", "E4_employed", "month"))
    assert after_planned[1:6].mean() < 0
    insurance = effect(truth.table(), line=("unemployment_insurance", "", "year"))
    assert insurance[0] > 5
    assert insurance[3] < 4


def test_never_is_larger_than_not_yet_where_controls_start_later():
    _, truth = truth_of("intense", 1)
    table = truth.table()
    assert effect(table, estimand="never", clock="start").mean() > effect(table, clock="start").mean() + 2


def test_nothing_changes_in_null_effect():
    _, truth = truth_of("null_effect")
    table = truth.table()
    observed = table["n_treated"] > 0
    assert (table.loc[observed, ["truth", "truth_twin"]] == 0).all(axis=None)


def test_effects_differ_between_groups_in_heterogeneous():
    _, truth = truth_of("heterogeneous")
    table = truth.table()
    women, men = effect(table, subgroup="sex=women"), effect(table, subgroup="sex=men")
    assert women.mean() > men.mean() + 3


def test_half_leave_early_in_early_leaving(world):
    early = treated(simulate_chunk(load_scenario("early_leaving"), SEED, 0, PERSONS))
    assert (early.actual < early.planned).mean() == pytest.approx(0.5, abs=0.08)
    default = treated(world)
    assert (default.actual < default.planned).mean() == pytest.approx(0.1, abs=0.05)


def test_the_randomised_clock_needs_no_more_than_the_chunk(world, registers, scenario):
    """Drawn clocks lie among the durations that occur, and stay within the cell of start year, workplace, length and sex."""
    truth = Truth(scenario, SEED)
    who = treated(world)
    people = restrict(world, who.row).people
    drawn = truth._drawn_clocks(people, who) - who.start[:, None]
    assert set(np.unique(drawn)) <= set(np.unique(who.actual - who.start))
    cell = np.stack([who.start // 12, who.workplace, who.planned - who.start >= 8, people.woman])
    groups = np.unique(cell, axis=1, return_inverse=True)[1]
    for group in np.unique(groups):
        mine = groups == group
        assert set(np.unique(drawn[mine])) <= set(np.unique((who.actual - who.start)[mine]))
