"""The whole folder: registers and truth, the same bytes every time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthetic_registers.parameters import ScenarioError
from synthetic_registers.synthesize import synthesize


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("one")
    seen = []
    summary = synthesize(
        scenario="default", persons=1500, seed=5, out=out, chunk=700, progress=lambda *what: seen.append(what)
    )
    assert seen == [
        ("simulating", 0, 1500),
        ("simulating", 700, 1500),
        ("simulating", 1400, 1500),
        ("simulating", 1500, 1500),
    ]
    assert summary.persons == 1500
    assert "1,500 persons" in str(summary)
    return out


def test_the_same_call_gives_the_same_bytes(folder, tmp_path):
    synthesize(scenario="default", persons=1500, seed=5, out=tmp_path, chunk=700)
    assert digests(folder) == digests(tmp_path)


def test_registers_and_people_do_not_depend_on_the_chunks(folder, tmp_path):
    synthesize(scenario="default", persons=1500, seed=5, out=tmp_path, chunk=1500)
    for name in ("lisa_individ_2010", "jobbtorg_visstid"):
        one, other = (pd.read_parquet(where / "registers" / f"{name}.parquet") for where in (folder, tmp_path))
        keys = [column for column in one.columns if column != "AnstId"]
        one, other = (frame.sort_values(keys, kind="stable").reset_index(drop=True)[keys] for frame in (one, other))
        pd.testing.assert_frame_equal(one, other)
    one, other = (pd.read_csv(where / "truth" / "effects.csv") for where in (folder, tmp_path))
    twin = one["clock"] != "exit_actual"
    assert np.allclose(one.loc[twin, "truth"], other.loc[twin, "truth"], equal_nan=True)


def test_truth_of_persons_agrees_with_the_effects(folder):
    persons = pd.read_parquet(folder / "truth" / "persons.parquet")
    effects = pd.read_csv(folder / "truth" / "effects.csv")
    assert persons["lopnr"].is_unique
    assert len(persons) == 1500
    participants = persons["start"].between(12 * 2009, 12 * 2011 + 11)
    row = effects[(effects["subgroup"] == "all") & (effects["clock"] == "start") & (effects["horizon"] == 0)]
    assert set(row["n_treated"]) == {participants.sum()}
    assert (persons["planned_exit"].dropna() >= persons["start"].dropna() + 5).all()
    assert set(persons["workplace"].dropna()) == {"regular", "created"}


def test_bad_options_say_what_is_allowed(tmp_path):
    with pytest.raises(ScenarioError, match="Scenarios are default"):
        synthesize(scenario="none", persons=10, seed=1, out=tmp_path)
    with pytest.raises(ValueError, match="persons is 0"):
        synthesize(scenario="default", persons=0, seed=1, out=tmp_path)
    with pytest.raises(ValueError, match="seed is -1"):
        synthesize(scenario="default", persons=10, seed=-1, out=tmp_path)
