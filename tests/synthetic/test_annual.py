"""Yearly values against the months they come from."""

from __future__ import annotations

import numpy as np

from synthetic_registers.annual import DAYS
from synthetic_registers.history import N_YEARS, Presence


def months(array):
    return array.reshape(len(array), N_YEARS, 12)


def test_amounts_are_hundreds_rounded_half_up(world, registers):
    total = months(world.history.wage).astype(np.int64).sum(axis=2)
    assert (np.abs(100 * registers.earnings.astype(np.int64) - total) <= 50).all()
    half = total % 100 == 50
    assert (100 * registers.earnings[half] > total[half]).all()


def test_rows_are_for_residents_of_sixteen_or_more(world, registers):
    december = months(world.history.presence)[:, :, 11]
    assert (december[registers.in_register] == Presence.RESIDENT).all()
    age = np.arange(2005, 2017) - (world.people.birth_month // 12)[:, None]
    assert age[registers.in_register].min() == 16
    assert (registers.in_register | (december != Presence.RESIDENT) | (age < 16)).all()


def test_status_follows_november(world, registers):
    pay = months(world.history.wage + world.history.business)
    assert np.array_equal(registers.employed == 1, pay[:, :, 10] > 0)
    assert np.array_equal(registers.employed == 6, ~(pay > 0).any(axis=2))


def test_days_never_exceed_the_year(registers):
    days = (
        registers.unemployed_days
        + registers.part_time_days
        + registers.hourly_days
        + registers.programme_days
        + registers.supported_days
        + registers.new_start_days
    )
    assert (days <= DAYS.sum(axis=1)).all()
    assert (registers.sick_days <= 360).all()


def test_raks(world, registers):
    employee = registers.affiliation <= 4
    assert np.array_equal(registers.weakly_established >= 0, employee)
    full = registers.affiliation == 1
    assert (registers.months_marked[full] == 12).all()
    assert (registers.months_marked[registers.affiliation == 7] == 0).all()
    weak = registers.weakly_established[full] == 1
    assert registers.earnings[full][weak].mean() < registers.earnings[full][~weak].mean()
    assert 0.02 < registers.weakly_established[employee].mean() < 0.5
    assert 30 < registers.establishment_limit.min() < registers.establishment_limit.max() < 250  # thousands


def test_assistance_is_shared_between_the_adults(world, registers):
    two = world.people.partner
    assert (np.abs(2 * registers.social_assistance[two] - registers.social_assistance_family[two]) <= 2).all()
    assert np.array_equal(registers.social_assistance[~two], registers.social_assistance_family[~two])


def test_sfi_counts_as_studies_from_2012(registers):
    assert not (registers.study_kind[:, :7] == 1).any()
    assert (registers.study_kind[:, 7:] == 1).any()
    assert np.array_equal(registers.student, registers.study_kind > 0)
