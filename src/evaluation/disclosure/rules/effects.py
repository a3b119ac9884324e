"""Effects: counts behind the means, subgroups against the whole, and one clock against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.cells import Solved
from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rules.beside import CELL, Cell, cell_of, is_reference, other_participants
from evaluation.disclosure.rules.members import Member, Members, close_families
from evaluation.disclosure.rules.nested import hide_nested, nested_rows

TWIN_CLOCKS = ("exit_planned", "exit_actual")
"""Most persons have the same month on both, so their rows are nearly one table; the second, descriptive one gives way."""


def hide_effects(
    table: pd.DataFrame,
    policy: Policy,
    *,
    linked: frozenset[Cell] = frozenset(),
    told: Mapping[Cell, float] | None = None,
    solved: Solved | None = None,
) -> npt.NDArray[np.bool_]:
    """Rows to hide.

    A row goes when a group is too small, when too few persons (or all but too few) have the outcome, or when the degrees of freedom are too
    few. The rows of the reference (:func:`reference_of`) decide for a cell: with one of them go the rows of the same subgroup and horizon by
    every other estimand and estimator, since they hold the same mean or nearly so, and as many sister subgroups as it takes for the hidden
    ones to be a safe group together: what can be computed is the whole less what is shown. The other rows go for their own sake, and
    where their participants differ by a few from those of the reference or of one another (see also :func:`evaluation.disclosure.rules.beside.without_levels`).

    Parameters
    ----------
    table
        Rows of ``effects.csv``; ``audit_magnitude_safe`` and ``audit_n_moved`` are used where they are.
    linked
        Cells whose whole-group row must go because another table hides the same figure.
    told
        Cells whose whole group another table tells nearly, with the count that it tells: where the row is hidden here, subgroups are hidden
        as beside one that is shown.
    solved
        Systems of nested outcomes met before, and now.
    """
    released = (table["status"] == "released").to_numpy()
    first = released & _primary(table, policy)
    main = is_reference(table)
    keys = [cell_of(row) for row in table[[*CELL]].itertuples(index=False)]
    subgroups = table["subgroup"].astype(str).tolist()
    members = _members(table, keys, subgroups, released, first, linked, main)
    for cell, count in sorted((told or {}).items()):
        if "all" in members.get(cell, {}):
            members[cell]["all"] = replace(members[cell]["all"], told=count)
    _twin_clocks(members, table, keys, subgroups, main, policy)
    _close_sizes(members, policy)
    for cell in members:
        close_families(members[cell], policy)
    hide_nested(members, policy, solved)
    hidden = [
        members[key][subgroup].hidden if key in members and subgroup in members[key] else False
        for key, subgroup in zip(keys, subgroups, strict=True)
    ]
    own = np.array(hidden, dtype=bool) | (first & ~main) | _moved_apart(table, main, policy)
    own |= other_participants(table, keys, subgroups, released & ~own, main, policy)
    return released & (own | nested_rows(table, keys, subgroups, released & ~own & ~main, members, policy))


def _primary(table: pd.DataFrame, policy: Policy) -> npt.NDArray[np.bool_]:
    n = {
        side: table[f"n_{side}s" if side == "control" else "n_treated"].to_numpy(dtype=float)
        for side in ("treated", "control")
    }
    few = (n["treated"] < policy.min_count_margin) | (n["control"] < policy.min_count_margin)
    few |= n["treated"] + n["control"] - 2 < policy.min_dof
    # a comparison that rests on a few persons, however many stand beside them
    few |= np.round(table["ess_controls"].to_numpy(dtype=float)) < policy.min_count
    share = (table["unit"] == "share").to_numpy()
    constructed = _by_construction(table, policy) & _everywhere(table)
    for side, size in n.items():
        mean = table[f"{side}_mean"].to_numpy(dtype=float)
        total = np.nan_to_num(mean * size)
        size = np.nan_to_num(size)
        telling = np.array([policy.tells_on_its_group(t, s) for t, s in zip(total, size, strict=True)], dtype=bool)
        few |= share & telling & ~(constructed if side == "treated" else np.zeros(len(table), dtype=bool))
        few |= ~share & (np.abs(total) < policy.min_count) & policy.zeros_disclosive
    if "audit_magnitude_safe" in table:
        few |= ~share & ~table["audit_magnitude_safe"].fillna(True).astype(bool).to_numpy()
    return few


def _by_construction(table: pd.DataFrame, policy: Policy) -> npt.NDArray[np.bool_]:
    hit = np.zeros(len(table), dtype=bool)
    for rule in policy.by_construction:
        same = [
            table[name].fillna("").astype(str) == getattr(rule, name)
            for name in ("outcome", "definition", "horizon_unit", "clock")
        ]
        hit |= np.logical_and.reduce([s.to_numpy() for s in same]) & (table["horizon"].to_numpy() == rule.horizon)
    return hit


def _everywhere(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows in whose horizon the outcome is everybody's in the whole group and in each subgroup.

    Where it is not, the subgroups in which it is would be the frame around the few who do not have it.
    """
    n = table["n_treated"].to_numpy(dtype=float)
    with_it = np.nan_to_num(n * table["treated_mean"].to_numpy(dtype=float))
    lacking = (table["status"] == "released").to_numpy() & (np.round(with_it) != np.round(np.nan_to_num(n)))
    by = [table[name].fillna("").astype(str) for name in (*CELL, "estimand", "estimator")]
    return ~pd.Series(lacking, index=table.index).groupby(by).transform("any").to_numpy(dtype=bool)


