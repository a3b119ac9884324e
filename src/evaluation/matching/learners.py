"""Scores from learners: lasso by cross-validation, boosted trees or any classifier with cross-fitting.

Folds follow the hash of the id, or of the unit where rows share one, so they depend on no order of rows. Learners get the
rows in the order of that hash, on one thread: the same data give the same score.

Cross-fitting: the score of a row comes from a model that never saw the row's fold.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from threadpoolctl import threadpool_limits

from evaluation.errors import MatchingError, Problem, SeparationWarning
from evaluation.matching.design_matrix import Design
from evaluation.matching.learner import Learner
from evaluation.matching.ties import id_hash

_SEED, _STREAM = 0, 2
_EDGE = 1e-6  # a learner's probabilities are kept this far from 0 and 1, where the logit is infinite
_PENALTIES = 10


@dataclass(frozen=True)
class LearnedScore:
    """A score from a learner.

    Attributes
    ----------
    name
        "lasso", "boosting", or the class of the classifier.
    models
        The fitted models, one per fold with cross-fitting, else one.
    folds
        int64 (n,): the fold of each row of the frame.
    separated
        Always empty: learners are regularised and cannot diverge.
    table
        For the lasso, one row per term: term, coefficient (on standardised columns).
    """

    name: str
    design: Design
    models: tuple[Any, ...]
    folds: np.ndarray
    cross_fitted: bool
    table: pd.DataFrame | None = None
    separated: tuple[str, ...] = ()

    def __str__(self) -> str:
        how = f"cross-fitted in {len(self.models)} folds" if self.cross_fitted else "fitted once on all rows"
        return f"Score by {self.name}, {how}, {len(self.design.labels)} columns"


def fold_of(ids: pd.Series, n_folds: int) -> np.ndarray:
    """Fold of each row, int64 (n,): equal ids share a fold, and folds hold equally many ids (give or take one)."""
    code, units = pd.factorize(ids)
    place = np.empty(len(units), np.int64)
    place[np.argsort(id_hash(pd.Series(units), seed=_SEED, stream=_STREAM), kind="stable")] = np.arange(len(units))
    return place[code] % n_folds


def learn_score(
    frame: pd.DataFrame,
    design: Design,
    treated: np.ndarray,
    ids: pd.Series,
    units: pd.Series,
    model: Any,
    n_folds: int,
    cross_fit: bool | None,
) -> tuple[LearnedScore, np.ndarray]:
    """Fit a learner and give the logit of each row, float64 (n,).

    Raises
    ------
    MatchingError
        A fold without treated or without controls; a learner that is none, that fails, or whose predictions are no probabilities.
    """
    folds = fold_of(units, n_folds)
    for fold in range(n_folds):
        inside = treated[folds != fold]
        if inside.all() or not inside.any():
            raise MatchingError(
                Problem(
                    "folds", f"{n_folds} folds leave a training set with one group only", "fewer folds", "lower folds="
                )
            )
    order = np.argsort(id_hash(ids, seed=_SEED))
    x = np.ascontiguousarray(design.matrix(frame, order).T)
    y, fold = treated[order].astype(np.int64), folds[order]
    if isinstance(model, str) and model == "lasso":
        with threadpool_limits(1):
            fitted, p, table = _lasso(x, y, fold, n_folds, design.labels)
        models, name, crossed = (fitted,), "lasso", False
    else:
        crossed = True if cross_fit is None else cross_fit
        models, p = _classifier(model, x, y, fold, n_folds, crossed)
        table, name = None, model if isinstance(model, str) else type(model).__name__
    at_edge = int(np.sum((p < _EDGE) | (p > 1 - _EDGE)))
    if at_edge:
        warnings.warn(
            f"{at_edge} probabilities of {name} are 0 or 1 to within {_EDGE:g}; they are set to that distance. A smoother "
            "learner, or a coarser covariate, gives the score more overlap.",
            SeparationWarning,
            stacklevel=5,
        )
    out = np.empty(len(frame))
    out[order] = logit(np.clip(p, _EDGE, 1 - _EDGE))
    return LearnedScore(name, design, models, folds, crossed, table), out


def _lasso(
    x: np.ndarray, y: np.ndarray, fold: np.ndarray, n_folds: int, labels: list[str]
) -> tuple[Any, np.ndarray, pd.DataFrame]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegressionCV

    centre, spread = x.mean(axis=0), x.std(axis=0)
    z = (x - centre) / np.where(spread > 0, spread, 1.0)
    splits = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(n_folds)]
    model = LogisticRegressionCV(
        Cs=_PENALTIES,
        cv=splits,
        l1_ratios=(1.0,),
        solver="saga",
        scoring="neg_log_loss",
        random_state=0,
        max_iter=2000,
        tol=1e-5,
        use_legacy_attributes=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of the weakest penalties, which are rarely chosen
        model.fit(z, y)
    table = pd.DataFrame({"term": ["intercept", *labels], "coefficient": [model.intercept_[0], *model.coef_[0]]})
    return model, model.predict_proba(z)[:, 1], table


def _classifier(
    model: Any, x: np.ndarray, y: np.ndarray, fold: np.ndarray, n_folds: int, crossed: bool
) -> tuple[tuple[Any, ...], np.ndarray]:
    if isinstance(model, str):
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(
            learning_rate=0.05,
            max_iter=150,
            max_leaf_nodes=15,
            min_samples_leaf=20,
            early_stopping=False,
            random_state=0,
        )
    learner = Learner.of("score_model", model, _SEED, MatchingError)
    if not crossed:
        fitted = learner.fitted(x, y, "all rows")
        return (fitted,), learner.asked(fitted, x, "all rows")
    p, models = np.empty(y.size), []
    for f in range(n_folds):
        out, where = fold == f, f"fold {f + 1} of {n_folds}"
        models.append(learner.fitted(x[~out], y[~out], where))
        p[out] = learner.asked(models[-1], x[out], where)
    return tuple(models), p
