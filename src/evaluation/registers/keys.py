"""Personal identity numbers: one form for all ways of writing them, and their link to serial numbers."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def normal_number(given: ir.StringValue, *, last_year: int) -> ir.StringValue:
    """A personal identity number as twelve digits; missing where that cannot be.

    Blanks and hyphens go. Ten digits get their century from the number: the 2000s for years up to the last of the
    delivery, else the 1900s (a ``+`` before the last four digits, for who is over a hundred, puts it back by one more).
    Nine digits have lost a leading zero.
    """
    bare = given.strip().replace(" ", "")
    over = bare.contains("+")
    digits = bare.replace("-", "").replace("+", "")
    digits = (digits.length() == 9).ifelse(ibis.literal("0").concat(digits), digits)
    young = digits.left(2).try_cast("int64") <= last_year % 100
    century = over.ifelse(young.ifelse("19", "18"), young.ifelse("20", "19"))
    twelve = (digits.length() == 10).ifelse(century.concat(digits), digits)
    return ((twelve.length() == 12) & twelve.try_cast("int64").notnull()).ifelse(twelve, ibis.null("string"))


def coordination(number: ir.StringValue) -> ir.BooleanValue:
    """Whether a normal number is a coordination number (60 added to the day)."""
    return number.substr(6, 2).try_cast("int64").between(61, 91)


def other_form(number: ir.StringValue) -> ir.StringValue:
    """A normal number with 60 added to the day, or taken away from a coordination number."""
    day = number.substr(6, 2).try_cast("int64")
    other = (day > 60).ifelse(day - 60, day + 60).cast("string")
    return number.left(6).concat(ibis.literal("0").concat(other).right(2), number.substr(8, 4))


def links(key: ir.Table) -> ir.Table:
    """Serial number of each normal number: ``number`` (unique), ``person``.

    Besides the numbers of the key itself, a number is linked through its other form (60 on the day) when the key
    does not hold that number and the other form means one person only.
    """
    listed = _unique(key.filter(key.number.notnull() & key.person.notnull()).select("number", "person"))
    others = _unique(listed.select(number=other_form(listed.number), person=listed.person))
    return listed.union(others.anti_join(listed, "number"))


def _unique(pairs: ir.Table) -> ir.Table:
    """Pairs whose number means one person."""
    agg = pairs.group_by("number").agg(person=pairs.person.min(), last=pairs.person.max())
    return agg.filter(agg.person == agg.last).select("number", "person")
