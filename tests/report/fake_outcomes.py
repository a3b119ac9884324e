"""Invented outcomes of a release: effects, states and later treatment, by the case that the primary result is to be."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from evaluation.report.release import TABLES

FakeCase = Literal["positive", "negative", "uncertain", "no_difference", "suppressed", "not_observed", "gate_failed"]
CASES: tuple[FakeCase, ...] = (
    "positive", "negative", "uncertain", "no_difference", "suppressed", "not_observed", "gate_failed",
)  # fmt: skip
CLOCKS = ("start", "exit_planned", "exit_actual")
VALUES = TABLES["effects"].values
# what the primary result is in each case: effect per 100 by year, and the standard error
PRIMARY = {
    "positive": ((0.012, 0.031, 0.046, 0.0527), 0.0131),
    "negative": ((-0.061, -0.058, -0.052, -0.0463), 0.0128),
    "uncertain": ((-0.021, 0.004, 0.017, 0.0208), 0.0196),
    "no_difference": ((-0.004, 0.002, 0.001, 0.0031), 0.0062),
}


def effects(case: FakeCase, draw: np.random.Generator) -> pd.DataFrame:
    main, se = PRIMARY.get(case, PRIMARY["positive"])
    rows = []
    levels = {"E1_raks": 0.05, "E2_scb": 0.0, "E3_uka": -0.09, "E4_employed": 0.16, "E5_income": 0.07}
    shift = {"start": -0.012, "exit_planned": 0.0, "exit_actual": 0.018}
    for clock in CLOCKS:
        for definition, level in levels.items():
            for year in range(1, 5):
                role = "primary" if definition == "E2_scb" and clock == "exit_planned" else "secondary"
                extra = {"unit": "share", "margin": 0.02, "role": role}
                effect = main[year - 1] + shift[clock] + 0.1 * level
                control = 0.215 + 0.032 * year + level
                key = ("established", definition, clock, year, "year")
                rows.append(row(*key, "matched_difference", **values(effect, se, control), **extra))
                raw = values(effect + 0.043, 0.7 * se, control - 0.02, n=2987)
                rows.append(row(*key, "unadjusted", **raw, **(extra | {"role": "secondary"})))
                if definition == "E2_scb":
                    band = values(effect, se, control, wide=2.42) | {"ci_kind": "simultaneous"}
                    rows.append(row(*key, "matched_difference", **band, **extra))
        rows += monthly(clock, main[3], draw)
        rows += other(clock, main[3])
    table = pd.DataFrame(rows)
    primary = (table["outcome"] == "established") & (table["definition"] == "E2_scb")
    if case == "suppressed":
        hide(table, primary & (table["horizon"] == 4) & (table["horizon_unit"] == "year"), "suppressed")
    elif case == "not_observed":
        hide(table, (table["horizon"] == 4) & (table["horizon_unit"] == "year"), "not_observed")
        hide(table, (table["horizon"] > 36) & (table["horizon_unit"] == "month"), "not_observed")
    elif case == "gate_failed":
        hide(table, pd.Series(True, index=table.index), "gate_failed")
    order = [
        "outcome",
        "definition",
        "subgroup",
        "clock",
        "horizon_unit",
        "horizon",
        "estimand",
        "estimator",
        "ci_kind",
    ]
    columns = [*order[:4], "horizon", "horizon_unit", "estimand", "estimator", "estimate", "std_error", "ci_low", "ci_high",
               "ci_kind", "treated_mean", "control_mean", "n_treated", "n_controls", "ess_controls", "unit", "margin",
               "role", "status"]  # fmt: skip
    return table.sort_values(order, kind="stable")[columns].reset_index(drop=True)


def monthly(clock: str, late: float, draw: np.random.Generator) -> list[dict]:
    rows = []
    extra = {"unit": "share", "margin": 0.02, "role": "secondary"}
    for month in range(49):
        control = 0.28 + 0.17 * (1 - np.exp(-month / 20)) + 0.004 * float(draw.standard_normal())
        if clock == "start":
            inside = 1 / (1 + np.exp((month - 9) / 1.4))
            treated = inside * 0.985 + (1 - inside) * (control + late * min(1, month / 36) - 0.015)
        else:
            treated = control + late * min(1, month / 30) - 0.048 * np.exp(-month / 8)
        numbers = values(treated - control, 0.0125, control)
        rows.append(row("established", "E4_employed", clock, month, "month", "matched_difference", **numbers, **extra))
    return rows


def other(clock: str, late: float) -> list[dict]:
    rows = []
    share = {"unit": "share", "margin": 0.02, "role": "secondary"}
    for month in (6, 12, 18, 24, 36, 48):
        level = 0.42 + 0.005 * month
        numbers = values(0.5 * late + 0.001 * month, 0.0136, level)
        rows.append(row("self_sufficient", "SF1", clock, month, "month", "matched_difference", **numbers, **share))
        back = values(-0.012, 0.0117, 0.31 - 0.001 * month)
        rows.append(row("returned_to_jobbtorg", "", clock, month, "month", "matched_difference", **back, **share))
    for month in range(0, 49, 6):
        numbers = values(-0.01, 0.0124, 0.52 - 0.004 * month)
        rows.append(row("registered_unemployed", "", clock, month, "month", "matched_difference", **numbers, **share))
    for year in range(1, 5):
        money = {"unit": "sek", "margin": 5000, "role": "secondary"}
        numbers = values(90000 * late + 1250 * year, 2310.5, 84213 + 9137 * year)
        rows.append(row("earnings", "", clock, year, "year", "matched_difference", **numbers, **money))
        raw = values(90000 * late + 6250 * year, 1810.5, 81213 + 9137 * year, n=2987)
        rows.append(row("earnings", "", clock, year, "year", "unadjusted", **raw, **money))
        months = {"unit": "months", "margin": 0.5, "role": "secondary"}
        numbers = values(-7.3 * late - 0.08 * year, 0.1342, 5.12 - 0.43 * year)
        rows.append(row("social_assistance_months", "", clock, year, "year", "matched_difference", **numbers, **months))
        for outcome, effect, se, level in (
            ("unemployment_insurance", 0.061 - 0.011 * year, 0.0112, 0.11),
            ("registered_unemployed", -0.008, 0.0141, 0.47 - 0.02 * year),
            ("studying", -0.013, 0.0061, 0.081),
            ("sick_or_retired", 0.0007, 0.0064, 0.063 + 0.004 * year),
        ):
            numbers = values(effect, se, level)
            rows.append(row(outcome, "", clock, year, "year", "matched_difference", **numbers, **share))
        for definition, level in (("E2_scb", 0.24), ("E4_employed", 0.38)):
            numbers = values(0.6 * late, 0.0109, level - 0.03 * year)
            rows.append(
                row("sustained_established", definition, clock, year, "year", "matched_difference", **numbers, **share)
            )
    return rows


def row(
    outcome: str, definition: str, clock: str, horizon: int, horizon_unit: str, estimator: str, **values: object
) -> dict:
    base = {
        "outcome": outcome,
        "definition": definition,
        "subgroup": "all",
        "clock": clock,
        "horizon": horizon,
        "horizon_unit": horizon_unit,
        "estimand": "not_yet",
        "estimator": estimator,
    }
    return base | values


def values(effect: float, se: float, control: float, *, wide: float = 1.96, n: int = 2893) -> dict:
    return {
        "estimate": effect,
        "std_error": se,
        "ci_low": effect - wide * se,
        "ci_high": effect + wide * se,
        "ci_kind": "pointwise",
        "treated_mean": control + effect,
        "control_mean": control,
        "n_treated": n,
        "n_controls": n - 249,
        "ess_controls": 2391.4,
        "status": "released",
    }


def hide(table: pd.DataFrame, rows: pd.Series, status: str) -> None:
    table.loc[rows, list(VALUES)] = np.nan
    table.loc[rows, "status"] = status


def states(case: FakeCase) -> pd.DataFrame:
    main, _ = PRIMARY.get(case, PRIMARY["positive"])
    rows = []
    for clock in CLOCKS:
        for year in range(1, 5):
            for group in ("participants", "comparison"):
                est = 0.215 + 0.032 * year + (main[year - 1] if group == "participants" else 0)
                rest = 1 - est
                parts = {"established": est, "insecure": 0.19 * rest, "weak": 0.31 * rest, "studying": 0.11 * rest, "outside": 0.33 * rest,
                         "dead": 0.006 * year * rest, "abroad": 0.01 * rest}  # fmt: skip
                parts["no_row"] = 1 - sum(parts.values())
                n = 2893 if group == "participants" else 2644
                hidden = case == "suppressed" and year == 4
                for state, share in parts.items():
                    row = {
                        "clock": clock,
                        "year": year,
                        "group": group,
                        "state": state,
                        "share": share,
                        "n": round(n * share),
                    }
                    row["status"] = "released"
                    if hidden and state in ("established", "insecure"):
                        row |= {"share": np.nan, "n": np.nan, "status": "suppressed"}
                    if case == "not_observed" and year == 4:
                        row |= {"share": np.nan, "n": np.nan, "status": "not_observed"}
                    rows.append(row)
    return pd.DataFrame(rows)


def later_treated() -> pd.DataFrame:
    rows = [
        {
            "clock": clock,
            "estimand": "not_yet",
            "year": year,
            "share": 0.031 * year + 0.012,
            "n": round(2644 * (0.031 * year + 0.012)),
            "status": "released",
        }
        for clock in CLOCKS
        for year in range(1, 5)
    ]
    return pd.DataFrame(rows)
