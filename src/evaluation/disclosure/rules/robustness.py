"""Checks of robustness: the primary result under other choices, differences before everything, strengths of something unmeasured.

No number of persons is released with them. A tighter caliper leaves a few participants without a match, so that two numbers side by side
would count those few, and any number near another would have to go. What a reader needs, the difference and its interval, needs none; whom
the primary result is about stands with the effects. So that no number can be found from an estimate either (a difference of shares is a fraction, and
its denominator the number of persons), estimates are printed in steps too coarse for it, limits outwards and standard errors upwards.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rounding import step_for
from evaluation.disclosure.rules.beside import is_reference

ROBUSTNESS = ("specification_curve", "placebo", "sensitivity")
Mask = npt.NDArray[np.bool_]
_AUDIT = ["audit_n_treated", "audit_n_controls", "audit_ess_controls", "audit_treated_mean", "audit_control_mean"]
_DESIGN = ["method", "ratio", "caliper", "replace"]
_READ = ["clock", "definition", "year"]
_NUMBERS = ["estimate", "std_error", "ci_low", "ci_high"]
ROOM = 0.9  # steps are wide enough for a tenth fewer persons as well, so that the next numbers below fit the printed one too
_P_DECIMALS, _STRENGTH_DECIMALS, _CONTOUR_DECIMALS, _GRID_DECIMALS = 3, 4, 4, 5


def hide_robustness(frames: Mapping[str, pd.DataFrame], masks: Mapping[str, Mask], policy: Policy) -> dict[str, Mask]:
    """Rows to hide of each of these tables, once it is known what goes of the others (``masks``)."""
    left = {
        name: frames[name].assign(status=np.where(masks[name], "suppressed", frames[name]["status"]))
        for name in ("effects", "balance")
        if name in frames and name in masks
    }
    found: dict[str, Mask] = {}
    if "specification_curve" in frames:
        found["specification_curve"] = hide_specifications(frames["specification_curve"], left.get("effects"), policy)
    if "placebo" in frames:
        found["placebo"] = hide_placebo(frames["placebo"], policy)
    if "sensitivity" in frames:
        found["sensitivity"] = hide_sensitivity(frames["sensitivity"], left.get("effects"), left.get("balance"), policy)
    return found


def print_robustness(
    name: str, shown: pd.DataFrame, exact: pd.DataFrame, effects: pd.DataFrame | None, policy: Policy
) -> pd.DataFrame:
    """One of these tables as it leaves: ``shown`` with hidden rows emptied, ``exact`` as it was given, ``effects`` protected."""
    if shown.empty:
        return shown
    if name == "specification_curve":
        return print_specifications(shown, exact, effects)
    return print_placebo(shown, exact) if name == "placebo" else print_sensitivity(shown)


def hide_specifications(table: pd.DataFrame, effects: pd.DataFrame | None, policy: Policy) -> Mask:
    """Rows of ``specification_curve.csv`` to hide.

    - Groups that are too small, or in which too few (or all but too few) have the outcome.
    - Everything that is read on a clock, by a definition and in a year whose own row of the effects is hidden: the other choices hold the same
      mean, or nearly so.
    - The second clock of the exit, where it reads the outcomes of a few participants in another year than the first.
    - What is about nearly the same participants as another row of the same clock, definition and year: less or more by a few persons.
      The study's own choices stay first, then the order of the table.
    """
    table = _audited(table)
    hidden = _too_few(table, policy)
    gone = _hidden_cells(effects)
    hidden |= np.array([key in gone for key in _keys(table)], dtype=bool)
    moved = table["audit_n_moved"].to_numpy(dtype=float)
    hidden |= np.array([bool(np.isfinite(n)) and policy.leaves_too_few(n) for n in moved], dtype=bool)
    n = table["audit_n_treated"].to_numpy(dtype=float)
    main = _own_design(table)
    kept: dict[tuple[str, str, str], list[float]] = {}
    there = np.flatnonzero((table["status"] == "released").to_numpy() & ~hidden)
    keys = _keys(table)
    for i in sorted(there, key=lambda i: (not main[i], i)):
        others = kept.setdefault(keys[i], [])
        if any(policy.leaves_too_few(n[i] - other) for other in others):
            hidden[i] = True
        else:
            others.append(n[i])
    return hidden & (table["status"] == "released").to_numpy()


def print_specifications(shown: pd.DataFrame, exact: pd.DataFrame, effects: pd.DataFrame | None) -> pd.DataFrame:
    """The rows as they leave: those of the study's own design as the protected effects print them, the others coarsely.

    Parameters
    ----------
    shown
        Rows with hidden ones emptied.
    exact
        The same rows with the columns ``audit_…``.
    effects
        The protected effects.
    """
    shown = _coarse(shown, exact)
    if effects is None or effects.empty or shown.empty:
        return shown
    printed = _primary_outcome(effects).set_index(_READ)
    main = _own_design(exact)
    for i, key in enumerate(_keys(exact)):
        if main[i] and shown["status"].iloc[i] == "released" and key in printed.index:
            row = printed.loc[key]
            shown.loc[shown.index[i], _NUMBERS] = row[_NUMBERS].astype(float).to_numpy()
    return shown


def hide_placebo(table: pd.DataFrame, policy: Policy) -> Mask:
    """Rows of ``placebo.csv`` to hide: small groups, and outcomes that too few (or all but too few) have."""
    return _too_few(_audited(table), policy) & (table["status"] == "released").to_numpy()


def print_placebo(shown: pd.DataFrame, exact: pd.DataFrame) -> pd.DataFrame:
    """The rows as they leave, in coarse steps."""
    return _coarse(shown, exact)


def hide_sensitivity(
    table: pd.DataFrame, effects: pd.DataFrame | None, balance: pd.DataFrame | None, policy: Policy
) -> Mask:
    """Rows of ``sensitivity.csv`` to hide.

    All of them are computed from the primary result, and go with it; bounds also where too few sets tell anything; and what is said of a
    covariate goes with its rows of the balance table, when none of those is shown.

    Parameters
    ----------
    effects, balance
        With the status they leave with.
    """
    released = (table["status"] == "released").to_numpy()
    if effects is None or not (_primary(effects)["status"] == "released").any():
        return released
    bounds = (table["kind"] == "rosenbaum").to_numpy()
    hidden = bounds & ~(_column(table, "audit_n") >= policy.min_count_margin)
    if balance is not None and len(balance):
        seen = set(balance.loc[balance["status"] == "released", "covariate"])
        named = table["covariate"].fillna("").astype(str)
        hidden |= (named.isin(set(balance["covariate"]) - seen) & (named != "")).to_numpy()
    return released & hidden


def print_sensitivity(shown: pd.DataFrame) -> pd.DataFrame:
    """Strengths with few decimals; where a finding turns is rounded down, p values are rounded up: never surer than they are."""
    shown = shown.copy()
    value = shown["value"].astype(float)
    kind, quantity = shown["kind"], shown["quantity"]
    decimals = {"evalue": 2, "benchmark": 3, "contour": _CONTOUR_DECIMALS, "robustness_value": _STRENGTH_DECIMALS}
    for name, digits in decimals.items():
        value = value.where(kind != name, value.round(digits))
    turn = (kind == "rosenbaum") & (quantity == "turn")
    value = value.where(~turn, np.floor(100 * value) / 100)
    p = (kind == "rosenbaum") & (quantity == "p_high")
    value = value.where(~p, np.ceil(10**_P_DECIMALS * value) / 10**_P_DECIMALS)
    shown["value"] = value
    for name in ("r2_treatment", "r2_outcome"):
        strength = shown[name].astype(float)
        # the grid of the contour is finer, and tells nothing of its own
        shown[name] = strength.where(kind == "contour", strength.round(_STRENGTH_DECIMALS)).round(_GRID_DECIMALS)
    return shown


def _audited(table: pd.DataFrame) -> pd.DataFrame:
    """The table with every column that the rules go by."""
    return table.assign(**{name: _column(table, name) for name in (*_AUDIT, "audit_n_moved")})


def _column(table: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    return table[name].to_numpy(dtype=float) if name in table else np.full(len(table), np.nan)


def _too_few(table: pd.DataFrame, policy: Policy) -> Mask:
    sizes = {side: table[f"audit_n_{side}"].to_numpy(dtype=float) for side in ("treated", "controls")}
    means = {"treated": table["audit_treated_mean"], "controls": table["audit_control_mean"]}
    # a number that is not told counts as too small
    few = ~(sizes["treated"] + sizes["controls"] - 2 >= policy.min_dof)
    few |= ~(np.round(table["audit_ess_controls"].to_numpy(dtype=float)) >= policy.min_count)
    for side, n in sizes.items():
        count = np.nan_to_num(means[side].to_numpy(dtype=float) * n)
        few |= ~(n >= policy.min_count_margin)
        few |= np.array([policy.tells_on_its_group(c, m) for c, m in zip(count, np.nan_to_num(n), strict=True)], bool)
    return few


def _coarse(shown: pd.DataFrame, exact: pd.DataFrame) -> pd.DataFrame:
    """Estimates to the nearest step that hides the numbers of persons, limits outwards, standard errors upwards."""
    shown = shown.copy()
    if shown.empty:
        return shown
    exact = _audited(exact)
    n = np.fmin(exact["audit_n_treated"].to_numpy(float), exact["audit_n_controls"].to_numpy(float))
    step = step_for(ROOM * n)
    whole = {name: shown[name].to_numpy(dtype=float) / step for name in _NUMBERS}
    hair = 1e-9
    shown["estimate"] = _decimal(np.floor(whole["estimate"] + 0.5), step)
    shown["std_error"] = _decimal(np.ceil(whole["std_error"] - hair), step)
    shown["ci_low"] = _decimal(np.floor(whole["ci_low"] + hair), step)
    shown["ci_high"] = _decimal(np.ceil(whole["ci_high"] - hair), step)
    return shown


def _decimal(whole: npt.NDArray[np.float64], step: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.round(whole * step, 9)


def _primary(effects: pd.DataFrame) -> pd.DataFrame:
    return effects[(effects["role"] == "primary") & (effects["ci_kind"] == "pointwise") & is_reference(effects)]


def _primary_outcome(effects: pd.DataFrame) -> pd.DataFrame:
    """Pointwise yearly effects on everybody of the primary outcome, by the reference's estimand and estimator; keys as text."""
    named = _primary(effects)
    if named.empty:
        return named.assign(year="")
    same = (effects["outcome"] == named["outcome"].iloc[0]) & (effects["subgroup"] == "all") & is_reference(effects)
    rows = effects[same & (effects["ci_kind"] == "pointwise") & (effects["horizon_unit"] == "year")]
    years = rows["horizon"].astype(int).astype(str)
    return rows.assign(
        year=years, clock=rows["clock"].astype(str), definition=rows["definition"].fillna("").astype(str)
    )


def _hidden_cells(effects: pd.DataFrame | None) -> set[tuple[str, str, str]]:
    if effects is None or effects.empty:
        return set()
    rows = _primary_outcome(effects)
    return set(_keys(rows[rows["status"] == "suppressed"]))


def _own_design(table: pd.DataFrame) -> Mask:
    """Rows of the design of the study itself."""
    own = table[table["primary"].astype(bool)]
    if own.empty:
        return np.zeros(len(table), dtype=bool)
    return np.logical_and.reduce([(table[name] == own[name].iloc[0]).to_numpy() for name in _DESIGN])


def _keys(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(zip(*(table[name].astype(str) for name in _READ), strict=True)) if len(table) else []
