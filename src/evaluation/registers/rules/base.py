"""What a rule is: an expression that finds flawed rows, and what is done about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis.expr.types as ir

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers

Prepare = Callable[[ir.Table, "Registers"], ir.Table]


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
    stages: tuple[Stage, ...]
    finish: Callable[[ir.Table, Registers], ir.Table]
    checks: tuple[Check, ...] = ()


def drop(table: ir.Table, flawed: ir.BooleanValue) -> ir.Table:
    """Repair that takes the rows away."""
    return table.filter(~flawed)


def assign(**values: Callable[[ir.Table], ir.Value]) -> Callable[[ir.Table, ir.BooleanValue], ir.Table]:
    """Repair that gives columns other values in the flawed rows."""

    def mend(table: ir.Table, flawed: ir.BooleanValue) -> ir.Table:
        return table.mutate(**{name: flawed.ifelse(value(table), table[name]) for name, value in values.items()})

    return mend
