"""Death, migration, sickness and studies.

Death, migration and sickness have hazards and streams of their own and do not look at work or at the employment: they are the same in every
world. Studies are begun by people without a job, so they may differ.
"""

from __future__ import annotations

import math

from numba import njit

from synthetic_registers.history import Presence, Sickness, Study
from synthetic_registers.streams import Stream, uniform

_HOMESICK_FREE = 12  # months after which an immigrant may leave again


@njit
def move(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """Presence at the end of the month."""
    if s.presence == Presence.RESIDENT:
        age = (month - who.birth_month) / 12.0
        death = p.death * 2.0 ** ((age - 40.0) / p.death_doubling) * (0.6 if who.woman > 0.0 else 1.0)
        if uniform(seed, who.person, month, Stream.DEATH) < death * math.exp(-0.3 * who.health):
            s.presence = Presence.DEAD
        elif who.foreign == 0.0 or month >= who.immigration_month + _HOMESICK_FREE:
            leaving = p.emigration[1] if who.foreign > 0.0 else p.emigration[0]
            if uniform(seed, who.person, month, Stream.MIGRATION) < leaving:
                s.presence = Presence.ABROAD
    elif s.presence == Presence.ABROAD:
        if who.foreign > 0.0 and month <= who.immigration_month:
            if month == who.immigration_month:
                s.presence = Presence.RESIDENT
        elif uniform(seed, who.person, month, Stream.MIGRATION) < p.returning:
            s.presence = Presence.RESIDENT


@njit
def fall_ill_or_recover(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """Sickness in the month; disability is for good."""
    age = (month - who.birth_month) / 12.0
    if s.sickness == Sickness.NONE:
        x = p.sickness + p.sickness_health * who.health + p.sickness_age * (age - 40.0) / 10.0
        if uniform(seed, who.person, month, Stream.SICKNESS) < 1.0 / (1.0 + math.exp(-x)):
            s.sickness = Sickness.SICK_LEAVE
            s.sick_months = 1
    elif s.sickness == Sickness.SICK_LEAVE:
        s.sick_months += 1
        u = uniform(seed, who.person, month, Stream.RECOVERY)
        frail = s.sick_months > 12 and who.health < 0.0
        # the longer the sickness, the slower the recovery: without it nobody would be sick for a year
        recovery = p.recovery / (1.0 + 0.15 * s.sick_months)
        if u < recovery:
            s.sickness = Sickness.NONE
            s.sick_months = 0
        elif frail and u > 1.0 - p.disability:
            s.sickness = Sickness.DISABILITY


@njit
def study_on(s):  # type: ignore[no-untyped-def]
    """One more month of studies; they end when their time is up."""
    if s.study != Study.NONE:
        s.study_left -= 1
        if s.study_left < 0:
            if s.study == Study.SFI:
                s.sfi_done = 1
            s.study = Study.NONE
            s.study_left = 0


@njit
def begin_studies(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """Someone without a job may begin studies."""
    age = (month - who.birth_month) / 12.0
    u = uniform(seed, who.person, month, Stream.STUDY_START)
    term = month % 12 == 0 or month % 12 == 7
    kind = Study.NONE
    months = 0.0
    newcomer = who.foreign > 0.0 and 3 <= month - who.immigration_month < 60
    if newcomer and s.sfi_done == 0 and u < p.sfi:
        kind, months = Study.SFI, p.months[0]
    elif term and age < 45.0 and u < p.adult:
        kind, months = Study.ADULT, p.months[1]
    elif month % 12 == 7 and age < 35.0 and (who.education == 1 or who.education == 2) and u > 1.0 - p.university:
        kind, months = Study.UNIVERSITY, p.months[2]
    if kind != Study.NONE:
        s.study = kind
        s.study_left = int(months * (0.4 + 1.2 * uniform(seed, who.person, month, Stream.STUDY_LENGTH)))
