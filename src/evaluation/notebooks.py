"""Notebooks: py:percent sources, executed into .ipynb and into HTML that needs no network.

The sources call the package and hold no logic. Execution is deterministic: no timing is recorded, cell ids are numbered, and the paths
of the run come from the environment, not from the text.

A notebook shows tables that no disclosure control has seen. One rule keeps them in: unless the registers bear the mark of invented ones
(``SYNTHETIC``, written by their generator), executed notebooks are written inside the protected folder and nowhere else, and each says in its first
line that it is not for release. Registers without a mark that can be read count as real: the rule errs to the safe side.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.errors import EvaluationError, Problem
from evaluation.notebook_page import describe, to_html
from evaluation.progress import Progress, silent

if TYPE_CHECKING:
    from evaluation.study import Study

STUDY, REGISTERS, WORK = "EVALUATION_STUDY", "EVALUATION_REGISTERS", "EVALUATION_WORK"
SECONDS_PER_CELL = 600
NOT_FOR_RELEASE = "Holds person-level tables: not for release."


class NotebookError(EvaluationError):
    """A notebook that did not run to its end."""

    headline = "The notebooks could not be executed"


def open_study() -> Study:
    """Open the study that a notebook is about.

    The build says which by the environment (``EVALUATION_STUDY``, ``EVALUATION_REGISTERS``, ``EVALUATION_WORK``); by hand, from the
    ``notebooks`` folder of a checkout after ``make study``, the default study on the synthetic registers is opened.
    """
    from evaluation.study import Study

    root = Path.cwd().parent if Path.cwd().name == "notebooks" else Path.cwd()
    own = root / "study.toml"  # a study begun by `evaluation new`
    study = os.environ.get(STUDY, str(own if own.is_file() else root / "study" / "visstid_2009_2011.toml"))
    registers = os.environ.get(REGISTERS, str(root / "run" / "delivery" / "registers"))
    work = os.environ.get(WORK)
    return Study.open(study, registers=registers, work=work)


def invented(registers: Path) -> bool:
    """Whether a delivery bears the mark of synthetic registers: a table or file ``SYNTHETIC`` among its tables, or a file beside them.

    A delivery that cannot be read has no mark.
    """
    from evaluation.registers.engine import connect, open_tables
    from evaluation.registers.mark import MARK, take_mark

    there = registers.resolve()
    if (there.parent / MARK).is_file():
        return True
    if there.is_dir():
        return any(file.stem.upper() == MARK for file in there.iterdir() if file.is_file())
    try:
        backend = connect(threads=1, memory_limit="1GB", temp_dir=None)
        tables, _ = open_tables(backend, there)
        return take_mark(backend, tables, there) is not None
    except EvaluationError:
        return False


def first_line(registers: Path) -> str:
    """What stands first in every executed notebook; nothing on invented registers."""
    return "" if invented(registers) else NOT_FOR_RELEASE


def place(*, registers: Path, work: Path, out: Path | None) -> Path:
    """Where executed notebooks go: ``out``, by default ``notebooks`` in the protected folder.

    Raises
    ------
    NotebookError
        When the registers are not marked as invented and ``out`` lies outside the protected folder.
    """
    if out is None:
        return work / "notebooks"
    if not invented(registers) and not out.resolve().is_relative_to(work.resolve()):
        raise NotebookError(
            Problem(
                "--out",
                "lies outside the protected folder, and the registers are not marked as invented",
                "a folder inside that after --work: notebooks show tables that no disclosure control has seen",
                "leave --out away; what may leave is in the release folder",
            )
        )
    return out


def execute_all(
    *,
    source: Path,
    study: Path,
    registers: Path,
    work: Path,
    out: Path | None = None,
    progress: Progress = silent,
    processes: int = 2,
) -> list[Path]:
    """Execute every py:percent source of a folder.

    Parameters
    ----------
    source
        Folder of ``*.py`` sources, executed in the order of their names.
    study, registers, work
        The study file, the delivery, and the protected folder: that of a run, so that what it assembled is not assembled again.
    out
        Where ``NAME.ipynb`` and ``NAME.html`` are written, see :func:`place`; by default ``notebooks`` in the protected folder.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    NotebookError
        Naming every notebook that failed, and the error of its cell; or when real data would be written outside the protected folder.
    """
    out = place(registers=registers, work=work, out=out)
    sources = sorted(source.glob("*.py"))
    if not sources:
        raise NotebookError(
            Problem(str(source), "holds no notebook source (*.py)", mend="give the folder with --source")
        )
    out.mkdir(parents=True, exist_ok=True)
    jobs = [
        (
            path.resolve(),
            out.resolve(),
            {STUDY: str(study.resolve()), REGISTERS: str(registers.resolve()), WORK: str(work.resolve())},
            first_line(registers),
        )
        for path in sources
    ]
    problems: list[Problem] = []
    written: list[Path] = []
    progress("notebooks", 0, len(jobs))
    with ProcessPoolExecutor(processes) as pool:
        for done, (path, error) in enumerate(pool.map(_execute, jobs), 1):
            progress("notebooks", done, len(jobs))
            if error:
                problems.append(Problem(path.name, error, mend="run it in Jupyter to see where it stops"))
            written += [out / f"{path.stem}.ipynb", out / f"{path.stem}.html"]
    if problems:
        raise NotebookError(problems)
    return written


def _execute(job: tuple[Path, Path, dict[str, str], str]) -> tuple[Path, str]:
    import jupytext
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    path, out, environment, warning = job
    os.environ.update(
        environment, PYDEVD_DISABLE_FILE_VALIDATION="1", MPLBACKEND="module://matplotlib_inline.backend_inline"
    )
    Path(environment[WORK]).mkdir(parents=True, exist_ok=True)
    notebook = jupytext.read(path)
    if warning:
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(f"**{warning}**"))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    client = NotebookClient(
        notebook,
        extra_arguments=["--log-level=ERROR"],
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    error = ""
    try:
        client.execute()
    except CellExecutionError as failure:
        error = f"{failure.ename}: {failure.evalue}"
    _normalise(notebook)
    nbformat.write(notebook, out / f"{path.stem}.ipynb")
    (out / f"{path.stem}.html").write_text(to_html(notebook, title=path.stem), encoding="utf-8")
    return path, error


def _normalise(notebook: Any) -> None:
    describe(notebook)
    notebook.metadata.pop("language_info", None)
    notebook.metadata.pop("widgets", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
        if cell.cell_type == "code":
            # warnings on standard error carry paths of the machine; what matters is shown by the results themselves
            cell.outputs = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
            for output in cell.outputs:
                # a panel has other ids in every run, and cannot be used on a page: what it shows in its place stays
                output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
