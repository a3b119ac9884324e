"""What a rule is: an expression that finds flawed rows, and what is done about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers

Prepare = Callable[[ir.Table, "Registers"], ir.Table]
Rank = Callable[[ir.Table], ir.Value]


@dataclass(frozen=True)
class Rule:
    """A flaw that shows in a table, and its repair.

    Parameters
    ----------
    id
        Name of the kind of flaw.
    flag
        Given the prepared table, whether a row is flawed (missing counts as no).
    action
        What is done with such rows, for the ledger.
    description
        What is wrong with them, for the ledger.
    mend
        Given the table and the flag, the table after the repair; None where the flaw is listed only.
    """

    id: str
    flag: Callable[[ir.Table], ir.BooleanValue]
    action: str
    description: str
    mend: Callable[[ir.Table, ir.BooleanValue], ir.Table] | None = None


@dataclass(frozen=True)
class Stage:
    """Rules that are judged on the same state of the table, after ``prepare`` has added what they need to know."""

    rules: tuple[Rule, ...]
    prepare: Prepare | None = None

    def judged(self, table: ir.Table, registers: Registers) -> ir.Table:
        """The prepared table, with ``flag_0``, ``flag_1``, ... for the rules."""
        if self.prepare is not None:
            table = self.prepare(table, registers)
        return table.mutate(**{f"flag_{i}": rule.flag(table).fill_null(False) for i, rule in enumerate(self.rules)})


@dataclass(frozen=True)
class Copies:
    """A stage that drops all but one of the rows with the same key.

    Parameters
    ----------
    rule
        The flaw.
    by
        Columns of the key.
    first
        What makes a row the one to keep, before the order of all columns.
    prepare
        Adds what the row key of the ledger needs.
    """

    rule: Rule
    by: tuple[str, ...]
    first: tuple[Rank, ...] = ()
    prepare: Prepare | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rule, as the other stages give theirs."""
        return (self.rule,)

    def judged(self, table: ir.Table, registers: Registers) -> ir.Table:
        """The rows of repeated keys only, with ``flag_0`` for those to drop."""
        if self.prepare is not None:
            table = self.prepare(table, registers)
        several = repeated(table, self.by, self.first)
        return several.mutate(flag_0=self.rule.flag(several)).drop("_copy")

    def without(self, table: ir.Table, judged: ir.Table) -> ir.Table:
        """The table without the rows to drop, given what :meth:`judged` found in it."""
        kept = judged.filter(~judged.flag_0).select(*table.columns)
        return table.anti_join(judged, [table[name].identical_to(judged[name]) for name in self.by]).union(kept)


@dataclass(frozen=True)
class Check:
    """A flaw that shows only against other registers; listed, never mended.

    ``rows`` gives the flawed rows with the columns of the contract's row key, or with a ready ``row_key``.
    """

    id: str
    rows: Callable[[Registers], ir.Table]
    action: str
    description: str


@dataclass(frozen=True)
class Cleaning:
    """How one register becomes its canonical table.

    Parameters
    ----------
    register
        The register.
    stages
        Rules, stage by stage.
    finish
        From the repaired table to the canonical columns.
    checks
        Flaws that show only against other registers.
    """

    register: str
    stages: tuple[Stage | Copies, ...]
    finish: Callable[[ir.Table, Registers], ir.Table]
    checks: tuple[Check, ...] = ()


def repeated(table: ir.Table, by: Sequence[str], first: Sequence[Rank] = ()) -> ir.Table:
    """Rows whose values of ``by`` occur more than once, numbered from 0 in ``_copy``.

    The number follows ``first``, then all columns, smallest first. Only these rows go through the sort, so that wide
    tables do not.
    """
    # group_by counts missing values as equal; the joins must do so too
    keys = table.group_by(list(by)).having(lambda t: t.count() > 1).agg(_n=lambda t: t.count())
    several = table.semi_join(keys, [table[name].identical_to(keys[name]) for name in by])
    order = [*(rank(several) for rank in first), *(several[name].asc() for name in several.columns)]
    window = ibis.window(group_by=list(by), order_by=order)
    return several.mutate(_copy=ibis.row_number().over(window).cast("int64"))


def drop(table: ir.Table, flawed: ir.BooleanValue) -> ir.Table:
    """Repair that takes the rows away."""
    return table.filter(~flawed)


def assign(**values: Callable[[ir.Table], ir.Value]) -> Callable[[ir.Table, ir.BooleanValue], ir.Table]:
    """Repair that gives columns other values in the flawed rows."""

    def mend(table: ir.Table, flawed: ir.BooleanValue) -> ir.Table:
        return table.mutate(**{name: flawed.ifelse(value(table), table[name]) for name, value in values.items()})

    return mend
