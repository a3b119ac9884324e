"""The text for the study file: pasted in place of its sections, the study file's reader reads the same choice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaluation.errors import StudyError
from evaluation.laboratory import Choice, choose, toml_of
from evaluation.laboratory.choices import score_models
from evaluation.study.file import StudyFile, read_study_file
from tests.laboratory.conftest import STUDY

CHANGES: list[dict[str, object]] = [
    {},
    {"caliper": 0.1 + 0.2},
    {"caliper": None},
    {"method": "optimal", "ratio": 2},
    {"replace": True, "max_reuse": 3},
    {"replace": True},
    {"exact": ("month", "elapsed_class"), "seed": 7},
    {"covariates": ("age",)},
    {"order": "random"},
    *({"model": model} for model in score_models()),
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_text_is_read_back_as_the_same_choice(spec: StudyFile, tmp_path: Path, changes: dict[str, object]) -> None:
    choice = choose(spec, **changes)
    text = toml_of(choice, spec)
    # as a person would: the two sections are cut out of the file, and the text put in their place
    file = re.sub(r"(?ms)^\[(score|matching)\].*?(?=^\[)", "", STUDY.read_text(encoding="utf-8"))
    path = tmp_path / "study.toml"
    path.write_text(file + "\n" + text, encoding="utf-8")
    read = read_study_file(path)
    assert Choice.of(read) == choice
    assert read == choice.within(spec)


def test_what_a_study_file_cannot_say_is_refused(spec: StudyFile) -> None:
    # TOML has no null, and a unit that is left out would be filled in again
    without = spec.model_copy(update={"robustness": None})
    with pytest.raises(StudyError, match="another choice"):
        toml_of(choose(without, caliper=None, caliper_unit=None), without)
    # what is tried beside the choice must go with it
    with pytest.raises(StudyError, match=r"\[robustness\] grid.caliper"):
        toml_of(choose(spec, caliper=None, caliper_unit=None), spec)
    unknown = Choice(spec.score, spec.matching.model_copy(update={"distance": "mahalonobis"}))
    with pytest.raises(StudyError, match="mahalonobis"):
        toml_of(unknown, spec)
