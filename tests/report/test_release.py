"""A release folder is read whole, or refused with everything that is wrong with it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from evaluation.errors import ReleaseError
from evaluation.report.release import TABLES, read_release
from tests.report.fake_release import write_release


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_release(tmp_path)


def change(folder: Path, name: str, **cells: object) -> None:
    """Set columns of the first row of a table."""
    path = folder / "tables" / f"{name}.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column, value in cells.items():
        table.loc[0, column] = str(value)
    table.to_csv(path, index=False)


def test_reads_what_was_written(folder: Path) -> None:
    release = read_release(folder)
    assert release.info.study.title("sv").startswith("Visstidsanställningar")
    assert release.gates_passed
    row = release.effect(horizon=4, outcome="established", definition="E2_scb", clock="exit_planned")
    assert row is not None
    assert row.low < row.estimate < row.high
    assert row.margin == pytest.approx(0.02)
    assert release.effect(horizon=9, outcome="established", definition="E2_scb", clock="exit_planned") is None
    assert release.matched_share == pytest.approx(2893 / 2987)


def test_all_problems_are_told_at_once(folder: Path) -> None:
    (folder / "tables" / "effects.csv").unlink()
    flow = pd.read_csv(folder / "tables" / "flow.csv").drop(columns=["n_in", "status"])
    flow.to_csv(folder / "tables" / "flow.csv", index=False)
    change(folder, "balance", smd_after="much")
    with pytest.raises(ReleaseError) as caught:
        read_release(folder)
    text = str(caught.value)
    assert len(caught.value.problems) == 3
    for part in ("effects.csv", "n_in, status", "smd_after"):
        assert part in text


def test_every_table_that_is_missing_is_named(folder: Path) -> None:
    gone = ("states", "later_treated", "ledger", "registers", "definitions", "disclosure", "protocol", "overlap")
    for name in gone:
        (folder / "tables" / f"{name}.csv").unlink()
    with pytest.raises(ReleaseError) as caught:
        read_release(folder)
    assert [p.where for p in caught.value.problems] == [f"tables/{n}.csv" for n in TABLES if n in gone]
    assert {p.given for p in caught.value.problems} == {"missing"}


def test_tables_may_be_empty(tmp_path: Path) -> None:
    gone = ("states", "later_treated", "ledger", "registers", "definitions", "disclosure", "protocol", "overlap")
    release = read_release(write_release(tmp_path, omit=gone))
    assert not any(release.holds(name) for name in gone)


@pytest.mark.parametrize(
    ("table", "column"), [("effects", "estimate"), ("flow", "n_removed"), ("population", "value"), ("states", "n")]
)
def test_a_value_that_must_not_be_shown_stops_the_report(folder: Path, table: str, column: str) -> None:
    change(folder, table, status="suppressed")
    with pytest.raises(ReleaseError, match=f"must not be shown.*{column}"):
        read_release(folder)


def test_unknown_status_and_schema(folder: Path) -> None:
    change(folder, "effects", status="secret")
    with pytest.raises(ReleaseError, match="secret"):
        read_release(folder)
    content = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    (folder / "release.json").write_text(json.dumps(content | {"schema": 2}), encoding="utf-8")
    with pytest.raises(ReleaseError, match="schema 2"):
        read_release(folder)


def test_record_without_a_study(folder: Path) -> None:
    content = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    del content["study"]["title_sv"], content["primary"]
    (folder / "release.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ReleaseError) as caught:
        read_release(folder)
    assert len(caught.value.problems) == 2


def test_missing_or_broken_record(folder: Path) -> None:
    (folder / "release.json").write_text("{", encoding="utf-8")
    with pytest.raises(ReleaseError, match="not JSON"):
        read_release(folder)
    (folder / "release.json").unlink()
    with pytest.raises(ReleaseError, match="missing"):
        read_release(folder)


def test_two_rows_for_one_result(folder: Path) -> None:
    path = folder / "tables" / "effects.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    pd.concat([table, table]).to_csv(path, index=False)
    with pytest.raises(ReleaseError, match="2 rows"):
        read_release(folder).effect(horizon=4, outcome="established", definition="E2_scb", clock="exit_planned")


def test_matched_share_falls_back_on_the_requirement(folder: Path) -> None:
    content = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    content["design"]["n_treated_eligible"] = None
    (folder / "release.json").write_text(json.dumps(content), encoding="utf-8")
    assert math.isclose(read_release(folder).matched_share or 0, 0.9685)
