"""A learner that somebody gives: copied, seeded, fitted on one thread, and its predictions looked at before they are used.

A learner is somebody else's program. What it raises, and predictions of another shape or that are no numbers, become errors that name the
learner, the fold and the group. It gets the seed where it has a ``random_state`` that is not set: the same data give the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from evaluation.errors import EvaluationError, Problem

_ROUNDING = 1e-6  # probabilities may leave [0, 1] by this much, in single precision
_MOST = 200  # characters of a learner's own message

# what a learner must have, any of what stands together
_METHODS: dict[str, tuple[tuple[str, ...], ...]] = {
    "score_model": (("get_params",), ("fit",), ("predict_proba",)),
    "outcome_model": (("get_params",), ("fit",), ("predict", "predict_proba")),
}


@dataclass(frozen=True)
class Learner:
    """A learner made ready, and what is said when something goes wrong: the option that named it, and the kind of error."""

    option: str
    made: Any
    classifies: bool
    error: type[EvaluationError]

    @classmethod
    def of(cls, option: str, given: Any, seed: int, error: type[EvaluationError]) -> Learner:
        """A copy with the seed.

        Raises
        ------
        EvaluationError
            Of the kind ``error``: something that is no learner, or cannot be copied.
        """
        refuse_no_learners({option: given}, error)
        try:
            made = _seeded(given, seed)
        except Exception as raised:
            raise error(
                Problem(
                    option,
                    f"{_named(given)} cannot be copied: {_message(raised)}",
                    "an estimator that sklearn.base.clone takes",
                )
            ) from raised
        return cls(option, made, hasattr(made, "predict_proba"), error)

    def fitted(self, x: np.ndarray, y: np.ndarray, where: str) -> Any:
        """A copy fitted on rows (m, p).

        Raises
        ------
        EvaluationError
            Whatever the learner raises.
        """
        from sklearn.base import clone

        try:
            with threadpool_limits(1):
                model = clone(self.made)
                model.fit(x, y)
        except Exception as raised:
            raise self._failed(raised, where) from raised
        return model

    def asked(self, model: Any, x: np.ndarray, where: str) -> np.ndarray:
        """Predictions of a fitted copy for rows (q, p), float64 (q,): the probability of 1, or the value.

        Raises
        ------
        EvaluationError
            Whatever the learner raises, and predictions that are not one finite number (a probability) for each row.
        """
        try:
            with threadpool_limits(1):
                raw = model.predict_proba(x) if self.classifies else model.predict(x)
                found = np.asarray(raw, dtype=np.float64)
        except Exception as raised:
            raise self._failed(raised, where) from raised
        method = "predict_proba" if self.classifies else "predict"
        shape = (len(x), 2) if self.classifies else (len(x),)
        if found.shape != shape:
            raise self._problem(
                f"{method} gave shape {found.shape} in {where}", f"shape {shape}: one prediction for each row"
            )
        found = found[:, 1] if self.classifies else found
        if n := int(np.sum(~np.isfinite(found))):
            raise self._problem(
                f"{method} gave {n} missing or infinite values of {found.size} in {where}", "finite numbers"
            )
        if self.classifies and (n := int(np.sum((found < -_ROUNDING) | (found > 1 + _ROUNDING)))):
            raise self._problem(f"{method} gave {n} values of {found.size} outside 0 to 1 in {where}", "probabilities")
        return found

    def predictions(self, x: np.ndarray, y: np.ndarray, ask: np.ndarray, where: str) -> np.ndarray:
        """:meth:`fitted` on some rows and :meth:`asked` for others, float64 (q,)."""
        return self.asked(self.fitted(x, y, where), ask, where)

    def _failed(self, raised: Exception, where: str) -> EvaluationError:
        return self._problem(f"failed in {where}: {_message(raised)}", "a learner that fits these rows")

    def _problem(self, given: str, allowed: str) -> EvaluationError:
        return self.error(
            Problem(self.option, f"{_named(self.made)} {given}", allowed, "try the learner alone, or take another")
        )


def refuse_no_learners(given: Mapping[str, Any], error: type[EvaluationError]) -> None:
    """Refuse what is named a learner, by its option, and is a class or has not the methods of a scikit-learn estimator.

    Names (text) are let through: who reads them knows which there are.
    """
    if problems := no_learners(given):
        raise error(problems)


def no_learners(given: Mapping[str, Any]) -> list[Problem]:
    """The problems that :func:`refuse_no_learners` raises."""
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
    return problems


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
