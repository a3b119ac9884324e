"""Subgroups of participants, by what was known when the employment began.

Nothing computed from the actual exit may define a subgroup: leaving early is itself an outcome of the employment. Length means the planned
length. Whoever has no planned end belongs to no group of planned lengths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

UNKNOWN = ""  # level of who cannot be placed: no subgroup
LONG_FROM = 9  # months: planned lengths of at most 8 months are short


def _ages(rows: pd.DataFrame) -> npt.NDArray[np.str_]:
    return np.select([rows["age"] < 30, rows["age"] < 50], ["18-29", "30-49"], "50-64")


def _named(column: pd.Series) -> npt.NDArray[np.str_]:
    return np.array(
        [UNKNOWN if gone else str(value) for value, gone in zip(column, column.isna(), strict=True)], dtype=str
    )


def _lengths(rows: pd.DataFrame) -> npt.NDArray[np.str_]:
    months = (rows["planned_exit"] - rows["month"] + 1).to_numpy(dtype=float)
    return np.select([np.isnan(months), months >= LONG_FROM], [UNKNOWN, "long"], "short")


RULES: dict[str, Callable[[pd.DataFrame], npt.NDArray[np.str_]]] = {
    "sex": lambda rows: np.where(rows["woman"] == 1, "women", "men"),
    "origin": lambda rows: np.where(rows["origin"] == "sweden", "born_in_sweden", "foreign_born"),
    "age": _ages,
    "education": lambda rows: _named(rows["education"]),
    "workplace_type": lambda rows: _named(rows["workplace_type"]),
    "planned_length": _lengths,
    "start_year": lambda rows: _named(rows["month"] // 12),
}


def subgroup_masks(
    table: pd.DataFrame, members: pd.DataFrame, names: Sequence[str]
) -> dict[str, npt.NDArray[np.int64]]:
    """Sets of each subgroup: ``{"all": sets, "sex=women": sets, ...}`` in the order of the study file, levels sorted.

    The groups of a trait need not hold everybody: whose level is unknown is in ``all`` only.
    """
    participants = members.loc[members["treated"] == 1, ["set", "id"]]
    rows = table.set_index("row").loc[participants["id"]]
    sets = participants["set"].to_numpy()
    masks = {"all": sets}
    for name in names:
        levels = RULES[name](rows)
        for level in sorted(set(levels) - {UNKNOWN}):
            masks[f"{name}={level}"] = sets[levels == level]
    return masks
