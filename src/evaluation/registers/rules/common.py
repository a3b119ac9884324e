"""Rules that hold for every register, and the expressions that several registers share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from evaluation.registers.casting import outside_list
from evaluation.registers.contracts import contract
from evaluation.registers.rules.base import Rank, Rule, drop, repeated


def general(register: str, *, may_be_negative: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Unreadable values, codes outside the contract's lists, and negative amounts and numbers of days."""
    columns = contract(register).columns
    coded = [column for column in columns if column.codes]
    amounts = [
        c.name for c in columns if (c.kind == "amount" or c.unit == "days") and c.name not in set(may_be_negative)
    ]
    rules = [
        Rule(
            "unreadable",
            lambda t: t.unreadable,
            "the value counts as missing",
            "text where a number or a date belongs",
        )
    ]
    if coded:
        names = ", ".join(column.delivered for column in coded)
        rules.append(
            Rule(
                "unknown_code",
                lambda t: reduce(or_, [outside_list(t, column) for column in coded]),
                "kept as it is",
                f"a code outside the code list of {names}",
            )
        )
    if amounts:
        rules.append(
            Rule(
                "negative_amount",
                lambda t: reduce(or_, [(t[name] < 0).fill_null(False) for name in amounts]),
                "kept as it is",
                "an amount or a number of days below zero that cannot be so",
            )
        )
    return tuple(rules)


UNLINKED = Rule(
    "unlinked",
    lambda t: t.person.isnull(),
    "left out: no serial number for the person",
    "the personal identity number is blank, or the key does not hold it",
    drop,
)


def duplicate(description: str = "the same row again", *, id: str = "duplicate_row") -> Rule:
    """The rule that drops rows numbered as copies by :func:`repeated`."""
    return Rule(id, lambda t: t._copy > 0, "dropped; the first one kept", description, drop)


def numbered(table: ir.Table, by: Sequence[str], first: Sequence[Rank] = ()) -> ir.Table:
    """All rows, those with the same values of ``by`` numbered from 0 in ``_copy`` as :func:`repeated` does."""
    several = repeated(table, by, first)
    single = table.anti_join(several, [table[name].identical_to(several[name]) for name in by])
    return single.mutate(_copy=ibis.literal(0, type="int64")).union(several)


def month_number(date: ir.DateValue) -> ir.IntegerValue:
    """Months as integers: 12 x year + month - 1."""
    return (date.year().cast("int64") * 12 + date.month().cast("int64") - 1).cast("int64")


def days_after(date: ir.DateValue, days: int) -> ir.DateValue:
    """A date so many days later (earlier when negative)."""
    step = ibis.interval(days=abs(days))
    return (date + step if days >= 0 else date - step).cast("date")


def earlier(first: ir.DateValue, second: ir.DateValue) -> ir.BooleanValue:
    """Whether one date is before another; no when either is missing."""
    return (first < second).fill_null(False)
