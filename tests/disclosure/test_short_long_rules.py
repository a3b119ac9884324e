"""The short indicator against the long outcome: cells stand or fall together, and no number beside another gives a few persons away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.disclosure import Policy, protect
from evaluation.disclosure.differences import difference_problems
from evaluation.report.release import TABLES

POLICY = Policy.model_validate({})
NUMBERS = ["n", "share_of_group", "share", "ci_low", "ci_high"]


def cross(group: str, cells: tuple[int, int, int, int], *, n: tuple[int, int] | None = None) -> list[dict]:
    """Rows of a group: persons self-sufficient and established, self-sufficient and not, established only, neither."""
    a, b, c, d = cells
    n_yes, n_no = n or (a + b, c + d)
    key = {"clock": "exit_planned", "indicator": "self_sufficient", "indicator_definition": "SF1", "month": 18, "outcome": "established",
           "definition": "E2_scb", "year": 4, "group": group, "status": "released"}  # fmt: skip
    rows = []
    for level, size, hit in (("yes", n_yes, a), ("no", n_no, c)):
        share = hit / max(size, 1)
        rows.append(
            key | {"level": level, "n": float(size), "share_of_group": size / max(n_yes + n_no, 1), "share": share,
                   "ci_low": max(share - 0.051, 0), "ci_high": min(share + 0.052, 1), "audit_with": hit, "audit_without": size - hit}
        )  # fmt: skip
    difference = rows[0]["share"] - rows[1]["share"]
    none = {"n": np.nan, "share_of_group": np.nan, "audit_with": 0, "audit_without": 0}
    rows.append(
        key
        | none
        | {"level": "difference", "share": difference, "ci_low": difference - 0.07, "ci_high": difference + 0.07}
    )
    return rows


def margins(cells: tuple[int, int, int, int], *, n: int | None = None, controls: int = 900) -> pd.DataFrame:
    """The effects that tell the margins of the participants: shares self-sufficient in month 18 and established in year 4."""
    a, b, c, d = cells
    n = n or a + b + c + d
    rows = []
    for outcome, definition, horizon, unit, count, role in (
        ("self_sufficient", "SF1", 18, "month", a + b, "secondary"), ("established", "E2_scb", 4, "year", a + c, "primary"),
    ):  # fmt: skip
        rows.append(
            {"outcome": outcome, "definition": definition, "subgroup": "all", "clock": "exit_planned", "horizon": horizon,
             "horizon_unit": unit, "estimand": "not_yet", "estimator": "matched_difference", "estimate": 0.0, "std_error": 0.02,
             "ci_low": -0.04, "ci_high": 0.04, "ci_kind": "pointwise", "treated_mean": count / n, "control_mean": count / n, "n_treated": n,
             "n_controls": controls, "ess_controls": 0.8 * controls, "unit": "share", "margin": 0.02, "role": role, "status": "released"}
        )  # fmt: skip
    return pd.DataFrame(rows)


def protected(rows: list[dict], effects: pd.DataFrame, policy: Policy = POLICY) -> pd.DataFrame:
    found = protect({"effects": effects, "short_long": pd.DataFrame(rows)}, policy).tables["short_long"]
    assert not [name for name in found if name.startswith("audit")]
    return found


def of(table: pd.DataFrame, group: str) -> pd.DataFrame:
    return table[table["group"] == group].set_index("level")


SAFE = (145, 369, 77, 533)


def test_safe_cells_leave_as_they_are() -> None:
    rows = cross("participants", SAFE)
    table = protected(rows, margins(SAFE))
    assert set(table["status"]) == {"released"}
    assert of(table, "participants").loc["yes", "share"] == pytest.approx(145 / 514)
    assert of(table, "participants").loc["yes", "n"] == 514


@pytest.mark.parametrize(
    "cells", [(4, 500, 80, 540), (145, 2, 77, 533), (145, 369, 3, 533), (145, 369, 77, 1), (145, 369, 0, 533)]
)
def test_one_small_cell_hides_all_of_its_group_and_month(cells: tuple[int, int, int, int]) -> None:
    rows = cross("participants", cells) + cross("comparison", SAFE)
    table = protected(rows, margins(cells))
    assert set(of(table, "participants")["status"]) == {"suppressed"}
    assert of(table, "participants")[NUMBERS].isna().all(axis=None)
    assert set(of(table, "comparison")["status"]) == {"released"}


def test_a_level_of_few_persons_goes() -> None:
    """Nine persons are under the least group, though neither cell is under the least count."""
    cells = (5, 5, 200, 600)
    assert set(protected(cross("participants", cells), margins(cells))["status"]) == {"released"}
    strict = Policy.model_validate({"min_count_margin": 11})
    assert set(protected(cross("participants", cells), margins(cells), strict)["status"]) == {"suppressed"}


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("status", ["gate_failed", "not_observed"])
def test_what_the_effects_do_not_tell_the_table_does_not_tell(place: int, status: str) -> None:
    effects = margins(SAFE)
    numbers = list(TABLES["effects"].values)
    effects.loc[place, numbers] = np.nan
    effects.loc[place, "status"] = status
    assert "released" not in set(protected(cross("participants", SAFE), effects)["status"])


def test_a_margin_that_is_suppressed_hides_the_table() -> None:
    cells = (145, 369, 77, 533)
    effects = margins(cells)
    effects.loc[0, "treated_mean"] = 2 / 1124  # too few by the rules of the effects
    table = protected(cross("participants", cells), effects)
    assert set(table["status"]) == {"suppressed"}


def test_without_effects_or_audit_nothing_leaves() -> None:
    rows = pd.DataFrame(cross("participants", SAFE))
    assert set(protect({"short_long": rows}, POLICY).tables["short_long"]["status"]) == {"suppressed"}
    bare = rows.drop(columns=["audit_with", "audit_without"])
    both = protect({"effects": margins(SAFE), "short_long": bare}, POLICY).tables["short_long"]
    assert set(both["status"]) == {"suppressed"}


@pytest.mark.parametrize(("missing", "told"), [(0, True), (3, False), (5, True)])
def test_participants_a_few_short_of_those_printed_have_no_numbers(missing: int, told: bool) -> None:
    rows = cross("participants", SAFE) + cross("comparison", SAFE)
    effects = margins(SAFE, n=sum(SAFE) + missing, controls=sum(SAFE))
    table = protected(rows, effects)
    assert set(table["status"]) == {"released"}
    for group in ("participants", "comparison"):
        found = of(table, group)
        assert found.loc["yes", "n"] == 514 if told else np.isnan(found.loc["yes", "n"])
        exact = abs(found.loc["yes", "share"] - 145 / 514) < 1e-9
        assert exact == told
        assert found.loc["yes", "ci_low"] <= found.loc["yes", "share"] <= found.loc["yes", "ci_high"]
        assert found.loc["difference", "share"] == pytest.approx(found.loc["yes", "share"] - found.loc["no", "share"])


@pytest.mark.parametrize(("controls", "told"), [(1124, True), (1121, False), (1000, True), (612, False), (516, False)])
def test_numbers_of_comparison_persons_tell_no_few_who_stand_twice(controls: int, told: bool) -> None:
    table = protected(cross("comparison", SAFE), margins(SAFE, controls=controls))
    assert np.isfinite(of(table, "comparison").loc["yes", "n"]) == told


def test_rounding_rounds_counts_and_what_would_give_them_back() -> None:
    policy = Policy.model_validate({"rounding": 5})
    found = of(protected(cross("participants", SAFE), margins(SAFE), policy), "participants")
    assert list(found.loc[["yes", "no"], "n"]) == [515, 610]
    assert found.loc["yes", "share"] == pytest.approx(round(145 / 515, 3))
    assert found.loc["yes", "ci_low"] <= 145 / 514 - 0.051
    assert found.loc["yes", "ci_high"] >= 145 / 514 + 0.052
    assert found.loc["difference", "share"] == pytest.approx(found.loc["yes", "share"] - found.loc["no", "share"])


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.integers(0, 25)] * 4).filter(lambda cells: sum(cells) > 45))
def test_a_small_cell_is_never_told_by_the_other_three(cells: tuple[int, int, int, int]) -> None:
    """Both margins may be printed by the effects: then one shown cell gives all four, so a small one leaves none shown."""
    found = protected(cross("participants", cells), margins(cells))
    if min(cells) < POLICY.min_count:
        assert found[NUMBERS].isna().all(axis=None)
    elif (found["status"] == "released").all():
        table = found.set_index("level")
        for level, (hit, miss) in (("yes", cells[:2]), ("no", cells[2:])):
            assert table.loc[level, "n"] * table.loc[level, "share"] == pytest.approx(hit)
            assert table.loc[level, "n"] == hit + miss
    else:
        assert found[NUMBERS].isna().all(axis=None)


def months(group: str, *cells: tuple[int, int, int, int]) -> pd.DataFrame:
    """Cross tables of months 6, 12, ... of one group."""
    rows = [
        row | {"month": 6 * (k + 1)} for k, of_month in enumerate(cells) for row in cross(group, of_month)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def margins_of(n_months: int, n: int, controls: int) -> pd.DataFrame:
    effects = margins((60, 50, 40, 53), n=n, controls=controls)
    short = [effects.iloc[[0]].assign(horizon=6 * (k + 1)) for k in range(n_months)]
    return pd.concat([*short, effects.iloc[[1]]], ignore_index=True)


@pytest.mark.parametrize("group", ["participants", "comparison"])
def test_of_two_months_that_differ_by_a_few_persons_one_has_no_numbers(group: str) -> None:
    """203 and 201 in the cross tables of two months, far from the numbers of the effects: two persons."""
    table = months(group, (60, 50, 40, 53), (60, 50, 40, 51), (60, 50, 40, 40))
    tables = {"effects": margins_of(3, 215, 600), "short_long": table}
    naive = {**tables, "short_long": table.drop(columns=["audit_with", "audit_without"])}
    assert any("cross tables" in problem.given for problem in difference_problems(naive, POLICY))
    protected = protect(tables, POLICY).tables
    assert not difference_problems(protected, POLICY)
    shown = protected["short_long"].query("level != 'difference'").groupby("month")["n"].sum(min_count=2)
    assert shown.notna().tolist() == [True, False, True]
    assert set(protected["short_long"]["status"]) == {"released"}


def test_months_of_the_same_persons_keep_their_numbers() -> None:
    table = months("participants", (60, 50, 40, 53), (70, 50, 30, 53))
    protected = protect({"effects": margins_of(2, 203, 600), "short_long": table}, POLICY).tables
    assert protected["short_long"].query("level != 'difference'")["n"].notna().all()
    assert not difference_problems(protected, POLICY)


@pytest.mark.parametrize("later", [(300, 200, 50, 54), (60, 44, 90, 87)])
def test_a_later_month_of_the_comparison_does_not_tell_on_an_earlier_part(later: tuple[int, int, int, int]) -> None:
    """Whichever stands first, a sum of one month near a part of another tells on the few outside it."""
    table = (
        months("comparison", later, (300, 300, 60, 50))
        if sum(later) == 604
        else months("comparison", (200, 84, 60, 50), later)
    )
    protected = protect({"effects": margins_of(2, 215, 2_000), "short_long": table}, POLICY).tables
    assert not difference_problems(protected, POLICY)
    assert protected["short_long"].query("level != 'difference'")["n"].isna().sum() == 2


def test_a_level_that_could_not_be_estimated_hides_the_other() -> None:
    rows = pd.DataFrame(cross("participants", SAFE))
    rows.loc[rows["level"] == "no", [*NUMBERS, "status"]] = [np.nan] * 5 + ["not_estimated"]
    found = protect({"effects": margins(SAFE), "short_long": rows}, POLICY).tables["short_long"].set_index("level")
    assert found["status"].to_dict() == {"yes": "suppressed", "no": "not_estimated", "difference": "suppressed"}
