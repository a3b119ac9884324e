"""The assembled cohort: its table, attrition and storage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.cohort import CATALOGUE, Cohort, CohortSpec, assemble, load_cohort
from evaluation.errors import CohortError
from tests.cohort.standin import PRICES, Standin, make_tables

TABLES = make_tables(400, seed=3)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return assemble(Standin(TABLES), prices=PRICES)


def test_one_sorted_row_a_person_and_month(cohort: Cohort) -> None:
    table = cohort.table
    assert list(table["row"]) == list(range(len(table)))
    keys = table[["month", "person"]]
    assert not keys.duplicated().any()
    pd.testing.assert_frame_equal(keys, keys.sort_values(["month", "person"], ignore_index=True))
    assert table["month"].between(cohort.spec.first, cohort.spec.last).all()


def test_treated_start_once_and_are_gone_afterwards(cohort: Cohort) -> None:
    table = cohort.table
    treated = table[table["treated"] == 1]
    assert cohort.target == len(treated) == treated["person"].nunique()
    last = table.groupby("person")["month"].max()
    assert (last.loc[treated["person"]].to_numpy() == treated["month"].to_numpy()).all()
    assert treated[["planned_exit", "planned_length"]].notna().all(axis=None)
    assert (
        table.loc[table["treated"] == 0, ["planned_exit", "actual_exit", "planned_length", "workplace_type"]]
        .isna()
        .all(axis=None)
    )


def test_controls_may_leave_in_the_month_itself(cohort: Cohort) -> None:
    ends = cohort.episodes.set_index(["person", "episode"])["end"]
    end = ends.loc[list(zip(cohort.table["person"], cohort.table["episode"], strict=True))].to_numpy()
    assert (np.isnan(end) | (end >= cohort.table["month"])).all()
    assert (end == cohort.table["month"]).sum() > 20


def test_time_columns_agree(cohort: Cohort) -> None:
    table = cohort.table
    assert (table["elapsed"] == table["month"] - table["enrolment"]).all()
    assert (table["elapsed"] >= 0).all()
    lower = np.array(cohort.spec.elapsed_classes)[table["elapsed_class"]]
    upper = np.array([*cohort.spec.elapsed_classes[1:], 10**6])[table["elapsed_class"]]
    assert ((lower <= table["elapsed"]) & (table["elapsed"] < upper)).all()
    assert (table["quarter"] == table["month"] // 3).all()
    assert (table["year"] == table["month"] // 12).all()


def test_covariates_are_complete_and_compact(cohort: Cohort) -> None:
    table = cohort.table
    assert [c.name for c in cohort.covariates] == [c.name for c in CATALOGUE]
    for covariate in cohort.covariates:
        column = table[covariate.name]
        assert column.notna().all(), covariate.name
        if covariate.kind == "category":
            assert isinstance(column.dtype, pd.CategoricalDtype)
            assert set(column.cat.categories) <= set(covariate.levels)
            assert (column.value_counts() > 0).all()
        else:
            assert column.dtype == covariate.dtype
        if covariate.kind == "binary":
            assert set(column.unique()) <= {0, 1}
    assert table["social_assistance_12"].between(0, 12).all()
    assert table["social_assistance_24"].max() > 12
    assert table["children"].max() == 3


def test_steps_of_attrition_add_up(cohort: Cohort) -> None:
    for group, name in (("employments", "employments"), ("enrolments", "enrolments")):
        steps = cohort.attrition[cohort.attrition["group"] == group]
        assert steps["n_in"].iloc[0] == len(TABLES[name])
        assert (steps["n_in"] - steps["n_removed"] == steps["n_out"]).all()
        assert (steps["n_in"].to_numpy()[1:] == steps["n_out"].to_numpy()[:-1]).all()
        assert (steps["n_removed"] >= 0).all()
    assert cohort.target == cohort.table["treated"].sum()
    assert cohort.rows == len(cohort.table)
    last = cohort.attrition[cohort.attrition["group"] == "enrolments"]["n_out"].iloc[-1]
    assert last == len(cohort.persons) == cohort.table["person"].nunique()


@pytest.mark.parametrize(
    "options", [{"unit": "employments"}, {"earlier_employment": "ignored", "first_month": "2010-01"}]
)
def test_attrition_ends_at_the_treated_rows(options: dict) -> None:
    found = assemble(Standin(TABLES), CohortSpec(covariates=("woman",), **options), prices=PRICES)
    assert found.target == found.table["treated"].sum() > 0
    assert found.rows == len(found.table)


def test_employments_can_count_a_person_more_than_once() -> None:
    jobs = pd.DataFrame({"person": [11, 11], "employment": [1, 2], "kind": "regular"})
    for column, dates in {
        "start": ["2009-03-02", "2010-09-01"], "planned_end": ["2009-08-31", "2011-02-28"], "end": ["2009-08-31", "2011-02-28"],
    }.items():  # fmt: skip
        jobs[column] = pd.to_datetime(dates)
    enrolments = TABLES["enrolments"].assign(start=pd.Timestamp(2009, 1, 7), end=pd.NaT)
    lisa = TABLES["lisa"].assign(birth_year=1970)
    none = {name: TABLES[name].iloc[:0] for name in ("migration", "deaths")}
    registers = Standin(
        TABLES | none | {"employments": jobs, "enrolments": enrolments[enrolments["person"] == 11], "lisa": lisa}
    )
    rows = {}
    for unit in ("individuals", "employments"):
        table = assemble(registers, CohortSpec(unit=unit, covariates=("woman",)), prices=PRICES).table
        rows[unit] = list(table["month"] - 12 * 2009)
        assert list(table.loc[table["treated"] == 1, "month"] - 12 * 2009) == (
            [2] if unit == "individuals" else [2, 20]
        )
    assert rows["individuals"] == [0, 1, 2]
    assert rows["employments"] == [0, 1, 2, *range(8, 21), *range(26, 36)]


def test_batches_threads_and_order_of_rows_change_nothing(cohort: Cohort, tmp_path: Path) -> None:
    shuffled = {name: table.sample(frac=1, random_state=5).reset_index(drop=True) for name, table in TABLES.items()}
    other = assemble(Standin(shuffled), prices=PRICES, work=tmp_path, batch_persons=150)
    pd.testing.assert_frame_equal(other.table, cohort.table)
    pd.testing.assert_frame_equal(other.attrition, cohort.attrition)
    pd.testing.assert_frame_equal(other.persons, cohort.persons)
    pd.testing.assert_frame_equal(other.episodes, cohort.episodes)
    assert len(list((tmp_path / "months").glob("*.parquet"))) == 3


def test_a_saved_cohort_is_the_same(cohort: Cohort, tmp_path: Path) -> None:
    cohort.save(tmp_path)
    loaded = load_cohort(tmp_path)
    pd.testing.assert_frame_equal(loaded.table, cohort.table)
    for name in ("attrition", "persons", "employments", "episodes", "person_months"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(cohort, name))
    assert loaded.spec == cohort.spec
    loaded.save(tmp_path)
    assert len(load_cohort(tmp_path).table) == len(cohort.table)
    with pytest.raises(CohortError, match=r"spec\.json"):
        load_cohort(tmp_path / "nowhere")


def test_chosen_covariates_only(cohort: Cohort) -> None:
    tables = {name: table for name, table in TABLES.items() if name not in ("ku", "af_categories", "steps")}
    found = assemble(Standin(tables), CohortSpec(covariates=("background", "insurance_12")), prices=PRICES)
    names = [c.name for c in found.covariates]
    assert names == [
        "age",
        "woman",
        "origin",
        "years_since_immigration",
        "education",
        "married",
        "children",
        "insurance_12",
    ]
    assert list(found.table.columns[-len(names) :]) == names
    pd.testing.assert_frame_equal(found.table, cohort.table[found.table.columns])


def test_categories_of_the_study_can_replace_the_default() -> None:
    spec = CohortSpec(covariates=("employment_service",))
    one = {"unemployed": ((96, "2008-01-01", "2009-06-30"),), "programme": ((70, "1900-01-01", "9999-12-31"),)}
    found = assemble(Standin(TABLES), spec, prices=PRICES, categories=one).table
    rows = TABLES["af_categories"]
    few = rows[
        ((rows["category"] == 96) & rows["start"].between("2008-01-01", "2009-06-30")) | (rows["category"] == 70)
    ]
    again = assemble(Standin(TABLES | {"af_categories": few}), spec, prices=PRICES).table
    pd.testing.assert_frame_equal(found, again)


def test_persons_know_what_came_later(cohort: Cohort) -> None:
    persons = cohort.persons.set_index("person")
    treated = cohort.table[cohort.table["treated"] == 1].set_index("person")
    assert (persons.loc[treated.index, "first_start"] == treated["month"]).all()
    later = persons[persons["first_start"] > cohort.spec.last]
    assert len(later) > 0
    assert not later.index.isin(treated.index).any()


def test_it_prints_a_short_summary_without_persons(cohort: Cohort) -> None:
    text = str(cohort)
    assert f"{cohort.target:,} treated of {cohort.rows:,} person-months at risk" in text
    assert "Rows delivered" in text
    assert repr(cohort) == text
    assert "<table" in cohort._repr_html_()


def test_the_flow_is_drawn_inside_its_canvas(cohort: Cohort) -> None:
    flow = cohort.flow()
    assert list(flow.table.columns) == ["group", "step", "label", "unit", "n_in", "n_removed", "n_out"]
    figure = flow.plot()
    figure.canvas.draw()
    for ax in figure.axes:
        for text in ax.texts:
            if text.get_text():
                box = text.get_window_extent().transformed(figure.transFigure.inverted())
                assert box.x0 >= 0
                assert box.x1 <= 1
                assert box.y0 >= 0
                assert box.y1 <= 1


def test_nobody_left_is_an_error_that_says_where() -> None:
    with pytest.raises(CohortError, match="in_window") as caught:
        assemble(
            Standin(TABLES),
            CohortSpec(first_month="2007-01", last_month="2007-12", covariates=("woman",)),
            prices=dict.fromkeys(range(2000, 2017), 100),
        )
    assert len(caught.value.problems) == 2


def test_prices_must_cover_the_years() -> None:
    with pytest.raises(CohortError, match="2006, 2016"):
        assemble(Standin(TABLES), prices={year: 100.0 for year in range(2007, 2016)})
    with pytest.raises(CohortError, match="year and kpi"):
        assemble(Standin(TABLES), prices=PRICES.rename(columns={"kpi": "value"}))
