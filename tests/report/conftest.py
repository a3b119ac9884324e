"""Releases written and rendered once for all tests of the report."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from evaluation.report import render
from tests.report.browser import chromium  # noqa: F401
from tests.report.fake_outcomes import FakeCase
from tests.report.fake_release import write_release


@pytest.fixture(scope="session")
def release_of(tmp_path_factory: pytest.TempPathFactory):
    """Folder of a fake release, by its case and options; written once."""
    made: dict[tuple, Path] = {}

    def give(case: FakeCase = "positive", **options: object) -> Path:
        key = (case, repr(sorted(options.items())))
        if key not in made:
            made[key] = write_release(tmp_path_factory.mktemp(case), case=case, **options)
        return made[key]

    return give


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory):
    """Folder of a fake release with its report, by case; rendered once."""
    made: dict[str, Path] = {}

    def give(case: FakeCase = "positive", **options: object) -> Path:
        key = f"{case}{sorted(options.items())}"
        if key not in made:
            made[key] = write_release(tmp_path_factory.mktemp(f"{case}_rendered"), case=case, **options)
            render(made[key])
        return made[key]

    return give


STUDY = Path(__file__).parents[2] / "reports" / "visstid_2009_2011"


@pytest.fixture(scope="session")
def study_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release that `make study` made, its report written anew: what is looked at is never older than what writes it."""
    if not STUDY.exists():
        assert not os.environ.get("CI"), "CI has to run the study first"
        pytest.skip("the study has not been run here (make study)")
    folder = tmp_path_factory.mktemp("study")
    shutil.copytree(STUDY / "tables", folder / "tables")
    shutil.copy(STUDY / "release.json", folder)
    render(folder)
    return folder
