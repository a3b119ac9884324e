"""The matching engine's speed, beside what bare arrays need in the same run: ``python -m tests.benchmarks.matching``.

Writes docs/benchmarks.md. ``--sizes 1000x10000`` takes other sizes, ``--out FILE`` another file.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import logit

from evaluation.matching import Matched, RiskSets, match
from evaluation.matching.design_matrix import CovariateDesign
from evaluation.matching.score import fit_score
from tests.benchmarks import floor
from tests.benchmarks.matchit import matchit_seconds
from tests.benchmarks.population import COVARIATES, SEED, dated, population

SIZES = ((1_000, 10_000), (5_000, 100_000), (20_000, 1_000_000))
PACKAGES = ("numpy", "scipy", "pandas", "numba", "scikit-learn")
OUT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
MONTHS = 36
_SLOW = 1.5  # seconds: what takes longer is measured once


@dataclass(frozen=True)
class Figure:
    """One line of the table: seconds of the engine, and of the floor it is held against."""

    label: str
    floor: str
    seconds: float
    floor_seconds: float


def timed(call: Callable[[], object], beside: Callable[[], object], repeats: int = 7) -> tuple[float, float]:
    """Median seconds of a warm call and of its floor, taken in turns so that other load hits both alike."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for do, into in zip((call, beside), seconds, strict=True):
            start = time.perf_counter()
            do()
            into.append(time.perf_counter() - start)
        if seconds[0][-1] > _SLOW:
            break
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def measure(n_treated: int, n_controls: int) -> tuple[list[Figure], pd.DataFrame]:
    """All figures of one population, and the population with its score."""
    raw = population(n_treated, n_controls)
    frame = raw.assign(**{name: raw[name].astype("category") for name in ("education", "district")})
    options = {"treatment": "treat", "id": "id"}

    def run(**more: object) -> Matched:
        return match(frame, **options, **more)

    fitted = run(covariates=COVARIATES, caliper=0.2)
    covariates, treated = CovariateDesign.of(frame, COVARIATES), fitted.task.treated
    frame = frame.assign(score=fitted.score)
    columns = np.ascontiguousarray(raw[COVARIATES].to_numpy(np.float64).T)
    value, caliper = logit(fitted.score), fitted.task.caliper
    exact = ["education", "district", "woman"]
    strata = fitted.frame.groupby(exact, observed=True).ngroup().to_numpy()
    months = dated(frame, MONTHS)
    risk = RiskSets(start="start", eligible_from="first", eligible_to="last", elapsed=(0, 3, 6, 12, 24))
    four = ["age", "pay", "days_without", "days_worked"]
    within, space = {"score": "score", "caliper": 0.2}, {"score": "score", "distance": "mahalanobis"}
    floors = {
        "one pass over the data": lambda: floor.one_pass(columns),
        "sort the score": lambda: floor.sort_score(value),
        "sort and scan": lambda: floor.sort_and_scan(value, treated, caliper),
        "sort and scan in strata": lambda: floor.sort_and_scan(value, treated, caliper, strata),
        "sort and step outwards": lambda: floor.sort_and_scan_with_reuse(value, treated, caliper, 5),
    }
    read, sort, scan, scan_exact, step = floors
    calls = [
        ("score", read, lambda: fit_score(frame, covariates, treated, fitted.ids)),
        ("nearest", scan, lambda: run(**within)),
        ("nearest, closest first", scan, lambda: run(**within, order="closest")),
        ("nearest, exact", scan_exact, lambda: run(**within, exact=exact)),
        ("nearest, 5 with replacement", step, lambda: run(**within, ratio=5, replace=True)),
        ("nearest, 1 to 4 controls", scan, lambda: run(**within, ratio=2, max_controls=4)),
        ("optimal pairs", sort, lambda: run(method="optimal", score="score")),
        ("optimal pairs in a caliper", sort, lambda: run(**within, method="optimal")),
        ("optimal, 2 controls in a caliper", sort, lambda: run(**within, method="optimal", ratio=2)),
        ("full matching", sort, lambda: run(method="full", score="score")),
        ("full matching in a caliper", sort, lambda: run(**within, method="full")),
        ("full, at most 5 controls, in a caliper", sort, lambda: run(**within, method="full", max_controls=5)),
        ("mahalanobis of 4 in a caliper", sort, lambda: run(**space, match_on=four, caliper=0.2)),
        ("mahalanobis in a caliper", sort, lambda: run(**space, match_on=COVARIATES, caliper=0.2)),
        ("mahalanobis, no caliper", sort, lambda: run(**space, match_on=COVARIATES)),
        (
            f"risk sets of {MONTHS} months, 5 controls",
            sort,
            lambda: match(months, **options, **within, risk_set=risk, ratio=5),
        ),
        ("balance of 12 covariates", read, lambda: fitted.balance()),
        ("subclassification", sort, lambda: run(method="subclass", score="score")),
        ("inverse probability weights", read, lambda: run(method="ipw", score="score")),
        ("overlap weights", read, lambda: run(method="overlap", score="score")),
        ("coarsened exact matching", read, lambda: run(method="cem", covariates=COVARIATES)),
        ("entropy balancing", read, lambda: run(method="entropy", covariates=COVARIATES)),
    ]
    for warm in floors.values():
        warm()
    return [Figure(label, beside, *timed(call, floors[beside])) for label, beside, call in calls], frame


