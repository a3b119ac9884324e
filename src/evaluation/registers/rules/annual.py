"""LISA, income statements and social assistance: one table a year."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from evaluation.registers.contracts import contract
from evaluation.registers.contracts.agencies import CITY_EMPLOYER
from evaluation.registers.rules.base import Check, Cleaning, Copies, Rule, Stage, assign, drop
from evaluation.registers.rules.common import duplicate, general

if TYPE_CHECKING:
    from evaluation.registers.registers import Registers

#: Codes of the sexes.
SEXES = (1, 2)
#: Age on 31 December from which a person is in LISA in every year.
LISA_AGE = 16
_CHILDREN = ("children_0_3", "children_4_6", "children_7_10", "children_11_15", "children_16_17")


def _lisa_finish(table: ir.Table, registers: Registers) -> ir.Table:
    fill = [c.name for c in contract("lisa").columns if (c.kind == "amount" and c.factor == 100) or c.unit == "days"]
    values = {name: table[name].fill_null(0) for name in fill}
    children = reduce(add, [table[name].fill_null(0) for name in _CHILDREN])
    code = (table.year >= 2011).ifelse(table.employed_code_11, table.employed_code_j)
    order = (
        *("person", "year", "sex", "birth_year", "municipality", "civil_status", "family_type", "children", "origin"),
        *("foreign_background", "immigration_year", "education", "student", "study_type", "employed_code"),
        *("employed_code_j", "earnings", "business", "social_assistance", "social_assistance_family"),
        *("unemployment_insurance", "programme_support", "unemployed_days", "part_time_days", "hourly_days"),
        *("programme_days", "supported_days", "new_start_days", "autumn_status", "sickness_benefit", "sick_days"),
        *("disability", "activity_benefit", "sector", "occupation_status", "disposable", "affiliation"),
        *("weakly_established", "establishment_limit", "months_marked"),
    )
    return table.mutate(**values, children=children, employed_code=code).select(*order)


def _missing_rows(registers: Registers) -> ir.Table:
    """Persons and years without a row, although registered as living in Sweden on 31 December and old enough.

    Who has moved lives where the latest move led; who moves later for the first time lived where that move began.
    """
    years = ibis.memtable({"year": registers.years("lisa")}, schema={"year": "int64"})
    people = registers.births()
    wanted = people.cross_join(years).filter(lambda t: t.year - t.birth_year >= LISA_AGE).select("person", "year")
    absent = wanted.anti_join(registers.table("lisa").select("person", "year"), ["person", "year"])
    absent = registers.scratch("absent_lisa", absent)
    deaths = registers.table("deaths").select(dead="person", died="month")
    alive = absent.anti_join(deaths, [absent.person == deaths.dead, deaths.died <= absent.year * 12 + 11])
    moves = registers.table("migration").select(mover="person", month="month", kind="kind")
    moved = alive.left_join(moves, alive.person == moves.mover)
    before, into = moved.month <= moved.year * 12 + 11, moved.kind == "in"
    state = moved.group_by("person", "year").agg(
        came=moved.month.max(where=before & into),
        left=moved.month.max(where=before & ~into),
        comes=moved.month.min(where=~before & into),
        leaves=moved.month.min(where=~before & ~into),
    )
    here_by_past = state.came.notnull() & (state.left.isnull() | (state.came >= state.left))
    no_past = state.came.isnull() & state.left.isnull()
    # who comes next without leaving first was away already, whatever is known of the past
    here_by_future = state.comes.isnull() | (state.leaves <= state.comes).fill_null(False)
    return state.filter((here_by_past | no_past) & here_by_future).select("person", "year")


def _dead_with_row(registers: Registers) -> ir.Table:
    lisa = registers.table("lisa").select("person", "year")
    deaths = registers.table("deaths").select(dead="person", died="month")
    # a month that had to be put in says nothing about 31 December of the year itself, but the year does
    found = lisa.join(deaths, [lisa.person == deaths.dead, deaths.died <= lisa.year * 12 + 11])
    return found.select("person", "year").distinct()


LISA = Cleaning(
    register="lisa",
    stages=(
        Copies(
            Rule(
                "duplicate_person_year",
                lambda t: t._copy > 0,
                "dropped; the row of the latest personal identity number kept",
                "a second row for the person in the year",
                drop,
            ),
            by=("person", "year"),
            first=(lambda t: (t.latest_number == "1").fill_null(False).desc(),),
        ),
        Stage(
            (
                *general("lisa", may_be_negative=("business", "disposable")),
                Rule(
                    "unknown_sex",
                    lambda t: ~t.sex.isin(SEXES).fill_null(False),
                    "counts as missing; the earliest year that tells the sex decides",
                    "neither man nor woman by the code",
                    assign(sex=lambda t: ibis.null("int64")),
                ),
            )
        ),
    ),
    finish=_lisa_finish,
    checks=(
        Check(
            "missing_row",
            _missing_rows,
            "left missing: no value is made up",
            "no row although alive and registered in Sweden on 31 December",
        ),
        Check(
            "row_after_death",
            _dead_with_row,
            "kept as it is",
            "a row for a year at whose end the person was registered as dead",
        ),
    ),
)


def _ku_finish(table: ir.Table, registers: Registers) -> ir.Table:
    return table.select(
        "person",
        "employer",
        "year",
        "pay",
        first_month=table.first_month.fill_null(1),
        last_month=table.last_month.fill_null(12),
        marked=table.first_month.notnull() & table.last_month.notnull(),
        city=(table.employer == CITY_EMPLOYER).fill_null(False),
    )


def _no_lisa_row_ever(register: str) -> Check:
    def rows(registers: Registers) -> ir.Table:
        table = registers.table(register)
        return table.anti_join(registers.persons(), "person")

    return Check(
        "unknown_person",
        rows,
        "kept as it is; such persons are in no cohort",
        "a serial number that LISA does not hold in any year",
    )


KU = Cleaning(
    register="ku",
    stages=(
        Copies(
            duplicate(),
            by=("person", "employer", "year", "pay", "first_month", "last_month", "sector", "unreadable"),
        ),
        Stage(
            (
                *general("ku"),
                Rule(
                    "missing_month_marks",
                    lambda t: t.first_month.isnull() | t.last_month.isnull(),
                    "counts for the whole year, and is marked so",
                    "first or last month not marked",
                ),
                Rule(
                    "reversed_month_marks",
                    lambda t: t.first_month > t.last_month,
                    "counts for the whole year, and is marked so",
                    "first month after last month",
                    assign(
                        first_month=lambda t: ibis.null("int64"),
                        last_month=lambda t: ibis.null("int64"),
                    ),
                ),
            )
        ),
    ),
    finish=_ku_finish,
    checks=(_no_lisa_row_ever("ku"),),
)


def _assistance_finish(table: ir.Table, registers: Registers) -> ir.Table:
    months = [
        table.filter(table[f"month_{m:02d}"] == 1).select(
            "person",
            month=(table.year * 12 + (m - 1)).cast("int64"),
            amount=table[f"amount_{m:02d}"].fill_null(0),
            household="household",
            year="year",
            district="district",
        )
        for m in range(1, 13)
    ]
    return ibis.union(*months)


SOCIAL_ASSISTANCE = Cleaning(
    register="social_assistance",
    stages=(
        Copies(
            duplicate("a second row for the person in the year"),
            by=("person", "year"),
            first=(lambda t: t.household.isnull().asc(),),
        ),
        Stage(
            (
                *general("social_assistance"),
                Rule(
                    "missing_household",
                    lambda t: t.household.isnull(),
                    "kept; the person counts as a household",
                    "no number of the household",
                ),
            )
        ),
    ),
    finish=_assistance_finish,
    checks=(_no_lisa_row_ever("social_assistance"),),
)
