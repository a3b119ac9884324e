"""What the weights of every method have in common: whom they speak of, and what they sum to.

Both groups' weights sum to the same total, so that means are comparable and a weight reads as a number of people:

- ATT: the number of treated used (each treated weighs 1);
- ATC: the number of controls used (each control weighs 1);
- ATE: the number of rows used, treated and controls together;
- ATO: the sum of 1 - score over the treated, which is what the overlap holds of them.

MatchIt scales the controls' weights to sum to their own number instead; its weights are these times a constant.
"""

from __future__ import annotations

import numpy as np


def set_weights(sets: np.ndarray, treated: np.ndarray, estimand: str) -> np.ndarray:
    """Weights of disjoint sets, float64 (n,); rows with set -1 weigh 0.

    In a set with t treated and c controls a treated unit weighs 1 (ATT), t+c over t (ATE) or c over t (ATC), and a control
    t over c, t+c over c, or 1. Every set must hold both groups.
    """
    used = sets >= 0
    n_sets = int(sets.max(initial=-1)) + 1
    t = np.bincount(sets[used & treated], minlength=n_sets).astype(np.float64)
    c = np.bincount(sets[used & ~treated], minlength=n_sets).astype(np.float64)
    total = {"att": t, "atc": c, "ate": t + c}[estimand]
    out = np.zeros(sets.size)
    out[used] = np.where(treated[used], total[sets[used]] / t[sets[used]], total[sets[used]] / c[sets[used]])
    return out


def hajek(
    weight: np.ndarray, treated: np.ndarray, tie: np.ndarray, total: float, *, separate: bool = False
) -> np.ndarray:
    """Weights scaled within each group to sum to ``total``, or with ``separate`` to the group's own number of rows.

    Sums run in the order of the hash, so the order of the rows changes no bit.
    """
    out = weight.copy()
    order = np.argsort(tie)
    for group in (treated, ~treated):
        rows = order[group[order] & (weight[order] > 0)]
        if rows.size:
            out[rows] *= (rows.size if separate else total) / np.sum(weight[rows])
    return out


def both_groups(codes: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Codes of strata that hold both groups, dense from 0; -1 elsewhere, int64 (n,)."""
    used = codes >= 0
    n = int(codes.max(initial=-1)) + 1
    here = [np.bincount(codes[used & g], minlength=n) > 0 for g in (treated, ~treated)]
    both = here[0] & here[1]
    place = np.append(np.where(both, np.cumsum(both) - 1, -1), -1)
    return place[codes].astype(np.int64)
