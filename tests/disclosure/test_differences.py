"""The guard: each mend undone by hand is found in the tables as they would be written, and protected tables pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from evaluation.disclosure import Policy, protect, write_release
from evaluation.disclosure.counts import KnownControls
from evaluation.disclosure.differences import difference_problems
from evaluation.errors import ReleaseError
from tests.disclosure.examples import RELEASE, Population, flow, release_tables
from tests.disclosure.test_nested import people, returned
from tests.disclosure.test_nested import states as four_years
from tests.disclosure.test_rules import effect

POLICY = Policy()
EXACT = {"ci_low": 0.0123457, "ci_high": 0.0876543}  # limits as they are computed, on no step
Tables = dict[str, pd.DataFrame]


def later(*counts: int) -> pd.DataFrame:
    rows = [("start", "not_yet", k + 1, n / 900, n, "released") for k, n in enumerate(counts)]
    return pd.DataFrame(rows, columns=["clock", "estimand", "year", "share", "n", "status"])


def students(n: int, count: int) -> Tables:
    """300 participants, ``n`` in the state studying and ``count`` with the outcome."""
    rows = [
        ("exit_planned", 1, "participants", state, k / 300, k, "released")
        for state, k in (("established", 90), ("studying", n), ("outside", 210 - n))
    ]
    states = pd.DataFrame(rows, columns=["clock", "year", "group", "state", "share", "n", "status"])
    studying = effect(outcome="studying", definition="", treated_mean=count / 300, n_treated=300, **EXACT)
    main = effect(role="primary", treated_mean=90 / 300, n_treated=300)
    return {"effects": pd.DataFrame([main, studying]), "states": states}


def at_risk(n_controls: int) -> Tables:
    """A weighted estimate of ``n_controls`` persons at risk, beside a flow that ends with 5,000."""
    rows = [effect(role="primary"), effect(estimator="ipw", n_controls=n_controls, ess_controls=3_000.0)]
    return {"effects": pd.DataFrame(rows), "flow": flow(("enrolments", 5_040, [30, 10]))}


def moved() -> Tables:
    """One outcome followed for three fewer, so that its row stands on the level of the others."""
    rows = [
        effect(role="primary", n_treated=1124, treated_mean=562 / 1124, **EXACT),
        effect(horizon=2, n_treated=1121, treated_mean=400 / 1121, control_mean=0.4517321, **EXACT),
    ]
    return {"effects": pd.DataFrame(rows)}


UNDONE: dict[str, Callable[[], Tables]] = {
    "one of which holds the other": lambda: {
        "effects": pd.DataFrame([returned(40, 6, **EXACT), returned(43, 12, **EXACT)])
    },
    "one of which holds the other, differ": lambda: {
        "effects": pd.DataFrame(
            [returned(40, 6, control_mean=0.2, **EXACT), returned(60, 12, control_mean=0.2 + 2 / 900, **EXACT)]
        )
    },
    "the dead of": lambda: {"states": four_years(dead=[10, 18, 21, 40], no_row=[9, 9, 9, 9])},
    "states and the effect": lambda: students(40, 43),
    "began later": lambda: {"later_treated": later(40, 43, 90)},
    "comparison persons": lambda: at_risk(4_997),
}


@pytest.mark.parametrize("said", UNDONE, ids=str)
def test_what_the_rules_mend_the_guard_finds(said: str) -> None:
    tables = UNDONE[said]()
    problems = difference_problems(tables, POLICY)
    assert any(said in problem.given for problem in problems), problems
    protected = protect(tables, POLICY)
    assert not difference_problems(protected.tables, POLICY)
    assert not difference_problems(tables, Policy(rounding=5))


def test_a_comparison_finer_than_the_participants_is_found() -> None:
    protected = protect(moved(), POLICY).tables
    assert protected["effects"]["n_treated"].tolist() == [1124, 1124]
    assert not difference_problems(protected, POLICY)
    finer = protected["effects"].assign(control_mean=[0.45, 0.4517321])
    assert any("finer" in problem.given for problem in difference_problems({"effects": finer}, POLICY))


def test_a_release_is_refused_where_the_guard_finds_something(tmp_path: Path) -> None:
    protected = protect({"effects": pd.DataFrame([returned(40, 6, **EXACT), returned(60, 12, **EXACT)])}, POLICY)
    protected.tables["effects"].loc[0, "treated_mean"] = 57 / 200  # as if a rule had failed
    with pytest.raises(ReleaseError, match="one of which holds the other"):
        write_release(tmp_path / "out", protected, RELEASE)


@pytest.mark.parametrize("seed", range(3))
def test_protected_tables_pass(seed: int) -> None:
    tables = release_tables(Population(treated=300, controls=3, seed=seed + 1))
    for effects in (tables["effects"], people(seed)):
        assert not difference_problems(protect(tables | {"effects": effects}, POLICY).tables, POLICY)


def test_only_the_number_of_controls_goes_where_it_lies_near_another() -> None:
    table = protect(at_risk(4_997), POLICY).tables["effects"]
    assert table["status"].tolist() == ["released", "released"]
    assert table["n_controls"].isna().tolist() == [False, True]
    assert table["ess_controls"].isna().tolist() == [False, True]
    assert table.loc[1, ["estimate", "std_error", "ci_low", "treated_mean", "control_mean", "n_treated"]].tolist() == [
        0.05, 0.02, 0.01, 0.5, 0.45, 200,
    ]  # fmt: skip
    for n in (5_000, 4_995):
        assert protect(at_risk(n), POLICY).tables["effects"]["n_controls"].tolist() == [900, n]


def test_known_controls_are_read_from_the_tables() -> None:
    tables = release_tables(Population())
    known = KnownControls.of(tables["population"], flow(("enrolments", 5_040, [30, 10]), ("employments", 400, [3])))
    assert known.matched == tables["population"].query("group == 'comparison_after' and sex == 'all'")["n"].max()
    assert known.at_risk == {5_040, 5_010, 5_000}
    assert KnownControls.of(None, None).at_risk == frozenset()
