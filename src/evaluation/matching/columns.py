"""What kind of variable a column is, and its values as numbers; the score and the balance table agree through this file."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

Kind = Literal["number", "binary", "category"]
# Squares of larger numbers, summed over the rows, are infinite: a model would drop the column as if it did not vary
LARGEST = 1e150
FIT_VALUES = f"finite numbers, at most {LARGEST:g} in size"
MEND_VALUES = "drop these rows, fill missing values by a stated rule, or take another unit of measurement"


def kind_of(column: pd.Series) -> Kind:
    """Number, binary (bool, or only 0 and 1), or category (everything else)."""
    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return "binary"
    if not pd.api.types.is_numeric_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype):
        return "category"
    values = as_numbers(column)
    head = values[:256]
    if np.all((head == 0) | (head == 1)) and np.all((values == 0) | (values == 1)):
        return "binary"
    return "number"


def as_numbers(column: pd.Series) -> np.ndarray:
    """Values as float64, missing as NaN; no copy when the column already is float64."""
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def unfit_values(column: pd.Series) -> str:
    """What a model cannot take in a column, with counts ("2 missing values, 1 infinite values"); empty where it can take all.

    An infinite or huge value must be refused by name: centred and scaled, its column turns into zeros or NaN, and drops out unseen.
    """
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biu":
        return ""  # whole numbers are there, and their squares fit
    if isinstance(dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(dtype):
        return unfit_numbers(np.where(column.isna().to_numpy(), np.nan, 0.0))
    return unfit_numbers(as_numbers(column))


def unfit_numbers(values: np.ndarray) -> str:
    """:func:`unfit_values` of float64 (n,)."""
    # two passes without a copy; NaN makes both comparisons false
    if values.size == 0 or (values.min() >= -LARGEST and values.max() <= LARGEST):
        return ""
    missing, infinite = np.isnan(values), np.isinf(values)
    counts = {
        "missing values": missing,
        "infinite values": infinite,
        f"values larger than {LARGEST:g}": ~missing & ~infinite & (np.abs(values) > LARGEST),
    }
    return ", ".join(f"{n} {what}" for what, rows in counts.items() if (n := int(rows.sum())))


def levels_of(column: pd.Series) -> tuple[list[object], np.ndarray]:
    """Levels that occur, in order, and each row's code among them (int64, -1 for missing).

    The order is the categories' own for a categorical column, else ascending (by text where values do not compare).
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy(np.int64)
        seen = np.bincount(codes[codes >= 0], minlength=len(column.cat.categories)) > 0
        levels = [level for level, here in zip(column.cat.categories, seen, strict=True) if here]
        place = np.append(np.cumsum(seen) - 1, -1)
        return levels, place[codes]
    codes, found = pd.factorize(column)
    values = list(found)
    try:
        order = sorted(range(len(values)), key=lambda i: values[i])
    except TypeError:
        order = sorted(range(len(values)), key=lambda i: str(values[i]))
    place = np.full(len(values) + 1, -1, np.int64)
    place[order] = np.arange(len(values))
    return [values[i] for i in order], place[codes]
