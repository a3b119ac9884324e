"""Rows that stand or fall together: a trait of everybody, the states and the effects on them, and registers of nearly the same persons."""

from __future__ import annotations

import pandas as pd
import pytest

from evaluation.disclosure import Policy, protect
from evaluation.disclosure.counts import AT_RISK
from evaluation.disclosure.differences import difference_problems
from evaluation.study.estimators import ESTIMATORS
from tests.disclosure.test_rules import R, S, effect, states_table, statuses

POLICY = Policy()
EMPLOYED = {"definition": "E4_employed", "horizon_unit": "month", "clock": "start", "horizon": 0}


def parts(sizes: dict[str, int], lacking: dict[str, int]) -> list[dict]:
    return [
        effect(**EMPLOYED, subgroup=name, n_treated=n, treated_mean=1 - lacking.get(name, 0) / n)
        for name, n in sizes.items()
    ]


SIZES = {"all": 200, "sex=women": 90, "sex=men": 110, "age=18-29": 60, "age=30-64": 140}


def test_what_everybody_has_by_construction_is_shown_where_everybody_has_it() -> None:
    assert statuses(*parts(SIZES, {})) == [R] * 5


def test_one_who_lacks_what_everybody_has_hides_the_whole_horizon() -> None:
    """Shown beside the one hidden subgroup of each family, the others would say that he is a man, and over thirty."""
    lacking = {"all": 1, "sex=men": 1, "age=30-64": 1}
    assert statuses(*parts(SIZES, lacking)) == [S] * 5
    # another horizon, estimand or estimator stands for itself
    other = effect(**EMPLOYED | {"clock": "exit_actual"}, treated_mean=1.0)
    assert statuses(*parts(SIZES, lacking), other) == [S] * 5 + [R]


def studying(counts: dict[str, int], sizes: dict[str, int]) -> pd.DataFrame:
    exact = {"ci_low": 0.0123457, "ci_high": 0.0876543}
    rows = [
        effect(
            outcome="studying",
            definition="",
            subgroup=name,
            n_treated=sizes[name],
            treated_mean=k / sizes[name],
            **exact,
        )
        for name, k in counts.items()
    ]
    main = effect(role="primary", treated_mean=0.3, n_treated=sizes["all"])
    return pd.DataFrame([main, *rows])


def in_states(n: int) -> pd.DataFrame:
    return states_table({"established": 90, "studying": n, "outside": 210 - n})


@pytest.mark.parametrize("more", [1, 2, 4])
def test_a_state_beside_a_hidden_whole_does_not_give_a_subgroup_away(more: int) -> None:
    """The outcome counts a few more than the state, so it is hidden for all; 56 in the state less 54 shown would leave two."""
    sizes = {"all": 300, "born=sweden": 100, "born=abroad": 200}
    effects = studying({"all": 56 + more, "born=sweden": 2 + more, "born=abroad": 54}, sizes)
    tables = {"effects": effects, "states": in_states(56)}
    # as it was: the whole and the small part hidden, the other part shown
    naive = effects.assign(status=[R, S, S, R])
    assert any("subgroups shown" in p.given for p in difference_problems(tables | {"effects": naive}, POLICY))
    protected = protect(tables, POLICY)
    found = protected.tables["effects"]["status"].tolist()
    state = protected.tables["states"].set_index("state").loc["studying", "status"]
    assert found[1] == S
    assert state == S or found[2:] == [S, S]
    assert not difference_problems(protected.tables, POLICY)


def test_what_a_comparison_hides_of_a_state_is_hidden_of_the_participants() -> None:
    sizes = {"all": 300, "born=sweden": 100, "born=abroad": 200}
    effects = studying({"all": 56, "born=sweden": 20, "born=abroad": 36}, sizes)
    few = states_table({"established": 400, "studying": 3, "outside": 497}, group="comparison")
    tables = {"effects": effects, "states": pd.concat([in_states(56), few], ignore_index=True)}
    protected = protect(tables, POLICY).tables
    states = protected["states"].set_index(["group", "state"])["status"]
    assert protected["effects"]["status"].iloc[1] == S
    assert states["comparison", "studying"] == S
    assert states["participants", "studying"] == S


def test_registers_of_nearly_the_same_persons_show_one_number() -> None:
    rows = [
        ("lisa", 2005, 2016, 90_000, 16_523),
        ("persons", 2005, 2016, 16_525, 16_521),
        ("ku", 2005, 2016, 70_000, 16_500),
    ]
    table = pd.DataFrame(rows, columns=["register", "first_year", "last_year", "rows", "persons"])
    shown = protect({"registers": table}, POLICY).tables["registers"]
    assert shown["persons"].tolist() == [16_525, 16_525, 16_500]
    assert shown["rows"].tolist() == [90_000, 16_525, 70_000]
    assert table["persons"].tolist() == [16_523, 16_521, 16_500]


def test_a_register_that_is_hidden_makes_no_level() -> None:
    rows = [("lisa", 2005, 2016, 90_000, 7), ("few", 2005, 2016, 3, 3)]
    table = pd.DataFrame(rows, columns=["register", "first_year", "last_year", "rows", "persons"])
    shown = protect({"registers": table}, POLICY).tables["registers"]
    assert shown["persons"].iloc[0] == 7
    assert shown["status"].tolist() == [R, S]


def test_the_estimators_that_weigh_everybody_at_risk_are_named() -> None:
    assert {name for name, entry in ESTIMATORS.items() if entry.everybody is not None} == set(AT_RISK)


def test_controls_stand_on_the_level_of_their_own_way_of_comparing() -> None:
    """Two fewer are followed, on whose level others compare with everybody at risk: the matched sets are not as many as those."""
    rows = [
        effect(role="primary", n_treated=1124, n_controls=3_870, ess_controls=2_950),
        effect(estimator="ipw", n_treated=1124, n_controls=12_661, ess_controls=9_643),
        effect(horizon=4, n_treated=1122, n_controls=3_860, ess_controls=2_940),
        effect(horizon=4, estimator="ipw", n_treated=1122, n_controls=12_640, ess_controls=9_630),
    ]
    table = protect({"effects": pd.DataFrame(rows)}, POLICY).tables["effects"]
    assert table["n_treated"].tolist() == [1124] * 4
    assert table["n_controls"].tolist() == [3_870, 12_661, 3_870, 12_661]
    assert table["ess_controls"].iloc[2] < 3_000
