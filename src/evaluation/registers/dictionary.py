"""The data dictionary: the contracts as a page for people.

``python -m evaluation.registers.dictionary`` prints it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from evaluation.registers.casting import ibis_type
from evaluation.registers.contracts import CONTRACTS, Column, Contract

_INTRODUCTION = """# Data dictionary

What a delivery of registers has to hold, and what becomes of it. This page is made from the contracts in
`evaluation.registers.contracts` by `python -m evaluation.registers.dictionary`; do not edit it by hand.

Names of tables and columns are found whatever their case, separators and project prefix (`P1105_`); serial numbers of
persons are found under every spelling of `LopNr`. The year of a yearly table is in its name. Blanks around values are
taken away, blank is missing, leading zeros lost on the way are put back, and all amounts become Swedish kronor.

A delivery without a required register is refused. Without an optional one the run goes on and says so, in its summary and in the flaw
ledger; what is lost is told here under the register. A table without rows is refused, except for registers of events that may not have
happened to anybody: those are noted in the ledger.

A table named `SYNTHETIC` (one column, `scenario`) marks registers of made-up persons. It goes with the tables wherever they are copied, into
a DuckDB file too, and makes every report on them say that nobody in it exists.
"""


def dictionary_markdown(contracts: Iterable[Contract] = CONTRACTS) -> str:
    """The data dictionary in Markdown."""
    contracts = tuple(contracts)
    lines = [
        _INTRODUCTION,
        "| Register | Title | Source | Table | Required | May be empty |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for contract in contracts:
        lines.append(
            f"| [{contract.register}](#{contract.register}) | {contract.title} | {contract.source} | "
            f"`{contract.table}` | {_yes(contract.required)} | {_yes(contract.may_be_empty)} |"
        )
    for contract in contracts:
        lines += ["", *_register(contract)]
    return "\n".join(lines) + "\n"


def _register(contract: Contract) -> list[str]:
    key = ", ".join(f"`{name}`" for name in contract.key)
    lines = [f"## {contract.register}", "", f"{contract.title}. One row: {contract.grain}. Key: {key}.", ""]
    if contract.without:
        lines += [f"Optional. Without it: {contract.without}.", ""]
    lines += [
        "| Delivered | Name here | Type here | Unit | Years | Required | Description |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_column(column) for column in contract.columns),
    ]
    if contract.canonical:
        lines += ["", "Made from these:", ""]
        lines += [f"- `{name}` ({kind}): {note}" for name, kind, note in contract.canonical]
    coded = [column for column in contract.columns if column.codes and any(meaning for _, meaning in column.codes)]
    if coded:
        lines += ["", "Codes:", ""]
        seen: list[tuple[tuple[str, str], ...]] = []
        for column in coded:
            if column.codes in seen:
                continue
            seen.append(column.codes)
            lines.append(
                f"- `{column.delivered}`: " + "; ".join(f"`{code}` {meaning}" for code, meaning in column.codes)
            )
    return lines


def _column(column: Column) -> str:
    names = ", ".join(f"`{name}`" for name in (column.delivered, *column.aliases))
    first, last = column.years
    years = "" if first is None and last is None else f"{first or ''}-{last or ''}"
    unit = f"{column.unit} (x {column.factor})" if column.factor != 1 else column.unit
    return (
        f"| {names} | `{column.name}` | {ibis_type(column)} | {unit} | {years} | {_yes(column.required)} | "
        f"{column.description} |"
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(dictionary_markdown())
