"""Opening a delivery: every problem that makes it unusable is found at once, before anything is computed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb
import ibis
from ibis.backends import BaseBackend
from ibis.common.exceptions import IbisError

from evaluation.errors import DeliveryError, Problem
from evaluation.registers.casting import typed
from evaluation.registers.contracts.base import person
from evaluation.registers.delivery import Source, match_columns, missing_tables, sort_tables
from evaluation.registers.engine import Opener, connect, open_tables
from evaluation.registers.registers import Registers

#: Rows looked at when a table's key is tried.
_SAMPLE = 1000


def open_registers(
    path: str | Path | BaseBackend,
    *,
    years: tuple[int, int] | None = None,
    threads: int = 2,
    memory_limit: str = "4GB",
    temp_dir: str | Path | None = None,
) -> Registers:
    """Open the registers of a delivery.

    Parameters
    ----------
    path
        A folder of parquet or csv files (utf-8 or windows-1252, ``;`` or ``,``), a DuckDB file, or an Ibis backend
        that already holds the tables.
    years
        First and last year that yearly registers must hold; by default no year may be absent between those delivered.
    threads
        Threads of the engine. Results do not depend on it.
    memory_limit
        Memory of the engine; beyond it, it works on disk.
    temp_dir
        Where the engine's working files (person-level data) are put while it runs; by default the system's place.

    Returns
    -------
    Registers
        The delivery, its tables not yet read.

    Raises
    ------
    DeliveryError
        With all that is wrong: tables, years or columns missing or ambiguous, no rows, bytes or keys that cannot be read.
    """
    if isinstance(path, BaseBackend):
        backend = path
        tables: dict[str, Opener] = {name: partial(backend.table, name) for name in backend.list_tables()}
        problems: list[Problem] = []
    else:
        backend = connect(threads=threads, memory_limit=memory_limit, temp_dir=Path(temp_dir) if temp_dir else None)
        tables, problems = open_tables(backend, Path(path))
    sorted_tables, wrong_names = sort_tables(tables)
    problems += wrong_names
    problems += missing_tables(sorted_tables, tables, years)
    sources: dict[tuple[str, int | None], tuple[Source, Opener]] = {}
    for name, (contract, year) in sorted_tables.items():
        try:
            table = tables[name]()
            source, unmatched = match_columns(name, contract, year, table.columns)
            problems += unmatched
            problems += _contents(backend, table, source)
        except DeliveryError as error:
            problems += error.problems
            continue
        except (duckdb.Error, IbisError, OSError):
            problems.append(
                Problem(name, "cannot be read", "a readable table", "export it again, or open it on its own to see why")
            )
            continue
        sources[contract.register, year] = (source, partial(_opened, table))
    problems += _key_needed(sources)
    if problems:
        raise DeliveryError(sorted(problems, key=lambda p: (p.where, p.given)))
    return Registers(backend, sources)


def _opened(table: ibis.Table) -> ibis.Table:
    return table


def _contents(backend: BaseBackend, table: ibis.Table, source: Source) -> list[Problem]:
    """Problems of the rows themselves: none there, or keys that cannot be read."""
    keys = [name for name in ("person", "enrolment", "employment", "number") if name in source.columns][:1]
    if not keys:  # the column is missing, which has been said
        any_row = backend.execute(table.limit(1).count())
        return [] if any_row else [_no_rows(source)]
    value = table.limit(_SAMPLE)[source.columns[keys[0]]]
    readable = typed(value, next((c for c in source.contract.columns if c.name == keys[0]), person()))
    counts = value.as_table().agg(rows=value.count() + value.isnull().sum().fill_null(0), good=readable.count())
    rows, good = (int(n) for n in backend.execute(counts).iloc[0])
    if rows == 0:
        return [_no_rows(source)]
    if good == 0:
        return [
            Problem(
                f"{source.name}, column {source.columns[keys[0]]}",
                f"none of the first {rows} values can be read",
                "whole numbers" if keys[0] != "number" else "personal identity numbers",
                "see whether the columns have been shifted, or exported under another name",
            )
        ]
    return []


def _no_rows(source: Source) -> Problem:
    return Problem(source.name, "no rows", "at least one row", "ask for the table again")


def _key_needed(sources: dict[tuple[str, int | None], tuple[Source, Opener]]) -> list[Problem]:
    by_number = [
        s.name for s, _ in sources.values() if s.contract.city and s.contract.register != "key" and not s.by_serial
    ]
    if ("key", None) in sources or not by_number:
        return []
    return [
        Problem(
            "key",
            f"no table nyckel, although {', '.join(sorted(by_number))} know persons by PersonNr12",
            "a table nyckel with PersonNr12 and LopNr, or a column LopNr in the City's tables",
            "order the key, or have the City's tables delivered with serial numbers",
        )
    ]
