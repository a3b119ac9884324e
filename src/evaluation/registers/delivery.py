"""Finding the registers in what was delivered: which table belongs to which register and year."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evaluation.errors import Problem
from evaluation.registers.contracts import CONTRACTS, Column, Contract
from evaluation.registers.contracts.base import PERSON_PATTERN, person, plain_name

_EARLIEST, _LATEST = 1980, 2035


@dataclass(frozen=True)
class Source:
    """One delivered table: its name, and the delivered name of each of its columns."""

    name: str
    contract: Contract
    year: int | None
    columns: Mapping[str, str]

    @property
    def by_serial(self) -> bool:
        """Whether a table of the City already carries serial numbers."""
        return "person" in self.columns


def words(name: str) -> list[str]:
    """Words and numbers of a table name, in lower case: ``LISA2009_Individ`` gives lisa, 2009, individ."""
    return re.findall(r"[^\W\d_]+|\d+", name.lower())


def year_of(name: str) -> int | None:
    """The year in a table name; None when there is none, or more than one."""
    years = {int(w) for w in words(name) if re.fullmatch(r"\d{4}", w) and _EARLIEST <= int(w) <= _LATEST}
    # a project number in front (P1105_) is four digits too
    if len(years) > 1:
        years = {int(w) for w in words(re.sub(r"^P\d{3,4}_", "", name, flags=re.IGNORECASE)) if w.isdigit()} & years
    return years.pop() if len(years) == 1 else None


def register_of(name: str) -> list[Contract]:
    """Contracts whose words occur in a table name; a good name gives one."""
    found = set(words(name))
    return [contract for contract in CONTRACTS if any(w <= found for w in contract.words)]


def nearest(wanted: str, given: Iterable[str]) -> str:
    """The name most like the wanted one, for an error message; empty when nothing is alike."""
    by_plain = {plain_name(name): name for name in sorted(given)}
    close = difflib.get_close_matches(plain_name(wanted), sorted(by_plain), n=1, cutoff=0.5)
    return by_plain[close[0]] if close else ""


def sort_tables(names: Iterable[str]) -> tuple[dict[str, tuple[Contract, int | None]], list[Problem]]:
    """Register and year of each table name, with the problems in the names; names of no register are left out."""
    tables: dict[str, tuple[Contract, int | None]] = {}
    taken: dict[tuple[str, int | None], str] = {}
    problems: list[Problem] = []
    for name in sorted(names):
        contracts = register_of(name)
        if not contracts:
            continue
        if len(contracts) > 1:
            known = ", ".join(c.register for c in contracts)
            problems.append(
                Problem(name, f"the name fits {known}", "a name that fits one register", "rename the table")
            )
            continue
        (contract,) = contracts
        year = year_of(name) if contract.yearly else None
        if contract.yearly:
            first, last = contract.years  # type: ignore[misc]
            example = contract.table.format(year=2009)
            if year is None:
                problems.append(
                    Problem(name, "no year in the table name", f"a name such as {example}", "put the year in the name")
                )
                continue
            if not first <= year <= last:
                problems.append(
                    Problem(
                        name, f"year {year}", f"{contract.register}: {first} to {last}", "correct the year in the name"
                    )
                )
                continue
        if (contract.register, year) in taken:
            other = taken[contract.register, year]
            what = f"{contract.register} {year}" if year else contract.register
            problems.append(Problem(name, f"{what} is also in {other}", "one table", "take one of them away"))
            continue
        taken[contract.register, year] = name
        tables[name] = (contract, year)
    return tables, problems


def missing_tables(
    tables: Mapping[str, tuple[Contract, int | None]], names: Iterable[str], wanted: tuple[int, int] | None
) -> list[Problem]:
    """Problems for registers and years that were not delivered.

    Every yearly register must reach as far as the others, without a hole: a year without a table would look like a year in which nobody had
    income, work or assistance.
    """
    problems: list[Problem] = []
    latest = max((year for c, year in tables.values() if c.yearly and year is not None), default=0)
    names = list(names)
    spare = [name for name in names if name not in tables]
    for contract in CONTRACTS:
        years = sorted(year for c, year in tables.values() if c is contract and year is not None)
        if contract.yearly and years:
            first, last = (years[0], years[-1]) if wanted is None else (wanted[0], max(wanted[1], latest))
            absent = [year for year in range(first, last + 1) if year not in years]
            expected = [contract.table.format(year=year) for year in absent]
        else:
            there = any(c is contract for c, _ in tables.values())
            expected = [] if there or not contract.required else [contract.table.format(year="YYYY")]
        for table in expected:
            near = nearest(table, spare)
            problems.append(
                Problem(
                    f"{contract.register} ({contract.title})",
                    f"no table {table}" + (f"; nearest name found: {near}" if near else ""),
                    f"a table named {table} or the like",
                    "add it to the delivery, or correct its name",
                )
            )
    return problems


def match_columns(
    name: str, contract: Contract, year: int | None, delivered: Iterable[str]
) -> tuple[Source, list[Problem]]:
    """Find each column of the contract among the delivered ones.

    Returns
    -------
    Source
        The table with the columns found.
    list of Problem
        Required columns not found, and columns found twice.
    """
    delivered = list(delivered)
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for column in contract.columns:
        if not column.in_year(year):
            continue
        if column.name == "number" and contract.register != "key":
            problems += _find(name, person(), delivered, found, required=False)
            serial = "person" in found
            problems += _find(name, column, delivered, found, required=not serial)
        else:
            problems += _find(name, column, delivered, found, required=column.required)
    return Source(name, contract, year, found), problems


def _find(table: str, column: Column, delivered: list[str], found: dict[str, str], *, required: bool) -> list[Problem]:
    hits = [given for given in delivered if column.matches(given)]
    if len(hits) == 1:
        found[column.name] = hits[0]
        return []
    if hits:
        return [
            Problem(
                f"{table}, column {column.delivered}",
                f"{len(hits)} columns could be meant: {', '.join(hits)}",
                "one column",
                "take the others out of the delivery",
            )
        ]
    if not required:
        return []
    near = nearest(column.delivered, delivered)
    allowed = ", ".join((column.delivered, *column.aliases))
    if column.pattern == PERSON_PATTERN:
        allowed = "LopNr, PersonLopNr, Person_LopNr, Lopnr_PersonNr, P1105_LopNr_PersonNr and the like"
    return [
        Problem(
            f"{table}, column {column.delivered}",
            "not found" + (f"; nearest name found: {near}" if near else ""),
            allowed,
            "order it, or correct its name",
        )
    ]
