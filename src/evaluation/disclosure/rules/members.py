"""What stands for a subgroup in a cell of the effects, and complementary suppression within a family of subgroups."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rules.beside import Cell

Members = dict[Cell, dict[str, "Member"]]
"""By cell and subgroup."""


@dataclass(frozen=True)
class Member:
    """One subgroup of one cell.

    Attributes
    ----------
    n, count
        Participants, and those of them with the outcome (NaN where it is no share).
    hidden
        Whether its rows go.
    control
        The same share of the comparison persons, in persons; NaN where it is not known.
    primary
        Whether it is the primary result.
    told
        Its count as another table tells it nearly, so that hiding its rows hides nothing from whoever subtracts; NaN where none does.
    """

    n: float
    count: float
    hidden: bool
    control: float = np.nan
    primary: bool = False
    told: float = np.nan


def close_families(group: dict[str, Member], policy: Policy) -> None:
    """Complementary suppression inside each family of subgroups (``sex=…``, ``age=…``) of one cell."""
    families: dict[str, list[str]] = {}
    for subgroup in group:
        if "=" in subgroup:
            families.setdefault(subgroup.split("=")[0], []).append(subgroup)
    whole = group.get("all")
    for names in families.values():
        names = sorted(names, key=lambda name: (group[name].n, name))
        while True:
            shown = [name for name in names if not group[name].hidden]
            if not shown or _family_safe(group, names, shown, whole, policy):
                break
            group[shown[0]] = replace(group[shown[0]], hidden=True)


def _family_safe(
    group: dict[str, Member], names: list[str], shown: list[str], whole: Member | None, policy: Policy
) -> bool:
    n_hidden_rows = len(names) - len(shown)
    if whole is None:
        return True
    if whole.hidden and (n_hidden_rows == 0 or np.isnan(whole.told)):
        return n_hidden_rows >= 1  # all of them shown would give it back
    rest = whole.n - sum(group[name].n for name in shown)
    if n_hidden_rows == 0 and round(rest) == 0:
        return True
    # persons of the whole who stand in no row are one more unknown part
    unknown = n_hidden_rows + (round(whole.n - sum(group[name].n for name in names)) > 0)
    count = whole.count - sum(group[name].count for name in shown)
    if round(np.nan_to_num(whole.told - whole.count + count, nan=policy.min_count)) < policy.min_count:
        return False
    apart = np.isnan(count) or not policy.tells_on_its_group(count, rest)
    return round(rest) >= policy.min_count and bool(apart) and unknown > 1
