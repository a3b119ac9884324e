"""Executed notebooks stay inside the protected folder unless the registers are marked as invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.notebooks import NOT_FOR_RELEASE, NotebookError, execute_all, first_line, invented, place

SOURCE = "# %% [markdown]\n# # A table\n\n# %%\n1 + 1\n"


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("source", "delivery/registers", "work")}
    for folder in found.values():
        folder.mkdir(parents=True)
    (found["source"] / "1_one.py").write_text(SOURCE, encoding="utf-8")
    return {"source": found["source"], "registers": found["delivery/registers"], "work": found["work"]}


def test_real_registers_give_notebooks_in_the_protected_folder_only(folders: dict[str, Path], tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    with pytest.raises(NotebookError, match="outside the protected folder"):
        execute_all(**folders, study=study, out=tmp_path / "reports" / "notebooks", processes=1)
    assert not (tmp_path / "reports").exists()
    written = execute_all(**folders, study=study, processes=1)
    assert [p.relative_to(folders["work"]).as_posix() for p in written] == [
        "notebooks/1_one.ipynb",
        "notebooks/1_one.html",
    ]
    notebook = json.loads(written[0].read_text(encoding="utf-8"))
    assert NOT_FOR_RELEASE in "".join(notebook["cells"][0]["source"])
    page = written[1].read_text(encoding="utf-8")
    assert page.index(NOT_FOR_RELEASE) < page.index("A table")


def test_where_they_go(folders: dict[str, Path], tmp_path: Path) -> None:
    registers, work, out = folders["registers"], folders["work"], tmp_path / "reports"
    inside = work / "deep" / "er"
    assert place(registers=registers, work=work, out=inside) == inside
    assert place(registers=registers, work=work, out=None) == work / "notebooks"
    for sly in (work / ".." / "reports", Path(f"{work}_too")):
        with pytest.raises(NotebookError):
            place(registers=registers, work=work, out=sly)
    assert first_line(registers) == NOT_FOR_RELEASE
    (registers.parent / "SYNTHETIC").write_text("default\n", encoding="utf-8")
    assert invented(registers)
    assert first_line(registers) == ""
    assert place(registers=registers, work=work, out=out) == out


@pytest.mark.parametrize("name", ["SYNTHETIC", "synthetic.csv", "SYNTHETIC.parquet"])
def test_the_mark_goes_with_the_tables(folders: dict[str, Path], name: str) -> None:
    (folders["registers"] / name).write_bytes(b"scenario\ndefault\n")
    assert invented(folders["registers"])


def test_the_mark_in_a_database(tmp_path: Path) -> None:
    import duckdb

    unreadable = tmp_path / "other.duckdb"
    unreadable.write_bytes(b"no database")
    assert not invented(unreadable)
    assert not invented(tmp_path / "nothing.duckdb")
    for name, marked in (("plain", False), ("marked", True)):
        path = tmp_path / f"{name}.duckdb"
        with duckdb.connect(str(path)) as database:
            database.execute("CREATE TABLE lisa_individ_2009 (LopNr INTEGER)")
            if marked:
                database.execute("CREATE TABLE SYNTHETIC AS SELECT 'default' AS scenario")
        assert invented(path) == marked
