"""Several estimands and estimators side by side: a hidden count must not be found by difference between them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from evaluation.disclosure import Policy, protect, write_release
from evaluation.disclosure.rules.beside import reference_of
from tests.disclosure.examples import RELEASE, Population, release_tables
from tests.disclosure.test_rules import R, S, effect, statuses

NEVER = {"estimand": "never", "estimator": "dynamic_matched"}
REMOVED = {"estimand": "never_in_follow_up"}
EQUAL = ["equal_statistic", "equal_freedom", "equal_p"]


def main(**values: object) -> dict:
    return effect(role="primary", **values)


def test_a_rule_that_drops_a_few_sets_gives_way() -> None:
    rows = [main(), effect(**REMOVED, n_treated=197, treated_mean=98 / 197)]
    assert statuses(*rows) == [R, S]
    rows[1] |= {"n_treated": 170, "treated_mean": 0.5}
    assert statuses(*rows) == [R, R]
    rows[1] |= {"n_treated": 170, "treated_mean": 98 / 170}  # two of the thirty dropped have the outcome
    assert statuses(*rows) == [R, R]
    table = protect({"effects": pd.DataFrame(rows)}, Policy.model_validate({"rounding": 5})).tables["effects"]
    assert table.loc[1, ["treated_mean", "control_mean", "n_treated", "n_controls", "ess_controls"]].isna().all()
    assert table.loc[1, ["estimate", "ci_low", "ci_high"]].notna().all()
    rows[1] |= {"n_treated": 200, "treated_mean": 0.5}
    assert statuses(*rows) == [R, R]


def test_the_rows_beside_the_reference_are_compared_with_one_another_too() -> None:
    rows = [
        main(),
        effect(estimator="did", n_treated=150, treated_mean=75 / 150),
        effect(estimator="ipw", n_treated=153, treated_mean=76 / 153),
        effect(estimator="aipw", n_treated=150, treated_mean=75 / 150),
    ]
    assert statuses(*rows) == [R, R, S, R]


def test_the_reference_is_that_of_the_primary_result() -> None:
    rows = [effect(n_treated=197, treated_mean=98 / 197), main(**NEVER)]
    assert reference_of(pd.DataFrame(rows)) == ("never", "dynamic_matched")
    assert statuses(*rows) == [S, R]
    assert reference_of(pd.DataFrame([effect(estimator="did"), effect(**REMOVED)])) == (
        "never_in_follow_up",
        "matched_difference",
    )


def test_another_way_goes_for_its_own_sake_and_leaves_the_primary_result() -> None:
    rows = [main(), effect(estimator="ipw", ess_controls=3.0), effect(**NEVER, control_mean=0.001)]
    assert statuses(*rows) == [R, S, S]


def test_every_way_goes_with_the_reference() -> None:
    rows = [main(control_mean=0.001), effect(estimator="did"), effect(**NEVER), effect(horizon=2, estimator="did")]
    assert statuses(*rows) == [S, S, S, R]


def test_clocks_of_another_rule_are_told_apart_by_its_own_number() -> None:
    rows = [
        main(clock="exit_planned"),
        effect(clock="exit_actual", audit_n_moved=20.0),
        effect(**REMOVED, n_treated=150, audit_n_moved=np.nan),
        effect(**REMOVED, n_treated=150, clock="exit_actual", audit_n_moved=3.0),
    ]
    assert statuses(*rows) == [R, R, R, S]


def test_comparison_persons_of_two_ways_are_no_few_apart() -> None:
    rows = [main(), effect(estimator="did", n_controls=897), effect(estimator="unadjusted", n_controls=898)]
    table = protect({"effects": pd.DataFrame(rows)}).tables["effects"].set_index("estimator")
    assert table["status"].eq(R).all()
    assert table.loc[["matched_difference", "did", "unadjusted"], "n_controls"].tolist() == [900, 900, 898]


def test_a_hidden_other_way_does_not_take_the_states() -> None:
    tables = release_tables(Population(treated=150))
    own = tables["effects"]
    other = own[own["subgroup"].eq("all") & own["estimator"].eq("matched_difference")].assign(
        estimand="never_in_follow_up", ess_controls=2.0
    )
    both = {**tables, "effects": pd.concat([own, other], ignore_index=True)}
    assert protect(both).tables["states"].equals(protect(tables).tables["states"])


def later(*numbers: tuple[str, str, int, int, float]) -> pd.DataFrame:
    table = pd.DataFrame(numbers, columns=["clock", "estimand", "year", "n", "share"])
    return table[["clock", "estimand", "year", "share", "n"]].assign(status=R)


def hidden_later(table: pd.DataFrame, **tables: pd.DataFrame) -> list[str]:
    return protect({"later_treated": table, **tables}).tables["later_treated"]["status"].tolist()


@pytest.mark.parametrize(
    ("n", "share", "status"),
    [(40, 0.1, R), (4, 0.01, S), (0, 0.0, S), (40, 0.92, S), (40, 0.85, R), (40, 1.0, S)],
)
def test_later_treatment_of_few_or_of_nearly_all(n: int, share: float, status: str) -> None:
    assert hidden_later(later(("start", "not_yet", 1, n, share))) == [status]


def test_the_comparison_persons_of_other_tables_bound_those_without_later_treatment() -> None:
    population = release_tables(Population(treated=20))["population"]  # sixty comparison persons
    assert hidden_later(later(("start", "not_yet", 1, 57, 0.5)), population=population) == [S]
    assert hidden_later(later(("start", "not_yet", 1, 50, 0.5)), population=population) == [R]


def test_years_and_rules_of_later_treatment_are_no_few_apart() -> None:
    table = later(
        ("start", "not_yet", 1, 40, 0.1), ("start", "not_yet", 2, 43, 0.11), ("start", "not_yet", 3, 60, 0.15), ("start", "never", 1, 40, 0.1),
        ("start", "never_in_follow_up", 1, 62, 0.155), ("exit_planned", "never_in_follow_up", 1, 62, 0.155),
    )  # fmt: skip
    assert hidden_later(table) == [R, S, R, R, S, S]


def test_later_treatment_hidden_on_one_clock_is_not_read_from_another() -> None:
    table = later(
        ("start", "never_in_follow_up", 1, 52, 0.9), ("exit_planned", "never_in_follow_up", 1, 52, 0.2),
        ("exit_actual", "never_in_follow_up", 2, 50, 0.2), ("exit_actual", "not_yet", 1, 90, 0.3), ("start", "not_yet", 1, 94, 0.3),
    )  # fmt: skip
    assert hidden_later(table.iloc[:2]) == [R, R]
    assert hidden_later(table.iloc[:3]) == [S, S, S]  # 50 beside 52
    few_without = table.assign(share=[0.95, 0.2, 0.2, 0.3, 0.3])  # two or three on the first clock never begin
    assert hidden_later(few_without) == [S, S, S, S, S]


def test_later_treatment_of_the_primary_result_is_kept_before_others() -> None:
    table = later(
        ("exit_actual", "not_yet", 1, 452, 0.11), ("exit_actual", "never_in_follow_up", 1, 627, 0.16), ("exit_planned", "not_yet", 1, 449, 0.11),
        ("exit_planned", "not_yet", 4, 625, 0.16), ("exit_planned", "never_in_follow_up", 1, 627, 0.16), ("start", "not_yet", 1, 365, 0.09),
    )  # fmt: skip
    effects = pd.DataFrame([main(clock="exit_planned", n_treated=1124, n_controls=3860)])
    # 452 lies by 449, and 627 by 625: those of the primary result are told, and nothing that would tell the others
    assert hidden_later(table, effects=effects) == [S, S, R, R, S, R]
    few = table.assign(n=[452, 627, 3, 625, 627, 365])
    assert hidden_later(few, effects=effects)[2] == S  # for its own sake


def subgroups(**women: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Effects and families of two subgroups of a trait and three of another."""
    rows = [main(n_treated=300, treated_mean=0.5)]
    rows += [effect(subgroup="sex=men", n_treated=180), effect(subgroup="sex=women", **({"n_treated": 120} | women))]
    rows += [effect(subgroup=f"age={age}", n_treated=100) for age in ("18-29", "30-49", "50-64")]
    families = [
        {"family": row["subgroup"].split("=")[0], **{k: row[k] for k in ("subgroup", "estimand", "estimator", "clock", "estimate", "std_error")}}
        | {"p": 0.01242, "p_holm": 0.02484, "equal_statistic": 1.234, "equal_freedom": 1, "equal_p": 0.26677, "status": R}
        for row in rows[1:]
    ]  # fmt: skip
    return pd.DataFrame(rows), pd.DataFrame(families)


