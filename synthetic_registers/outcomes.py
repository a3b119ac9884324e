"""Outcomes of simulated people by the definitions of the study, computed by the generator's own means.

Nothing here is shared with the evaluation: two implementations that agree are a test of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from synthetic_registers.annual import UNEMPLOYED, in_category
from synthetic_registers.constants import deflators, yearly
from synthetic_registers.history import FIRST_MONTH, FIRST_YEAR, N_YEARS, NO_EMPLOYER, Annual, World

Floats = npt.NDArray[np.float64]
INCOME_MULTIPLE = 2.0  # E5: price base amounts
SICK_DAYS = 180
HORIZON_YEARS = (1, 2, 3, 4)
ESTABLISHED = ("E1_raks", "E2_scb", "E3_uka", "E4_employed", "E5_income")
SUSTAINED = ("E2_scb", "E4_employed")
YEARLY = (
    "earnings",
    "social_assistance_months",
    "unemployment_insurance",
    "registered_unemployed",
    "studying",
    "sick_or_retired",
)
MONTHS_EMPLOYED = tuple(range(49))
MONTHS_SELF_SUFFICIENT = (6, 12, 18, 24, 36, 48)
MONTHS_REGISTERED = tuple(range(0, 49, 6))
MONTHS_RETURNED = tuple(range(6, 49, 6))


@dataclass(frozen=True)
class Line:
    """One outcome at one horizon."""

    outcome: str
    definition: str
    horizon: int
    horizon_unit: str


LINES: tuple[Line, ...] = (
    *(Line("established", d, k, "year") for d in ESTABLISHED for k in HORIZON_YEARS),
    *(Line("established", "E4_employed", h, "month") for h in MONTHS_EMPLOYED),
    *(Line("self_sufficient", "SF1", h, "month") for h in MONTHS_SELF_SUFFICIENT),
    *(Line(name, "", k, "year") for name in YEARLY for k in HORIZON_YEARS),
    *(Line("registered_unemployed", "", h, "month") for h in MONTHS_REGISTERED),
    *(Line("sustained_established", d, k, "year") for d in SUSTAINED for k in HORIZON_YEARS),
    *(Line("returned_to_jobbtorg", "", h, "month") for h in MONTHS_RETURNED),
)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Outcomes of the people of a world, by calendar year ``(n, N_YEARS)`` and by month.

    Those dead, abroad or without a register row count as not having the outcome; their earnings are missing (NaN).
    """

    world: World
    annual: Annual

    @cached_property
    def years(self) -> dict[str, Floats]:
        """Yearly outcomes by definition or name."""
        a = self.annual
        income = 100 * (a.earnings.astype(np.int64) + np.maximum(a.business, 0))
        out_of_work = (a.unemployed_days > 0) | (a.part_time_days > 0) | (a.hourly_days > 0)
        programme = a.programme_days > 0
        employed = a.employed == 1
        pay = 100.0 * a.earnings
        table = {
            "E1_raks": (a.affiliation >= 1) & (a.affiliation <= 4) & (a.weakly_established == 0),
            "E2_scb": (income >= yearly("establishment_limits", "established_from"))
            & employed
            & ~out_of_work
            & ~programme
            & (a.programme_support == 0),
            "E3_uka": employed & (income > yearly("establishment_limits", "uka_limit")) & ~out_of_work & ~programme,
            "E4_employed": employed,
            "E5_income": pay >= INCOME_MULTIPLE * yearly("base_amounts", "price_base_amount"),
            "registered_unemployed": a.unemployed_days > 0,
            "studying": a.student,
            "sick_or_retired": (a.sick_days >= SICK_DAYS) | (a.disability > 0),
        }
        result = {name: (holds & a.in_register).astype(np.float64) for name, holds in table.items()}
        result["unemployment_insurance"] = (a.unemployment_insurance > 0).astype(np.float64)
        result["earnings"] = np.where(a.in_register, pay * deflators(), np.nan)
        assisted = self.world.history.social_assistance > 0
        result["social_assistance_months"] = assisted.reshape(len(assisted), N_YEARS, 12).sum(axis=2).astype(np.float64)
        return result

    @cached_property
    def months(self) -> dict[str, npt.NDArray[np.bool_]]:
        """Monthly outcomes; ``new_enrolment`` marks the month in which an enrolment episode begins."""
        h, e = self.world.history, self.world.enrolments
        new = np.zeros(h.enrolled.shape, dtype=bool)
        new[e.row, e.start_month - FIRST_MONTH] = True
        return {
            "E4_employed": h.employer != NO_EMPLOYER,
            "SF1": (h.presence == 0) & (h.social_assistance == 0),
            "registered_unemployed": in_category(h.af_category, *UNEMPLOYED),
            "new_enrolment": new,
        }

    def at(self, rows: npt.NDArray[np.int64], zero: npt.NDArray[np.int64]) -> Floats:
        """Every line of :data:`LINES` for the given rows counted from their time zero.

        Parameters
        ----------
        rows
            Rows of the people, shape ``(m,)``; a row may appear many times.
        zero
            Absolute month of time zero, shape ``(m,)``.

        Returns
        -------
        Shape ``(m, len(LINES))``; NaN where the horizon lies beyond 2016 or earnings are missing.
        """
        starts = np.concatenate(
            [np.zeros((len(self.world.people), 1)), np.cumsum(self.months["new_enrolment"], axis=1)], axis=1
        )
        out = np.full((len(rows), len(LINES)), np.nan)
        for j, line in enumerate(LINES):
            name = line.definition or line.outcome
            if line.horizon_unit == "year":
                first = 1 if line.outcome == "sustained_established" else line.horizon
                values = [
                    _take(self.years[name], rows, zero // 12 - FIRST_YEAR + k) for k in range(first, line.horizon + 1)
                ]
                out[:, j] = np.min(values, axis=0)
            elif line.outcome == "returned_to_jobbtorg":
                begun = _take(starts, rows, zero - FIRST_MONTH + line.horizon + 1)
                out[:, j] = np.where(np.isnan(begun), np.nan, begun > _take(starts, rows, zero - FIRST_MONTH + 1))
            else:
                out[:, j] = _take(self.months[name], rows, zero - FIRST_MONTH + line.horizon)
        return out


def _take(table: npt.NDArray[np.generic], rows: npt.NDArray[np.int64], column: npt.NDArray[np.int64]) -> Floats:
    """Cells of a table; NaN where the column lies outside it."""
    inside = (column >= 0) & (column < table.shape[1])
    cells = table[rows, np.clip(column, 0, table.shape[1] - 1)].astype(np.float64)
    return np.where(inside, cells, np.nan)
