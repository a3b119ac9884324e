"""From rows of the City's list of jobs to fixed-term employments.

An extension is delivered as a row of its own. Rows of one kind with at most a few days between them are one employment, and so are
employments with at most a month between them. What was agreed at the start (planned exit, workplace) is read from the first row,
the actual exit from the last.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis

from evaluation.cohort.dates import month_of
from evaluation.cohort.months import NEVER
from evaluation.cohort.spec import CohortSpec
from evaluation.cohort.spells import number_islands


def counted_rows(jobs: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """Rows of the kinds that count, as spells of days and months.

    Columns
    -------
    person, kind, first_row, start_day, last_day, start, planned_exit, known_exit (null: none recorded), until, rows
        ``last_day`` and ``until`` stand in for a missing end with the planned one (the start where that is missing too).
    """
    rows = jobs.filter(jobs.kind.isin(spec.workplaces), jobs.start.notnull())
    last = ibis.coalesce(rows.end, rows.planned_end, rows.start)
    rows = rows.mutate(last_day=ibis.ifelse(last < rows.start, rows.start, last))
    return rows.select(
        "person",
        "kind",
        first_row=rows.employment,
        start_day=rows.start,
        last_day=rows.last_day,
        start=month_of(rows.start),
        planned_exit=month_of(rows.planned_end),
        known_exit=ibis.ifelse(rows.end.isnull(), ibis.null("int32"), month_of(rows.last_day)),
        until=month_of(rows.last_day),
        rows=ibis.literal(1, type="int32"),
    )


def find_employments(jobs: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """Fixed-term employments, one row each.

    Columns
    -------
    person, number (1, 2, ... of the person), start, planned_exit, actual_exit (null while open), until (last month known or
    agreed), kind, rows (delivered rows merged)
    """
    rows = number_islands(
        counted_rows(jobs, spec),
        by=["person", "kind"],
        start="start_day",
        end="last_day",
        gap=spec.extension_gap_days,
        tie=["first_row"],
    )
    chains = _merge(rows, ["person", "kind", "island"])
    if spec.extension_gap_months is not None:
        chains = number_islands(
            chains, by=["person"], start="start", end="until", gap=spec.extension_gap_months + 1, tie=["first_row"]
        )
        chains = _merge(chains, ["person", "island"])
    order = ibis.window(group_by="person", order_by=["start", "first_row"])
    return chains.select(
        "person",
        number=(ibis.row_number().over(order) + 1).cast("int32"),
        start=chains.start,
        planned_exit=chains.planned_exit,
        actual_exit=chains.known_exit,
        until=chains.until,
        kind=chains.kind,
        rows=chains.rows,
    )


def _merge(rows: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """One row an island: planned exit and kind of its first row, exit of its last."""
    order = ibis.window(group_by=list(keys), order_by=["start", "first_row"])
    rows = rows.mutate(_rank=ibis.row_number().over(order))
    first = rows._rank == 0
    others = [key for key in keys if key != "kind"]
    merged = rows.group_by(others if "kind" not in keys else list(keys)).agg(
        **({} if "kind" in keys else {"kind": rows.kind.max(where=first)}),
        first_row=rows.first_row.max(where=first),
        start=rows.start.min(),
        planned_exit=rows.planned_exit.max(where=first),
        known_exit=rows.known_exit.max(),
        until=rows.until.max(),
        rows=rows.rows.sum().cast("int32"),
    )
    # an open row after the last recorded end leaves the employment open
    still_open = merged.known_exit.isnull() | (merged.until > merged.known_exit)
    return merged.mutate(known_exit=ibis.ifelse(still_open, ibis.null("int32"), merged.known_exit)).drop(
        *(key for key in keys if key == "island")
    )


def blocking_months(employments: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """Employments with ``blocks_until``: the last month in which, once begun, they keep a person from being at risk."""
    lasting = spec.unit == "individuals"
    if lasting and spec.earlier_employment == "disqualifies":
        return employments.mutate(blocks_until=ibis.literal(NEVER, type="int32"))
    if lasting:
        earlier = employments.start < spec.first
        return employments.mutate(blocks_until=ibis.ifelse(earlier, employments.until, NEVER).cast("int32"))
    if spec.earlier_employment == "disqualifies":
        earlier = employments.start < spec.first
        return employments.mutate(blocks_until=ibis.ifelse(earlier, NEVER, employments.until).cast("int32"))
    return employments.mutate(blocks_until=employments.until)