def protected_families(effects: pd.DataFrame | None, families: pd.DataFrame, **policy: object) -> pd.DataFrame:
    tables = {"families": families} if effects is None else {"families": families, "effects": effects}
    return protect(tables, Policy.model_validate(policy)).tables["families"]


def test_families_are_shown_where_their_effects_are() -> None:
    effects, families = subgroups()
    table = protected_families(effects, families)
    assert table["status"].eq(R).all()
    assert table.equals(families.astype(table.dtypes.to_dict())[list(table)])


def test_a_family_with_a_hidden_subgroup_has_no_joint_test() -> None:
    effects, families = subgroups(treated_mean=0.02)
    table = protected_families(effects, families).set_index("subgroup")
    assert table["status"].tolist() == [S, S, R, R, R]  # the other sex goes with it
    assert table.loc[["sex=men", "sex=women"], [*EQUAL, "estimate", "p", "p_holm"]].isna().all(axis=None)
    assert table.loc[["age=18-29"], EQUAL].notna().all(axis=None)
    hidden_age = effects.assign(status=np.where(effects["subgroup"] == "age=50-64", "not_estimated", R))
    table = protected_families(hidden_age, families).set_index("subgroup")
    assert table.loc[["age=18-29", "age=50-64", "age=30-49"], "status"].tolist() == [S, S, R]
    assert table.loc["age=30-49", EQUAL].isna().all()
    assert table.loc["age=30-49", "p"] == 0.01242


