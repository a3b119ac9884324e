"""Which expressions a choice of covariates needs, joined to the person-months at risk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ibis

from evaluation.cohort.catalogue import Covariate
from evaluation.cohort.covariates import annual, monthly, steps
from evaluation.cohort.covariates.monthly import CategoryPeriods
from evaluation.cohort.spec import CohortSpec

Reader = Callable[[str], ibis.Table]  # a register of the batch by its name


def raw_values(
    base: ibis.Table,
    read: Reader,
    covariates: tuple[Covariate, ...],
    spec: CohortSpec,
    categories: Mapping[str, CategoryPeriods],
) -> ibis.Table:
    """Person-months at risk with the raw values of the chosen covariates; registers nobody asked for are not read."""
    names = {c.name for c in covariates}
    groups = {c.group for c in covariates}
    parts = []
    if groups & {"background", "annual_income"}:
        parts.append(annual.background_and_income(base, annual.lisa_years(read("lisa"), spec)))
    if "work_months" in groups:
        parts.append(annual.work_months(base, read("ku"), spec))
    if "social_assistance" in groups:
        parts.append(monthly.social_assistance(base, read("social_assistance"), spec))
    if "insurance" in groups:
        parts.append(monthly.insurance(base, read("unemployment_insurance"), spec))
    if "employment_service" in groups:
        periods = {group: categories.get(group) for group in ("unemployed", "programme")}
        parts.append(monthly.employment_service(base, read("af_categories"), spec, **periods))
    if "step" in names:
        parts.append(steps.last_step(base, read("steps")))
    table = base
    for part in parts:
        table = table.left_join(part, ["person", "month"]).drop("person_right", "month_right")
    return table
