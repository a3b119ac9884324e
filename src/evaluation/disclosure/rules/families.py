"""Families of subgroups: their tests follow the effects that they are about."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.rules.beside import is_reference

_KEY = ["subgroup", "clock", "estimand", "estimator"]
_EQUAL = ["equal_statistic", "equal_freedom", "equal_p"]
_P = ["p", "p_holm", "equal_p"]
_DECIMALS = 2  # of a p value beside a coarse difference


def hide_families(table: pd.DataFrame, effects: pd.DataFrame | None) -> npt.NDArray[np.bool_]:
    """Rows of ``families.csv`` to hide: those whose row of the primary outcome, definition and year in the effects is not released.

    Parameters
    ----------
    table
        Rows of ``families.csv``.
    effects
        The effects with the status they leave with; without them, or without a primary result among them, every row goes.
    """
    shown = _primary_rows(effects)
    there = (
        set() if shown is None else set(shown[shown["status"] == "released"][_KEY].itertuples(index=False, name=None))
    )
    gone = [key not in there for key in table[_KEY].itertuples(index=False, name=None)]
    return np.array(gone, dtype=bool) & (table["status"] == "released").to_numpy()


def follow_effects(table: pd.DataFrame, effects: pd.DataFrame | None) -> pd.DataFrame:
    """Protected families whose numbers say no more than the protected effects.

    - The joint test is computed of all subgroups: where one of them is not released, the family has none.
    - Where the effects are printed coarsely, the difference and its error are those printed, p values have two decimals, and the
      statistic goes: a finer number would give the exact one back.
    """
    if table.empty:
        return table
    table = table.copy()
    seen = table["status"] == "released"
    group = [table[name] for name in ("family", "clock", "estimand", "estimator")]
    table.loc[~seen.groupby(group).transform("all"), _EQUAL] = np.nan
    shown = _primary_rows(effects)
    if shown is None:
        return table
    printed = table[_KEY].merge(shown[[*_KEY, "estimate", "std_error"]], on=_KEY, how="left")
    coarse = pd.Series(False, index=table.index)
    for name in ("estimate", "std_error"):
        coarse |= seen & ~np.isclose(
            table[name].astype(float), printed[name].to_numpy(dtype=float), rtol=1e-6, atol=1e-9
        )
    for name in ("estimate", "std_error"):
        table[name] = np.where(coarse, printed[name].to_numpy(dtype=float), table[name].astype(float))
    of_family = coarse.groupby(group).transform("any")
    for name in _P:
        table[name] = table[name].astype(float).mask(of_family, table[name].astype(float).round(_DECIMALS))
    table["equal_statistic"] = table["equal_statistic"].astype(float).mask(of_family)
    return table


def _primary_rows(effects: pd.DataFrame | None) -> pd.DataFrame | None:
    """Pointwise effects on the primary outcome, definition and year, by every subgroup, clock, estimand and estimator; None where none is."""
    if effects is None or effects.empty:
        return None
    named = effects[(effects["role"] == "primary").to_numpy() & is_reference(effects)]
    if named.empty:
        return None
    first = named.iloc[0]
    same = effects["ci_kind"] == "pointwise"
    for name in ("outcome", "horizon", "horizon_unit"):
        same &= effects[name] == first[name]
    same &= effects["definition"].fillna("").astype(str) == (
        "" if pd.isna(first["definition"]) else str(first["definition"])
    )
    return effects[same].drop_duplicates(_KEY)
