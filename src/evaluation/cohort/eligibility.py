"""Attrition: every step from the rows delivered to the employments and persons studied, adding up exactly."""

from __future__ import annotations

from collections import Counter

import ibis
import pandas as pd

from evaluation.cohort.spec import CohortSpec
from evaluation.errors import CohortError, Problem

COLUMNS = ["group", "step", "unit", "n_in", "n_removed", "n_out"]

# English words for a step; reports look labels up by the step's name
STEPS = {
    "delivered": "Rows delivered",
    "linked": "Linked to a person",
    "usable": "Without duplicates and rows beyond repair",
    "fixed_term": "Of a kind that counts as fixed-term employment",
    "merged": "Rows of one spell merged",
    "first": "First employment of the person",
    "in_window": "In the window",
    "enrolled": "Enrolled at Jobbtorg in the month",
    "not_begun": "Without an employment begun before",
    "aged": "Of the right age in the month",
    "resident": "Alive and resident in the month before",
    "sex_known": "Sex known",
    "persons": "Episodes of one person counted once",
}


# steps told only where they remove anybody: hardly any delivery has such rows
RARE = ("sex_known",)


def steps_of(spec: CohortSpec) -> dict[str, list[tuple[str, str]]]:
    """Steps and units of each group in order; ``person_months`` is kept apart from the table of attrition."""
    first = [("first", "persons")] if spec.unit == "individuals" else []
    unit = "persons" if first else "employments"
    window = [("in_window", unit)]
    # a first employment cannot have one before it, unless those before the window were not looked at
    certain = spec.unit == "individuals" and spec.earlier_employment == "disqualifies"
    again = [] if certain else [("not_begun", unit)]
    order = first + window if spec.earlier_employment == "disqualifies" else window + first
    return {
        "employments": [
            ("delivered", "rows"), ("linked", "rows"), ("usable", "rows"), ("fixed_term", "rows"), ("merged", "employments"), *order,
            ("enrolled", unit), *again, ("aged", unit), ("resident", unit), ("sex_known", unit),
        ],
        "enrolments": [
            ("delivered", "rows"), ("linked", "rows"), ("usable", "rows"), ("merged", "episodes"), ("in_window", "episodes"), ("persons", "persons"),
            ("not_begun", "persons"), ("aged", "persons"), ("resident", "persons"), ("sex_known", "persons"),
        ],
        "person_months": [
            ("enrolled", "person-months"), ("not_begun", "person-months"), ("aged", "person-months"), ("resident", "person-months"),
            ("sex_known", "person-months"),
        ],
    }  # fmt: skip


def count_employments(
    usable: int, counted: int, employments: pd.DataFrame, starts: pd.DataFrame, spec: CohortSpec
) -> Counter[tuple[str, str]]:
    """Numbers left after each step for employments.

    Parameters
    ----------
    usable, counted
        Linked rows, and those of a kind that counts.
    employments
        Merged employments: person, number, start.
    starts
        Enrolled months in which an employment starts: person, month, begun, aged, resident, sex_known (1: does not stand in the way). Of
        two employments that start in one month the second counts as having one begun before it.
    """
    left = employments.sort_values(["person", "number"])
    found = Counter({"usable": usable, "fixed_term": counted, "merged": len(left)})
    inside = left["start"].between(spec.first, spec.last)
    if spec.unit == "employments":
        left = left[inside]
        found["in_window"] = len(left)
    elif spec.earlier_employment == "disqualifies":
        left = left[left["number"] == 1]
        found["first"] = len(left)
        left = left[left["start"].between(spec.first, spec.last)]
        found["in_window"] = len(left)
    else:
        left = left[inside]
        found["in_window"] = len(left)
        left = left.drop_duplicates("person")
        found["first"] = len(left)
    left = left.merge(starts, left_on=["person", "start"], right_on=["person", "month"])
    found["enrolled"] = len(left)
    left = left[(left["begun"] == 1) & ~left.duplicated(["person", "start"])]
    found["not_begun"] = len(left)
    for step in ("aged", "resident", "sex_known"):
        left = left[left[step] == 1]
        found[step] = len(left)
    return Counter({("employments", step): n for step, n in found.items()})


def enrolment_counts(usable: ibis.Table, episodes: ibis.Table, flagged: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """Numbers left after each step for enrolments and for person-months, as one row (columns ``group__step``)."""
    reaches = (episodes.start <= spec.last) & (episodes.end >= spec.first)
    by_person = flagged.group_by("person").agg(
        all=flagged.count(),
        begun=flagged.begun.sum(),
        aged=(flagged.begun * flagged.aged).sum(),
        resident=(flagged.begun * flagged.aged * flagged.resident).sum(),
        sex_known=(flagged.begun * flagged.aged * flagged.resident * flagged.sex_known).sum(),
    )

    def total(column: str) -> ibis.Value:
        return by_person[column].sum().fill_null(0)

    def persons(column: str) -> ibis.Value:
        return ibis.ifelse(by_person[column] > 0, 1, 0).sum().fill_null(0)

    months = by_person.agg(
        person_months__enrolled=total("all"),
        person_months__not_begun=total("begun"),
        person_months__aged=total("aged"),
        person_months__resident=total("resident"),
        person_months__sex_known=total("sex_known"),
        enrolments__not_begun=persons("begun"),
        enrolments__aged=persons("aged"),
        enrolments__resident=persons("resident"),
        enrolments__sex_known=persons("sex_known"),
    )
    spells = episodes.filter(reaches).agg(
        enrolments__in_window=lambda t: t.count(), enrolments__persons=lambda t: t.person.nunique()
    )
    rows = usable.agg(enrolments__usable=usable.count())
    return rows.cross_join(episodes.agg(enrolments__merged=episodes.count())).cross_join(spells).cross_join(months)


def attrition_table(counts: Counter[tuple[str, str]], spec: CohortSpec, groups: tuple[str, ...]) -> pd.DataFrame:
    """Tidy attrition: group, step, unit, n_in, n_removed, n_out; a group's first row has n_in = n_out.

    Raises
    ------
    CohortError
        Steps that gain rows: the registers were changed while they were read.
    """
    rows = []
    for group in groups:
        n_in = None
        for step, unit in steps_of(spec)[group]:
            n_out = int(counts[group, step])
            n_in = n_out if n_in is None else n_in
            if step in RARE and n_out == n_in:
                continue
            rows.append((group, step, unit, n_in, n_in - n_out, n_out))
            n_in = n_out
    table = pd.DataFrame(rows, columns=COLUMNS)
    gains = table[table["n_removed"] < 0]
    if len(gains):
        raise CohortError(
            [
                Problem(f"attrition, {row.group}, {row.step}", f"{row.n_in} become {row.n_out}", "numbers that never rise",
                        "check that no register is written to while the cohort is assembled")
                for row in gains.itertuples()
            ]
        )  # fmt: skip
    return table
