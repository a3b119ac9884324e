"""One person after the other through 144 months: the order of events is the model.

In a month: (1) a referral to Jobbtorg, by the state at the end of the month before; (2) the start of a fixed-term employment, among those
enrolled; (3) death and migration; (4) sickness and studies; (5) work; (6) leaving Jobbtorg; (7) registration and benefits; (8) the
caseworker's assessment. Starting thus comes before every other transition of its month, and everything the start hazard reads was visible
before the month.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from synthetic_registers.behaviour import employment as ft
from synthetic_registers.behaviour import jobbtorg, labour, life, start, support
from synthetic_registers.behaviour.state import (
    BUSINESS,
    STATE,
    SUPPORTED,
    chance,
    child_younger_than,
    household_children,
    reset,
    vanish,
)
from synthetic_registers.history import CITY, FIRST_MONTH, N_MONTHS, NO_MONTH, LeavingReason, Presence, Sickness, Study
from synthetic_registers.streams import Stream, uniform

MAX_EPISODES, MAX_EMPLOYMENTS = 40, 8
FREE, NOT_NOW, NEVER = 0, 1, 2  # worlds
_REST = 2  # months after an employment in which none starts: with a gap of at most one month, two would be one


def source_digest() -> int:
    """A number that changes with the source of the model.

    Compiled code is kept on disk between runs under the source of one function only; as a constant of the compiled kernel this number makes
    a change in any rule compile anew.
    """
    folder = Path(__file__).parent
    files = [
        *sorted(folder.glob("*.py")),
        folder.parent / "streams.py",
        folder.parent / "history.py",
        folder.parent / "sections.py",
    ]
    content = b"".join(path.read_bytes() for path in files)
    return int.from_bytes(hashlib.sha256(content).digest()[:7], "big")


@njit
def _turn_year(s, who, month, deflator, in_register):  # type: ignore[no-untyped-def]
    """In January: what the registers say of the year that ended, as a cohort will measure it."""
    hundreds = (s.year_pay + 50) // 100 if in_register else 0
    s.log_earnings = math.log1p(hundreds * 100.0 * deflator / 10000.0)
    s.zero_earnings = 1.0 if hundreds == 0 else 0.0
    s.sick_days = min(360.0, 30.0 * s.year_sick) if in_register else 0.0
    s.children = float(household_children(who, month - 1)) if in_register else 0.0
    s.year_pay = s.year_sick = 0


@njit
def _close(s, month, reason, e_end, e_reason):  # type: ignore[no-untyped-def]
    s.enrolled = 0
    s.left = month
    e_end[s.episodes - 1] = month
    e_reason[s.episodes - 1] = reason


@njit
def _initial(s, who, lab, seed):  # type: ignore[no-untyped-def]
    """Work, school and presence on the day before the first month."""
    age = (FIRST_MONTH - who.birth_month) / 12.0
    u = uniform(seed, who.person, 0, Stream.INITIAL)
    if who.foreign > 0.0 and who.immigration_month >= FIRST_MONTH:
        s.presence = Presence.ABROAD
        s.months_out = 24
    elif age >= 19.0:
        if u < chance(lab.initially_employed + labour.employability(who, lab, FIRST_MONTH)):
            labour.take_job(s, who, lab, seed, FIRST_MONTH - 1)
            s.worked = 4095
        else:
            s.months_out = int(36.0 * (1.0 - u))


@njit
def _school(s, who, seed, month):  # type: ignore[no-untyped-def]
    """Upper secondary school from 16: until 18 and a half or 19 and a half."""
    age = month - who.birth_month
    if 16 * 12 <= age < 18 * 12 and s.presence == Presence.RESIDENT and s.study == Study.NONE:
        last = 234 if uniform(seed, who.person, 1, Stream.STUDY_LENGTH) < 0.6 else 222
        s.study = Study.UPPER_SECONDARY
        s.study_left = last - age


def _build(digest: int) -> Callable[..., None]:
    @njit(cache=True, nogil=True)
    def run(people, seed, block, world, eco, deflators, lab, lif, sup, jt, st, em, out, spells):  # type: ignore[no-untyped-def]
        if digest < 0:
            return
        finding, loss, wages, norm = eco
        presence, employer, wage, business, af, enrolled, episode, steps, assisted, insured, study, sickness, fixed = (
            out
        )
        e_start, e_end, e_reason, w_start, w_planned, w_actual, w_extended, w_kind = spells
        states = np.zeros(1, STATE)
        nothing = em.changes_nothing > 0.0
        for i in range(people.size):
            who, s = people[i], states[0]
            reset(s)
            _initial(s, who, lab, seed)
            for t in range(N_MONTHS):
                month = FIRST_MONTH + t
                year, age = t // 12, month - who.birth_month
                if t % 12 == 0 and t > 0:
                    _turn_year(s, who, month, deflators[year - 1], s.presence == Presence.RESIDENT and age > 192)
                year_age = month // 12 - who.birth_month // 12
                active = s.presence == Presence.RESIDENT and age >= 216 and year_age <= 64
                # 1 referral
                in_city = s.fixed_term != 0 and not nothing
                if (
                    active
                    and not in_city
                    and jobbtorg.may_enrol(s, who, month)
                    and jobbtorg.enrols(s, who, jt, seed, month)
                ):
                    s.enrolled = 1
                    s.enrolled_since = month
                    e_start[i, s.episodes] = month
                    s.episodes += 1
                was_enrolled = s.enrolled
                # 2 start
                rested = s.exit == NO_MONTH or month > s.exit + _REST
                if (
                    was_enrolled
                    and active
                    and rested
                    and s.fixed_term == 0
                    and st.years[0] <= month // 12 <= st.years[1]
                ):
                    blocked = (world == NOT_NOW and month == block[i]) or (world == NEVER and month >= block[i])
                    if not blocked:
                        u = uniform(seed, who.person, month, Stream.START)
                        if u < chance(start.start_log_odds(s, who, st, month)):
                            ft.begin(s, who, em, seed, month)
                            k = s.employments - 1
                            w_start[i, k], w_planned[i, k], w_kind[i, k] = month, s.planned, s.fixed_term
                            if not nothing:
                                _close(s, month, LeavingReason.FIXED_TERM, e_end[i], e_reason[i])
                # 3 presence
                before = s.presence
                life.move(s, who, lif, seed, month)
                presence[i, t] = s.presence
                gone = before == Presence.RESIDENT and s.presence != Presence.RESIDENT
                if s.presence != Presence.RESIDENT and not gone:
                    s.worked = (s.worked << 1) & 4095
                    s.assisted = (s.assisted << 1) & 4095
                    continue
                # 4 sickness and studies
                _school(s, who, seed, month)
                if age >= 216 and year_age <= 64:
                    life.fall_ill_or_recover(s, who, lif, seed, month)
                sick = s.sickness == Sickness.SICK_LEAVE
                life.study_on(s)
                # 5 work
                in_city = s.fixed_term != 0 and not nothing
                lost_job = False
                reason = LeavingReason.NONE
                if year_age > 64 or s.sickness == Sickness.DISABILITY:
                    s.job = s.employer = s.job_next = 0
                if in_city:
                    s.months_out += 1
                elif s.job != 0:
                    if labour.loses_job(s, who, lab, loss[t], seed, month):
                        lost_job = True
                        support.qualify(s, who, sup, sup.member, s.wage_level * wages[year] * s.hours, seed)
                        s.job = s.employer = s.registered = s.months_out = 0
                    else:
                        labour.convert(s, who, lab, seed, month)
                elif age >= 216 and year_age <= 64 and not gone:
                    found = s.job_next == 1
                    s.job_next = 0
                    infant = who.woman > 0.0 and child_younger_than(who, month, 12)
                    if not found and s.sickness == Sickness.NONE and not infant:
                        paid = s.insurance_left > 0 and s.af == 1
                        effect = 0.0 if nothing else ft.effect_log_odds(s, who, em, month)
                        x = labour.finding_log_odds(s, who, lab, finding[t], month, paid, effect)
                        found = uniform(seed, who.person, month, Stream.JOB_FINDING) < chance(x)
                    if found:
                        labour.take_job(s, who, lab, seed, month)
                        reason = LeavingReason.PERMANENT_JOB if s.job == 1 else LeavingReason.TEMPORARY_JOB
                        if s.job == SUPPORTED:
                            reason = LeavingReason.SUPPORTED_JOB
                    else:
                        s.months_out += 1
                        if s.study == Study.NONE and s.sickness == Sickness.NONE:
                            life.begin_studies(s, who, lif, seed, month)
                            if s.study > Study.SFI:
                                reason = LeavingReason.STUDIES
                # 6 leaving Jobbtorg
                if s.enrolled == 1:
                    if gone:
                        reason = LeavingReason.DEAD if s.presence == Presence.DEAD else LeavingReason.MOVED
                    elif year_age > 64:
                        reason = LeavingReason.BACK_TO_DISTRICT
                    elif reason == LeavingReason.NONE:
                        reason = jobbtorg.leaves_without_work(s, who, jt, seed, month)
                    if reason != LeavingReason.NONE:
                        _close(s, month, reason, e_end[i], e_reason[i])
                # 7 pay, registration and benefits
                pay = earned = 0
                if in_city:
                    pay = int(em.wage * wages[year] * (0.25 if sick else 1.0) + 0.5)
                    employer[i, t] = CITY
                elif s.job == BUSINESS:
                    earned = labour.pay(s, who, lab, wages[year], seed, month, sick)
                elif s.job != 0:
                    pay = labour.pay(s, who, lab, wages[year], seed, month, sick)
                    employer[i, t] = s.employer
                skat = 0
                workless = s.job == 0 and not in_city and year_age <= 64 and age >= 216
                if not workless or s.sickness == Sickness.DISABILITY or s.study > Study.SFI:
                    s.af = 0
                else:
                    support.register(s, who, sup, seed, month, lost_job)
                if (workless or s.job != 0) and not gone:
                    skat = support.category(s, who, sup, seed, month)
                s.af_months += s.af
                ui = 0 if gone else support.insurance(s, sup, skat)
                sa = 0
                if age >= 216 and year_age <= 64 and not gone:
                    sa = support.assistance(s, who, sup, norm[year], wages[year], seed, month)
                else:
                    s.assistance = 0
                # 8 assessment
                if was_enrolled:
                    jobbtorg.assess(s, who, jt, seed, month)
                # what the month was
                wage[i, t], business[i, t], af[i, t] = pay, earned, skat
                enrolled[i, t] = was_enrolled
                episode[i, t] = s.episodes if was_enrolled else 0
                steps[i, t] = s.step if was_enrolled else 0
                assisted[i, t], insured[i, t] = sa, ui
                study[i, t], sickness[i, t] = s.study, s.sickness
                fixed[i, t] = s.fixed_term
                s.worked = ((s.worked << 1) | (1 if pay + earned > 0 else 0)) & 4095
                s.assisted = ((s.assisted << 1) | (1 if sa > 0 else 0)) & 4095
                s.year_pay += pay
                s.year_sick += 1 if sick else 0
                s.income = sup.net * (pay + earned) + 0.8 * ui + support.benefits(s, sup, skat)
                # the last day of the month: does the fixed-term employment end?
                if s.fixed_term != 0:
                    last, to_job = ft.ends(s, who, em, seed, month)
                    if last or gone:
                        k = s.employments - 1
                        w_actual[i, k], w_extended[i, k] = month, s.extended
                        s.exit, s.exit_kind = month, s.fixed_term
                        s.fixed_term = 0
                        if not nothing and not gone:
                            s.job_next = 1 if to_job else 0
                            support.qualify(s, who, sup, em.member, em.wage * wages[year], seed)
                            if (
                                not to_job
                                and uniform(seed, who.person, month, Stream.REGISTRATION) < sup.registration[0]
                            ):
                                s.af = 1
                                if s.insurance_left > 0:  # others go back to the programme they came from
                                    s.af_months = s.guarantee = s.guarantee_months = s.practice_left = 0
                if gone:
                    vanish(s)

    return run


@cache
def kernel() -> Any:
    """The compiled kernel: fills the arrays of ``out`` (months) and ``spells`` for the persons of ``people``."""
    return _build(source_digest())
