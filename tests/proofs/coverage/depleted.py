"""Matching that uses everybody once, the treated served in the order of the score and not of time: shown to be biased, never offered."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numba import njit

from tests.proofs.coverage.replication import Replication, study


def deplete(replication: Replication) -> pd.DataFrame:
    """Pairs within the study's strata and caliper in which no person stands twice, as memberships (see ``Replication.members``)."""
    frame, matched = replication.frame, replication.matched
    stratum = frame.groupby(list(study().matching.strata), sort=False, observed=True).ngroup().to_numpy()
    value = matched.task.value
    treated = frame["treated"].to_numpy() == 1
    seekers = np.flatnonzero(treated)
    seekers = seekers[np.argsort(-value[seekers], kind="stable")]
    pool = np.flatnonzero(~treated)
    pool = pool[np.argsort(stratum[pool], kind="stable")]
    bounds = np.searchsorted(stratum[pool], np.arange(stratum.max() + 2))
    partner = _serve(seekers, pool, bounds, stratum, value, replication.months.row, matched.task.caliper)
    found = partner >= 0
    position = np.column_stack([seekers[found], partner[found]]).ravel()
    n = int(found.sum())
    return pd.DataFrame(
        {
            "set": np.repeat(np.arange(n), 2),
            "unit": frame["person"].to_numpy()[position],
            "treated": np.tile([1, 0], n),
            "weight": 1.0,
            "position": position,
            "row": replication.months.row[position],
            "t0": np.repeat(frame["month"].to_numpy()[seekers[found]], 2),
        }
    )


@njit(cache=True, nogil=True)
def _serve(seekers, pool, bounds, stratum, value, person, caliper):  # type: ignore[no-untyped-def]
    used = np.zeros(person.max() + 1, np.bool_)
    out = np.full(len(seekers), -1)
    for k in range(len(seekers)):
        i = seekers[k]
        best, at = caliper, -1
        for p in range(bounds[stratum[i]], bounds[stratum[i] + 1]):
            j = pool[p]
            gap = abs(value[j] - value[i])
            if gap <= best and not used[person[j]]:
                best, at = gap, j
        if at >= 0:
            used[person[at]] = True
            out[k] = at
    return out
