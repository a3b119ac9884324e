"""Spells and marked months from the registers, as absolute months: distinct rows, ready to be painted on the grid."""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from evaluation.outcomes.definitions import Definitions


def month_of(date: ir.DateValue) -> ir.IntegerValue:
    """Absolute month of a date: 12 * year + month - 1."""
    return (date.year().cast("int64") * 12 + date.month().cast("int64") - 1).cast("int64")


def employed_spells(ku: ir.Table, persons: ir.Table, *, city: bool, marked: bool | None = None) -> ir.Table:
    """Months with a control statement, ``person, first, last``: employed at the City, or anywhere else.

    ``marked`` keeps statements with (True) or without (False) marks of their first and last month; one without counts as the whole year.
    """
    rows = ku.semi_join(persons, "person").filter(lambda t: t.city if city else ~t.city)
    if marked is not None:
        rows = rows.filter(lambda t: t.marked if marked else ~t.marked)
    january = rows.year.cast("int64") * 12 - 1
    return rows.select("person", first=january + rows.first_month, last=january + rows.last_month).distinct()


def programme_spells(employments: ir.Table, persons: ir.Table, kinds: tuple[str, ...], last_month: int) -> ir.Table:
    """Months inside a fixed-term employment of the programme, ``person, first, last``; open ones run to ``last_month``."""
    rows = employments.semi_join(persons, "person").filter(lambda t: t.kind.isin(kinds))
    return rows.select("person", first=month_of(rows.start), last=month_of(rows.end).fill_null(last_month)).distinct()


def category_spells(
    categories: ir.Table, persons: ir.Table, definitions: Definitions, group: str, last_month: int
) -> ir.Table:
    """Months with any day in an employment service category of ``group``, ``person, first, last``.

    Codes are reused over time, so a code counts by its meaning on the day the period began.
    """
    rows = categories.semi_join(persons, "person")
    meanings = [
        (rows.category == code) & (rows.start >= ibis.date(start)) & (rows.start <= ibis.date(end))
        for code, start, end in definitions.category_periods(group)
    ]
    rows = rows.filter(reduce(or_, meanings))
    return rows.select("person", first=month_of(rows.start), last=month_of(rows.end).fill_null(last_month)).distinct()


def marked_months(register: ir.Table, persons: ir.Table) -> ir.Table:
    """Months with a row in a register of person-months, ``person, first, last`` with first = last."""
    rows = register.semi_join(persons, "person")
    month = rows.month.cast("int64")
    return rows.select("person", first=month, last=month).distinct()


def new_enrolments(enrolments: ir.Table, persons: ir.Table, gap_days: int, last_month: int) -> ir.Table:
    """Month in which an enrolment episode begins, ``person, first, last`` with first = last.

    Enrolments at most ``gap_days`` apart, transfers between offices among them, are one episode.
    """
    rows = enrolments.semi_join(persons, "person")
    rows = rows.select("person", "enrolment", "start", until=rows.end.fill_null(ibis.date(last_month // 12 + 1, 1, 1)))
    earlier = ibis.window(group_by="person", order_by=["start", "enrolment"], rows=(None, -1))
    rows = rows.mutate(before=rows.until.max().over(earlier))
    opens = rows.before.isnull() | (rows.start > rows.before + ibis.interval(days=gap_days))
    rows = rows.filter(opens)
    return rows.select("person", first=month_of(rows.start), last=month_of(rows.start)).distinct()
