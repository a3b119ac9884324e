"""Employment service, unemployment insurance, migration and deaths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from evaluation.registers.rules.base import Check, Cleaning, Copies, Rule, Stage, assign, drop
from evaluation.registers.rules.common import days_after, duplicate, general

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers

#: Month that stands in where a date of death holds the year only.
UNKNOWN_MONTH = 6

_END_BEFORE_START = Rule(
    "end_before_start", lambda t: t.end < t.start, "dropped", "the period ends before it starts", drop
)
_NO_START = Rule("missing_start", lambda t: t.start.isnull(), "dropped", "no first day", drop)

AF_PERIODS = Cleaning(
    register="af_periods",
    stages=(
        Copies(duplicate(), by=("person", "period", "start", "end", "reason")),
        Stage((*general("af_periods"), _NO_START, _END_BEFORE_START)),
    ),
    finish=lambda t, r: t.select("person", "period", "start", "end", "reason"),
)


def _deregistration(table: ir.Table, registers: Registers) -> ir.Table:
    """Open rows get ``_closed``: the day on which the registration they belong to ended; missing while it lasts."""
    periods = registers.table("af_periods").select(who="person", opened="start", closed="end")
    still = table.filter(table.end.isnull()).select("person", "row", "start")
    cover = still.join(periods, [still.person == periods.who, periods.opened <= still.start])
    cover = cover.filter(cover.closed.isnull() | (cover.closed >= cover.start))
    ended = (
        cover.group_by("person", "row", "start")
        .agg(_closed=lambda t: t.closed.max(), open=lambda t: t.closed.isnull().cast("int64").max())
        .filter(lambda t: t.open == 0)
        .select(_who="person", _row="row", _begun="start", _closed="_closed")
    )
    joined = table.left_join(
        ended, [table.person == ended._who, table.row == ended._row, table.start == ended._begun, table.end.isnull()]
    )
    return joined.select(*table.columns, "_closed")


def _following(table: ir.Table, registers: Registers) -> ir.Table:
    window = ibis.window(group_by="person", order_by=["start", "row", "end", "category"])
    return table.mutate(_next=table.start.lead().over(window))


def _without_period(registers: Registers) -> ir.Table:
    rows = registers.table("af_categories").select("person", "row", "start")
    periods = registers.table("af_periods").select(who="person", opened="start", closed="end")
    cover = [
        rows.person == periods.who,
        periods.opened <= rows.start,
        periods.closed.isnull() | (periods.closed >= rows.start),
    ]
    return rows.anti_join(periods, cover)


AF_CATEGORIES = Cleaning(
    register="af_categories",
    stages=(
        Copies(duplicate(), by=("person", "row", "start", "end", "category", "disability")),
        Stage((*general("af_categories"), _NO_START, _END_BEFORE_START)),
        Stage(
            prepare=_deregistration,
            rules=(
                Rule(
                    "open_past_deregistration",
                    lambda t: t._closed.notnull(),
                    "ended on the day of deregistration",
                    "no last day although the person was deregistered",
                    assign(end=lambda t: t._closed),
                ),
            ),
        ),
        Stage(
            prepare=_following,
            rules=(
                Rule(
                    "overlap",
                    lambda t: t._next.notnull() & (t.end.isnull() | (t.end >= t._next)),
                    "ended on the day before the next row starts",
                    "the period reaches into the next one of the person",
                    assign(end=lambda t: days_after(t._next, -1)),
                ),
            ),
        ),
    ),
    # a row superseded by another with the same first day has no day left
    finish=lambda t, r: t.filter(t.end.isnull() | (t.end >= t.start)).select(
        "person", "row", "start", "end", "category", "disability"
    ),
    checks=(
        Check(
            "no_period_cover",
            _without_period,
            "kept as it is",
            "a period in a category that starts outside every registration of the person",
        ),
    ),
)

UNEMPLOYMENT_INSURANCE = Cleaning(
    register="unemployment_insurance",
    stages=(
        Copies(
            duplicate("a second row for the person in the month"),
            by=("person", "calendar_year", "calendar_month"),
            prepare=lambda t, r: t.mutate(month=t.calendar_year * 12 + t.calendar_month - 1),
        ),
        Stage(
            prepare=lambda t, r: t.mutate(month=t.calendar_year * 12 + t.calendar_month - 1),
            rules=(
                *general("unemployment_insurance"),
                Rule(
                    "unreadable_month",
                    lambda t: t.month.isnull() | ~t.calendar_month.between(1, 12),
                    "dropped",
                    "no month between 1 and 12",
                    drop,
                ),
            ),
        ),
    ),
    finish=lambda t, r: t.select(
        "person", "days", "amount", month=(t.calendar_year * 12 + t.calendar_month - 1).cast("int64")
    ).select("person", "month", "days", "amount"),
)


def _month(when: ir.StringValue) -> ir.IntegerValue:
    """Month number of a text that begins with YYYYMM; missing where there is no such month."""
    month = when.substr(4, 2).try_cast("int64")
    return month.between(1, 12).ifelse(when.left(4).try_cast("int64") * 12 + month - 1, ibis.null("int64"))


MIGRATION = Cleaning(
    register="migration",
    stages=(
        Copies(duplicate(), by=("person", "when", "kind"), prepare=lambda t, r: t.mutate(month=_month(t.when))),
        Stage(
            prepare=lambda t, r: t.mutate(month=_month(t.when)),
            rules=(
                *general("migration"),
                Rule("unreadable_month", lambda t: t.month.isnull(), "dropped", "no month of the form YYYYMM", drop),
            ),
        ),
    ),
    finish=lambda t, r: t.filter(t.kind.isin(["Inv", "Utv"])).select(
        "person", month=_month(t.when), kind=(t.kind == "Inv").ifelse("in", "out")
    ),
)


def _death_month(when: ir.StringValue) -> ir.IntegerValue:
    unknown = when.left(4).try_cast("int64") * 12 + (UNKNOWN_MONTH - 1)
    return ibis.coalesce(_month(when), unknown).cast("int64")


def _incomplete(when: ir.StringValue) -> ir.BooleanValue:
    return (when.length() < 8) | (when.substr(4, 2) == "00") | (when.substr(6, 2) == "00")


DEATHS = Cleaning(
    register="deaths",
    stages=(
        Copies(duplicate("a second row for the person"), by=("person",)),
        Stage(
            (
                *general("deaths"),
                Rule(
                    "unreadable_date",
                    lambda t: _death_month(t.when).isnull(),
                    "dropped",
                    "a date of death without a year",
                    drop,
                ),
                Rule(
                    "incomplete_date",
                    lambda t: _incomplete(t.when),
                    "June of the year where the month is unknown",
                    "a date of death without month or day",
                ),
            )
        ),
    ),
    finish=lambda t, r: t.select("person", month=_death_month(t.when), incomplete=_incomplete(t.when).fill_null(True)),
)
