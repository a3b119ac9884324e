"""The three doors to the environment lead to the same pins, and none names a host."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIRED = ("pandas", "statsmodels", "scikit-learn", "linearmodels", "matplotlib", "jupyterlab")


def pins() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9_.-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text(), flags=re.M))


def test_lock_holds_the_six_packages_of_the_client() -> None:
    assert set(REQUIRED) <= set(pins())


def test_lock_is_hashed_and_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert text.count("--hash=sha256:") > len(pins())
    assert "://" not in text
    assert "index-url" not in text


def test_lock_holds_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[\[<>=!~ ]", spec)[0] for spec in project["dependencies"]}
    assert names <= set(pins())


def test_conda_door_points_at_the_lock() -> None:
    lines = [line.strip() for line in (ROOT / "environment.yml").read_text().splitlines()]
    assert "- -r requirements.lock" in lines
    assert not any("==" in line for line in lines), "pins live in the lock only"


def test_uv_of_the_makefile_is_the_uv_of_the_lock() -> None:
    assert f"uv=={pins()['uv']}" in (ROOT / "Makefile").read_text()


def test_nothing_tracked_names_a_machine_or_an_index() -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    machine = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|root|home)/|pypi\.org|pythonhosted", re.M)
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        if (
            path.suffix in {".py", ".toml", ".md", ".lock", ".yml", ".csv", ".json", ".typ", ".j2", ".html"}
            and path.exists()
            and path != Path(__file__)
        ):
            hit = machine.search(path.read_text(encoding="utf-8", errors="replace"))
            assert hit is None, f"{name}: {hit.group(0)!r}"
