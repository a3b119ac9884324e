"""Where counts are rounded, nothing beside them gives them back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.disclosure import Policy, protect
from evaluation.disclosure.figures_of_design import protect_release
from evaluation.disclosure.rounding import share_of_base, step_for, to_base
from tests.disclosure.examples import Population, release_tables
from tests.disclosure.test_counts import record
from tests.disclosure.test_rules import effect


@given(st.integers(1, 5000), st.data(), st.sampled_from([5, 10]))
def test_a_share_tells_the_rounded_counts_and_no_more(n: int, data: st.DataObject, base: int) -> None:
    k = data.draw(st.integers(0, n))
    share = share_of_base([k / n], [n], base)[0]
    if to_base(n, base) > 0:
        assert share == round(min(1.0, to_base(k, base) / to_base(n, base)), 3)


@given(st.integers(1, 10**6))
def test_the_step_hides_the_number_of_persons(n: int) -> None:
    step = step_for([n])[0]
    assert step >= 1 / n * (1 - 1e-9)
    assert step <= 2.5 / n + 1e-9
    mean = np.floor(0.371 / step + 0.5) * step
    for near in range(max(1, n - 4), n + 5):
        if near >= n:  # a larger group has finer means of its own, so one of them is near enough
            assert abs(round(mean * near) / near - mean) <= step / 2 * (1 + 1e-9)


def test_halves_go_up_and_a_count_never_vanishes_by_being_even() -> None:
    assert to_base([5, 15, 12.4, np.nan], 10)[:3].tolist() == [10, 20, 10]


@pytest.mark.parametrize("base", [5, 10])
def test_counts_that_round_alike_print_alike(base: int) -> None:
    """Two persons more or less in a group, or among those with the outcome, change no printed mean."""
    policy = Policy(rounding=base)
    means = set()
    for n in (299, 300, 302):
        for k in (99, 100, 102):
            table = protect({"effects": pd.DataFrame([effect(n_treated=n, treated_mean=k / n)])}, policy).tables[
                "effects"
            ]
            means.add((table.loc[0, "n_treated"], table.loc[0, "treated_mean"], table.loc[0, "estimate"]))
    assert len(means) == 1


@pytest.mark.parametrize("base", [5, 10])
def test_no_table_holds_a_share_finer_than_its_counts(base: int) -> None:
    people = Population(treated=303)
    tables = protect(release_tables(people), Policy(rounding=base)).tables
    for name, by in (("states", ["clock", "year", "group"]), ("overlap", ["group"])):
        exact = release_tables(people)[name].groupby(by)["n"].sum()
        for key, rows in tables[name][tables[name]["status"] == "released"].groupby(by):
            whole = to_base(exact[key if len(by) > 1 else key[0]], base)
            parts = rows["share"].to_numpy() * whole / base
            assert np.abs(parts - parts.round()).max() <= 0.0005 * whole / base + 1e-9, name
    population = tables["population"]
    shares = population[(population["kind"] == "share") & (population["status"] == "released")]
    parts = (shares["value"] * shares["n"] / base).to_numpy()
    assert (np.abs(parts - parts.round()) <= 0.0005 * shares["n"] / base + 1e-9).all()
    effects = tables["effects"][tables["effects"]["status"] == "released"]
    assert (effects["ess_controls"] % base == 0).all()
    digits = np.array([len(f"{x:.6g}".lstrip("0.").replace(".", "")) for x in effects["std_error"]])
    assert digits.max() <= 2
    steps = step_for(np.fmin(effects["n_treated"], effects["n_controls"]))
    share = (effects["unit"] == "share").to_numpy()
    for column in ("ci_low", "ci_high"):
        scaled = effects[column].to_numpy() / steps
        assert np.abs(scaled - scaled.round())[share].max() < 1e-6
    balance = tables["balance"][tables["balance"]["status"] == "released"]
    assert (balance["smd_after"].dropna() == balance["smd_after"].dropna().round(2)).all()
    assert (balance["ks_after"].dropna() == balance["ks_after"].dropna().round(2)).all()


def test_limits_go_outwards_and_errors_upwards() -> None:
    row = effect(n_treated=203, treated_mean=101 / 203, std_error=0.02034, ci_low=0.0102, ci_high=0.0899)
    table = protect({"effects": pd.DataFrame([row])}, Policy(rounding=5)).tables["effects"].iloc[0]
    assert table["std_error"] == pytest.approx(0.021)
    assert table["estimate"] == pytest.approx(table["treated_mean"] - table["control_mean"])
    assert table["ci_low"] <= table["estimate"] - (row["estimate"] - row["ci_low"])
    assert table["ci_high"] >= table["estimate"] + (row["ci_high"] - row["estimate"])


def test_the_record_is_rounded_with_the_tables() -> None:
    content = protect_release(record(n_treated_matched=301, n_treated_eligible=347), Policy(rounding=5))
    design = content["design"]
    assert (design["n_treated_matched"], design["n_treated_eligible"], design["ess_controls"]) == (300, 345, 810)
    assert next(g for g in content["gates"] if g["name"] == "overlap")["value"] == round(300 / 345, 4)


def test_the_rule_is_said_in_the_record_of_what_was_done(tmp_path: Path) -> None:
    note = protect(release_tables(Population(treated=150)), Policy(rounding=10)).record.set_index("object")["note"]
    assert "counts rounded to 10; shares from rounded counts" in note["tables/states.csv"]
    assert "rounded" not in protect(release_tables(Population(treated=150))).record["note"].str.cat()
