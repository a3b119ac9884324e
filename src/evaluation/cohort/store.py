"""Where the batches of a cohort lie: in memory, or as parquet files in the protected work folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evaluation.cohort.frame import Columns


class Store(Protocol):
    """Keeps batches of columns and gives one column back at a time."""

    def add(self, columns: Columns) -> None:
        """Keep a batch."""

    def column(self, name: str) -> np.ndarray:
        """One column of all batches in the order they were added."""

    @property
    def names(self) -> list[str]:
        """Names of the columns."""


@dataclass
class MemoryStore:
    """Batches in memory."""

    batches: list[Columns] = field(default_factory=list)

    def add(self, columns: Columns) -> None:
        """Keep a batch."""
        self.batches.append(columns)

    def column(self, name: str) -> np.ndarray:
        """One column of all batches in the order they were added."""
        return np.concatenate([batch[name] for batch in self.batches])

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return list(self.batches[0]) if self.batches else []


@dataclass
class ParquetStore:
    """Batches as ``part-0000.parquet`` ... in a folder of their own."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> ParquetStore:
        """An empty store; parts an earlier run left there are removed."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return cls(folder)

    @property
    def parts(self) -> list[Path]:
        """Files in the order they were added."""
        return sorted(self.folder.glob("part-*.parquet"))

    def add(self, columns: Columns) -> None:
        """Write a batch as the next part."""
        path = self.folder / f"part-{len(self.parts):04d}.parquet"
        pq.write_table(pa.table(columns), path, compression="zstd")

    def column(self, name: str) -> np.ndarray:
        """One column of all parts."""
        return np.concatenate([pq.read_table(part, columns=[name])[name].to_numpy() for part in self.parts])

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return pq.read_schema(self.parts[0]).names if self.parts else []
