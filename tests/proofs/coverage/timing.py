"""What a replication costs, part by part: ``python -m tests.proofs.coverage.timing [folder]``, alone on the machine, in one thread."""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import numba
import pandas as pd
from threadpoolctl import threadpool_limits

from tests.proofs.coverage.estimators import ESTIMATORS, run_all
from tests.proofs.coverage.replication import Replication, replicate, study
from tests.proofs.delivery import ROOT

FILE = "timing.csv"
REPLICATIONS = 20
COUNTED = ("matched_difference 1:5",)  # stands for the study's matched difference, on every clock


def timed(scenario: str = "default", replications: int = REPLICATIONS) -> pd.DataFrame:
    """CPU seconds of each part of a replication, mean over some: part, seconds, and whether the study file asks for it."""
    asked = {*COUNTED, *study().effects.estimators} | {f"{name} 1:5" for name in study().effects.estimators}
    spent: dict[str, float] = {}

    def lap(name: str, begun: float) -> None:
        spent[name] = spent.get(name, 0.0) + time.process_time() - begun

    _one(scenario, 9_000, lambda *_: None)  # compiled, and in the caches
    for number in range(1, replications + 1):
        _one(scenario, number, lap)
    rows = [(name, total / replications, name in _BEFORE or name in asked) for name, total in spent.items()]
    return pd.DataFrame(rows, columns=["part", "seconds", "in_study"])


_BEFORE = ("population and truth", "matching")


def _one(scenario: str, number: int, lap) -> None:  # type: ignore[no-untyped-def]
    begun = time.process_time()
    replication: Replication = replicate(scenario, number)
    lap(_BEFORE[0], begun)
    begun = time.process_time()
    _ = replication.matched
    lap(_BEFORE[1], begun)
    for estimator in ESTIMATORS:
        if estimator.tried_in(scenario):
            begun = time.process_time()
            run_all(replication, (estimator,))
            lap(estimator.name, begun)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "run" / "coverage"
    folder.mkdir(parents=True, exist_ok=True)
    numba.set_num_threads(1)
    with threadpool_limits(1):
        table = timed()
    table.to_csv(folder / FILE, index=False, float_format="%.4f")
    print(table.to_string(index=False))
    print(
        f"all: {table['seconds'].sum():.2f} s; the study file's: {table.loc[table['in_study'], 'seconds'].sum():.2f} s"
    )
