"""Numbers, or none: how a column, an array or a list that a caller gives is read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.errors import Problem

OUTCOME = "numbers, or 0/1; NaN where not observed"
_NUMBERS = ("integer", "floating", "mixed-integer-float", "boolean", "empty")


def plain(values: object) -> np.ndarray:
    """Values of a column or array as a numpy array; of a categorical its values, not its codes."""
    return values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values)


def kind_of(values: np.ndarray) -> str:
    """What an array holds, in words."""
    if values.dtype.kind in "iu":
        return "whole numbers"
    if values.dtype.kind == "f":
        return "numbers"
    if values.dtype.kind in "US":
        return "text"
    if values.dtype == object:
        found = pd.api.types.infer_dtype(values, skipna=True)
        return {"string": "text", "integer": "whole numbers", "floating": "numbers"}.get(found, found)
    return str(values.dtype)


def numbers(
    values: object, where: str, allowed: str, *, categories: bool = False
) -> tuple[np.ndarray | None, list[Problem]]:
    """Values as they are where they are numbers or truth values, as float64 (NaN where missing) where they are kept as objects; None for others.

    Text is never read as numbers, and categories only where ``categories`` says so: by their values, not their codes.
    """
    if not categories and isinstance(getattr(values, "dtype", None), pd.CategoricalDtype):
        return None, [Problem(where, "holds categories", allowed, "make a column of 0 and 1 for a category")]
    if isinstance(values, pd.Series) and pd.api.types.is_numeric_dtype(values.dtype) and values.hasnans:
        values = values.to_numpy(np.float64, na_value=np.nan)  # a nullable dtype would come out as objects
    found = plain(values)
    if found.dtype.kind in "iufb":
        return found, []
    if found.dtype == object and pd.api.types.infer_dtype(found, skipna=True) in _NUMBERS:
        missing = pd.isna(found)
        return np.where(missing, np.nan, np.where(missing, 0, found)).astype(np.float64), []
    return None, [Problem(where, f"holds {kind_of(found)}", allowed)]


def infinite(values: np.ndarray, labels: Sequence[object], where: str = "outcome") -> list[Problem]:
    """The problem of infinite values in columns (n, k) named ``labels``, if there are any."""
    count = np.isinf(values).sum(axis=0)
    if not count.any():
        return []
    named = ", ".join(str(label) for label, n in zip(labels, count, strict=True) if n)
    return [Problem(where, f"{int(count.sum())} infinite values in {named}", "numbers; NaN where not observed")]
