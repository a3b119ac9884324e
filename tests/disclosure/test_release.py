"""The release folder: what is written, byte by byte, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from evaluation.disclosure import Policy, Protected, protect, verify, write_manifest, write_release
from evaluation.disclosure.guard import personal_numbers
from evaluation.disclosure.writing import cell
from evaluation.errors import ReleaseError
from tests.disclosure.examples import RELEASE, Population, release_tables


@pytest.fixture(scope="module")
def protected() -> Protected:
    return protect(release_tables(Population(treated=150)))


def test_the_same_bytes_whatever_the_order_of_the_rows(protected: Protected, tmp_path: Path) -> None:
    shuffled = {
        name: table
        if name in ("flow", "definitions", "protocol", "disclosure")
        else table.sample(frac=1, random_state=3)
        for name, table in protected.tables.items()
    }
    write_release(tmp_path / "a", protected, RELEASE)
    write_release(tmp_path / "b", replace(protected, tables=shuffled), RELEASE)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert {"release.json", "manifest.json", "tables/effects.csv", "tables/disclosure.csv"} <= {
        f.as_posix() for f in files
    }
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_what_is_written(protected: Protected, tmp_path: Path) -> None:
    out = write_release(tmp_path / "release", protected, RELEASE, extra_files={"figures/one.svg": b"<svg/>"})
    effects = pd.read_csv(out / "tables" / "effects.csv", keep_default_na=False)
    assert set(effects["status"]) <= {"released", "suppressed"}
    assert (effects.loc[effects["status"] == "suppressed", "estimate"] == "").all()
    record = json.loads((out / "release.json").read_text(encoding="utf-8"))
    assert list(record) == sorted(record)
    assert record["min_count"] == 5
    assert verify(out) == []


def test_the_design_s_counts_tell_on_no_few_persons(protected: Protected, tmp_path: Path) -> None:
    write_release(tmp_path, protected, RELEASE)
    design = json.loads((tmp_path / "release.json").read_text(encoding="utf-8"))["design"]
    assert design["n_treated_eligible"] is None  # two more than were matched
    assert (design["n_treated_all"], design["n_treated_matched"]) == (364, 300)


def test_verify_says_what_differs(protected: Protected, tmp_path: Path) -> None:
    write_release(tmp_path, protected, RELEASE)
    (tmp_path / "tables" / "states.csv").write_text("altered", encoding="utf-8")
    (tmp_path / "tables" / "flow.csv").unlink()
    (tmp_path / "note.txt").write_text("new", encoding="utf-8")
    assert [(p.where, p.given.split(":")[0]) for p in verify(tmp_path)] == [
        ("note.txt", "is not in the manifest"),
        ("tables/flow.csv", "is missing"),
        ("tables/states.csv", "was altered"),
    ]
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    assert [p.given for p in verify(tmp_path)] == ["cannot be read"]
    (tmp_path / "manifest.json").unlink()
    assert [p.given for p in verify(tmp_path)] == ["is missing"]


def test_a_new_release_replaces_the_earlier_one_and_nothing_else(protected: Protected, tmp_path: Path) -> None:
    out = write_release(tmp_path / "release", protected, RELEASE, extra_files={"report.html": b"old"})
    write_release(out, protected, RELEASE)
    assert not (out / "report.html").exists()
    assert verify(out) == []
    other = tmp_path / "home"
    other.mkdir()
    (other / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(ReleaseError, match="1 files that are no release"):
        write_release(other, protected, RELEASE)
    assert (other / "letter.txt").exists()


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("states", {"LopNr": 1}, "column LopNr identifies persons"),
        ("states", {"P1105_LopNr_PersonNr": 1}, "identifies persons"),
        ("states", {"person": 1}, "column person identifies persons"),
        ("protocol", {"study": "born 19800112-1234"}, "1 values look like personal numbers"),
        ("definitions", {"value": "198001721234"}, "look like personal numbers"),
        ("states", {"note": "x"}, "unknown column note"),
    ],
)
def test_nothing_at_person_level_is_written(
    protected: Protected, tmp_path: Path, name: str, change: dict, said: str
) -> None:
    tables = {**protected.tables, name: protected.tables[name].assign(**change)}
    with pytest.raises(ReleaseError, match=said):
        write_release(tmp_path / "release", replace(protected, tables=tables), RELEASE)
    assert not (tmp_path / "release").exists()


def test_a_value_in_a_hidden_row_is_not_written(protected: Protected, tmp_path: Path) -> None:
    effects = protected.tables["effects"].copy()
    effects.loc[effects["status"] == "suppressed", "n_treated"] = 3
    with pytest.raises(ReleaseError, match="hold a value in n_treated"):
        write_release(tmp_path, replace(protected, tables={**protected.tables, "effects": effects}), RELEASE)


def test_tables_that_were_never_protected_are_not_written(protected: Protected, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no rule"):
        write_release(tmp_path, replace(protected, tables={"persons": pd.DataFrame({"x": [1]})}), RELEASE)


def test_personal_numbers_in_the_record_and_in_extra_files_are_found(protected: Protected, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"release\.json"):
        write_release(tmp_path, protected, {**RELEASE, "contact": "800112-1234"})
    with pytest.raises(ReleaseError, match=r"report\.html"):
        write_release(tmp_path, protected, RELEASE, extra_files={"report.html": b"<p>19800112-1234</p>"})
    with pytest.raises(ReleaseError, match="does not lie inside the release"):
        write_release(tmp_path, protected, RELEASE, extra_files={"../out.csv": b""})
    write_release(tmp_path, protected, RELEASE)
    (tmp_path / "note.md").write_text("8001121234", encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"note\.md"):
        write_manifest(tmp_path)


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("198001121234", 1), ("8001121234", 1), ("800112-1234", 1), ("19800112+1234", 1), ("800172-1234", 1), ("id 8001121234, 8001121235", 2),
        ("2120000142", 0), ("0.8001121234", 0), ("8001121234.5", 0), ("a8001121234", 0), ("80011212345", 0), ("2026-11-24", 0), ("8013121234", 0),
    ],
)  # fmt: skip
def test_what_counts_as_a_personal_number(text: str, n: int) -> None:
    assert personal_numbers(text) == n


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0512345678, "0.0512346"), (-0.0000001234567, "-0.000000123457"), (123456.789, "123457"), (1234567.0, "1234567"), (float("nan"), ""),
        (None, ""), (True, "true"), (12, "12"), (-0.0, "0"), (0.1 + 0.2, "0.3"), ("E2_scb", "E2_scb"), (2.5e-7, "0.00000025"),
    ],
)  # fmt: skip
def test_numbers_as_text(value: object, text: str) -> None:
    assert cell(value) == text


def test_rounding_is_said_in_the_record(tmp_path: Path) -> None:
    protected = protect(release_tables(Population(treated=150)), Policy(rounding=5))
    assert protected.record["note"].str.contains("rounded to 5").any()
