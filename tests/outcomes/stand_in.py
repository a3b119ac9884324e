"""A few persons whose outcomes are known by hand, as canonical tables."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd

DEFINITIONS = Path(__file__).parents[2] / "study" / "definitions"
HASH = "0123456789abcdef" * 4
YEARS = tuple(range(2005, 2017))

LISA = {
    "person": "int64",
    "year": "int64",
    "earnings": "int64",
    "business": "int64",
    "social_assistance": "int64",
    "programme_support": "int64",
    "unemployed_days": "int64",
    "part_time_days": "int64",
    "hourly_days": "int64",
    "programme_days": "int64",
    "supported_days": "int64",
    "new_start_days": "int64",
    "sick_days": "int64",
    "disability": "int64",
    "student": "int64",
    "employed_code": "int64",
    "affiliation": "int64",
    "weakly_established": "int64",
}
SCHEMAS = {
    "lisa": LISA,
    "ku": {
        "person": "int64",
        "year": "int64",
        "first_month": "int64",
        "last_month": "int64",
        "city": "boolean",
        "marked": "boolean",
    },
    "af_categories": {"person": "int64", "category": "int64", "start": "date", "end": "date"},
    "social_assistance": {"person": "int64", "month": "int64"},
    "unemployment_insurance": {"person": "int64", "month": "int64"},
    "migration": {"person": "int64", "month": "int64", "kind": "string"},
    "deaths": {"person": "int64", "month": "int64"},
    "enrolments": {"person": "int64", "enrolment": "int64", "start": "date", "end": "date"},
    "employments": {"person": "int64", "kind": "string", "start": "date", "end": "date"},
}


class StandIn:
    """Registers made of lists of rows; what a row leaves out is null."""

    def __init__(self, **rows: list[dict]) -> None:
        self.rows = {name: rows.get(name, []) for name in SCHEMAS}

    def table(self, name: str) -> ir.Table:
        if name == "ku":  # statements are marked unless a test says that they are not
            self.rows["ku"] = [{"marked": True, **row} for row in self.rows["ku"]]
        frame = pd.DataFrame(self.rows[name], columns=list(SCHEMAS[name]), dtype=object)
        return ibis.memtable(frame, schema=ibis.schema(SCHEMAS[name]))

    def years(self, name: str) -> tuple[int, ...]:
        assert name == "lisa"
        return YEARS


def month(year: int, month_of_year: int) -> int:
    """Absolute month."""
    return 12 * year + month_of_year - 1


def day(text: str) -> dt.date:
    """A date."""
    return dt.date.fromisoformat(text)


def lisa_row(person: int, year: int, **values: int) -> dict:
    """A year with a row in which nothing is paid and nothing happens, save what is told."""
    plain = dict.fromkeys(LISA, 0) | {"person": person, "year": year, "employed_code": 6, "weakly_established": None}
    return plain | values
