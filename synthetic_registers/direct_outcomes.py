"""Outcomes of a world at many horizons at once: the values of :class:`synthetic_registers.outcomes.Outcomes`, read by a kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit

from synthetic_registers.history import FIRST_MONTH, FIRST_YEAR, N_MONTHS, N_YEARS
from synthetic_registers.outcomes import LINES, Line, Outcomes

PLACEBO = "employed_30_36_months_before"  # share of these months with work; the income of the third year before often covers them
PLACEBO_OUTSIDE = (
    "employed_before_covariates"  # of July to December of the fourth calendar year before: no covariate reaches it
)
PLACEBOS = (PLACEBO, PLACEBO_OUTSIDE)
PLACEBO_MONTHS = (-36, -30)
_YEAR, _MONTH, _SUSTAINED, _RETURNED, _MEAN, _HALF_YEAR = range(6)

Floats = npt.NDArray[np.float64]

_KEPT_MONTHS = (6, 12, 24, 36, 48)
CHOSEN: tuple[Line, ...] = (
    *(line for line in LINES if line.outcome == "established" and line.horizon_unit == "year"),
    *(
        line
        for line in LINES
        if (line.outcome, line.horizon_unit) == ("established", "month") and line.horizon in _KEPT_MONTHS
    ),
    *(line for line in LINES if line.outcome == "self_sufficient" and line.horizon in (18, 48)),
    *(line for line in LINES if line.outcome in ("earnings", "social_assistance_months")),
    *(line for line in LINES if line.outcome == "unemployment_insurance"),
    *(line for line in LINES if line.outcome == "sustained_established" and line.horizon == 4),
    Line(PLACEBO, "", PLACEBO_MONTHS[1], "month"),
    Line(PLACEBO_OUTSIDE, "", -4, "year"),
)
"""The lines that coverage is counted for, the placebos last."""


class OutcomeTable:
    """Outcomes of the people of a world by line.

    Parameters
    ----------
    outcomes
        The world's outcomes.
    lines
        Which, in this order.
    """

    def __init__(self, outcomes: Outcomes, lines: Sequence[Line] = CHOSEN) -> None:
        self.lines = tuple(lines)
        years, months = outcomes.years, outcomes.months
        yearly: dict[str, int] = {}
        monthly: dict[str, int] = {}
        plan = np.empty((len(self.lines), 3), np.int64)
        for j, line in enumerate(self.lines):
            name = line.definition or line.outcome
            if line.outcome == PLACEBO_OUTSIDE:
                plan[j] = _HALF_YEAR, monthly.setdefault("E4_employed", len(monthly)), line.horizon
            elif line.horizon_unit == "year":
                kind = _SUSTAINED if line.outcome == "sustained_established" else _YEAR
                plan[j] = kind, yearly.setdefault(name, len(yearly)), line.horizon
            else:
                kind, name = {
                    "returned_to_jobbtorg": (_RETURNED, "new_enrolment"),
                    PLACEBO: (_MEAN, "E4_employed"),
                }.get(line.outcome, (_MONTH, name))
                plan[j] = kind, monthly.setdefault(name, len(monthly)), line.horizon
        n = len(outcomes.world.people)
        self._plan = plan
        self._years = np.stack([years[name] for name in yearly]) if yearly else np.empty((0, n, N_YEARS))
        self._months = (
            np.stack([months[name] for name in monthly]).astype(np.int8)
            if monthly
            else np.empty((0, n, N_MONTHS), np.int8)
        )

    def at(self, rows: npt.ArrayLike, zero: npt.ArrayLike) -> Floats:
        """Every line for the given rows counted from their time zero, float64 ``(m, lines)``; NaN where not observed.

        Parameters
        ----------
        rows
            Rows of the people, any number of times.
        zero
            Absolute month of time zero of each.
        """
        r = np.ascontiguousarray(rows, np.int64)
        z = np.ascontiguousarray(zero, np.int64)
        return _read(self._plan, self._years, self._months, r, z, FIRST_YEAR, FIRST_MONTH, PLACEBO_MONTHS[0])


@njit(cache=True, nogil=True)
def _read(plan, years, months, rows, zero, first_year, first_month, earliest):  # type: ignore[no-untyped-def]
    m, k = len(rows), len(plan)
    out = np.full((m, k), np.nan)
    n_years, n_months = years.shape[2], months.shape[2]
    for i in range(m):
        r = rows[i]
        y, t = zero[i] // 12 - first_year, zero[i] - first_month
        for j in range(k):
            kind, s, h = plan[j]
            if kind == 0:
                if 0 <= y + h < n_years:
                    out[i, j] = years[s, r, y + h]
            elif kind == 1:
                if 0 <= t + h < n_months:
                    out[i, j] = months[s, r, t + h]
            elif kind == 2:
                if y + 1 >= 0 and y + h < n_years:
                    low = np.inf
                    for year in range(y + 1, y + h + 1):
                        low = min(low, years[s, r, year])
                    out[i, j] = low
            elif kind == 3:
                if t >= 0 and t + h < n_months:
                    found = 0.0
                    for month in range(t + 1, t + h + 1):
                        if months[s, r, month] > 0:
                            found = 1.0
                    out[i, j] = found
            else:
                low, high = (t + earliest, t + h) if kind == 4 else (12 * (y + h) + 6, 12 * (y + h) + 11)
                if low >= 0 and high < n_months:
                    total = 0.0
                    for month in range(low, high + 1):
                        total += months[s, r, month]
                    out[i, j] = total / (high - low + 1)
    return out
