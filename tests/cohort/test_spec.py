"""The specification refuses what makes no sense, and the guard what is known only afterwards."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from evaluation.cohort import CATALOGUE, CohortSpec, refuse_known_afterwards
from evaluation.cohort.catalogue import GROUPS, chosen
from evaluation.cohort.months import format_month, parse_month
from evaluation.errors import CohortError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first_month": "2009-13"}, "YYYY-MM"),
        ({"first_month": "2012-01"}, "after last_month"),
        ({"elapsed_classes": (1, 3)}, "rise from 0"),
        ({"elapsed_classes": (0, 3, 3)}, "rise from 0"),
        ({"age": (64, 18)}, "youngest"),
        ({"workplaces": ()}, "at least 1"),
        ({"workplaces": ("regular", "regular")}, "twice"),
        ({"covariates": ("earnigs_1",)}, "did you mean 'earnings_1'"),
        ({"gap": 3}, "Extra inputs"),
        ({"episode_gap_days": -1}, "greater than"),
    ],
)
def test_senseless_options_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CohortSpec(**options)


def test_months_read_as_written() -> None:
    spec = CohortSpec(first_month="2009-01", last_month="2011-12")
    assert (spec.first, spec.last, list(spec.years)) == (24108, 24143, [2009, 2010, 2011])
    assert all(parse_month(format_month(month)) == month for month in range(23_000, 25_000))


def test_groups_and_names_choose_covariates() -> None:
    assert chosen(()) == CATALOGUE
    assert {c.group for c in chosen(GROUPS)} == {c.group for c in CATALOGUE}
    assert [c.name for c in chosen(("step", "insurance"))] == ["insurance_12", "step"]
    assert all(c.label_key == f"covariate.{c.name}" for c in CATALOGUE)
    assert len({c.name for c in CATALOGUE}) == len(CATALOGUE)


def test_the_actual_exit_defines_nothing() -> None:
    for role in ("covariate", "stratum", "subgroup"):
        with pytest.raises(CohortError, match="outcome of the employment"):
            refuse_known_afterwards(["age", "actual_length"], role=role)
    with pytest.raises(CohortError) as caught:
        refuse_known_afterwards(["planned_length", "actual_exit", "death_month"], role="stratum")
    assert len(caught.value.problems) == 3
    refuse_known_afterwards(["planned_length", "workplace_type", "woman"], role="subgroup")
    refuse_known_afterwards([c.name for c in CATALOGUE], role="covariate")


def test_reading_a_specification_loads_no_engine() -> None:
    code = (
        "import sys, evaluation.cohort.spec; sys.exit(any(m in sys.modules for m in ('ibis', 'pandas', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
