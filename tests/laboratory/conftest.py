"""One made-up cohort for all tests of the laboratory."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.cohort import Cohort
from evaluation.laboratory import Bench
from evaluation.study.file import StudyFile, read_study_file
from tests.laboratory.fake_cohort import fake_cohort

STUDY = Path(__file__).parents[2] / "study" / "visstid_2009_2011.toml"


@pytest.fixture(scope="session")
def cohort() -> Cohort:
    return fake_cohort()


@pytest.fixture(scope="session")
def spec() -> StudyFile:
    return read_study_file(STUDY)


@pytest.fixture
def bench(cohort: Cohort, spec: StudyFile) -> Bench:
    return Bench(cohort, spec)
