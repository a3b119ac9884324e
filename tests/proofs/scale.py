"""A million persons on two cores: ``make million`` simulates, validates and assembles them and writes docs/scale.md.

Each stage runs in a process of its own, so that its peak memory is its own. The same stages on smaller populations show whether the time per person
grows with the size.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from tests.proofs.delivery import ROOT, STUDY

PAGE = ROOT / "docs" / "scale.md"
SIZES = (50_000, 200_000, 1_000_000)
STAGES = ("simulate", "validate", "assemble")


def stage(name: str, folder: Path, persons: int) -> None:
    """Do one stage and print its seconds and peak memory as JSON."""
    begun, cpu = time.perf_counter(), time.process_time()
    rows = 0
    if name == "simulate":
        from synthetic_registers.synthesize import synthesize

        synthesize(scenario="default", persons=persons, seed=1, out=folder)
    else:
        from evaluation.study import Study

        study = Study.open(STUDY, registers=folder / "registers", work=folder / f"work_{name}")
        rows = int(study.ledger().table["rows"].sum()) if name == "validate" else study.cohort().rows
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        json.dumps(
            {"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu, "peak_gb": peak, "rows": rows}
        )
    )


def measure(name: str, folder: Path, persons: int) -> dict[str, float]:
    """Run one stage in a process of its own."""
    command = [sys.executable, "-m", "tests.proofs.scale", name, str(folder), str(persons)]
    result = subprocess.run(command, cwd=ROOT, env=os.environ.copy(), capture_output=True, text=True, check=True)
    return json.loads(result.stdout.strip().splitlines()[-1])


def main(folder: Path) -> None:
    """Measure every stage at every size and write the page."""
    lines = [
        "# A million persons\n",
        "Written by `make million`. Scenario `default`, seed 1; each stage in a process of its own (numba's compiled code warm), two cores, the",
        "engine's memory limit 4 GB. `validate` opens, cleans and checks every register; `assemble` opens and cleans what the cohort needs and reduces it to",
        "one row per person and month at risk.\n",
        f"Python {platform.python_version()}, numpy {version('numpy')}, duckdb {version('duckdb')}, numba {version('numba')}; {platform.machine()}.\n",
        "| persons | stage | wall s | CPU s | CPU ms per 1,000 persons | peak memory GB | rows |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for persons in SIZES:
        place = folder / str(persons)
        for name in STAGES:
            found = measure(name, place, persons)
            lines.append(
                f"| {persons:,} | {name} | {found['wall']:.0f} | {found['cpu']:.0f} | {1e6 * found['cpu'] / persons:.0f} | {found['peak_gb']:.2f} | {int(found['rows']):,} |"
            )
            print(lines[-1], flush=True)
    lines.append("\nRows: flawed rows found by `validate`; person-months at risk assembled by `assemble`.\n")
    PAGE.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        stage(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "run" / "scale")
