"""A new study is run on a small delivery as its README says: validated, designed in the blind, released."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from evaluation.disclosure import verify
from evaluation.study import Study
from evaluation.template import start_study
from tests.proofs.delivery import deliver

PERSONS = 1_500

pytestmark = pytest.mark.study


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("delivery") / "default"
    return deliver(place, scenario="default", persons=PERSONS, seed=3) / "registers"


def test_a_new_study_runs_to_its_design_and_to_its_release(registers: Path, tmp_path: Path) -> None:
    title = "Did the way in lead to work?"
    folder = start_study(tmp_path / "mine", title=title, first="2010-01", last="2012-12").folder
    # so few people meet no gate; one clock and no subgroups are enough to see that all stages go through
    file = folder / "study.toml"
    text = file.read_text()
    for key, value in {
        "max_smd": "2.0",
        "max_mde": "0.9",
        "min_matched_share": "0.1",
        "clocks": '["exit_planned"]',
        "subgroups": "[]",
    }.items():
        text, n = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        assert n == 1, key
    file.write_text(text)
    places = {"registers": registers, "work": folder / "work"}
    summary = str(Study.open(file, **places).run(release=folder / "release", until="design"))
    assert "Cohort 2010-01 to 2012-12" in summary
    assert "participants matched" in summary
    assert not (folder / "release").exists()

    Study.open(file, **places).run(release=folder / "release")
    assert verify(folder / "release") == []
    assert title in (folder / "release" / "report.html").read_text()
    effects = pd.read_csv(folder / "release" / "tables" / "effects.csv")
    assert "released" in set(effects["status"])
    protocol = pd.read_csv(folder / "release" / "tables" / "protocol.csv")
    assert set(protocol["language"]) == {"sv", "en"}
