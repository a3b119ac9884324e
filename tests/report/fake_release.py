"""Writes a full, plausible release folder with invented numbers: what the report is developed and tested against."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

FakeCase = Literal["positive", "negative", "uncertain", "no_difference", "suppressed", "not_observed", "gate_failed"]
CASES: tuple[FakeCase, ...] = (
    "positive", "negative", "uncertain", "no_difference", "suppressed", "not_observed", "gate_failed",
)  # fmt: skip
CLOCKS = ("start", "exit_planned", "exit_actual")
VALUES = (
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "treated_mean",
    "control_mean",
    "n_treated",
    "n_controls",
    "ess_controls",
)
# what the primary result is in each case: effect per 100 by year, and the standard error
_PRIMARY = {
    "positive": ((0.012, 0.031, 0.046, 0.0527), 0.0131),
    "negative": ((-0.061, -0.058, -0.052, -0.0463), 0.0128),
    "uncertain": ((-0.021, 0.004, 0.017, 0.0208), 0.0196),
    "no_difference": ((-0.004, 0.002, 0.001, 0.0031), 0.0062),
}
_COVARIATES = (
    [("age", "", "number")]
    + [("woman", "", "binary")]
    + [("origin", x, "category") for x in ("sweden", "nordic_eu", "europe", "africa", "asia", "other")]
    + [("years_since_immigration", "", "number")]
    + [("education", x, "category") for x in ("compulsory", "upper_secondary", "post_secondary", "missing")]
    + [("married", "", "binary"), ("children", "", "number")]
    + [("district", str(k), "category") for k in range(1, 15)]
    + [(f"{name}_{lag}", "", "number") for name in ("earnings", "log_earnings") for lag in (1, 2, 3)]
    + [(f"zero_earnings_{lag}", "", "binary") for lag in (1, 2, 3)]
    + [(f"employed_{lag}", "", "binary") for lag in (1, 2, 3)]
    + [("work_months_1", "", "number"), ("work_months_2", "", "number")]
    + [("social_assistance_12", "", "number"), ("social_assistance_24", "", "number")]
    + [("unemployed_12", "", "number"), ("programme_12", "", "number"), ("insurance_12", "", "number")]
    + [("sick_days_1", "", "number"), ("disability_1", "", "binary"), ("student_1", "", "binary")]
    + [("earlier_episodes", "", "number"), ("step", "", "number"), ("no_row_1", "", "binary"), ("score", "", "score")]
)


def write_release(
    path: Path,
    *,
    case: FakeCase = "positive",
    synthetic: bool = True,
    changes: int = 0,
    omit: tuple[str, ...] = (),
    rounding: int | None = None,
    gates: str = "",
    balance: str = "",
    estimand: str = "not_yet",
    role: str = "primary",
    clocks: str = "agree",
    flow: str = "",
    ways: str = "",
    **record: dict,
) -> Path:
    """Write a release folder and return it.

    Parameters
    ----------
    case
        What the primary result is.
    synthetic
        Whether it is a run on synthetic registers.
    changes
        Changes of the design after freezing.
    omit
        Tables without rows; `flow_steps` and `planned_length` leave out some rows.
    rounding
        Base to which counts are rounded, or None.
    gates
        `all_failed`, `unnamed_failed` (no value told), `bound_failed` (a lower bound told) or `other_failed` (a requirement without a text).
    balance
        `reservations` (one characteristic differs), `few_matched`, or `bound_good` and `bound_poor` (the share matched is a lower bound).
    estimand, role
        Of the primary result.
    clocks
        `agree`, `differ`, `flagged` (the study has exit_own and exit_pseudo instead of the actual end) or `one`.
    flow
        `hidden`: the matching's counts are protected; `clocks`: some have no agreed end.
    ways
        `several` estimands and estimators, subgroups and their families; `hidden`: some of each are protected.
    record
        Sections of release.json, joined to what stands there: `cohort={"unit": "employments"}`.
    """
    path = Path(path)
    (path / "tables").mkdir(parents=True, exist_ok=True)
    draw = np.random.Generator(np.random.Philox(key=20))
    failed = case == "gate_failed"
    tables = {
        "effects": _effects(case, draw),
        "flow": _flow(),
        "population": _population(draw),
        "balance": _balance(draw, failed),
        "overlap": _overlap(),
        "ledger": _ledger(),
        "registers": _registers(),
        "definitions": _definitions(),
        "disclosure": _disclosure(),
        "protocol": _protocol(),
    }
    tables |= {"states": _states(case), "later_treated": _later_treated()}
    if ways:
        tables["families"] = _families(estimand, ways, failed)
    if failed:
        tables["states"] = tables["states"].iloc[:0]
        _blank(tables["later_treated"], tables["later_treated"]["year"] > 0, ["share", "n"], "gate_failed")
    for name, table in tables.items():
        changed = _changed(name, table, omit, balance, estimand, role, clocks, flow)
        if ways:
            changed = _with_ways(name, changed, estimand, ways, failed)
        changed.to_csv(path / "tables" / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
    info = _info(failed=failed, synthetic=synthetic, changes=changes, rounding=rounding)
    _change_info(info, gates, balance, estimand)
    for section, values in record.items():
        info[section] = {**info.get(section, {}), **values}
    (path / "release.json").write_text(json.dumps(info, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    files = sorted(p for p in path.rglob("*") if (p.is_file() and p.suffix in (".csv",)) or p.name == "release.json")
    manifest = {"files": {p.relative_to(path).as_posix(): sha256(p.read_bytes()).hexdigest() for p in files}}
    (path / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return path


def _info(*, failed: bool, synthetic: bool, changes: int, rounding: int | None) -> dict:
    largest = 0.274 if failed else 0.0631
    return {
        "schema": 1,
        "synthetic": synthetic,
        "scenario": "default" if synthetic else None,
        "study": {
            "title_sv": "Visstidsanställningar i Stockholms stad 2009–2011 och etablering på arbetsmarknaden",
            "title_en": "Fixed-term employments in the City of Stockholm 2009 to 2011 and establishment in the labour market",
            "question_sv": "Hur gick det för de aspiranter som hade en visstidsanställning i Stockholms stad (deltagarna),"
            " jämfört med liknande aspiranter som inte fick en då (jämförelsegruppen, eller kontrollgruppen)?",
            "question_en": "How did Jobbtorg clients who had a fixed-term employment in the City of Stockholm (participants) fare,"
            " compared with similar clients who did not start one then (the comparison group, or control group)?",
            "commissioner": "Arbetsmarknadsnämnden, Stockholms stad",
            "evaluator": "Provutvärderaren",
            "version": "0.1",
            "date": "2016-11-24",
            "contact": "" if synthetic else "utvardering@example.org",
            "statement_url": "" if synthetic else "example.org/tillganglighet",
            "period": "2009–2011",
        },
        "window": {"first": 24108, "last": 24143},
        "primary": {
            "outcome": "established",
            "definition": "E2_scb",
            "clock": "exit_planned",
            "year": 4,
            "estimand": "not_yet",
        },
        "margins": {"share": 0.02, "sek": 5000, "months": 0.5},
        "price_year": 2016,
        "end_of_data": "2016-12-31",
        "design": {
            "hash": "8c1d0f7a5b2e94638c1d0f7a5b2e94638c1d0f7a5b2e94638c1d0f7a5b2e9463",
            "frozen": True,
            "changes": changes,
            "n_treated_all": 3214,
            "n_treated_eligible": 2987,
            "n_treated_matched": 1804 if failed else 2893,
            "n_controls_matched": 1711 if failed else 2644,
            "n_person_months": 412873,
            "ess_controls": 2391.4,
            "max_smd_after": largest,
            "n_covariates": 33,
            "caliper": 0.2,
            "ratio": 1,
            "exact": ["month", "elapsed_class", "woman"],
            "mde": 0.0352,
        },
        "gates": [
            {"name": "balance", "value": largest, "limit": 0.1, "passed": not failed},
            {"name": "overlap", "value": 0.604 if failed else 0.9685, "limit": 0.8, "passed": not failed},
            {"name": "linkage", "value": 0.979, "limit": 0.9, "passed": True},
            {"name": "size", "value": 0.0352, "limit": 0.05, "passed": True},
        ],
        "min_count": 5,
        "rounding": rounding,
        "software": {
            "python": "3.11.7",
            "numpy": "2.4.6",
            "pandas": "3.1.1",
            "duckdb": "2.0.1",
            "matplotlib": "3.11.2",
        },
        "seed": 1,
    }


def _changed(
    name: str,
    table: pd.DataFrame,
    omit: tuple[str, ...],
    balance: str,
    estimand: str,
    role: str,
    clocks: str,
    flow: str,
) -> pd.DataFrame:
    """The options that change single rows."""
    table = table.copy()
    if name in omit:
        return table.iloc[:0]
    if "clock" in table and clocks == "flagged":
        own = table[table["clock"] == "exit_actual"].assign(clock="exit_own")
        table = pd.concat(
            [table[table["clock"] != "exit_actual"], own, own.assign(clock="exit_pseudo")], ignore_index=True
        )
    if "clock" in table and clocks == "one":
        table = table[table["clock"] == "exit_planned"].reset_index(drop=True)
    if name == "flow" and "flow_steps" in omit:
        return table.iloc[:0]
    if name == "flow" and flow == "hidden":
        _blank(table, table["group"] == "matching", ["n_in", "n_removed", "n_out"])
    if name == "flow" and flow == "clocks":
        row = ("clocks", "planned_exit_known", "participants", 2893, 61, 2832, "released")
        table.loc[len(table)] = dict(zip(table.columns, row, strict=True))
    if name == "later_treated":
        table["estimand"] = estimand
    if name == "population" and "planned_length" in omit:
        return table[table["characteristic"] != "planned_length"]
    if name == "balance" and balance == "reservations":
        table.loc[table["covariate"] == "age", "smd_after"] = 0.14
    if name == "effects":
        table["estimand"] = estimand
        table.loc[table["role"] == "primary", "role"] = role
        if clocks == "differ":
            late = table["clock"] == "exit_actual"
            for column in ("estimate", "ci_low", "ci_high"):
                table.loc[late, column] += 0.12
    return table


def _blank(table: pd.DataFrame, rows: pd.Series, columns: list[str], status: str = "suppressed") -> None:
    for column in columns:
        table[column] = table[column].astype(float)
    table.loc[rows, columns] = np.nan
    table.loc[rows, "status"] = status


def _change_info(info: dict, gates: str, balance: str, estimand: str) -> None:
    info["primary"]["estimand"] = estimand
    if balance == "few_matched":
        info["design"]["n_treated_matched"] = 2500
    if balance in ("bound_good", "bound_poor"):
        info["design"]["n_treated_eligible"] = None
        info["gates"][1] |= {"value": 0.9 if balance == "bound_good" else 0.8, "bound": "at_least"}
    if balance == "reservations":
        info["gates"][0] |= {"limit": 0.2, "value": 0.14}
    if estimand == "never":
        info["design"]["ratio"] = 5
    if gates == "all_failed":
        info["gates"] = [gate | {"passed": False} for gate in info["gates"]]
    elif gates == "unnamed_failed":
        info["gates"] = [{"name": "balance", "value": None, "limit": None, "passed": False}]
    elif gates == "bound_failed":
        info["design"]["n_treated_eligible"] = None
        info["gates"][1] |= {"value": 0.7, "bound": "at_least", "passed": False}
    elif gates == "other_failed":
        info["gates"].append({"name": "placebo", "value": 0.21, "limit": 0.1, "passed": False})


def _row(
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


def _values(effect: float, se: float, control: float, *, wide: float = 1.96, n: int = 2893) -> dict:
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


def _effects(case: FakeCase, draw: np.random.Generator) -> pd.DataFrame:
    main, se = _PRIMARY.get(case, _PRIMARY["positive"])
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
                rows.append(_row(*key, "matched_difference", **_values(effect, se, control), **extra))
                raw = _values(effect + 0.043, 0.7 * se, control - 0.02, n=2987)
                rows.append(_row(*key, "unadjusted", **raw, **(extra | {"role": "secondary"})))
                if definition == "E2_scb":
                    band = _values(effect, se, control, wide=2.42) | {"ci_kind": "simultaneous"}
                    rows.append(_row(*key, "matched_difference", **band, **extra))
        rows += _monthly(clock, main[3], draw)
        rows += _other(clock, main[3])
    table = pd.DataFrame(rows)
    primary = (table["outcome"] == "established") & (table["definition"] == "E2_scb")
    if case == "suppressed":
        _hide(table, primary & (table["horizon"] == 4) & (table["horizon_unit"] == "year"), "suppressed")
    elif case == "not_observed":
        _hide(table, (table["horizon"] == 4) & (table["horizon_unit"] == "year"), "not_observed")
        _hide(table, (table["horizon"] > 36) & (table["horizon_unit"] == "month"), "not_observed")
    elif case == "gate_failed":
        _hide(table, pd.Series(True, index=table.index), "gate_failed")
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


def _monthly(clock: str, late: float, draw: np.random.Generator) -> list[dict]:
    rows = []
    extra = {"unit": "share", "margin": 0.02, "role": "secondary"}
    for month in range(49):
        control = 0.28 + 0.17 * (1 - np.exp(-month / 20)) + 0.004 * float(draw.standard_normal())
        if clock == "start":
            inside = 1 / (1 + np.exp((month - 9) / 1.4))
            treated = inside * 0.985 + (1 - inside) * (control + late * min(1, month / 36) - 0.015)
        else:
            treated = control + late * min(1, month / 30) - 0.02 * np.exp(-month / 8)
        values = _values(treated - control, 0.0125, control)
        rows.append(_row("established", "E4_employed", clock, month, "month", "matched_difference", **values, **extra))
    return rows


def _other(clock: str, late: float) -> list[dict]:
    rows = []
    share = {"unit": "share", "margin": 0.02, "role": "secondary"}
    for month in (6, 12, 18, 24, 36, 48):
        level = 0.42 + 0.005 * month
        values = _values(0.5 * late + 0.001 * month, 0.0136, level)
        rows.append(_row("self_sufficient", "SF1", clock, month, "month", "matched_difference", **values, **share))
        back = _values(-0.012, 0.0117, 0.31 - 0.001 * month)
        rows.append(_row("returned_to_jobbtorg", "", clock, month, "month", "matched_difference", **back, **share))
    for month in range(0, 49, 6):
        values = _values(-0.01, 0.0124, 0.52 - 0.004 * month)
        rows.append(_row("registered_unemployed", "", clock, month, "month", "matched_difference", **values, **share))
    for year in range(1, 5):
        money = {"unit": "sek", "margin": 5000, "role": "secondary"}
        values = _values(90000 * late + 1250 * year, 2310.5, 84213 + 9137 * year)
        rows.append(_row("earnings", "", clock, year, "year", "matched_difference", **values, **money))
        raw = _values(90000 * late + 6250 * year, 1810.5, 81213 + 9137 * year, n=2987)
        rows.append(_row("earnings", "", clock, year, "year", "unadjusted", **raw, **money))
        months = {"unit": "months", "margin": 0.5, "role": "secondary"}
        values = _values(-7.3 * late - 0.08 * year, 0.1342, 5.12 - 0.43 * year)
        rows.append(_row("social_assistance_months", "", clock, year, "year", "matched_difference", **values, **months))
        for outcome, effect, se, level in (
            ("unemployment_insurance", 0.061 - 0.011 * year, 0.0112, 0.11),
            ("registered_unemployed", -0.008, 0.0141, 0.47 - 0.02 * year),
            ("studying", -0.013, 0.0061, 0.081),
            ("sick_or_retired", 0.0007, 0.0064, 0.063 + 0.004 * year),
        ):
            values = _values(effect, se, level)
            rows.append(_row(outcome, "", clock, year, "year", "matched_difference", **values, **share))
        for definition, level in (("E2_scb", 0.24), ("E4_employed", 0.38)):
            values = _values(0.6 * late, 0.0109, level - 0.03 * year)
            rows.append(
                _row("sustained_established", definition, clock, year, "year", "matched_difference", **values, **share)
            )
    return rows


def _hide(table: pd.DataFrame, rows: pd.Series, status: str) -> None:
    table.loc[rows, list(VALUES)] = np.nan
    table.loc[rows, "status"] = status


def _flow() -> pd.DataFrame:
    chains = {
        "employments": (7613, (("delivered", "rows", 0), ("usable", "rows", 164), ("fixed_term", "rows", 1402), ("merged", "employments", 316),
                               ("first", "persons", 621), ("in_window", "persons", 1896), ("enrolled", "persons", 131),
                               ("aged", "persons", 41), ("resident", "persons", 55))),
        "enrolments": (41288, (("delivered", "rows", 0), ("usable", "rows", 812), ("merged", "episodes", 3217),
                               ("in_window", "episodes", 8841), ("persons", "persons", 4203), ("not_begun", "persons", 251),
                               ("aged", "persons", 1207), ("resident", "persons", 388))),
        "matching": (2987, (("no_comparable_person", "participants", 94),)),
    }  # fmt: skip
    rows = []
    for group, (start, steps) in chains.items():
        n = start
        for step, unit, removed in steps:
            row = {"group": group, "step": step, "unit": unit, "n_in": n, "n_removed": removed}
            rows.append(row | {"n_out": n - removed, "status": "released"})
            n -= removed
    return pd.DataFrame(rows)


def _population(draw: np.random.Generator) -> pd.DataFrame:
    shares = {("origin", "sweden"): 0.41, ("origin", "nordic_eu"): 0.06, ("origin", "europe"): 0.07, ("origin", "africa"): 0.22,
              ("origin", "asia"): 0.19, ("origin", "other"): 0.05, ("education", "compulsory"): 0.47,
              ("education", "upper_secondary"): 0.36, ("education", "post_secondary"): 0.13, ("education", "missing"): 0.04,
              ("married", ""): 0.27, ("zero_earnings_1", ""): 0.52, ("workplace_type", "regular"): 0.58,
              ("workplace_type", "created"): 0.42}  # fmt: skip
    means = {("age", ""): 36.4, ("children", ""): 0.92, ("earnings_1", ""): 41833.0, ("social_assistance_12", ""): 7.84,
             ("planned_length", ""): 9.3}  # fmt: skip
    counts = {"participants": {"all": 2893, "women": 1192, "men": 1701}, "comparison_before": {"all": 18240, "women": 8121, "men": 10119},
              "comparison_after": {"all": 2644, "women": 1087, "men": 1557}}  # fmt: skip
    rows = []
    for (characteristic, level), value in (shares | means).items():
        kind = "share" if (characteristic, level) in shares else "mean"
        for group, by_sex in counts.items():
            if characteristic in ("workplace_type", "planned_length") and group != "participants":
                continue
            for sex, n in by_sex.items():
                factor = 1 + {"participants": 0, "comparison_before": 0.12, "comparison_after": 0.01}[group]
                shown = value * factor * float(1 + 0.03 * draw.standard_normal())
                status = (
                    "suppressed" if (characteristic, level, sex) == ("education", "missing", "women") else "released"
                )
                row = {"characteristic": characteristic, "level": level, "group": group, "sex": sex, "value": shown}
                row |= {"kind": kind, "n": float(n), "status": status}
                rows.append(row | ({"value": np.nan, "n": np.nan} if status == "suppressed" else {}))
    return pd.DataFrame(rows)


def _balance(draw: np.random.Generator, failed: bool) -> pd.DataFrame:
    rows = []
    for i, (covariate, level, kind) in enumerate(_COVARIATES):
        before = float(0.16 * draw.standard_normal())
        after = before * 0.15 + float(0.012 * draw.standard_normal())
        after = float(np.clip(after, -0.0631, 0.0631))
        if covariate == "social_assistance_12":
            before, after = 0.412, 0.274 if failed else 0.0631
        mean = 36.4 if covariate == "age" else 41833.0 if covariate.startswith("earnings_") else 0.31 + 0.005 * i
        spread = 10.8 if covariate == "age" else 61200.0 if covariate.startswith("earnings_") else 0.46
        row = {"covariate": covariate, "level": level, "kind": kind, "treated_mean": mean}
        row |= {"control_mean_before": mean - before * spread, "control_mean_after": mean - after * spread}
        row |= {"smd_before": before, "smd_after": after, "variance_ratio_before": 1.1, "variance_ratio_after": 1.02}
        rows.append(row | {"ks_before": abs(before) / 2, "ks_after": abs(after) / 2, "status": "released"})
    return pd.DataFrame(rows)


def _overlap() -> pd.DataFrame:
    edges = np.linspace(-7, -1, 25)
    middle = (edges[:-1] + edges[1:]) / 2
    centres = {"participants": (-3.6, 0.8), "comparison_before": (-4.4, 0.9), "comparison_after": (-3.62, 0.79)}
    rows = []
    for group, (mean, spread) in centres.items():
        share = np.exp(-0.5 * ((middle - mean) / spread) ** 2)
        share /= share.sum()
        total = {"participants": 2893, "comparison_before": 18240, "comparison_after": 2644}[group]
        for low, high, value in zip(edges[:-1], edges[1:], share, strict=True):
            n = round(total * value)
            row = {"bin_low": low, "bin_high": high, "group": group, "share": value, "n": n, "status": "released"}
            rows.append(row | ({"share": np.nan, "n": np.nan, "status": "suppressed"} if n < 5 else {}))
    return pd.DataFrame(rows)


def _states(case: FakeCase) -> pd.DataFrame:
    main, _ = _PRIMARY.get(case, _PRIMARY["positive"])
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


def _later_treated() -> pd.DataFrame:
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


WAYS = (("not_yet", "did", CLOCKS), ("not_yet", "matched_regression", CLOCKS), ("not_yet", "ipw", ("start",)), ("not_yet", "aipw", ("start",)),
        ("never", "dynamic_matched", CLOCKS), ("never", "dynamic", ("start",)), ("never_in_follow_up", "matched_difference", CLOCKS))  # fmt: skip
SUBGROUPS = {"sex": ("women", "men"), "origin": ("born_in_sweden", "foreign_born"), "age": ("18-29", "30-49", "50-64"),
             "planned_length": ("short", "long"), "start_year": ("2009", "2010", "2011"), "education": ("compulsory", "upper_secondary")}  # fmt: skip
EQUAL_P = {"sex": 0.62, "origin": 0.0004, "age": 0.03, "planned_length": 0.5, "start_year": 0.9, "education": 0.7}
HIDDEN_SUBGROUP = "education=compulsory"


def _with_ways(name: str, table: pd.DataFrame, estimand: str, ways: str, failed: bool) -> pd.DataFrame:
    """Rows of other estimands and estimators, and of subgroups, copied from those of the primary outcome."""
    if name == "later_treated":
        others = [
            table.assign(estimand=other) for other in ("not_yet", "never", "never_in_follow_up") if other != estimand
        ]
        table = pd.concat([table, *others], ignore_index=True)
        if ways == "hidden":
            _blank(table, (table["estimand"] == "never") & (table["year"] == 1), ["share", "n"])
    if name != "effects":
        return table
    primary = (
        (table["outcome"] == "established") & (table["definition"] == "E2_scb") & (table["horizon_unit"] == "year")
    )
    main = table[primary & (table["estimator"] == "matched_difference") & (table["ci_kind"] == "pointwise")]
    parts = [table]
    for rule, estimator, clocks in WAYS:
        if (rule, estimator) != (estimand, "matched_difference"):
            rows = main[main["clock"].isin(clocks)].assign(estimand=rule, estimator=estimator, role="secondary")
            parts.append(rows)
    for family, levels in SUBGROUPS.items():
        for i, level in enumerate(levels):
            rows = main.assign(subgroup=f"{family}={level}", role="secondary")
            for column in ("estimate", "ci_low", "ci_high", "treated_mean"):
                rows[column] += 0.01 * i
            parts.append(rows)
    found = pd.concat(parts, ignore_index=True)
    if ways == "hidden":
        levels = ["treated_mean", "control_mean", "n_treated", "n_controls", "ess_controls"]
        found.loc[found["estimator"].isin(["ipw", "unadjusted"]), levels] = np.nan  # released without their means
        _hide(found, (found["subgroup"] == HIDDEN_SUBGROUP) | (found["estimator"] == "did"), "suppressed")
    return found


def _families(estimand: str, ways: str, failed: bool) -> pd.DataFrame:
    rows = [
        {"family": family, "subgroup": f"{family}={level}", "estimand": estimand, "estimator": "matched_difference", "clock": "exit_planned",
         "estimate": 0.05, "std_error": 0.02, "p": 0.01, "p_holm": 0.02, "equal_statistic": 1.2, "equal_freedom": float(len(levels) - 1),
         "equal_p": EQUAL_P[family], "status": "released"}
        for family, levels in SUBGROUPS.items() for level in levels
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    numbers = ["estimate", "std_error", "p", "p_holm", "equal_statistic", "equal_freedom", "equal_p"]
    if ways == "hidden":
        table.loc[table["family"] == "education", numbers[-3:]] = np.nan
        _blank(table, table["subgroup"] == HIDDEN_SUBGROUP, numbers)
    if failed:
        _blank(table, table["status"] != "", numbers, "gate_failed")
    return table


def _ledger() -> pd.DataFrame:
    found = (("lisa", "duplicate_person_year", 412, 0.0021, "dropped"), ("af_categories", "overlap", 2941, 0.0132, "ended on the day before the next row starts"),
             ("enrolments", "missing_end", 318, 0.0061, "the planned last day put in"), ("enrolments", "bulk_closed", 741, 0.0142, "the last day counts as missing"),
             ("employments", "day_month_swap", 37, 0.0048, "day and month put back"), ("key", "ten_digit", 1204, 0.0287, "century put in front"),
             ("deaths", "incomplete_date", 22, 0.0312, "June of the year where the month is unknown"),
             ("employments", "planned_end_before_start", 12, 0.0016, "the planned last day counts as missing"),
             ("employments", "missing_planned_end", 71, 0.0093, "kept; no month of planned exit, so not followed from it, and of no planned length"),
             ("lisa", "unknown_sex", 9, 0.0001, "counts as missing; the earliest year that tells the sex decides"),
             ("steps", "not_delivered", 0, 0.0, "the covariate step is 0 (none registered) for everybody, and tells nothing"),
             ("migration", "no_rows", 0, 0.0, "as if the event had happened to nobody"),
             ("lisa", "unknown_code", 0, 0.0, "kept as it is"))  # fmt: skip
    return pd.DataFrame(found, columns=["register", "rule", "rows", "share", "action"]).assign(status="released")


def _registers() -> pd.DataFrame:
    found = (("lisa", 2005, 2016, 214311, 20134), ("ku", 2005, 2016, 318244, 18411), ("af_categories", 2005, 2016, 221934, 17341),
             ("social_assistance", 2005, 2016, 88131, 14022), ("enrolments", 2008, 2016, 41288, 19873),
             ("employments", 2009, 2014, 7613, 5210))  # fmt: skip
    return pd.DataFrame(found, columns=["register", "first_year", "last_year", "rows", "persons"]).assign(
        status="released"
    )


def _definitions() -> pd.DataFrame:
    rows = []
    for year, high, low in (
        (2013, 177700, 150400),
        (2014, 182700, 154600),
        (2015, 187100, 158300),
        (2016, 191800, 162300),
    ):
        for name, value in (("established_from", high), ("insecure_from", low)):
            status = "found" if year == 2015 else "derived"
            rows.append(("establishment_limits", str(year), name, value, "SEK", "Skolverket", status))
    for year, value in ((2013, 44500), (2014, 44400), (2015, 44500), (2016, 44300)):
        rows.append(("base_amounts", str(year), "price_base_amount", value, "SEK", "SCB, LISA", "found"))
        rows.append(
            (
                "establishment_limits",
                str(year),
                "uka_limit",
                200000 + 100 * (year - 2010),
                "SEK",
                "UKÄ 2020, räknat bakåt",
                "assumed",
            )
        )
    rows.append(("employment_kinds", "", "Stockholmsvärd", "created", "code", "this project's proposal", "assumed"))
    for code in ("11 (1991-08-01 to 9999-12-31)", "47 (2015-08-01 to 9999-12-31)", "48 (1991-08-01 to 2015-07-31)",
                 "55 (2010-01-01 to 2010-12-31)"):  # fmt: skip
        rows.append(("employment_service_categories", "", code, "programme", "code", "SCB, LISA", "found"))
    rows.append(("rules", "", "sick_days_from", 180, "days", "this project", "assumed"))
    return pd.DataFrame(rows, columns=["table", "year", "name", "value", "unit", "source", "status"])


def _disclosure() -> pd.DataFrame:
    rows = (
        ("tables/effects.csv", "least count", 1824, 0, ""),
        ("tables/population.csv", "least count", 153, 3, ""),
        ("tables/overlap.csv", "least count", 72, 9, ""),
    )
    return pd.DataFrame(rows, columns=["object", "rule", "cells", "suppressed", "note"])


def _protocol() -> pd.DataFrame:
    rows = (
        ("eligibility", "Clients of Jobbtorg, aged 18–64, without an earlier fixed-term employment", "The same, by registers",
         "People whom the registers cannot link are left out"),
        ("strategies", "Start a fixed-term employment this month; or do not", "The same", "None"),
        ("assignment", "By lot among those enrolled in the month", "Matching on what was known before the month",
         "Depends on the registers holding what caseworkers go by"),
        ("time zero", "The start", "The start, the planned exit and the actual exit", "Three clocks are reported"),
        ("outcome", "Establishment in years 1–4", "The same, by Statistics Sweden's registers", "Yearly data"),
        ("analysis", "Difference in means", "Difference in the matched sample, clustered by person and set", "None"),
    )  # fmt: skip
    both = [(language, *row) for language in ("sv", "en") for row in rows]
    return pd.DataFrame(both, columns=["language", "element", "ideal", "study", "deviation"])
