"""An opened delivery: its tables as delivered and cleaned, built when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends import BaseBackend

from evaluation.registers.casting import text
from evaluation.registers.cleaning import Found, clean
from evaluation.registers.contracts import CONTRACTS, Contract, contract
from evaluation.registers.delivery import Source
from evaluation.registers.keys import links, normal_number
from evaluation.registers.rules import CLEANING
from evaluation.registers.stacking import stacked
from evaluation.registers.store import new_prefix, write


class Registers:
    """The registers of one delivery.

    Made by :func:`evaluation.registers.open_registers`. Tables are built when first asked for and kept in the engine;
    the engine's working files go when the object does.

    Attributes
    ----------
    backend
        The Ibis backend that holds the tables.
    names
        Registers delivered, in the order of the contracts.
    absent
        Optional registers that were not delivered, and that this delivery could have used.
    synthetic
        Scenario of a synthetic delivery, by the mark that goes with its tables; None for real registers.
    """

    def __init__(
        self,
        backend: BaseBackend,
        sources: Mapping[tuple[str, int | None], tuple[Source, ir.Table]],
        *,
        own: bool = True,
        synthetic: str | None = None,
    ) -> None:
        self.backend = backend
        self._prefix = new_prefix()
        self._own = own  # in an engine that others gave, only temporary tables are made
        self._sources = dict(sources)
        self._tables: dict[str, ir.Table] = {}
        self._found: dict[str, tuple[Found, ...]] = {}
        self._scratch: list[str] = []
        self._counts: dict[str, int] = {}
        self.names = tuple(c.register for c in CONTRACTS if any(name == c.register for name, _ in self._sources))
        # without a key nothing is amiss where the City's tables carry serial numbers; where they don't, opening refuses
        self.absent = tuple(c.register for c in CONTRACTS if c.register not in (*self.names, "key"))
        self.synthetic = synthetic

    def __repr__(self) -> str:
        years = self.years("lisa")
        span = f", LISA {years[0]}-{years[-1]}" if years else ""
        return f"<Registers: {len(self.names)} registers, {len(self._sources)} tables{span}>"

    def years(self, name: str) -> tuple[int, ...]:
        """Years delivered of a register with one table a year; empty for the others."""
        contract(name)
        return tuple(sorted(year for register, year in self._sources if register == name and year is not None))

    def execute(self, expression: ir.Expr) -> Any:
        """Result of an expression: a data frame, or a scalar."""
        return self.backend.execute(expression)

    def last_day(self) -> date:
        """Last day that the delivery covers: the end of the last LISA year."""
        return date(self.years("lisa")[-1], 12, 31)

    def source(self, name: str) -> tuple[Source, ...]:
        """Delivered tables of a register, with the names of their columns."""
        return tuple(s for (register, _), (s, _) in sorted(self._sources.items(), key=_by_year) if register == name)

    def raw(self, name: str) -> ir.Table:
        """Delivered rows of a register: values as delivered (as text), under the names of the contract, with ``year``."""
        parts = []
        for year in self._parts(name):
            source, table = self._delivered(name, year)
            columns = {column: text(table[given]) for column, given in source.columns.items()}
            absent = {c.name: ibis.null("string") for c in source.contract.columns if c.name not in columns}
            order = {c.name: (columns | absent)[c.name] for c in source.contract.columns}
            if "person" in columns:
                order["person"] = columns["person"]
            parts.append(table.select(**order, year=ibis.literal(year, type="int64")))
        return ibis.union(*parts) if len(parts) > 1 else parts[0]

    def table(self, name: str) -> ir.Table:
        """Cleaned table of a register: repaired, typed, in kronor, with ``person`` the serial number.

        Registers that may be left out of a delivery, and were, have no rows.
        """
        if name not in self._tables:
            self._build(contract(name))
        return self._tables[name]

    def found(self, name: str) -> tuple[Found, ...]:
        """What each rule found while the register was cleaned."""
        self.table(name)
        return self._found[name]

    def linked(self, name: str) -> ir.Table:
        """Typed but unrepaired rows of a table of the City, with ``person`` where the number can be linked."""
        return self._keep(f"linked_{name}", lambda: self._typed(contract(name)))

    def scratch(self, name: str, expression: ir.Table, *, large: bool = False) -> ir.Table:
        """Hold a table in the engine until the register that is being built is done; on disk where it is large."""
        name = f"{self._prefix}scratch_{name}"
        table = write(self.backend, name, expression, temp=not (large and self._own))
        self._scratch.append(name)
        return table

    @property
    def held(self) -> int:
        """Number of tables held by :meth:`scratch`."""
        return len(self._scratch)

    def let_go(self, held: int) -> None:
        """Drop the tables held beyond the first ``held``."""
        while len(self._scratch) > held:
            self.backend.drop_table(self._scratch.pop(), force=True)

    def links(self) -> ir.Table:
        """Serial number of each personal identity number: ``number`` (unique), ``person``."""
        return self._keep("key_links", lambda: links(self.table("key")))

    def persons(self) -> ir.Table:
        """Serial numbers that LISA holds in any year, one row each."""
        return self.births().select("person")

    def births(self) -> ir.Table:
        """Year of birth of each person in LISA: ``person``, ``birth_year``."""

        def build() -> ir.Table:
            lisa = self.table("lisa")
            return lisa.group_by("person").agg(birth_year=lisa.birth_year.min())

        return self._keep("lisa_births", build)

    @property
    def persons_count(self) -> int:
        """Number of persons in LISA over all years."""
        return int(self.execute(self.persons().count()))

    def rows_count(self, name: str) -> int:
        """Number of delivered rows of a register."""
        if name not in self._counts:
            counts = [self._delivered(name, year)[1].agg(n=lambda t: t.count()) for year in self._parts(name)]
            self._counts[name] = int(self.execute(ibis.union(*counts) if len(counts) > 1 else counts[0]).n.sum())
        return self._counts[name]

    def close(self) -> None:
        """Let go of the engine; its working files are removed. An engine that others gave stays theirs, and open."""
        if self._own:
            self.backend.disconnect()

    def __enter__(self) -> Registers:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _parts(self, name: str) -> list[int | None]:
        years: list[int | None] = list(self.years(name))
        return years or [None]

    def _delivered(self, name: str, year: int | None) -> tuple[Source, ir.Table]:
        if (name, year) in self._sources:
            return self._sources[name, year]
        columns = {column.name: column.delivered for column in contract(name).columns}
        empty = ibis.memtable(
            {given: [] for given in columns.values()}, schema=dict.fromkeys(columns.values(), "string")
        )
        return Source(name, contract(name), year, columns), empty

    def _typed(self, of: Contract) -> ir.Table:
        parts = [self._delivered(of.register, year) for year in self._parts(of.register)]
        table = stacked(parts)
        if not of.city:
            return table
        last_year = self.last_day().year
        table = table.mutate(number=normal_number(table.number, last_year=last_year))
        if of.register == "key" or parts[0][0].by_serial:
            return table
        known = self.links().rename(_number="number", _person="person")
        joined = table.left_join(known, table.number == known._number)
        return joined.select(*table.columns, person="_person")

    def _build(self, of: Contract) -> None:
        held = self.held  # another register may be half built: this one was asked for by its rules
        if of.city and of.register != "key":
            start = self.linked(of.register)
        else:
            start = self.scratch(f"typed_{of.register}", self._typed(of), large=True)
        result, self._found[of.register] = clean(self, CLEANING[of.register], start)
        self._keep(of.register, lambda: result)
        self.let_go(held)

    def _keep(self, name: str, build: Callable[[], ir.Table]) -> ir.Table:
        if name not in self._tables:
            held = f"{self._prefix}{name}"
            write(self.backend, held, build(), temp=not self._own)
            self._tables[name] = self.backend.table(held)
        return self._tables[name]


def _by_year(item: tuple[tuple[str, int | None], object]) -> tuple[str, int]:
    (register, year), _ = item
    return register, year or 0
