"""Fixed-term employments in the City."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from evaluation.registers.contracts.agencies import SHELTERED
from evaluation.registers.contracts.city import EMPLOYMENT_KINDS
from evaluation.registers.rules.base import Check, Cleaning, Copies, Rule, Stage, assign, drop
from evaluation.registers.rules.common import (
    UNLINKED,
    days_after,
    duplicate,
    earlier,
    general,
    month_number,
)
from evaluation.registers.rules.swaps import employment_swaps

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers

#: A row starting at most so many days after the previous one of the same kind extends it.
EXTENSION = 14
#: An enrolment starting at most so many days after the employment belongs to it, registered late.
LATE = 31
#: Summer jobs for the young: age in the year, and the months they lie within.
HOLIDAY_AGE, HOLIDAY_MONTHS = 20, (6, 8)
REGULAR = next(given for given, kind in EMPLOYMENT_KINDS.items() if kind == "regular")
_SHELTERED, _HOLIDAY = (
    next(given for given, kind in EMPLOYMENT_KINDS.items() if kind == wanted) for wanted in ("sheltered", "holiday")
)
#: The kinds that are the programme under evaluation; only they come through Jobbtorg in the first place.
_PROGRAMME = ("regular", "created")


def _planned(table: ir.Table) -> ir.DateValue:
    """The planned end, where it does not contradict the start."""
    return earlier(table.planned_end, table.start).ifelse(ibis.null("date"), table.planned_end)


def _kinds(table: ir.Table, registers: Registers) -> ir.Table:
    """``_born``: year of birth; ``_sheltered``: registered in sheltered employment for most of the employment."""
    people = registers.births().rename(_who="person", _born="birth_year")
    table = table.left_join(people, table.person == people._who).select(*table.columns, "_born")
    periods = registers.table("af_categories").filter(lambda t: t.category == SHELTERED)
    periods = periods.select(
        who="person", opened="start", closed=lambda t: t.end.fill_null(ibis.literal(registers.last_day()))
    )
    until = ibis.coalesce(table.end, table.planned_end, ibis.literal(registers.last_day()))
    jobs = table.select("person", "employment", "start", until=until)
    both = jobs.join(periods, [jobs.person == periods.who, periods.opened <= jobs.until, periods.closed >= jobs.start])
    found = both.select(_id="employment").distinct()
    joined = table.left_join(found, table.employment == found._id)
    return joined.select(*table.columns, _sheltered=joined._id.notnull())


def _summer_job(table: ir.Table) -> ir.BooleanValue:
    first, last = HOLIDAY_MONTHS
    end = ibis.coalesce(table.end, table.planned_end)
    within = (table.start.month() >= first) & (end.month() <= last) & (table.start.year() == end.year())
    return within & (table.start.year() - table._born < HOLIDAY_AGE)


def _chain(table: ir.Table, registers: Registers) -> ir.Table:
    """``_extends``: whether the row extends an earlier one of the same kind."""
    window = ibis.window(group_by=["person", "kind"], order_by=["start", "employment", "planned_end", "end"])
    previous = ibis.coalesce(table.end, table.planned_end).lag().over(window)
    return table.mutate(_extends=(table.start <= days_after(previous, EXTENSION)).fill_null(False))


def _programme_starts(registers: Registers) -> ir.Table:
    jobs = registers.table("employments").filter(lambda t: t.kind.isin(_PROGRAMME))
    return _chain(jobs, registers).filter(lambda t: ~t._extends)


def _uncovered(registers: Registers) -> ir.Table:
    jobs = _programme_starts(registers)
    spells = registers.table("enrolments").select(who="person", begun="start", ended="end")
    cover = [
        jobs.person == spells.who,
        spells.begun <= jobs.start,
        # the month of leaving counts as enrolled
        spells.ended.isnull() | (month_number(spells.ended) >= month_number(jobs.start)),
    ]
    return jobs.anti_join(spells, cover)


def _late(jobs: ir.Table, registers: Registers) -> tuple[ir.Table, list[ir.BooleanValue]]:
    spells = registers.table("enrolments").select(who="person", begun="start")
    return spells, [jobs.person == spells.who, spells.begun > jobs.start, spells.begun <= days_after(jobs.start, LATE)]


def _no_cover(registers: Registers) -> ir.Table:
    jobs = _uncovered(registers)
    return jobs.anti_join(*_late(jobs, registers))


def _enrolled_late(registers: Registers) -> ir.Table:
    jobs = _uncovered(registers)
    return jobs.semi_join(*_late(jobs, registers))


def _finish(table: ir.Table, registers: Registers) -> ir.Table:
    kind = ibis.cases(*((table.kind == given, kind) for given, kind in EMPLOYMENT_KINDS.items()), else_="unknown")
    return table.select(
        "person", "employment", "department", "start", "planned_end", "end", "extent", "break_reason", kind=kind
    ).select("person", "employment", "kind", "department", "start", "planned_end", "end", "extent", "break_reason")


EMPLOYMENTS = Cleaning(
    register="employments",
    stages=(
        Stage((*general("employments"), UNLINKED)),
        Copies(duplicate("the same employment again"), by=("person", "kind", "start", "planned_end")),
        Stage(
            prepare=lambda t, r: employment_swaps(_chain(t, r), r),
            rules=(
                Rule("missing_start", lambda t: t.start.isnull(), "dropped", "no first day", drop),
                Rule(
                    "day_month_swap",
                    lambda t: t._start.notnull() | t._end.notnull() | t._planned.notnull(),
                    "day and month put back",
                    "dates that contradict one another, or the enrolments, until day and month of one are exchanged",
                    assign(
                        start=lambda t: ibis.coalesce(t._start, t.start),
                        end=lambda t: ibis.coalesce(t._end, t.end),
                        planned_end=lambda t: ibis.coalesce(t._planned, t.planned_end),
                    ),
                ),
            ),
        ),
        Stage(
            (
                Rule(
                    "planned_end_before_start",
                    lambda t: earlier(t.planned_end, t.start),
                    "the planned last day counts as missing",
                    "the employment was to end before it starts",
                    assign(planned_end=lambda t: ibis.null("date")),
                ),
                Rule(
                    "missing_planned_end",
                    lambda t: t.planned_end.isnull(),
                    "kept; no month of planned exit, so not followed from it, and of no planned length",
                    "no planned last day",
                ),
            )
        ),
        Stage(
            prepare=lambda t, r: t.mutate(_data_end=ibis.literal(r.last_day())),
            rules=(
                Rule(
                    "end_before_start",
                    lambda t: earlier(t.end, t.start),
                    "the planned last day put in",
                    "the employment ends before it starts",
                    assign(end=_planned),
                ),
                Rule(
                    "missing_actual_end",
                    lambda t: t.end.isnull() & (_planned(t) <= t._data_end),
                    "the planned last day put in",
                    "no last day worked, although the planned one has passed",
                    assign(end=_planned),
                ),
            ),
        ),
        Stage(
            prepare=_kinds,
            rules=(
                Rule(
                    "holiday_job_as_fixed_term",
                    lambda t: (t.kind == REGULAR) & _summer_job(t),
                    "counts as a holiday job",
                    f"a job within June-August of someone under {HOLIDAY_AGE}",
                    assign(kind=lambda t: ibis.literal(_HOLIDAY)),
                ),
                Rule(
                    "sheltered_as_fixed_term",
                    lambda t: (t.kind == REGULAR) & t._sheltered,
                    "counts as sheltered employment",
                    f"in sheltered employment (category {SHELTERED}) at the employment service meanwhile",
                    assign(kind=lambda t: ibis.literal(_SHELTERED)),
                ),
            ),
        ),
        Stage(
            prepare=_chain,
            rules=(
                Rule(
                    "extension_row",
                    lambda t: t._extends,
                    "kept; joined to the row before when exits are counted",
                    f"starts at most {EXTENSION} days after the previous row of the same kind",
                ),
            ),
        ),
    ),
    finish=_finish,
    checks=(
        Check(
            "no_enrolment_cover",
            _no_cover,
            "kept as it is",
            "the person was not enrolled when the employment started, nor soon after",
        ),
        Check(
            "enrolment_after_start",
            _enrolled_late,
            "kept as it is",
            f"enrolled only afterwards, within {LATE} days",
        ),
    ),
)
