"""Counts beside one another: in the record, in the tables, and between the two."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.disclosure import Policy, protect, write_release
from evaluation.disclosure.chain import count_problems
from evaluation.disclosure.counts import levels
from evaluation.disclosure.figures_of_design import protect_release
from evaluation.errors import ReleaseError
from tests.disclosure.examples import Population, flow, release_tables
from tests.disclosure.test_rules import effect, states_table

POLICY = Policy()


def record(**design: object) -> dict:
    """A record whose counts are far apart unless told otherwise."""
    base = {
        "n_treated_all": 400, "n_treated_eligible": 350, "n_treated_matched": 300, "n_controls_matched": 900, "n_person_months": 40_000,
        "ess_controls": 812.43, "mde": 0.08237, "max_smd_after": 0.06314, "linked_share": 0.97914,
    }  # fmt: skip
    design = base | design
    share = (design["n_treated_matched"] or 0) / (design["n_treated_eligible"] or 1)
    gates = [
        {"name": "balance", "value": design["max_smd_after"], "limit": 0.1, "passed": design["max_smd_after"] <= 0.1},
        {"name": "overlap", "value": share, "limit": 0.8, "passed": share >= 0.8},
        {"name": "linkage", "value": design["linked_share"], "limit": 0.9, "passed": True},
        {"name": "size", "value": design["mde"], "limit": 0.15, "passed": design["mde"] <= 0.15},
    ]
    return {"design": design, "gates": gates}


def gate(content: dict, name: str) -> dict:
    return next(g for g in content["gates"] if g["name"] == name)


def test_numbers_computed_from_counts_are_coarse() -> None:
    content = protect_release(record(), POLICY)
    design = content["design"]
    assert (design["ess_controls"], design["mde"], design["linked_share"], design["max_smd_after"]) == (
        812,
        0.08,
        0.98,
        0.06,
    )
    assert gate(content, "size")["value"] == 0.08
    assert gate(content, "overlap")["value"] == round(300 / 350, 4)
    # more decimals only where two would contradict the verdict
    assert gate(protect_release(record(max_smd_after=0.1004), POLICY), "balance")["value"] == 0.1004
    assert gate(protect_release(record(mde=0.154), POLICY), "size")["value"] == 0.154


@pytest.mark.parametrize("hidden", ["n_treated_matched", "n_controls_matched"])
def test_what_is_computed_from_a_hidden_count_goes_with_it(hidden: str) -> None:
    """A sample of three has an effective size of 2.6 and a detectable difference that only a sample of three has."""
    content = protect_release(record(**{hidden: 3, "ess_controls": 2.6, "mde": 0.91}), POLICY)
    design = content["design"]
    assert [design[name] for name in (hidden, "ess_controls", "mde", "max_smd_after")] == [None] * 4
    assert [gate(content, name)["value"] for name in ("size", "balance")] == [None, None]
    if hidden == "n_treated_matched":
        assert gate(content, "overlap")["value"] is None


def test_a_small_effective_size_is_not_told() -> None:
    design = protect_release(record(ess_controls=3.4), POLICY)["design"]
    assert design["ess_controls"] is None
    assert design["mde"] is None
    assert design["n_controls_matched"] == 900


def test_a_hidden_count_cannot_be_found_from_the_share_matched() -> None:
    content = protect_release(record(n_treated_eligible=303), POLICY)
    assert content["design"]["n_treated_eligible"] is None
    found = gate(content, "overlap")
    assert (found["value"], found["bound"]) == (0.9, "at_least")
    assert 300 / found["value"] - 300 >= POLICY.min_count
    # with few matched even the bound would tell
    small = protect_release(record(n_treated_matched=20, n_treated_eligible=22), POLICY)
    assert gate(small, "overlap")["value"] is None


@given(st.integers(20, 400), st.integers(0, 30), st.integers(0, 30))
def test_no_difference_in_the_record_tells(matched: int, unmatched: int, ineligible: int) -> None:
    eligible = matched + unmatched
    content = protect_release(
        record(n_treated_matched=matched, n_treated_eligible=eligible, n_treated_all=eligible + ineligible), POLICY
    )
    assert not count_problems(content, {}, POLICY)
    shown = sorted(n for k, n in content["design"].items() if k.startswith("n_treated") and n is not None)
    assert all(b - a == 0 or b - a >= POLICY.min_count for a, b in pairwise(shown))
    found = gate(content, "overlap")
    if content["design"]["n_treated_eligible"] is None and found["value"] is not None:
        agree = [n for n in range(matched, 2 * matched) if found["value"] <= matched / n]
        assert max(agree) - min(agree) >= POLICY.min_count - 1


def test_the_record_stands_beside_the_tables(tmp_path: Path) -> None:
    """402 who started, by the record, and 400 after the window's step, by the flow: the two between them would be known."""
    tables = {"flow": flow(("employments", 460, [60, 50, 50]))}
    content = protect_release(record(n_treated_all=402), POLICY, protect(tables).tables)
    assert content["design"]["n_treated_all"] is None
    assert count_problems({**record(n_treated_all=402)}, protect(tables).tables, POLICY)
    protected = protect(tables)
    write_release(tmp_path, protected, record(n_treated_all=402))
    assert json.loads((tmp_path / "release.json").read_text())["design"]["n_treated_all"] is None


