"""Ordinary jobs: finding, keeping, losing, and what they pay."""

from __future__ import annotations

import math

from numba import njit

from synthetic_registers.behaviour.state import (
    BUSINESS,
    HOURLY,
    PERMANENT,
    SUPPORTED,
    TEMPORARY,
    band,
    child_younger_than,
    shifted,
)
from synthetic_registers.history import Study
from synthetic_registers.streams import Stream, uniform

_EMPLOYERS = 20_000
_SICK_PAY = 0.25  # share of the wage an employer pays in a month of sick leave


@njit
def employability(who, p, month):  # type: ignore[no-untyped-def]
    """Log odds of finding a job that come with the person."""
    age = (month - who.birth_month) / 12.0
    x = p.ability * who.ability + p.motivation * who.motivation + p.health * who.health
    x += p.education[who.education] + p.foreign * who.foreign + p.woman * who.woman
    if who.foreign > 0.0 and month - who.immigration_month < 48:
        x += p.newcomer
    if who.woman > 0.0 and child_younger_than(who, month, 48):
        x += p.small_child
    if age >= 55.0:
        x += p.over_55
    elif age < 21.0:
        x += p.under_21
    return x


@njit
def finding_log_odds(s, who, p, shift, month, insured, effect):  # type: ignore[no-untyped-def]
    """Log odds of finding an ordinary job in the month; ``effect`` is what a fixed-term employment left behind."""
    x = p.finding + employability(who, p, month) + shift + effect + p.out_of_work[band(s.months_out)]
    if 4 <= month % 12 <= 7:
        x += p.season
    if s.enrolled == 1:
        x += p.at_jobbtorg[band(month - s.enrolled_since)]
    if insured:
        x += p.insured
    if s.study == Study.SFI:
        x += p.sfi
    elif s.study != Study.NONE:
        x += p.studying
    return x


@njit
def take_job(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """Begin an ordinary job: its kind, hours, pay and employer belong to the person and the month."""
    person = who.person
    u = uniform(seed, person, month, Stream.JOB_KIND)
    if u < p.business:
        s.job = BUSINESS
    elif who.health < -1.0 and u < p.business + p.supported:
        s.job = SUPPORTED
    else:
        u = (u - p.business) / (1.0 - p.business)
        s.job = PERMANENT if u < p.kinds[0] else (TEMPORARY if u < p.kinds[0] + p.kinds[1] else HOURLY)
    u = uniform(seed, person, month, Stream.JOB_HOURS)
    full = p.full_time[0] if s.job == PERMANENT else p.full_time[1]
    s.hours = 1.0 if u < full else p.part_time
    u = uniform(seed, person, month, Stream.JOB_WAGE)
    noise = p.wage_spread * 1.7320508 * (2.0 * u - 1.0)
    s.wage_level = p.wage * math.exp(p.wage_ability * who.ability + p.wage_education[who.education] + noise)
    # sizes of employers are skewed: their numbers are even on a logarithmic scale
    u = uniform(seed, person, month, Stream.JOB_EMPLOYER)
    s.employer = 0 if s.job == BUSINESS else 1 + int(math.exp(u * math.log(_EMPLOYERS)))
    u = uniform(seed, person, month, Stream.JOB_REGISTERED)
    kind = 1 if s.job == HOURLY else (0 if s.hours < 1.0 else 2)
    s.registered = 1 if (s.job < SUPPORTED and u < p.registered[kind]) else 0
    if s.study > Study.SFI:
        s.study = Study.NONE
        s.study_left = 0


@njit
def loses_job(s, who, p, shift, seed, month):  # type: ignore[no-untyped-def]
    """Whether the ordinary job ended before this month."""
    probability = shifted(p.separation[s.job - 1], shift + p.separation_ability * who.ability)
    return uniform(seed, who.person, month, Stream.JOB_LOSS) < probability


@njit
def convert(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """A temporary job may become permanent, an hourly one temporary."""
    if s.job == TEMPORARY or s.job == HOURLY:
        u = uniform(seed, who.person, month, Stream.JOB_CHANGE)
        if u < (p.conversion[0] if s.job == TEMPORARY else p.conversion[1]):
            s.job = PERMANENT if s.job == TEMPORARY else TEMPORARY
            s.registered = 0


@njit
def pay(s, who, p, wages, seed, month, sick):  # type: ignore[no-untyped-def]
    """SEK of an ordinary job in the month."""
    hours = s.hours
    if s.job == HOURLY:
        u = uniform(seed, who.person, month, Stream.MONTH_HOURS)
        hours = p.hourly[0] + (p.hourly[1] - p.hourly[0]) * u
    if sick:
        hours *= _SICK_PAY
    return int(s.wage_level * wages * hours + 0.5)
