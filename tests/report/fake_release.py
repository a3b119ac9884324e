"""Writes a full, plausible release folder with invented numbers: what the report is developed and tested against."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from tests.report import fake_outcomes, fake_pairs, fake_robustness, fake_tables
from tests.report.fake_outcomes import CLOCKS, FakeCase, hide


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
    pairs: str = "",
    robustness: str = "stable",
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
        `several` estimands and estimators, subgroups and their families; `hidden`: some of each are protected; `differ`: workplaces differ; `equal`: no
        subgroups do.
    pairs
        What results read together say (:mod:`tests.report.fake_pairs`): `work`, `opposite`, `weak`, `reverse`, `uncertain`, `protected`,
        `one_protected`, `no_counts`; `none`: a release without the table of the short indicator.
    robustness
        What checks say (:data:`tests.report.fake_robustness.KINDS`); empty: a release without them.
    record
        Sections of release.json, joined to what stands there: `cohort={"unit": "employments"}`.
    """
    path = Path(path)
    (path / "tables").mkdir(parents=True, exist_ok=True)
    draw = np.random.Generator(np.random.Philox(key=20))
    failed = case == "gate_failed"
    tables = {
        "effects": fake_outcomes.effects(case, draw),
        "flow": fake_tables.flow(),
        "population": fake_tables.population(draw),
        "balance": fake_tables.balance(draw, failed),
        "overlap": fake_tables.overlap(),
        "ledger": fake_tables.ledger(),
        "registers": fake_tables.registers(),
        "definitions": fake_tables.definitions(),
        "disclosure": fake_tables.disclosure(),
        "protocol": fake_tables.protocol(),
    }
    tables |= {"states": fake_outcomes.states(case), "later_treated": fake_outcomes.later_treated()}
    tables["effects"] = fake_pairs.change_effects(tables["effects"], pairs)
    if pairs != "none":
        tables["short_long"] = fake_pairs.short_long(case, pairs)
    if robustness:
        tables |= fake_robustness.tables(tables["effects"], robustness)
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
            "evaluation": "0.1.0",
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


WAYS = (("not_yet", "did", CLOCKS), ("not_yet", "matched_regression", CLOCKS), ("not_yet", "ipw", ("start",)), ("not_yet", "aipw", ("start",)),
        ("never", "dynamic_matched", CLOCKS), ("never", "dynamic", ("start",)), ("never_in_follow_up", "matched_difference", CLOCKS))  # fmt: skip
SUBGROUPS = {"sex": ("women", "men"), "origin": ("born_in_sweden", "foreign_born"), "age": ("18-29", "30-49", "50-64"),
             "planned_length": ("short", "long"), "start_year": ("2009", "2010", "2011"), "education": ("compulsory", "upper_secondary"),
             "workplace_type": ("regular", "created")}  # fmt: skip
EQUAL_P = {
    "sex": 0.62,
    "origin": 0.0004,
    "age": 0.03,
    "planned_length": 0.5,
    "start_year": 0.9,
    "education": 0.7,
    "workplace_type": 0.4,
}
HIDDEN_SUBGROUPS = ("education=compulsory", "workplace_type=created")


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
        hide(found, (found["subgroup"].isin(HIDDEN_SUBGROUPS)) | (found["estimator"] == "did"), "suppressed")
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
        table.loc[table["family"].isin(["education", "workplace_type"]), numbers[-3:]] = np.nan
        _blank(table, table["subgroup"].isin(HIDDEN_SUBGROUPS), numbers)
    if ways == "equal":
        table["equal_p"] = 0.5
    if ways == "differ":
        table.loc[table["family"] == "workplace_type", "equal_p"] = 0.0002
    if failed:
        _blank(table, table["status"] != "", numbers, "gate_failed")
    return table
