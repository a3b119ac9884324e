"""Months and years of simulated people as register users would count them: kernels of the direct path."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from synthetic_registers.history import N_YEARS, NO_EMPLOYER, NO_MONTH, YEARS

SMALLEST_PAY = 100  # SEK a year and employer; a control statement is due above it
_UNDER = 18  # age below which a child counts


def marked_months(employer: npt.NDArray[np.int32], wage: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    """Months with a pay statement of each calendar year, int8 ``(n, N_YEARS)``.

    A statement names its first and last month only: months without pay between two spells at one employer in a year count.
    """
    return _marked(employer, wage, SMALLEST_PAY)


@njit(cache=True, nogil=True)
def _marked(employer, wage, smallest):  # type: ignore[no-untyped-def]
    n = len(employer)
    out = np.zeros((n, N_YEARS), np.int8)
    covered = np.zeros(12, np.bool_)
    for i in range(n):
        for y in range(N_YEARS):
            lo = 12 * y
            covered[:] = False
            any_pay = False
            for m in range(12):
                at = employer[i, lo + m]
                if at == NO_EMPLOYER or wage[i, lo + m] <= 0:
                    continue
                seen, last, pay = False, m, 0
                for k in range(12):
                    if employer[i, lo + k] == at and wage[i, lo + k] > 0:
                        seen = seen or k < m
                        last = k
                        pay += wage[i, lo + k]
                if seen or pay <= smallest:
                    continue
                any_pay = True
                covered[m : last + 1] = True
            if any_pay:
                out[i, y] = covered.sum()
    return out


def children_at_home(birth_month: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    """Children under 18 at the end of each year by years of birth, int8 ``(n, N_YEARS)``; ``birth_month`` is ``(n, 3)``."""
    age = np.array(YEARS)[None, None, :] - (birth_month // 12)[:, :, None]
    return ((birth_month != NO_MONTH)[:, :, None] & (age >= 0) & (age < _UNDER)).sum(axis=1).astype(np.int8)


def counted_before(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.int16]:
    """Number of months set before each month, int16 ``(n, months + 1)``: months t - k .. t - 1 are ``out[:, t] - out[:, t - k]``."""
    out = np.zeros((flags.shape[0], flags.shape[1] + 1), np.int16)
    np.cumsum(flags, axis=1, out=out[:, 1:])
    return out


@njit(cache=True, nogil=True)
def last_known(step):  # type: ignore[no-untyped-def]
    """The latest value above zero in the months before each month, int8 ``(n, months)``; 0 where there is none."""
    out = np.zeros_like(step)
    for i in range(step.shape[0]):
        known = np.int8(0)
        for t in range(step.shape[1]):
            out[i, t] = known
            if step[i, t] > 0:
                known = step[i, t]
    return out


@njit(cache=True, nogil=True)
def find_at_risk(order, enrolled, begun, first_aged, last_aged, resident, first, last, origin):  # type: ignore[no-untyped-def]
    """Rows and months at risk, int64 each, by month and within it in the given order of rows.

    Parameters
    ----------
    order
        Rows in the order wanted.
    enrolled, resident
        bool ``(n, months)``: enrolled in the month; resident at its end.
    begun, first_aged, last_aged
        Absolute months ``(n,)``: of the first employment, and the first and last of the right age.
    first, last, origin
        Absolute months: bounds of the window, and column 0 of the histories.
    """
    size = 0
    for _ in range(2):  # count, then fill
        row, month = np.empty(size, np.int64), np.empty(size, np.int64)
        k = 0
        for m in range(first, last + 1):
            t = m - origin
            for i in order:
                if enrolled[i, t] and m <= begun[i] and first_aged[i] <= m <= last_aged[i] and resident[i, t - 1]:
                    if size > 0:
                        row[k], month[k] = i, m
                    k += 1
        size = k
    return row, month
