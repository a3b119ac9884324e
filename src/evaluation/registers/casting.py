"""From delivered values to typed ones: blanks trimmed, text read, leading zeros put back, units made kronor."""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from evaluation.registers.contracts import Column
from evaluation.registers.delivery import Source


def text(value: ir.Column) -> ir.StringColumn:
    """A delivered value as text without surrounding blanks; blank is missing."""
    kind = value.type()
    if kind.is_floating():
        value = value.isnan().ifelse(ibis.null(kind), value).round().cast("int64")
    if not kind.is_string():
        value = value.cast("string")
    return value.strip().nullif("")


def typed(value: ir.Column, column: Column) -> ir.Column:
    """A delivered value in the type its contract gives it; missing where it cannot be read."""
    kind = value.type()
    if column.kind == "date":
        return _date(value)
    if column.kind == "text":
        return text(value)
    if column.kind == "code":
        return _code(value, column)
    if kind.is_boolean():
        return value.cast("int64")
    if kind.is_numeric() and not column.missing:
        if not kind.is_integer():
            value = (value.isnan().ifelse(ibis.null(kind), value) if kind.is_floating() else value).round()
        number = value.cast("int64")
    else:
        given = _without(text(value), column.missing)
        # '145.0' and '145,0' are whole numbers that have been through a program with floating points
        number = given.try_cast("int64") if kind.is_integer() else _whole(given)
    return number * column.factor if column.factor != 1 else number


def _whole(given: ir.StringColumn) -> ir.IntegerColumn:
    plain = given.replace(",", ".")
    return ibis.coalesce(
        plain.contains(".").ifelse(ibis.null("int64"), plain.try_cast("int64")),
        plain.try_cast("float64").round().cast("int64"),
    )


def _without(given: ir.StringColumn, missing: tuple[str, ...]) -> ir.StringColumn:
    for value in missing:
        given = given.nullif(value)
    return given


def _code(value: ir.Column, column: Column) -> ir.StringColumn:
    given = text(value)
    if value.type().is_string():
        given = given.endswith(".0").ifelse(given.substr(0, given.length() - 2), given)
    if column.width is not None:
        number = given.try_cast("int64")
        short = number.notnull() & (given.length() < column.width)
        zeros = ibis.literal("0" * column.width).concat(given)
        given = short.ifelse(zeros.right(column.width), given)
    return _without(given, column.missing)


def _date(value: ir.Column) -> ir.DateColumn:
    kind = value.type()
    if kind.is_date():
        return value
    if kind.is_timestamp():
        return value.date()
    given = text(value)
    dashed = given.substr(0, 4).concat("-", given.substr(4, 2), "-", given.substr(6, 2))
    return (given.length() == 8).ifelse(dashed, given.left(10)).try_cast("date")


def typed_table(table: ir.Table, source: Source) -> ir.Table:
    """All columns of a contract, typed and named; those not delivered are missing values.

    A yearly table gets its ``year``. Where text could not be read as a number or date, ``unreadable`` is true.
    """
    out: dict[str, ir.Value] = {}
    failed: list[ir.BooleanValue] = []
    columns = list(source.contract.columns)
    if source.by_serial and source.contract.city:
        columns.append(Column("person", "LopNr", "integer", ""))
    for column in columns:
        if column.name in source.columns:
            value = table[source.columns[column.name]]
            out[column.name] = typed(value, column)
            if value.type().is_string() and column.kind in ("integer", "amount", "date"):
                failed.append(out[column.name].isnull() & _without(text(value), column.missing).notnull())
        else:
            out[column.name] = ibis.null(ibis_type(column))
    if source.year is not None:
        out["year"] = ibis.literal(source.year, type="int64")
    elif source.contract.yearly:  # the tables of several years in one
        out["year"] = table["year"]
    out["unreadable"] = reduce(or_, failed) if failed else ibis.literal(False)
    if source.contract.city and "number" in source.columns:
        # as delivered, for the rules about how numbers are written
        given = table[source.columns["number"]]
        out["number_given"] = given.cast("string") if not given.type().is_string() else given
    elif source.contract.city:
        out["number_given"] = ibis.null("string")
    return table.select(**out)


def ibis_type(column: Column) -> str:
    """Type of a column from here on, as Ibis names it."""
    return {"integer": "int64", "amount": "int64", "code": "string", "text": "string", "date": "date"}[column.kind]


def outside_list(table: ir.Table, column: Column) -> ir.BooleanValue:
    """Whether a value is there but not in the contract's code list."""
    codes = [int(c) if column.kind == "integer" else c for c, _ in column.codes]
    return table[column.name].notnull() & ~table[column.name].isin(codes)
