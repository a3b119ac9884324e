"""Attrition under every combination of the rules: it begins at the rows delivered, adds up, and ends at the treated rows."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from evaluation.cohort import Cohort, CohortSpec, assemble
from tests.cohort.standin import PRICES, Standin, make_tables

TABLES = make_tables(250, seed=11)
KINDS = ("regular", "created")
CHOICES = list(
    itertools.product(("individuals", "employments"), ("disqualifies", "ignored"), (None, 1), (KINDS, ("created",)))
)


def with_twins(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Some employments a second time, of another kind: begun in the same month, and two months on, before the first has ended."""
    jobs = tables["employments"]
    some = jobs[jobs["kind"] == "regular"].iloc[:40]
    same = some.assign(kind="created", employment=some["employment"] + 100_000)
    later = same.assign(start=same["start"] + pd.DateOffset(months=2), employment=same["employment"] + 100_000)
    early = some.iloc[:15].assign(employment=some["employment"].iloc[:15] + 300_000)
    for column in ("start", "planned_end", "end"):
        early[column] = early[column] - pd.DateOffset(years=2)
    return tables | {"employments": pd.concat([jobs, same.iloc[:20], later.iloc[20:], early], ignore_index=True)}


def check(cohort: Cohort, delivered: dict[str, int]) -> None:
    for group, rows in cohort.attrition.groupby("group", sort=False):
        assert rows["n_in"].iloc[0] == rows["n_out"].iloc[0] == delivered[str(group)]
        assert (rows["n_in"].to_numpy()[1:] == rows["n_out"].to_numpy()[:-1]).all()
        assert (rows["n_in"] - rows["n_removed"] == rows["n_out"]).all()
        assert (rows["n_removed"] >= 0).all()
    table = cohort.table
    assert not table[["person", "month"]].duplicated().any()
    assert cohort.target == int((table["treated"] == 1).sum())
    assert cohort.rows == len(table)
    enrolled = cohort.attrition[cohort.attrition["group"] == "enrolments"]
    assert enrolled["n_out"].iloc[-1] == table["person"].nunique()


@pytest.fixture(scope="module")
def registers() -> Standin:
    return Standin(with_twins(TABLES))


@pytest.mark.parametrize(("unit", "earlier", "months", "workplaces"), CHOICES)
def test_steps_add_up_whatever_the_rules(
    registers: Standin, unit: str, earlier: str, months: int | None, workplaces: tuple[str, ...]
) -> None:
    spec = CohortSpec(
        first_month="2009-07",
        last_month="2011-06",
        unit=unit,
        earlier_employment=earlier,
        extension_gap_months=months,
        workplaces=workplaces,
        covariates=("woman",),
    )
    cohort = assemble(registers, spec, prices=PRICES)
    check(cohort, registers.delivered)
    steps = set(cohort.attrition.loc[cohort.attrition["group"] == "employments", "step"])
    # what an employment that is still going on keeps out is never told as a matter of age
    assert ("not_begun" in steps) == (unit == "employments" or earlier == "ignored")


def test_an_employment_begun_before_is_told_as_that() -> None:
    jobs = pd.DataFrame({"person": [11, 11], "employment": [1, 2], "kind": ["regular", "created"]})
    for column, dates in {
        "start": ["2008-11-03", "2009-03-02"], "planned_end": ["2009-06-30", "2009-08-31"], "end": ["2009-06-30", "2009-08-31"],
    }.items():  # fmt: skip
        jobs[column] = pd.to_datetime(dates)
    more = jobs.iloc[[1]].assign(person=14, employment=3)  # somebody is left
    enrolments = TABLES["enrolments"].drop_duplicates("person").assign(start=pd.Timestamp(2008, 1, 7), end=pd.NaT)
    enrolments = enrolments[enrolments["person"].isin([11, 14])]
    lisa = TABLES["lisa"].assign(birth_year=1970)
    none = {name: TABLES[name].iloc[:0] for name in ("migration", "deaths")}
    tables = TABLES | none | {"employments": pd.concat([jobs, more]), "enrolments": enrolments, "lisa": lisa}
    spec = CohortSpec(earlier_employment="ignored", extension_gap_months=None, covariates=("woman",))
    steps = assemble(Standin(tables), spec, prices=PRICES).attrition.query("group == 'employments'").set_index("step")
    assert steps.loc["not_begun", "n_removed"] == 1
    assert steps.loc["aged", "n_removed"] == 0


def test_two_that_start_in_one_month_are_one_start() -> None:
    registers = Standin(with_twins(TABLES))
    spec = CohortSpec(unit="employments", extension_gap_months=None, covariates=("woman",))
    cohort = assemble(registers, spec, prices=PRICES)
    starts = cohort.employments[["person", "start"]]
    assert starts.duplicated().any()
    check(cohort, registers.delivered)
    assert cohort.attrition.set_index(["group", "step"]).loc[("employments", "not_begun"), "n_removed"] > 0
