"""The last look before a release is written: nothing at person level, nothing without a rule, nothing shown in a hidden row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from evaluation.disclosure.schema import NOT_ABOUT_PERSONS, STATUSES, TABLES
from evaluation.errors import Problem

# Swedish personal and coordination numbers (day + 60), with 10 or 12 digits, with or without the sign before the last four; an
# organisation number has a "month" of 20 or more and is none
_NUMBER = re.compile(
    r"(?<![\w.,])(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01])[-+]?\d{4}(?![\w.,]\d|\w)"
)
_ID_COLUMN = re.compile(
    r"^(p\d{3,4}_)?(person)?_?lopnr(_?personnr)?$|^(person|persons?_?id|personnr(12)?|pnr|serial(_number)?|row_key)$",
    re.IGNORECASE,
)


def personal_numbers(text: str) -> int:
    """How many personal numbers a text seems to hold."""
    return sum(1 for _ in _NUMBER.finditer(text))


def table_problems(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """What forbids writing these tables."""
    problems = []
    for name, table in tables.items():
        where = f"tables/{name}.csv"
        if name not in TABLES:
            problems.append(Problem(where, "the table has no rule of disclosure control", ", ".join(TABLES)))
            continue
        if ids := [str(column) for column in table if _ID_COLUMN.match(str(column))]:
            problems.append(
                Problem(where, f"column {', '.join(ids)} identifies persons", "aggregates only", "leave it out")
            )
        if other := [str(c) for c in table if c not in TABLES[name].columns and str(c) not in ids]:
            problems.append(Problem(where, f"unknown column {', '.join(other)}", ", ".join(TABLES[name].columns)))
        if n := sum(map(personal_numbers, _texts(table))):
            problems.append(
                Problem(where, f"{n} values look like personal numbers", "aggregates only", "find where they come from")
            )
        problems += _status_problems(name, table)
    return problems


def _texts(table: pd.DataFrame) -> Iterator[str]:
    for column in table:
        values = table[column].dropna()
        if values.dtype.kind == "f":
            values = values[values == values.round()].astype("int64", errors="ignore")
        yield "\n".join(values.astype(str))


def _status_problems(name: str, table: pd.DataFrame) -> list[Problem]:
    if name in NOT_ABOUT_PERSONS or "status" not in table:
        return []
    problems = []
    if unknown := set(table["status"]) - set(STATUSES):
        problems.append(
            Problem(f"tables/{name}.csv", f"status {', '.join(sorted(map(str, unknown)))}", ", ".join(STATUSES))
        )
    hidden = table["status"] != "released"
    for column in TABLES[name].values:
        if column in table and (n := int((hidden & table[column].notna()).sum())):
            problems.append(
                Problem(
                    f"tables/{name}.csv",
                    f"{n} rows that are not released hold a value in {column}",
                    "an empty cell",
                    "protect the tables",
                )
            )
    return problems


def record_problems(name: str, content: Any) -> list[Problem]:
    """Personal numbers in a nested record such as ``release.json``."""
    n = sum(personal_numbers(str(value)) for value in _leaves(content))
    return [Problem(name, f"{n} values look like personal numbers", "aggregates only")] if n else []


def _leaves(content: Any) -> Iterator[Any]:
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield key
            yield from _leaves(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _leaves(value)
    else:
        yield content


def text_problems(name: str, content: bytes) -> list[Problem]:
    """Personal numbers in a text file that comes along (embedded images are left out)."""
    text = re.sub(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=]+", "", content.decode("utf-8", errors="ignore"))
    n = personal_numbers(text)
    return [Problem(name, f"{n} values look like personal numbers", "aggregates only")] if n else []
