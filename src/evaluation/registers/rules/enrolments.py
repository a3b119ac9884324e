"""Enrolments at Jobbtorg."""

from __future__ import annotations

import difflib
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from evaluation.registers.contracts.city import EXIT_REASONS
from evaluation.registers.rules.base import Cleaning, Rule, Stage, assign, drop
from evaluation.registers.rules.common import UNLINKED, days_after, duplicate, earlier, general, numbered
from evaluation.registers.rules.swaps import SILENCE, enrolment_swaps

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers

#: A day on which so many times the usual number of enrolments end (and at least so many) may be a bulk closing.
BULK_TIMES, BULK_LEAST = 4, 5
#: An overlap of at most so many days with an enrolment at another office is a transfer.
TRANSFER = 31


def _copies(table: ir.Table, registers: Registers) -> ir.Table:
    by_number = numbered(table, ["enrolment"])
    first = numbered(
        by_number.rename(_again="_copy"), ["person", "office", "referral", "start", "end"], [lambda t: t._again.asc()]
    )
    return first.mutate(_copy=ibis.greatest(first._copy, first._again)).drop("_again")


def _bulk_days(table: ir.Table, registers: Registers) -> list[date]:
    """Days on which far more enrolments end than on others."""
    per_day = registers.execute(table.filter(table.end.notnull()).group_by("end").agg(n=lambda t: t.count()))
    if per_day.empty:
        return []
    least = max(BULK_LEAST, BULK_TIMES * per_day["n"].sum() / len(per_day))
    return sorted(per_day.loc[per_day["n"] >= least, "end"])


def _records(candidates: ir.Table, registers: Registers) -> ir.Table:
    """Last recorded day of each enrolment: meetings, assessments and measures from its start to its end or the next one."""
    spells = candidates.mutate(
        _until=ibis.coalesce(candidates._until, ibis.literal(registers.last_day() + timedelta(days=1)))
    )
    days = ibis.union(*(registers.linked(name).select(who="person", day="date") for name in ("attendance", "steps")))
    met = spells.join(days, [spells.person == days.who, days.day >= spells.start, days.day < spells._until])
    measures = registers.linked("measures").select(
        measured="enrolment", day=lambda t: (t.end >= t.start).ifelse(t.end, t.start)
    )
    helped = spells.join(
        measures,
        [spells.enrolment == measures.measured, measures.day >= spells.start, measures.day < spells._until],
    )
    both = met.select("enrolment", "day").union(helped.select("enrolment", "day"))
    return both.group_by("enrolment").agg(_last=both.day.max())


def _ends(table: ir.Table, registers: Registers) -> ir.Table:
    """``_next``: first day of the next enrolment; ``_last``: last recorded day; ``_bulk``; ``_imputed``: end put in."""
    window = ibis.window(group_by="person", order_by=["start", "enrolment"])
    table = table.mutate(_next=table.start.lead().over(window))
    bulk = _bulk_days(table, registers)
    on_bulk = table.end.isin(bulk) if bulk else ibis.literal(False)
    table = table.mutate(_bulk=on_bulk.fill_null(False), _wrong=earlier(table.end, table.start))
    open_or_bulk = table.filter(table.end.isnull() | table._bulk | table._wrong)
    # records on a bulk day itself say nothing about the person
    limit = open_or_bulk._bulk.ifelse(open_or_bulk.end, ibis.null("date"))
    candidates = open_or_bulk.select(
        "person",
        "enrolment",
        "start",
        _until=ibis.least(ibis.coalesce(open_or_bulk._next, limit), ibis.coalesce(limit, open_or_bulk._next)),
    )
    last = _records(candidates, registers).rename(_id="enrolment")
    joined = table.left_join(last, table.enrolment == last._id).select(*table.columns, "_last")
    before_next = (joined._next > joined.start).ifelse(days_after(joined._next, -1), ibis.null("date"))
    a_year = (joined.start + ibis.interval(months=12)).cast("date")
    limit = ibis.least(a_year, ibis.literal(registers.last_day()))
    imputed = ibis.greatest(ibis.coalesce(joined._last, before_next, limit), joined.start)
    return joined.mutate(_imputed=imputed, _data_end=ibis.literal(registers.last_day()))


def _silent(table: ir.Table, until: ir.DateValue) -> ir.BooleanValue:
    return days_after(ibis.coalesce(table._last, table.start), SILENCE) < until


def _neighbours(table: ir.Table, registers: Registers) -> ir.Table:
    """``_next``: first day of the next enrolment; ``_moves``: runs on into it for some days, at another office.

    ``_moved`` says of the later row of such a pair that the row before it moves into it.
    """
    window = ibis.window(group_by="person", order_by=["start", "enrolment"])
    table = table.mutate(_next=table.start.lead().over(window), _next_office=table.office.lead().over(window))
    short = (table.end <= days_after(table._next, TRANSFER)).fill_null(False)
    moves = _overlaps(table) & short & (table.office != table._next_office).fill_null(False)
    table = table.mutate(_moves=moves)
    return table.mutate(_moved=table._moves.lag().over(window).fill_null(False))


