"""Jobbtorg: referral, the caseworker's assessment, leaving."""

from __future__ import annotations

import math

from numba import njit

from synthetic_registers.behaviour.state import FIRST_OF_JOBBTORG, child_younger_than, months_in
from synthetic_registers.history import NO_MONTH, LeavingReason, Sickness, Study
from synthetic_registers.streams import Stream, uniform

_GAP = 2  # whole months between two episodes, so that no rule that merges short gaps can merge them
_STEP_EVERY = 3


@njit
def may_enrol(s, who, month):  # type: ignore[no-untyped-def]
    """Whether a person who is resident and of working age can be referred in the month."""
    if month < FIRST_OF_JOBBTORG or s.enrolled == 1 or s.job != 0 or s.job_next == 1:
        return False
    if s.left != NO_MONTH and month - s.left <= _GAP:
        return False
    if s.sickness == Sickness.DISABILITY or s.study > Study.SFI:
        return False
    return not (who.woman > 0.0 and child_younger_than(who, month, 12))


@njit
def enrols(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """Whether the district refers the person to Jobbtorg in the month."""
    young = month - who.birth_month < 25 * 12
    probability = p.referral[0] if s.assistance == 1 else (p.referral[2] if young else p.referral[1])
    if month < FIRST_OF_JOBBTORG + 12:
        probability *= p.opening[0] + (p.opening[1] - p.opening[0]) * (month - FIRST_OF_JOBBTORG) / 11.0
    if s.sickness == Sickness.SICK_LEAVE:
        probability *= p.sick
    return uniform(seed, who.person, month, Stream.ENROLMENT) < probability


@njit
def assess(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """Register a step at enrolment and every third month after; it is visible from the next month on."""
    elapsed = month - s.enrolled_since
    if elapsed % _STEP_EVERY != 0:
        return
    u = uniform(seed, who.person, month, Stream.STEP)
    x = p.step[0] + p.step[1] * who.ability + p.step[2] * who.motivation + p.step[3] * who.health
    x += p.step[4] * months_in(s.worked) + p.step[5] * min(elapsed, 36) / 12.0
    x += p.step_noise * 1.7320508 * (2.0 * u - 1.0)
    s.step = min(5, max(1, math.floor(x + 0.5)))


@njit
def leaves_without_work(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """Reason for leaving Jobbtorg in the month other than a job or studies; NONE when staying."""
    if s.sickness == Sickness.DISABILITY:
        return LeavingReason.SICK
    if who.woman > 0.0 and child_younger_than(who, month, 1):
        return LeavingReason.PARENTAL_LEAVE
    u = uniform(seed, who.person, month, Stream.LEAVING)
    if s.sickness == Sickness.SICK_LEAVE and s.sick_months >= 3 and u > 1.0 - p.long_sick:
        return LeavingReason.SICK
    drop = p.leaving[1] * (p.early_drop if month - s.enrolled_since < 3 else 1.0)
    if s.assistance == 0:
        drop *= 3.0  # nothing obliges those without assistance to come
    service = p.leaving[0] if s.guarantee != 0 else 0.0
    if u < drop:
        return LeavingReason.DROPPED_OUT
    if u < drop + service:
        return LeavingReason.EMPLOYMENT_SERVICE
    if u < drop + service + p.leaving[2]:
        return LeavingReason.BACK_TO_DISTRICT
    return LeavingReason.NONE
