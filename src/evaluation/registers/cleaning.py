"""Cleaning one register: the rules judge it stage by stage, what they find is kept, and the repairs are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pandas as pd

from evaluation.registers.contracts import contract
from evaluation.registers.rules.base import Copies

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers
    from evaluation.registers.rules.base import Check, Cleaning, Rule


@dataclass(frozen=True)
class Found:
    """What one rule found in a register: the row keys of the flawed rows, sorted."""

    register: str
    rule: Rule | Check
    row_keys: pd.Series

    @property
    def rows(self) -> int:
        """Number of flawed rows."""
        return len(self.row_keys)


def clean(registers: Registers, cleaning: Cleaning, table: ir.Table) -> tuple[ir.Table, tuple[Found, ...]]:
    """Judge and repair the tables of a register.

    Each stage asks the engine once for the flawed rows of all its rules; where it takes more than the table's own
    columns to judge, what the rules saw is written down first, and the repairs start from there.

    Parameters
    ----------
    registers
        The delivery; rules may look into other registers of it.
    cleaning
        Rules of the register.
    table
        The typed rows, held by the engine.

    Returns
    -------
    Table
        The canonical rows (an expression over tables held by the engine).
    tuple of Found
        What each rule found.
    """
    found: list[Found] = []
    for number, stage in enumerate(cleaning.stages):
        judged = stage.judged(table, registers)
        if isinstance(stage, Copies) or stage.prepare is not None:
            judged = registers.scratch(f"stage_{cleaning.register}_{number}", judged)
        flags = [f"flag_{i}" for i in range(len(stage.rules))]
        flawed = judged.filter(reduce(or_, [judged[flag] for flag in flags]))
        rows = registers.execute(_named(cleaning.register, flawed, *flags).order_by("row_key"))
        keys = [rows.loc[rows[flag], "row_key"].reset_index(drop=True) for flag in flags]
        found += [Found(cleaning.register, rule, part) for rule, part in zip(stage.rules, keys, strict=True)]
        if isinstance(stage, Copies):
            if len(rows):
                table = stage.without(table, judged)
            continue
        mended = judged
        for rule, flag, part in zip(stage.rules, flags, keys, strict=True):
            if rule.mend is not None and len(part):
                mended = rule.mend(mended, mended[flag])
        if mended is not judged:
            table = mended.select(*table.columns)
    return cleaning.finish(table, registers), tuple(found)


def check(registers: Registers, cleaning: Cleaning) -> tuple[Found, ...]:
    """Flaws of a register that show only against other registers, all of them asked for at once."""
    if not cleaning.checks:
        return ()
    held = registers.held
    parts = []
    for number, rule in enumerate(cleaning.checks):
        part = rule.rows(registers)
        part = part.select("row_key") if "row_key" in part.columns else _named(cleaning.register, part)
        parts.append(part.mutate(rule=ibis.literal(number, type="int64")))
    rows = registers.execute((ibis.union(*parts) if len(parts) > 1 else parts[0]).order_by(["rule", "row_key"]))
    registers.let_go(held)
    return tuple(
        Found(cleaning.register, rule, rows.loc[rows["rule"] == number, "row_key"].reset_index(drop=True))
        for number, rule in enumerate(cleaning.checks)
    )


def _named(register: str, rows: ir.Table, *keep: str) -> ir.Table:
    """``row_key``, the texts that name rows, as ``LopNr=5;year=2009``; and the columns to keep."""
    parts: list[ir.StringValue] = []
    for label, column in contract(register).row_key:
        value = rows[column].cast("string").fill_null("")
        parts.append(ibis.literal(f"{';' if parts else ''}{label}=").concat(value))
    return rows.select(*keep, row_key=reduce(lambda left, right: left.concat(right), parts))
