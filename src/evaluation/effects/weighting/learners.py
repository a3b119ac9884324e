"""Cross-fitting: predictions of each row from models that never saw its person.

Folds are whole persons, dealt out by a seeded hash of the person's id, so they depend on no order of rows. Learners get the rows in the order
of sums (:mod:`evaluation.matching.learner`): the same data give the same numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.errors import EffectError, Problem, SeparationWarning
from evaluation.matching.learner import Learner
from evaluation.matching.ties import id_hash

_STREAM = 3  # of the seed; ties and random orders have others
EDGE = 1e-6  # a learner's probabilities are kept this far from 0 and 1


def check_seed(seed: object) -> None:
    """Refuse seeds that are no whole number from 0 of 63 bits."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise EffectError(Problem("seed", repr(seed), "a whole number from 0, below 2**63"))


def folds_of(units: pd.Series, n_folds: int, seed: int) -> np.ndarray:
    """Fold of each row, int64 (n,): rows of a person share one, and folds hold equally many persons (give or take one)."""
    check_seed(seed)
    code, found = pd.factorize(units)
    if isinstance(n_folds, bool) or not isinstance(n_folds, int | np.integer) or not 2 <= n_folds <= len(found):
        raise EffectError(Problem("folds", f"{n_folds!r}", f"a whole number from 2 to the {len(found)} persons"))
    place = np.empty(len(found), np.int64)
    place[np.argsort(id_hash(pd.Series(found), seed=seed, stream=_STREAM), kind="stable")] = np.arange(len(found))
    return place[code] % n_folds


def learned_score(model: Any, x: np.ndarray, treated: np.ndarray, folds: np.ndarray, seed: int = 0) -> np.ndarray:
    """Cross-fitted probability of treatment, float64 (n,); ``x`` is (p, n).

    Raises
    ------
    EffectError
        A training set with one group only, something that is not a classifier, or one that fails.
    """
    given = _boosting(classifier=True) if isinstance(model, str) else model
    learner = Learner.of("score_model", given, seed, EffectError)
    rows, y = np.ascontiguousarray(x.T), treated.astype(np.int64)
    out = np.empty(y.size)
    n_folds = int(folds.max()) + 1
    for fold in range(n_folds):
        inside = folds != fold
        if len(np.unique(y[inside])) < 2:
            raise EffectError(Problem("folds", "a training set with one group only", "both groups", "lower folds="))
        where = f"fold {fold + 1} of {n_folds}"
        out[~inside] = learner.predictions(rows[inside], y[inside], rows[~inside], where)
    at_edge = int(np.sum((out < EDGE) | (out > 1 - EDGE)))
    if at_edge:
        warnings.warn(
            f"{at_edge} probabilities of treatment are 0 or 1 to within {EDGE:g}; they are set to that distance. A smoother "
            "learner, or coarser covariates, give more overlap.",
            SeparationWarning,
            stacklevel=5,
        )
    return np.clip(out, EDGE, 1 - EDGE)


def learned_outcomes(
    model: Any,
    x: np.ndarray,
    outcomes: np.ndarray,
    treated: np.ndarray,
    within: np.ndarray,
    folds: np.ndarray,
    arms: Sequence[int],
    labels: Sequence[object],
    seed: int = 0,
) -> np.ndarray:
    """Cross-fitted predictions of each outcome under control and treatment, float64 (2, k, n); 0 in arms not asked for.

    A classifier predicts the probability of 1, a regressor the value.

    Raises
    ------
    EffectError
        A training set without an outcome, a classifier of an outcome that is not 0/1, or a learner that fails.
    """
    rows = np.ascontiguousarray(x.T)
    out = np.zeros((2, *outcomes.shape))
    n_folds = int(folds.max()) + 1
    for c, y in enumerate(outcomes):
        binary = bool(np.all((y == 0) | (y == 1) | np.isnan(y)))
        given = _boosting(classifier=binary) if isinstance(model, str) else model
        learner = Learner.of("outcome_model", given, seed, EffectError)
        if learner.classifies and not binary:
            raise EffectError(
                Problem(
                    "outcome_model", "a classifier, for an outcome that is not 0/1", "a regressor", "give a regressor"
                )
            )
        for arm in arms:
            known = within & np.isfinite(y) & (treated == bool(arm))
            for fold in range(n_folds):
                train, ask = known & (folds != fold), folds == fold
                if not train.any():
                    raise EffectError(
                        Problem(
                            "folds", "a training set without an observed outcome in one group", "some", "lower folds="
                        )
                    )
                values = y[train]
                if np.all(values == values[0]):
                    out[arm, c, ask] = values[0]
                else:
                    values = values.astype(np.int64) if learner.classifies else values
                    where = f"{labels[c]}, {'treated' if arm else 'controls'}, fold {fold + 1} of {n_folds}"
                    out[arm, c, ask] = learner.predictions(rows[train], values, rows[ask], where)
    return out


def _boosting(*, classifier: bool) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if classifier else HistGradientBoostingRegressor
    return kind(
        learning_rate=0.05, max_iter=100, max_leaf_nodes=15, min_samples_leaf=20, early_stopping=False, random_state=0
    )
