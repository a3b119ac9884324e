"""E2: established by the six-class definition of SCB and Skolverket, and the other five classes.

Work income (wages and positive net business income) of at least the upper limit, employed in November, and no unemployment or
programme event in the year. Source: SCB's statistical database, definitions for LE0201, and Skolverket. The printed rules overlap; the order
in which the classes are tried here is this project's reading: established, studying, outside, weak, and what remains is insecure.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from evaluation.outcomes.spec import OutcomeSpec
from evaluation.outcomes.states import State


def holds(years: ir.Table, spec: OutcomeSpec) -> ir.BooleanValue:
    """Class 1, established. Supported employment is no programme event here; ``count_subsidised`` decides on it apart."""
    unemployed = years.unemployed_days + years.part_time_days + years.hourly_days
    programme = (years.programme_days > 0) | (years.programme_support > 0)
    return (years.work_income >= years.established_from) & (years.employed_code == 1) & (unemployed == 0) & ~programme


def state(years: ir.Table, established: ir.BooleanValue, weak_days_over: int) -> ir.IntegerValue:
    """Code of :class:`State` for a person-year with a row; ``established`` is :func:`holds`, possibly narrowed by the study's switches."""
    business = years.business != 0
    weak_income = (years.work_income < years.insecure_from) & ~business
    weak_days = (years.work_income >= years.insecure_from) & (
        years.unemployed_days + years.programme_days > weak_days_over
    )
    return ibis.cases(
        (established, int(State.ESTABLISHED)),
        (years.student == 1, int(State.STUDYING)),
        (years.work_income <= 0, int(State.OUTSIDE)),
        (weak_income | weak_days, int(State.WEAK)),
        else_=int(State.INSECURE),
    )
