"""The targets that the README of the generator names: the default stays near them."""

from __future__ import annotations

import numpy as np
import pytest

from synthetic_registers.history import FIRST_MONTH, NO_EMPLOYER, NO_MONTH, LeavingReason
from tests.synthetic.conftest import PERSONS


def index(year: int, month: int = 1) -> int:
    return 12 * year + month - 1 - FIRST_MONTH


@pytest.fixture(scope="module")
def episodes(world):
    e = world.enrolments
    months = np.where(e.end_month == NO_MONTH, 10**6, e.end_month) - e.start_month
    begun = e.start_month // 12
    return e, months, (begun >= 2009) & (begun <= 2011)


def test_how_people_leave_jobbtorg(episodes):
    e, months, recent = episodes
    work = [
        LeavingReason.PERMANENT_JOB,
        LeavingReason.TEMPORARY_JOB,
        LeavingReason.SUPPORTED_JOB,
        LeavingReason.STUDIES,
    ]
    assert ((months < 3) & np.isin(e.reason, work))[recent].mean() == pytest.approx(0.40, abs=0.05)
    assert 0.22 < (months >= 12)[recent].mean() < 0.34


def test_how_many_are_enrolled(world, episodes):
    enrolled = world.history.enrolled
    assert 0.75 < enrolled[:, index(2008) : index(2014, 12) + 1].any(axis=1).mean() < 0.86
    for year in (2009, 2010, 2011):
        assert 4000 < enrolled[:, index(year, 6)].sum() * 20_000 / PERSONS < 6500


def test_social_assistance(world):
    paid = world.history.social_assistance[:, index(2010) : index(2011)]
    months = (paid > 0).sum(axis=1)
    assert 5_500 < paid[paid > 0].mean() < 8_000
    assert 6 < months[months > 0].mean() < 9


def test_what_precedes_and_accompanies_enrolment(world, episodes):
    """Assistance and insurance in the month of enrolment, and the dip in earnings before it."""
    e, _, recent = episodes
    row, month = e.row[recent], e.start_month[recent] - FIRST_MONTH
    h = world.history
    assert (h.social_assistance[row, month] > 0).mean() == pytest.approx(0.80, abs=0.06)
    assert (h.unemployment_insurance[row, month] > 0).mean() < 0.15
    employed = {back: (h.employer[row, month - back] != NO_EMPLOYER).mean() for back in (1, 3, 12, 24)}
    assert employed[12] > 0.22
    assert employed[12] > employed[3] + 0.05 > employed[1]


def test_who_starts(world):
    v, p = world.employments, world.people
    assert p.woman[v.row].mean() > p.woman.mean() + 0.05
    assert (p.origin[v.row] != 0).mean() > (p.origin != 0).mean() + 0.05
    assert (v.workplace == 1).mean() == pytest.approx(0.60, abs=0.06)
    length = v.planned_exit - v.start_month + 1
    assert (length == 6).mean() == pytest.approx(0.35, abs=0.06)
    assert (length == 12).mean() == pytest.approx(0.45, abs=0.06)
