"""Tables whose shares sum to one within a group: states, bins of the score, and the share of the comparison group treated later."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rules.absorbing import close_over_years

Mask = npt.NDArray[np.bool_]
Group = tuple[str, ...]
EVER = "never_in_follow_up"  # its number is of all who ever begin, nearly the same on every clock and in every year


def hide_states(table: pd.DataFrame, policy: Policy, *, linked: frozenset[tuple[str, str, int]] = frozenset()) -> Mask:
    """Rows of ``states.csv`` to hide; ``n`` counts the persons in the state.

    The state ``established`` is hidden last, since the effects show it too. What the years tell of one another, since nobody comes back from death, is
    looked at last (:mod:`evaluation.disclosure.rules.absorbing`). ``linked`` holds the states, clocks and years that they hide.
    """

    def first(rows: pd.DataFrame) -> Mask:
        n = rows["n"].to_numpy(dtype=float)
        total = float(n.sum())
        telling = np.array([policy.tells_on_its_group(x, total) for x in n], dtype=bool)
        clock, year = str(rows["clock"].iloc[0]), int(rows["year"].iloc[0])
        elsewhere = np.array([(str(state), clock, year) in linked for state in rows["state"]], dtype=bool)
        return telling | elsewhere | (total < policy.min_count_margin)

    hidden = _hide_parts(
        table, ["clock", "year", "group"], first, policy, last=(table["state"] == "established").to_numpy()
    )
    return close_over_years(table, hidden, policy)


def hide_overlap(table: pd.DataFrame, policy: Policy) -> Mask:
    """Bins to hide; ``n`` counts the persons in the bin. An empty bin is shown: a score is no trait of anybody."""

    def first(rows: pd.DataFrame) -> Mask:
        n = rows["n"].to_numpy(dtype=float)
        return np.array([policy.leaves_too_few(x) for x in n], dtype=bool) | (n.sum() < policy.min_count_margin)

    return _hide_parts(table, ["group"], first, policy, last=(table["n"] == 0).to_numpy())


def _hide_parts(
    table: pd.DataFrame, by: Sequence[str], first: Callable[[pd.DataFrame], Mask], policy: Policy, *, last: Mask
) -> Mask:
    """Hide parts of each group until the hidden ones together, which anybody can compute, are at least two and enough persons."""
    hidden = np.zeros(len(table), dtype=bool)
    released = (table["status"] == "released").to_numpy()
    for _, rows in table[released].groupby(list(by), sort=False):
        at = table.index.get_indexer(rows.index)
        n = rows["n"].to_numpy(dtype=float)
        gone = first(rows)
        order = np.lexsort((np.arange(len(n)), n, last[at]))
        while gone.any() and not gone.all() and (gone.sum() < 2 or n[gone].sum() < policy.min_count):
            gone[next(i for i in order if not gone[i])] = True
        hidden[at] = gone
    return hidden


def hide_later(
    table: pd.DataFrame, policy: Policy, *, n_comparison: float = np.nan, primary: tuple[str, str] | None = None
) -> Mask:
    """Rows of ``later_treated.csv`` to hide; ``n`` counts persons who began an employment of their own, by clock, estimand and year.

    A row goes where those who began are few, or those who did not. How many did not stands in no table, so the lesser of two numbers is
    taken: what the share (of the weight) implies beside n, and what n leaves of the comparison persons in the other tables. The persons of
    one year are among those of a later one, and those of one estimand among those of another, so a row goes also where its number lies
    near another one shown, on whatever clock. The rows of the primary result are kept before others, and the first before later ones. What is
    hidden on one clock is hidden on all: the number of the same rule and year (of any year for those who ever begin), where it lies as
    near. The rows of the primary result stay: beside them the hidden number is near, and no more is known of it.

    Parameters
    ----------
    primary
        Clock and estimand of the primary result; None where it is not known.
    n_comparison
        Matched comparison persons as the population table tells them; NaN where none does.
    """
    hidden = np.zeros(len(table), dtype=bool)
    shown: set[int] = set()
    count, shares = table["n"].to_numpy(dtype=float), table["share"].to_numpy(dtype=float)
    places = np.flatnonzero((table["status"] == "released").to_numpy())
    own = np.array([row == primary for row in zip(table["clock"], table["estimand"], strict=True)], dtype=bool)
    for i in sorted(places, key=lambda i: (not own[i], i)):
        n, share = count[i], shares[i]
        implied = n / share - n if share > 0 else np.nan
        rest = [x for x in (implied, n_comparison - n) if np.isfinite(x)]
        near = any(policy.leaves_too_few(n - other) for other in shown)
        hidden[i] = near or policy.small(n) or any(policy.small(x) for x in rest)
        if not hidden[i]:
            shown.add(round(n))
    clock = table["clock"].astype(str).to_numpy()
    same = [(e, "" if e == EVER else y) for e, y in zip(table["estimand"], table["year"], strict=True)]
    queue = list(np.flatnonzero(hidden))
    while queue:
        i = queue.pop()
        for j in places:
            other = clock[i] != clock[j] or same[i][0] == EVER
            if (
                not hidden[j]
                and not own[j]
                and other
                and same[i] == same[j]
                and abs(count[i] - count[j]) < policy.min_count
            ):
                hidden[j] = True
                queue.append(j)
    return hidden


def hide_counts(table: pd.DataFrame, columns: Sequence[str], policy: Policy) -> Mask:
    """Rows in which any of ``columns`` is a small count; a zero is shown."""
    small = [[policy.leaves_too_few(x) for x in table[column].fillna(0).to_numpy(dtype=float)] for column in columns]
    return np.array(small, dtype=bool).reshape(len(columns), len(table)).any(axis=0)
