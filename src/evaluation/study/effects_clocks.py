"""Memberships on a clock: from which month each one's outcomes are read, and when a comparison person begins an employment itself."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from evaluation.cohort import Cohort, own_exit, pseudo_exit
from evaluation.errors import EffectError, FlaggedMethodWarning
from evaluation.outcomes import Panel
from evaluation.study.design import INHERITED, Design
from evaluation.study.estimands import ALL_CLOCKS
from evaluation.study.wording import unknown_value


def on_clock(design: Design, members: pd.DataFrame, clock: str, *, estimand: str | None = None) -> pd.DataFrame:
    """Give every membership its month of time zero, ``t0``; members without one on this clock are left out, whole sets where need be.

    Parameters
    ----------
    clock
        One of :data:`evaluation.study.estimands.ALL_CLOCKS`.
    estimand
        By default the study file's. ``never_in_follow_up`` leaves out comparison persons who begin an employment of their own at any time after.

    Returns
    -------
    DataFrame
        Columns of ``members`` with ``unit`` for ``person``, ``month`` (of the matching), ``own_start`` (NaN: none) and ``t0``.

    Raises
    ------
    EffectError
        A clock that there is not.
    """
    cohort = design.cohort
    estimand = estimand or design.spec.effects.estimand
    if clock in INHERITED:
        t0 = members[clock].to_numpy(dtype=float)
    elif clock == "exit_own":
        t0 = own_exit(members, cohort.table, cohort.episodes)
    elif clock == "exit_pseudo":
        t0 = _pseudo(design, members)
    else:
        raise EffectError(unknown_value("clock", clock, ALL_CLOCKS))
    kept = np.isfinite(t0) & (t0 >= 0)
    own = own_starts(cohort, members)
    sample = members.assign(t0=np.where(kept, t0, 0).astype(np.int64), month=members["start"], own_start=own)
    sample = complete_sets(sample.rename(columns={"person": "unit"}).loc[kept])
    return never_in_follow_up(sample)[0] if estimand == "never_in_follow_up" else sample


def never_in_follow_up(sample: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """The sample without comparison persons who begin an employment of their own at any time after, and which of its rows those are that stay.

    Warns
    -----
    FlaggedMethodWarning
        Whoever stays is chosen by what happened later.
    """
    warnings.warn(
        "never_in_follow_up: chosen by what happened later; offered for reruns, biased",
        FlaggedMethodWarning,
        stacklevel=3,
    )
    stays = (sample["treated"] == 1).to_numpy() | sample["own_start"].isna().to_numpy()
    left = complete_sets(sample.assign(_row=np.arange(len(sample))).loc[stays])
    return left.drop(columns="_row"), left["_row"].to_numpy()


def own_starts(cohort: Cohort, members: pd.DataFrame) -> np.ndarray:
    """Month in which each comparison person begins the next employment after the month of the matching; NaN for none and for participants.

    Also after the window, and for a person who had one before (``unit = "employments"``) the next one.
    """
    jobs = cohort.employments[["person", "start"]].sort_values(["person", "start"])
    span = 1 << 20  # months fit below; person and month become one sorted number
    keys = jobs["person"].to_numpy(dtype=np.int64) * span + jobs["start"].to_numpy(dtype=np.int64)
    person = members["person"].to_numpy(dtype=np.int64)
    at = np.searchsorted(keys, person * span + members["start"].to_numpy(dtype=np.int64), side="right")
    found = np.append(keys, -1)[at]
    later = (found // span == person) & (members["treated"] == 0).to_numpy()
    return np.where(later, found % span, np.nan)


def _pseudo(design: Design, members: pd.DataFrame) -> np.ndarray:
    table = design.cohort.table.set_index("row")
    treated = (members["treated"] == 1).to_numpy()
    rows = table.loc[members["id"].to_numpy(), ["person", "episode", "enrolment"]].reset_index(drop=True)
    ends = design.cohort.episodes[["person", "episode", "end"]]
    pool = rows.merge(ends, on=["person", "episode"], how="left")[["person", "enrolment", "end"]]
    drawn = pseudo_exit(pool.loc[~treated], table[table["treated"] == 1], seed=design.spec.matching.seed)
    t0 = members["exit_actual"].to_numpy(dtype=float)
    t0[~treated] = drawn["exit"].to_numpy(dtype=float)
    return t0


def complete_sets(members: pd.DataFrame) -> pd.DataFrame:
    """Keep sets that hold a participant and at least one comparison person; weights of the latter sum to one in each set."""
    treated = members["treated"].to_numpy() == 1
    sets = np.intersect1d(members.loc[treated, "set"].unique(), members.loc[~treated, "set"].unique())
    kept = members[members["set"].isin(sets)].reset_index(drop=True)
    control = (kept["treated"] == 0).to_numpy()
    total = kept.loc[control].groupby("set")["weight"].transform("sum").to_numpy()
    weight = kept["weight"].to_numpy(dtype=float).copy()
    weight[control] /= total
    return kept.assign(weight=weight)


def share_followed(sample: pd.DataFrame, labels: pd.DataFrame, panel: Panel, n_participants: int) -> np.ndarray:
    """Share of the participants whose horizon lies inside the registers, by column of outcomes.

    Counted before anybody is excluded for being dead or abroad: those were followed. Participants without a month on this clock were not.
    ``n_participants`` are all that the row speaks of: the matched ones, or all eligible for the unadjusted comparison.
    """
    t0 = sample.loc[sample["treated"] == 1, "t0"].to_numpy()[:, None]
    horizon = labels["horizon"].to_numpy()[None, :]
    grid = panel.grid
    last_month = grid.first_month + grid.n_months - 1
    by_year = t0 // 12 + horizon <= grid.last_year
    inside = np.where(labels["horizon_unit"].eq("year").to_numpy()[None, :], by_year, t0 + horizon <= last_month)
    return inside.sum(axis=0) / max(n_participants, 1)


def months_meant(labels: pd.DataFrame, t0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Last month that each horizon refers to, int64 (m, g), and which horizon each column of outcomes has, int64 (k,).

    A year is over in December: whoever begins an employment in it no longer shows the year without one.
    """
    pairs = list(zip(labels["horizon_unit"], labels["horizon"].astype(int), strict=True))
    distinct = sorted(set(pairs))
    until = np.empty((t0.size, len(distinct)), dtype=np.int64)
    for column, (unit, horizon) in enumerate(distinct):
        until[:, column] = (t0 // 12 + horizon) * 12 + 11 if unit == "year" else t0 + horizon
    place = {pair: column for column, pair in enumerate(distinct)}
    return until, np.array([place[pair] for pair in pairs], dtype=np.int64)
