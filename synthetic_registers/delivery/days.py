"""Dates from absolute months (12 * year + month of the year - 1) and days."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.datetime64]
NO_DATE = np.datetime64("NaT", "D")
LAST_DATE = np.datetime64("2016-12-31", "D")
_EPOCH = 12 * 1970


def first_day(month: npt.ArrayLike) -> Days:
    """First day of each month."""
    return (np.asarray(month, dtype=np.int64) - _EPOCH).astype("datetime64[M]").astype("datetime64[D]")


def last_day(month: npt.ArrayLike) -> Days:
    """Last day of each month."""
    return first_day(np.asarray(month, dtype=np.int64) + 1) - np.timedelta64(1, "D")


def on_day(month: npt.ArrayLike, day: npt.ArrayLike) -> Days:
    """The given day (1..28) of each month."""
    return first_day(month) + (np.asarray(day, dtype=np.int64) - 1).astype("timedelta64[D]")


def plus(date: Days, days: npt.ArrayLike) -> Days:
    """Dates moved by whole days."""
    return date + np.asarray(days, dtype=np.int64).astype("timedelta64[D]")


def month_of(date: Days) -> npt.NDArray[np.int64]:
    """Absolute month of each date; meaningless where the date is missing."""
    return date.astype("datetime64[M]").astype(np.int64) + _EPOCH


def day_of(date: Days) -> npt.NDArray[np.int64]:
    """Day of the month, 1..31; meaningless where the date is missing."""
    return (date - date.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1


def days_between(first: Days, second: Days) -> npt.NDArray[np.int64]:
    """Days from the first date to the second."""
    return (second - first).astype(np.int64)


def swap_day_and_month(date: Days) -> Days:
    """Day and month changed about, as when 2010-03-04 was typed 2010-04-03; the day must be 1..12."""
    month = month_of(date)
    return on_day(month - month % 12 + day_of(date) - 1, month % 12 + 1)


def can_swap(date: Days) -> npt.NDArray[np.bool_]:
    """Where day and month can be changed about to another valid date."""
    there = ~np.isnat(date)
    safe = np.where(there, date, LAST_DATE)
    day = day_of(safe)
    return there & (day <= 12) & (day != month_of(safe) % 12 + 1)
