"""The short indicator against the long outcome: four cells whose margins the effects tell, so that they stand or fall together.

How many have the short indicator, and how many the long outcome, stands in the effects. One of the four cells then gives the other three: where one
is small, all of that group and month go. What the effects hide, this table hides.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rounding import share_of_base, step_for, to_base
from evaluation.disclosure.rules.beside import is_reference

TABLE = ["clock", "indicator", "indicator_definition", "month", "outcome", "definition", "year", "group"]
LEVELS = ("yes", "no")
_SIDE = {"participants": "n_treated", "comparison": "n_controls"}


def hide_short_long(
    table: pd.DataFrame,
    effects: pd.DataFrame | None,
    effects_hidden: npt.NDArray[np.bool_] | None,
    policy: Policy,
) -> npt.NDArray[np.bool_]:
    """Rows of ``short_long.csv`` to hide: all of a group and month where one cell is small, or where a margin is not released.

    Parameters
    ----------
    table
        Rows with ``audit_with`` and ``audit_without``, persons with and without the long outcome; a table that does not say so goes as a whole.
    effects, effects_hidden
        The effects, and which of their rows are suppressed; without them no margin is released.
    """
    released = (table["status"] == "released").to_numpy()
    if not {"audit_with", "audit_without"} <= set(table.columns):
        return released
    margins = _margins(effects, effects_hidden)
    hidden = np.zeros(len(table), dtype=bool)
    for key, rows in table.groupby(TABLE, sort=False, dropna=False):
        at = table.index.get_indexer(rows.index)
        clock, indicator, indicator_definition, month, outcome, definition, year, _ = map(_text, key)
        short = (indicator, indicator_definition, clock, int(float(month)), "month")
        long = (outcome, definition, clock, int(float(year)), "year")
        cells = rows[rows["level"].isin(LEVELS)]
        few = any(policy.small(n) for name in ("audit_with", "audit_without") for n in cells[name])
        few |= not (cells["n"].astype(float) >= policy.min_count_margin).all()
        hidden[at] = few or short not in margins or long not in margins
    return hidden & released


def level_short_long(
    table: pd.DataFrame, effects: pd.DataFrame | None, n_matched: float, policy: Policy
) -> pd.DataFrame:
    """Protected rows whose numbers of persons give none away beside those printed elsewhere.

    - Where the participants of a cross table are a few others than those printed in the effects, the population table or the cross table of another
      month, it is shown without numbers of persons and with coarse shares.
    - A comparison person may stand in several sets, once with and once without the indicator. Where the numbers printed would tell that a few
      do, or that a few do not, they go.
    - Where the policy rounds counts, counts and shares are rounded as everywhere.
    """
    if table.empty:
        return table
    table = table.copy()
    known = _printed(effects, n_matched)
    told: set[tuple] = set()  # cross tables whose participants tell
    kept: dict[str, list[npt.NDArray[np.float64]]] = {}  # numbers of the cross tables before that are printed
    shown = table[table["status"] == "released"].sort_values("group", ascending=False, kind="stable")
    for key, rows in shown.groupby(TABLE, sort=False, dropna=False):
        *cross, group = map(str, key)
        numbers = rows.set_index("level")["n"].reindex(list(LEVELS)).to_numpy(dtype=np.float64)
        if policy.rounding:
            _rounded(table, rows.index, policy.rounding)
            continue
        before, total = kept.setdefault(group, []), float(numbers.sum())
        found = apart(group, numbers, [*known[_SIDE[group]], *(float(n.sum()) for n in before)])
        found += [x for earlier in before for x in apart(group, earlier, [total])]
        tells = any(policy.leaves_too_few(x) for x in found)
        if tells and group == "participants":
            told.add(tuple(cross))
        # the shares of the comparison are weighted by sets, so that they are over the participants as well
        if tells or tuple(cross) in told:
            table.loc[rows.index, "n"] = np.nan
            _coarse(table, rows.index, float(step_for([np.nanmin(numbers)])[0]))
        else:
            before.append(numbers)
    return table


def apart(group: str, numbers: npt.NDArray[np.float64], printed: list[float]) -> list[float]:
    """What a reader gets from the numbers of a cross table and those printed elsewhere."""
    total = float(numbers.sum())
    if group == "participants":
        return [total - other for other in printed]
    return [x for other in printed for x in (total - other, other - numbers[0], other - numbers[1])]


def _margins(effects: pd.DataFrame | None, hidden: npt.NDArray[np.bool_] | None) -> set[tuple]:
    """Outcomes whose shares among everybody leave with the release: the cells of the reference, pointwise."""
    if effects is None or effects.empty:
        return set()
    shown = (effects["status"] == "released").to_numpy() & is_reference(effects)
    shown &= (effects["subgroup"] == "all").to_numpy() & (effects["ci_kind"] == "pointwise").to_numpy()
    if hidden is not None:
        shown &= ~hidden
    rows = effects[shown]
    return {
        (str(outcome), _text(definition), str(clock), int(horizon), str(unit))
        for outcome, definition, clock, horizon, unit in zip(
            rows["outcome"], rows["definition"], rows["clock"], rows["horizon"], rows["horizon_unit"], strict=True
        )
    }


def _printed(effects: pd.DataFrame | None, n_matched: float) -> dict[str, list[float]]:
    """Numbers of persons that the protected effects on everybody and the population table print, by column."""
    found: dict[str, list[float]] = {"n_treated": [n_matched] if np.isfinite(n_matched) else [], "n_controls": []}
    if effects is not None and len(effects):
        shown = (effects["subgroup"] == "all") & (effects["status"] == "released") & is_reference(effects)
        for column in found:
            found[column] += sorted(set(effects.loc[shown, column].dropna().astype(float)))
    return found


def _coarse(table: pd.DataFrame, rows: pd.Index, step: float) -> None:
    """Shares to a step, limits outwards; the difference is that of the shares printed."""
    for column in ("share_of_group", "share"):
        table.loc[rows, column] = np.round(np.round(table.loc[rows, column].to_numpy(dtype=float) / step) * step, 6)
    _difference_follows(table, rows)
    _limits_outwards(table, rows, step)


def _rounded(table: pd.DataFrame, rows: pd.Index, base: int) -> None:
    n = table.loc[rows, "n"].astype(float)
    total = float(n.sum())
    step = float(step_for([n.min()])[0])
    parts = table.loc[rows, "level"].isin(LEVELS)
    at = rows[parts.to_numpy()]
    table.loc[at, "share"] = share_of_base(table.loc[at, "share"], table.loc[at, "n"], base)
    table.loc[at, "share_of_group"] = share_of_base(table.loc[at, "share_of_group"], np.full(len(at), total), base)
    table.loc[at, "n"] = to_base(table.loc[at, "n"], base)
    _difference_follows(table, rows)
    _limits_outwards(table, rows, step)


def _difference_follows(table: pd.DataFrame, rows: pd.Index) -> None:
    shares = table.loc[rows].set_index("level")["share"].astype(float)
    at = rows[(table.loc[rows, "level"] == "difference").to_numpy()]
    table.loc[at, "share"] = shares.get("yes", np.nan) - shares.get("no", np.nan)


def _limits_outwards(table: pd.DataFrame, rows: pd.Index, step: float) -> None:
    share = table.loc[rows, "share"].astype(float)
    least = np.where(table.loc[rows, "level"] == "difference", -1.0, 0.0)
    low = np.minimum(_to_step(table.loc[rows, "ci_low"], step, np.floor), share)
    high = np.maximum(_to_step(table.loc[rows, "ci_high"], step, np.ceil), share)
    table.loc[rows, "ci_low"] = np.maximum(low, least)
    table.loc[rows, "ci_high"] = np.minimum(high, 1.0)


def _to_step(values: pd.Series, step: float, how: np.ufunc) -> npt.NDArray[np.float64]:
    return np.round(how(values.to_numpy(dtype=float) / step) * step, 6)


def _text(definition: object) -> str:
    return "" if pd.isna(definition) else str(definition)  # type: ignore[call-overload]
