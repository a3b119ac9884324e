"""Canonical registers made up in memory: what assembling reads, without a delivery behind it.

``make_tables`` draws a small population whose registers overlap, break off and lack rows; ``Standin`` offers frames as the registers room
offers its tables.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd

PRICES = pd.DataFrame(
    {
        "year": range(2005, 2017),
        "kpi": [280.40, 284.22, 290.51, 300.61, 299.66, 303.46, 311.43, 314.20, 314.06, 313.49, 313.35, 316.43],
    }
)
FIRST = 12 * 2008
SCHEMAS: dict[str, dict[str, str]] = {
    "enrolments": {
        "person": "int64", "enrolment": "int64", "start": "date", "end": "date", "district": "int32", "target_group": "string",
    },
    "employments": {
        "person": "int64", "employment": "int64", "kind": "string", "start": "date", "planned_end": "date", "end": "date",
    },
    "lisa": {
        "person": "int64", "year": "int32", "sex": "int32", "birth_year": "int32", "origin": "string", "immigration_year": "int32",
        "education": "int32", "civil_status": "string", "children": "int32", "earnings": "int64", "employed_code": "int32",
        "sick_days": "int32", "disability": "int64", "activity_benefit": "int64", "student": "int32",
    },
    "ku": {"person": "int64", "employer": "int64", "year": "int32", "pay": "int64", "first_month": "int32", "last_month": "int32"},
    "af_categories": {"person": "int64", "row": "int64", "start": "date", "end": "date", "category": "int32"},
    "social_assistance": {"person": "int64", "month": "int32", "amount": "int64"},
    "unemployment_insurance": {"person": "int64", "month": "int32", "days": "int32"},
    "migration": {"person": "int64", "month": "int32", "kind": "string"},
    "deaths": {"person": "int64", "month": "int32"},
    "steps": {"person": "int64", "date": "date", "step": "int32"},
}  # fmt: skip


class Standin:
    """Offers canonical tables from frames."""

    def __init__(self, tables: Mapping[str, pd.DataFrame]) -> None:
        self.backend = ibis.duckdb.connect(threads=2)
        self.delivered = {name: len(table) for name, table in tables.items()}
        for name, columns in SCHEMAS.items():
            frame = tables.get(name, pd.DataFrame(columns=list(columns)))
            self.backend.create_table(name, frame[list(columns)], schema=ibis.schema(columns))

    def table(self, name: str) -> ibis.Table:
        """A canonical table."""
        return self.backend.table(name)

    def linked(self, name: str) -> ibis.Table:
        """Nothing is repaired here."""
        return self.table(name)

    def rows_count(self, name: str) -> int:
        """Rows as delivered."""
        return self.delivered[name]


def day(month: np.ndarray, number: np.ndarray) -> pd.Series:
    """Dates of absolute months and day numbers."""
    origin = np.datetime64("0000-01", "M") + np.asarray(month, dtype=np.int64)
    return pd.Series(
        (origin.astype("datetime64[D]") + (np.asarray(number, dtype=np.int64) - 1)).astype("datetime64[s]")
    )


def make_tables(persons: int, *, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Canonical registers of a made-up population."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    person = np.arange(persons, dtype=np.int64) * 3 + 11
    enrolments = _enrolments(rng, person)
    jobs = _employments(rng, enrolments)
    tables = {"enrolments": enrolments, "employments": jobs, "lisa": _lisa(rng, person), "ku": _ku(rng, person)}
    tables |= _monthly(rng, person)
    steps = enrolments.loc[rng.random(len(enrolments)) < 0.9, ["person", "start"]]
    later = steps.assign(start=steps["start"] + pd.to_timedelta(rng.integers(20, 200, len(steps)), unit="D"))
    dated = pd.concat([steps, later], ignore_index=True).rename(columns={"start": "date"})
    tables["steps"] = dated.assign(step=rng.integers(0, 7, len(dated)))
    return tables


def _enrolments(rng: np.random.Generator, person: np.ndarray) -> pd.DataFrame:
    n = len(person)
    month = FIRST + rng.integers(0, 48, n)
    length = rng.geometric(0.12, n)
    first = pd.DataFrame({"person": person, "month": month, "last": month + length})
    again = first[rng.random(n) < 0.3].copy()
    again["month"] = again["last"] + rng.integers(0, 6, len(again))
    again["last"] = again["month"] + rng.geometric(0.2, len(again))
    rows = pd.concat([first, again], ignore_index=True)
    rows["start"] = day(rows["month"], rng.integers(1, 29, len(rows)))
    end = day(rows["last"], rng.integers(1, 29, len(rows)))
    rows["end"] = end.where((rng.random(len(rows)) > 0.05) & (end >= rows["start"]))
    rows["enrolment"] = np.arange(len(rows))
    rows["district"] = pd.array(rng.integers(1, 15, len(rows)), dtype="Int32")
    rows.loc[rng.random(len(rows)) < 0.02, "district"] = pd.NA
    rows["target_group"] = rng.choice(["ordinarie", "resurs", "ungdom"], len(rows))
    return rows


def _employments(rng: np.random.Generator, enrolments: pd.DataFrame) -> pd.DataFrame:
    some = enrolments[rng.random(len(enrolments)) < 0.15]
    month = some["month"].to_numpy() + rng.integers(0, 8, len(some))
    length = rng.choice([6, 8, 12], len(some))
    frame = pd.DataFrame(
        {
            "person": some["person"].to_numpy(),
            "kind": rng.choice(["regular", "created", "sheltered"], len(some), p=[0.6, 0.3, 0.1]),
        }
    )
    frame["start"] = day(month, rng.integers(1, 29, len(some)))
    frame["planned_end"] = day(month + length - 1, np.full(len(some), 28))
    frame["end"] = day(month + np.maximum(length - 1 - 3 * (rng.random(len(some)) < 0.2), 0), np.full(len(some), 28))
    frame.loc[rng.random(len(some)) < 0.03, "end"] = pd.NaT
    longer = frame[rng.random(len(some)) < 0.2].copy()
    shift = (longer["end"] - longer["start"]) + pd.Timedelta(days=5)
    for column in ("start", "planned_end", "end"):
        longer[column] = longer[column] + shift
    rows = pd.concat([frame, longer[longer["start"].notna()]], ignore_index=True)
    return rows.assign(employment=np.arange(len(rows)))


def _lisa(rng: np.random.Generator, person: np.ndarray) -> pd.DataFrame:
    n = len(person)
    traits = pd.DataFrame(
        {
            "person": person,
            "sex": rng.integers(1, 3, n),
            "birth_year": rng.integers(1943, 1994, n),
            "origin": rng.choice(["00", "01", "03", "04", "07", "11"], n, p=[0.4, 0.1, 0.1, 0.15, 0.24, 0.01]),
            "education": pd.array(rng.integers(1, 8, n), dtype="Int32"),
        }
    )
    traits.loc[rng.random(n) < 0.1, "education"] = pd.NA
    came = pd.array(rng.integers(1985, 2010, n), dtype="Int32")
    came[(traits["origin"] == "00").to_numpy()] = pd.NA
    traits["immigration_year"] = came
    years = [traits.assign(year=year) for year in range(2005, 2017)]
    rows = pd.concat(years, ignore_index=True)
    m = len(rows)
    rows["civil_status"] = rng.choice(["OG", "G", "S"], m)
    rows["children"] = rng.integers(0, 6, m)
    rows["earnings"] = 100 * rng.integers(0, 2500, m) * (rng.random(m) < 0.5)
    rows["employed_code"] = np.where(rows["earnings"] > 100_000, 1, 6)
    rows["sick_days"] = rng.integers(0, 200, m) * (rng.random(m) < 0.1)
    rows["disability"] = 80_000 * (rng.random(m) < 0.02)
    rows["activity_benefit"] = 0
    rows["student"] = rng.integers(0, 2, m)
    arrived = rows["immigration_year"].fillna(0) <= rows["year"]
    return rows[arrived & (rng.random(m) > 0.02)].reset_index(drop=True)


def _ku(rng: np.random.Generator, person: np.ndarray) -> pd.DataFrame:
    n = 4 * len(person)
    first = rng.integers(1, 13, n)
    frame = pd.DataFrame(
        {"person": rng.choice(person, n), "employer": rng.integers(1, 50, n), "year": rng.integers(2005, 2017, n)}
    )
    frame = frame.assign(pay=10_000, first_month=first, last_month=np.minimum(first + rng.integers(0, 12, n), 12))
    return frame.drop_duplicates(["person", "employer", "year"], ignore_index=True)


def _monthly(rng: np.random.Generator, person: np.ndarray) -> dict[str, pd.DataFrame]:
    n = len(person)

    def spells(share: float, mean: int) -> pd.DataFrame:
        chosen = rng.choice(person, int(share * n))
        begins = FIRST - 24 + rng.integers(0, 72, len(chosen))
        lasts = rng.geometric(1 / mean, len(chosen))
        frame = pd.DataFrame({"person": np.repeat(chosen, lasts)})
        offset = np.arange(lasts.sum()) - np.repeat(np.cumsum(lasts) - lasts, lasts)
        return frame.assign(month=np.repeat(begins, lasts) + offset)

    assistance = spells(1.2, 12).assign(amount=7_400)
    insurance = spells(0.4, 5).assign(days=20).drop_duplicates(["person", "month"])
    m = 3 * n
    begins = FIRST - 24 + rng.integers(0, 72, m)
    categories = pd.DataFrame(
        {"person": rng.choice(person, m), "row": np.arange(m), "start": day(begins, rng.integers(1, 29, m))}
    )
    categories["end"] = categories["start"] + pd.to_timedelta(rng.integers(0, 300, m), unit="D")
    categories.loc[rng.random(m) < 0.05, "end"] = pd.NaT
    categories["category"] = rng.choice([11, 14, 21, 31, 43, 69, 70, 54, 96], m)
    some = rng.random(n)
    out = pd.DataFrame(
        {"person": person[some < 0.05], "month": FIRST + rng.integers(0, 50, int((some < 0.05).sum())), "kind": "out"}
    )
    back = out.iloc[::2].assign(month=lambda t: t["month"] + 7, kind="in")
    dead = person[(some > 0.5) & (some < 0.52)]
    return {
        "social_assistance": assistance,
        "unemployment_insurance": insurance,
        "af_categories": categories,
        "migration": pd.concat([out, back], ignore_index=True),
        "deaths": pd.DataFrame({"person": dead, "month": FIRST + rng.integers(0, 60, len(dead))}),
    }
