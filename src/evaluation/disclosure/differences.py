"""The guard over what two printed figures tell by their difference: outcomes that hold one another, states, later treatment, controls, coarse rows.

As in :mod:`evaluation.disclosure.chain`, nothing is taken from what the rules computed: these are the numbers as they would be written.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.counts import UNMATCHED, KnownControls, participants
from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rounding import step_for
from evaluation.disclosure.rules.absorbing import DEAD
from evaluation.disclosure.rules.beside import CELL, cell_of, is_reference
from evaluation.disclosure.rules.nestings import holders, same_as
from evaluation.disclosure.rules.short_long import LEVELS, TABLE, apart
from evaluation.disclosure.rules.state_effects import OUTCOME_OF_STATE
from evaluation.errors import Problem

_MEND = "protect the tables together; one of the two must be hidden, or its number"
_EXACT = 0.01  # of a person: a printed mean times its number is a whole count to within this, unless it was made coarse


def difference_problems(tables: Mapping[str, pd.DataFrame], policy: Policy) -> list[Problem]:
    """What two figures of the tables tell by their difference; with a base of rounding, nothing below it can be told."""
    if policy.rounding:
        return []
    problems = _later(tables.get("later_treated"), policy) + _deaths(tables.get("states"), policy)
    effects = tables.get("effects")
    if effects is None or effects.empty:
        return problems
    seen = effects[(effects["status"] == "released") & (effects["ci_kind"] == "pointwise")].reset_index(drop=True)
    known = KnownControls.of(tables.get("population"), tables.get("flow"))
    return (
        problems
        + _nested(seen, policy)
        + _states(seen, tables.get("states"), policy)
        + _parts_of_a_state(effects, seen, tables.get("states"), policy)
        + _short_long(tables.get("short_long"), seen, participants(tables.get("population")), policy)
        + _controls(seen, known, policy)
        + _coarse_alike(seen, policy)
    )


def _on_grid(values: npt.NDArray[np.float64], n: npt.NDArray[np.float64], reach: int) -> npt.NDArray[np.bool_]:
    """Whether figures stand on the step that belongs to n persons, or to a few fewer: the exact number is printed nowhere."""
    on = np.zeros(len(values), dtype=bool)
    for fewer in range(reach):
        step = step_for(np.maximum(n - fewer, 1))
        on |= np.abs(values / step - np.round(values / step)) < 1e-4
    return on


def _counts(rows: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Persons with the outcome on either side, as anybody computes them; NaN where a row is printed too coarsely for that."""
    n = {
        side: rows[column].to_numpy(dtype=float)
        for side, column in (("treated", "n_treated"), ("control", "n_controls"))
    }
    limits = [rows[c].to_numpy(dtype=float) for c in ("ci_low", "ci_high")]
    least = np.fmin(n["treated"], n["control"])
    coarse = np.logical_and.reduce([_on_grid(limit, least, policy.min_count) for limit in limits])
    share = (rows["unit"] == "share").to_numpy()
    found = {
        side: np.where(share & ~coarse, n[side] * rows[f"{side}_mean"].to_numpy(dtype=float), np.nan) for side in n
    }
    whole = np.abs(found["treated"] - np.round(found["treated"])) < _EXACT
    return pd.DataFrame({"treated": np.where(whole, found["treated"], np.nan), "control": found["control"]})


def _nested(seen: pd.DataFrame, policy: Policy) -> list[Problem]:
    counts = _counts(seen, policy)
    telling = 0
    for _, rows in seen.groupby(["subgroup", "estimand", "estimator"], sort=True):
        cells = [same_as(cell_of(row)) for row in rows[[*CELL]].itertuples(index=False)]
        place = dict(zip(cells, rows.index, strict=True))
        for inner, above in holders(place).items():
            for outer in above:
                a, b = place[inner], place[outer]
                # NaN, where a row has no number, is not near any
                if not abs(seen["n_treated"].iloc[a] - seen["n_treated"].iloc[b]) < policy.min_count:
                    continue
                more = counts.iloc[b] - counts.iloc[a]
                telling += any(policy.leaves_too_few(x) for x in more if np.isfinite(x))
    return (
        [_few("tables/effects.csv", f"{telling} pairs of outcomes, one of which holds the other, differ")]
        if telling
        else []
    )


def _states(seen: pd.DataFrame, states: pd.DataFrame | None, policy: Policy) -> list[Problem]:
    if states is None or states.empty:
        return []
    rows = seen[(seen["subgroup"] == "all") & is_reference(seen)]
    counts = _counts(seen, policy)["treated"]
    count = {
        cell_of(row): counts.iloc[i] for i, row in zip(rows.index, rows[[*CELL]].itertuples(index=False), strict=True)
    }
    own = states[(states["group"] == "participants") & (states["status"] == "released")]
    telling = 0
    for clock, year, state, n in zip(own["clock"], own["year"], own["state"], own["n"], strict=True):
        outcome = OUTCOME_OF_STATE.get(str(state))
        other = count.get((*outcome, str(clock), int(year), "year"), np.nan) if outcome else np.nan
        telling += bool(np.isfinite(n) and np.isfinite(other) and policy.leaves_too_few(other - n))
    return [_few("tables/states.csv", f"{telling} states and the effect on them differ")] if telling else []


