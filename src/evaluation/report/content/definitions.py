"""Definitions: values year by year, where each comes from, and how codes were read."""

from __future__ import annotations

import re

import pandas as pd

from evaluation.report.content.builder import Builder
from evaluation.report.content.checklist_values import n_assumed
from evaluation.report.content.source_text import source_text
from evaluation.report.model import Cell, Column, Section, Table
from evaluation.report.numbers import capital
from evaluation.report.tables import impossible, plain_table, to_csv

CODE = "code"
_REGISTERS_BEGIN = "2005-01-01"  # a validity that begins before goes without saying
_OPEN_END = "9999-12-31"


def definitions(b: Builder) -> Section | None:
    """Every threshold and rule with its source and status."""
    w = b.writer
    table = b.release.table("definitions")
    if table.empty:
        return None
    n = n_assumed(table)
    codes = table["unit"] == CODE
    yearly = ~codes & table["year"].str.fullmatch(r"\d{4}")
    blocks: list[Table | str] = [
        w("banner.assumed", n_assumed=n) if n else "",
        w("definitions.text"),
    ]
    if yearly.any():
        blocks.append(b.table(_yearly(b, table[yearly])))
    if (~codes).any():
        blocks.append(b.table(_sources(b, table[~codes])))
    if codes.any():
        blocks += [w("definitions.codes", table=b.table_number()), b.table(_codes(b, table[codes]))]
    return b.section("definitions", blocks, "appendix")


def _yearly(b: Builder, table: pd.DataFrame) -> Table:
    """Values by year; what was derived or assumed bears a letter."""
    w = b.writer
    names = list(dict.fromkeys(zip(table["name"], table["unit"], strict=True)))
    found = {(r["name"], r["year"]): r for r in table.to_dict("records")}
    digits = {name: _digits([r["value"] for r in table.to_dict("records") if r["name"] == name]) for name, _ in names}
    body = []
    for year in sorted(set(table["year"])):
        cells = [Cell(year)]
        for name, _ in names:
            row = found.get((name, year))
            cells.append(impossible(w) if row is None else _value_cell(b, row, digits[name]))
        body.append(cells)
    columns = [Column(w("head.year"), numeric=False)]
    columns += [Column(f"{capital(_name(b, name))}, {_unit(b, unit)}", width=1.4) for name, unit in names]
    letters = [
        w("definitions.letter", letter=_letter(b, status), meaning=w.label("source_status", status))
        for status in ("derived", "assumed")
        if (table["status"] == status).any()
    ]
    made = w("definitions.caption")
    return plain_table(w, "definitions", made, columns, body, csv=to_csv(table), extra_notes=letters, small=True)


def _digits(values: list[str]) -> int:
    """Decimals of a column: as many as its most exact value has."""
    return max(len(value.partition(".")[2].rstrip("0")) for value in values)


def _value_cell(b: Builder, row: dict, digits: int) -> Cell:
    text = b.writer.numbers.decimal(float(row["value"]), digits)
    if row["status"] == "found":
        return Cell(text)
    return Cell(f"{text} {_letter(b, row['status'])}", f"{text}, {b.writer.label('source_status', row['status'])}")


def _letter(b: Builder, status: str) -> str:
    return b.writer.label("source_status", status)[0]


def _sources(b: Builder, table: pd.DataFrame) -> Table:
    """Where values come from: years whose sources differ in nothing but years stand together."""
    w = b.writer
    body = []
    for years, row in _grouped(table.to_dict("records")):
        name = f"{w.label('definition_table', row['table'])}: {_name(b, row['name'])}"
        alone = f"{_value(b, row['value'])} {_unit(b, row['unit'])}"
        span = w.numbers.years(years[0], years[-1]) if years else alone
        body.append(
            (
                Cell(capital(name)),
                Cell(span),
                Cell(w.label("source_status", row["status"])),
                Cell(source_text(w, row["source"])),
            )
        )
    columns = (
        Column(w("head.name"), numeric=False, width=2.4),
        Column(w("head.years_or_value"), numeric=False, width=1.1),
        Column(w("head.status"), numeric=False, width=0.9),
        Column(w("head.source"), numeric=False, width=3.4),
    )
    return plain_table(w, "sources", w("definitions.sources.caption"), columns, body, small=True)


def _grouped(rows: list[dict]) -> list[tuple[list[int], dict]]:
    found: list[tuple[list[int], dict]] = []
    for row in sorted(rows, key=lambda r: (r["table"], r["name"], r["year"])):
        year = [int(row["year"])] if re.fullmatch(r"\d{4}", row["year"]) else []
        last = found[-1] if found else ([], {})
        if year and last[0] and year[0] == last[0][-1] + 1 and _same(last[1], row):
            last[0].extend(year)
        else:
            found.append((year, row))
    return found


def _same(first: dict, second: dict) -> bool:
    alike = all(first[k] == second[k] for k in ("table", "name", "status"))
    return alike and re.sub(r"\d{4}(-\d{4})?", "#", first["source"]) == re.sub(r"\d{4}(-\d{4})?", "#", second["source"])


def _codes(b: Builder, table: pd.DataFrame) -> Table:
    """Code lists: codes that the analysis takes for the same thing, together."""
    w = b.writer
    groups: dict[tuple[str, str, str], list[dict]] = {}
    for row in table.to_dict("records"):
        groups.setdefault((row["table"], row["value"], row["status"]), []).append(row)
    body = []
    for (name, value, status), rows in groups.items():
        taken = w.label("code_group", value) if w.catalogue.has_label("code_group", value) else value
        body.append(
            (
                Cell(capital(w.label("definition_table", name))),
                Cell(taken),
                Cell(", ".join(_code(b, row["name"]) for row in rows)),
                Cell(w.label("source_status", status)),
                Cell("; ".join(dict.fromkeys(source_text(w, row["source"]) for row in rows))),
            )
        )
    columns = (
        Column(w("head.list"), numeric=False, width=1.6),
        Column(w("head.taken_for"), numeric=False, width=1.5),
        Column(w("head.code"), numeric=False, width=2.3),
        Column(w("head.status"), numeric=False, width=0.8),
        Column(w("head.source"), numeric=False, width=2.4),
    )
    return plain_table(w, "codes", w("definitions.codes.caption"), columns, body, csv=to_csv(table), small=True)


def _code(b: Builder, code: str) -> str:
    """`47`, `47 (från 2015-08-01)`, `48 (1991-08-01 till 2015-07-31)`."""
    match = re.fullmatch(r"(.+) \((\d{4}-\d{2}-\d{2}) to (\d{4}-\d{2}-\d{2})\)", code)
    if not match:
        return code
    name, first, last = match.groups()
    early = first < _REGISTERS_BEGIN
    if last == _OPEN_END:
        return name if early else b.writer("definitions.from", code=name, first=first)
    key = "definitions.until" if early else "definitions.between"
    return b.writer(key, code=name, **({"last": last} if early else {"first": first, "last": last}))


def _value(b: Builder, value: str) -> str:
    try:
        return b.writer.plain_number(float(value))
    except ValueError:
        return value


def _name(b: Builder, name: str) -> str:
    return b.writer.label("definition_name", name) if b.writer.catalogue.has_label("definition_name", name) else name


def _unit(b: Builder, unit: str) -> str:
    return b.writer.label("definition_unit", unit) if b.writer.catalogue.has_label("definition_unit", unit) else unit
