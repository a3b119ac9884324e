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

from synthetic_registers.direct_outcomes import CHOSEN
from tests.proofs.coverage.estimators import FIRST, LATE, MORE, SAMPLES, Estimator, run_all
from tests.proofs.coverage.incidence import truth_by
from tests.proofs.coverage.replication import PERSONS, SCENARIOS, Replication, replicate

BLOCK = 25  # replications
TRIED: dict[str, tuple[Estimator, ...]] = {"estimates": FIRST, "more_estimates": MORE, "late_estimates": LATE}
PARTS = (*TRIED, "truth", "more_truth")
REPLICATIONS = {**dict.fromkeys(SCENARIOS, 1_000), "default": 2_000}
LARGER, LARGER_PERSONS = {"default": 100, "intense": 100}, 24_000
"""A few larger populations, in a folder of their own: what is left of a bias in them is no matter of size."""
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

    def estimators(self, part: str) -> tuple[Estimator, ...]:
        """What is tried in it, for a part that holds estimates."""
        return tuple(e for e in TRIED.get(part, ()) if e.tried_in(self.scenario))


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
    """Parts that are not on disk, or without one of the estimators; where none is tried there is no part."""
    asked = [part for part in PARTS if part not in TRIED or block.estimators(part)]
    return tuple(part for part in asked if not _written(block, folder, part))


def _written(block: Block, folder: Path, part: str) -> bool:
    path = block.path(folder, part)
    if not path.exists():
        return False
    known = (pq.read_schema(path).metadata or {}).get(_NAMES, b"").decode().split("|")
    return {e.name for e in block.estimators(part)} <= set(known)


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
    tables: dict[str, list[pd.DataFrame]] = {part: [] for part in missing(block, folder)}
    for number in range(block.first, block.last + 1):
        spent = time.process_time()
        replication = replicate(block.scenario, number, persons=persons)
        found = {part: _rows(replication, block.estimators(part), part) for part in tables}
        seconds = time.process_time() - spent
        for part, rows in tables.items():
            rows.append(found[part].assign(replication=number, cpu_seconds=seconds))
    for part, rows in tables.items():
        _write(_compact(pd.concat(rows, ignore_index=True)), block.path(folder, part), block.estimators(part))
    return (time.perf_counter() - begun) / (block.last - block.first + 1)


def _rows(replication: Replication, tried: tuple[Estimator, ...], part: str) -> pd.DataFrame:
    """One replication's rows of a part."""
    if part in TRIED:
        return run_all(replication, tried)
    if part == "truth":
        return truth_rows(replication.truth.sums(), n_treated=len(replication.truth.who.row))
    everybody = np.ones(len(replication.truth.who.row))
    parts = [truth_rows(truth_by(replication, everybody), n_treated=everybody.sum(), first=len(CHOSEN), sample="all")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that some are left out is what is counted here
        weights = {name: of(replication) for name, of in SAMPLES.items()}
    for name, weight in weights.items():
        of_sample = {"n_treated": weight.sum(), "sample": name}
        parts.append(truth_rows(replication.truth.sums(weight), **of_sample))
        parts.append(truth_rows(truth_by(replication, weight), first=len(CHOSEN), **of_sample))
    return pd.concat(parts, ignore_index=True)


def truth_rows(sums: Mapping[tuple[str, str], np.ndarray], *, first: int = 0, **same: object) -> pd.DataFrame:
    """Sums of a truth as rows: estimand, clock, line (from ``first``), sum and number with and without the employment."""
    parts = []
    for (estimand, clock), values in sums.items():
        part = pd.DataFrame(dict(zip(("sum_with", "n_with", "sum_without", "n_without"), values, strict=True)))
        parts.append(part.assign(estimand=estimand, clock=clock, line=first + np.arange(len(part))))
    return pd.concat(parts, ignore_index=True).assign(**same)


def _compact(table: pd.DataFrame) -> pd.DataFrame:
    words = [name for name in ("estimator", "clock", "estimand", "sample") if name in table]
    return table.astype({"line": np.int16, "replication": np.int32, **dict.fromkeys(words, "category")})


def _write(table: pd.DataFrame, path: Path, tried: tuple[Estimator, ...]) -> None:
    """Write whole or not at all."""
    names = "|".join(e.name for e in tried)
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    pq.write_table(arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), _NAMES: names.encode()}), partial)
    partial.replace(path)
