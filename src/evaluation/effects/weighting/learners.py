"""Cross-fitting: predictions of each row from models that never saw its person.

Folds are whole persons, dealt out by a seeded hash of the person's id, so they depend on no order of rows. Learners get the rows in the order
of sums, on one thread, and the seed where they have a ``random_state`` that is not set: the same data give the same numbers.

A learner is somebody else's program. What it raises, and predictions of another shape or that are no numbers, become errors that name the
learner, the fold and the group.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from evaluation.errors import EffectError, Problem, SeparationWarning
from evaluation.matching.ties import id_hash

_STREAM = 3  # of the seed; ties and random orders have others
EDGE = 1e-6  # a learner's probabilities are kept this far from 0 and 1
_ROUNDING = 1e-6  # and may leave [0, 1] by this much, in single precision
_MOST = 200  # characters of a learner's own message


@dataclass(frozen=True)
class _Learner:
    """A learner made ready, and where it stands when something goes wrong: the option that named it."""

    option: str
    made: Any
    classifies: bool

    @classmethod
    def of(cls, option: str, given: Any, seed: int) -> _Learner:
        """A copy with the seed.

        Raises
        ------
        EffectError
            Something that is no learner, or cannot be copied.
        """
        refuse_no_learners({option: given})
        try:
            made = _seeded(given, seed)
        except Exception as error:
            raise EffectError(
                Problem(
                    option,
                    f"{_named(given)} cannot be copied: {_message(error)}",
                    "an estimator that sklearn.base.clone takes",
                )
            ) from error
        return cls(option, made, hasattr(made, "predict_proba"))

    def predictions(self, x: np.ndarray, y: np.ndarray, ask: np.ndarray, where: str) -> np.ndarray:
        """Fit on rows (m, p) and predict for others (q, p), float64 (q,): the probability of 1, or the value.

        Raises
        ------
        EffectError
            Whatever the learner raises, and predictions that are not one finite number (a probability) for each row.
        """
        from sklearn.base import clone

        try:
            with threadpool_limits(1):
                model = clone(self.made)
                model.fit(x, y)
                raw = model.predict_proba(ask) if self.classifies else model.predict(ask)
                found = np.asarray(raw, dtype=np.float64)
        except Exception as error:
            raise self._error(f"failed in {where}: {_message(error)}", "a learner that fits these rows") from error
        method = "predict_proba" if self.classifies else "predict"
        shape = (len(ask), 2) if self.classifies else (len(ask),)
        if found.shape != shape:
            raise self._error(
                f"{method} gave shape {found.shape} in {where}", f"shape {shape}: one prediction for each row"
            )
        found = found[:, 1] if self.classifies else found
        if n := int(np.sum(~np.isfinite(found))):
            raise self._error(
                f"{method} gave {n} missing or infinite values of {found.size} in {where}", "finite numbers"
            )
        if self.classifies and (n := int(np.sum((found < -_ROUNDING) | (found > 1 + _ROUNDING)))):
            raise self._error(f"{method} gave {n} values of {found.size} outside 0 to 1 in {where}", "probabilities")
        return found

    def _error(self, given: str, allowed: str) -> EffectError:
        return EffectError(
            Problem(self.option, f"{_named(self.made)} {given}", allowed, "try the learner alone, or take another")
        )


# what a learner must have, any of what stands together
_METHODS: dict[str, tuple[tuple[str, ...], ...]] = {
    "score_model": (("get_params",), ("fit",), ("predict_proba",)),
    "outcome_model": (("get_params",), ("fit",), ("predict", "predict_proba")),
}


def refuse_no_learners(given: Mapping[str, Any]) -> None:
    """Refuse what is named a learner, by its option, and is a class or has not the methods of a scikit-learn estimator.

    Names (text) are let through: who reads them knows which there are.
    """
    problems = []
    for option, learner in given.items():
        needed = [" or ".join(names) for names in _METHODS[option]]
        allowed = f"an estimator of scikit-learn's kind, with {', '.join(needed)}"
        if isinstance(learner, type):
            name = learner.__name__
            problems.append(
                Problem(option, f"the class {name}, not a learner made of it", allowed, f"{option}={name}()")
            )
        elif not isinstance(learner, str):
            lacking = [
                text
                for text, names in zip(needed, _METHODS[option], strict=True)
                if not any(hasattr(learner, name) for name in names)
            ]
            if lacking:
                problems.append(Problem(option, f"{_named(learner)} has no {', no '.join(lacking)}", allowed))
    if problems:
        raise EffectError(problems)


def _named(learner: Any) -> str:
    return type(learner).__name__


def _message(error: Exception) -> str:
    """Type and first line: learners see no ids, and a long message may quote data."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:_MOST]}" if lines else type(error).__name__


def _seeded(given: Any, seed: int) -> Any:
    """A copy whose own and inner ``random_state`` (of a pipeline's steps) is the seed where none is set."""
    from sklearn.base import clone

    made = clone(given)
    unset = [
        name
        for name, value in made.get_params(deep=True).items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    ]
    if unset:
        made.set_params(**dict.fromkeys(unset, int(seed) % 2**32))  # scikit-learn takes 32 bits
    return made


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
    learner = _Learner.of("score_model", given, seed)
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
        learner = _Learner.of("outcome_model", given, seed)
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