def _members(
    table: pd.DataFrame,
    keys: list[Cell],
    subgroups: list[str],
    released: npt.NDArray[np.bool_],
    first: npt.NDArray[np.bool_],
    linked: frozenset[Cell],
    main: npt.NDArray[np.bool_],
) -> Members:
    """What stands for each subgroup of each cell: the rows of the reference, or all rows where it has none there."""
    n = table["n_treated"].to_numpy(dtype=float)
    share = (table["unit"] == "share").to_numpy()
    mean = np.where(share, table["treated_mean"].to_numpy(dtype=float), np.nan)
    control = np.where(
        share, table["control_mean"].to_numpy(dtype=float) * table["n_controls"].to_numpy(dtype=float), np.nan
    )
    primary = (table["role"] == "primary").to_numpy()
    members: Members = {}
    has_main = {(keys[i], subgroups[i]) for i in np.flatnonzero(released & main)}
    for i in np.flatnonzero(released):
        if not main[i] and (keys[i], subgroups[i]) in has_main:
            continue
        here = members.setdefault(keys[i], {})
        hidden = bool(first[i]) or (subgroups[i] == "all" and keys[i] in linked)
        known = here.get(subgroups[i])
        if known is None or n[i] > known.n:
            gone = hidden or (known is not None and known.hidden)
            here[subgroups[i]] = Member(n[i], n[i] * mean[i], gone, control[i], bool(primary[i]))
        elif hidden:
            here[subgroups[i]] = replace(known, hidden=True)
    return members


def _moved_apart(table: pd.DataFrame, main: npt.NDArray[np.bool_], policy: Policy) -> npt.NDArray[np.bool_]:
    """Rows beside the reference that say themselves how few participants have another time zero than on the first twin clock."""
    if "audit_n_moved" not in table:
        return np.zeros(len(table), dtype=bool)
    moved = table["audit_n_moved"].to_numpy(dtype=float)
    few = np.array([np.isfinite(x) and policy.leaves_too_few(x) for x in moved], dtype=bool)
    return few & ~main & (table["clock"] == TWIN_CLOCKS[1]).to_numpy()


def _twin_clocks(
    members: Members,
    table: pd.DataFrame,
    keys: list[Cell],
    subgroups: list[str],
    main: npt.NDArray[np.bool_],
    policy: Policy,
) -> None:
    """Hide rows of the second twin clock where it tells, less the first, on a few persons.

    Where the study says how many participants have another time zero on it (``audit_n_moved``, those with none on one of the two among them), that
    number decides. Otherwise the numbers followed are compared, which is the most that the tables themselves show.
    """
    planned, actual = TWIN_CLOCKS
    moved: Mapping[tuple[Cell, str], float] = {}
    if "audit_n_moved" in table:
        counts = table["audit_n_moved"].to_numpy(dtype=float)
        said = np.flatnonzero(np.isfinite(counts))  # bands need not repeat it
        said = said[np.argsort(main[said], kind="stable")]  # what the reference says comes last and stays
        moved = {(keys[i], subgroups[i]): counts[i] for i in said}
    followed: dict[tuple[str, int, str, str], float] = {}
    for cell, group in members.items():
        for subgroup, member in group.items():
            followed[*cell[2:], subgroup] = max(member.n, followed.get((*cell[2:], subgroup), 0.0))
    for cell in [cell for cell in members if cell[2] == actual]:
        for subgroup, member in members[cell].items():
            difference = moved.get((cell, subgroup), np.nan)
            if np.isnan(difference):
                own = followed[*cell[2:], subgroup]
                difference = own - followed.get((planned, *cell[3:], subgroup), own)
            if policy.leaves_too_few(difference):
                members[cell][subgroup] = replace(member, hidden=True)


def _close_sizes(members: Members, policy: Policy) -> None:
    """Hide small subgroups, and the sisters that cover them, alike in every outcome of a clock and horizon.

    The outcomes share their numbers of persons, so a sister shown in one of them would give the small one's number away in all.
    """
    moments: dict[tuple[str, int, str], list[Cell]] = {}
    for cell in members:
        moments.setdefault(cell[2:], []).append(cell)
    for cells in moments.values():
        sizes: dict[str, Member] = {}
        for cell in cells:
            for subgroup, member in members[cell].items():
                n = max(member.n, sizes[subgroup].n if subgroup in sizes else 0.0)
                sizes[subgroup] = Member(n, np.nan, subgroup != "all" and n < policy.min_count_margin)
        close_families(sizes, policy)
        for cell in cells:
            for subgroup, member in members[cell].items():
                if sizes[subgroup].hidden:
                    members[cell][subgroup] = replace(member, hidden=True)
