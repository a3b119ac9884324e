"""Day and month exchanged in a date of the City's tables: found by contradiction, and put back.

A date is put back only where that, and nothing else, makes the row agree with itself and with what else is known of
the person: the records kept while enrolled, and the enrolment that led to an employment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from evaluation.registers.contracts.city import EMPLOYMENT_KINDS
from evaluation.registers.rules.common import days_after, earlier, month_number

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers

#: Kinds of employment that follow on an enrolment, as delivered.
PROGRAMME = tuple(given for given, kind in EMPLOYMENT_KINDS.items() if kind in ("regular", "created"))
#: Meetings are booked monthly: the first and last record lie within so many days of the first and last day.
MONTHLY = 31
#: Days without any record after which an enrolment without an end is taken to have ended.
SILENCE = 62


def swapped(date: ir.DateValue) -> ir.DateValue:
    """The date with day and month exchanged; missing where that is no date, or the same."""
    year, month, day = (part.cast("string") for part in (date.year(), date.month(), date.day()))
    other = year.concat("-", ibis.literal("0").concat(day).right(2), "-", ibis.literal("0").concat(month).right(2))
    possible = (date.day() <= 12) & (date.day() != date.month())
    return possible.ifelse(other, ibis.null("string")).try_cast("date")


def enrolment_swaps(table: ir.Table, registers: Registers) -> ir.Table:
    """``_start``, ``_end``, ``_referral``: the date put back, where one is; missing elsewhere."""
    table = _with_records(table, registers)
    start, end, referral = swapped(table.start), swapped(table.end), swapped(table.referral)

    def fits(referral: ir.DateValue, start: ir.DateValue, end: ir.DateValue) -> ir.BooleanValue:
        in_order = start.notnull() & ~earlier(start, referral) & ~earlier(end, start)
        return in_order & ~earlier(table._first, start) & ~earlier(end, table._last)

    dates = earlier(table.end, table.start) | earlier(table.start, table.referral)
    first = earlier(table._first, table.start) | earlier(days_after(table.start, MONTHLY), table._first)
    last = earlier(table.end, table._last) | earlier(days_after(table._last, SILENCE), table.end)
    near_first = ~earlier(days_after(start, MONTHLY), table._first)
    near_last = ~earlier(days_after(table._last, MONTHLY), end)
    mends_start = fits(table.referral, start, table.end) & (dates | (first & near_first))
    mends_end = end.notnull() & fits(table.referral, table.start, end) & (dates | (last & near_last)) & ~mends_start
    mends_referral = dates & referral.notnull() & fits(referral, table.start, table.end) & ~mends_start & ~mends_end
    none = ibis.null("date")
    return table.mutate(
        _start=mends_start.ifelse(start, none),
        _end=mends_end.ifelse(end, none),
        _referral=mends_referral.ifelse(referral, none),
    )


def _with_records(table: ir.Table, registers: Registers) -> ir.Table:
    """``_first``, ``_last``: first and last record between the enrolment before and the next one."""
    window = ibis.window(group_by="person", order_by=["start", "enrolment"])
    placed = table.mutate(
        _before=table.end.lag().over(window),
        _number=ibis.row_number().over(window),
        _next=table.start.lead().over(window),
    )
    possible = placed.filter(swapped(placed.start).notnull() | swapped(placed.end).notnull())
    days = ibis.union(*(registers.linked(name).select(who="person", day="date") for name in ("attendance", "steps")))
    own = [
        possible.person == days.who,
        possible._before.isnull() | (days.day > possible._before),
        possible._next.isnull() | (days.day < possible._next),
    ]
    found = possible.join(days, own).group_by(_id="enrolment").agg(_first=days.day.min(), _latest=days.day.max())
    joined = placed.left_join(found, placed.enrolment == found._id)
    # what came before an enrolment can be told only where the one before it has an end, and that is past
    alone = (joined._number == 0) | earlier(joined._before, joined.start)
    return joined.select(*table.columns, _first=alone.ifelse(joined._first, ibis.null("date")), _last=joined._latest)


def employment_swaps(table: ir.Table, registers: Registers) -> ir.Table:
    """``_start``, ``_end``, ``_planned``: the date put back, where one is; missing elsewhere.

    ``_extends`` must say which rows extend an earlier one: those do not follow on an enrolment.
    """
    table = _with_enrolments(table, registers)
    start, end, planned = swapped(table.start), swapped(table.end), swapped(table.planned_end)

    def fits(start: ir.DateValue, planned: ir.DateValue, end: ir.DateValue) -> ir.BooleanValue:
        return start.notnull() & ~earlier(planned, start) & ~earlier(end, start)

    # the planned day and month in an earlier year: the year is wrong, not day and month
    typed_year = (table.end.month() == table.planned_end.month()) & (table.end.day() == table.planned_end.day())
    typed_year = typed_year.fill_null(False) & earlier(table.end, table.planned_end)
    dates = (earlier(table.end, table.start) | earlier(table.planned_end, table.start)) & ~typed_year
    mends_start = fits(start, table.planned_end, table.end) & (dates | (table._moves & ~table._extends))
    # broken off, and yet beyond the end agreed
    broken = table.break_reason.notnull() & earlier(table.planned_end, table.end) & (end <= table.planned_end)
    broken = broken.fill_null(False)
    mends_end = (dates | broken) & end.notnull() & fits(table.start, table.planned_end, end) & ~mends_start
    mends_planned = dates & planned.notnull() & fits(table.start, planned, table.end) & ~mends_start & ~mends_end
    none = ibis.null("date")
    return table.mutate(
        _start=mends_start.ifelse(start, none),
        _end=mends_end.ifelse(end, none),
        _planned=mends_planned.ifelse(planned, none),
    )


def _with_enrolments(table: ir.Table, registers: Registers) -> ir.Table:
    """``_moves``: only with day and month exchanged does the start follow on an enrolment of the person."""
    spells = registers.table("enrolments").select(who="person", begun="start", ended="end", why="reason")
    jobs = table.select("person", "employment", "kind", given="start", other=swapped(table.start))
    # other kinds of employment do not come from an enrolment
    jobs = jobs.filter(jobs.other.notnull() & jobs.kind.isin(PROGRAMME))
    both = jobs.join(spells, jobs.person == spells.who)

    def follows(start: ir.DateValue) -> ir.BooleanValue:
        return (both.begun <= start) & (both.ended.isnull() | (month_number(both.ended) >= month_number(start)))

    def led_to(start: ir.DateValue) -> ir.BooleanValue:
        left = (both.why == "fixed_term").fill_null(False)
        return follows(start) & left & (month_number(both.ended) == month_number(start)).fill_null(False)

    found = both.group_by(_id="employment").agg(
        covered=follows(both.given).cast("int64").max(),
        other_covered=follows(both.other).cast("int64").max(),
        led=led_to(both.given).cast("int64").max(),
        other_led=led_to(both.other).cast("int64").max(),
    )
    moved = found.filter(
        ((found.covered == 0) & (found.other_covered == 1)) | ((found.led == 0) & (found.other_led == 1))
    ).select("_id")
    joined = table.left_join(moved, table.employment == moved._id)
    return joined.select(*table.columns, _moves=joined._id.notnull())
