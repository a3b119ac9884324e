"""``python -m tests.proofs.coverage [folder]``: runs what is missing and writes docs/coverage.md; ``--report`` only writes."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from tests.proofs.coverage.page import write
from tests.proofs.coverage.replication import SCENARIOS
from tests.proofs.coverage.runner import LARGER, LARGER_PERSONS, REPLICATIONS, run
from tests.proofs.coverage.summary import summarise
from tests.proofs.coverage.timing import FILE
from tests.proofs.delivery import ROOT


def main() -> None:
    """Read the command line, run, write the page."""
    parser = argparse.ArgumentParser(prog="coverage", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "run" / "coverage")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--replications", type=int, help="of every scenario, instead of the full number")
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="only this one; may be repeated")
    parser.add_argument("--report", action="store_true", help="write the page from what is on disk")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "coverage.md")
    asked = parser.parse_args()
    wanted = {name: asked.replications or REPLICATIONS[name] for name in asked.scenario or SCENARIOS}
    larger = asked.folder / "larger"
    if not asked.report:
        run(asked.folder, wanted, processes=asked.processes)
        if not asked.scenario and not asked.replications:
            run(larger, LARGER, processes=asked.processes, persons=LARGER_PERSONS)
    known = asked.folder / FILE
    timing = pd.read_csv(known) if known.exists() else None
    beside = summarise(larger) if larger.exists() else None
    for check in write(summarise(asked.folder), asked.page, timing=timing, larger=beside):
        verdict = {None: "not run", True: "met", False: "NOT MET"}[check.met]
        print(f"{verdict:8} {check.demand}: {check.found} (limit {check.limit})")
    print(f"written to {asked.page}")


if __name__ == "__main__":
    main()
