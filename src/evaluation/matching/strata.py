"""Exact strata: one code per row from any number of columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

# Beyond this many possible cells per row, combined codes are made dense again before the next column joins.
_SPREAD = 4


def stratum_codes(frame: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
    """Code of each row's combination of values, int32 (n,), dense from 0; all 0 without columns.

    Columns must not hold missing values. The numbering carries no meaning.
    """
    codes = np.zeros(len(frame), np.int64)
    size = 1
    for name in columns:
        part, n_values = _codes(frame[name])
        codes = codes * n_values + part
        size *= n_values
        if size > _SPREAD * max(len(frame), 1024):
            codes, size = _dense(codes)
    if size > 1:
        codes, _ = _dense(codes, size)
    return codes.astype(np.int32)


def _codes(column: pd.Series) -> tuple[np.ndarray, int]:
    """Codes of one column from 0, not necessarily dense, and how many are possible."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(np.int64), len(column.cat.categories)
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.to_numpy(np.int64), 2
    if pd.api.types.is_integer_dtype(column.dtype) and len(column):
        values = column.to_numpy(np.int64)
        low, high = int(values.min()), int(values.max())
        if high - low < max(len(values), 1024):
            return values - low, high - low + 1
    codes, levels = pd.factorize(column)
    return codes.astype(np.int64), max(len(levels), 1)


def _dense(codes: np.ndarray, size: int | None = None) -> tuple[np.ndarray, int]:
    if size is not None:
        seen = np.zeros(size, bool)
        seen[codes] = True
        return (np.cumsum(seen) - 1)[codes], int(seen.sum())
    dense, levels = pd.factorize(codes)
    return dense.astype(np.int64), max(len(levels), 1)
