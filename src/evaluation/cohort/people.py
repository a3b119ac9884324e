"""What is known of each person of a cohort apart from the months at risk."""

from __future__ import annotations

import ibis
import pandas as pd

from evaluation.cohort.risksets import People


def describe_persons(base: ibis.Table, people: People, employments: pd.DataFrame) -> pd.DataFrame:
    """One row per person at risk at least once.

    Columns
    -------
    person, birth_year, woman, first_month, last_month (at risk), months (at risk), first_start (first employment from the first
    month at risk on, also after the window; NaN none), planned_exit, actual_exit, workplace_type, death_month, first_absence (first
    move out of the country from the first month at risk on). Everything from ``first_start`` on is known afterwards only.
    """
    persons = (
        base.group_by("person")
        .agg(
            birth_year=base.birth_year.max(),
            woman=base.woman.max(),
            first_month=base.month.min(),
            last_month=base.month.max(),
            months=base.month.count().cast("int32"),
        )
        .order_by("person")
    )
    deaths = people.deaths.group_by("person").agg(death_month=people.deaths.month.min())
    out = people.migration.filter(people.migration.kind == "out").select("person", moved=lambda t: t.month)
    leaves = persons.join(out, [persons.person == out.person, out.moved >= persons.first_month])
    leaves = leaves.group_by("person").agg(first_absence=leaves.moved.min())
    frame = persons.to_pandas()
    for extra in (deaths.order_by("person").to_pandas(), leaves.order_by("person").to_pandas()):
        frame = frame.merge(extra, on="person", how="left")
    starts = employments.merge(frame[["person", "first_month"]], on="person")
    starts = starts[starts["start"] >= starts["first_month"]].sort_values(["person", "start"]).drop_duplicates("person")
    starts = starts.rename(columns={"start": "first_start", "kind": "workplace_type"})
    columns = ["person", "first_start", "planned_exit", "actual_exit", "workplace_type"]
    frame = frame.merge(starts[columns], on="person", how="left")
    order = [
        "person",
        "birth_year",
        "woman",
        "first_month",
        "last_month",
        "months",
        *columns[1:],
        "death_month",
        "first_absence",
    ]
    return frame[order]
