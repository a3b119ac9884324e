"""Which outcomes hold one another, by what they mean: everybody with the one has the other.

The nestings are declared, not found in the numbers: they are what a reader of the definitions knows. A pair is listed also where the registers' small print
lets a person or two slip past it (a programme grant without a day in a programme), since a reader would take it for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evaluation.disclosure.rules.beside import Cell

RETURNED, SUSTAINED, ESTABLISHED = "returned_to_jobbtorg", "sustained_established", "established"
STRICTER = (("E3_uka", "E2_scb"), ("E3_uka", "E4_employed"), ("E2_scb", "E4_employed"))
"""Definitions of establishment: whoever meets the first meets the second."""
START, EXITS = "start", ("exit_planned", "exit_actual")
LONGEST = 12
"""Months that an employment lasts at most, as is commonly known of it: what follows within h months of its end follows within h + 12 of its start."""


def same_as(cell: Cell) -> Cell:
    """The cell that says the same under another name: established in each of the years 1 to 1 is established in year 1."""
    outcome, definition, clock, horizon, unit = cell
    return (ESTABLISHED, definition, clock, horizon, unit) if (outcome, horizon) == (SUSTAINED, 1) else cell


def holders(cells: Iterable[Cell]) -> dict[Cell, set[Cell]]:
    """For each cell the others of ``cells`` that hold it, directly or through others; cells as :func:`same_as` names them."""
    known = {same_as(cell) for cell in cells}
    direct = {cell: {other for other in _direct(cell, known) if other in known and other != cell} for cell in known}
    return {cell: _reached(cell, direct) for cell in sorted(known)}


def _reached(cell: Cell, direct: Mapping[Cell, set[Cell]]) -> set[Cell]:
    found: set[Cell] = set()
    queue = [cell]
    while queue:
        fresh = direct[queue.pop()] - found
        found |= fresh
        queue += fresh
    return found - {cell}


def _direct(cell: Cell, known: set[Cell]) -> set[Cell]:
    outcome, definition, clock, horizon, unit = cell
    found: set[Cell] = set()
    if outcome == RETURNED:  # ever by then: also ever by any later month
        found |= {c for c in known if c[:3] == cell[:3] and c[4] == unit and c[3] > horizon}
        if clock in EXITS:
            found |= {c for c in known if c[:3] == (outcome, definition, START) and c[3] >= horizon + LONGEST}
    if outcome == SUSTAINED:  # in every year so far: also in every year of a shorter while, and in each of them
        found |= {same_as((outcome, definition, clock, k, unit)) for k in range(1, horizon)}
        found |= {(ESTABLISHED, definition, clock, k, unit) for k in range(1, horizon + 1)}
        if clock == START:  # years counted from the end begin at most one calendar year later
            found |= {same_as((outcome, definition, c, k, unit)) for c in EXITS for k in range(1, horizon)}
    if outcome in (ESTABLISHED, SUSTAINED) and unit == "year":
        found |= {same_as((outcome, wide, clock, horizon, unit)) for strict, wide in STRICTER if strict == definition}
    return found
