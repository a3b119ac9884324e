"""Death is final: who is dead in one year is dead in every later one, which ties the years of the states together.

The dead of two years tell how many died between them, and bound a hidden number: with the dead of year 3 shown, no more can have been dead in year 2, so that
of the dead and those without a row, hidden together, the latter are at least the rest. The states of a group on a clock are therefore solved over all
its years at once: states sum to the group in each year, the dead of a year are those of the year before and those who died, and every small
number, of those who died among them, must be left an interval as wide as the least count.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.cells import CellSystem
from evaluation.disclosure.policy import Policy

DEAD, LEADING = "dead", "established"
_LAST = 1e6


def close_over_years(table: pd.DataFrame, hidden: npt.NDArray[np.bool_], policy: Policy) -> npt.NDArray[np.bool_]:
    """``hidden``, and the further rows of ``states.csv`` that must go lest the years give a small number away.

    Parameters
    ----------
    table
        Rows of ``states.csv``; ``n`` counts the persons in the state.
    hidden
        Rows that go already.
    policy
        With a base of rounding the dead of two years differ by multiples of it, and nothing more is hidden.
    """
    hidden = hidden.copy()
    if policy.rounding:
        return hidden
    released = table[(table["status"] == "released").to_numpy()]
    for _, rows in released.groupby(["clock", "group"], sort=True):
        at = dict(zip(zip(rows["year"].astype(int), rows["state"].astype(str), strict=True), rows.index, strict=True))
        gone = _close(rows, {key for key, i in at.items() if hidden[table.index.get_loc(i)]}, policy)
        hidden[[table.index.get_loc(at[key]) for key in gone]] = True
    return hidden


def _close(rows: pd.DataFrame, hidden: set[tuple[int, str]], policy: Policy) -> set[tuple[int, str]]:
    system = CellSystem()
    count: dict[tuple[int, str], float] = {}
    for year, state, n in zip(
        rows["year"].astype(int), rows["state"].astype(str), rows["n"].astype(float), strict=True
    ):
        count[year, state] = n
    years = sorted({year for year, _ in count})
    total = {year: sum(n for (y, _), n in count.items() if y == year) for year in years}
    for key, n in count.items():
        gone = key in hidden
        small = gone and policy.tells_on_its_group(n, total[key[0]])
        cost = n + (_LAST if key[1] == LEADING else 0.0)
        system.add_cell(key, n, upper=total[key[0]], primary=small, shown=not gone, cost=cost)
    for year in years:
        system.add_line([key for key in count if key[0] == year])
    for one, two in combinations(years, 2):
        before, after = count.get((one, DEAD)), count.get((two, DEAD))
        # where fewer persons are followed in the later year, its dead need not hold those of the earlier one
        if before is None or after is None or after < before:
            continue
        died = (two, f"(died since {one})")
        system.add_cell(
            died, after - before, upper=total[two], primary=policy.leaves_too_few(after - before), shown=False
        )
        system.add_line([(one, DEAD), died], minus=[(two, DEAD)])
    return {key for key in system.close(policy.min_count) if key in count}
