"""Which rows of a register are damaged: drawn by rate, never twice the same row, each listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from synthetic_registers.delivery.draws import Draws
from synthetic_registers.delivery.frame import Frame

KeyText = Callable[[Frame], pa.Array]


def key_text(**columns: str) -> KeyText:
    """Row keys ``"LopNr=5;year=2009"`` from pairs of name in the key and column of the frame."""

    def write(frame: Frame) -> pa.Array:
        parts: list[pa.Array | pa.Scalar] = []
        for i, (name, column) in enumerate(columns.items()):
            parts += [pa.scalar((";" if i else "") + name + "="), pc.cast(pa.array(frame[column]), pa.string())]
        return pc.binary_join_element_wise(*parts, pa.scalar(""))

    return write


@dataclass
class Found:
    """Flaws of one chunk: register, kind and row key of each."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def note(self, register: str, kind: str, keys: pa.Array) -> None:
        """Add rows; a row that stands twice (a duplicate) is listed once."""
        self.rows += [(register, kind, key) for key in dict.fromkeys(keys.to_pylist())]


class Marks:
    """Damage of one register in one chunk.

    Parameters
    ----------
    register : str
        Register of the flaws.
    frame : Frame
        Undamaged rows, with ``_person`` and ``_event`` to draw by.
    key : KeyText
        Writes the row keys.
    rates : mapping
        Rate of each ``"register.kind"``.
    found : Found
        List to add to.
    seed : int
        Seed of the delivery.
    spared : bool array, optional
        Rows that must stay as they are.
    """

    def __init__(
        self,
        register: str,
        frame: Frame,
        *,
        key: KeyText,
        rates: Mapping[str, float],
        found: Found,
        seed: int,
        spared: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        self._register, self._frame, self._key = register, frame, key
        self._rates, self._found, self._seed = rates, found, seed
        self.taken = np.zeros(len(frame), dtype=bool) if spared is None else spared.copy()

    def draw(
        self, kind: str, eligible: npt.NDArray[np.bool_] | None = None, *, listed: bool = True
    ) -> npt.NDArray[np.int64]:
        """Rows to damage, drawn at the kind's rate among the eligible and yet undamaged ones, and then taken.

        ``listed`` says whether these rows are the flawed ones; where the damage adds rows, list those instead.
        """
        rows = self._drawn(kind, eligible)
        self.taken[rows] = True
        if listed:
            self.list(kind, self._frame.take(rows))
        return rows

    def _drawn(self, kind: str, eligible: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.int64]:
        rate = self._rates[f"{self._register}.{kind}"]
        if rate <= 0:
            return np.zeros(0, dtype=np.int64)
        free = ~self.taken if eligible is None else eligible & ~self.taken
        rows = np.flatnonzero(free)
        draws = Draws(self._seed, f"flaws.{self._register}.{kind}")
        return rows[draws.uniform(self._frame["_person"][rows], self._frame["_event"][rows]) < rate]

    def list(self, kind: str, rows: Frame) -> None:
        """List flawed rows."""
        if len(rows):
            self._found.note(self._register, kind, self._key(rows))

    def draws(self, kind: str) -> Draws:
        """Stream for how the damage of a kind is made (which rows comes from another)."""
        return Draws(self._seed, f"flaws.{self._register}.{kind}.how")
