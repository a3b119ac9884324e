"""Cross-fitting: predictions of each row from models that never saw its person.

Folds are whole persons, dealt out by a seeded hash of the person's id, so they depend on no order of rows. Learners get the rows in the order
of sums, on one thread: the same data give the same numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from evaluation.errors import EffectError, Problem, SeparationWarning
from evaluation.matching.ties import id_hash

_STREAM = 3  # of the seed; ties and random orders have others
EDGE = 1e-6  # a learner's probabilities are kept this far from 0 and 1


def folds_of(units: pd.Series, n_folds: int, seed: int) -> np.ndarray:
    """Fold of each row, int64 (n,): rows of a person share one, and folds hold equally many persons (give or take one)."""
    code, found = pd.factorize(units)
    if not isinstance(n_folds, int) or not 2 <= n_folds <= len(found):
        raise EffectError(Problem("folds", f"{n_folds!r}", f"a whole number from 2 to the {len(found)} persons"))
    place = np.empty(len(found), np.int64)
    place[np.argsort(id_hash(pd.Series(found), seed=seed, stream=_STREAM), kind="stable")] = np.arange(len(found))
    return place[code] % n_folds


def learned_score(model: Any, x: np.ndarray, treated: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Cross-fitted probability of treatment, float64 (n,); ``x`` is (p, n).

    Raises
    ------
    EffectError
        A training set with one group only, or something that is not a classifier.
    """
    learner = _boosting(classifier=True) if isinstance(model, str) else model
    if not hasattr(learner, "predict_proba"):
        raise EffectError(
            Problem(
                "score_model", f"a {type(learner).__name__}", '"logit", "boosting" or a classifier with predict_proba'
            )
        )
    rows, y = np.ascontiguousarray(x.T), treated.astype(np.int64)
    out = np.empty(y.size)
    for fold in range(int(folds.max()) + 1):
        inside = folds != fold
        if len(np.unique(y[inside])) < 2:
            raise EffectError(Problem("folds", "a training set with one group only", "both groups", "lower folds="))
        out[~inside] = _predict(_fit(learner, rows[inside], y[inside]), rows[~inside])
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
) -> np.ndarray:
    """Cross-fitted predictions of each outcome under control and treatment, float64 (2, k, n); 0 in arms not asked for.

    A classifier predicts the probability of 1, a regressor the value.
    """
    rows = np.ascontiguousarray(x.T)
    out = np.zeros((2, *outcomes.shape))
    for c, y in enumerate(outcomes):
        binary = bool(np.all((y == 0) | (y == 1) | np.isnan(y)))
        learner = _boosting(classifier=binary) if isinstance(model, str) else model
        if hasattr(learner, "predict_proba") and not binary:
            raise EffectError(
                Problem(
                    "outcome_model", "a classifier, for an outcome that is not 0/1", "a regressor", "give a regressor"
                )
            )
        for arm in arms:
            known = within & np.isfinite(y) & (treated == bool(arm))
            for fold in range(int(folds.max()) + 1):
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
                    values = values.astype(np.int64) if hasattr(learner, "predict_proba") else values
                    out[arm, c, ask] = _predict(_fit(learner, rows[train], values), rows[ask])
    return out


def _fit(learner: Any, x: np.ndarray, y: np.ndarray) -> Any:
    from sklearn.base import clone

    with threadpool_limits(1):
        return clone(learner).fit(x, y)


def _predict(fitted: Any, x: np.ndarray) -> np.ndarray:
    with threadpool_limits(1):
        if hasattr(fitted, "predict_proba"):
            return np.asarray(fitted.predict_proba(x)[:, 1], dtype=np.float64)
        return np.asarray(fitted.predict(x), dtype=np.float64)


def _boosting(*, classifier: bool) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if classifier else HistGradientBoostingRegressor
    return kind(
        learning_rate=0.05, max_iter=100, max_leaf_nodes=15, min_samples_leaf=20, early_stopping=False, random_state=0
    )
