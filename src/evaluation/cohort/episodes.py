"""From enrolments at the offices to episodes of enrolment.

A transfer between offices closes one enrolment and opens another; those, and enrolments with a short gap between them, are one
episode. Elapsed time counts from the start of the episode.
"""

from __future__ import annotations

import ibis

from evaluation.cohort.dates import month_of
from evaluation.cohort.months import NEVER
from evaluation.cohort.spec import CohortSpec
from evaluation.cohort.spells import number_islands


def number_episodes(enrolments: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """Enrolments with the episode they belong to.

    Columns
    -------
    person, enrolment, episode (1, 2, ... of the person), start, end (months; ``NEVER`` while open), district, target_group
    """
    rows = enrolments.filter(enrolments.start.notnull())
    # a date after every register, and far enough from the last that engines know for a gap to be added
    last = ibis.coalesce(rows.end, ibis.date(2200, 1, 1))
    rows = rows.mutate(last_day=ibis.ifelse(last < rows.start, rows.start, last))
    rows = number_islands(
        rows, by=["person"], start="start", end="last_day", gap=spec.episode_gap_days, tie=["enrolment"], name="episode"
    )
    return rows.select(
        "person",
        "enrolment",
        "episode",
        start_day=rows.start,
        start=month_of(rows.start),
        end=ibis.ifelse(rows.end.isnull(), NEVER, month_of(rows.last_day)).cast("int32"),
        district=rows.district,
        target_group=rows.target_group,
    )


def find_episodes(numbered: ibis.Table) -> ibis.Table:
    """Episodes, one row each: person, episode, start, end (``NEVER`` while open), district and target_group of its first row."""
    order = ibis.window(group_by=["person", "episode"], order_by=["start_day", "enrolment"])
    rows = numbered.mutate(_rank=ibis.row_number().over(order))
    first = rows._rank == 0
    return rows.group_by("person", "episode").agg(
        start=rows.start.min(),
        end=rows.end.max(),
        district=rows.district.max(where=first),
        target_group=rows.target_group.max(where=first),
    )
