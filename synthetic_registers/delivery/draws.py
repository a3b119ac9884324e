"""Named draws that depend on the person and the event only, never on how the population was cut into chunks.

A generator with a running state gives other numbers when the chunks change. Here every draw is Philox-4x32-10 at the
counter (person, event) under the key of its stream, which is made of the seed and the stream's name. The streams are
unrelated to each other and to those of the simulation: damaging one register moves nothing anywhere else.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
from numba import njit

from synthetic_registers.streams import philox

_MASK, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def mix(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Finaliser of splitmix64 (Steele, Lea & Flood, OOPSLA 2014): every bit of the input moves every bit of the output."""
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    return bits ^ (bits >> np.uint64(31))


def stream_key(seed: int, name: str) -> np.uint64:
    """Key of a named stream: 64 bits of BLAKE2b over the seed and the name."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


@njit
def _fill(key, persons, events, out):  # type: ignore[no-untyped-def]
    for i in range(persons.size):
        p, e = np.uint64(persons[i]), np.uint64(events[i])
        a, b, _, _ = philox(p & _MASK, e & _MASK, e >> _SHIFT, p >> _SHIFT, key & _MASK, key >> _SHIFT)
        out[i] = (np.float64(a >> np.uint64(5)) * 67108864.0 + np.float64(b >> np.uint64(6))) / 9007199254740992.0


class Draws:
    """Draws of one named stream.

    Parameters
    ----------
    seed : int
        Seed of the delivery.
    name : str
        Name of the stream, for instance ``"enrolments.start_day"``. Streams with different names are unrelated.
    """

    def __init__(self, seed: int, name: str) -> None:
        self._key = stream_key(seed, name)

    def uniform(self, person: npt.ArrayLike, event: npt.ArrayLike = 0) -> npt.NDArray[np.float64]:
        """Uniform on [0, 1), 53 bits, for each (person, event); the two are broadcast against each other."""
        person, event = np.broadcast_arrays(
            np.atleast_1d(np.asarray(person, dtype=np.int64)), np.asarray(event, dtype=np.int64)
        )
        out = np.empty(person.size)
        _fill(self._key, person.ravel(), event.ravel(), out)
        return out.reshape(person.shape)

    def integers(
        self, person: npt.ArrayLike, event: npt.ArrayLike = 0, *, low: npt.ArrayLike = 0, high: npt.ArrayLike
    ) -> npt.NDArray[np.int64]:
        """Integers from ``low`` to ``high``, both included; the bounds may be arrays."""
        low, high = np.asarray(low, dtype=np.int64), np.asarray(high, dtype=np.int64)
        return low + np.floor(self.uniform(person, event) * (high - low + 1)).astype(np.int64)

    def choice(
        self, person: npt.ArrayLike, event: npt.ArrayLike = 0, *, weights: npt.ArrayLike
    ) -> npt.NDArray[np.int64]:
        """Index of an alternative, drawn with the given weights (any positive scale)."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        return np.searchsorted(edges[:-1] / edges[-1], self.uniform(person, event), side="right")
