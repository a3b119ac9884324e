"""The command line as a user meets it: help that teaches, errors without a traceback, nothing written when nothing can be done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

STUDY = Path(__file__).parents[2] / "study" / "visstid_2009_2011.toml"


def evaluation(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from evaluation.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "120", **environment},
    )


def test_help_shows_the_way() -> None:
    result = evaluation("--help")
    assert result.returncode == 0
    for command in ("synthesize", "validate", "run", "report", "verify", "notebooks"):
        assert command in result.stdout


def test_run_help_says_what_stays_inside() -> None:
    result = evaluation("run", "--help")
    assert "protected" in result.stdout
    assert "--until" in result.stdout


def test_unknown_scenario_lists_the_known(tmp_path: Path) -> None:
    result = evaluation("synthesize", "--scenario", "defualt", "--persons", 200, "--out", tmp_path / "d")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "strong_selection" in result.stderr
    assert not (tmp_path / "d").exists()


def test_a_broken_delivery_is_one_error_and_nothing_is_written(delivery: Path, tmp_path: Path) -> None:
    import shutil

    import pyarrow.parquet as pq

    broken = tmp_path / "registers"
    shutil.copytree(delivery / "registers", broken)
    (broken / "lisa_individ_2008.parquet").unlink()
    table = pq.read_table(broken / "lisa_individ_2010.parquet")
    pq.write_table(table.drop_columns(["LoneInk"]), broken / "lisa_individ_2010.parquet")
    deaths = pq.read_table(broken / "scb_doda.parquet")
    pq.write_table(deaths.slice(0, 0), broken / "jobbtorg_visstid.parquet")

    result = evaluation(
        "run", STUDY, "--registers", broken, "--work", tmp_path / "work", "--release", tmp_path / "out", "-q"
    )
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    for words in ("2008", "LoneInk", "jobbtorg_visstid"):
        assert words in result.stderr
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "work" / "cohort").exists()


def test_validate_prints_the_ledger(delivery: Path, tmp_path: Path) -> None:
    result = evaluation(
        "validate", STUDY, "--registers", delivery / "registers", "--out", tmp_path / "ledger.csv", "-q"
    )
    assert result.returncode == 0, result.stderr
    assert "missing_end" in result.stdout
    assert (tmp_path / "ledger.csv").read_text().startswith("register,rule,rows,share,action")


def test_the_ledger_never_replaces_another_file(delivery: Path, tmp_path: Path) -> None:
    arguments = ("validate", STUDY, "--registers", delivery / "registers", "-q")
    mine = tmp_path / "mine.csv"
    mine.write_text("not a ledger\n")
    result = evaluation(*arguments, "--out", mine)
    assert result.returncode == 2
    assert "no flaw ledger" in result.stderr
    assert mine.read_text() == "not a ledger\n"
    (tmp_path / "flaw_ledger.csv").write_text("mine too\n")
    code = "from evaluation.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr
    assert "missing_end" in result.stdout
    assert "The ledger is not written to a file: flaw_ledger.csv: exists, and is no flaw ledger" in result.stdout
    assert (tmp_path / "flaw_ledger.csv").read_text() == "mine too\n"


def test_a_folder_in_place_of_the_study_file(tmp_path: Path) -> None:
    result = evaluation("validate", STUDY.parent, "--registers", tmp_path)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "visstid_2009_2011.toml" in result.stderr


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    result = evaluation("validate", STUDY, "--registers", tmp_path / "nowhere")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "nowhere" in result.stderr
