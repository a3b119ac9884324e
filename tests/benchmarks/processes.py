"""What one process cannot say of itself: the cost of compiling, and the peak of memory of a single call."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluation.matching import RiskSets, match
from tests.benchmarks.calls import BEST, MONTHS
from tests.benchmarks.population import COVARIATES, dated, population

# of the optimal and full matchings, those whose memory is measured: the others need no more
WEIGHED = (
    "optimal pairs",
    "optimal, 2 controls in a caliper",
    "full matching",
    "full, at most 5 controls, in a caliper",
)
_OPTIONS = {"treatment": "treat", "id": "id"}


@dataclass(frozen=True)
class Peak:
    """Peak of memory of a process that makes one match, GB: with the frame read, before the match; and at the end."""

    label: str
    before: float
    peak: float


def first_calls() -> float:
    """Seconds of the first matchings in this process: kernels are compiled, or read from their cache."""
    frame = population(100, 1_000).assign(score=lambda d: 0.1 + 0.001 * d["age"])
    start = time.perf_counter()
    match(frame, **_OPTIONS, covariates=COVARIATES).balance()
    for more in ({"replace": True}, {"order": "closest"}, {"distance": "mahalanobis", "match_on": COVARIATES}):
        match(frame, **_OPTIONS, score="score", **more)
    for more in BEST.values():
        match(frame, **_OPTIONS, score="score", **more)
    match(frame, **_OPTIONS, covariates=COVARIATES, method="entropy")
    risk = RiskSets(start="start", eligible_from="first", eligible_to="last")
    match(dated(frame, MONTHS), **_OPTIONS, score="score", risk_set=risk)
    return time.perf_counter() - start


def compile_seconds() -> float:
    """Seconds of the same first matchings in a new process with an empty cache: what compiling costs, once per machine."""
    with tempfile.TemporaryDirectory() as cache:
        return float(_in_a_process("first_calls()", cache=cache))


def peaks(n_treated: int, n_controls: int) -> list[Peak]:
    """Peaks of some optimal and full matchings, each in a process of its own that reads a ready frame.

    To be called while the calling process is small: a new process inherits the peak of the one that starts it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "frame.pickle")
        _in_a_process(f"save({path!r}, {n_treated}, {n_controls})")
        found = []
        for label in WEIGHED:
            before, peak = _in_a_process(f"match_saved({path!r}, {label!r})").strip("()").split(",")
            found.append(Peak(label, float(before), float(peak)))
    return found


def save(path: str, n_treated: int, n_controls: int) -> None:
    """Write a population with its score."""
    frame = population(n_treated, n_controls)
    frame = frame.assign(**{name: frame[name].astype("category") for name in ("education", "district")})
    frame.assign(score=match(frame, **_OPTIONS, covariates=COVARIATES).score).to_pickle(path)


def match_saved(path: str, label: str) -> tuple[float, float]:
    """Peak of memory, GB, before and after the match."""
    frame = pd.read_pickle(path)
    before = peak_memory()
    match(frame, **_OPTIONS, score="score", **BEST[label])
    return before, peak_memory()


def peak_memory() -> float:
    """Largest resident memory of this process so far, GB (10^9 bytes)."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def _in_a_process(call: str, cache: str | None = None) -> str:
    """What a function of this module gives in a new process, as text."""
    code = f"from tests.benchmarks import processes; print(processes.{call})"
    environment = os.environ | {"PYTHONWARNINGS": "ignore"} | ({} if cache is None else {"NUMBA_CACHE_DIR": cache})
    command: Sequence[str] = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]
