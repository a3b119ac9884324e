"""Chance that does not depend on the order of the rows: a seeded 64-bit hash of the id.

Whole-number ids are mixed by splitmix64 (Steele, Lea & Flood 2014), a one-to-one map, so two ids never share a hash.
Text ids are first hashed by pandas' own keyed hash, which is fixed across machines and versions.
"""

from __future__ import annotations

import numba
import numpy as np
import pandas as pd

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1


@numba.njit(cache=True, nogil=True)
def mix(values, key):
    """Splitmix64's finaliser on ``values + key``, modulo 2^64; values and result uint64 (n,), key uint64."""
    out = np.empty(values.size, np.uint64)
    for i in range(values.size):
        z = values[i] + key
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        out[i] = z ^ (z >> np.uint64(31))
    return out


def id_hash(ids: pd.Series | pd.Index, *, seed: int, stream: int = 0) -> np.ndarray:
    """Hash of each id, uint64, shape (n,).

    Parameters
    ----------
    ids
        Ids without missing values: whole numbers, or anything with a text form.
    seed
        The seed of the matching.
    stream
        Separate streams of one seed: 0 breaks ties, 1 draws the random order.
    """
    if pd.api.types.is_integer_dtype(ids.dtype):
        codes = ids.to_numpy(dtype=np.int64, copy=False).view(np.uint64)
    else:
        codes = pd.util.hash_array(ids.astype(str).to_numpy(dtype=object), categorize=False)
    key = ((int(seed) * 2 + stream + 1) * _GOLDEN) & _MASK
    return mix(codes, mix(np.array([key], dtype=np.uint64), np.uint64(0))[0])
