"""Annual registers of the calendar years before the month: LISA of the three years before, pay statements of two."""

from __future__ import annotations

import ibis

from evaluation.cohort.spec import CohortSpec

LAGS = (1, 2, 3)
LISA_COLUMNS = (
    "education", "civil_status", "children", "immigration_year",
    "earnings", "employed_code", "sick_days", "disability", "activity_benefit", "student",
)  # fmt: skip
MARRIED = ("G", "RP")  # married, registered partner


def lisa_years(lisa: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """The rows and columns of LISA that covariates of the window read."""
    years = spec.years
    return lisa.filter(lisa.year >= years[0] - max(LAGS), lisa.year < years[-1]).select("person", "year", *LISA_COLUMNS)


def background_and_income(base: ibis.Table, lisa: ibis.Table) -> ibis.Table:
    """Raw values of LISA for every person-month; amounts nominal, levels as codes, ``finish`` makes covariates of them.

    Traits that change slowly come from the latest of the three years that has them. Columns: ``education`` (1..7), ``married``,
    ``children``, ``immigration_year`` (null: none), and for each lag ``earnings_k``, ``employed_k``, ``present_k``, for the year before
    also ``sick_days_1``, ``disability_1``, ``student_1``.
    """
    table = base.select("person", "month", "year")
    people = table.select("person", "year").distinct()
    for lag in LAGS:
        rows = lisa.select(
            "person", year=(lisa.year + lag).cast("int32"), **{f"{c}__{lag}": lisa[c] for c in LISA_COLUMNS}
        )
        rows = rows.mutate(**{f"present__{lag}": ibis.literal(1, type="int8")})
        people = people.left_join(rows, ["person", "year"]).drop("person_right", "year_right")

    def latest(column: str) -> ibis.Value:
        return ibis.coalesce(*(people[f"{column}__{lag}"] for lag in LAGS))

    def flag(condition: ibis.Value) -> ibis.Value:
        return ibis.ifelse(condition.fill_null(False), 1, 0).cast("int8")

    values = people.select(
        "person",
        "year",
        education=latest("education").cast("int32"),
        married=flag(latest("civil_status").isin(MARRIED)),
        children=latest("children").fill_null(0).cast("int32"),
        immigration_year=latest("immigration_year").cast("int32"),
        **{f"earnings_{lag}": people[f"earnings__{lag}"].fill_null(0).cast("int64") for lag in LAGS},
        **{f"employed_{lag}": flag(people[f"employed_code__{lag}"] == 1) for lag in LAGS},
        sick_days_1=people.sick_days__1.fill_null(0).cast("int32"),
        disability_1=flag((people.disability__1 > 0) | (people.activity_benefit__1 > 0)),
        student_1=flag(people.student__1 == 1),
        present_1=people.present__1.fill_null(0).cast("int8"),
    )
    return table.join(values, ["person", "year"]).drop("year")


def work_months(base: ibis.Table, ku: ibis.Table, spec: CohortSpec) -> ibis.Table:
    """``work_months_1`` and ``_2``: months with a pay statement in the calendar years one and two before.

    A statement marks its first and last month only; one without marks counts as the whole year.
    """
    years = spec.years
    rows = ku.filter(ku.year >= years[0] - 2, ku.year < years[-1])
    marks = rows.group_by("person", "year").agg(
        **{f"m{m}": ibis.ifelse((rows.first_month <= m) & (rows.last_month >= m), 1, 0).max() for m in range(1, 13)}
    )
    worked = marks.select("person", "year", months=sum((marks[f"m{m}"] for m in range(2, 13)), start=marks.m1))
    table = base.select("person", "month", "year")
    for lag in (1, 2):
        name = f"work_months_{lag}"
        lagged = worked.select("person", year=(worked.year + lag).cast("int32"), **{name: worked.months})
        table = table.left_join(lagged, ["person", "year"]).drop("person_right", "year_right")
    return table.select(
        "person",
        "month",
        **{f"work_months_{lag}": table[f"work_months_{lag}"].fill_null(0).cast("int32") for lag in (1, 2)},
    )
