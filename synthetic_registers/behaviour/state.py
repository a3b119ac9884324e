"""The record of one person that the rules read and change, and small helpers they share."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from synthetic_registers.history import NO_MONTH, Presence

PERMANENT, TEMPORARY, HOURLY, SUPPORTED, BUSINESS = 1, 2, 3, 4, 5  # kinds of ordinary jobs; 0 none
FIRST_OF_JOBBTORG = 12 * 2008

TRAITS = np.dtype(
    [
        ("person", "i8"),
        ("birth_month", "i8"),
        ("immigration_month", "i8"),
        ("woman", "f8"),
        ("foreign", "f8"),
        ("education", "i8"),  # 0 compulsory, 1 upper secondary, 2 post-secondary, 3 missing
        ("married", "f8"),
        ("partner", "f8"),
        ("child", "i8", (3,)),
        ("district", "i8"),  # 0..13
        ("ability", "f8"),
        ("health", "f8"),
        ("motivation", "f8"),
    ]
)

STATE = np.dtype(
    [
        ("presence", "i8"),
        # ordinary job
        ("job", "i8"),
        ("employer", "i8"),
        ("hours", "f8"),
        ("wage_level", "f8"),  # SEK a month, full time, wages of 2009
        ("registered", "i8"),  # stays registered at Arbetsformedlingen during the job
        ("months_out", "i8"),  # since the last ordinary job
        ("job_next", "i8"),  # an ordinary job begins next month
        ("worked", "i8"),  # bit k: worked k + 1 months ago
        # studies and sickness
        ("study", "i8"),
        ("study_left", "i8"),
        ("sfi_done", "i8"),
        ("sickness", "i8"),
        ("sick_months", "i8"),
        # benefits
        ("af", "i8"),  # registered
        ("af_months", "i8"),
        ("guarantee", "i8"),  # 0, 69, 70 or 79
        ("guarantee_months", "i8"),
        ("practice_left", "i8"),
        ("insured", "i8"),  # 0 nothing, 1 basic amount, 2 income-related
        ("insurance_left", "i8"),
        ("insured_wage", "f8"),
        ("assistance", "i8"),
        ("assisted", "i8"),  # bit k: social assistance k + 1 months ago
        ("income", "f8"),  # net income of the month before
        # Jobbtorg
        ("enrolled", "i8"),
        ("episodes", "i8"),
        ("enrolled_since", "i8"),
        ("left", "i8"),  # month of the latest leaving
        ("step", "i8"),  # latest registered
        # fixed-term employment
        ("fixed_term", "i8"),  # Workplace while it runs
        ("employments", "i8"),
        ("begun", "i8"),
        ("planned", "i8"),
        ("agreed", "i8"),
        ("extended", "i8"),
        ("exit", "i8"),  # latest actual exit
        ("exit_kind", "i8"),
        # the year so far, and what the registers say of the year before
        ("year_pay", "i8"),
        ("year_sick", "i8"),
        ("log_earnings", "f8"),
        ("zero_earnings", "f8"),
        ("sick_days", "f8"),
        ("children", "f8"),
    ]
)


@njit
def reset(s):  # type: ignore[no-untyped-def]
    """A person on the day before the first month."""
    s.presence = Presence.RESIDENT
    s.job = s.employer = s.registered = s.job_next = s.worked = 0
    s.hours = s.wage_level = s.insured_wage = s.income = 0.0
    s.months_out = 12
    s.study = s.study_left = s.sfi_done = s.sickness = s.sick_months = 0
    s.af = s.af_months = s.guarantee = s.guarantee_months = s.practice_left = 0
    s.insured = s.insurance_left = s.assistance = s.assisted = 0
    s.enrolled = s.episodes = s.step = s.fixed_term = s.employments = s.extended = s.exit_kind = 0
    s.enrolled_since = s.left = s.begun = s.planned = s.agreed = s.exit = NO_MONTH
    s.year_pay = s.year_sick = 0
    s.log_earnings = s.sick_days = s.children = 0.0
    s.zero_earnings = 1.0


@njit
def vanish(s):  # type: ignore[no-untyped-def]
    """Nothing goes on for the dead and those abroad; what was registered before stays registered."""
    s.job = s.employer = s.registered = s.job_next = 0
    s.study = s.study_left = s.sickness = s.sick_months = 0
    s.af = s.af_months = s.guarantee = s.guarantee_months = s.practice_left = 0
    s.insurance_left = s.assistance = s.enrolled = s.fixed_term = 0
    s.months_out = 24
    s.income = 0.0


@njit
def chance(log_odds):  # type: ignore[no-untyped-def]
    """Probability of a log odds."""
    return 1.0 / (1.0 + math.exp(-log_odds))


@njit
def shifted(probability, log_odds):  # type: ignore[no-untyped-def]
    """A probability moved by a log odds."""
    odds = probability / (1.0 - probability) * math.exp(log_odds)
    return odds / (1.0 + odds)


@njit
def band(months):  # type: ignore[no-untyped-def]
    """Class of an elapsed time: 0-2, 3-5, 6-11, 12-23, 24 months and more."""
    if months < 3:
        return 0
    if months < 6:
        return 1
    if months < 12:
        return 2
    return 3 if months < 24 else 4


@njit
def months_in(bits):  # type: ignore[no-untyped-def]
    """How many of the last 12 months are set."""
    n = 0
    for k in range(12):
        n += (bits >> k) & 1
    return n


@njit
def household_children(who, month):  # type: ignore[no-untyped-def]
    """Children under 18 in the household at the end of the month."""
    n = 0
    for k in range(3):
        if who.child[k] != NO_MONTH and who.child[k] <= month < who.child[k] + 216:
            n += 1
    return n


@njit
def child_younger_than(who, month, months):  # type: ignore[no-untyped-def]
    """Whether there is a born child younger than so many months."""
    found = False
    for k in range(3):
        found = found or (who.child[k] != NO_MONTH and who.child[k] <= month < who.child[k] + months)
    return found
