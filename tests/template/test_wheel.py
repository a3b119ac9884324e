"""The wheel carries the template: a new study is the same from an installed package as from the checkout, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from evaluation.template import start_study

ROOT = Path(__file__).parents[2]
DATE = "2026-01-31"


def test_a_wheel_starts_the_same_study_as_the_checkout(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "wheel")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    code = (
        "import sys, evaluation.template as t\n"
        f"assert t.__file__.startswith({str(site)!r}), t.__file__\n"
        f"t.start_study(sys.argv[1], date={DATE!r})"
    )
    installed = tmp_path / "installed"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(installed)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    here = start_study(tmp_path / "here", date=DATE)
    found = {path.relative_to(installed).as_posix(): path for path in installed.rglob("*") if path.is_file()}
    assert set(found) == set(here.files)
    for name, path in found.items():
        assert path.read_bytes() == (here.folder / name).read_bytes(), name
