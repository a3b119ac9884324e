"""Simulates a population chunk by chunk and writes its registers and its truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synthetic_registers.annual import annual
from synthetic_registers.delivery.formats import FORMATS, Format, open_table
from synthetic_registers.delivery.writer import DeliveryWriter
from synthetic_registers.history import NO_MONTH, World
from synthetic_registers.parameters import load_scenario
from synthetic_registers.simulate import simulate_chunk
from synthetic_registers.truth import Truth

Progress = Callable[[str, int, int], None]
MARK = "SYNTHETIC"  # file beside the registers, and table among them: whose persons do not exist
CHUNK = 20_000  # persons in memory at a time

_PERSONS = pa.schema(
    [
        ("lopnr", pa.int64()),
        ("start", pa.int32()),
        ("planned_exit", pa.int32()),
        ("actual_exit", pa.int32()),
        ("workplace", pa.string()),
        ("employments", pa.int8()),
        ("woman", pa.bool_()),
        ("birth_year", pa.int16()),
        ("ability", pa.float64()),
        ("health", pa.float64()),
        ("motivation", pa.float64()),
    ]
)


class _Serial(Protocol):
    def serial_numbers(self, person: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Summary:
    """What was made.

    Attributes
    ----------
    scenario, title, seed, out
        As asked.
    persons
        Size of the population.
    enrolled
        Persons who were ever at Jobbtorg.
    treated
        Persons whose first fixed-term employment began in 2009-2011.
    employments
        Fixed-term employments of all years.
    """

    scenario: str
    title: str
    seed: int
    out: Path
    persons: int
    enrolled: int
    treated: int
    employments: int

    def __str__(self) -> str:
        return (
            f"{self.title} (scenario {self.scenario}, seed {self.seed})\n"
            f"  {self.persons:,} persons, {self.enrolled:,} of them ever at Jobbtorg, {self.employments:,} fixed-term employments\n"
            f"  {self.treated:,} persons whose first employment began in 2009-2011: the participants of the truth\n"
            f"  registers in {self.out / 'registers'}, truth in {self.out / 'truth'}"
        )


def synthesize(
    *,
    scenario: str,
    persons: int,
    seed: int,
    out: Path,
    fmt: Literal["parquet", "csv"] = "parquet",
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> Summary:
    """Simulate a population and write ``out/registers`` and ``out/truth``.

    Same scenario, size, seed and form: same bytes. Memory in use is that of one chunk.

    Parameters
    ----------
    scenario
        Name of a file in ``scenarios/``.
    persons
        Size of the population.
    seed
        From 0 to 2**63 - 1.
    out
        Folder; files of an earlier run are replaced.
    fmt
        ``parquet``, or ``csv`` (cp1252, semicolons).
    chunk
        Persons simulated at a time. Histories and registers do not depend on it; the drawn exit clocks of ``truth`` on the clock
        ``exit_actual`` are drawn within a chunk, so that part of the truth does.
    progress
        Called as ``progress(what, done, total)`` after every chunk.

    Raises
    ------
    ScenarioError
        No such scenario, or its file makes no sense.
    ValueError
        A size, seed or form that is not allowed.
    """
    if persons < 1 or chunk < 1:
        raise ValueError(f"persons is {persons} and chunk {chunk}; both must be at least 1")
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed is {seed}; allowed are whole numbers from 0 to 2**63 - 1")
    rules = load_scenario(scenario)
    truth = Truth(rules, seed)
    enrolled = treated = employments = 0
    progress = progress or _silent
    progress("simulating", 0, persons)
    with DeliveryWriter(out, scenario=rules, seed=seed, persons=persons, fmt=fmt) as writer:
        (out / "truth").mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(out / "truth" / "persons.parquet", _PERSONS, compression="zstd") as people:
            for number, first in enumerate(range(0, persons, chunk)):
                n = min(chunk, persons - first)
                world = simulate_chunk(rules, seed, first, n)
                registers = annual(rules, world.people, world.history)
                writer.write(world, registers, number)
                treated += len(truth.add(world, registers).row)
                people.write_table(_persons(world, writer))
                enrolled += int(world.history.enrolled.any(axis=1).sum())
                employments += len(world.employments.row)
                progress("simulating", first + n, persons)
    truth.write(out / "truth" / "effects.csv")
    # whoever reads these registers must be able to tell that nobody in them exists
    (out / MARK).write_text(f"{scenario}\n", encoding="utf-8")
    _mark(out / "registers", scenario, fmt)
    return Summary(scenario, rules.title, seed, out, persons, enrolled, treated, employments)


def _mark(registers: Path, scenario: str, fmt: Format) -> None:
    """Put the mark among the tables themselves, where it stays with them when only they are copied, or loaded into a database."""
    for other in FORMATS:
        (registers / f"{MARK}.{other}").unlink(missing_ok=True)
    schema = pa.schema([("scenario", pa.string())])
    file = open_table(registers, MARK, schema, fmt)
    file.write(pa.table({"scenario": [scenario]}, schema=schema))
    file.close()


def _silent(what: str, done: int, total: int) -> None:
    """Show nothing."""


def _persons(world: World, writer: _Serial) -> pa.Table:
    """What tests may want to know of each person: the first employment (empty without one) and the latent traits; by serial number."""
    n, e, p = len(world.people), world.employments, world.people
    row, first = np.unique(e.row, return_index=True)
    serial = writer.serial_numbers(p.person)
    columns: dict[str, object] = {"lopnr": serial}
    for name, source in (("start", "start_month"), ("planned_exit", "planned_exit"), ("actual_exit", "actual_exit")):
        values = np.full(n, NO_MONTH, np.int32)
        values[row] = getattr(e, source)[first]
        columns[name] = pa.array(values, mask=values == NO_MONTH)
    kind = np.full(n, 0)
    kind[row] = e.workplace[first]
    columns["workplace"] = pa.array(
        np.array(["", "regular", "created"], dtype=object)[kind], mask=kind == 0, type=pa.string()
    )
    columns["employments"] = np.bincount(e.row, minlength=n).astype(np.int8)
    columns |= {"woman": p.woman, "birth_year": (p.birth_month // 12).astype(np.int16)}
    columns |= {"ability": p.ability, "health": p.health, "motivation": p.motivation}
    return pa.table(columns, schema=_PERSONS).take(pa.array(np.argsort(serial, kind="stable")))
