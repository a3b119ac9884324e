"""The fixed-term employment: contract, early leaving, extension, and what it leaves behind."""

from __future__ import annotations

import numpy as np
from numba import njit

from synthetic_registers.behaviour.state import chance
from synthetic_registers.history import NO_MONTH, Workplace
from synthetic_registers.streams import Stream, uniform


@njit
def begin(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """Sign a contract: kind of workplace and planned length."""
    u = uniform(seed, who.person, month, Stream.WORKPLACE)
    s.fixed_term = Workplace.REGULAR if u < p.regular + p.regular_woman * who.woman else Workplace.CREATED
    u = uniform(seed, who.person, month, Stream.LENGTH)
    if u < p.lengths[0]:
        months = 6
    elif u < p.lengths[0] + p.lengths[1]:
        months = 12
    else:
        rest = (u - p.lengths[0] - p.lengths[1]) / (1.0 - p.lengths[0] - p.lengths[1])
        months = 7 + min(4, int(5.0 * rest))
    s.begun = month
    s.planned = s.agreed = month + months - 1
    s.extended = NO_MONTH
    s.employments += 1


@njit
def ends(s, who, p, seed, month):  # type: ignore[no-untyped-def]
    """Whether this is the last month worked, after a possible extension; and whether an ordinary job follows."""
    if month < s.agreed:
        if month == s.begun:
            return False, False
        early = chance(p.early + p.early_ability * who.ability)
        if uniform(seed, who.person, month, Stream.EARLY_LEAVING) < early:
            return True, uniform(seed, who.person, month, Stream.EARLY_DESTINATION) < p.early_job
        return False, False
    if s.extended == NO_MONTH:
        u = uniform(seed, who.person, month, Stream.EXTENSION)
        if u < p.extended:
            span = int(p.extension[1] - p.extension[0]) + 1
            s.extended = s.agreed = month + int(p.extension[0]) + min(span - 1, int(span * u / p.extended))
            return False, False
    return True, False


@njit
def effect_log_odds(s, who, p, month):  # type: ignore[no-untyped-def]
    """What past employment adds to the log odds of finding a job, by kind of workplace and time since the actual exit."""
    if s.exit == NO_MONTH:
        return 0.0
    regular = s.exit_kind == Workplace.REGULAR
    size = p.effect[0] if regular else p.effect[1]
    size += p.effect_woman * who.woman + p.effect_foreign * who.foreign
    if who.education == 0:
        size += p.effect_compulsory
    return size * np.interp(
        float(month - s.exit), p.profile_months, p.profile_regular if regular else p.profile_created
    )
