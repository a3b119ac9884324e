"""The floor: what bare arrays need on this machine, without a frame, an id or a result. Loops are compiled."""

from __future__ import annotations

import numba
import numpy as np

_compiled = numba.njit(cache=True)


def one_pass(columns: np.ndarray) -> float:
    """Read every value of the data once: the sum of each column."""
    return float(columns.sum())


def sort_score(score: np.ndarray) -> np.ndarray:
    """Sort the score of everybody."""
    return np.sort(score)


def sort_and_scan(
    score: np.ndarray, treated: np.ndarray, caliper: float, stratum: np.ndarray | None = None
) -> np.ndarray:
    """Nearest neighbour 1:1 without replacement, largest first: sort both groups, and search with union-find."""
    value = score if stratum is None else score + stratum * 1e4
    control = np.flatnonzero(~treated)
    order = np.argsort(value[control])
    seekers = np.flatnonzero(treated)
    seekers = seekers[np.argsort(-score[seekers])]
    sought, line = value[seekers], value[control][order]
    found = _scan(sought, line, np.searchsorted(line, sought), caliper)
    return np.where(found >= 0, control[order[found]], -1)


def sort_and_scan_rounds(score: np.ndarray, treated: np.ndarray, caliper: float, wanted: np.ndarray) -> np.ndarray:
    """As :func:`sort_and_scan`, in rounds: each gives one more control to those that want as many (int per treated)."""
    control = np.flatnonzero(~treated)
    order = np.argsort(score[control])
    seekers = np.flatnonzero(treated)
    turn = np.argsort(-score[seekers])
    sought, line = score[seekers][turn], score[control][order]
    found = _rounds(sought, line, np.searchsorted(line, sought), caliper, wanted[turn])
    return np.where(found >= 0, control[order[found]], -1)


def sort_and_scan_with_reuse(score: np.ndarray, treated: np.ndarray, caliper: float, ratio: int) -> np.ndarray:
    """The nearest ``ratio`` with replacement: sort the controls, and step outwards."""
    control = np.flatnonzero(~treated)
    order = np.argsort(score[control])
    line, sought = score[control][order], score[treated]
    found = _outwards(sought, line, np.searchsorted(line, sought), caliper, ratio)
    return np.where(found >= 0, control[order[found]], -1)


@_compiled
def _scan(sought, line, at, caliper):
    m = line.size
    left, right = np.arange(m + 1).astype(np.int32), np.arange(m + 1).astype(np.int32)
    out = np.full(sought.size, -1, np.int64)
    for t in range(sought.size):
        i = at[t]
        while right[i] != i:
            right[i] = right[right[i]]
            i = right[i]
        j = at[t]
        while left[j] != j:
            left[j] = left[left[j]]
            j = left[j]
        above = line[i] - sought[t] if i < m else np.inf
        below = sought[t] - line[j - 1] if j > 0 else np.inf
        if min(above, below) > caliper:
            continue
        pick = i if above < below else j - 1
        out[t] = pick
        right[pick] = pick + 1
        left[pick + 1] = pick
    return out


@_compiled
def _rounds(sought, line, at, caliper, wanted):
    m = line.size
    left, right = np.arange(m + 1).astype(np.int32), np.arange(m + 1).astype(np.int32)
    out = np.full((sought.size, wanted.max()), -1, np.int64)
    for k in range(wanted.max()):
        for t in range(sought.size):
            if k >= wanted[t]:
                continue
            i = at[t]
            while right[i] != i:
                right[i] = right[right[i]]
                i = right[i]
            j = at[t]
            while left[j] != j:
                left[j] = left[left[j]]
                j = left[j]
            above = line[i] - sought[t] if i < m else np.inf
            below = sought[t] - line[j - 1] if j > 0 else np.inf
            if min(above, below) > caliper:
                continue
            pick = i if above < below else j - 1
            out[t, k] = pick
            right[pick] = pick + 1
            left[pick + 1] = pick
    return out


@_compiled
def _outwards(sought, line, at, caliper, ratio):
    m = line.size
    out = np.full((sought.size, ratio), -1, np.int64)
    for t in range(sought.size):
        i, j = at[t], at[t] - 1
        for k in range(ratio):
            above = line[i] - sought[t] if i < m else np.inf
            below = sought[t] - line[j] if j >= 0 else np.inf
            if min(above, below) > caliper:
                break
            if above < below:
                out[t, k] = i
                i += 1
            else:
                out[t, k] = j
                j -= 1
    return out
