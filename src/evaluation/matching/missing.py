"""Missing covariates by a stated rule; the frame of the caller is never changed.

- ``indicator``: a number or binary is filled with the mean of the values that are there, and a column "name missing" (0/1)
  joins the covariates; a category gets a level "missing";
- ``category``: a number is cut into five classes by its quantiles, and missing is a class of its own; a binary or category
  gets a level "missing".
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.matching.columns import as_numbers, kind_of

LEVEL = "missing"
_CLASSES = 5


def complete(frame: pd.DataFrame, covariates: tuple[str, ...], rule: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The frame with complete covariates, and their names, indicators included; the same frame where none is missing."""
    new: dict[str, object] = {}
    out: list[str] = []
    for name in covariates:
        out.append(name)
        column = frame[name]
        gone = column.isna().to_numpy()
        if not gone.any():
            continue
        if _is_category(column):
            new[name] = _with_level(column)
        elif rule == "category":
            new[name] = _classes(column, gone)
        else:
            values = as_numbers(column).copy()
            values[gone] = np.mean(np.sort(values[~gone])) if (~gone).any() else 0.0
            new[name] = values
            indicator = f"{name} missing"
            new[indicator] = gone.astype(np.int8)
            out.append(indicator)
    return (frame.assign(**new) if new else frame), tuple(out)


def _is_category(column: pd.Series) -> bool:
    return kind_of(column.dropna()) == "category"


def _with_level(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.add_categories([LEVEL]).fillna(LEVEL)
    return column.astype(object).where(column.notna(), LEVEL).astype(str)


def _classes(column: pd.Series, gone: np.ndarray) -> np.ndarray:
    values = as_numbers(column)
    if kind_of(column.dropna()) == "binary":
        return np.where(gone, LEVEL, np.where(values == 1, "1", "0"))
    seen = values[~gone]
    cuts = np.unique(np.quantile(seen, np.arange(1, _CLASSES) / _CLASSES)) if seen.size else np.empty(0)
    labels = np.array([f"class {i + 1}" for i in range(cuts.size + 1)], dtype=object)
    place = np.searchsorted(cuts, np.where(gone, 0.0, values), side="right")
    return np.where(gone, LEVEL, labels[place])
