"""Invented tables of a release that say nothing of outcomes: who, how alike, from where."""

from __future__ import annotations

import numpy as np
import pandas as pd

COVARIATES = (
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


def flow() -> pd.DataFrame:
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


def population(draw: np.random.Generator) -> pd.DataFrame:
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


def balance(draw: np.random.Generator, failed: bool) -> pd.DataFrame:
    rows = []
    for i, (covariate, level, kind) in enumerate(COVARIATES):
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


def overlap() -> pd.DataFrame:
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


def ledger() -> pd.DataFrame:
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


def registers() -> pd.DataFrame:
    found = (("lisa", 2005, 2016, 214311, 20134), ("ku", 2005, 2016, 318244, 18411), ("af_categories", 2005, 2016, 221934, 17341),
             ("social_assistance", 2005, 2016, 88131, 14022), ("enrolments", 2008, 2016, 41288, 19873),
             ("employments", 2009, 2014, 7613, 5210), ("key", 2005, 2016, 21022, 20134))  # fmt: skip
    return pd.DataFrame(found, columns=["register", "first_year", "last_year", "rows", "persons"]).assign(
        status="released"
    )


def definitions() -> pd.DataFrame:
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


def disclosure() -> pd.DataFrame:
    rows = (
        ("tables/effects.csv", "least count", 1824, 0, ""),
        ("tables/population.csv", "least count", 153, 3, ""),
        ("tables/overlap.csv", "least count", 72, 9, ""),
    )
    return pd.DataFrame(rows, columns=["object", "rule", "cells", "suppressed", "note"])


def protocol() -> pd.DataFrame:
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
