"""Months at risk after the window: what the estimand "never" must know of the comparison group, and no outcome.

Members of the comparison group may begin an employment of their own after the window. To weigh for that, the hazard of beginning one is fitted on every
month up to the last that an outcome refers to. The rules are the window's (who is enrolled, of age, resident; which employments keep a person from being at
risk, counted from the window's first month); only the months are later.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evaluation.cohort.assembly import BATCH, RegisterSource, _frame, _reader
from evaluation.cohort.covariates.annual import LAGS
from evaluation.cohort.covariates.finish import deflators
from evaluation.cohort.covariates.monthly import CategoryPeriods
from evaluation.cohort.covariates.read import raw_values
from evaluation.cohort.employments import find_employments
from evaluation.cohort.episodes import find_episodes, number_episodes
from evaluation.cohort.frame import batch_columns, table_of
from evaluation.cohort.months import format_month
from evaluation.cohort.result import Cohort
from evaluation.cohort.risksets import People, at_risk, constant_traits, enrolled_months, flag_months
from evaluation.cohort.store import MemoryStore
from evaluation.errors import CohortError, Problem
from evaluation.progress import Progress, silent
from evaluation.registers.contracts import CONTRACTS


def later_risk(
    registers: RegisterSource,
    cohort: Cohort,
    *,
    until: int,
    prices: pd.DataFrame | Mapping[int, float],
    categories: Mapping[str, CategoryPeriods] | None = None,
    batch_persons: int = BATCH,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Person-months at risk after the window of a cohort, with covariates as of the month before.

    Parameters
    ----------
    registers, prices, categories, batch_persons
        As in :func:`evaluation.cohort.assemble`.
    cohort
        The cohort of the window; persons of the registers who were never at risk in it are left out.
    until
        Last month (absolute), at most the last of the registers.
    progress
        Called as ``progress("later months", batches done, batches)``.

    Returns
    -------
    DataFrame
        Columns of ``cohort.table``; ``treated`` says whether an employment begins in the month. No rows where ``until`` is not after the window.
        ``attrs["until"]`` is the month up to which it holds, with the window's table: nobody else was at risk then, also where the last rows are of
        an earlier month. It is what ``fit_hazard`` takes as ``until``.

    Raises
    ------
    CohortError
        A year without a price index.
    """
    spec = cohort.spec
    if until <= spec.last:
        return _holding(cohort.table.iloc[:0], spec.last)
    # the window moves on, the rules of who may still begin do not: those are asked of ``spec``
    later = spec.model_copy(update={"first_month": format_month(spec.last + 1), "last_month": format_month(until)})
    factors = deflators(prices, range(later.years[0] - max(LAGS), later.years[-1]), spec.price_year)
    members = cohort.persons["person"].to_numpy()
    enrolled = int(registers.table("enrolments").person.nunique().execute())
    n_batches = max(1, -(-enrolled // batch_persons))
    store = MemoryStore()
    progress("later months", 0, n_batches)
    for b in range(n_batches):
        read = _reader(registers, n_batches, b)
        employments = find_employments(read("employments"), spec).cache()
        numbered = number_episodes(read("enrolments"), spec).cache()
        episodes = find_episodes(numbered).cache()
        people = People(
            constants=constant_traits(read("lisa")).cache(),
            migration=read("migration").select("person", "month", "kind").cache(),
            deaths=read("deaths").select("person", "month").cache(),
        )
        kept = (employments, numbered, episodes, people.constants, people.migration, people.deaths)
        try:
            months = flag_months(enrolled_months(numbered, episodes, later), employments, people, spec)
            with at_risk(months).cache() as base:
                raw = raw_values(base, read, cohort.covariates, later, categories or {})
                frame = _frame(raw, ["month", "person"])
        finally:
            for table in kept:
                table.release()
        store.add(batch_columns(frame[frame["person"].isin(members)], cohort.covariates, factors, later))
        progress("later months", b + 1, n_batches)
    return _holding(table_of(store.column, cohort.covariates, spec.workplaces), until)


def _holding(table: pd.DataFrame, until: int) -> pd.DataFrame:
    table.attrs["until"] = int(until)
    return table


def last_month(registers: RegisterSource) -> int:
    """Last month (absolute) that the registers cover: the end of the last year that every register delivered by year holds.

    The City's tables and those of the employment service are delivered whole and do not say how far they reach: their last row may stand long before
    their end, where nothing happened. That they reach as far as the others is for the delivery to promise.

    Raises
    ------
    CohortError
        Registers that do not say which years they cover.
    """
    years = getattr(registers, "years", None)
    covered = {c.register: tuple(years(c.register)) for c in CONTRACTS if c.yearly} if years is not None else {}
    if not covered.get("lisa"):
        raise CohortError(Problem("registers", "do not say which years they cover", "an opened delivery"))
    # one that was not delivered says nothing
    return 12 * min(int(max(found)) for found in covered.values() if found) + 11
