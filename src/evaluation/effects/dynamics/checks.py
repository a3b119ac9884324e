"""What the dynamic estimators refuse before they compute: values that are missing, no numbers, no months, or not what they are said to be.

Every function gives the values and the problems it found, so that all problems of a call are told at once.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from evaluation.effects.values import numbers, plain
from evaluation.errors import EffectError, Problem

MONTHS = "whole numbers, such as 12 * year + month - 1"
_LARGEST = 2**53  # beyond it a float, which own starts are told in, no longer holds every whole number


def months(values: object, where: str, *, none: bool = False) -> tuple[np.ndarray, list[Problem]]:
    """Months, int64 and of the shape of ``values`` (zeros where they cannot be read).

    ``none`` allows NaN and infinity, for a month that never comes; they become the largest int64.
    """
    allowed = MONTHS + ("; missing or infinite where there is none" if none else "")
    found, problems = numbers(values, where, allowed, categories=True)
    if found is None or found.dtype.kind == "b":
        shape = plain(values).shape
        return np.zeros(shape, np.int64), problems or [Problem(where, "holds bool", allowed)]
    never = np.zeros(0, dtype=bool)
    if found.dtype.kind == "f":
        never = np.isnan(found) | (found == np.inf)
        if not none and (n := int(never.sum() + np.sum(found == -np.inf))):
            return np.zeros(found.shape, np.int64), [Problem(where, f"{n} missing or infinite months", allowed)]
        found = np.where(never, 0, found) if never.any() else found
        if n := int(np.sum(found != np.floor(found)) + np.sum(found == -np.inf)):
            return np.zeros(found.shape, np.int64), [Problem(where, f"{n} values are no whole months", allowed)]
    if found.size and max(abs(int(found.min())), abs(int(found.max()))) > _LARGEST:
        n = int(np.sum((found > _LARGEST) | (found < -_LARGEST)))
        return np.zeros(found.shape, np.int64), [Problem(where, f"{n} values are too large for months", allowed)]
    whole = found.astype(np.int64)
    if never.any():
        whole[never] = np.iinfo(np.int64).max
    return whole, []


def flags(values: object, where: str) -> tuple[np.ndarray, list[Problem]]:
    """Zeros and ones as bool."""
    found, problems = numbers(values, where, "0 and 1", categories=True)
    if found is None:
        return np.zeros(plain(values).shape, bool), problems
    if found.dtype.kind == "b":
        return np.array(found), []  # a fresh array: kernels are compiled once, for writable arrays
    one = found == 1
    others = found.size - int(np.count_nonzero(one)) - int(np.count_nonzero(found == 0))
    missing = int(np.isnan(found).sum()) if others and found.dtype.kind == "f" else 0
    if missing:
        problems.append(Problem(where, f"{missing} missing values", "0 and 1", "drop these rows, or find out"))
    if others > missing:
        problems.append(Problem(where, f"{others - missing} values other than 0 and 1", "0 and 1", "recode it"))
    return one, problems


def units(values: object, where: str) -> tuple[np.ndarray, np.ndarray, list[Problem]]:
    """The units, sorted by value whatever they are (a categorical's order says nothing), and the place of each row's among them, int64."""
    found = plain(values)
    if missing := int(pd.isna(found).sum()):
        problem = Problem(where, f"{missing} missing values", "a unit in every row", "drop these rows, or find out")
        return found[:0], np.zeros(len(found), np.int64), [problem]
    codes, ids = pd.factorize(found, sort=True)
    return np.asarray(ids), codes.astype(np.int64), []


def covariates(frame: pd.DataFrame, names: Iterable[str]) -> list[Problem]:
    """Missing and infinite values of covariates. They would drop a column, or pass for its first level, without a word."""
    problems = []
    for name in dict.fromkeys(names):
        column = frame[name]
        if column.dtype.kind in "iub" and isinstance(column.dtype, np.dtype):
            continue
        missing, infinite = 0, 0
        if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
            missing, infinite = _not_finite(column.to_numpy())
        elif isinstance(column.dtype, pd.CategoricalDtype):
            missing = int((column.cat.codes.to_numpy() < 0).sum())
        elif pd.api.types.is_float_dtype(column.dtype):
            missing, infinite = _not_finite(column.to_numpy(np.float64, na_value=np.nan))
        else:
            missing = int(column.isna().sum())
        problems += not_given(f'frame["{name}"]', missing, infinite)
    return problems


def matrix(x: np.ndarray, where: str) -> list[Problem]:
    """Missing and infinite values in the columns of a matrix (r, p)."""
    return [p for j in range(x.shape[1]) for p in not_given(f"{where}[:, {j}]", *_not_finite(x[:, j]))]


def not_given(where: str, missing: int, infinite: int) -> list[Problem]:
    """The problem of values that are missing or infinite, if any are."""
    said = [f"{n} {what} values" for n, what in ((missing, "missing"), (infinite, "infinite")) if n]
    mend = "drop these rows, or give what is missing a level or a flag of its own"
    return [Problem(where, " and ".join(said), "a value in every row", mend)] if said else []


def raise_all(problems: list[Problem]) -> None:
    """Tell all problems at once, if there are any.

    Raises
    ------
    EffectError
        With every problem.
    """
    if problems:
        raise EffectError(problems)


def _not_finite(values: np.ndarray) -> tuple[int, int]:
    """How many are NaN and how many infinite. A finite sum has neither in it, and costs a fraction of looking at each."""
    with np.errstate(all="ignore"):
        if np.isfinite(values.sum()):
            return 0, 0
    return int(np.isnan(values).sum()), int(np.isinf(values).sum())
