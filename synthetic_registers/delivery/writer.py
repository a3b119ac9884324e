"""Writes the registers of a simulated population, chunk by chunk, and lists every flaw."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from synthetic_registers.delivery.chunk import chunk_tables
from synthetic_registers.delivery.flaws.kinds import checked_rates
from synthetic_registers.delivery.formats import FORMATS, Format, open_table
from synthetic_registers.delivery.keys import NumberBook, serial_numbers
from synthetic_registers.delivery.schema import TABLES
from synthetic_registers.delivery.settings import Settings
from synthetic_registers.history import Annual, World


class HasFlaws(Protocol):
    """The part of a scenario that the delivery reads."""

    @property
    def flaws(self) -> Mapping[str, float]:
        """Rate of each ``"register.kind"``."""


class DeliveryWriter:
    """Writes ``registers/<table>`` and ``truth/flaws.csv`` under a folder.

    The memory in use is that of one chunk. The same scenario, size and seed give the same bytes, and the same rows
    however the population is cut into chunks.

    Parameters
    ----------
    out : Path
        Folder to write into; made if missing, files of an earlier delivery are replaced.
    scenario : HasFlaws
        Scenario whose ``flaws`` are made.
    seed : int
        Seed of the delivery.
    persons : int
        Size of the whole population.
    fmt : {"parquet", "csv"}
        Form of the register files.

    Raises
    ------
    ValueError
        If the form, the size or a rate makes no sense.
    """

    def __init__(self, out: Path, *, scenario: HasFlaws, seed: int, persons: int, fmt: Format = "parquet") -> None:
        if fmt not in FORMATS:
            raise ValueError(f"format {fmt!r} is not known; allowed are {', '.join(FORMATS)}")
        if persons < 1:
            raise ValueError(f"persons is {persons}; a delivery needs at least one person")
        self._settings = Settings(seed=seed, persons=persons, rates=checked_rates(scenario.flaws))
        self._book = NumberBook(seed)
        registers, truth = out / "registers", out / "truth"
        for folder in (registers, truth):
            folder.mkdir(parents=True, exist_ok=True)
        for name in TABLES:  # an earlier delivery in the other form must not stand beside this one
            for other in FORMATS:
                (registers / f"{name}.{other}").unlink(missing_ok=True)
        self._files = {name: open_table(registers, name, schema, fmt) for name, schema in TABLES.items()}
        self._flaws = (truth / "flaws.csv").open("w", encoding="utf-8", newline="")
        self._list = csv.writer(self._flaws, lineterminator="\n")
        self._list.writerow(("register", "kind", "row_key"))

    def write(self, world: World, annual: Annual, chunk: int) -> None:
        """Append one chunk.

        Parameters
        ----------
        world, annual : World, Annual
            The people of the chunk, in ascending order of the person number and after those of the chunk before.
        chunk : int
            Number of the chunk, for error messages.

        Raises
        ------
        ValueError
            If the persons are out of order or outside the population.
        """
        try:
            tables = chunk_tables(world, annual, settings=self._settings, book=self._book)
            for name, frame in tables.frames():
                self._files[name].write(frame.to_arrow(TABLES[name]))
        except ValueError as error:
            raise ValueError(f"chunk {chunk}: {error}") from error
        self._list.writerows(sorted(tables.found.rows))

    def serial_numbers(self, person: np.ndarray) -> np.ndarray:
        """Serial number (LopNr) of persons, as in the files."""
        return serial_numbers(person, persons=self._settings.persons, seed=self._settings.seed)

    def close(self) -> None:
        """Finish every file."""
        for file in self._files.values():
            file.close()
        self._flaws.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