@pytest.mark.parametrize("base", [5, 10])
def test_a_rounded_record_is_held_against_rounded_tables(tmp_path: Path, base: int) -> None:
    """Exact counts lie near the rounded ones of the tables without telling anything: they must not be hidden for that."""
    people = Population(treated=303)
    protected = protect(release_tables(people), Policy(rounding=base))
    write_release(tmp_path, protected, record(n_treated_matched=303))
    design = json.loads((tmp_path / "release.json").read_text())["design"]
    assert (design["n_treated_matched"], design["n_treated_eligible"], design["n_treated_all"]) == (
        {5: 305, 10: 300}[base],
        350,
        400,
    )


def test_the_guard_refuses_what_was_not_protected(tmp_path: Path) -> None:
    protected = protect(release_tables(Population(treated=150)))
    effects = protected.tables["effects"].copy()
    place = effects.index[(effects["status"] == "released") & (effects["subgroup"] == "all")][0]
    effects.loc[place, "n_treated"] += 2
    with pytest.raises(ReleaseError, match="n_treated: two counts differ by less than 5"):
        write_release(tmp_path, replace(protected, tables={**protected.tables, "effects": effects}), record())
    hidden = {"design": {"n_treated_matched": None, "mde": 0.4}, "gates": [{"name": "size", "value": 0.4}]}
    assert len(count_problems(hidden, {}, POLICY)) == 2


def test_matching_goes_on_where_the_employments_end() -> None:
    """Two unmatched: the step before the matching goes too, or the number matched beside it would tell them."""
    table = protect({"flow": flow(("employments", 400, [40, 0, 58]), ("matching", 302, [2]))}).tables["flow"]
    assert table["status"].tolist() == ["released", "released", "suppressed", "suppressed"]


@given(st.lists(st.integers(10, 80), min_size=1, max_size=12))
def test_levels_lie_apart_and_are_never_below(counts: list[int]) -> None:
    found = levels(counts, POLICY)
    assert set(found) == set(counts)
    assert all(0 <= level - n < POLICY.min_count for n, level in found.items())
    assert all(b - a >= POLICY.min_count for a, b in pairwise(sorted(set(found.values()))))


def test_deaths_month_by_month_are_not_told() -> None:
    """With the dead excluded the number followed falls by one or two a month; the means must not give it back."""
    exact = [300, 299, 297, 296, 294, 290]
    rows = [
        effect(
            definition="E4_employed", horizon=h, horizon_unit="month", n_treated=n, n_controls=3 * n, ess_controls=3.0 * n,
            treated_mean=round(0.41 * n) / n, control_mean=round(0.37 * 3 * n) / (3 * n), estimate=round(0.41 * n) / n - round(0.37 * 3 * n) / (3 * n),
        )
        for h, n in enumerate(exact, 1)
    ]  # fmt: skip
    table = protect({"effects": pd.DataFrame(rows)}).tables["effects"]
    assert table["status"].eq("released").all()
    assert table["n_treated"].tolist() == [300, 300, 300, 300, 294, 294]
    for mean, n, told in zip(table["treated_mean"], exact, table["n_treated"], strict=True):
        agree = [m for m in range(int(told) - 4, int(told) + 1) if abs(round(mean * m) / m - mean) < 0.5e-6]
        assert n == told or agree != [n]
    np.testing.assert_allclose(table["estimate"], table["treated_mean"] - table["control_mean"], atol=1e-9)
    assert (table["ci_low"] <= table["estimate"]).all()
    assert (table["ci_high"] >= table["estimate"]).all()
    assert not count_problems({}, {"effects": table}, POLICY)


