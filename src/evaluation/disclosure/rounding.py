"""Rounding of counts, and of the shares that would give them away."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.disclosure.policy import Policy

_COUNTS = {
    "effects": ("n_treated", "n_controls"),
    "flow": ("n_in", "n_removed", "n_out"),
    "population": ("n",),
    "overlap": ("n",),
    "states": ("n",),
    "later_treated": ("n",),
    "ledger": ("rows",),
    "registers": ("rows", "persons"),
}
_SHARES = {"population": "value", "overlap": "share", "states": "share", "later_treated": "share", "ledger": "share"}
_MEANS = ("estimate", "std_error", "ci_low", "ci_high", "treated_mean", "control_mean")


def round_table(name: str, table: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Counts to the policy's base, shares to three decimals; unchanged where the base is 0.

    An exact share beside a rounded count would give the count back, so both are rounded.
    """
    if not policy.rounding or name not in _COUNTS:
        return table
    table = table.copy()
    for column in _COUNTS[name]:
        table[column] = np.round(table[column].astype(float) / policy.rounding) * policy.rounding
    if name == "effects":
        share = (table["unit"] == "share").to_numpy()
        for column in _MEANS:
            value = table[column].to_numpy(dtype=float)
            table[column] = np.where(share, np.round(value, 3), value)
    elif name in _SHARES:
        table[_SHARES[name]] = table[_SHARES[name]].astype(float).round(3)
    return table
