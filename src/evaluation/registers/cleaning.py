"""Cleaning one table: the rules judge it stage by stage, what they find is kept, and the repairs are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pandas as pd

from evaluation.registers.contracts import contract

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers
    from evaluation.registers.rules import Check, Cleaning, Rule


@dataclass(frozen=True)
class Found:
    """What one rule found in one delivered table: the row keys of the flawed rows, sorted."""

    register: str
    rule: Rule | Check
    row_keys: pd.Series

    @property
    def rows(self) -> int:
        """Number of flawed rows."""
        return len(self.row_keys)


def clean_part(registers: Registers, cleaning: Cleaning, table: ir.Table) -> tuple[ir.Table, list[Found]]:
    """Judge and repair one table of a register.

    Parameters
    ----------
    registers
        The delivery; rules may look into other registers of it.
    cleaning
        Rules of the register.
    table
        The typed table, held by the engine.

    Returns
    -------
    Table
        The canonical rows (an expression over tables held by the engine).
    list of Found
        What each rule found.
    """
    found: list[Found] = []
    for number, stage in enumerate(cleaning.stages):
        columns = table.columns
        judged = stage.prepare(table, registers) if stage.prepare else table
        flags = {f"flag_{i}": rule.flag(judged).fill_null(False) for i, rule in enumerate(stage.rules)}
        judged = judged.mutate(**flags)
        counts = registers.execute(judged.agg(**{name: judged[name].cast("int64").sum() for name in flags})).iloc[0]
        hit = {name for name in flags if pd.notna(counts[name]) and counts[name] > 0}
        mending = any(rule.mend for name, rule in zip(flags, stage.rules, strict=True) if name in hit)
        if hit:
            # what the rules saw is written down before anything is repaired
            judged = registers.scratch(f"stage_{cleaning.register}_{number}", judged)
        for name, rule in zip(flags, stage.rules, strict=True):
            keys = row_keys(registers, cleaning.register, judged.filter(judged[name])) if name in hit else _NONE
            found.append(Found(cleaning.register, rule, keys))
        if mending:
            for name, rule in zip(flags, stage.rules, strict=True):
                if name in hit and rule.mend is not None:
                    judged = rule.mend(judged, judged[name])
            table = judged.select(*columns)
    return cleaning.finish(table, registers), found


def check(registers: Registers, cleaning: Cleaning) -> list[Found]:
    """Flaws of a register that show only against other registers."""
    found = []
    for rule in cleaning.checks:
        held = registers.held
        found.append(Found(cleaning.register, rule, row_keys(registers, cleaning.register, rule.rows(registers))))
        registers.let_go(held)
    return found


def row_keys(registers: Registers, register: str, rows: ir.Table) -> pd.Series:
    """Texts that name rows, as ``LopNr=5;year=2009``, sorted."""
    if "row_key" not in rows.columns:
        parts: list[ir.StringValue] = []
        for label, column in contract(register).row_key:
            value = rows[column].cast("string").fill_null("")
            parts.append(ibis.literal(f"{';' if parts else ''}{label}=").concat(value))
        rows = rows.select(row_key=reduce(lambda left, right: left.concat(right), parts))
    return registers.execute(rows.select("row_key").order_by("row_key")).row_key.reset_index(drop=True)


_NONE = pd.Series([], dtype="str", name="row_key")
