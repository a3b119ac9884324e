"""The engine that holds the registers: DuckDB for files and database files, reached through Ibis."""

from __future__ import annotations

import codecs
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
import ibis
from ibis.backends import BaseBackend

from evaluation.errors import DeliveryError, Problem

_SUFFIXES = (".parquet", ".csv", ".txt")
_DATABASES = (".duckdb", ".db", ".ddb")
#: Bytes that windows-1252 uses and latin-1 does not; the engine reads latin-1 only.
_BEYOND_LATIN = frozenset(range(0x80, 0xA0))
_UNDEFINED = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_BLOCK = 1 << 22

Opener = Callable[[], ibis.Table]


def connect(*, threads: int, memory_limit: str, temp_dir: Path | None) -> BaseBackend:
    """A DuckDB engine whose working tables live in a folder of their own, which goes when the engine does."""
    folder = Path(tempfile.mkdtemp(prefix="registers-", dir=temp_dir))
    backend = ibis.duckdb.connect(
        str(folder / "work.duckdb"), threads=threads, memory_limit=memory_limit, temp_directory=str(folder / "spill")
    )
    for setting in (
        "autoinstall_known_extensions=false",
        "autoload_known_extensions=false",
        # every result is ordered with a tie-breaker, so the order of insertion carries no meaning
        "preserve_insertion_order=false",
        "enable_progress_bar=false",
    ):
        backend.raw_sql(f"SET {setting}")
    weakref.finalize(backend, _remove, folder, os.getpid())
    return backend


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # a forked worker must not take the folder from its parent
        shutil.rmtree(folder, ignore_errors=True)


def delivered_files(path: Path) -> list[Path]:
    """Files of a delivery that the engine reads, sorted by name: the tables of a folder, or the database file itself."""
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES and p.is_file())
    return [path] if path.is_file() else []


def open_tables(backend: BaseBackend, path: Path) -> tuple[dict[str, Opener], list[Problem]]:
    """Names of the delivered tables, each with a function that opens it.

    Raises
    ------
    DeliveryError
        When the path does not exist, or holds no tables at all.
    """
    if path.is_dir():
        files = delivered_files(path)
        if not files:
            raise DeliveryError(
                Problem(
                    str(path),
                    "no parquet or csv file in the folder",
                    "*.parquet, *.csv or *.txt",
                    "name another folder",
                )
            )
        return _open_files(backend, files)
    if path.is_file() and path.suffix.lower() in _DATABASES:
        return _open_database(backend, path), []
    given = "a file that is not a database" if path.exists() else "does not exist"
    raise DeliveryError(
        Problem(
            str(path), given, f"a folder of parquet or csv files, or a DuckDB file ({', '.join(_DATABASES)})", "name it"
        )
    )


def _open_database(backend: BaseBackend, path: Path) -> dict[str, Opener]:
    try:
        backend.attach(str(path), name="delivery", read_only=True)
    except duckdb.Error as error:
        raise DeliveryError(
            Problem(
                str(path),
                "cannot be opened as a DuckDB file",
                "a DuckDB file no other program writes to",
                "see to that",
            )
        ) from error
    rows = backend.raw_sql(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'delivery' ORDER BY 1, 2"
    ).fetchall()
    if not rows:
        raise DeliveryError(
            Problem(str(path), "no table in the database", "tables named as in the contracts", "name another")
        )
    return {name: partial(backend.table, name, database=("delivery", schema)) for schema, name in rows}


def _open_files(backend: BaseBackend, files: list[Path]) -> tuple[dict[str, Opener], list[Problem]]:
    tables: dict[str, Opener] = {}
    problems: list[Problem] = []
    for number, file in enumerate(files):
        if file.stem in tables:
            problems.append(
                Problem(file.name, "a second file of that name", "one format a table", "take one of them away")
            )
            continue
        reader = _read_parquet if file.suffix.lower() == ".parquet" else _read_csv
        tables[file.stem] = partial(reader, backend, file, f"delivered_{number}")
    return tables, problems


def _read_parquet(backend: BaseBackend, file: Path, name: str) -> ibis.Table:
    return backend.read_parquet(str(file), table_name=name)


def _read_csv(backend: BaseBackend, file: Path, name: str) -> ibis.Table:
    """A csv file as text columns: types are given by the contract, not guessed."""
    encoding, readable = _encoding(backend, file, name)
    with open(file, "rb") as handle:
        header = handle.readline().decode("latin-1")
    delimiter = max(";,\t|", key=header.count)
    return backend.read_csv(
        str(readable),
        table_name=name,
        delim=delimiter,
        header=True,
        all_varchar=True,
        encoding=encoding,
        quote='"',
        escape='"',
        nullstr="",
    )


def _encoding(backend: BaseBackend, file: Path, name: str) -> tuple[str, Path]:
    """utf-8 or latin-1, and the file to read: a copy in utf-8 where windows-1252 goes beyond latin-1."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8, seen = True, set()
    with open(file, "rb") as handle:
        while block := handle.read(_BLOCK):
            if not block.isascii():
                seen |= set(block)
            if utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    utf8 = False
    if utf8:
        return "utf-8", file
    if seen & _UNDEFINED:
        raise DeliveryError(
            Problem(
                file.name,
                "bytes that are neither utf-8 nor windows-1252",
                "text in utf-8 or windows-1252",
                "export the table again",
            )
        )
    if not seen & _BEYOND_LATIN:
        return "latin-1", file
    folder = Path(backend.raw_sql("SELECT current_setting('temp_directory')").fetchone()[0]).parent
    copy = folder / f"{name}.csv"
    with open(file, encoding="cp1252", newline="") as source, open(copy, "w", encoding="utf-8", newline="") as target:
        shutil.copyfileobj(source, target, _BLOCK)
    return "utf-8", copy
