"""Dates and months inside the engine."""

from __future__ import annotations

import ibis
from ibis.expr.types import DateValue, IntegerValue


def month_of(date: DateValue) -> IntegerValue:
    """Absolute month of a date column (never a month difference: engines disagree on those)."""
    return (12 * date.year().cast("int32") + date.month().cast("int32") - 1).cast("int32")


def day_order(date: DateValue) -> IntegerValue:
    """An integer that orders dates: ``32 * month + day``."""
    return (32 * month_of(date) + date.day().cast("int32")).cast("int32")


def month_grid(first: int, last: int) -> ibis.Table:
    """Table with one column ``month``: ``first .. last``, both included."""
    return ibis.memtable({"month": list(range(first, last + 1))}, schema={"month": "int32"})
