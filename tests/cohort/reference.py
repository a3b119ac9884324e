"""The same cohort by loops over persons and months: slow, plain, and written from the definitions, not from the code."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evaluation.cohort.catalogue import EDUCATIONS
from evaluation.cohort.spec import CohortSpec

UNEMPLOYED = {11, 12, 13, 34, 95, 96, 97, 98}
PROGRAMME = {15, 46, 54, 55, 59, 67, 69, 70, 71, 72, 73, 75, 76, 79, 80, 81, 83, 85, 86, 87, 88}


def month(date: pd.Timestamp) -> int:
    return 12 * date.year + date.month - 1


def of_person(table: pd.DataFrame, person: int) -> list[dict]:
    rows = table[table["person"] == person].to_dict("records")
    return [{key: None if pd.isna(value) else value for key, value in row.items()} for row in rows]


def merge_jobs(rows: list[dict], spec: CohortSpec) -> list[dict]:
    """Employments of a person: rows of a kind within days, then everything within months."""
    spells = []
    for row in sorted(rows, key=lambda r: (r["start"], r["employment"])):
        if row["kind"] not in spec.workplaces:
            continue
        last = max(next(d for d in (row["end"], row["planned_end"], row["start"]) if d is not None), row["start"])
        planned = None if row["planned_end"] is None else month(row["planned_end"])
        spells.append(
            {"kind": row["kind"], "start": row["start"], "planned": planned, "last": last, "open": row["end"] is None}
        )
    chains: list[dict] = []
    for spell in spells:
        for chain in chains:
            if chain["kind"] == spell["kind"] and (spell["start"] - chain["last"]).days <= spec.extension_gap_days:
                _extend(chain, spell)
                break
        else:
            chains.append(dict(spell))
    merged: list[dict] = []
    for chain in sorted(chains, key=lambda c: c["start"]):
        if merged and month(chain["start"]) - month(merged[-1]["last"]) - 1 <= spec.extension_gap_months:
            _extend(merged[-1], chain)
        else:
            merged.append(dict(chain))
    return [
        {
            "start": month(m["start"]),
            "planned": m["planned"],
            "until": month(m["last"]),
            "actual": None if m["open"] else month(m["last"]),
            "kind": m["kind"],
        }
        for m in merged
    ]


def _extend(chain: dict, spell: dict) -> None:
    if month(spell["last"]) > month(chain["last"]) or (month(spell["last"]) == month(chain["last"]) and chain["open"]):
        chain["open"] = spell["open"]
    chain["last"] = max(chain["last"], spell["last"])


def merge_enrolments(rows: list[dict], spec: CohortSpec) -> list[dict]:
    far = pd.Timestamp(2200, 1, 1)
    episodes: list[dict] = []
    for row in sorted(rows, key=lambda r: (r["start"], r["enrolment"])):
        end = max(row["end"] or far, row["start"])
        if episodes and (row["start"] - episodes[-1]["end"]).days <= spec.episode_gap_days:
            episodes[-1]["end"] = max(episodes[-1]["end"], end)
        else:
            episodes.append({"start": row["start"], "end": end, "rows": [], "first": row})
        episodes[-1]["rows"].append((month(row["start"]), month(end)))
    return episodes


def person_months(
    tables: Mapping[str, pd.DataFrame], person: int, spec: CohortSpec, factor: Mapping[int, float]
) -> list[dict]:
    """Rows at risk of one person with a choice of covariates."""
    of = {name: of_person(table, person) for name, table in tables.items()}
    lisa = {row["year"]: row for row in of["lisa"]}
    if not lisa:
        return []
    first_row = lisa[min(lisa)]
    jobs = merge_jobs(of["employments"], spec)
    episodes = merge_enrolments(of["enrolments"], spec)
    found = []
    for s in range(spec.first, spec.last + 1):
        current = [(k, e) for k, e in enumerate(episodes, 1) if any(a <= s <= b for a, b in e["rows"])]
        if not current or not spec.age[0] <= s // 12 - first_row["birth_year"] <= spec.age[1]:
            continue
        if any(job["start"] < s and _blocks(job, s, spec) for job in jobs):
            continue
        moves = [row for row in of["migration"] if row["month"] < s]
        if moves and max(moves, key=lambda r: (r["month"], r["kind"] == "in"))["kind"] == "out":
            continue
        if not moves and any(row["month"] == s and row["kind"] == "in" for row in of["migration"]):
            continue
        if any(row["month"] < s for row in of["deaths"]):
            continue
        number, episode = current[0]
        started = [job for job in jobs if job["start"] == s]
        row = {
            "person": person, "month": s, "treated": int(bool(started)), "elapsed": s - month(episode["start"]), "episode": number,
            "planned_exit": started[0]["planned"] if started else None, "actual_exit": started[0]["actual"] if started else None,
        }  # fmt: skip
        found.append(row | covariates(of, lisa, s, episode, factor))
    return found


def _blocks(job: dict, s: int, spec: CohortSpec) -> bool:
    earlier = job["start"] < spec.first
    for_good = spec.earlier_employment == "disqualifies" if earlier else spec.unit == "individuals"
    return for_good or s <= job["until"]


def covariates(
    of: Mapping[str, list[dict]], lisa: Mapping[int, dict], s: int, episode: dict, factor: Mapping[int, float]
) -> dict:
    year = s // 12
    before = [lisa.get(year - k) for k in (1, 2, 3)]

    def latest(column: str) -> object:
        return next((row[column] for row in before if row and row[column] is not None), None)

    def months(length: int, name: str) -> int:
        return len({row["month"] for row in of[name] if s - length <= row["month"] < s})

    def category_months(codes: set[int]) -> int:
        covered: set[int] = set()
        for row in of["af_categories"]:
            if row["category"] in codes:
                covered |= set(range(month(row["start"]), s if row["end"] is None else month(row["end"]) + 1))
        return len([m for m in covered if s - 12 <= m < s])

    def worked(lag: int) -> int:
        spans = [range(row["first_month"], row["last_month"] + 1) for row in of["ku"] if row["year"] == year - lag]
        return len({m for span in spans for m in span})

    education, came = latest("education"), latest("immigration_year")
    steps = [row for row in of["steps"] if 1 <= row["step"] <= 5 and month(row["date"]) < s]
    last = before[0]
    real = [round(row["earnings"] * factor[year - k]) if row else 0 for k, row in enumerate(before, 1)]
    return {
        "age": year - lisa[min(lisa)]["birth_year"],
        "woman": int(lisa[min(lisa)]["sex"] == 2),
        "education": EDUCATIONS[3]
        if education is None
        else EDUCATIONS[0 if education <= 2 else 1 if education <= 4 else 2],
        "married": int(latest("civil_status") == "G"),
        "children": min(latest("children") or 0, 3),
        "years_since_immigration": 0 if came is None else max(year - came, 0),
        "district": episode["first"]["district"] or 0,
        "earnings_1": real[0],
        "earnings_2": real[1],
        "earnings_3": real[2],
        "zero_earnings_3": int(real[2] == 0),
        "employed_2": int(bool(before[1]) and before[1]["employed_code"] == 1),
        "sick_days_1": last["sick_days"] if last else 0,
        "student_1": int(bool(last) and last["student"] == 1),
        "no_row_1": int(last is None),
        "work_months_1": worked(1),
        "work_months_2": worked(2),
        "social_assistance_12": months(12, "social_assistance"),
        "social_assistance_24": months(24, "social_assistance"),
        "insurance_12": months(12, "unemployment_insurance"),
        "unemployed_12": category_months(UNEMPLOYED),
        "programme_12": category_months(PROGRAMME),
        "step": max(steps, key=lambda r: (r["date"], r["step"]))["step"] if steps else 0,
    }
