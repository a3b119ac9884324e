"""What each rule hides, on tables small enough to see through."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from evaluation.disclosure import Policy, magnitude_flags, magnitude_safe, moved_between_clocks, protect
from evaluation.disclosure.schema import TABLES
from evaluation.errors import ReleaseError
from tests.disclosure.examples import Population, flow, release_tables

VALUES = list(TABLES["effects"].values)


def effect(**values: object) -> dict:
    """One row of the effects table, safe unless told otherwise."""
    row = dict(
        outcome="established", definition="E2_scb", subgroup="all", clock="exit_planned", horizon=1, horizon_unit="year", estimand="not_yet",
        estimator="matched_difference", estimate=0.05, std_error=0.02, ci_low=0.01, ci_high=0.09, ci_kind="pointwise", treated_mean=0.5,
        control_mean=0.45, n_treated=200, n_controls=900, ess_controls=800.0, unit="share", margin=0.02, role="secondary", status="released",
    )  # fmt: skip
    return row | values


def statuses(*rows: dict, policy: Policy | None = None, **tables: pd.DataFrame) -> list[str]:
    return protect({"effects": pd.DataFrame(rows), **tables}, policy).tables["effects"]["status"].tolist()


S, R = "suppressed", "released"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, R),
        ({"treated_mean": 4 / 200}, S),
        ({"treated_mean": 5 / 200}, R),
        ({"treated_mean": 196 / 200}, S),
        ({"treated_mean": 195 / 200}, R),
        ({"treated_mean": 0.0}, S),
        ({"treated_mean": 1.0}, S),
        ({"control_mean": 4 / 900}, S),
        ({"n_treated": 9, "treated_mean": 5 / 9}, S),
        ({"n_controls": 9}, S),
        ({"unit": "sek", "treated_mean": 90_000.0, "control_mean": 80_000.0}, R),
        ({"unit": "sek", "treated_mean": 90_000.0, "control_mean": 80_000.0, "audit_magnitude_safe": False}, S),
        ({"unit": "months", "treated_mean": 0.0}, S),
        ({"n_treated": 10, "treated_mean": 0.5, "n_controls": 10, "control_mean": 0.5}, R),
    ],
)
def test_one_row(values: dict, status: str) -> None:
    assert statuses(effect(**values)) == [status]


def test_a_suppressed_row_holds_no_number() -> None:
    table = protect({"effects": pd.DataFrame([effect(treated_mean=0.01), effect(horizon=2)])}).tables["effects"]
    assert table.loc[0, VALUES].isna().all()
    assert table.loc[1, VALUES].notna().all()
    assert table.loc[0, "outcome"] == "established"


@pytest.mark.parametrize("status", ["not_observed", "gate_failed", "not_estimated"])
def test_rows_that_are_not_released_keep_their_status_and_lose_their_numbers(status: str) -> None:
    table = protect({"effects": pd.DataFrame([effect(status=status, treated_mean=0.0)])}).tables["effects"]
    assert table.loc[0, "status"] == status
    assert table.loc[0, VALUES].isna().all()


def test_the_other_sex_goes_too() -> None:
    rows = [
        effect(),
        effect(subgroup="sex=men", n_treated=100, treated_mean=0.97),
        effect(subgroup="sex=women", n_treated=100, treated_mean=0.03),
    ]
    assert statuses(*rows) == [R, S, S]
    rows[1]["treated_mean"] = 0.6
    assert statuses(*rows) == [R, S, S]
    rows[2]["treated_mean"] = 0.4
    assert statuses(*rows) == [R, R, R]


def test_the_smallest_sister_goes_and_other_families_stay() -> None:
    rows = [
        effect(),
        effect(subgroup="age=18-29", n_treated=60, treated_mean=0.5),
        effect(subgroup="age=30-49", n_treated=132, treated_mean=0.5),
        effect(subgroup="age=50-64", n_treated=8, treated_mean=0.5),
        effect(subgroup="sex=men", n_treated=100, treated_mean=0.5),
        effect(subgroup="sex=women", n_treated=100, treated_mean=0.5),
    ]
    assert statuses(*rows) == [R, S, R, S, R, R]


def test_a_group_that_no_row_shows_is_protected_by_its_sisters() -> None:
    """Four persons without an education stand in no row, but the whole less the shown groups would tell on them."""
    rows = [
        effect(),
        effect(subgroup="education=compulsory", n_treated=120, treated_mean=0.5),
        effect(subgroup="education=post_secondary", n_treated=76, treated_mean=0.5),
    ]
    assert statuses(*rows) == [R, R, S]


def test_every_estimator_of_a_hidden_group_goes() -> None:
    rows = [
        effect(ci_kind="simultaneous", control_mean=0.4),
        effect(control_mean=0.001),
        effect(estimator="unadjusted"),
    ]
    assert statuses(*rows) == [S, S, S]


def test_participants_left_out_of_the_matching_are_not_told_by_the_unadjusted_row() -> None:
    rows = [effect(), effect(estimator="unadjusted", n_treated=203, treated_mean=102 / 203)]
    assert statuses(*rows) == [R, S]
    rows[1] |= {"n_treated": 220, "treated_mean": 102 / 220}  # two of the twenty left out have the outcome
    assert statuses(*rows) == [R, R]
    table = protect({"effects": pd.DataFrame(rows)}).tables["effects"]
    levels = ["treated_mean", "control_mean", "n_treated", "n_controls", "ess_controls"]
    assert table.loc[1, levels].isna().all()
    assert table.loc[1, ["estimate", "std_error", "ci_low", "ci_high"]].notna().all()
    assert table.loc[0, VALUES].notna().all()
    rows[1] |= {"n_treated": 220, "treated_mean": 110 / 220}
    assert statuses(*rows) == [R, R]
    assert protect({"effects": pd.DataFrame(rows)}).tables["effects"][VALUES].notna().all(axis=None)


def test_a_clock_gives_way_where_it_differs_by_a_few_persons() -> None:
    rows = [effect(), effect(clock="exit_actual", n_treated=197), effect(clock="start", n_treated=198)]
    assert statuses(*rows) == [R, S, R]
    rows[1]["n_treated"] = 195
    assert statuses(*rows) == [R, R, R]
    rows[1] |= {"n_treated": 200, "audit_n_moved": 2}
    assert statuses(*rows) == [R, S, R]
    rows[1] |= {"n_treated": 197, "audit_n_moved": 20}
    assert statuses(*rows) == [R, R, R]


def test_clocks_are_compared_by_the_number_followed() -> None:
    """Means of earnings leave out the absent, so their numbers differ without telling of a clock."""
    money = {"outcome": "earnings", "definition": "", "unit": "sek", "treated_mean": 9e4, "control_mean": 8e4}
    rows = [
        effect(),
        effect(**money, n_treated=190),
        effect(clock="exit_actual"),
        effect(clock="exit_actual", **money, n_treated=188),
    ]
    assert statuses(*rows) == [R, R, R, R]


def test_everybody_employed_in_the_month_of_the_start_tells_nothing() -> None:
    monthly = {"definition": "E4_employed", "horizon_unit": "month", "clock": "start", "treated_mean": 1.0}
    assert statuses(effect(**monthly, horizon=0), effect(**monthly, horizon=1)) == [R, S]


def test_means_of_earnings_do_not_count_the_absent() -> None:
    rows = [
        effect(),
        effect(
            outcome="earnings",
            definition="",
            unit="sek",
            n_treated=197,
            n_controls=880,
            treated_mean=9e4,
            control_mean=8e4,
        ),
    ]
    table = protect({"effects": pd.DataFrame(rows)}).tables["effects"]
    assert table["status"].tolist() == [R, R]
    assert table["n_treated"].tolist() == [200, 200]
    assert table["n_controls"].tolist() == [900, 900]


def states_table(counts: dict[str, int], group: str = "participants") -> pd.DataFrame:
    total = sum(counts.values())
    rows = [("exit_planned", 1, group, state, n / total, n, "released") for state, n in counts.items()]
    return pd.DataFrame(rows, columns=["clock", "year", "group", "state", "share", "n", "status"])


def test_states_are_hidden_at_least_in_twos() -> None:
    table = states_table({"established": 60, "insecure": 50, "weak": 40, "outside": 47, "dead": 3})
    hidden = protect({"states": table}).tables["states"]
    assert hidden.loc[hidden["status"] == S, "state"].tolist() == ["weak", "dead"]
    assert hidden.loc[hidden["status"] == S, ["share", "n"]].isna().all(axis=None)


def test_established_is_hidden_last() -> None:
    table = states_table({"established": 6, "insecure": 50, "weak": 40, "dead": 2})
    hidden = protect({"states": table}).tables["states"]
    assert hidden.loc[hidden["status"] == S, "state"].tolist() == ["weak", "dead"]


def test_states_and_effects_hide_the_same_figure() -> None:
    table = states_table({"established": 100, "insecure": 50, "weak": 40, "dead": 10})
    rows = [effect(control_mean=0.001), effect(horizon=2)]
    protected = protect({"effects": pd.DataFrame(rows), "states": table}).tables
    assert protected["effects"]["status"].tolist() == [S, R]
    assert "established" in protected["states"].loc[protected["states"]["status"] == S, "state"].tolist()
    # and back: two states only, one of them tiny, so that established must go, and its effect with it
    table = states_table({"established": 197, "weak": 3})
    protected = protect({"effects": pd.DataFrame([effect(treated_mean=0.5)]), "states": table}).tables
    assert protected["effects"]["status"].tolist() == [S]


def test_studying_is_hidden_in_both_tables_alike() -> None:
    study = effect(outcome="studying", definition="", treated_mean=60 / 200)
    safe = states_table({"established": 80, "studying": 60, "weak": 60})
    assert statuses(effect(), study, states=safe) == [R, R]
    # the smallest state beside one of three persons goes with it
    small = states_table({"established": 72, "studying": 60, "weak": 65, "dead": 3})
    assert statuses(effect(), study, states=small) == [R, S]
    # two students are established as well
    assert statuses(effect(), effect(outcome="studying", definition="", treated_mean=62 / 200), states=safe) == [R, S]
    # and from the effects to the states
    protected = protect({"effects": pd.DataFrame([effect(), study | {"control_mean": 0.001}]), "states": safe}).tables[
        "states"
    ]
    assert "studying" in protected.loc[protected["status"] == S, "state"].tolist()


def test_flow_hides_a_small_step_with_its_larger_neighbour() -> None:
    table = protect({"flow": flow(("employments", 500, [40, 2, 30, 0, 60]))}).tables["flow"]
    assert table["status"].tolist() == [S, S, R, R, R]
    assert table.loc[2, ["n_in", "n_removed", "n_out"]].tolist() == [458, 30, 428]


def test_flow_grows_until_the_block_is_enough() -> None:
    table = protect({"flow": flow(("employments", 500, [40, 0, 2, 1, 0, 60]))}).tables["flow"]
    assert table["status"].tolist() == [S, S, S, S, R, R]
    lonely = protect({"flow": flow(("matching", 100, [2]))}).tables["flow"]
    assert lonely["status"].tolist() == [S]


def test_years_of_later_treatment_do_not_tell_by_their_difference() -> None:
    table = release_tables(Population(treated=60))["later_treated"]
    assert protect({"later_treated": table}).tables["later_treated"]["status"].tolist() == [R, R, S, R]


def test_ledger_keeps_zeros_and_hides_small_counts() -> None:
    table = pd.DataFrame(
        {"register": "lisa", "rule": ["a", "b", "c"], "rows": [0, 3, 5], "share": [0, 0.1, 0.2], "action": "x"}
    )
    protected = protect({"ledger": table}).tables["ledger"]
    assert protected["status"].tolist() == [R, S, R]
    assert np.isnan(protected.loc[1, "rows"])


def test_population_and_balance_hide_the_same_shares() -> None:
    tables = protect(release_tables(Population(treated=300, seed=2))).tables
    population, balance = tables["population"], tables["balance"]
    hidden = population[(population["sex"] == "all") & (population["status"] == S) & (population["kind"] == "share")]
    for row in hidden.itertuples():
        level = "" if row.level == "yes" else row.level
        same = balance[(balance["covariate"] == row.characteristic) & (balance["level"] == level)]
        assert (same["status"] == S).all()
    assert len(hidden)


def test_a_small_sex_takes_the_means_of_both() -> None:
    rows = [
        ("age", "", "participants", sex, 40.0, "mean", n, "released")
        for sex, n in (("all", 100), ("women", 4), ("men", 96))
    ]
    table = pd.DataFrame(rows, columns=["characteristic", "level", "group", "sex", "value", "kind", "n", "status"])
    assert protect({"population": table}).tables["population"]["status"].tolist() == [R, S, S]


def test_magnitudes() -> None:
    policy = Policy()
    assert magnitude_safe(np.full(50, 100.0), policy)
    assert not magnitude_safe([1e6, 1e6, *[10.0] * 48], policy)  # two hold nearly all
    assert not magnitude_safe([1000, 10, 10, 10], policy)  # p %: the second can compute the first within 2 %
    assert magnitude_safe([0.0, 0.0], policy)
    values = np.column_stack([np.full(40, 1.0), [1e9, *[1.0] * 39]])
    flags = magnitude_flags(values, np.arange(40) < 20, np.ones(40), policy)
    assert flags.tolist() == [True, False]


def test_rounding_leaves_no_exact_share_beside_a_rounded_count() -> None:
    tables = protect(release_tables(Population(treated=303)), Policy(rounding=5)).tables
    effects = tables["effects"][tables["effects"]["status"] == "released"]
    assert (effects["n_treated"] % 5 == 0).all()
    share = effects.loc[effects["unit"] == "share", "treated_mean"]
    np.testing.assert_array_equal(share, share.round(3))
    assert (tables["states"]["n"].dropna() % 5 == 0).all()


def test_zeros_may_be_let_through() -> None:
    table = states_table({"established": 60, "insecure": 50, "no_row": 0})
    assert S in protect({"states": table}).tables["states"]["status"].tolist()
    assert S not in protect({"states": table}, Policy(zeros_disclosive=False)).tables["states"]["status"].tolist()


def test_the_record_has_one_row_a_table_and_tells_no_reasons_apart() -> None:
    protected = protect(release_tables(Population()))
    record = protected.record
    assert record["object"].is_unique
    assert "tables/effects.csv" in record["object"].tolist()
    hidden = {
        name: int((t["status"] == S).sum())
        for name, t in protected.tables.items()
        if name in ("effects", "states", "flow")
    }
    for name, n in hidden.items():
        assert record.loc[record["object"] == f"tables/{name}.csv", "suppressed"].item() == n
    for table in protected.tables.values():
        assert not {"primary", "secondary"} & set(table.astype(str).stack()) - {"secondary"}


def test_frames_of_the_caller_stay_as_they_are() -> None:
    tables = release_tables(Population(treated=100))
    copies = {name: table.copy() for name, table in tables.items()}
    protect(tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, copies[name])


def test_what_has_no_rule_does_not_leave() -> None:
    with pytest.raises(ReleaseError) as caught:
        protect({"persons": pd.DataFrame({"person": [1]}), "flow": pd.DataFrame({"group": ["a"]})})
    assert "persons" in str(caught.value)
    assert "no column step" in str(caught.value)


@pytest.mark.parametrize("wrong", [{"min_count": 2}, {"min_count_margin": 4}, {"unknown": 1}, {"rounding": -1}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        Policy(**wrong)


def test_the_margin_follows_a_stricter_count() -> None:
    assert Policy(min_count=20).min_count_margin == 20


def test_balance_needs_the_sizes_of_the_groups() -> None:
    with pytest.raises(ReleaseError, match="without the number of persons"):
        protect({"balance": release_tables(Population(treated=100))["balance"]})


def test_who_moves_between_clocks() -> None:
    planned = [24119, 24119, 24119, 24119, -1]
    actual = [24119, 24117, 24120, np.nan, np.nan]
    assert moved_between_clocks(planned, actual, "month") == 3
    assert moved_between_clocks(planned, actual, "year") == 2
