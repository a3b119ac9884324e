"""Invented checks of robustness: the primary result under other choices, placebo outcomes, and strengths of something hidden."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

KINDS = ("stable", "mostly", "plain", "fragile", "choices", "hidden", "weak")
OWN = {"clock": "exit_planned", "definition": "E2_scb", "year": 4, "method": "nearest", "ratio": 5, "caliper": "0.2", "replace": "false"}  # fmt: skip
GRID = {
    "clock": ("exit_planned", "start"),
    "definition": ("E2_scb", "E1_raks", "E3_uka"),
    "ratio": (5, 1),
    "caliper": ("0.2", "0.1"),
}
EXCEPTIONS = {"clock": "start", "definition": "E1_raks", "year": 3, "method": "optimal", "ratio": 1, "caliper": "none", "replace": "true"}  # fmt: skip
NARROW = "0.05"
CONTOUR = 11


def tables(effects: pd.DataFrame, kind: str) -> dict[str, pd.DataFrame]:
    """The three tables of a release whose effects these are.

    Parameters
    ----------
    kind
        `stable`: the same conclusion in every way; `mostly`: not by one definition; `plain`: not in two ways of no one choice; `fragile`: in few;
        `choices`: every choice has a value with another conclusion; `hidden`: some are protected, and a placebo shows something; `weak`: the bounds
        show nothing.
    """
    primary = effects[(effects["role"] == "primary") & (effects["ci_kind"] == "pointwise") & (effects["horizon"] == 4)]
    main = primary[primary["estimator"] == "matched_difference"].iloc[0]
    found = {
        "specification_curve": _curve(main, kind),
        "placebo": _placebo(kind),
        "sensitivity": _sensitivity(main, kind),
    }
    if main["status"] != "released":
        _hide_all(found, str(main["status"]))
    return found


def _hide_all(found: dict[str, pd.DataFrame], status: str) -> None:
    """Every row as where the primary result is not released."""
    for name in ("specification_curve", "placebo"):
        if name == "specification_curve" or status == "gate_failed":
            _hide(found[name], pd.Series(True, index=found[name].index), status)
    found["sensitivity"]["value"] = np.nan
    found["sensitivity"]["status"] = status


def _hide(table: pd.DataFrame, rows: pd.Series, status: str) -> None:
    table.loc[rows, ["estimate", "std_error", "ci_low", "ci_high"]] = np.nan
    table.loc[rows, "status"] = status


def _specs(kind: str) -> list[dict]:
    if kind == "choices":
        others = [{**OWN, "clock": "exit_actual", "definition": d, "ratio": r} for d in ("E2_scb", "E3_uka", "E4_employed") for r in (2, 3, 4)]  # fmt: skip
        return [OWN, *others, {**OWN, "caliper": NARROW}, *({**OWN, name: value} for name, value in EXCEPTIONS.items())]
    return [{**OWN, **dict(zip(GRID, values, strict=True))} for values in product(*GRID.values())]


def _curve(main: pd.Series, kind: str) -> pd.DataFrame:
    specs = _specs(kind)
    rows = []
    for number, spec in enumerate(specs, 1):
        own = spec == OWN
        estimate, error = float(main["estimate"]), float(main["std_error"])
        estimate += 0.0 if own else 0.001 * (number % 5 - 2)
        if not own and _differs(spec, number, kind):
            estimate, error = (0.0, 0.03) if main["ci_low"] > 0 or main["ci_high"] < 0 else (0.09, 0.02)
        low, high = estimate - 1.96 * error, estimate + 1.96 * error
        if own:
            low, high = float(main["ci_low"]), float(main["ci_high"])
        rows.append(
            {"specification": number, **spec, "primary": str(own).lower(), "estimate": estimate, "std_error": error, "ci_low": low,
             "ci_high": high, "status": "released"}
        )  # fmt: skip
    table = pd.DataFrame(rows)
    if kind == "hidden":
        hide_some = (table["definition"] == "E1_raks") & (table["caliper"] == "0.1")
        _hide(table, hide_some & (table["clock"] == "start"), "suppressed")
        _hide(table, hide_some & (table["clock"] != "start"), "not_estimated")
    return table


def _differs(spec: dict, number: int, kind: str) -> bool:
    if kind == "mostly":
        return spec["definition"] == "E3_uka"
    if kind == "plain":
        return number in (4, 7)
    if kind == "choices":
        return spec["caliper"] == NARROW or any(spec[name] == value for name, value in EXCEPTIONS.items())
    return kind == "fragile" and number > 5


def _placebo(kind: str) -> pd.DataFrame:
    numbers = {"E2_scb": (0.002, 0.006), "E4_employed": (0.012, 0.012)}
    if kind == "hidden":
        numbers["E2_scb"] = (0.061, 0.013)
    rows = [
        {"kind": "before_covariates", "outcome": "established", "definition": name, "clock": "start", "horizon": -4, "horizon_unit": "year",
         "unit": "share", "margin": 0.02, "estimate": estimate, "std_error": error, "ci_low": estimate - 1.96 * error,
         "ci_high": estimate + 1.96 * error, "status": "released"}
        for name, (estimate, error) in numbers.items()
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    if kind == "hidden":
        hide_row = table["definition"] == "E4_employed"
        _hide(table, hide_row, "suppressed")
    return table


def _sensitivity(main: pd.Series, kind: str) -> pd.DataFrame:
    sure = main["ci_low"] > 0 or main["ci_high"] < 0
    estimate = float(main["estimate"])
    weak = kind == "weak" or not sure
    rows = [
        _row("evalue", "estimate", 1.58), _row("evalue", "limit", 1.21 if sure else 1.0),
        _row("rosenbaum", "turn", np.nan if weak else 1.34),
        *(_row("rosenbaum", "p_high", p, gamma=g) for g, p in ((1.0, 0.004), (1.5, 0.31), (2.0, 0.96))),
        _row("robustness_value", "estimate", 0.047), _row("robustness_value", "limit", 0.024 if sure else 0.0),
    ]  # fmt: skip
    for i, covariate in enumerate(("step", "education", "age", "origin")):
        strength = {"r2_treatment": 0.02 / (i + 1), "r2_outcome": 0.018 / (1 + 0.5 * i)}
        moved = estimate - 0.02 / (i + 1) * np.sign(estimate)
        for quantity, value in (("estimate", moved), ("ci_low", moved - 0.025), ("ci_high", moved + 0.025)):
            rows.append(_row("benchmark", quantity, value, covariate=covariate, **strength))
    for x, y in product(np.linspace(0, 0.08, CONTOUR), np.linspace(0, 0.08, CONTOUR)):
        moved = estimate - np.sign(estimate) * 1.1 * np.sqrt(x * y / (1 - x))
        strength = {"r2_treatment": round(x, 5), "r2_outcome": round(y, 5)}
        rows.append(_row("contour", "estimate", moved, **strength))
        rows.append(_row("contour", "limit", moved - 0.025 * np.sign(estimate), **strength))
    return pd.DataFrame(rows)


def _row(kind: str, quantity: str, value: float, **more: object) -> dict:
    base = {
        "kind": kind,
        "quantity": quantity,
        "covariate": "",
        "gamma": np.nan,
        "r2_treatment": np.nan,
        "r2_outcome": np.nan,
    }
    known = bool(np.isfinite(value))
    return base | more | {"value": value, "status": "released" if known else "not_estimated"}
