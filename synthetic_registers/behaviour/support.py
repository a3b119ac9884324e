"""Registration at Arbetsformedlingen, unemployment insurance, social assistance."""

from __future__ import annotations

import math

from numba import njit

from synthetic_registers.behaviour.state import HOURLY, SUPPORTED, household_children, months_in
from synthetic_registers.history import Sickness, Study
from synthetic_registers.streams import Stream, uniform

_OPEN, _HINDERED, _PART_TIME, _HOURLY, _NEW_START, _WAGE_SUBSIDY, _SHELTERED = 11, 14, 21, 22, 33, 42, 43
_YOUTH, _JOB, _EMPLOYMENT_PHASE, _PRACTICE = 69, 70, 79, 54
_YOUTH_FROM, _JOB_FROM, _PHASE_FROM = 12 * 2007 + 11, 12 * 2007 + 6, 12 * 2009 + 2
_NET_BENEFIT = 0.8  # share of a taxed benefit that counts as income
_WORTH_CLAIMING = 300.0  # SEK a month


@njit
def qualify(s, who, p, member, wage, seed):  # type: ignore[no-untyped-def]
    """Unemployment insurance after a job has ended, where enough months were worked."""
    if months_in(s.worked) < p.work_condition:
        return
    u = uniform(seed, who.person, 0, Stream.INSURED)
    s.insured = 2 if u < member else (1 if u < member + (1.0 - member) * p.basic_claimed else 0)
    s.insurance_left = int(p.insurance[3]) if s.insured > 0 else 0
    s.insured_wage = wage


@njit
def register(s, who, p, seed, month, lost_job):  # type: ignore[no-untyped-def]
    """Register at Arbetsformedlingen, or lose contact with it."""
    u = uniform(seed, who.person, month, Stream.REGISTRATION)
    if s.af == 0:
        probability = p.registration[0] if lost_job else (p.registration[2] if s.enrolled == 1 else p.registration[1])
        if u < probability:
            s.af = 1
            s.af_months = s.guarantee = s.guarantee_months = s.practice_left = 0
    elif s.enrolled == 0 and s.insurance_left == 0 and u > 1.0 - p.contact_lost:
        s.af = 0


@njit
def category(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """The category (skat) in the month; 0 when not registered."""
    if s.job != 0:
        if s.job == SUPPORTED:
            return _SHELTERED if who.health < -1.7 else _WAGE_SUBSIDY
        if s.registered == 1:
            if s.job == HOURLY:
                return _HOURLY
            return _PART_TIME if s.hours < 1.0 else (_NEW_START if month >= 12 * 2007 else 0)
        return 0
    if s.af == 0:
        return 0
    if s.sickness == Sickness.SICK_LEAVE or (s.study == Study.SFI and who.person % 2 == 0):
        return _HINDERED
    if s.practice_left > 0:
        s.practice_left -= 1
        return _PRACTICE
    u = uniform(seed, who.person, month, Stream.PROGRAMME)
    young = month - who.birth_month < 25 * 12
    if s.guarantee == 0:
        if young and month >= _YOUTH_FROM and s.af_months >= p.programme[0]:
            s.guarantee = _YOUTH
        elif not young and month >= _JOB_FROM and s.af_months >= p.programme[1]:
            s.guarantee = _JOB
        elif u < p.practice[0]:
            s.practice_left = int(p.practice[1]) - 1
            return _PRACTICE
    elif (
        s.guarantee == _JOB
        and month >= _PHASE_FROM
        and s.guarantee_months >= p.employment_phase[0]
        and u < p.employment_phase[1]
    ):
        s.guarantee = _EMPLOYMENT_PHASE
    if s.guarantee != 0:
        s.guarantee_months += 1
        return s.guarantee
    return _OPEN


@njit
def insurance(s, p, skat):  # type: ignore[no-untyped-def]
    """SEK of unemployment insurance in the month."""
    if s.insurance_left <= 0 or s.job != 0 or skat != _OPEN:
        return 0
    s.insurance_left -= 1
    if s.insured == 2:
        return int(max(p.insurance[2], min(p.insurance[1], p.insurance[0] * s.insured_wage)) + 0.5)
    return int(p.insurance[2] + 0.5)


@njit
def benefits(s, p, skat):  # type: ignore[no-untyped-def]
    """Net SEK of activity support, student support, sickness and disability benefits in the month."""
    amount = 0.0
    if skat in (_YOUTH, _JOB, _EMPLOYMENT_PHASE, _PRACTICE):
        amount += p.activity
    if s.study > Study.SFI:
        amount += p.student
    if s.sickness == Sickness.DISABILITY:
        amount += p.disability * _NET_BENEFIT
    elif s.sickness == Sickness.SICK_LEAVE:
        amount += p.sickness * _NET_BENEFIT
    return amount


@njit
def needs(who, p, norm, month):  # type: ignore[no-untyped-def]
    """SEK a month that the household needs by the social assistance norm, rent included."""
    adults = p.norm[1] if who.partner > 0.0 else p.norm[0]
    return norm * (adults + p.norm[2] * household_children(who, month) + p.norm[3])


@njit
def partner_income(who, p, wages, seed, month):  # type: ignore[no-untyped-def]
    """Net SEK a month of a partner, who works a whole year or not at all."""
    if who.partner == 0.0:
        return 0.0
    odds = p.partner_works[0] / (1.0 - p.partner_works[0]) * math.exp(p.partner_works[1] * who.ability)
    works = uniform(seed, who.person, 12 * (month // 12), Stream.PARTNER_INCOME) < odds / (1.0 + odds)
    return p.net * p.partner_pay * wages if works else 0.0


@njit
def assistance(s, who, p, norm, wages, seed, month):  # type: ignore[no-untyped-def]
    """SEK of social assistance to the household in the month, by the income of the month before."""
    gap = needs(who, p, norm, month) - s.income
    if gap >= _WORTH_CLAIMING:
        gap -= partner_income(who, p, wages, seed, month)
    if gap < _WORTH_CLAIMING or s.study > Study.SFI:
        s.assistance = 0
        return 0
    u = uniform(seed, who.person, 0, Stream.PRIDE)
    at_home = month - who.birth_month < 21 * 12 and u < 0.5
    if u < p.never or at_home:
        s.assistance = 0
        return 0
    u = uniform(seed, who.person, month, Stream.ASSISTANCE)
    if s.assistance == 0:
        s.assistance = 1 if u < p.claiming else 0
    elif u > 1.0 - p.giving_up:
        s.assistance = 0
    return int(gap + 0.5) if s.assistance == 1 else 0
