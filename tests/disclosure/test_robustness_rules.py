"""Checks of robustness in a release: nothing in them counts a few persons, alone or beside the effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.disclosure import Policy, protect, write_release
from evaluation.disclosure.writing import table_bytes
from evaluation.errors import ReleaseError
from tests.disclosure.examples import RELEASE, Population, release_tables
from tests.disclosure.test_rules import R, S, effect

POLICY = Policy.model_validate({"min_count": 5})
CURVE = ["estimate", "std_error", "ci_low", "ci_high"]


def spec(**values: object) -> dict:
    """A specification of a made-up release: 200 participants, 98 of them with the outcome."""
    row = {"specification": 1, "clock": "exit_planned", "definition": "E2_scb", "year": "1", "method": "nearest", "ratio": "5", "caliper": "0.2",
           "replace": "false", "primary": False, "estimate": 0.0512345, "std_error": 0.0312345, "ci_low": -0.0112345, "ci_high": 0.1112345,
           "status": R, "audit_n_treated": 200.0, "audit_n_controls": 900.0, "audit_ess_controls": 700.0, "audit_treated_mean": 0.49,
           "audit_control_mean": 0.43, "audit_n_moved": np.nan}  # fmt: skip
    return row | values


def main(**values: object) -> dict:
    return effect(role="primary", **values)


def curve(*rows: dict, effects: list[dict] | None = None, policy: Policy = POLICY) -> pd.DataFrame:
    numbered = [row | {"specification": i} for i, row in enumerate(rows, 1)]
    tables = {"effects": pd.DataFrame(effects or [main()]), "specification_curve": pd.DataFrame(numbered)}
    return protect(tables, policy).tables["specification_curve"]


def test_no_number_of_persons_leaves_with_them() -> None:
    shown = curve(spec(primary=True), spec(caliper="0.1"))
    assert not [c for c in shown if c.startswith(("n_", "ess", "audit_")) or c.endswith("_mean")]
    assert list(shown["status"]) == [R, R]


@pytest.mark.parametrize("fewer", [1, 2, 3, 4])
def test_nearly_the_same_participants_are_not_shown_beside_one_another(fewer: int) -> None:
    narrow = spec(caliper="0.1", audit_n_treated=200.0 - fewer)
    assert list(curve(spec(primary=True), narrow)["status"]) == [R, S]
    # whichever stands first in the table, the study's own choices stay
    assert list(curve(narrow, spec(primary=True))["status"]) == [S, R]
    wide = [spec(caliper="0.1", audit_n_treated=190.0), spec(caliper="0.05", audit_n_treated=190.0 - fewer)]
    assert list(curve(spec(primary=True), *wide)["status"]) == [R, R, S]


def test_the_same_participants_or_many_fewer_are_shown() -> None:
    rows = [spec(primary=True), spec(ratio="1", audit_n_controls=198.0), spec(caliper="0.1", audit_n_treated=195.0)]
    assert list(curve(*rows)["status"]) == [R, R, R]


def test_another_clock_or_definition_is_another_comparison() -> None:
    other = spec(clock="start", caliper="0.1", audit_n_treated=197.0)
    assert list(curve(spec(primary=True), other)["status"]) == [R, R]


@pytest.mark.parametrize(
    "values",
    [
        {"audit_treated_mean": 3 / 200}, {"audit_treated_mean": 197 / 200}, {"audit_control_mean": 0.001}, {"audit_n_treated": 4.0},
        {"audit_ess_controls": 3.0}, {"audit_n_treated": np.nan}, {"audit_n_moved": 3.0},
    ],
)  # fmt: skip
def test_few_persons_hide_a_way(values: dict) -> None:
    shown = curve(spec(primary=True), spec(clock="exit_actual", **values))
    assert list(shown["status"]) == [R, S]
    assert shown.loc[1, CURVE].isna().all()


def test_a_hidden_result_hides_every_way_to_it() -> None:
    hidden = effect(definition="E4_employed", treated_mean=2 / 200)
    rows = [spec(primary=True), spec(definition="E4_employed"), spec(definition="E4_employed", ratio="1")]
    assert list(curve(*rows, effects=[main(), hidden])["status"]) == [R, S, S]
    gone = [main(treated_mean=2 / 200)]
    assert set(curve(*rows[:1], spec(ratio="1"), effects=gone)["status"]) == {S}


def test_the_study_s_own_design_is_printed_as_the_effects_print_it() -> None:
    for policy in (POLICY, Policy.model_validate({"min_count": 5, "rounding": 5})):
        tables = {"effects": pd.DataFrame([main()]), "specification_curve": pd.DataFrame([spec(primary=True)])}
        out = protect(tables, policy).tables
        for name in CURVE:
            assert out["specification_curve"][name].iloc[0] == out["effects"][name].iloc[0]


def test_limits_go_outwards_and_never_look_surer() -> None:
    exact = spec(ratio="1")
    shown = curve(spec(primary=True), exact).iloc[1]
    assert shown["ci_low"] <= exact["ci_low"]
    assert shown["ci_high"] >= exact["ci_high"]
    assert shown["std_error"] >= exact["std_error"]
    assert abs(shown["estimate"] - exact["estimate"]) <= 0.0025 + 1e-12
    assert shown["ci_low"] <= shown["estimate"] <= shown["ci_high"]


def test_attack_by_fractions_the_number_of_participants_cannot_be_found() -> None:
    """One comparison person each: the difference is k/n. Printed in full it gives n away; as it leaves, every n near fits as well."""
    rng = np.random.Generator(np.random.Philox(key=5))
    for _ in range(200):
        n = int(rng.integers(150, 1500))
        difference = int(rng.integers(-n // 10, n // 10)) / n
        rows = [spec(primary=True, audit_n_treated=float(n)),
                spec(ratio="1", estimate=difference, audit_n_treated=float(n), audit_n_controls=float(n), audit_ess_controls=float(n))]  # fmt: skip
        shown = curve(*rows, effects=[main(n_treated=n)])
        told = float(table_bytes("specification_curve", shown).decode().splitlines()[2].split(",")[9])
        step = next(s for s in (0.001, 0.002, 0.005, 0.01) if s >= 1 / (0.9 * n))
        fitting = [m for m in range(n - 10, n + 11) if abs(round(told * m) / m - told) <= step / 2 + 1e-9]
        assert fitting == list(range(n - 10, n + 11)), (n, difference, told)


def test_attack_by_difference_a_few_dropped_participants_cannot_be_read() -> None:
    """A caliper drops some: with the number kept secret and near ones hidden, nothing shown differs from the main result by fewer than five."""
    rng = np.random.Generator(np.random.Philox(key=6))
    for _ in range(100):
        dropped = rng.integers(0, 9, size=6)
        rows = [spec(primary=True)]
        rows += [spec(caliper=f"0.{i + 3}", audit_n_treated=200.0 - d) for i, d in enumerate(dropped)]
        shown = curve(*rows)
        kept = [200.0] + [200.0 - d for d, s in zip(dropped, shown["status"][1:], strict=True) if s == R]
        for a in kept:
            assert all(a == b or abs(a - b) >= POLICY.min_count for b in kept)


def before(**values: object) -> dict:
    row = {"kind": "before_covariates", "outcome": "established", "definition": "E2_scb", "clock": "start", "horizon": -4,
           "horizon_unit": "year", "unit": "share", "margin": 0.02, "estimate": 0.0123456, "std_error": 0.0212345, "ci_low": -0.03,
           "ci_high": 0.0543, "status": R, "audit_n_treated": 200.0, "audit_n_controls": 900.0, "audit_ess_controls": 700.0,
           "audit_treated_mean": 0.2, "audit_control_mean": 0.19}  # fmt: skip
    return row | values


def test_placebos_are_coarse_and_need_enough_persons() -> None:
    table = pd.DataFrame([before(), before(definition="E4_employed", audit_treated_mean=0.01)])
    shown = protect({"effects": pd.DataFrame([main()]), "placebo": table}, POLICY).tables["placebo"]
    assert list(shown["status"]) == [R, S]
    assert shown["estimate"].iloc[0] == pytest.approx(0.01)
    assert shown["ci_high"].iloc[0] == pytest.approx(0.06)
    assert shown["horizon"].iloc[0] == -4


def strength(kind: str, quantity: str, value: float, **more: object) -> dict:
    row = {"kind": kind, "quantity": quantity, "covariate": "", "gamma": np.nan, "r2_treatment": np.nan, "r2_outcome": np.nan,
           "value": value, "status": R, "audit_n": np.nan}  # fmt: skip
    return row | more


STRENGTHS = [
    strength("evalue", "estimate", 1.23456), strength("rosenbaum", "turn", 1.3489, audit_n=80.0),
    strength("rosenbaum", "p_high", 0.01234, gamma=1.0, audit_n=80.0), strength("benchmark", "estimate", 0.01234, covariate="step", r2_treatment=0.0123456),
]  # fmt: skip


def test_strengths_go_with_the_primary_result() -> None:
    table = pd.DataFrame(STRENGTHS)
    shown = protect({"effects": pd.DataFrame([main()]), "sensitivity": table}, POLICY).tables["sensitivity"]
    assert list(shown["value"]) == [1.23, 1.34, 0.013, 0.012]
    assert shown["r2_treatment"].iloc[3] == 0.0123
    gone = protect({"effects": pd.DataFrame([main(treated_mean=0.01)]), "sensitivity": table}, POLICY).tables[
        "sensitivity"
    ]
    assert set(gone["status"]) == {S}
    assert gone["value"].isna().all()


def test_bounds_of_few_sets_are_hidden() -> None:
    table = pd.DataFrame([STRENGTHS[0], *(row | {"audit_n": 4.0} for row in STRENGTHS[1:3])])
    shown = protect({"effects": pd.DataFrame([main()]), "sensitivity": table}, POLICY).tables["sensitivity"]
    assert list(shown["status"]) == [R, S, S]


def test_nothing_leaves_of_a_design_that_failed() -> None:
    failed = main(status="gate_failed")
    blank = dict.fromkeys(CURVE, np.nan)
    labels = [name for name in spec() if not name.startswith("audit_")]
    tables = {
        "effects": pd.DataFrame([failed]).assign(
            **dict.fromkeys([*CURVE, "treated_mean", "control_mean", "n_treated", "n_controls", "ess_controls"], np.nan)
        ),
        "specification_curve": pd.DataFrame([spec(primary=True)])[labels].assign(**blank, status="gate_failed"),
        "placebo": pd.DataFrame([before()]).assign(status=R),
        "sensitivity": pd.DataFrame(STRENGTHS),
    }
    out = protect(tables, POLICY).tables
    for name, column in (("specification_curve", "estimate"), ("placebo", "estimate"), ("sensitivity", "value")):
        assert set(out[name]["status"]) == {"gate_failed"}
        assert out[name][column].isna().all()


def test_they_are_recorded_and_written(tmp_path) -> None:
    whole = release_tables(Population())
    named = {
        "outcome": "established",
        "clock": "exit_planned",
        "horizon": 1,
        "subgroup": "all",
        "estimator": "matched_difference",
    }
    rows = (whole["effects"][list(named)] == pd.Series(named)).all(axis=1)
    assert rows.sum() == 1
    tables = {
        **whole,
        "effects": whole["effects"].assign(role=np.where(rows, "primary", whole["effects"]["role"])),
        "specification_curve": pd.DataFrame([spec(primary=True), spec(caliper="0.1", audit_n_treated=198.0)]),
        "placebo": pd.DataFrame([before()]),
        "sensitivity": pd.DataFrame(STRENGTHS),
    }
    protected = protect(tables, POLICY)
    record = protected.record.set_index("object")
    assert record.loc["tables/specification_curve.csv", ["cells", "suppressed"]].tolist() == [2, 1]
    assert "no numbers of persons" in record.loc["tables/placebo.csv", "rule"]
    write_release(tmp_path / "out", protected, RELEASE)
    written = pd.read_csv(tmp_path / "out" / "tables" / "specification_curve.csv")
    assert written["primary"].tolist() == [True, False]
    assert written.loc[1, CURVE].isna().all()
    with pytest.raises(ReleaseError, match="n_treated"):
        protect({**tables, "placebo": tables["placebo"].assign(n_treated=200)}, POLICY)
