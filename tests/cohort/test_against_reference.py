"""The engine's cohort equals the one found by loops over persons and months."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.cohort import CohortSpec, assemble
from tests.cohort.reference import person_months
from tests.cohort.standin import PRICES, Standin, make_tables

SPECS = {
    "individuals": CohortSpec(),
    "employments": CohortSpec(unit="employments", episode_gap_days=60),
    "ignored": CohortSpec(first_month="2009-07", last_month="2010-12", earlier_employment="ignored", age=(25, 50)),
    "all ignored": CohortSpec(
        first_month="2009-07", unit="employments", earlier_employment="ignored", workplaces=("regular",)
    ),
}


@pytest.mark.parametrize("name", SPECS)
def test_equals_loops(name: str) -> None:
    spec = SPECS[name]
    tables = make_tables(150, seed=7)
    found = assemble(Standin(tables), spec, prices=PRICES).table
    index = PRICES.set_index("year")["kpi"]
    factor = {int(year): index[2016] / index[year] for year in index.index}
    people = sorted(tables["enrolments"]["person"].unique())
    rows = [row for person in people for row in person_months(tables, int(person), spec, factor)]
    expected = pd.DataFrame(rows).sort_values(["month", "person"], ignore_index=True)
    assert len(found) == len(expected) > 200
    assert expected["treated"].sum() > 3
    for column in expected.columns:
        got, want = found[column].to_numpy(), expected[column].to_numpy()
        if want.dtype == object or column == "education":
            assert list(got) == list(want), column
        else:
            np.testing.assert_array_equal(got.astype(float), want.astype(float), err_msg=column)
