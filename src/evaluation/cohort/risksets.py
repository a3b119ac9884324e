"""Person-months at risk: who could have started a fixed-term employment in each month of the window.

At risk in month *s*: enrolled on the first day of *s* or enrolling in it, nothing that disqualifies begun before *s*, of the right age,
alive and resident at the end of *s* - 1. Nothing is asked of the months after: whoever leaves in *s* is at risk in *s*.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from evaluation.cohort.covariates.finish import ORIGIN_CODES
from evaluation.cohort.dates import month_grid
from evaluation.cohort.employments import blocking_months
from evaluation.cohort.spec import CohortSpec

SEXES = (1, 2)  # man, woman: any other code is not known
BIRTH_YEARS = (1880, 2030)  # beyond them a year was misread
UNKNOWN_ORIGIN = "11"
PACK = 10_000  # more than any value packed behind a year


@dataclass(frozen=True)
class People:
    """Registers of the population that decide who is eligible."""

    constants: ibis.Table  # person, birth_year, woman, origin: what does not change
    migration: ibis.Table  # person, month, kind
    deaths: ibis.Table  # person, month


def constant_traits(lisa: ibis.Table) -> ibis.Table:
    """Sex, year of birth and group of origin of each person, each from the earliest row that tells it; null where none does.

    The earliest row, and not the latest, so that a later delivery cannot change an earlier person-month. Year and value are packed into one
    integer whose minimum is the earliest: no engine has to agree with another on "the first row".
    """
    known_origins = [code for code in ORIGIN_CODES if code != UNKNOWN_ORIGIN]
    place = ibis.cases(*((lisa.origin == code, i) for i, code in enumerate(known_origins)), else_=ibis.null("int64"))
    rows = lisa.select("person", "year", "sex", "birth_year", place=place)

    def earliest(column: str, low: int, high: int) -> ibis.Value:
        packed = rows.year.cast("int64") * PACK + rows[column].cast("int64")
        return packed.min(where=(rows[column] >= low) & (rows[column] <= high)) % PACK

    found = rows.group_by("person").agg(
        sex=earliest("sex", *SEXES),
        birth_year=earliest("birth_year", *BIRTH_YEARS),
        place=earliest("place", 0, len(known_origins)),
    )
    return found.select(
        "person",
        birth_year=found.birth_year.cast("int32"),
        woman=ibis.ifelse(found.sex.isnull(), ibis.null("int8"), ibis.ifelse(found.sex == SEXES[1], 1, 0).cast("int8")),
        origin=ibis.cases(*((found.place == i, code) for i, code in enumerate(known_origins)), else_=UNKNOWN_ORIGIN),
    )


def enrolled_months(numbered: ibis.Table, episodes: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """Months of the window in which a person is enrolled, with the episode then current.

    Columns
    -------
    person, month, episode, enrolment (month the episode started), district, target_group

    A month between two enrolments of one episode is not enrolled unless a day of it is.
    """
    grid = month_grid(spec.first, spec.last)
    spells = numbered.filter(numbered.start <= spec.last, numbered.end >= spec.first).select(
        "person", "episode", "start", "end"
    )
    crossed = spells.join(grid, [spells.start <= grid.month, spells.end >= grid.month])
    # where two episodes touch a month, the earlier is the one of its first day
    months = crossed.group_by("person", "month").agg(episode=crossed.episode.min())
    named = episodes.select(
        "person", "episode", enrolment=episodes.start, district=episodes.district, target_group=episodes.target_group
    )
    return months.join(named, ["person", "episode"]).select(
        "person", "month", "episode", "enrolment", "district", "target_group"
    )


def flag_months(enrolled: ibis.Table, employments: ibis.Table, people: People, spec: CohortSpec) -> ibis.Table:
    """Enrolled months with what decides about them.

    Added columns
    -------------
    treated (1: an employment starts in the month), begun, aged, resident, sex_known (1: does not stand in the way), the employment's
    planned_exit, actual_exit, kind (the first of two that start in one month); the person's woman, origin, birth_year
    """
    months = enrolled.mutate(year=(enrolled.month // 12).cast("int32"))
    begun = _begun(months, employments, spec)
    present = _present(months, people)
    # two employments of different kinds may start in one month: the person starts once
    order = ibis.window(group_by=["person", "start"], order_by="number")
    employments = employments.mutate(_rank=ibis.row_number().over(order))
    started = employments.filter(employments._rank == 0).select(
        "person",
        month=employments.start,
        planned_exit=employments.planned_exit,
        actual_exit=employments.actual_exit,
        kind=employments.kind,
        _starts=ibis.literal(1, type="int8"),
    )
    table = months.left_join(people.constants, "person").drop("person_right")
    for part in (begun, present, started):
        table = table.left_join(part, ["person", "month"]).drop("person_right", "month_right")
    age = table.year - table.birth_year
    low, high = spec.age
    return table.mutate(
        treated=table._starts.fill_null(0).cast("int8"),
        begun=ibis.ifelse(table._begun.fill_null(0) == 1, 0, 1).cast("int8"),
        aged=ibis.ifelse(age.notnull() & (age >= low) & (age <= high), 1, 0).cast("int8"),
        resident=ibis.ifelse(table._absent.fill_null(0) == 1, 0, 1).cast("int8"),
        sex_known=ibis.ifelse(table.woman.isnull(), 0, 1).cast("int8"),
    ).drop("_starts", "_begun", "_absent")


def at_risk(flagged: ibis.Table) -> ibis.Table:
    """The flagged months in which nothing stands in the way."""
    return flagged.filter(flagged.begun == 1, flagged.aged == 1, flagged.resident == 1, flagged.sex_known == 1).drop(
        "begun", "aged", "resident", "sex_known"
    )


def _begun(months: ibis.Table, employments: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """Months with an employment begun before them that still keeps the person from being at risk."""
    spells = blocking_months(employments, spec).select("person", "start", "blocks_until")
    keys = months.select("person", "month")
    blocked = keys.join(
        spells, [keys.person == spells.person, spells.start < keys.month, spells.blocks_until >= keys.month]
    )
    return blocked.select("person", "month").distinct().mutate(_begun=ibis.literal(1, type="int8"))


def _present(months: ibis.Table, people: People) -> ibis.Table:
    """Months at whose eve the person is dead or abroad.

    Abroad: the last move up to the month before is out of the country; or there is none and the first move, into it, comes in the
    month itself. Of two moves in a month the one into the country counts.
    """
    keys = months.select("person", "month")
    moves = people.migration.select(
        "person", moved=people.migration.month, into=ibis.ifelse(people.migration.kind == "in", 1, 0).cast("int32")
    )
    met = keys.join(moves, [keys.person == moves.person, moves.moved <= keys.month])
    before = met.moved < met.month
    last = met.group_by("person", "month").agg(
        last=(2 * met.moved + met.into).max(where=before), arrives=met.into.max(where=~before)
    )
    abroad = last.filter(
        ibis.ifelse(last["last"].isnull(), last.arrives.fill_null(0) == 1, last["last"] % 2 == 0)
    ).select("person", "month")
    deaths = people.deaths.select("person", died=people.deaths.month)
    dead = keys.join(deaths, [keys.person == deaths.person, deaths.died < keys.month]).select("person", "month")
    return ibis.union(abroad, dead).distinct().mutate(_absent=ibis.literal(1, type="int8"))
