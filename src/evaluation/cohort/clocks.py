"""Clocks: the month from which outcomes are counted.

A treated person has a start, a planned and an actual exit. A comparison person has none of them, so where its clock starts decides the
result. ``inherited`` gives it the clock of the treated person it is matched to. ``own_exit`` and ``pseudo_exit`` are offered so that
commissioned reports can be rerun; both are known to be biased and say so.

All functions take and return months (absolute integers) as float64 with NaN where there is no clock.
"""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
import pandas as pd

from evaluation.errors import CohortError, FlaggedMethodWarning, Problem

Clock = Literal["start", "exit_planned", "exit_actual"]
_COLUMN: dict[str, str] = {"start": "month", "exit_planned": "planned_exit", "exit_actual": "actual_exit"}


def inherited(members: pd.DataFrame, table: pd.DataFrame, *, clock: Clock) -> np.ndarray:
    """Clock of every member of matched sets: that of the treated person of the set.

    Parameters
    ----------
    members
        One row per membership: ``set``, ``id`` (row of the cohort's table), ``treated``. One treated a set.
    table
        The cohort's table: ``row``, ``month``, ``planned_exit``, ``actual_exit``.
    clock
        ``start``, ``exit_planned`` or ``exit_actual``.

    Raises
    ------
    CohortError
        A set without exactly one treated member, or an unknown clock.
    """
    column = _column(clock)
    treated = members[members["treated"] == 1]
    sets = members["set"].nunique()
    if len(treated) != treated["set"].nunique() or len(treated) != sets:
        raise CohortError(
            Problem(
                "matched sets",
                f"{sets} sets with {len(treated)} treated members",
                "exactly one treated member in each set",
                "inherited clocks need sets of one treated and its controls; use a matching method that gives them",
            )
        )
    month = _of_rows(treated["id"], table, column)
    by_set = pd.Series(month, index=treated["set"].to_numpy())
    return members["set"].map(by_set).to_numpy(dtype=np.float64)


def own_exit(members: pd.DataFrame, table: pd.DataFrame, episodes: pd.DataFrame) -> np.ndarray:
    """Clock of every member: a treated person's actual exit, a control's own exit from Jobbtorg.

    Grossly biased where leaving Jobbtorg means having found work; see methods.

    Parameters
    ----------
    members
        One row per membership: ``id`` (row of the cohort's table), ``treated``.
    table
        The cohort's table: ``row``, ``person``, ``episode``, ``actual_exit``.
    episodes
        ``cohort.episodes``: ``person``, ``episode``, ``end`` (last month of the episode; NaN while open).

    Warns
    -----
    FlaggedMethodWarning
    """
    _flag(
        "own_exit", "the comparison group's clock starts when it leaves Jobbtorg, which often means having found work"
    )
    rows = table.set_index("row").loc[members["id"].to_numpy(), ["person", "episode", "actual_exit"]]
    ends = episodes.set_index(["person", "episode"])["end"]
    own = ends.reindex(pd.MultiIndex.from_frame(rows[["person", "episode"]])).to_numpy(dtype=np.float64)
    return np.where(members["treated"].to_numpy() == 1, rows["actual_exit"].to_numpy(dtype=np.float64), own)


def pseudo_exit(
    pool: pd.DataFrame,
    treated: pd.DataFrame,
    *,
    seed: int,
    clock: Literal["exit_planned", "exit_actual"] = "exit_actual",
) -> pd.DataFrame:
    """Exits drawn for persons without an employment, from the distribution among the treated.

    Each person of the pool draws a treated person with replacement and takes over its months from enrolment to start and to exit; it is
    kept where it was still enrolled at the start so drawn.

    Parameters
    ----------
    pool
        One row per episode without employment: ``person``, ``enrolment`` (first month), ``end`` (last month; NaN while open).
    treated
        Treated rows of the cohort's table: ``enrolment``, ``month`` (of the start), ``planned_exit``, ``actual_exit``.
    seed
        The draw of a person depends on the seed and its rank by (person, enrolment), not on the order of rows.
    clock
        Which exit of the treated is taken over.

    Returns
    -------
    The pool in its own order with ``start``, ``exit`` (NaN where not kept) and ``kept``.

    Warns
    -----
    FlaggedMethodWarning
    """
    _flag("pseudo_exit", "a drawn exit ignores why some leave early and others stay")
    column = _column(clock)
    known = treated[treated[column].notna()].sort_values(["enrolment", "month", column])
    if known.empty:
        raise CohortError(Problem("pseudo_exit", f"no treated person has a month of {column}", "at least one"))
    to_start = (known["month"] - known["enrolment"]).to_numpy(dtype=np.float64)
    to_exit = (known[column] - known["enrolment"]).to_numpy(dtype=np.float64)
    rank = np.empty(len(pool), dtype=np.int64)
    rank[np.lexsort((pool["enrolment"].to_numpy(), pool["person"].to_numpy()))] = np.arange(len(pool))
    rng = np.random.Generator(np.random.Philox(key=seed))
    drawn = rng.integers(0, len(known), len(pool))[rank]
    enrolment = pool["enrolment"].to_numpy(dtype=np.float64)
    start = enrolment + to_start[drawn]
    end = pool["end"].to_numpy(dtype=np.float64)
    kept = np.isnan(end) | (end >= start)
    return pool.assign(start=start, exit=np.where(kept, enrolment + to_exit[drawn], np.nan), kept=kept)


def _column(clock: str) -> str:
    if clock not in _COLUMN:
        raise CohortError(Problem("clock", f"{clock!r}", ", ".join(_COLUMN), "choose one of them"))
    return _COLUMN[clock]


def _of_rows(ids: pd.Series, table: pd.DataFrame, column: str) -> np.ndarray:
    """Values of ``column`` at the given rows of the cohort's table."""
    return table.set_index("row")[column].reindex(ids.to_numpy()).to_numpy(dtype=np.float64)


def _flag(name: str, why: str) -> None:
    warnings.warn(f"{name}: {why}; offered for reruns, biased", FlaggedMethodWarning, stacklevel=3)
