"""From months to the yearly values that the income register (LISA) would hold if nothing went wrong."""

from __future__ import annotations

import calendar
from typing import Any

import numpy as np
import numpy.typing as npt

from synthetic_registers.constants import raks_medians
from synthetic_registers.history import N_YEARS, NO_EMPLOYER, YEARS, Annual, History, People, Presence, Sickness, Study
from synthetic_registers.macro import economy
from synthetic_registers.parameters import Scenario
from synthetic_registers.sections import Support

UNEMPLOYED = (11, 12, 13, 34, 95, 96, 97, 98)  # ALosDag
PART_TIME, HOURLY, NEW_START = (21,), (22,), (33, 36, 37)
SUPPORTED = (38, 39, 42, 43, 45, 47, 48, 49, 50, 51, 56, 58, 78)
PROGRAMMES = (67, 69, 70, 71, 72, 73, 75, 76, 79, 80, 81, 83, 86)  # AStuDag
PRACTICE = 54
_PRACTICE_AS_WORK = (2010, 2015)  # years in which practice counts in ASysDag, otherwise in AStuDag
_SFI_COUNTED_FROM = 2012  # in StudDeltTyp
_RAKS_SHARE = 0.6
_OCTOBER, _NOVEMBER, _DECEMBER = 9, 10, 11
_FULL_YEAR, _NEWLY, _LEFT, _PART_YEAR, _COMBINER, _OWN_BUSINESS, _NO_WORK = range(1, 8)

DAYS = np.array([[calendar.monthrange(year, month)[1] for month in range(1, 13)] for year in YEARS], dtype=np.int64)