def test_states_of_a_clock_that_a_few_are_not_on_do_not_sum_to_them() -> None:
    whole = states_table({"established": 100, "insecure": 60, "outside": 40})
    fewer = states_table({"established": 99, "insecure": 60, "outside": 39}).assign(clock="start")
    table = protect({"states": pd.concat([whole, fewer], ignore_index=True)}).tables["states"]
    told = table[table["clock"] == "start"]
    assert told["n"].isna().all()
    assert told["share"].tolist() == [0.5, 0.3, 0.2]
    assert table.loc[table["clock"] == "exit_planned", "n"].tolist() == [100, 60, 40]


def test_the_comparison_mean_does_not_give_the_participants_back() -> None:
    """Two have no time zero on the second clock; each set weighs 1/k, so that the mean times n times 60 is whole for the true n alone."""
    rows = [
        effect(clock=clock, n_treated=n, n_controls=c, control_mean=whole / (60 * n), treated_mean=0.5, estimate=0.5 - whole / (60 * n))
        for clock, n, c, whole in (("start", 200, 900, 5003), ("exit_planned", 198, 893, 4951))
    ]  # fmt: skip
    table = protect({"effects": pd.DataFrame(rows)}).tables["effects"]
    assert table["n_treated"].tolist() == [200, 200]
    assert table["n_controls"].tolist() == [
        900,
        900,
    ]  # seven comparison persons less would tell that some sets are gone
    assert table["control_mean"].tolist() == pytest.approx([5003 / 12_000, 0.42])
    np.testing.assert_allclose(table["estimate"], table["treated_mean"] - table["control_mean"], atol=1e-9)


def test_comparison_persons_stay_with_the_participants_in_every_subgroup() -> None:
    rows = [
        effect(subgroup=s, horizon=h, n_treated=n, n_controls=c)
        for s in ("all", "sex=women", "sex=men")
        for h, n, c in ((1, 100 + 100 * (s == "all"), 500), (2, 98 + 98 * (s == "all"), 480), (3, 90 + 90 * (s == "all"), 450))
    ]  # fmt: skip
    table = protect({"effects": pd.DataFrame(rows)}).tables["effects"]
    assert table["status"].eq("released").all()
    for _, shown in table.groupby("subgroup"):
        assert shown["n_controls"].tolist() == [500, 500, 450]


def test_states_of_the_comparison_are_as_coarse_as_those_of_its_participants() -> None:
    parts = [
        states_table({"established": n, "insecure": 60, "outside": 40}, group).assign(clock=clock)
        for clock, n, group in (
            ("exit_planned", 100, "participants"), ("exit_planned", 400, "comparison"), ("start", 98, "participants"), ("start", 390, "comparison"),
        )
    ]  # fmt: skip
    table = protect({"states": pd.concat(parts, ignore_index=True)}).tables["states"]
    told = table[(table["clock"] == "start") & (table["group"] == "comparison")]
    assert told["n"].isna().all()
    assert told["share"].tolist() == pytest.approx([0.8, 0.12, 0.08])
    assert table.loc[table["clock"] == "exit_planned", "n"].notna().all()


def test_effective_sizes_are_whole_and_follow_their_row() -> None:
    rows = [effect(ess_controls=411.73), effect(horizon=2, ess_controls=3.2)]
    table = protect({"effects": pd.DataFrame(rows)}).tables["effects"]
    assert table["status"].tolist() == ["released", "suppressed"]
    assert table.loc[0, "ess_controls"] == 412
    assert math.isnan(table.loc[1, "ess_controls"])
    money = effect(outcome="earnings", definition="", unit="sek", n_treated=197, n_controls=880, ess_controls=780.6, treated_mean=9e4, control_mean=8e4)  # fmt: skip
    both = protect({"effects": pd.DataFrame([effect(), money])}).tables["effects"]
    assert both["ess_controls"].tolist() == [800, 800]


def test_later_treatment_is_not_told_where_the_design_failed() -> None:
    tables = release_tables(Population(treated=150))
    failed = tables["effects"].assign(status="gate_failed")
    protected = protect({**tables, "effects": failed}).tables
    for name in ("later_treated", "states"):
        assert protected[name]["status"].eq("gate_failed").all()
        assert protected[name][["share", "n"]].isna().all(axis=None)
