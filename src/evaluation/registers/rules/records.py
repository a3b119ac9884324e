"""Measures, attendance and steps: what is recorded while a person is enrolled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from evaluation.registers.contracts.city import ATTENDANCE
from evaluation.registers.rules.base import Cleaning, Copies, Rule, Stage, assign, drop
from evaluation.registers.rules.common import UNLINKED, duplicate, earlier, general

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers

_UNDATED = Rule("missing_date", lambda t: t.date.isnull(), "dropped", "no date", drop)


def _persons(table: ir.Table, registers: Registers) -> ir.Table:
    """``person`` of each measure through its enrolment, duplicated rows of enrolments included."""
    enrolments = registers.linked("enrolments").filter(lambda t: t.person.notnull() & t.enrolment.notnull())
    people = enrolments.group_by(_id="enrolment").agg(person=enrolments.person.min())
    joined = table.left_join(people, table.enrolment == people._id)
    return joined.select(*table.columns, "person")


MEASURES = Cleaning(
    register="measures",
    stages=(
        Copies(duplicate("the same measure again"), by=("enrolment", "kind", "start", "end", "extent")),
        Stage(
            (
                *general("measures"),
                Rule(
                    "end_before_start",
                    lambda t: earlier(t.end, t.start),
                    "the last day counts as missing",
                    "the measure ends before it starts",
                    assign(end=lambda t: ibis.null("date")),
                ),
            )
        ),
        Stage(
            prepare=_persons,
            rules=(
                Rule(
                    "unlinked",
                    lambda t: t.person.isnull(),
                    "left out: no serial number for the person",
                    "the enrolment is not there, or its person cannot be linked",
                ),
            ),
        ),
    ),
    finish=lambda t, r: (
        _persons(t, r)
        .filter(lambda t: t.person.notnull())
        .select("person", "enrolment", "measure", "kind", "start", "end", "extent")
    ),
)


def _attendance_finish(table: ir.Table, registers: Registers) -> ir.Table:
    status = ibis.cases(*((table.status == given, status) for given, status in ATTENDANCE.items()), else_="unknown")
    return table.select("person", "date", status=status)


ATTENDANCES = Cleaning(
    register="attendance",
    stages=(
        Stage((*general("attendance"), UNLINKED, _UNDATED)),
        Copies(duplicate("a second meeting of the person on the day"), by=("person", "date")),
    ),
    finish=_attendance_finish,
)

STEPS = Cleaning(
    register="steps",
    stages=(
        Stage(
            (
                *general("steps"),
                UNLINKED,
                _UNDATED,
                Rule(
                    "out_of_range",
                    lambda t: ~t.step.between(1, 5),
                    "dropped",
                    "a step outside 1 to 5",
                    drop,
                ),
            )
        ),
        Copies(duplicate("a second assessment of the person on the day"), by=("person", "date")),
    ),
    finish=lambda t, r: t.filter(t.step.notnull()).select("person", "date", "step"),
)
