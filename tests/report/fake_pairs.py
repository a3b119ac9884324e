"""Invented results that are read together: the short indicator against the long outcome, and who paid."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.report.fake_outcomes import FakeCase

NUMBERS = ["n", "share_of_group", "share", "ci_low", "ci_high"]
# share established among those with and without the indicator, and half the width of the interval of their difference
SHARES = {
    "": ((0.41, 0.22), 0.04), "weak": ((0.331, 0.334), 0.009), "reverse": ((0.25, 0.36), 0.04), "uncertain": ((0.345, 0.331), 0.04),
}  # fmt: skip
SIZES = {"participants": (0.57, 2893), "comparison": (0.54, 2644)}


def short_long(case: FakeCase, pairs: str) -> pd.DataFrame:
    """The table for a case of the primary result; `pairs` as in :func:`tests.report.fake_release.write_release`."""
    (yes, no), half = SHARES.get(pairs, SHARES[""])
    rows = []
    for month in (6, 12, 18):
        key = {"clock": "exit_planned", "indicator": "self_sufficient", "indicator_definition": "SF1", "month": month,
               "outcome": "established", "definition": "E2_scb", "year": 4}  # fmt: skip
        for group, (share_yes, total) in SIZES.items():
            for level, of_group, share in (
                ("yes", share_yes, yes),
                ("no", 1 - share_yes, no),
                ("difference", np.nan, yes - no),
            ):
                n = np.nan if level == "difference" else round(of_group * total)
                rows.append(key | {"group": group, "level": level, "n": n, "share_of_group": of_group, "share": share,
                                   "ci_low": share - half, "ci_high": share + half, "status": "released"})  # fmt: skip
    table = pd.DataFrame(rows)
    hide = {"suppressed": "suppressed", "not_observed": "not_observed", "gate_failed": "gate_failed"}.get(case)
    if pairs in ("protected", "one_protected"):
        own = table["group"] == "participants"
        _hide(table, own if pairs == "one_protected" else own | ~own, "suppressed")
    elif hide:
        _hide(table, table["year"] == 4, hide)
    if pairs == "no_counts":
        table["n"] = np.nan
    return table.iloc[:0] if case == "gate_failed" or pairs == "none" else table


def _hide(table: pd.DataFrame, rows: pd.Series, status: str) -> None:
    table.loc[rows, NUMBERS] = np.nan
    table.loc[rows, "status"] = status


def change_effects(table: pd.DataFrame, pairs: str) -> pd.DataFrame:
    """Effects whose cases together are another one."""
    if pairs == "work":  # less income support, as much unemployment insurance, more work
        _move(table, (table["outcome"] == "social_assistance_months"), -1.1, 0.2)
        _move(table, (table["outcome"] == "unemployment_insurance"), 0.001, 0.008)
        _move(table, (table["outcome"] == "established") & (table["definition"] == "E4_employed"), 0.08, 0.02)
    if pairs == "opposite":
        _move(table, (table["outcome"] == "self_sufficient"), -0.09, 0.02)
    return table


def _move(table: pd.DataFrame, rows: pd.Series, estimate: float, half: float) -> None:
    rows = rows & (table["status"] == "released") & (table["estimator"] != "unadjusted")
    table.loc[rows, "estimate"] = estimate
    table.loc[rows, "ci_low"] = estimate - half
    table.loc[rows, "ci_high"] = estimate + half
    table.loc[rows, "treated_mean"] = table.loc[rows, "control_mean"] + estimate
