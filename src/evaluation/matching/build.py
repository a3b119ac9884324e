"""The arrays of a matching problem from the frame: calipers, coordinates, matrix, risk sets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.errors import MatchingError, Problem
from evaluation.matching.columns import as_numbers
from evaluation.matching.coordinates import coordinates
from evaluation.matching.distance import caliper_width
from evaluation.matching.limits import limits_of
from evaluation.matching.options import SPATIAL
from evaluation.matching.search_risk import sd_within_risk_sets
from evaluation.matching.spec import DistanceMatrix, MatchSpec, RiskSets
from evaluation.matching.sums import means_by
from evaluation.matching.task import Intervals, Task
from evaluation.matching.ties import id_hash

# Codes that differ are at least 1 apart; a limit of -0.5 asks for just that
_DIFFERENT = -0.5
NEVER = np.iinfo(np.int32).max


def build_task(
    frame: pd.DataFrame,
    spec: MatchSpec,
    treated: np.ndarray,
    value: np.ndarray,
    stratum: np.ndarray,
    tie: np.ndarray,
    ids: pd.Series,
) -> Task:
    """The matching problem of a frame; ``value`` is the axis, NaN where there is no score."""
    intervals = read_intervals(frame, spec.risk_set) if isinstance(spec.risk_set, RiskSets) else None
    caliper = _width(spec, spec.caliper, value, treated, stratum, intervals, "caliper")
    columns, limits = [], []
    for name, width in spec.covariate_calipers.items():
        column = as_numbers(frame[name])
        columns.append(column)
        limits.append(_width(spec, width, column, treated, stratum, intervals, f'covariate_calipers["{name}"]'))
    for name in spec.antiexact:
        columns.append(pd.factorize(frame[name])[0].astype(np.float64))
        limits.append(_DIFFERENT)
    dated = isinstance(spec.risk_set, str)
    cap = int(spec.max_reuse) if spec.risk_set is not None and spec.max_reuse is not None else 0
    return Task(
        treated=treated,
        value=value,
        stratum=stratum,
        tie=tie,
        lot=id_hash(ids, seed=spec.seed, stream=1) if spec.order == "random" else tie,
        caliper=caliper,
        gap_value=np.vstack(columns) if columns else np.empty((0, len(frame))),
        gap_limit=np.array(limits, dtype=np.float64),
        ratio=int(spec.ratio) if spec.max_controls is None else int(spec.max_controls),
        capacity=spec.capacity,
        order="" if spec.order is None else spec.order,
        estimand="att" if spec.estimand == "ato" else str(spec.estimand),
        want=None if spec.max_controls is None or spec.method != "nearest" else _wanted(spec, treated, value, tie),
        coordinates=_coordinates(frame, spec, treated, stratum, tie),
        matrix=_matrix(spec, treated, ids) if isinstance(spec.distance, DistanceMatrix) else None,
        intervals=intervals,
        limits=limits_of(spec) if spec.method == "full" else None,
        cap=cap,
        period=pd.factorize(frame[spec.risk_set], sort=True)[0].astype(np.int64) if dated and cap else None,
        person=pd.factorize(frame[spec.unit])[0].astype(np.int64) if dated and cap else None,
    )


def _width(
    spec: MatchSpec,
    caliper: float | None,
    values: np.ndarray,
    treated: np.ndarray,
    stratum: np.ndarray,
    intervals: Intervals | None,
    where: str,
) -> float:
    if intervals is not None and caliper is not None and spec.caliper_unit == "sd_strata":
        sd = sd_within_risk_sets(stratum, values, treated, intervals)
        return caliper_width(caliper, "sd_strata", values, treated, stratum, where=where, sd=sd)
    return caliper_width(caliper, str(spec.caliper_unit), values, treated, stratum, where=where)


def _coordinates(
    frame: pd.DataFrame, spec: MatchSpec, treated: np.ndarray, stratum: np.ndarray, tie: np.ndarray
) -> np.ndarray | None:
    if isinstance(spec.distance, DistanceMatrix) or spec.distance not in SPATIAL:
        return None
    return coordinates(frame, spec.place, spec.distance, treated, stratum >= 0, tie)


def _wanted(spec: MatchSpec, treated: np.ndarray, value: np.ndarray, tie: np.ndarray) -> np.ndarray:
    """Matches that each seeking row gets where the ratio varies (Ming & Rosenbaum 2000, as MatchIt), int64 (n,).

    Rows whose score lies furthest towards the own group get the fewest; at most one row gets a number in between, so that
    the mean is the ratio.
    """
    focal = ~treated if spec.estimand == "atc" else treated
    rows = np.flatnonzero(focal)
    low, high = int(spec.min_controls or 1), int(spec.max_controls or 1)
    n = rows.size
    total = int(np.rint(spec.ratio * n))
    n_high = (total - low * (n - 1)) // (high - low)
    n_high = min(n_high, n)
    n_low = max(n - n_high - 1, 0)
    between = total - (low * n_low + high * n_high)
    plan = [low] * n_low + ([max(between, 1)] if n_low + n_high < n else []) + [high] * n_high
    place = -value[rows] if _own_group_lies_higher(value, focal, rows) else value[rows]
    out = np.zeros(treated.size, np.int64)
    out[rows[np.lexsort((tie[rows], place))]] = plan
    return out


def _own_group_lies_higher(value: np.ndarray, focal: np.ndarray, rows: np.ndarray) -> bool:
    """Whether the mean of the focal rows is above that of the others, whatever the order of the rows."""
    own = float(value[rows].sum())
    others = float(value.sum()) - own
    difference = own / max(rows.size, 1) - others / max(value.size - rows.size, 1)
    # far from nought the rounding of plain sums, which depends on the order, can't turn the sign
    if abs(difference) > 1e-6 * (1 + abs(own) / max(rows.size, 1)):
        return difference > 0
    below, above = means_by(value, np.where(np.isfinite(value), focal.view(np.int8), np.int8(-1)), 2)
    return bool(above > below)


def _matrix(spec: MatchSpec, treated: np.ndarray, ids: pd.Series) -> np.ndarray:
    """The given distance with rows and columns in the order of the frame, float64 (treated, controls)."""
    given: DistanceMatrix = spec.distance
    n_t, n_c = int(treated.sum()), int((~treated).sum())
    if given.values.shape != (n_t, n_c):
        raise MatchingError(
            Problem(
                "distance",
                f"a matrix of {given.values.shape}",
                f"treated by controls: {(n_t, n_c)}",
                "one row per treated and one column per control, in the order of the frame, or labelled by id",
            )
        )
    if np.isnan(given.values).any() or (given.values < 0).any():
        raise MatchingError(Problem("distance", "missing or negative distances", "0 or more; inf forbids a pair"))
    if given.treated is None:
        return given.values
    at_t, at_c = given.treated.get_indexer(ids[treated]), given.controls.get_indexer(ids[~treated])
    if (at_t < 0).any() or (at_c < 0).any():
        n = int((at_t < 0).sum() + (at_c < 0).sum())
        raise MatchingError(Problem("distance", f"{n} ids of the frame are not labels of the matrix", "all of them"))
    return np.ascontiguousarray(given.values[np.ix_(at_t, at_c)])


def read_intervals(frame: pd.DataFrame, risk: RiskSets) -> Intervals:
    """Months of start, entry and exit as int32; the columns have been checked."""
    start = as_numbers(frame[risk.start])
    return Intervals(
        np.where(np.isnan(start), NEVER, start).astype(np.int32),
        as_numbers(frame[risk.eligible_from]).astype(np.int32),
        as_numbers(frame[risk.eligible_to]).astype(np.int32),
        np.array(risk.elapsed, dtype=np.int32),
    )
