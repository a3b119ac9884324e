"""The matching engine's speed, beside what bare arrays need in the same run: ``python -m tests.benchmarks.matching``.

Writes docs/benchmarks.md. ``--sizes 1000x10000`` takes other sizes, ``--out FILE`` another file.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

from tests.benchmarks.calls import measure
from tests.benchmarks.matchit import run_matchit
from tests.benchmarks.page import Size, page, table
from tests.benchmarks.population import COVARIATES
from tests.benchmarks.processes import compile_seconds, first_calls, peaks

SIZES = ((1_000, 10_000), (5_000, 100_000), (20_000, 1_000_000))
OUT = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="*", default=[f"{t}x{c}" for t, c in SIZES])
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    sizes = [tuple(int(part) for part in size.split("x")) for size in arguments.sizes]
    warnings.simplefilter("ignore")
    # while this process is still small: the others inherit its peak of memory
    weighed = max(sizes, key=lambda s: s[0] * s[1])
    found = peaks(*weighed)
    first = compile_seconds(), first_calls()
    results: list[Size] = []
    smaller = None
    for n_treated, n_controls in sizes:
        measured = measure(n_treated, n_controls)
        peer = run_matchit(measured.frame, COVARIATES, measured.caliper, smaller)
        smaller = n_treated * n_controls, peer
        results.append(Size(n_treated, n_controls, measured, peer))
        print("\n".join(table(results[-1])), flush=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(page(results, first, weighed, found), encoding="utf-8")


if __name__ == "__main__":
    main()
