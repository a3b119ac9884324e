"""The flaw ledger: what every rule found in a delivery, and what was done about it."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd

from evaluation.registers.cleaning import check
from evaluation.registers.contracts import CONTRACTS
from evaluation.registers.registers import Registers
from evaluation.registers.rules import CLEANING

#: Rules about a register as a whole, with what they say.
WHOLE_REGISTER = {"not_delivered": "not in the delivery", "no_rows": "delivered without rows"}


@dataclass(frozen=True)
class Ledger:
    """Flaws of a delivery.

    Attributes
    ----------
    table
        One row a rule: ``register``, ``rule``, ``rows`` (flawed rows), ``share`` (of the register's delivered rows),
        ``action``, ``description``. Rules that found nothing have zero rows; so have ``not_delivered`` and ``no_rows``, which are about a
        whole register and stand in the table only where they apply.
    rows
        One row a flawed row: ``register``, ``rule``, ``row_key``. Person-level: it stays in the protected folder.
    """

    table: pd.DataFrame
    rows: pd.DataFrame

    @property
    def notes(self) -> tuple[str, ...]:
        """What concerns whole registers: not delivered although they might have been, or delivered without rows."""
        noted = self.table[self.table["rule"].isin(WHOLE_REGISTER)]
        return tuple(f"{row.register}: {row.description}; {row.action}" for row in noted.itertuples())

    def __str__(self) -> str:
        found = self._found()
        clean = len(self.table) - len(found) - len(self.notes)
        total = sum(rows for _, rows, _, _, _ in found)
        lines = [f"Flaw ledger: {len(found)} rules found {total} flawed rows; {clean} rules found none"]
        width = max((len(name) for name, *_ in found), default=0)
        for name, rows, share, action, _ in found:
            lines.append(f"  {name:<{width}}  {rows:>9}  {share}  {action}")
        lines += [f"  Note: {note}" for note in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from evaluation.sortable import sortable

        found = self.table[self.table["rows"] > 0]
        shown = found.assign(rule=found["register"] + ": " + found["rule"])[
            ["rule", "rows", "share", "action", "description"]
        ]
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return sortable(shown, caption="Flaw ledger", formats={"rows": "{:,}", "share": "{:.2%}"}) + notes

    def _found(self) -> list[tuple[str, int, str, str, str]]:
        """Rules that found something: name, rows, share for people, action, description."""
        found = self.table[self.table["rows"] > 0]
        return [
            (
                f"{row['register']}: {row['rule']}",
                int(row["rows"]),
                f"{100 * row['share']:6.2f} %",
                row["action"],
                row["description"],
            )
            for row in found.to_dict("records")
        ]


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
            if register in registers.absent:
                table.append(_whole(register, "not_delivered", contract.without))
            continue
        delivered = registers.rows_count(register)
        if not delivered:
            table.append(_whole(register, "no_rows", "as if the event had happened to nobody"))
        for one in (*registers.found(register), *check(registers, CLEANING[register])):
            table.append(
                {
                    "register": register,
                    "rule": one.rule.id,
                    "rows": one.rows,
                    "share": one.rows / delivered if delivered else 0.0,
                    "action": one.rule.action,
                    "description": one.rule.description,
                }
            )
            if one.rows:
                rows.append(pd.DataFrame({"register": register, "rule": one.rule.id, "row_key": one.row_keys}))
    columns = {"register": "str", "rule": "str", "row_key": "str"}
    flawed = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(columns))
    flawed = flawed.astype(columns).sort_values(list(columns), ignore_index=True)
    return Ledger(pd.DataFrame(table), flawed)


def _whole(register: str, rule: str, action: str) -> dict[str, object]:
    """Row of the table for a rule about a whole register: it has no flawed rows, and no share."""
    return {
        "register": register,
        "rule": rule,
        "rows": 0,
        "share": 0.0,
        "action": action,
        "description": WHOLE_REGISTER[rule],
    }
