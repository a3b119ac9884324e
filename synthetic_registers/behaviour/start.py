"""Who starts a fixed-term employment: a monthly hazard in what was visible before the month.

The log odds is a sum of main effects in the covariates that a cohort measures in months (or years) before the month. Unless the scenario lets
motivation in, it holds nothing that the registers do not show.
"""

from __future__ import annotations

from numba import njit

from synthetic_registers.behaviour.state import band, months_in


@njit
def start_log_odds(s, who, p, month):  # type: ignore[no-untyped-def]
    """Log odds of starting in the month for a person at risk in it."""
    year = month // 12
    age = year - who.birth_month // 12
    x = (
        p.base
        + p.elapsed[band(month - s.enrolled_since)]
        + p.quarter[(month % 12) // 3]
        + p.year[year - int(p.years[0])]
    )
    x += p.woman * who.woman + p.age * (age - 35.0) / 10.0 + p.foreign * who.foreign + p.education[who.education]
    x += p.married * who.married + p.children * s.children + p.district[who.district]
    x += p.log_earnings * s.log_earnings + p.zero_earnings * s.zero_earnings
    x += p.assistance * months_in(s.assisted) + p.step[s.step] + p.sick_days * s.sick_days / 100.0
    x += p.motivation * who.motivation
    if s.employments > 0:
        x += p.again
    return x
