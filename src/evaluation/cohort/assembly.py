"""Assembling a cohort: the registers reduced, in batches of persons, to one row per person and month at risk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import ibis
import pandas as pd

from evaluation.cohort.catalogue import Covariate, chosen
from evaluation.cohort.covariates.annual import LAGS
from evaluation.cohort.covariates.finish import deflators
from evaluation.cohort.covariates.monthly import CategoryPeriods
from evaluation.cohort.covariates.read import raw_values
from evaluation.cohort.eligibility import attrition_table, count_employments, enrolment_counts
from evaluation.cohort.employments import counted_rows, find_employments
from evaluation.cohort.episodes import find_episodes, number_episodes
from evaluation.cohort.frame import batch_columns
from evaluation.cohort.people import describe_persons
from evaluation.cohort.result import Cohort
from evaluation.cohort.risksets import People, at_risk, constant_traits, enrolled_months, flag_months
from evaluation.cohort.spec import CohortSpec
from evaluation.cohort.store import MemoryStore, ParquetStore, Store
from evaluation.errors import CohortError, Problem
from evaluation.progress import Progress, silent

BATCH = 50_000  # persons; a batch is what the engine holds at once


class RegisterSource(Protocol):
    """What assembling asks of an opened delivery."""

    def table(self, name: str) -> ibis.Table:
        """Cleaned table of a register."""

    def linked(self, name: str) -> ibis.Table:
        """Unrepaired rows of a table of the City, with ``person`` where it is known."""

    def rows_count(self, name: str) -> int:
        """Number of rows delivered."""


@dataclass(frozen=True)
class Batch:
    """What one batch of persons gives besides its person-months."""

    counts: Counter[tuple[str, str]]
    persons: pd.DataFrame
    employments: pd.DataFrame
    episodes: pd.DataFrame


def assemble(
    registers: RegisterSource,
    spec: CohortSpec | None = None,
    *,
    prices: pd.DataFrame | Mapping[int, float],
    categories: Mapping[str, CategoryPeriods] | None = None,
    work: str | Path | None = None,
    batch_persons: int = BATCH,
    progress: Progress | None = None,
) -> Cohort:
    """Assemble a cohort: one row per person and month at risk, with covariates as of the month before.

    Parameters
    ----------
    registers
        An opened delivery (``evaluation.registers.open_registers``).
    spec
        The window, who is eligible and which covariates are read.
    prices
        Consumer price index: a frame with the columns year and kpi, or ``{year: index}``.
    categories
        Categories of the employment service counted as ``unemployed`` and as ``programme``: for each group
        ``(code, first, last day on which a spell with the code may start)``. Default: the codes valid 2006-2016.
    work
        Protected folder the person-months are written to, as parquet in ``work/months``. None: they stay in memory.
    batch_persons
        Persons the engine works on at a time; does not change the result.
    progress
        Called as ``progress("cohort", batches done, batches)``.

    Raises
    ------
    CohortError
        No employment or no person-month is left, or a year has no price index.
    """
    spec = spec or CohortSpec()
    progress = progress or silent
    covariates = chosen(spec.covariates)
    factors = deflators(prices, range(spec.years[0] - max(LAGS), spec.years[-1]), spec.price_year)
    store: Store = MemoryStore() if work is None else ParquetStore.create(Path(work) / "months")
    enrolled = int(registers.table("enrolments").person.nunique().execute())
    n_batches = max(1, -(-enrolled // batch_persons))
    batches = []
    progress("cohort", 0, n_batches)
    for b in range(n_batches):
        read = _reader(registers, n_batches, b)
        batches.append(_assemble_batch(read, spec, covariates, factors, categories or {}, store))
        progress("cohort", b + 1, n_batches)
    counts = sum((batch.counts for batch in batches), Counter())
    for group in ("employments", "enrolments"):
        counts.update({(group, step): n for step, n in _count_delivered(registers, group).items()})
    attrition = attrition_table(counts, spec, ("employments", "enrolments"))
    _refuse_empty(attrition, spec)
    return Cohort(
        spec=spec,
        covariates=covariates,
        attrition=attrition,
        person_months=attrition_table(counts, spec, ("person_months",)),
        persons=_stack([batch.persons for batch in batches], ["person"]),
        employments=_stack([batch.employments for batch in batches], ["person", "number"]),
        episodes=_stack([batch.episodes for batch in batches], ["person", "episode"]),
        store=store,
    )


def _assemble_batch(
    read: Callable[[str], ibis.Table],
    spec: CohortSpec,
    covariates: tuple[Covariate, ...],
    factors: Mapping[int, float],
    categories: Mapping[str, CategoryPeriods],
    store: Store,
) -> Batch:
    with ExitStack() as stack:

        def keep(table: ibis.Table) -> ibis.Table:
            return stack.enter_context(table.cache())

        jobs = keep(read("employments"))
        usable = keep(read("enrolments"))
        employments = keep(find_employments(jobs, spec))
        numbered = keep(number_episodes(usable, spec))
        episodes = keep(find_episodes(numbered))
        people = People(
            constants=keep(constant_traits(read("lisa"))),
            migration=keep(read("migration").select("person", "month", "kind")),
            deaths=keep(read("deaths").select("person", "month")),
        )
        flagged = keep(flag_months(enrolled_months(numbered, episodes, spec), employments, people, spec))
        base = keep(at_risk(flagged))
        raw = raw_values(base, read, covariates, spec, categories)
        store.add(batch_columns(_frame(raw, ["month", "person"]), covariates, factors, spec))

        jobs_found = _frame(employments, ["person", "number"])
        starts = _frame(
            flagged.filter(flagged.treated == 1).select("person", "month", "begun", "aged", "resident", "sex_known"),
            ["person", "month"],
        )
        counted = int(counted_rows(jobs, spec).count().execute())
        counts = count_employments(int(jobs.count().execute()), counted, jobs_found, starts, spec)
        numbers = enrolment_counts(usable, episodes, flagged, spec).to_pandas().iloc[0]
        counts.update({tuple(name.split("__")): int(value) for name, value in numbers.items()})
        return Batch(
            counts=counts,
            persons=describe_persons(base, people, jobs_found),
            employments=jobs_found.drop(columns="until"),
            episodes=_frame(
                episodes.semi_join(base, "person").select("person", "episode", "start", "end"), ["person", "episode"]
            ),
        )


def _reader(registers: RegisterSource, n_batches: int, b: int) -> Callable[[str], ibis.Table]:
    def read(name: str) -> ibis.Table:
        table = registers.table(name)
        return table if n_batches == 1 else table.filter(table.person % n_batches == b)

    return read


def _frame(table: ibis.Table, order: list[str]) -> pd.DataFrame:
    return table.order_by(order).to_pandas()


def _stack(frames: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True).sort_values(keys, ignore_index=True)


def _count_delivered(registers: RegisterSource, name: str) -> dict[str, int]:
    """Rows of a table of the City as delivered, and of these the ones linked to a person."""
    linked = registers.linked(name)
    return {
        "delivered": registers.rows_count(name),
        "linked": int(linked.filter(linked.person.notnull()).count().execute()),
    }


def _refuse_empty(attrition: pd.DataFrame, spec: CohortSpec) -> None:
    problems = []
    for group, rows in attrition.groupby("group"):
        if rows["n_out"].iloc[-1] == 0:
            lost = rows[rows["n_out"] == 0].iloc[0]
            problems.append(
                Problem(
                    f"cohort, {group}",
                    f"nobody is left after the step {lost['step']!r}; {lost['n_in']} {lost['unit']} before it",
                    f"persons in the window {spec.first_month} to {spec.last_month}, aged {spec.age[0]}-{spec.age[1]}",
                    "check the window and the rules of [cohort] against the years of the delivery",
                )
            )
    if problems:
        raise CohortError(problems)
