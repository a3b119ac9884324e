"""Several estimands and estimators of one cell side by side: what one tells less another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.policy import Policy

CELL = ("outcome", "definition", "clock", "horizon", "horizon_unit")
MAIN_ESTIMATOR = "matched_difference"

Cell = tuple[str, str, str, int, str]


def reference_of(table: pd.DataFrame) -> tuple[str, str]:
    """Estimand and estimator of the main rows, to which all others are compared.

    Those of the primary result; where no row has that role, those of the subgroups, else of the matched difference, else of the first row.
    """
    candidates = (
        table["role"] == "primary",
        table["subgroup"] != "all",
        table["estimator"] == MAIN_ESTIMATOR,
        pd.Series(True, index=table.index),
    )
    for chosen in candidates:
        if chosen.any():
            row = table[chosen].iloc[0]
            return str(row["estimand"]), str(row["estimator"])
    return "", MAIN_ESTIMATOR


def is_reference(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows of the reference, bool, one a row."""
    estimand, estimator = reference_of(table)
    return ((table["estimand"] == estimand) & (table["estimator"] == estimator)).to_numpy()


def cell_of(row: tuple) -> Cell:
    """Key of an outcome at a horizon on a clock."""
    outcome, definition, clock, horizon, unit = row
    return str(outcome), "" if pd.isna(definition) else str(definition), str(clock), int(horizon), str(unit)


def without_levels(table: pd.DataFrame, hidden: npt.NDArray[np.bool_], policy: Policy) -> npt.NDArray[np.bool_]:
    """Rows that are shown without their levels and numbers of persons, with the difference, its error and interval alone.

    They are about others than a row shown beside them, by enough persons, but by too few with (or without) the outcome: the two means
    would give that count away. A difference does not, since the mean of the comparison group behind it is told nowhere.
    """
    keys = [cell_of(row) for row in table[[*CELL]].itertuples(index=False)]
    shown = (table["status"] == "released").to_numpy() & ~hidden
    return _beside(
        table, keys, table["subgroup"].astype(str).tolist(), shown, is_reference(table), _outcome_tells, policy
    )


def other_participants(
    table: pd.DataFrame,
    keys: list[Cell],
    subgroups: list[str],
    shown: npt.NDArray[np.bool_],
    main: npt.NDArray[np.bool_],
    policy: Policy,
) -> npt.NDArray[np.bool_]:
    """Rows whose participants are others than those of a row shown beside them, by so few that the difference tells on them."""
    return _beside(table, keys, subgroups, shown, main, lambda more, _, policy: policy.leaves_too_few(more), policy)


def _beside(
    table: pd.DataFrame,
    keys: list[Cell],
    subgroups: list[str],
    shown: npt.NDArray[np.bool_],
    main: npt.NDArray[np.bool_],
    tells: Callable[[float, float, Policy], bool],
    policy: Policy,
) -> npt.NDArray[np.bool_]:
    """Rows that tell beside another one of their cell: the reference stands first, each other is compared with all kept by then."""
    n = table["n_treated"].to_numpy(dtype=float)
    count = np.where(table["unit"] == "share", n * table["treated_mean"].to_numpy(dtype=float), np.nan)
    name = (table["estimand"].astype(str) + "/" + table["estimator"].astype(str)).tolist()
    telling = np.zeros(len(table), dtype=bool)
    kept: dict[tuple[Cell, str], list[tuple[float, float]]] = {}
    there = np.flatnonzero(shown & np.isfinite(n))
    for i in sorted(there, key=lambda i: (not main[i], name[i], i)):
        others = kept.setdefault((keys[i], subgroups[i]), [])
        telling[i] = any(tells(n[i] - m, count[i] - c, policy) for m, c in others)
        if not telling[i]:
            others.append((n[i], count[i]))
    return telling


def _outcome_tells(more: float, with_outcome: float, policy: Policy) -> bool:
    apart = round(more) != 0 and np.isfinite(with_outcome)
    return bool(apart and policy.tells_on_its_group(abs(with_outcome), abs(more)))
