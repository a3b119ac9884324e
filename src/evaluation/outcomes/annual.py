"""Person-years from the income register (LISA): amounts, states and every definition, evaluated by the engine."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from evaluation.outcomes.definitions import Definitions
from evaluation.outcomes.measures import ESTABLISHMENT, e2_scb, sf2
from evaluation.outcomes.spec import OutcomeSpec

_COUNTS = (
    "earnings",
    "business",
    "social_assistance",
    "programme_support",
    "unemployed_days",
    "part_time_days",
    "hourly_days",
    "programme_days",
    "supported_days",
    "new_start_days",
    "sick_days",
    "disability",
    "student",
    "employed_code",
)
_CODES = ("affiliation", "weakly_established")
_LIMITS = ("established_from", "insecure_from", "uka_limit", "price_base_amount")

PLAIN = ("registered_unemployed", "studying", "sick_or_retired")
"""Annual outcomes, yes or no, that have one definition only."""


def person_years(lisa: ir.Table, persons: ir.Table, years: tuple[int, ...], definitions: Definitions) -> ir.Table:
    """Rows of the asked persons with the year's limits beside the amounts, and no nulls.

    A null inside a row that exists is a zero (the register leaves a blank where nothing was paid), never a missing person; the two
    codes that have a meaning of their own become -1.
    """
    rows = lisa.semi_join(persons, "person").filter(lambda t: t.year.isin(years))
    rows = rows.select(
        "person",
        "year",
        **{name: rows[name].cast("int64").fill_null(0) for name in _COUNTS},
        **{name: rows[name].cast("int64").fill_null(-1) for name in _CODES},
    )
    limits = {
        name: ibis.cases(*[(rows.year == year, int(definitions.value(name, year))) for year in years], else_=0)
        for name in _LIMITS
    }
    business = ibis.ifelse(rows.business > 0, rows.business, 0)
    return rows.mutate(work_income=rows.earnings + business, **limits)


def annual_outcomes(years: ir.Table, spec: OutcomeSpec, definitions: Definitions) -> ir.Table:
    """One row a person-year: ``person, year, state, earnings`` and a 0/1 column per definition and per name of :data:`PLAIN`."""
    allowed = ibis.literal(True) if spec.count_subsidised else (years.supported_days + years.new_start_days == 0)
    established = {name: ESTABLISHMENT[name](years, spec) & allowed for name in ESTABLISHMENT}
    flags = {
        **established,
        "SF2": sf2.holds(years, spec),
        "registered_unemployed": years.unemployed_days > 0,
        "studying": years.student == 1,
        "sick_or_retired": (years.sick_days >= int(definitions.rules["sick_days_from"])) | (years.disability > 0),
    }
    return years.select(
        "person",
        "year",
        "earnings",
        state=e2_scb.state(years, established["E2_scb"], int(definitions.rules["weak_days_over"])).cast("int8"),
        **{name: flag.cast("int8") for name, flag in flags.items()},
    )
