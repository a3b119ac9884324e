"""Executed notebooks stay inside the protected folder unless the registers are marked as invented."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest

from evaluation.notebook_page import describe, to_html
from evaluation.notebooks import NOT_FOR_RELEASE, NotebookError, execute_all, first_line, invented, place
from tests.report.browser import launched, opened, overflow, violations

STUDY = Path(__file__).parents[2] / "reports" / "notebooks"
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


SHOWN = """# %% [markdown]
# # A table and a picture
#
# ## The table

# %%
import pandas as pd
from evaluation.sortable import sortable
from IPython.display import HTML
frame = pd.DataFrame({"a very long name of a column": range(4), "value": [0.5, 2.25, 1.0, 3.0]} | {f"another column {i}": 1.0 for i in range(9)})
frame.set_index("a very long name of a column")

# %%
HTML(sortable(frame, caption="It sorts"))

# %%
print("a line that is far too long for the screen of a phone " * 5)

# %% [markdown]
# ## The picture

# %%
import matplotlib.pyplot as plt
plt.plot([1, 2, 3], [1, 4, 9]);
"""


def test_the_page_of_a_notebook_can_be_read_by_all(folders: dict[str, Path], tmp_path: Path) -> None:
    (folders["source"] / "1_one.py").write_text(SHOWN, encoding="utf-8")
    written = execute_all(**folders, study=tmp_path / "study.toml", processes=1)
    with launched() as browser:
        for width in (1280, 360):
            with opened(browser, written[1], width=width) as (page, seen):
                assert violations(page) == []
                assert overflow(page) == 0
                assert page.get_by_role("img", name="Figure under the heading “The picture”").count() == 1
                page.get_by_role("button", name="value").focus()
                page.keyboard.press("Enter")
                cells = page.get_by_role("table", name="It sorts").locator("tbody tr > :nth-child(2)").all_inner_texts()
                assert cells == ["0.5", "1", "2.25", "3"]
                assert seen.requests == []
                assert seen.complaints == []


@pytest.mark.skipif(
    not STUDY.exists() and not os.environ.get("CI"), reason="the study's notebooks have not been run here (make study)"
)
def test_the_pages_of_the_study_can_be_read_by_all(tmp_path: Path) -> None:
    pages = []
    for path in sorted(STUDY.glob("*.ipynb")):  # written anew: a page may be older than what writes it
        notebook = nbformat.read(path, as_version=4)
        describe(notebook)
        pages.append(tmp_path / f"{path.stem}.html")
        pages[-1].write_text(to_html(notebook, title=path.stem), encoding="utf-8")
    assert len(pages) == 5
    with launched() as browser:
        for path in pages:
            with opened(browser, path, width=360) as (page, seen):
                assert violations(page) == [], path.name
                assert overflow(page) == 0, path.name
                assert seen.requests == [], path.name
                assert seen.complaints == [], path.name
