"""Who the groups are: the population table (by sex) and the balance table show the same shares, so they are protected as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.cells import CellSystem
from evaluation.disclosure.policy import Policy
from evaluation.errors import Problem, ReleaseError

Mask = npt.NDArray[np.bool_]
SEXES = ("women", "men")
_BALANCE = {
    "treated_mean": "participants",
    "control_mean_before": "comparison_unweighted",  # not the population table's comparison, which is weighted by month
    "control_mean_after": "comparison_after",
}
_ALWAYS_LAST = 1e9


class Trait(NamedTuple):
    """A share: of which characteristic and level, in which group and sex."""

    characteristic: str
    level: str
    group: str
    sex: str


def hide_traits(population: pd.DataFrame | None, balance: pd.DataFrame | None, policy: Policy) -> tuple[Mask, Mask]:
    """Rows of the two tables to hide; a table that is missing gives an empty mask.

    In ``population.csv``, ``n`` counts the persons of the group and sex; women and men sum to all, levels to the group. A binary characteristic
    of one level implies its complement.

    Raises
    ------
    ReleaseError
        When the balance table holds shares but the population table, which tells how many persons they are of, is missing.
    """
    population = _released(population)
    balance = _released(balance)
    sizes = group_sizes(population)
    cells: dict[Trait, float] = {}
    in_population = [_trait(row) for row in population.itertuples()]
    for trait, value in zip(in_population, population.get("value", []), strict=True):
        if trait is not None:
            cells[trait] = float(value) * sizes[trait.group, trait.sex]
    in_balance = [_balance_traits(row) for row in balance.itertuples()]
    if any(in_balance) and not sizes:
        raise ReleaseError(
            Problem(
                "release table balance",
                "its shares cannot be protected without the number of persons",
                "a population table with the size of each group",
                "release both, or neither",
            )
        )
    for traits in in_balance:
        for trait, mean in traits.items():
            size = sizes.get((trait.group, "all"), sizes.get(("comparison_after", "all"), np.inf))
            cells.setdefault(trait, mean * size if np.isfinite(size) else np.inf)
    hidden = _close(cells, sizes, policy)
    few = {(group, sex) for (group, sex), n in sizes.items() if n < policy.min_count_margin}
    few |= {(group, other) for group, sex in set(few) if sex in SEXES for other in SEXES}
    gone = [
        trait in hidden if trait is not None else (str(row.group), str(row.sex)) in few
        for trait, row in zip(in_population, population.itertuples(), strict=True)
    ]
    # a mean over one or two persons is their value, whatever its kind: no row of the balance table may stand then
    tiny = bool({("participants", "all"), ("comparison_after", "all")} & few)
    in_sight = [tiny or any(t in hidden for t in traits) for traits in in_balance]
    return np.array(gone, dtype=bool), np.array(in_sight, dtype=bool)


def _released(table: pd.DataFrame | None) -> pd.DataFrame:
    return pd.DataFrame() if table is None else table


def group_sizes(population: pd.DataFrame | None) -> dict[tuple[str, str], float]:
    """Persons of each group and sex, as the population table counts them."""
    if population is None or population.empty:
        return {}
    return {(str(g), str(s)): float(n) for (g, s), n in population.groupby(["group", "sex"])["n"].max().items()}


def _trait(row: tuple) -> Trait | None:
    if row.kind != "share" or row.status != "released":
        return None
    return Trait(str(row.characteristic), _level(row.level), str(row.group), str(row.sex))


def _balance_traits(row: tuple) -> dict[Trait, float]:
    if row.status != "released" or row.kind not in ("binary", "category"):
        return {}
    name, level = ("sex", "women") if row.covariate == "woman" else (str(row.covariate), _level(row.level))
    return {Trait(name, level, group, "all"): float(getattr(row, column)) for column, group in _BALANCE.items()}


def _level(level: object) -> str:
    """A binary characteristic has one level, however it is written."""
    text = "" if pd.isna(level) else str(level)
    return text or "yes"


def _close(cells: dict[Trait, float], sizes: dict[tuple[str, str], float], policy: Policy) -> set[Trait]:
    """One system a characteristic and group."""
    blocks: dict[tuple[str, str], list[Trait]] = defaultdict(list)
    for trait in cells:
        blocks[trait.characteristic, trait.group].append(trait)
    hidden: set[Trait] = set()
    for traits in blocks.values():
        hidden |= _close_block(traits, cells, sizes, policy)
    return hidden


def _close_block(
    traits: list[Trait], cells: dict[Trait, float], sizes: dict[tuple[str, str], float], policy: Policy
) -> set[Trait]:
    system = CellSystem()
    known = [trait for trait in traits if np.isfinite(cells[trait])]
    for sex in sorted({trait.sex for trait in known}):
        column = [trait for trait in known if trait.sex == sex]
        total = max(_size(column[0], sizes), sum(cells[t] for t in column))
        for trait in column:
            primary = policy.tells_on_its_group(cells[trait], total) or total < policy.min_count_margin
            system.add_cell(
                trait,
                cells[trait],
                upper=total,
                primary=primary,
                cost=cells[trait] + (_ALWAYS_LAST if sex == "all" else 0),
            )
        rest = total - sum(cells[t] for t in column)
        if rest > 0.5:  # levels that no table prints can be computed as what remains
            implied = column[0]._replace(level="(rest)")
            system.add_cell(implied, rest, upper=total, primary=policy.small(rest), shown=False)
            column = [*column, implied]
        system.add_line(column)
    for level in {trait.level for trait in system.counts}:
        _join_sexes(system, known[0], level)
    # only a line that holds a hidden cell can tell on it
    return {t for t in system.close(policy.min_count) if t.level != "(rest)"} if system.primary else set()


def _size(trait: Trait, sizes: dict[tuple[str, str], float]) -> float:
    return sizes.get((trait.group, trait.sex), sizes.get(("comparison_after", "all"), 0.0))


def _join_sexes(system: CellSystem, like: Trait, level: str) -> None:
    parts: Iterable[Trait] = [like._replace(level=level, sex=sex) for sex in SEXES]
    whole = like._replace(level=level, sex="all")
    if whole in system.counts and all(part in system.counts for part in parts):
        system.add_line(parts, minus=[whole])