def first_calls() -> float:
    """Seconds of the first matchings in this process: kernels are compiled, or read from their cache."""
    frame = population(100, 1_000).assign(score=lambda d: 0.1 + 0.001 * d["age"])
    start = time.perf_counter()
    options = {"treatment": "treat", "id": "id"}
    match(frame, **options, covariates=COVARIATES).balance()
    for more in ({"replace": True}, {"order": "closest"}, {"distance": "mahalanobis", "match_on": COVARIATES}):
        match(frame, **options, score="score", **more)
    for method in ("optimal", "full"):
        match(frame, **options, score="score", method=method)
    match(frame, **options, covariates=COVARIATES, method="entropy")
    risk = RiskSets(start="start", eligible_from="first", eligible_to="last")
    match(dated(frame, MONTHS), **options, score="score", risk_set=risk)
    return time.perf_counter() - start


def compile_seconds() -> float:
    """Seconds of the same first matchings in a new process with an empty cache: what compiling costs, once per machine."""
    code = "from tests.benchmarks.matching import first_calls; print(first_calls())"
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"NUMBA_CACHE_DIR": cache, "PYTHONWARNINGS": "ignore"}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def report(
    results: list[tuple[tuple[int, int], list[Figure], dict[str, float]]], peer: str | None, first: float
) -> str:
    """The page."""
    lines = [
        "# How fast the matching engine is",
        "",
        "Seconds from a data frame to a full result (checked, with ids, sets and weights), median of up to seven warm calls in one",
        "process, in turns with what bare arrays need in the same run: reading the data once, sorting the score, or sorting and scanning",
        "for the nearest without a frame, an id, a tie rule or a result. `make bench` writes this page.",
        "",
        f"- machine: {platform.machine()}, {os.cpu_count()} cores, {_processor()}; Python {platform.python_version()}",
        f"- versions: {', '.join(f'{name} {version(name)}' for name in PACKAGES)}; MatchIt {peer or 'not installed here'}",
        f"- population: twelve covariates, seed {SEED}; caliper 0.2 SD; largest peak of memory "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB, the data included",
        f"- not in the table: the first calls of a process, {first[1]:.1f} s, which read the kernels from their cache; and compiling "
        f"them into it, once per machine, {first[0]:.0f} s",
    ]
    for (n_treated, n_controls), figures, theirs in results:
        lines += [
            "",
            f"## {n_treated:,} treated, {n_controls:,} controls",
            "",
            "| call | seconds | floor | seconds | ratio | MatchIt |",
            "| --- | ---: | --- | ---: | ---: | ---: |",
        ]
        for f in figures:
            peer_text = f"{theirs[f.label]:.2f}" if f.label in theirs else ""
            lines.append(
                f"| {f.label} | {f.seconds:.3f} | {f.floor} | {f.floor_seconds:.4f} | {f.seconds / f.floor_seconds:.1f} | {peer_text} |"
            )
    return "\n".join([*lines, ""])


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")), "unknown"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="*", default=[f"{t}x{c}" for t, c in SIZES])
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    first = compile_seconds(), first_calls()
    results, peer = [], None
    for size in arguments.sizes:
        n_treated, n_controls = (int(part) for part in size.split("x"))
        figures, frame = measure(n_treated, n_controls)
        peer, theirs = matchit_seconds(frame, COVARIATES, repeats=1 if n_controls > 200_000 else 3)
        results.append(((n_treated, n_controls), figures, theirs))
        print(report(results[-1:], peer, first).split("\n\n", 2)[2], flush=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(report(results, peer, first), encoding="utf-8")


if __name__ == "__main__":
    main()
