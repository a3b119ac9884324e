"""Outcomes that hold one another: what the wider one counts more must not be a few persons.

Whoever returned within six months had returned within twelve: 41 and 43 persons say that two returned in between. A count of participants is the
share times the number, and both are printed. So of two such rows of a subgroup that differ by fewer than the least count, one goes; none differing tells
nothing of anybody. The comparison persons are read alike, by the number that the share is worth in persons.

1. In each subgroup the fewest rows are hidden that leave no such pair (:mod:`evaluation.disclosure.rules.cover`). A row whose sisters go already
   costs least; the primary result, everybody, and the main outcomes by year are kept while anything else can go.
2. Sisters go as for every hidden row, or the whole would give it back (:func:`evaluation.disclosure.rules.members.close_families`).
3. All that is publicly known of the counts, sums over subgroups and which outcome holds which, is solved together: each hidden count that is small, and
   each small difference, must be left an interval at least as wide as the least count (:mod:`evaluation.disclosure.cells`). Rows go until it is.

Where the policy rounds counts, printed differences are multiples of its base and tell none of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.cells import CellSystem, Solved
from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rules.beside import Cell
from evaluation.disclosure.rules.cover import least_cover
from evaluation.disclosure.rules.members import Member, Members, close_families
from evaluation.disclosure.rules.nestings import ESTABLISHED, RETURNED, holders, same_as

WHOLE = "all"
_PRIMARY, _OF_EVERYBODY, _SISTER = 1e6, 1e3, 1.0
Node = tuple[Cell, str]


def hide_nested(members: Members, policy: Policy, solved: Solved | None = None) -> None:
    """Hide members of nested outcomes, and their sisters, until no difference of a few persons can be computed."""
    if policy.rounding:
        return
    names = _names(members)
    wider = holders(members)
    if not any(wider.values()):
        return
    _alike(members, names)
    for subgroup in sorted({s for group in members.values() for s in group}, key=lambda s: (s != WHOLE, s)):
        nodes = {
            cell: m for cell in wider if (m := _member(members, names[cell], subgroup)) is not None and not m.hidden
        }
        pairs = _telling(nodes, wider, policy)
        for cell in least_cover(pairs, lambda cell, s=subgroup: _cost(members, names, (cell, s))):
            _hide(members, names[cell], subgroup, policy)
    _close_all(members, names, wider, policy, solved)


def nested_rows(
    table: pd.DataFrame,
    keys: list[Cell],
    subgroups: list[str],
    shown: npt.NDArray[np.bool_],
    members: Members,
    policy: Policy,
) -> npt.NDArray[np.bool_]:
    """Rows beside the reference that are about other participants than it, and tell by nested outcomes among themselves."""
    gone = np.zeros(len(table), dtype=bool)
    if policy.rounding:
        return gone
    n = table["n_treated"].to_numpy(dtype=float)
    share = (table["unit"] == "share").to_numpy()
    count = n * table["treated_mean"].to_numpy(dtype=float)
    control = table["n_controls"].to_numpy(dtype=float) * table["control_mean"].to_numpy(dtype=float)
    ways: dict[tuple[str, str, str], dict[Cell, list[int]]] = {}
    for i in np.flatnonzero(shown & share & np.isfinite(n)):
        main = members.get(keys[i], {}).get(subgroups[i])
        if main is not None and round(main.n) == round(n[i]):
            continue  # the same participants, whose counts are the reference's
        way = (subgroups[i], str(table["estimand"].iloc[i]), str(table["estimator"].iloc[i]))
        ways.setdefault(way, {}).setdefault(same_as(keys[i]), []).append(i)
    for way in sorted(ways):
        cells = ways[way]
        nodes = {cell: Member(n[at[0]], count[at[0]], False, control[at[0]]) for cell, at in cells.items()}
        pairs = _telling(nodes, holders(nodes), policy)
        for cell in least_cover(pairs, lambda cell, c=cells: len(c[cell]) + _worth(cell)):
            gone[cells[cell]] = True
    return gone


def _names(members: Members) -> dict[Cell, list[Cell]]:
    """The cells that stand for each outcome, under all its names."""
    names: dict[Cell, list[Cell]] = {}
    for cell in members:
        names.setdefault(same_as(cell), []).append(cell)
    return names


def _alike(members: Members, names: Mapping[Cell, list[Cell]]) -> None:
    """What is hidden under one name is hidden under the other."""
    for cells in names.values():
        for subgroup in sorted({s for cell in cells for s in members[cell]}):
            if any(subgroup in members[c] and members[c][subgroup].hidden for c in cells):
                for cell in cells:
                    if subgroup in members[cell]:
                        members[cell][subgroup] = replace(members[cell][subgroup], hidden=True)


def _member(members: Members, cells: list[Cell], subgroup: str) -> Member | None:
    found = [members[cell][subgroup] for cell in cells if subgroup in members[cell]]
    known = [m for m in found if np.isfinite(m.count)]
    return known[0] if known else None


def _telling(nodes: Mapping[Cell, Member], wider: Mapping[Cell, set[Cell]], policy: Policy) -> list[tuple[Cell, Cell]]:
    """Pairs of nested outcomes of the same persons that differ by a few of them."""
    return [
        (inner, outer)
        for inner in sorted(nodes)
        for outer in sorted(wider.get(inner, ()))
        if outer in nodes
        and _same_persons(nodes[outer], nodes[inner], policy)
        and any(
            policy.leaves_too_few(x)
            for x in (nodes[outer].count - nodes[inner].count, nodes[outer].control - nodes[inner].control)
            if np.isfinite(x)
        )
    ]


def _same_persons(a: Member, b: Member, policy: Policy) -> bool:
    """Whether two rows are about the same participants but for fewer than the least count, which printed numbers do not tell apart."""
    return abs(round(a.n) - round(b.n)) < policy.min_count


def _cost(members: Members, names: Mapping[Cell, list[Cell]], node: Node) -> float:
    """Rows that go with it, and what they are worth."""
    cell, subgroup = node
    cost = len(names[cell]) + _worth(cell)
    found = _member(members, names[cell], subgroup)
    if found is not None and found.primary:
        cost += _PRIMARY
    if subgroup == WHOLE:
        return cost + _OF_EVERYBODY
    family = subgroup.split("=")[0] + "="
    sisters = [m for s, m in members[names[cell][0]].items() if s.startswith(family) and s != subgroup]
    return cost + (0.0 if any(m.hidden for m in sisters) else _SISTER * len(names[cell]))


def _worth(cell: Cell) -> float:
    """Below one: outcomes that the report leads with, and whole years, are kept where as many rows go either way."""
    outcome, definition, clock, horizon, unit = cell
    leads = 0.4 * (outcome == ESTABLISHED and definition == "E2_scb") + 0.2 * (outcome == ESTABLISHED)
    return (
        leads
        + 0.1 * (unit == "year" or horizon % 12 == 0)
        + 0.05 * (clock != "exit_actual")
        + 0.001 * (outcome != RETURNED)
    )


def _hide(members: Members, cells: list[Cell], subgroup: str, policy: Policy) -> None:
    for cell in cells:
        if subgroup in members[cell]:
            members[cell][subgroup] = replace(members[cell][subgroup], hidden=True)
        close_families(members[cell], policy)


@dataclass(frozen=True)
class _More:
    """Persons with the wider outcome and without the narrower one: a count that no table prints."""

    inner: Cell
    outer: Cell
    subgroup: str


def _close_all(
    members: Members,
    names: Mapping[Cell, list[Cell]],
    wider: Mapping[Cell, set[Cell]],
    policy: Policy,
    solved: Solved | None,
) -> None:
    """Hide further rows until no small count of nested outcomes can be narrowed down by all that is known."""
    system = CellSystem()
    nested = sorted({cell for cell in wider if wider[cell]} | {c for above in wider.values() for c in above})
    for cell in nested:
        _add_cell(system, members, names, cell, policy)
    for inner in nested:
        for outer in sorted(_nearest(inner, wider)):
            _add_difference(system, members, names, inner, outer, policy)
    before = set(system.hidden)
    for found in sorted(system.close(policy.min_count, solved=solved) - before, key=repr):
        cell, subgroup = found
        _hide(members, names[cell], subgroup, policy)


def _nearest(cell: Cell, wider: Mapping[Cell, set[Cell]]) -> set[Cell]:
    """The wider outcomes between which and this one no other lies: the rest follows from them."""
    return {outer for outer in wider[cell] if not any(outer in wider[middle] for middle in wider[cell])}


def _add_cell(
    system: CellSystem, members: Members, names: Mapping[Cell, list[Cell]], cell: Cell, policy: Policy
) -> None:
    there = sorted({s for c in names[cell] for s in members[c]})
    known = {s: m for s in there if (m := _member(members, names[cell], s)) is not None}
    for subgroup, member in known.items():
        small = member.hidden and policy.tells_on_its_group(member.count, member.n)
        cost = _cost(members, names, (cell, subgroup))
        system.add_cell(
            (cell, subgroup), member.count, upper=member.n, primary=small, shown=not member.hidden, cost=cost
        )
    if WHOLE not in known:
        return
    for family in sorted({s.split("=")[0] for s in known if "=" in s}):
        parts = [s for s in known if s.startswith(f"{family}=")]
        others = known[WHOLE].n - sum(known[s].n for s in parts)
        rest = known[WHOLE].count - sum(known[s].count for s in parts)
        line = [(cell, s) for s in parts]
        if round(others) > 0:  # persons of no subgroup
            system.add_cell((cell, f"{family}=(rest)"), rest, upper=others, shown=False)
            line.append((cell, f"{family}=(rest)"))
        elif abs(rest) > 0.5:
            continue  # the subgroups overlap: no sum is known
        system.add_line(line, minus=[(cell, WHOLE)])


def _add_difference(
    system: CellSystem, members: Members, names: Mapping[Cell, list[Cell]], inner: Cell, outer: Cell, policy: Policy
) -> None:
    for subgroup in sorted({s for c in names[inner] for s in members[c]}):
        a, b = _member(members, names[inner], subgroup), _member(members, names[outer], subgroup)
        if a is None or b is None or not _same_persons(a, b, policy) or b.count < a.count - 0.5:
            continue
        more = _More(inner, outer, subgroup)
        difference = max(b.count - a.count, 0.0)
        system.add_cell(more, difference, upper=max(a.n, b.n), primary=policy.leaves_too_few(difference), shown=False)
        system.add_line([(inner, subgroup), more], minus=[(outer, subgroup)])