def _overlaps(table: ir.Table) -> ir.BooleanValue:
    return (table._next.notnull() & (table.end.isnull() | (table.end >= table._next))).fill_null(False)


def _cut(table: ir.Table, flawed: ir.BooleanValue) -> ir.Table:
    """The row that is left ends on the day before the next one."""
    before = ibis.greatest(days_after(table._next, -1), table.start)
    return table.mutate(end=table._moves.ifelse(before, table.end))


def canonical_reason(given: str) -> str:
    """Canonical value of a reason as a caseworker wrote it.

    The code itself, else the longest of the hints that the text holds, else the code most like it, else unknown.
    """
    plain = " ".join(given.casefold().split())
    codes = {code.casefold(): value for code, value, _ in EXIT_REASONS}
    if plain in codes:
        return codes[plain]
    hints = {hint.casefold(): value for _, value, hints in EXIT_REASONS for hint in hints}
    starts = [hint for hint in hints if re.search(rf"\b{re.escape(hint)}", plain)]
    if starts:
        return hints[max(starts, key=lambda hint: (len(hint), hint))]
    close = difflib.get_close_matches(plain, sorted(codes), n=1, cutoff=0.6)
    return codes[close[0]] if close else "unknown"


def _listed_reason(value: ir.StringValue) -> ir.BooleanValue:
    return value.isin([code for code, _, _ in EXIT_REASONS])


def _finish(table: ir.Table, registers: Registers) -> ir.Table:
    given = sorted(registers.execute(table.filter(table.reason.notnull()).select("reason").distinct()).reason)
    reason = (
        ibis.cases(*((table.reason == text, canonical_reason(text)) for text in given), else_=None) if given else None
    )
    columns = ("person", "enrolment", "office", "district", "referral", "start", "end")
    return table.select(
        *columns,
        reason=ibis.null("string") if reason is None else reason.cast("string"),
        target_group="target_group",
        support_at_start="support_at_start",
    )


ENROLMENTS = Cleaning(
    register="enrolments",
    stages=(
        Stage((*(r for r in general("enrolments") if r.id != "unknown_code"), UNLINKED)),
        Stage(prepare=_copies, rules=(duplicate("the same enrolment again"),)),
        Stage(
            prepare=enrolment_swaps,
            rules=(
                Rule(
                    "day_month_swap",
                    lambda t: t._start.notnull() | t._end.notnull() | t._referral.notnull(),
                    "day and month put back",
                    "dates that contradict one another, or the records, until day and month of one are exchanged",
                    assign(
                        start=lambda t: ibis.coalesce(t._start, t.start),
                        end=lambda t: ibis.coalesce(t._end, t.end),
                        referral=lambda t: ibis.coalesce(t._referral, t.referral),
                    ),
                ),
            ),
        ),
        Stage(
            prepare=_ends,
            rules=(
                Rule(
                    "missing_start",
                    lambda t: t.start.isnull(),
                    "dropped",
                    "no first day",
                    drop,
                ),
                Rule(
                    "end_before_start",
                    lambda t: t._wrong,
                    "end put at the last recorded day, else before the next enrolment, else a year after the start",
                    "the enrolment ends before it starts",
                    assign(end=lambda t: t._imputed),
                ),
                Rule(
                    "bulk_closed",
                    lambda t: t._bulk & ~t._wrong & _silent(t, t.end),
                    "end put at the last recorded day, else before the next enrolment, else a year after the start",
                    "closed on a day on which many were, long after the last record of the person",
                    assign(end=lambda t: t._imputed),
                ),
                Rule(
                    "missing_end",
                    lambda t: t.end.isnull() & (t._next.notnull() | _silent(t, t._data_end)),
                    "end put at the last recorded day, else before the next enrolment, else a year after the start",
                    "no last day, although the person was enrolled anew or no longer seen",
                    assign(end=lambda t: t._imputed),
                ),
            ),
        ),
        Stage(
            prepare=_neighbours,
            rules=(
                Rule(
                    "overlapping_transfer",
                    lambda t: t._moves | t._moved,
                    "the enrolment left ended on the day before the one entered",
                    "opened at another office before the enrolment left was closed (both rows are listed)",
                    _cut,
                ),
                Rule(
                    "two_open_enrolments",
                    lambda t: _overlaps(t) & ~t._moves,
                    "kept; both belong to one episode",
                    "reaches into the next enrolment of the person",
                ),
                Rule(
                    "free_text_reason",
                    lambda t: t.reason.notnull() & ~_listed_reason(t.reason),
                    "put as the nearest code, else as unknown",
                    "a reason for leaving in the caseworker's own words",
                ),
                Rule("missing_district", lambda t: t.district.isnull(), "left missing", "no district that referred"),
                Rule(
                    "referral_after_start",
                    lambda t: earlier(t.start, t.referral),
                    "kept as it is",
                    "referred after the first day",
                ),
            ),
        ),
    ),
    finish=_finish,
)
