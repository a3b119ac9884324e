"""Abadie-Imbens standard errors for a matched sample with replacement: its own pairs, its own distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from evaluation.effects.intervals import is_rate
from evaluation.effects.neighbours import checks
from evaluation.effects.neighbours.result import TOLERANCE, MatchingEstimate, Options, as_estimate, rows_of
from evaluation.effects.neighbours.sets import Group, Sets, group_of
from evaluation.effects.neighbours.variance import estimate
from evaluation.errors import EffectError, Problem
from evaluation.matching.design_matrix import CovariateDesign

if TYPE_CHECKING:
    from evaluation.matching.result import Matched

CLUSTERED = 'estimate_att with cluster="set+unit"'


def abadie_imbens_matched(
    matched: Matched,
    outcome: str | np.ndarray | pd.Series,
    *,
    bias_adjust: Sequence[str] = (),
    se_neighbours: int = 2,
    variance: Literal["robust", "homoscedastic"] = "robust",
    level: float = 0.95,
    rate: bool | None = None,
) -> MatchingEstimate:
    """Effect on the treated from nearest-neighbour matching with replacement.

    The score counts as known: where it was estimated, the error is on the large side for most designs
    (:func:`evaluation.effects.neighbours.estimator.abadie_imbens` corrects for it).

    Parameters
    ----------
    matched
        From ``match(..., method="nearest", replace=True)``, one row per unit. Calipers and exact strata are as they were;
        treated without a match are left out.
    outcome
        A column of the frame, or one value per row of it; NaN where not observed.
    bias_adjust, se_neighbours, variance, level, rate
        As in :func:`evaluation.effects.neighbours.estimator.abadie_imbens`; neighbours for the conditional variance are taken on
        the distance that was matched.

    Raises
    ------
    EffectError
        A sample this error does not hold for; what does is named.
    """
    _check(matched)
    task, frame = matched.task, matched.frame
    values = checks.outcome_values(frame, outcome)
    options = Options(
        treatment=matched.spec.treatment,
        score="distance",  # the distance is known: it was matched
        bias_adjust=bias_adjust,
        se_neighbours=se_neighbours,
        variance=variance,
        level=level,
        rate=rate,
    )
    if options.bias_adjust:
        checks.check_columns(frame, options.treatment, {"bias_adjust": options.bias_adjust})
    used = np.isfinite(values) & (task.stratum >= 0)
    if task.coordinates is None:
        used &= np.isfinite(task.value)
    pairs = matched.pair_rows
    whole = used[pairs.treated] & used[pairs.control]
    if not whole.any():
        raise EffectError(Problem("outcome", "seen for both sides of no pair", "values in both groups"))
    members = (np.flatnonzero(used & ~task.treated), np.flatnonzero(used & task.treated))
    x = task.value[:, None] if task.coordinates is None else task.coordinates
    stratum, n_strata = task.stratum.astype(np.int64), int(task.stratum.max()) + 1
    groups = (group_of(members[0], x, stratum, n_strata), group_of(members[1], x, stratum, n_strata))
    average = values[used].mean()
    y = np.where(used, values - average, 0.0)[:, None]
    bias = None
    if options.bias_adjust:
        bias = np.ascontiguousarray(CovariateDesign.of(frame, options.bias_adjust).matrix(frame).T)
    found = estimate(
        groups,
        y,
        bias,
        estimand="att",
        neighbours=1,
        se_neighbours=se_neighbours,
        tolerance=TOLERANCE,
        variance=variance,
        found={1: _sets(members, pairs.treated[whole], pairs.control[whole], len(frame))},
    )
    checks.warn_of_few(int(found.kept[1].sum()))
    checks.warn_of_dominance(found.uses[0], "controls")
    rates = is_rate(values[None, used]) if rate is None else np.array([rate])
    label = outcome if isinstance(outcome, str) else "outcome"
    rows = rows_of(found, np.zeros(1), np.array([average]), rates, options, [label])
    return as_estimate(pd.DataFrame([{"outcome": label, "estimator": options.estimator, **rows[0]}]), options)


def _check(matched: Matched) -> None:
    spec = matched.spec
    problems = []
    if spec.method != "nearest" or not spec.replace or spec.max_reuse is not None:
        problems.append(
            Problem(
                "matched",
                f"{spec.method} matching {'with a cap on reuse' if spec.replace else 'without replacement'}",
                "nearest-neighbour matching with replacement, without a cap",
                CLUSTERED,
            )
        )
    if spec.estimand not in (None, "att"):
        problems.append(Problem("matched", f"the estimand {spec.estimand}", "att", CLUSTERED))
    if matched.task.intervals is not None or matched.units_of.duplicated().any():
        problems.append(
            Problem("matched", "persons in several rows or months", "one row per independent unit", CLUSTERED)
        )
    if problems:
        raise EffectError(problems)


def _sets(members: tuple[np.ndarray, np.ndarray], treated: np.ndarray, control: np.ndarray, n: int) -> Sets:
    """The pairs as sets, each unit a point of its own."""
    donors, askers = (_points(rows) for rows in members)
    place = np.full(n, -1, np.int64)
    place[members[1]] = np.arange(members[1].size)
    order = np.argsort(place[treated], kind="stable")
    sizes = np.bincount(place[treated], minlength=members[1].size)
    place[members[0]] = np.arange(members[0].size)
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Sets(start, place[control[order]], sizes.astype(np.float64), donors, askers)


def _points(rows: np.ndarray) -> Group:
    n = rows.size
    own = np.arange(n, dtype=np.int64)
    return Group(rows, own, own, np.arange(n + 1, dtype=np.int64), np.zeros((n, 1)), np.zeros(n, np.int64), 1)
