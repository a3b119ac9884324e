"""Rounding to a base, of counts and of everything that would give the counts back.

A share beside a rounded count would give the count back, and a mean, an interval or a standard error would too: all of them are then made of
the rounded counts, or rounded until every count that rounds alike agrees with them.

Shares are the nearest that a rounded number of persons gives of the rounded group: ``round(share x n) / round(n)``, both to the base. Means of
other things are rounded to the least of 1, 0.5, 0.2, 0.1, 0.05 … that is at least 1/n, so that a whole total can be found for every n near. Limits go
outwards and standard errors upwards, so that rounding never makes a result look surer.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.policy import Policy

Floats = npt.NDArray[np.float64]

_COUNTS = {
    "effects": ("n_treated", "n_controls", "ess_controls"),
    "flow": ("n_in", "n_removed", "n_out"),
    "population": ("n",),
    "overlap": ("n",),
    "states": ("n",),
    "later_treated": ("n",),
    "ledger": ("rows",),
    "registers": ("rows", "persons"),
}
_AMOUNT_STEP = 10.0  # SEK
_STANDARDISED = ("smd_before", "smd_after", "variance_ratio_before", "variance_ratio_after", "ks_before", "ks_after")
RULE = "shares from rounded counts; means and intervals too coarse to give a count back"


def to_base(values: npt.ArrayLike, base: int) -> Floats:
    """Nearest multiple of ``base``, halves up; NaN stays. A share times its group may fall short of the count by rounding, hence the hair."""
    return np.floor(np.asarray(values, dtype=float) / base + 0.5 + 1e-9) * base


def step_for(n: npt.ArrayLike) -> Floats:
    """Step of a mean over n persons from which n cannot be found: the least of 1, 0.5, 0.2, 0.1, 0.05 … that is at least 1/n."""
    least = 1.0 / np.maximum(np.nan_to_num(np.asarray(n, dtype=float), nan=1.0), 1.0)
    tens = 10.0 ** np.floor(np.log10(least))
    return np.select([least <= m * tens * (1 + 1e-9) for m in (1, 2, 5)], [tens, 2 * tens, 5 * tens], 10 * tens)


def share_of_base(share: npt.ArrayLike, n: npt.ArrayLike, base: int) -> Floats:
    """The share that rounded counts give, three decimals; the share itself (two decimals) where the group rounds to nobody."""
    share, n = np.asarray(share, dtype=float), np.asarray(n, dtype=float)
    whole = to_base(n, base)
    with np.errstate(invalid="ignore", divide="ignore"):
        made = np.round(np.clip(to_base(share * n, base) / whole, 0.0, 1.0), 3)
    return np.where(whole > 0, made, np.round(share, 2))


def exact_totals(name: str, table: pd.DataFrame) -> Floats:
    """Persons that the rows of ``states`` and ``overlap`` are parts of, hidden rows among them; NaN for other tables."""
    by = {"states": ["clock", "year", "group"], "overlap": ["group"]}.get(name)
    if by is None or table.empty:
        return np.full(len(table), np.nan)
    return table.groupby(by)["n"].transform("sum").to_numpy(dtype=float)


def round_table(
    name: str, table: pd.DataFrame, policy: Policy, *, totals: Floats, sizes: Mapping[tuple[str, str], float]
) -> pd.DataFrame:
    """A table whose counts are rounded to the policy's base, and whose other figures cannot undo it; unchanged where the base is 0.

    Parameters
    ----------
    totals
        What :func:`exact_totals` gave before rows were hidden.
    sizes
        Persons by group and sex, exact, from the population table: what the balance table's means are over.
    """
    base = policy.rounding
    if not base or (name not in _COUNTS and name != "balance") or table.empty:
        return table
    table = table.copy()
    if name == "effects":
        table = _round_effects(table, base)
    elif name == "population":
        _round_population(table, base)
    elif name == "balance":
        _round_balance(table, base, sizes)
    elif name in ("states", "overlap"):
        table["share"] = share_of_base(table["share"], totals, base)
    elif name in ("later_treated", "ledger"):
        count = "n" if name == "later_treated" else "rows"
        n, share = table[count].to_numpy(dtype=float), table["share"].to_numpy(dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            total = np.where(share > 0, n / share, np.nan)
        table["share"] = np.where(share > 0, share_of_base(share, total, base), share)
    for column in _COUNTS.get(name, ()):
        table[column] = to_base(table[column], base)
    return table


def coarse_rows(table: pd.DataFrame, rows: npt.NDArray[np.bool_], treated: Floats, control: Floats) -> pd.DataFrame:
    """Effects whose means (in ``rows``) are rounded to these steps (0: as they are); difference, interval and error follow them.

    Amounts are rounded to tens of SEK instead.
    """
    if not rows.any():
        return table
    means = {}
    for side, step in (("treated", treated), ("control", control)):
        exact = table[f"{side}_mean"].to_numpy(dtype=float)
        means[side] = np.where(rows & (step > 0), _nearest(exact, _of_unit(table, step)), exact)
    return _follow(table, rows, means["treated"], means["control"], _of_unit(table, np.maximum(treated, control)))


def _round_effects(table: pd.DataFrame, base: int) -> pd.DataFrame:
    n = {
        side: table[column].to_numpy(dtype=float)
        for side, column in (("treated", "n_treated"), ("control", "n_controls"))
    }
    share = (table["unit"] == "share").to_numpy()
    means = {}
    for side, size in n.items():
        exact = table[f"{side}_mean"].to_numpy(dtype=float)
        means[side] = np.where(
            share, share_of_base(exact, size, base), _nearest(exact, _of_unit(table, step_for(size)))
        )
    step = step_for(np.fmin(n["treated"], n["control"]))
    return _follow(table, np.ones(len(table), dtype=bool), means["treated"], means["control"], _of_unit(table, step))


def _follow(
    table: pd.DataFrame, rows: npt.NDArray[np.bool_], treated: Floats, control: Floats, step: Floats
) -> pd.DataFrame:
    """New means in ``rows``: the difference is theirs, the error has two digits (upwards), the limits stand on the step told (outwards)."""
    table = table.copy()
    old = {c: table[c].to_numpy(dtype=float) for c in ("estimate", "std_error", "ci_low", "ci_high")}
    estimate = treated - control
    error = _two_digits_up(old["std_error"])
    with np.errstate(invalid="ignore", divide="ignore"):
        wider = np.where(old["std_error"] > 0, error / old["std_error"], 1.0)
    step = np.where(step > 0, step, 1e-6)
    low = np.floor((estimate - (old["estimate"] - old["ci_low"]) * wider) / step + 1e-9) * step
    high = np.ceil((estimate + (old["ci_high"] - old["estimate"]) * wider) / step - 1e-9) * step
    # a limit cut at the end of the scale stays there
    inside = (table["unit"] == "share").to_numpy()
    low, high = np.where(inside, np.maximum(low, -1.0), low), np.where(inside, np.minimum(high, 1.0), high)
    new = {
        "treated_mean": treated,
        "control_mean": control,
        "estimate": estimate,
        "std_error": error,
        "ci_low": low,
        "ci_high": high,
    }
    for column, values in new.items():
        table[column] = np.where(rows, values, table[column].to_numpy(dtype=float))
    return table


def _round_population(table: pd.DataFrame, base: int) -> None:
    value, n = table["value"].to_numpy(dtype=float), table["n"].to_numpy(dtype=float)
    share = (table["kind"] == "share").to_numpy()
    step = np.where(np.abs(value) >= 1000, _AMOUNT_STEP, step_for(n))
    table["value"] = np.where(share, share_of_base(value, n, base), _nearest(value, step))


def _round_balance(table: pd.DataFrame, base: int, sizes: Mapping[tuple[str, str], float]) -> None:
    least = min((n for (_, sex), n in sizes.items() if sex == "all"), default=1.0)
    share = table["kind"].isin(("binary", "category")).to_numpy()
    step = float(step_for([least])[0])
    for column, group in (
        ("treated_mean", "participants"),
        ("control_mean_after", "comparison_after"),
        ("control_mean_before", ""),
    ):
        value = table[column].to_numpy(dtype=float)
        n = np.full(len(table), sizes.get((group, "all"), least))
        other = _nearest(value, np.where(np.abs(value) >= 1000, _AMOUNT_STEP, step))
        table[column] = np.where(share, share_of_base(value, n, base), other)
    for column in _STANDARDISED:
        table[column] = _nearest(table[column].to_numpy(dtype=float), max(0.01, step))


def _of_unit(table: pd.DataFrame, step: Floats) -> Floats:
    return np.where((table["unit"] == "sek").to_numpy(), _AMOUNT_STEP, step)


def _nearest(values: Floats, step: npt.ArrayLike) -> Floats:
    step = np.where(np.asarray(step, dtype=float) > 0, step, 1e-15)
    return np.floor(values / step + 0.5) * step


def _two_digits_up(values: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        step = 10.0 ** (np.floor(np.log10(np.abs(values))) - 1)
        return np.where(values > 0, np.ceil(values / step - 1e-9) * step, values)
