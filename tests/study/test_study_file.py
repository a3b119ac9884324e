"""The study file: what is wrong with it is told at once, with the nearest known name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from evaluation.errors import StudyError
from evaluation.study.file import parse_study, read_study_file

STUDY = Path(__file__).parents[2] / "study" / "visstid_2009_2011.toml"


@pytest.fixture
def raw() -> dict:
    return tomllib.loads(STUDY.read_text(encoding="utf-8"))


def test_the_study_of_the_client_reads() -> None:
    spec = read_study_file(STUDY)
    assert spec.primary.definition == "E2_scb"
    assert spec.matching.strata == ("month", "elapsed_class", "woman")


def test_all_problems_are_told_at_once(raw: dict) -> None:
    raw["matching"]["caliber"] = 0.2
    raw["matching"]["ratio"] = 0
    raw["primary"]["clock"] = "exit"
    del raw["study"]["title_sv"]
    del raw["window"]
    with pytest.raises(StudyError) as error:
        parse_study(raw, name="my_study.toml")
    text = str(error.value)
    assert len(error.value.problems) == 5
    assert "my_study.toml [matching] caliber: is not a known key" in text
    assert "did you mean 'caliper'?" in text
    assert "[study] title_sv: is missing" in text
    assert "[window]: is missing" in text
    assert "'start', 'exit_planned'" in text


def test_primary_must_be_among_what_is_estimated(raw: dict) -> None:
    raw["outcomes"]["definitions"] = ["E4_employed"]
    raw["outcomes"]["sustained_definitions"] = ["E4_employed"]
    with pytest.raises(StudyError, match="is not among outcomes"):
        parse_study(raw)


def test_a_file_that_is_not_there_names_its_neighbours() -> None:
    with pytest.raises(StudyError, match=r"visstid_2009_2011\.toml"):
        read_study_file(STUDY.with_name("visstid.toml"))


def test_exact_strata_always_hold_the_risk_set(raw: dict) -> None:
    raw["matching"]["exact"] = ["district"]
    assert parse_study(raw).matching.strata == ("month", "elapsed_class", "district")


def test_digest_follows_the_decisions(raw: dict) -> None:
    before = parse_study(raw)
    raw["matching"]["caliper"] = 0.1
    after = parse_study(raw)
    assert before.digest("cohort") == after.digest("cohort")
    assert before.digest("matching") != after.digest("matching")
