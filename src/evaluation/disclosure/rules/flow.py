"""Flow: a step that removes a few persons is hidden together with its neighbours, so that the block as a whole may be read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.policy import Policy


def hide_flow(table: pd.DataFrame, policy: Policy) -> npt.NDArray[np.bool_]:
    """Rows to hide. Steps of a group follow one another: what one leaves, the next takes in.

    A step that removes nobody is shown; that nobody was removed tells nothing of anybody. A block of hidden steps can be read as a whole
    from the shown rows around it, so it grows until it removes nobody or at least the minimum.
    """
    hidden = np.zeros(len(table), dtype=bool)
    for at in _chains(table):
        rows = table.iloc[at]
        hidden[at] = _hide_chain(
            rows["n_in"].to_numpy(dtype=float),
            rows["n_removed"].to_numpy(dtype=float),
            rows["n_out"].to_numpy(dtype=float),
            policy,
        )
    return hidden & (table["status"] == "released").to_numpy()


def _chains(table: pd.DataFrame) -> list[npt.NDArray[np.intp]]:
    """Places of the rows of each chain; the matching goes on where the employments end, so that they are one chain."""
    chains = {str(group): table.index.get_indexer(rows.index) for group, rows in table.groupby("group", sort=False)}
    own, matching = chains.get("employments"), chains.get("matching")
    if own is not None and matching is not None and table["n_out"].iloc[own[-1]] == table["n_in"].iloc[matching[0]]:
        chains["employments"] = np.concatenate([own, chains.pop("matching")])
    return list(chains.values())


def _hide_chain(
    n_in: npt.NDArray[np.float64], removed: npt.NDArray[np.float64], n_out: npt.NDArray[np.float64], policy: Policy
) -> npt.NDArray[np.bool_]:
    small = np.array([policy.leaves_too_few(r) for r in removed], dtype=bool)
    # a stock of a few persons is hidden in both rows that print it
    few_in, few_out = (np.array([policy.leaves_too_few(n) for n in stock], dtype=bool) for stock in (n_in, n_out))
    hidden = small | few_in | few_out
    while True:
        block = next((b for b in _blocks(hidden) if not _block_safe(b, small, removed, policy)), None)
        if block is None:
            return hidden
        sides = [i for i in (block.start - 1, block.stop) if 0 <= i < len(hidden)]
        if not sides:
            return np.ones(len(hidden), dtype=bool)
        # the neighbour that removes most makes the block safe with the fewest rows
        hidden[max(sides, key=lambda i: (removed[i], -i))] = True


def _blocks(hidden: npt.NDArray[np.bool_]) -> list[range]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hidden.astype(int), [0]])))
    return [range(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _block_safe(block: range, small: npt.NDArray[np.bool_], removed: npt.NDArray[np.float64], policy: Policy) -> bool:
    rows = list(block)
    if not small[rows].any():
        return True
    return len(rows) > 1 and not policy.leaves_too_few(removed[rows].sum())
