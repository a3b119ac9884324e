"""Whether delivered tables hold anything: rows at all, and keys that can be read."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import ibis
import ibis.expr.datatypes as dt
from ibis.backends import BaseBackend
from ibis.common.exceptions import IbisError

from evaluation.errors import Problem
from evaluation.registers.casting import typed
from evaluation.registers.contracts import Column
from evaluation.registers.contracts.base import person
from evaluation.registers.delivery import Source

#: Rows looked at when a table's key is tried.
SAMPLE = 1000
#: What a table that cannot be read raises.
UNREADABLE = (duckdb.Error, IbisError, OSError)

Opened = tuple[Source, ibis.Table]


def contents(backend: BaseBackend, opened: Sequence[Opened]) -> tuple[list[Opened], list[Problem]]:
    """The tables that the engine can read, and the problems of the rows: none where there must be some, or keys that cannot be read.

    Tables whose keys are read alike are looked at together; where that fails, one at a time to find the broken one.
    """
    alike: dict[tuple[str, dt.DataType | None], list[Opened]] = {}
    for source, table in opened:
        key = _key(source)
        kind = table[source.columns[key.name]].type().copy(nullable=True) if key else None
        alike.setdefault((key.name if key else "", kind), []).append((source, table))
    problems: list[Problem] = []
    broken: set[str] = set()
    for group in alike.values():
        try:
            problems += _problems(backend, group)
        except UNREADABLE:
            for one in group:
                try:
                    problems += _problems(backend, [one])
                except UNREADABLE:
                    broken.add(one[0].name)
                    problems.append(unreadable(one[0].name))
    return [one for one in opened if one[0].name not in broken], problems


def unreadable(name: str) -> Problem:
    """The problem of a table that the engine cannot read."""
    return Problem(name, "cannot be read", "a readable table", "export it again, or open it on its own to see why")


def _key(source: Source) -> Column | None:
    """The column that says whom or what a row is about; None when it was not found, which has been said."""
    name = next((n for n in ("person", "enrolment", "employment", "number") if n in source.columns), None)
    if name is None:
        return None
    return next((c for c in source.contract.columns if c.name == name), person())


def _problems(backend: BaseBackend, group: Sequence[Opened]) -> list[Problem]:
    key = _key(group[0][0])
    samples = []
    for number, (source, table) in enumerate(group):
        value = table[source.columns[key.name]] if key else ibis.literal(1)
        value = value.cast(value.type().copy(nullable=True))
        samples.append(table.select(value=value).limit(SAMPLE).mutate(table=ibis.literal(number, type="int64")))
    whole = ibis.union(*samples) if len(samples) > 1 else samples[0]
    readable = typed(whole.value, key).count() if key else whole.count()
    counts = backend.execute(whole.group_by("table").agg(rows=whole.count(), good=readable)).set_index("table")
    problems = []
    for number, (source, _) in enumerate(group):
        rows, good = (int(n) for n in counts.loc[number, ["rows", "good"]]) if number in counts.index else (0, 0)
        if rows == 0:
            if not source.contract.may_be_empty:  # else the ledger says so
                problems.append(Problem(source.name, "no rows", "at least one row", "ask for the table again"))
        elif good == 0:
            problems.append(
                Problem(
                    f"{source.name}, column {source.columns[key.name]}",
                    f"none of the first {rows} values can be read",
                    "whole numbers" if key.name != "number" else "personal identity numbers",
                    "see whether the columns have been shifted, or exported under another name",
                )
            )
    return problems
