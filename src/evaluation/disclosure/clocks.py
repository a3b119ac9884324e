"""How many participants two clocks tell apart: the difference between their rows is about those persons."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt


def moved_between_clocks(first: npt.ArrayLike, second: npt.ArrayLike, horizon_unit: Literal["year", "month"]) -> int:
    """Number of participants whose time zero differs between two clocks.

    Give it to :func:`evaluation.disclosure.protect` as the column ``audit_n_moved`` of the rows of the second clock.

    Parameters
    ----------
    first, second
        Absolute month of time zero of each participant on the two clocks; negative or NaN where a clock has none.
    horizon_unit
        Horizons of a year are read by calendar year, so that only a move to another year counts.
    """
    months = np.stack([np.asarray(first, dtype=float), np.asarray(second, dtype=float)])
    months = np.where(np.isfinite(months) & (months >= 0), months, -1.0)
    zero = np.floor_divide(months, 12) if horizon_unit == "year" else months
    return int((zero[0] != zero[1]).sum())
