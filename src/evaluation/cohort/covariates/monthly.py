"""Monthly history before a month: social assistance, unemployment insurance, the employment service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis

from evaluation.cohort.covariates.window import count_before
from evaluation.cohort.dates import month_grid, month_of
from evaluation.cohort.months import NEVER
from evaluation.cohort.spec import CohortSpec

LONGEST = 24  # months before the month at risk that any count reaches back

# categories (skat) of the employment service: LISA Bakgrundsfakta 1990-2017, appendix 2; ALosDag counts the same as unemployed
UNEMPLOYED = (11, 12, 13, 34, 95, 96, 97, 98)
PROGRAMME = (15, 46, 54, 55, 59, 67, 69, 70, 71, 72, 73, 75, 76, 79, 80, 81, 83, 85, 86, 87, 88)

CategoryPeriods = Sequence[tuple[int, str, str]]  # code, first and last day on which a spell may start (ISO)
ALWAYS = ("1900-01-01", "9999-12-31")


def social_assistance(base: ibis.Table, assistance: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """``social_assistance_12`` and ``_24``: months in which the household had social assistance."""
    events = _flagged_months(assistance, "assisted", spec)
    return count_before(
        base, events, {"social_assistance_12": ("assisted", 12), "social_assistance_24": ("assisted", 24)}
    )


def insurance(base: ibis.Table, payments: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """``insurance_12``: months with unemployment insurance paid."""
    return count_before(base, _flagged_months(payments, "insured", spec), {"insurance_12": ("insured", 12)})


def employment_service(
    base: ibis.Table,
    categories: ibis.Table,
    spec: CohortSpec,
    *,
    unemployed: CategoryPeriods | None = None,
    programme: CategoryPeriods | None = None,
) -> ibis.Table:
    """``unemployed_12`` and ``programme_12``: months with a day in such a category at the employment service.

    Codes are reused over time, so a list may say between which days a spell with the code must have started.
    """
    groups = {
        "unemployed": unemployed or tuple((code, *ALWAYS) for code in UNEMPLOYED),
        "programme": programme or tuple((code, *ALWAYS) for code in PROGRAMME),
    }
    spells = categories.mutate(**{name: _in_group(categories, periods) for name, periods in groups.items()})
    first, last = spec.first - LONGEST, spec.last - 1
    spells = spells.filter((spells.unemployed == 1) | (spells.programme == 1)).select(
        "person",
        "unemployed",
        "programme",
        begins=month_of(spells.start),
        ends=ibis.ifelse(spells.end.isnull(), NEVER, month_of(spells.end)).cast("int32"),
    )
    spells = spells.filter(spells.begins <= last, spells.ends >= first)
    grid = month_grid(first, last)
    crossed = spells.join(grid, [spells.begins <= grid.month, spells.ends >= grid.month])
    events = crossed.group_by("person", "month").agg(
        unemployed=crossed.unemployed.max(), programme=crossed.programme.max()
    )
    return count_before(base, events, {"unemployed_12": ("unemployed", 12), "programme_12": ("programme", 12)})


def _flagged_months(table: ibis.Table, flag: str, spec: CohortSpec) -> ibis.Table:
    """Distinct months of a person in the reach of the window, with a column of ones."""
    months = (
        table.filter(table.month >= spec.first - LONGEST, table.month < spec.last).select("person", "month").distinct()
    )
    return months.mutate(**{flag: ibis.literal(1, type="int32")})


def _in_group(table: ibis.Table, periods: CategoryPeriods) -> ibis.Value:
    always = [code for code, since, until in periods if since <= "1991-08-01" and until >= "9999"]
    found = table.category.isin(always) if always else ibis.literal(False)
    for code, since, until in periods:
        if code not in always:
            opens, closes = ibis.literal(date.fromisoformat(since)), ibis.literal(date.fromisoformat(until))
            found = found | ((table.category == code) & (table.start >= opens) & (table.start <= closes))
    return ibis.ifelse(found, 1, 0).cast("int32")
