"""What may go wrong before and after a matching estimate: options, columns, overlap, dominance."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.effects.cautions import FEW_CLUSTERS, dominance
from evaluation.effects.sample import check_order
from evaluation.effects.values import OUTCOME, infinite, numbers
from evaluation.errors import DominantWeightWarning, EffectError, FewClustersWarning, OverlapWarning, Problem
from evaluation.matching.columns import FIT_VALUES, MEND_VALUES, unfit_values

_BY_VALUE = ("treatment", "exact")  # columns whose values are compared, never computed with


def check_options(
    where: dict[str, tuple[object, Sequence[object]]], counts: dict[str, object], tolerance: float
) -> None:
    """Names among those allowed, whole numbers from 1, and a tolerance that is not negative; all problems at once."""
    problems = [
        Problem(name, repr(given), ", ".join(map(repr, allowed)))
        for name, (given, allowed) in where.items()
        if given not in allowed
    ]
    problems += [
        Problem(name, repr(given), "a whole number from 1")
        for name, given in counts.items()
        if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < 1
    ]
    if not isinstance(tolerance, int | float) or not 0 <= tolerance < np.inf:
        problems.append(Problem("tolerance", repr(tolerance), "a distance from 0"))
    if problems:
        raise EffectError(problems)


def check_columns(frame: pd.DataFrame, treatment: str, columns: dict[str, Sequence[str]]) -> np.ndarray:
    """The treatment as bool (n,), after every column was found present and complete, and finite where it is computed with."""
    named = {"treatment": [treatment], **columns}
    problems = [
        Problem(option, f"no such columns: {', '.join(absent)}", "columns of the frame")
        for option, names in named.items()
        if (absent := [str(name) for name in names if name not in frame.columns])
    ]
    if problems:
        raise EffectError(problems)
    for option, names in named.items():
        for name in dict.fromkeys(names):
            column = frame[name]
            if option == "score" and not pd.api.types.is_numeric_dtype(column.dtype):
                problems.append(
                    Problem(option, f'"{name}" holds {column.dtype}', "numbers", "name a column of numbers")
                )
            elif option in _BY_VALUE:
                if missing := int(column.isna().sum()):
                    problems.append(
                        Problem(option, f'"{name}" has {missing} missing values', "none", "fill or drop them")
                    )
            elif what := unfit_values(column):
                problems.append(Problem(option, f'"{name}" has {what}', FIT_VALUES, MEND_VALUES))
    if not problems:
        values = frame[treatment].to_numpy()
        if not np.isin(values, [0, 1]).all():
            problems.append(Problem("treatment", f'"{treatment}" holds other values than 0 and 1', "0 and 1"))
        elif not 0 < int((values == 1).sum()) < len(values):
            problems.append(Problem("treatment", f"{int((values == 1).sum())} treated of {len(values)}", "both groups"))
        elif not 1 < int((values == 1).sum()) < len(values) - 1:
            problems.append(
                Problem(
                    "treatment",
                    f"{int((values == 1).sum())} treated of {len(values)}: no standard error",
                    "two of each group at least",
                )
            )
    if problems:
        raise EffectError(problems)
    return np.asarray(frame[treatment].to_numpy() == 1)


def outcome_values(frame: pd.DataFrame, outcome: str | np.ndarray | pd.Series) -> np.ndarray:
    """An outcome as float64 (n,), NaN where not observed: a column of the frame, or one value per row of it.

    Raises
    ------
    EffectError
        A column that is not there, values that are no numbers or infinite, or another number of them than there are rows.
    """
    name = f'"{outcome}"' if isinstance(outcome, str) else "the array"
    if isinstance(outcome, str):
        if outcome not in frame.columns:
            raise EffectError(Problem("outcome", f'no column "{outcome}"', "a column of the frame, or an array"))
        outcome = frame[outcome]
    check_order(outcome, frame.index, "outcome")
    shape = np.shape(outcome)
    if shape != (len(frame),):
        raise EffectError(Problem("outcome", f"shape {shape}", f"one value per row of the frame: ({len(frame)},)"))
    found, problems = numbers(outcome, f"outcome {name}", OUTCOME)
    if found is None:
        raise EffectError(problems)
    values = np.asarray(found, dtype=np.float64)
    if problems := infinite(values[:, None], [name]):
        raise EffectError(problems)
    return values


def warn_of_unmatched(n_lost: int, n_asked: int, neighbours: int) -> None:
    """Some, or all, units that the effect speaks of have too few of the other group in their exact cell."""
    if n_lost == n_asked:
        raise EffectError(
            Problem(
                "exact",
                f"none of {n_asked} units has {neighbours} of the other group in its exact cell: no overlap",
                "cells that hold both groups",
                "fewer or coarser exact columns, or fewer neighbours",
            )
        )
    if n_lost:
        warnings.warn(
            f"{n_lost} of {n_asked} units have fewer than {neighbours} of the other group in their exact cell and are left "
            f"out; the effect speaks of the other {n_asked - n_lost}.",
            OverlapWarning,
            stacklevel=6,
        )


def warn_of_few(n: int, what: str = "units that the effect speaks of") -> None:
    """Few independent units behind a normal interval."""
    if n < FEW_CLUSTERS:
        warnings.warn(
            f"only {n} {what}: standard errors are rough and intervals too narrow. Join groups, or read them as such.",
            FewClustersWarning,
            stacklevel=4,
        )


def warn_of_dominance(weight: np.ndarray, group: str) -> None:
    """One unit dominates its group; ``weight`` holds one sum per unit."""
    if said := dominance(weight, group, of_few=True):
        warnings.warn(
            f"{said[0]}: it decides the estimate, and no standard error holds. Trim the score, use more neighbours, or a method that "
            "spreads the weights.",
            DominantWeightWarning,
            stacklevel=4,
        )