def _parts_of_a_state(
    effects: pd.DataFrame, seen: pd.DataFrame, states: pd.DataFrame | None, policy: Policy
) -> list[Problem]:
    """The participants in a state less the subgroups shown of the outcome that is (nearly) it: those of the subgroups that are hidden."""
    if states is None or states.empty:
        return []
    own = states[(states["group"] == "participants") & (states["status"] == "released")]
    whole = {
        (*OUTCOME_OF_STATE[str(row.state)], str(row.clock), int(row.year), "year"): float(row.n)
        for row in own[["clock", "year", "state", "n"]].dropna().itertuples(index=False)
        if row.state in OUTCOME_OF_STATE
    }
    counts = _counts(seen, policy)["treated"][is_reference(seen)]
    rows = seen.loc[counts.index].assign(count=counts)
    gone = effects[(effects["status"] == "suppressed") & is_reference(effects) & (effects["subgroup"] != "all")]
    telling = 0
    hidden = {
        (cell_of(row[:-1]), str(row[-1]).split("=")[0])
        for row in gone[[*CELL, "subgroup"]].itertuples(index=False, name=None)
    }
    rows = rows.assign(cell=[cell_of(row) for row in rows[[*CELL]].itertuples(index=False, name=None)])
    for cell, family in sorted(hidden):
        if cell not in whole:
            continue
        parts = rows.loc[(rows["cell"] == cell) & rows["subgroup"].str.startswith(f"{family}="), "count"]
        # coarse parts (NaN) leave the sum unknown
        telling += bool(len(parts) and parts.notna().all() and round(whole[cell] - parts.sum()) < policy.min_count)
    return (
        [_few("tables/states.csv", f"{telling} states and the subgroups shown of the effect on them differ")]
        if telling
        else []
    )


def _short_long(table: pd.DataFrame | None, seen: pd.DataFrame, n_matched: float, policy: Policy) -> list[Problem]:
    """Cross tables of the months beside one another, and beside the numbers of the effects and the matched."""
    if table is None or table.empty:
        return []
    main = seen[(seen["subgroup"] == "all") & is_reference(seen)]
    shown = table[(table["status"] == "released") & table["level"].isin(LEVELS)]
    telling = 0
    for group, column in (("participants", "n_treated"), ("comparison", "n_controls")):
        cross = shown[shown["group"] == group].groupby(TABLE, dropna=False, sort=True)
        numbers = [rows.set_index("level")["n"].reindex(list(LEVELS)).to_numpy(dtype=np.float64) for _, rows in cross]
        numbers = [n for n in numbers if np.isfinite(n).all()]
        beside = sorted(
            {
                *main[column].dropna().astype(float),
                *([n_matched] if group == "participants" and np.isfinite(n_matched) else []),
            }
        )
        for i, own in enumerate(numbers):
            others = [*beside, *(float(n.sum()) for j, n in enumerate(numbers) if j != i)]
            telling += any(policy.leaves_too_few(x) for x in apart(group, own, others))
    return (
        [_few("tables/short_long.csv", f"{telling} cross tables and numbers of the same persons differ")]
        if telling
        else []
    )


def _deaths(states: pd.DataFrame | None, policy: Policy) -> list[Problem]:
    if states is None or states.empty:
        return []
    dead = states[(states["state"] == DEAD) & (states["status"] == "released")].dropna(subset=["n"])
    telling = sum(
        policy.leaves_too_few(b - a) and b > a
        for _, rows in dead.sort_values("year").groupby(["clock", "group"], sort=True)
        for a, b in combinations(rows["n"].astype(float), 2)
    )
    return [_few("tables/states.csv", f"the dead of {telling} pairs of years differ")] if telling else []


def _later(later: pd.DataFrame | None, policy: Policy) -> list[Problem]:
    if later is None or later.empty:
        return []
    n = sorted({round(x) for x in later.loc[later["status"] == "released", "n"].dropna()})
    if any(policy.leaves_too_few(b - a) for a, b in pairwise(n)):
        return [_few("tables/later_treated.csv", "numbers of those who began later differ")]
    return []


def _controls(seen: pd.DataFrame, known: KnownControls, policy: Policy) -> list[Problem]:
    rows = seen[(seen["subgroup"] == "all") & (seen["estimator"] != UNMATCHED)]
    counts = sorted(set(rows["n_controls"].dropna().astype(float)))
    beside = [known.matched] if np.isfinite(known.matched) else []
    if any(known.tells(n, policy) or any(policy.leaves_too_few(n - m) for m in beside) for n in counts):
        return [_few("tables/effects.csv", "comparison persons and those that other tables count differ")]
    return []


def _coarse_alike(seen: pd.DataFrame, policy: Policy) -> list[Problem]:
    """The mean of the matched comparison is over the participants too, so it must be as coarse as theirs."""
    share = (
        (seen["unit"] == "share") & (seen["estimator"] == "matched_difference") & seen["treated_mean"].notna()
    ).to_numpy()
    rows = seen[share]
    n = rows["n_treated"].to_numpy(dtype=float)
    count = n * rows["treated_mean"].to_numpy(dtype=float)
    moved = np.abs(count - np.round(count)) > _EXACT + 1e-5 * count
    least = np.fmin(n, rows["n_controls"].to_numpy(dtype=float))
    fine = ~_on_grid(rows["control_mean"].to_numpy(dtype=float), least, policy.min_count)
    if (number := int((moved & fine).sum())) == 0:
        return []
    said = f"{number} means of the comparison are finer than those of the participants, and give their number back"
    return [Problem("tables/effects.csv", said, "both on one step", _MEND)]


def _few(where: str, said: str) -> Problem:
    return Problem(where, f"{said} by fewer persons than the least count", mend=_MEND)
