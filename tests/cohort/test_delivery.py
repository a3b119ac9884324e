"""On a delivery of synthetic registers without flaws, the cohort finds exactly the participants that the simulation made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.cohort import Cohort, assemble
from evaluation.registers import open_registers
from synthetic_registers.synthesize import synthesize
from tests.cohort.standin import PRICES


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("delivery")
    synthesize(scenario="no_flaws", persons=1500, seed=1, out=folder)
    return folder


@pytest.fixture(scope="module")
def cohort(delivery: Path) -> Cohort:
    with open_registers(delivery / "registers") as registers:
        return assemble(registers, prices=PRICES)


def test_participants_equal_the_truth(delivery: Path, cohort: Cohort) -> None:
    truth = pd.read_parquet(delivery / "truth" / "persons.parquet").sort_values("lopnr")
    truth = truth[truth["start"].between(cohort.spec.first, cohort.spec.last)]
    found = cohort.table[cohort.table["treated"] == 1].sort_values("person")
    assert len(truth) > 50
    for column, true in {
        "person": "lopnr",
        "month": "start",
        "planned_exit": "planned_exit",
        "actual_exit": "actual_exit",
    }.items():
        np.testing.assert_array_equal(
            found[column].to_numpy(dtype=float), truth[true].to_numpy(dtype=float), err_msg=column
        )
    assert list(found["workplace_type"]) == list(truth["workplace"])
    np.testing.assert_array_equal(found["woman"] == 1, truth["woman"])
    np.testing.assert_array_equal(found["age"], found["year"] - truth["birth_year"].to_numpy())


def test_attrition_starts_at_the_rows_of_the_files(delivery: Path, cohort: Cohort) -> None:
    for group, file in (("employments", "jobbtorg_visstid"), ("enrolments", "jobbtorg_inskrivning")):
        steps = cohort.attrition[cohort.attrition["group"] == group]
        assert steps["n_in"].iloc[0] == len(pd.read_parquet(delivery / "registers" / f"{file}.parquet"))
        assert (steps["n_in"].to_numpy()[1:] == steps["n_out"].to_numpy()[:-1]).all()
