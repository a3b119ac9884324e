"""The key, and how the City's tables write personal identity numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from evaluation.registers.keys import coordination
from evaluation.registers.rules.base import Check, Cleaning, Copies, Rule, Stage, drop
from evaluation.registers.rules.common import duplicate, general

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers


def _shared(table: ir.Table, registers: Registers) -> ir.Table:
    """``_persons``: number of persons of the personal identity number; ``_numbers``: of numbers of the person."""
    persons = table.group_by(_number="number").agg(_persons=table.person.nunique())
    numbers = table.group_by(_who="person").agg(_numbers=table.number.nunique())
    joined = table.left_join(persons, table.number == persons._number)
    joined = joined.left_join(numbers, joined.person == numbers._who)
    return joined.select(*table.columns, "_persons", "_numbers")


def city_numbers(registers: Registers) -> ir.Table:
    """Ways in which the City's tables write numbers: ``number_given``, ``number``, ``person`` (missing when unlinked)."""
    tables = [
        registers.linked(name).select("number_given", "number", "person").distinct()
        for name in ("enrolments", "employments", "attendance", "steps")
    ]
    return ibis.union(*tables, distinct=True)


def _writing(found: Callable[[ir.Table], ir.BooleanValue]) -> Callable[[Registers], ir.Table]:
    def rows(registers: Registers) -> ir.Table:
        numbers = city_numbers(registers)
        return numbers.filter(found(numbers) & numbers.person.notnull()).select("person").distinct()

    return rows


def _not_in_key(registers: Registers) -> ir.Table:
    numbers = city_numbers(registers)
    absent = numbers.filter(numbers.person.isnull() & (numbers.number_given.strip() != ""))
    name = ibis.coalesce(absent.number, absent.number_given.strip())
    return absent.select(row_key=ibis.literal("PersonNr12=").concat(name)).distinct()


KEY = Cleaning(
    register="key",
    stages=(
        Copies(duplicate(), by=("number", "person")),
        Stage(
            prepare=_shared,
            rules=(
                *general("key"),
                Rule(
                    "protected_identity",
                    lambda t: t.number.isnull(),
                    "cannot be linked: the person's rows in the City's tables are left out",
                    "no personal identity number",
                    drop,
                ),
                Rule(
                    "number_of_two",
                    lambda t: t.number.notnull() & (t._persons > 1),
                    "dropped: the number cannot be linked",
                    "a personal identity number of more than one person",
                    drop,
                ),
                Rule(
                    "coordination_number",
                    lambda t: coordination(t.number) & (t._numbers > 1),
                    "both numbers linked to the person",
                    "a coordination number later replaced by a personal identity number",
                ),
                Rule(
                    "changed_number",
                    lambda t: (t.latest_number == "0") & ~coordination(t.number) & (t._numbers > 1),
                    "both numbers linked to the person",
                    "a personal identity number later replaced by another",
                ),
            ),
        ),
    ),
    finish=lambda t, r: t.select("number", "person"),
    checks=(
        Check(
            "ten_digit",
            _writing(lambda t: t.number_given.strip().replace("-", "").length() <= 10),
            "century put in front",
            "ten digits in a table of the City",
        ),
        Check(
            "trailing_blanks",
            _writing(lambda t: t.number_given.length() > t.number_given.strip().length()),
            "blanks taken away",
            "blanks around the number in a table of the City",
        ),
        Check(
            "no_consent",
            _not_in_key,
            "left out: no serial number for the person",
            "a number in the City's tables that the key does not hold",
        ),
    ),
)
