"""The panel in a real JupyterLab, driven from the keyboard in Debian's Chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evaluation.laboratory import Choice, choose
from evaluation.study.file import StudyFile, check_study
from tests.laboratory.conftest import STUDY

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECONDS = 60  # a patience, not a duration: machines that do other things are slow
CODE = f"""
from evaluation.laboratory import laboratory
from evaluation.study import Study
from tests.laboratory.fake_cohort import fake_cohort
laboratory(Study.open({str(STUDY)!r}), fake_cohort(400))
""".strip()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab of its own, on a free port of this machine alone, with nothing of the user's in it."""
    home = tmp_path_factory.mktemp("jupyter")
    work = home / "notebooks"
    work.mkdir()
    cell = {"cell_type": "code", "id": "one", "source": CODE, "metadata": {}, "outputs": [], "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (work / "panel.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **places, "HOME": str(home), "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    options = ["--no-browser", "--allow-root", "--IdentityProvider.token=", "--ServerApp.port_retries=0"]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        *options,
        f"--port={port}",
        "--ip=127.0.0.1",
        f"--notebook-dir={work}",
    ]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, cwd=work, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, process, home / "log")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def _next(page: Page, label: str, arrow: str) -> None:
    """Choose the next entry of a list: opened first, since a notebook takes the arrows of a closed one for itself."""
    page.get_by_label(label).focus()
    for key in ("Space", arrow, "Enter"):
        page.keyboard.press(key)


@pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no chromium on this machine (apt install chromium)"
)
def test_the_panel_by_keyboard(server: str, spec: StudyFile) -> None:
    from playwright.sync_api import expect, sync_playwright

    assert CHROMIUM, "CI has to have chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 1400})
        page.set_default_timeout(SECONDS * 1000)
        expect.set_options(timeout=SECONDS * 1000)
        page.goto(f"{server}/doc/tree/panel.ipynb")  # the notebook alone
        page.locator(".jp-Cell .cm-content").first.click()
        page.keyboard.press("Shift+Enter")

        said = page.get_by_role("status").filter(has_text=re.compile("study file|Matched|matched"))
        expect(said).to_contain_text("This is what the study file says")
        expect(page.get_by_role("img", name="Love plot of")).to_be_visible()

        # a number, typed and left with the tabulator
        ratio = page.get_by_label("Ratio")
        ratio.focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("2")
        page.keyboard.press("Tab")
        expect(said).to_contain_text("ratio: 5 → 2. Matched in")
        expect(page.get_by_role("img", name="in the previous choice it was")).to_be_visible()

        # a checkbox by the space bar, and what does not go together
        page.get_by_label("With replacement inside a risk set").focus()
        page.keyboard.press("Space")
        expect(said).to_contain_text("replace: no → yes")
        _next(page, "Method", "ArrowDown")
        alert = page.get_by_role("alert").filter(has_text="cannot be matched")
        expect(alert).to_contain_text('method="optimal" does not read it')
        _next(page, "Method", "ArrowUp")
        expect(alert).to_have_count(0)

        # the table sorts by the heading's button
        worst = page.get_by_role("table", name="worst of")
        worst.get_by_role("button", name="covariate").focus()
        page.keyboard.press("Enter")
        expect(worst.get_by_role("columnheader", name="covariate")).to_have_attribute("aria-sort", "ascending")
        names = [text.casefold() for text in worst.locator("tbody td:first-child").all_inner_texts()]
        assert names == sorted(names)
        assert len(names) > 5

        page.get_by_role("button", name="Use this").focus()
        page.keyboard.press("Enter")
        text = page.get_by_label("For the study file")
        expect(text).to_be_visible()
        pasted = text.input_value()
        browser.close()
    read = check_study({**spec.model_dump(), **tomllib.loads(pasted)}, name="pasted")
    assert Choice.of(read) == choose(spec, ratio=2, replace=True)
