"""The evaluation and the generator keep their own constants and code lists: they must say the same."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import synthetic_registers.constants
from evaluation.outcomes import load_definitions
from synthetic_registers.annual import HOURLY, NEW_START, PART_TIME, PROGRAMMES, SUPPORTED, UNEMPLOYED
from tests.outcomes.stand_in import DEFINITIONS

CONSTANTS = Path(synthetic_registers.constants.__file__).parent


@pytest.mark.parametrize("name", ["base_amounts", "prices", "establishment_limits"])
def test_yearly_constants(name: str) -> None:
    ours = load_definitions(DEFINITIONS)
    theirs = pd.read_csv(CONSTANTS / f"{name}.csv", encoding="utf-8")
    known = {found for found, _ in ours.values}
    shared = theirs[theirs["name"].isin(known)]  # the generator also holds norms that no outcome asks for
    assert len(shared) >= len(theirs) / 2
    for row in shared.itertuples():
        assert ours.value(row.name, row.year) == row.value


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("unemployed", UNEMPLOYED),
        ("part_time", PART_TIME),
        ("hourly", HOURLY),
        ("supported", (*SUPPORTED, *NEW_START)),
        ("programme", PROGRAMMES),
    ],
)
def test_groups_of_employment_service_categories(group: str, codes: tuple[int, ...]) -> None:
    ours = {code for code, _, _ in load_definitions(DEFINITIONS).category_periods(group)}
    assert set(codes) <= ours
