"""Counts that stand beside one another: no two of them may differ by a few persons.

The number of participants is printed many times: by clock, by month of follow-up, by outcome. Where some of them differ by fewer persons than the
least count (a month of time zero that is missing, a death under ``absent = "excluded"``), the difference would tell on those few. Printed numbers
therefore stand on levels that lie at least the least count apart, and what was computed of the exact number is printed so coarsely that the
exact number cannot be found from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rounding import coarse_rows, step_for

_SIDES = ("n_treated", "n_controls")
UNMATCHED = "unadjusted"
AT_RISK = ("ipw", "aipw", "dynamic")
"""Estimators whose comparison is everybody at risk; that of all others is the matched sets."""


@dataclass(frozen=True)
class KnownControls:
    """Numbers of comparison persons that other tables print.

    Attributes
    ----------
    matched
        Those matched; NaN where no table says so.
    at_risk
        Those at risk, by any table: before matching, and after each step of the flow.
    """

    matched: float = float("nan")
    at_risk: frozenset[int] = frozenset()

    @classmethod
    def of(cls, population: pd.DataFrame | None, flow: pd.DataFrame | None) -> KnownControls:
        """What the population table and the flow say."""
        matched, at_risk = float("nan"), set()
        if population is not None and len(population):
            whole = population[population["sex"] == "all"].groupby("group")["n"].max()
            matched = float(whole.get("comparison_after", np.nan))
            at_risk |= {float(whole.get("comparison_before", np.nan))}
        if flow is not None and len(flow):
            own = flow[(flow["group"] == "enrolments") & (flow["unit"] == "persons")]
            at_risk |= {float(n) for column in ("n_in", "n_out") for n in own[column]}
        return cls(matched, frozenset(round(n) for n in at_risk if np.isfinite(n)))

    def tells(self, n: float, policy: Policy) -> bool:
        """Whether a number of comparison persons at risk, beside these, tells on a few."""
        return round(n) not in self.at_risk and any(policy.leaves_too_few(n - other) for other in self.at_risk)


def levels(counts: Iterable[float], policy: Policy) -> dict[int, int]:
    """The printed number for each exact one: the largest is itself, the others the level above them where that is nearer than the least count."""
    found: dict[int, int] = {}
    level: int | None = None
    for n in sorted({round(x) for x in counts if np.isfinite(x)}, reverse=True):
        if level is None or not policy.leaves_too_few(level - n):
            level = n
        found[n] = level
    return found


def level_effects(
    table: pd.DataFrame,
    hidden: npt.NDArray[np.bool_],
    n_matched: float,
    policy: Policy,
    *,
    known: KnownControls | None = None,
) -> pd.DataFrame:
    """Effects whose numbers of persons stand on levels, by subgroup; controls of the comparison without matching apart.

    Parameters
    ----------
    table
        Rows of ``effects.csv``; not changed.
    hidden
        Rows that are suppressed: their numbers are seen by nobody and make no level.
    n_matched
        Participants in the other tables, NaN where none says so; the first level of subgroup ``all``.
    known
        Comparison persons in the other tables: those matched are a first level, beside the others a number that is near goes
        (:func:`without_near_controls`).
    """
    if table.empty:
        return table
    known = known or KnownControls()
    table = table.copy()
    seen = (table["status"] == "released").to_numpy() & ~hidden
    exact = {column: table[column].to_numpy(dtype=float) for column in _SIDES}
    shown = {column: values.copy() for column, values in exact.items()}
    for column in _SIDES:
        if column == "n_controls":
            shown[column] = _of_fuller_rows(table, seen, exact, shown["n_treated"])
        for key, rows in table[seen].groupby(comparable_counts(table[seen], column), sort=True):
            at = table.index.get_indexer(rows.index)
            first = _first_level(column, key, n_matched, known)
            values = shown[column][at]
            level = levels([*values, *first], policy)
            shown[column][at] = [level.get(round(x), x) if np.isfinite(x) else x for x in values]
    moved = {column: seen & np.isfinite(exact[column]) & (shown[column] != exact[column]) for column in _SIDES}
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = table["ess_controls"].to_numpy(dtype=float) * shown["n_controls"] / exact["n_controls"]
    for column in _SIDES:
        table[column] = shown[column]
    table["ess_controls"] = np.where(moved["n_controls"], scaled, table["ess_controls"].to_numpy(dtype=float))
    # the comparison's mean is weighted by sets (1/k), so that it is over the participants as well and would give their number back
    table = without_near_controls(table, seen, known, policy)
    either = moved["n_treated"] | moved["n_controls"]
    step = np.where(either, step_for(np.fmin(exact["n_treated"], exact["n_controls"])), 0.0)
    return coarse_rows(table, either, step, step)


def _first_level(column: str, key: tuple, n_matched: float, known: KnownControls) -> list[float]:
    if key[0] != "all":
        return []
    if column == "n_treated":
        return [n_matched]
    return [] if key[1] else [known.matched]


def without_near_controls(
    table: pd.DataFrame, seen: npt.NDArray[np.bool_], known: KnownControls, policy: Policy
) -> pd.DataFrame:
    """Rows on everybody whose number of comparison persons lies near, but not at, one of those at risk told elsewhere: without that number.

    Estimators that weigh everybody at risk print nearly the number that the flow ends with; the few between them are, for instance, those who began in
    their first month at risk. Only the number goes, with the effective size beside it. The estimate and the means stay as they are, for the number
    can't be had from them: a control's weight is the odds of its score, over the sum of such odds, so that neither the mean nor its error is a
    multiple of one over the persons.
    """
    table = table.copy()
    n = table["n_controls"].to_numpy(dtype=float)
    ours = (
        seen & (table["subgroup"] == "all").to_numpy() & (table["estimator"] != UNMATCHED).to_numpy() & np.isfinite(n)
    )
    near = np.array([ours[i] and known.tells(n[i], policy) for i in range(len(table))], dtype=bool)
    for column in ("n_controls", "ess_controls"):
        table[column] = np.where(near, np.nan, table[column].to_numpy(dtype=float))
    return table


def _of_fuller_rows(
    table: pd.DataFrame, seen: npt.NDArray[np.bool_], exact: dict[str, npt.NDArray], n_treated: npt.NDArray
) -> npt.NDArray:
    """Comparison persons by row: where the participants stand on the level of a fuller row, those of the fullest row there.

    The fullest row of its own comparison: the matched sets and everybody at risk are different persons.
    """
    controls = exact["n_controls"].copy()
    moved = np.isfinite(n_treated) & (n_treated != exact["n_treated"])
    by = [
        *comparable_counts(table[seen], "n_controls"),
        table["estimand"][seen],
        table["estimator"][seen].isin(AT_RISK),
        pd.Series(n_treated, table.index)[seen],
    ]
    for _, rows in table[seen].groupby(by, sort=True):
        at = table.index.get_indexer(rows.index)
        if moved[at].any() and np.isfinite(controls[at]).any():
            controls[at[moved[at]]] = np.nanmax(controls[at])
    return controls


def comparable_counts(table: pd.DataFrame, column: str) -> list[pd.Series]:
    """What to group rows of effects by, so that numbers of nearly the same persons stand together.

    Participants are the same in every row of a subgroup; so are the comparison persons, whatever the estimand and estimator, but for those
    drawn at random for the comparison without matching.
    """
    return [table["subgroup"]] + ([table["estimator"] == UNMATCHED] if column == "n_controls" else [])


def level_states(table: pd.DataFrame, n_matched: float, policy: Policy) -> pd.DataFrame:
    """States whose persons sum to a number near, but not at, that of the matched: without ``n``, and with coarse shares.

    The comparison of such a clock and year goes with its participants: its shares are weighted by matched sets.
    """
    if table.empty:
        return table
    table = table.copy()
    table["n"] = table["n"].astype(float)
    table = table.reset_index(drop=True)
    share = table["share"].to_numpy(dtype=float, copy=True)
    released = table[table["status"] == "released"]
    few_left: dict[tuple[str, int], float] = {}
    # the participants come first: what they hide, the comparison hides
    for side, rows in sorted(released.groupby("group"), key=lambda part: (part[0] != "participants", part[0])):
        totals = rows.groupby(["clock", "year"])["n"].transform("sum")
        first = [n_matched] if side == "participants" else []
        level = levels([*totals, *first], policy)
        keys = list(zip(rows["clock"], rows["year"], strict=True))
        own = [level[round(n)] != round(n) for n in totals]
        moved = totals[[mine or key in few_left for mine, key in zip(own, keys, strict=True)]]
        if side == "participants":
            few_left = {key: n for key, n, mine in zip(keys, totals, own, strict=True) if mine}
        table.loc[moved.index, "n"] = np.nan
        for place, total in zip(moved.index, moved, strict=True):
            key = (table["clock"].iloc[place], table["year"].iloc[place])
            step = float(step_for([min(total, few_left.get(key, total))])[0])
            share[place] = np.floor(share[place] / step + 0.5) * step
    table["share"] = share
    return table


def level_registers(table: pd.DataFrame, hidden: npt.NDArray[np.bool_], policy: Policy) -> pd.DataFrame:
    """Registers whose numbers of persons stand on levels; the number of rows too, which in some registers is that of the persons or nearly."""
    table = table.copy()
    names = ["rows", "persons"]
    level = levels(table.loc[~hidden, names].to_numpy(dtype=float).ravel(), policy)
    for name in names:
        values = table[name].astype(float)
        table[name] = [
            level.get(round(x), x) if np.isfinite(x) and not gone else x for x, gone in zip(values, hidden, strict=True)
        ]
    return table


def participants(population: pd.DataFrame | None) -> float:
    """The number of matched participants as the population table tells it; NaN where it does not."""
    if population is None or population.empty:
        return float("nan")
    rows = population[(population["group"] == "participants") & (population["sex"] == "all")]
    return float(rows["n"].max()) if len(rows) else float("nan")
