"""Adapters of what is known to be biased: run to show by how much."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.effects import estimate_many
from synthetic_registers.cohorts import NEVER
from tests.proofs.coverage.depleted import deplete
from tests.proofs.coverage.replication import Replication, match_study, study
from tests.proofs.coverage.sets import complete, on_sets

UNADJUSTED = 0x554E414A  # as in the study's design


def own_exit(replication: Replication, clock: str) -> pd.DataFrame:
    """Comparison persons counted from their own exit from Jobbtorg, participants from the end of the employment."""
    members = replication.members(replication.matched, "exit_actual")
    end = replication.months.episode_end[members["position"].to_numpy()]
    treated = (members["treated"] == 1).to_numpy()
    members = members.assign(t0=np.where(treated, members["t0"].to_numpy(), end))
    kept = complete(members[members["t0"] < NEVER])
    return estimate_many(kept, replication.values(kept))


def never_in_follow_up(replication: Replication, clock: str) -> pd.DataFrame:
    """Comparison persons who never start one: chosen by what happened later."""
    members = replication.members(replication.matched, "start")
    treated = (members["treated"] == 1).to_numpy()
    later = replication.begun[members["position"].to_numpy()] < NEVER
    kept = complete(members[treated | ~later])
    return estimate_many(kept, replication.values(kept))


def unadjusted(replication: Replication, clock: str) -> pd.DataFrame:
    """Each participant, matched or not, beside ten persons drawn among those at risk in the same month, as the study draws them."""
    frame = replication.frame
    month, treated = frame["month"].to_numpy(), frame["treated"].to_numpy() == 1
    lead = np.flatnonzero(treated)
    others = np.flatnonzero(~treated)
    low = np.searchsorted(month[others], month[lead], side="left")
    high = np.searchsorted(month[others], month[lead], side="right")
    k = study().effects.unadjusted_controls
    rng = np.random.Generator(np.random.Philox(key=[study().matching.seed, UNADJUSTED]))
    drawn = others[low[:, None] + np.floor(rng.random((len(lead), k)) * (high - low)[:, None]).astype(np.int64)]
    position = np.concatenate([lead, drawn.ravel()])
    sets = np.concatenate([np.arange(len(lead)), np.repeat(np.arange(len(lead)), k)])
    members = pd.DataFrame(
        {
            "set": sets,
            "unit": frame["person"].to_numpy()[position],
            "treated": np.repeat([1, 0], [len(lead), drawn.size]),
            "weight": np.repeat([1.0, 1.0 / k], [len(lead), drawn.size]),
        }
    )
    return estimate_many(members, replication.outcomes.at(replication.months.row[position], month[lead][sets]))


def cap_in_order(replication: Replication, clock: str) -> pd.DataFrame:
    """Everybody used once at most, filled in the order of time: offered and flagged."""
    changes = {"ratio": 1, "max_reuse": 1, "risk_set": "month"}
    matched = match_study(replication.frame, score=replication.ready_score, **changes)
    return on_sets(replication, matched, "start")


def cap_out_of_order(replication: Replication, clock: str) -> pd.DataFrame:
    """Everybody used once at most, the largest score first whatever its month: what is refused by the house."""
    members = deplete(replication)
    return estimate_many(members, replication.values(members))