def test_families_without_effects_or_of_another_outcome_go() -> None:
    effects, families = subgroups()
    assert protected_families(None, families)["status"].eq(S).all()
    assert protected_families(effects.assign(role="secondary"), families)["status"].eq(S).all()
    only_other_years = effects.assign(horizon=np.where(effects["subgroup"] == "all", 1, 2))
    assert protected_families(only_other_years, families)["status"].eq(S).all()
    failed = protected_families(effects.assign(status="gate_failed"), families)
    assert failed["status"].eq("gate_failed").all()
    assert failed[["estimate", *EQUAL]].isna().all(axis=None)


def test_families_beside_rounded_effects_are_as_coarse() -> None:
    effects, families = subgroups()
    exact = [0.0512345, 0.0498765, 0.05, 0.0512345, 0.0498765]
    effects["estimate"], families["estimate"] = [0.05, *exact], exact
    protected = protect({"families": families, "effects": effects}, Policy.model_validate({"rounding": 5}))
    table, shown = protected.tables["families"], protected.tables["effects"]
    assert table["estimate"].tolist() == pytest.approx(shown.loc[1:, "estimate"].tolist())
    assert table["std_error"].tolist() == shown.loc[1:, "std_error"].tolist()
    assert table["p"].eq(0.01).all()
    assert table["equal_p"].eq(0.27).all()
    assert table["equal_statistic"].isna().all()


def test_no_families_and_a_whole_release_with_several_ways(tmp_path) -> None:
    tables = release_tables(Population(treated=150))
    own = tables["effects"]
    other = own[own["subgroup"].eq("all") & own["estimator"].eq("matched_difference")].assign(estimator="did")
    effects = pd.concat([own, other], ignore_index=True)
    first = (effects["estimator"] == "matched_difference") & (effects["subgroup"] == "all")
    effects.loc[effects.index[first][0], "role"] = "primary"
    empty = subgroups()[1].iloc[:0]
    protected = protect({**tables, "effects": effects, "families": empty})
    out = write_release(tmp_path / "release", protected, RELEASE)
    assert (out / "tables" / "families.csv").read_text(encoding="utf-8").count("\n") == 1


@pytest.mark.parametrize("seed", range(6))
def test_no_two_rows_shown_in_a_cell_tell_on_a_few(seed: int) -> None:
    """Whole sets dropped at random, by two rules: what is shown is compared pair by pair, with the exact numbers."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    policy, outcome = Policy.model_validate({}), rng.random((6, 200)) < 0.3
    rows = []
    for year, value in enumerate(outcome, 1):
        rows.append(main(horizon=year, treated_mean=value.mean()))
        for rule in ({"estimator": "did"}, REMOVED, NEVER):
            kept = value[rng.random(200) > rng.choice([0.0, 0.01, 0.03, 0.2])]
            rows.append(effect(horizon=year, n_treated=len(kept), treated_mean=kept.mean(), **rule))
    table = pd.DataFrame(rows)
    protected = protect({"effects": table}).tables["effects"]
    assert protected.loc[protected["status"] == R, "estimate"].notna().all()
    shown = table[(protected["status"] == R) & protected["treated_mean"].notna()]  # those shown with their levels
    assert len(shown) >= 6  # the reference at least
    assert shown["role"].eq("primary").sum() == 6
    for _, cell in shown.groupby("horizon"):
        first = cell.iloc[0]
        for row in cell.iloc[1:].itertuples():
            assert not policy.leaves_too_few(first["n_treated"] - row.n_treated)
            without = first["n_treated"] * first["treated_mean"] - row.n_treated * row.treated_mean
            dropped = first["n_treated"] - row.n_treated
            assert dropped == 0 or not policy.tells_on_its_group(without, dropped)
        sizes = sorted(set(cell["n_treated"]))
        assert not any(policy.leaves_too_few(b - a) for a, b in pairwise(sizes))
