"""Runs the replications, a block of them a file: what is on disk already is not done again.

Blocks are numbered alike in every scenario and done in turn, so that an unfinished run holds about as many replications of each.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from synthetic_registers.direct_truth import ALL
from tests.proofs.coverage.estimators import ESTIMATORS, MATCHINGS, Estimator, run_all
from tests.proofs.coverage.replication import PERSONS, SCENARIOS, Replication, replicate

BLOCK = 25  # replications
PARTS = ("estimates", "truth", "matched_truth")
REPLICATIONS = {**dict.fromkeys(SCENARIOS, 500), "default": 2_000}
_NAMES = b"estimators"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Block:
    """Replications ``first`` to ``last`` of a scenario."""

    scenario: str
    first: int
    last: int

    def path(self, folder: Path, part: str) -> Path:
        """File of one of :data:`PARTS`."""
        return folder / f"{self.scenario}-{self.first:05d}-{self.last:05d}-{part}.parquet"

    def estimators(self) -> tuple[Estimator, ...]:
        """What is tried in it."""
        return tuple(e for e in ESTIMATORS if e.tried_in(self.scenario))


def blocks(replications: Mapping[str, int], size: int = BLOCK) -> list[Block]:
    """Every block asked for, in the order they are done."""
    return [
        Block(scenario, first, min(first + size - 1, wanted))
        for first in range(1, max(replications.values()) + 1, size)
        for scenario, wanted in replications.items()
        if first <= wanted
    ]


def finished(block: Block, folder: Path) -> bool:
    """Whether the block is on disk with all of its estimators."""
    return not missing(block, folder)


def missing(block: Block, folder: Path) -> tuple[str, ...]:
    """Parts that are not on disk, or without one of the estimators."""
    return tuple(part for part in PARTS if not _written(block, folder, part))


def _written(block: Block, folder: Path, part: str) -> bool:
    path = block.path(folder, part)
    if not path.exists():
        return False
    known = (pq.read_schema(path).metadata or {}).get(_NAMES, b"").decode().split("|")
    return part != "estimates" or {e.name for e in block.estimators()} <= set(known)


def run(
    folder: Path,
    replications: Mapping[str, int],
    *,
    processes: int = 2,
    persons: int = PERSONS,
    size: int = BLOCK,
) -> None:
    """Do every block that is not on disk yet, in ``processes`` processes of one thread each."""
    folder.mkdir(parents=True, exist_ok=True)
    todo = [block for block in blocks(replications, size) if not finished(block, folder)]
    begun, done = time.perf_counter(), 0
    print(f"{len(todo)} blocks to do in {folder}", flush=True)
    # set before the processes start: libraries read them when they are loaded
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        jobs = {pool.submit(run_block, block, folder, persons): block for block in todo}
        for job in as_completed(jobs):
            done += 1
            each = job.result()
            left = (len(todo) - done) * (time.perf_counter() - begun) / done / 60
            block = jobs[job]
            print(
                f"{block.scenario} {block.first}-{block.last}: {each:.2f} s a replication; {left:.0f} min left",
                flush=True,
            )


def run_block(block: Block, folder: Path, persons: int = PERSONS) -> float:
    """Do what is missing of a block and write it; gives seconds a replication."""
    begun = time.perf_counter()
    tried, parts = block.estimators(), missing(block, folder)
    tables: dict[str, list[pd.DataFrame]] = {part: [] for part in parts}
    for number in range(block.first, block.last + 1):
        spent = time.process_time()
        replication = replicate(block.scenario, number, persons=persons)
        if "estimates" in parts:
            found = run_all(replication, tried)
            tables["estimates"].append(found.assign(replication=number, cpu_seconds=time.process_time() - spent))
        if "truth" in parts:
            tables["truth"].append(truth_rows(replication))
        if "matched_truth" in parts:
            tables["matched_truth"].append(matched_truth_rows(replication))
    for part, rows in tables.items():
        table = pd.concat(rows, ignore_index=True)
        _write(
            _compact(table) if part == "estimates" else table,
            block.path(folder, part),
            "|".join(e.name for e in tried),
        )
    return (time.perf_counter() - begun) / (block.last - block.first + 1)


def truth_rows(replication: Replication, among: np.ndarray | slice = ALL) -> pd.DataFrame:
    """The sample's truth in sums: replication, estimand, clock, line, sum and number with and without the employment."""
    parts = []
    for (estimand, clock), sums in replication.truth.sums(among).items():
        part = pd.DataFrame(dict(zip(("sum_with", "n_with", "sum_without", "n_without"), sums, strict=True)))
        parts.append(part.assign(estimand=estimand, clock=clock, line=np.arange(len(part))))
    table = pd.concat(parts, ignore_index=True)
    n = len(replication.truth.who.row) if isinstance(among, slice) else int(among.sum())
    return table.assign(replication=replication.number, n_treated=n)


def matched_truth_rows(replication: Replication) -> pd.DataFrame:
    """The same among the participants that each matching keeps."""
    parts = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that some are left out is what is counted here
        for name, of in MATCHINGS.items():
            parts.append(truth_rows(replication, replication.participants_of(of(replication))).assign(matching=name))
    return pd.concat(parts, ignore_index=True)


def _compact(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({"line": np.int16, "replication": np.int32, "estimator": "category", "clock": "category"})


def _write(table: pd.DataFrame, path: Path, names: str) -> None:
    """Write whole or not at all."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    pq.write_table(arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), _NAMES: names.encode()}), partial)
    partial.replace(path)
