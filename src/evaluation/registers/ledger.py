"""The flaw ledger: what every rule found in a delivery, and what was done about it."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from evaluation.registers.cleaning import check
from evaluation.registers.contracts import CONTRACTS
from evaluation.registers.registers import Registers
from evaluation.registers.rules import CLEANING


@dataclass(frozen=True)
class Ledger:
    """Flaws of a delivery.

    Attributes
    ----------
    table
        One row a rule: ``register``, ``rule``, ``rows`` (flawed rows), ``share`` (of the register's delivered rows),
        ``action``, ``description``. Rules that found nothing have zero rows.
    rows
        One row a flawed row: ``register``, ``rule``, ``row_key``. Person-level: it stays in the protected folder.
    """

    table: pd.DataFrame
    rows: pd.DataFrame

    def __str__(self) -> str:
        found = self.table[self.table["rows"] > 0]
        clean = len(self.table) - len(found)
        lines = [
            f"Flaw ledger: {len(found)} rules found {int(found['rows'].sum())} flawed rows; {clean} rules found none"
        ]
        if len(found):
            width = max(len(f"{r}: {k}") for r, k in zip(found["register"], found["rule"], strict=True))
            for row in found.itertuples():
                name = f"{row.register}: {row.rule}"
                lines.append(f"  {name:<{width}}  {row.rows:>9}  {100 * row.share:6.2f} %  {row.action}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        found = self.table[self.table["rows"] > 0]
        head = "".join(f'<th scope="col">{name}</th>' for name in found.columns)
        body = []
        for row in found.itertuples(index=False):
            cells = (row.register, row.rule, str(row.rows), f"{100 * row.share:.2f} %", row.action, row.description)
            body.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
        return (
            f"<table><caption>Flaw ledger</caption><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        )


def validate(registers: Registers) -> Ledger:
    """Judge every delivered register by every rule.

    The rules are the ones that clean the tables: what the ledger lists as dropped or put right is what
    :meth:`Registers.table` dropped or put right.
    """
    table: list[dict[str, object]] = []
    rows: list[pd.DataFrame] = []
    for contract in CONTRACTS:
        register = contract.register
        if register not in registers.names:
            continue
        delivered = registers.rows_count(register)
        found = [*registers.found(register), *check(registers, CLEANING[register])]
        kinds = {one.rule.id: one.rule for one in found}
        for kind, rule in kinds.items():
            keys = [one.row_keys for one in found if one.rule.id == kind and one.rows]
            n = sum(len(part) for part in keys)
            table.append(
                {
                    "register": register,
                    "rule": kind,
                    "rows": n,
                    "share": n / delivered if delivered else 0.0,
                    "action": rule.action,
                    "description": rule.description,
                }
            )
            rows += [pd.DataFrame({"register": register, "rule": kind, "row_key": part}) for part in keys]
    columns = {"register": "str", "rule": "str", "row_key": "str"}
    flawed = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(columns))
    flawed = flawed.astype(columns).sort_values(list(columns), ignore_index=True)
    return Ledger(pd.DataFrame(table), flawed)
