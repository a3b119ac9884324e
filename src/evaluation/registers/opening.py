"""Opening a delivery: every problem that makes it unusable is found at once, before anything is computed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import ibis
from ibis.backends import BaseBackend

from evaluation.errors import DeliveryError, Problem
from evaluation.registers.contents import UNREADABLE, contents, unreadable
from evaluation.registers.delivery import Source, match_columns, missing_tables, sort_tables
from evaluation.registers.engine import Opener, connect, open_tables
from evaluation.registers.mark import take_mark
from evaluation.registers.registers import Registers
from evaluation.registers.store import table_names


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
        tables: dict[str, Opener] = {name: partial(backend.table, name) for name in table_names(backend)}
        problems: list[Problem] = []
    else:
        backend = connect(threads=threads, memory_limit=memory_limit, temp_dir=Path(temp_dir) if temp_dir else None)
        tables, problems = open_tables(backend, Path(path))
    synthetic = take_mark(backend, tables, None if isinstance(path, BaseBackend) else Path(path))
    sorted_tables, wrong_names = sort_tables(tables)
    problems += wrong_names
    problems += missing_tables(sorted_tables, tables, years)
    opened: list[tuple[Source, ibis.Table]] = []
    for name, (contract, year) in sorted_tables.items():
        try:
            table = tables[name]()
        except DeliveryError as error:
            problems += error.problems
            continue
        except UNREADABLE:
            problems.append(unreadable(name))
            continue
        source, unmatched = match_columns(name, contract, year, table.columns)
        problems += unmatched
        opened.append((source, table))
    readable, wrong_rows = contents(backend, opened)
    problems += wrong_rows
    sources = {(source.contract.register, source.year): (source, table) for source, table in readable}
    problems += _key_needed(sources)
    if problems:
        raise DeliveryError(sorted(problems, key=lambda p: (p.where, p.given)))
    return Registers(backend, sources, own=not isinstance(path, BaseBackend), synthetic=synthetic)


def _key_needed(sources: dict[tuple[str, int | None], tuple[Source, ibis.Table]]) -> list[Problem]:
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