def annual(scenario: Scenario, people: People, history: History) -> Annual:
    """Yearly values of the people, shape ``(n, N_YEARS)``; amounts in hundreds of SEK.

    Every value is also computed for years in which a person has no row (``in_register`` false), by the same rules.
    """
    support = scenario.section(Support)
    wage, business = _by_year(history.wage), _by_year(history.business)
    presence = _by_year(history.presence)[:, :, _DECEMBER]
    birth = people.birth_month[:, None]
    sixteen = 12 * (np.array(YEARS) + 1) - birth > 16 * 12
    skat = _by_year(history.af_category)
    assistance = _by_year(history.social_assistance).sum(axis=2, dtype=np.int64)
    adults = np.where(people.partner, 2, 1)[:, None]
    sickness = _by_year(history.sickness)
    study = _by_year(history.study)[:, :, _OCTOBER]
    study = np.where((study == Study.SFI) & (np.array(YEARS) < _SFI_COUNTED_FROM), Study.NONE, study)
    practice_days = _days(skat, (PRACTICE,))
    practice_is_work = (np.array(YEARS) >= _PRACTICE_AS_WORK[0]) & (np.array(YEARS) <= _PRACTICE_AS_WORK[1])
    activity_months = in_category(skat, *PROGRAMMES, PRACTICE).sum(axis=2)
    limit = _raks_limit(scenario, people)
    pay = wage.sum(axis=2, dtype=np.int64)
    marked = (_by_year(history.employer) != NO_EMPLOYER).sum(axis=2)
    affiliation = _affiliation(_by_year(history.employer) != NO_EMPLOYER, (business > 0).any(axis=2))
    return Annual(
        in_register=(presence == Presence.RESIDENT) & sixteen,
        presence=presence.astype(np.int8),
        employed=_status(wage + business),
        earnings=_hundreds(pay),
        business=_hundreds(business.sum(axis=2, dtype=np.int64)),
        social_assistance=_hundreds(assistance // adults),
        social_assistance_family=_hundreds(assistance),
        unemployment_insurance=_hundreds(_by_year(history.unemployment_insurance).sum(axis=2, dtype=np.int64)),
        programme_support=_hundreds(activity_months * int(support.activity)),
        unemployed_days=_days(skat, UNEMPLOYED),
        part_time_days=_days(skat, PART_TIME),
        hourly_days=_days(skat, HOURLY),
        programme_days=_days(skat, PROGRAMMES) + np.where(practice_is_work, 0, practice_days).astype(np.int16),
        supported_days=_days(skat, SUPPORTED) + np.where(practice_is_work, practice_days, 0).astype(np.int16),
        new_start_days=_days(skat, NEW_START),
        student=study != Study.NONE,
        study_kind=study.astype(np.int8),
        sick_days=(30 * (sickness == Sickness.SICK_LEAVE).sum(axis=2)).astype(np.int16),
        sickness_benefit=_hundreds(_sickness_benefit(sickness == Sickness.SICK_LEAVE, wage, support)),
        disability=_hundreds((sickness == Sickness.DISABILITY).sum(axis=2) * int(support.disability)),
        affiliation=affiliation,
        weakly_established=_weakly_established(pay, marked, affiliation, limit),
        establishment_limit=np.floor(limit / 1000 + 0.5).astype(np.int32),
        months_marked=marked.astype(np.int8),
    )


def _by_year(monthly: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Months as ``(n, N_YEARS, 12)``."""
    return monthly.reshape(len(monthly), N_YEARS, 12)


def _hundreds(amount: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Whole SEK to hundreds, half up."""
    return ((amount + 50) // 100).astype(np.int32)


def _days(skat: npt.NDArray[np.int16], codes: tuple[int, ...]) -> npt.NDArray[np.int16]:
    """Calendar days of the months in the given categories."""
    return np.einsum("nym,ym->ny", in_category(skat, *codes).astype(np.int16), DAYS.astype(np.int16))


def in_category(skat: npt.NDArray[np.int16], *codes: int) -> npt.NDArray[np.bool_]:
    """Whether each month is in one of these categories (two digits, 0 when not registered)."""
    known = np.zeros(100, np.bool_)
    known[list(codes)] = True
    return known[skat]


def _status(pay: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    """SyssStat: 1 paid in November, 5 paid in another month, 6 neither."""
    return np.where(pay[:, :, _NOVEMBER] > 0, 1, np.where((pay > 0).any(axis=2), 5, 6)).astype(np.int8)


def _affiliation(marked: npt.NDArray[np.bool_], business: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    """Raks_Huvudanknytning from the marked months of the year and whether there was own business.

    Source: SCB, *LISA Bakgrundsfakta 1990-2017*. Someone paid in January and December with a gap between counts as part-year.
    """
    employee, january, december = marked.any(axis=2), marked[:, :, 0], marked[:, :, _DECEMBER]
    kinds = [
        (employee & business, _COMBINER),
        (business, _OWN_BUSINESS),
        (~employee, _NO_WORK),
        (marked.all(axis=2), _FULL_YEAR),
        (december & ~january, _NEWLY),
        (january & ~december, _LEFT),
    ]
    return np.select([k for k, _ in kinds], [c for _, c in kinds], _PART_YEAR).astype(np.int8)


def _raks_limit(scenario: Scenario, people: People) -> npt.NDArray[np.float64]:
    """Raks_EtablGrans in SEK: 60 % of the median pay of employees of the same age and sex with at most nine years of school."""
    women, men = raks_medians()
    age = np.array(YEARS) - (people.birth_month // 12)[:, None]
    age = np.clip(age, 0, len(men) - 1)
    median = np.where(people.woman[:, None], women[age], men[age])
    return _RAKS_SHARE * median * economy(scenario).wages


def _weakly_established(
    pay: npt.NDArray[np.int64],
    months: npt.NDArray[np.int64],
    affiliation: npt.NDArray[np.int8],
    limit: npt.NDArray[np.float64],
) -> npt.NDArray[np.int8]:
    """Raks_EtablGrad: pay of part of a year is blown up to a year; defined for employees only."""
    annualised = pay * 12 / np.maximum(months, 1)
    return np.where(affiliation > _PART_YEAR, -1, annualised < limit).astype(np.int8)


def _sickness_benefit(
    sick: npt.NDArray[np.bool_], wage: npt.NDArray[np.int32], support: Support
) -> npt.NDArray[np.int64]:
    """SEK a year: 80 % of the pay that is missing, or the flat amount of those without pay."""
    missing = 3 * wage.astype(np.int64)  # an employer pays a quarter of a sick month
    monthly = np.where(wage > 0, missing * 4 // 5, int(support.sickness))
    return np.where(sick, monthly, 0).sum(axis=2)
