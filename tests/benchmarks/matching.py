"""The matching engine's speed, beside what bare arrays need in the same run: ``python -m tests.benchmarks.matching``.

Writes docs/benchmarks.md. ``--sizes 1000x10000`` takes other sizes, ``--out FILE`` another file.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
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
from tests.benchmarks import floor
from tests.benchmarks.matchit import matchit_seconds
from tests.benchmarks.population import COVARIATES, SEED, dated, population

SIZES = ((1_000, 10_000), (5_000, 100_000), (20_000, 1_000_000))
PACKAGES = ("numpy", "scipy", "pandas", "numba", "scikit-learn")
OUT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
MONTHS = 36
_QUICK = 1.0  # seconds: what takes longer is measured once


@dataclass(frozen=True)
class Figure:
    """One line of the table: seconds of the engine, and of the floor it is held against."""

    label: str
    seconds: float
    floor: str = ""
    floor_seconds: float = float("nan")


def timed(call: Callable[[], object], repeats: int = 5) -> float:
    """Median seconds of a warm call."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
        if seconds[-1] > _QUICK:
            break
    return statistics.median(seconds)


def measure(n_treated: int, n_controls: int) -> tuple[list[Figure], pd.DataFrame]:
    """All figures of one population, and the population with its score."""
    raw = population(n_treated, n_controls)
    frame = raw.assign(**{name: raw[name].astype("category") for name in ("education", "district")})
    options = {"treatment": "treat", "id": "id"}

    def run(**more: object) -> Matched:
        return match(frame, **options, **more)

    fitted = run(covariates=COVARIATES, caliper=0.2)
    fit_and_match = timed(lambda: run(covariates=COVARIATES, caliper=0.2))
    frame = frame.assign(score=fitted.score)
    columns = np.ascontiguousarray(raw[COVARIATES].to_numpy(np.float64).T)
    value, treated, caliper = logit(fitted.score), fitted.task.treated, fitted.task.caliper
    exact = ["education", "district", "woman"]
    strata = fitted.frame.groupby(exact, observed=True).ngroup().to_numpy()

    read = timed(lambda: floor.one_pass(columns))
    sort = timed(lambda: floor.sort_score(value))
    floor.sort_and_scan(value, treated, caliper)
    floor.sort_and_scan_with_reuse(value, treated, caliper, 5)
    scan = timed(lambda: floor.sort_and_scan(value, treated, caliper))
    scan_exact = timed(lambda: floor.sort_and_scan(value, treated, caliper, strata))
    reuse = timed(lambda: floor.sort_and_scan_with_reuse(value, treated, caliper, 5))

    within = {"score": "score", "caliper": 0.2}
    nearest = timed(lambda: run(**within))
    months = dated(frame, MONTHS)
    risk = RiskSets(start="start", eligible_from="first", eligible_to="last", elapsed=(0, 3, 6, 12, 24))
    four = ["age", "pay", "days_without", "days_worked"]
    weighted = {"covariates": COVARIATES}
    figures = [
        Figure("score", max(fit_and_match - nearest, 0.0), "one pass over the data", read),
        Figure("nearest", nearest, "sort and scan", scan),
        Figure("nearest, closest first", timed(lambda: run(**within, order="closest")), "sort and scan", scan),
        Figure("nearest, exact", timed(lambda: run(**within, exact=exact)), "sort and scan in strata", scan_exact),
        Figure(
            "nearest, 5 with replacement", timed(lambda: run(**within, ratio=5, replace=True)), "sort and step", reuse
        ),
        Figure("nearest, ratio 1 to 4", timed(lambda: run(**within, ratio=2, max_controls=4)), "sort and scan", scan),
        Figure(
            "mahalanobis (4) in a caliper",
            timed(lambda: run(**within, distance="mahalanobis", match_on=four)),
            "sort",
            sort,
        ),
        Figure(
            "mahalanobis in a caliper",
            timed(lambda: run(**within, distance="mahalanobis", match_on=COVARIATES)),
            "sort the score",
            sort,
        ),
        Figure(
            "mahalanobis, no caliper",
            timed(lambda: run(score="score", distance="mahalanobis", match_on=COVARIATES)),
            "sort the score",
            sort,
        ),
        Figure(
            f"risk sets of {MONTHS} months, 5 controls",
            timed(lambda: match(months, **options, **within, risk_set=risk, ratio=5)),
            "sort the score",
            sort,
        ),
        Figure("balance of 12 covariates", timed(lambda: fitted.balance()), "one pass over the data", read),
        Figure("subclassification", timed(lambda: run(method="subclass", score="score")), "sort the score", sort),
        Figure("inverse probability weights", timed(lambda: run(method="ipw", score="score")), "one pass", read),
        Figure("overlap weights", timed(lambda: run(method="overlap", score="score")), "one pass", read),
        Figure("coarsened exact matching", timed(lambda: run(method="cem", **weighted)), "one pass", read),
        Figure("entropy balancing", timed(lambda: run(method="entropy", **weighted)), "one pass", read),
    ]
    return figures, frame


def first_calls() -> float:
    """Seconds of the first matchings in this process: kernels are compiled, or read from their cache."""
    frame = population(100, 1_000).assign(score=lambda d: 0.1 + 0.001 * d["age"])
    start = time.perf_counter()
    options = {"treatment": "treat", "id": "id"}
    match(frame, **options, covariates=COVARIATES).balance()
    for more in ({"replace": True}, {"order": "closest"}, {"distance": "mahalanobis", "match_on": COVARIATES}):
        match(frame, **options, score="score", **more)
    match(frame, **options, covariates=COVARIATES, method="entropy")
    risk = RiskSets(start="start", eligible_from="first", eligible_to="last")
    match(dated(frame, MONTHS), **options, score="score", risk_set=risk)
    return time.perf_counter() - start


def report(
    results: list[tuple[tuple[int, int], list[Figure], dict[str, float]]], peer: str | None, first: float
) -> str:
    """The page."""
    lines = [
        "# How fast the matching engine is",
        "",
        "Seconds from a data frame to a full result (checked, with ids, sets and weights), median of up to five warm calls in one",
        "process, beside what bare arrays need in the same run: reading the data once, sorting the score, or sorting and scanning",
        "for the nearest without a frame, an id, a tie rule or a result. `make bench` writes this page.",
        "",
        f"- machine: {platform.machine()}, {os.cpu_count()} cores, {_processor()}; Python {platform.python_version()}",
        f"- versions: {', '.join(f'{name} {version(name)}' for name in PACKAGES)}; MatchIt {peer or 'not installed here'}",
        f"- population: twelve covariates, seed {SEED}; caliper 0.2 SD; largest peak of memory "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB, the data included",
        f"- first calls in the process, compiling the kernels or reading them from their cache: {first:.1f} s, not in the table",
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
    first = first_calls()
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
