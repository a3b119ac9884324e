"""The record of a release, ``release.json``: its counts, and the numbers from which a hidden count could be computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.disclosure.counts import participants
from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rounding import to_base

CHAIN = ("n_treated_matched", "n_treated_all", "n_treated_eligible")
"""Counts of participants, in the order in which they are kept: a later one goes where it lies near an earlier one."""

_COUNTS = (*CHAIN, "n_controls_matched", "n_person_months")
_FLOW_OF_PARTICIPANTS = ("employments", "matching", "clocks")


def protect_release(
    release: Mapping[str, Any], policy: Policy, tables: Mapping[str, pd.DataFrame] | None = None
) -> dict[str, Any]:
    """Copy of the record whose numbers tell on no few persons.

    - A count of participants goes (null) where it differs by a few persons from another one here or from a number in the tables.
    - Small counts go; the rest are rounded as the policy says.
    - The effective sample size is a whole number and goes with the counts it is computed from, and where it is small itself; so does the
      smallest detectable difference, which has two decimals.
    - The share matched is that of the counts shown. Where one of them went it becomes a lower bound (``bound``), or null where even
      the bound would tell; shares linked and standardised differences have two decimals.

    Parameters
    ----------
    release
        The record; not changed.
    policy
        The policy of the release.
    tables
        The protected tables, whose counts stand beside those of the record.
    """
    content = {key: dict(value) if isinstance(value, Mapping) else value for key, value in release.items()}
    design = content.get("design")
    exact = dict(design) if isinstance(design, dict) else {}
    if isinstance(design, dict):
        _hide_counts(design, stocks(tables or {}), policy)
        _follow_counts(design, policy)
    content["gates"] = [_gate(dict(gate), exact, design or {}, policy) for gate in content.get("gates", [])]
    if "gates" not in release:
        del content["gates"]
    content["min_count"], content["rounding"] = policy.min_count, policy.rounding
    return content


def stocks(tables: Mapping[str, pd.DataFrame]) -> set[int]:
    """Numbers of participants that the tables show: after each step of the flow, and matched."""
    found: set[float] = {participants(tables.get("population"))}
    if (flow := tables.get("flow")) is not None and len(flow):
        own = flow[flow["group"].isin(_FLOW_OF_PARTICIPANTS) & (flow["unit"] != "rows")]
        found |= {float(n) for column in ("n_in", "n_out") for n in own[column]}
    return {round(n) for n in found if math.isfinite(n)}


def _hide_counts(design: dict[str, Any], beside: set[int], policy: Policy) -> None:
    for name in _COUNTS:  # first, so that like is compared with like: the tables hold rounded counts
        if (n := design.get(name)) is not None:
            design[name] = None if policy.leaves_too_few(n) else _rounded(n, policy)
    shown = set(beside)
    for name in CHAIN:
        if (n := design.get(name)) is None:
            continue
        if any(policy.leaves_too_few(n - other) for other in shown):
            design[name] = None
        else:
            shown.add(n)


def _follow_counts(design: dict[str, Any], policy: Policy) -> None:
    """Numbers computed from the counts of the matched go with them."""
    gone = any(name in design and design[name] is None for name in ("n_treated_matched", "n_controls_matched"))
    if (ess := design.get("ess_controls")) is not None:
        small = gone or round(ess) < policy.min_count
        design["ess_controls"] = None if small else _rounded(round(ess), policy)
    if (mde := design.get("mde")) is not None:
        unknown = gone or design.get("ess_controls", 0) is None or not math.isfinite(mde)
        design["mde"] = None if unknown else round(mde, 2)
    for name in ("linked_share", "max_smd_after"):
        if (value := design.get(name)) is not None:
            design[name] = round(value, 2)
    if gone and "max_smd_after" in design:
        design["max_smd_after"] = None


def _gate(gate: dict[str, Any], exact: Mapping[str, Any], shown: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    value = gate.get("value")
    if value is None:
        return gate
    name = gate.get("name")
    if name == "size":
        gate["value"] = None if "mde" in shown and shown["mde"] is None else _as_passed(gate, value)
    elif name == "balance":
        gate["value"] = None if "max_smd_after" in shown and shown["max_smd_after"] is None else _as_passed(gate, value)
    elif name == "overlap":
        _share_matched(gate, exact, shown, policy)
    else:
        gate["value"] = round(value, 2)
    return gate


def _as_passed(gate: Mapping[str, Any], value: float) -> float | None:
    """Two decimals, or as many more (four at most) as it takes for the value not to contradict the verdict."""
    if not math.isfinite(value):
        return None
    limit, passed = gate.get("limit"), gate.get("passed")
    return next(
        (round(value, d) for d in (2, 3) if limit is None or (round(value, d) <= limit) == passed), round(value, 4)
    )


def _share_matched(gate: dict[str, Any], exact: Mapping[str, Any], shown: Mapping[str, Any], policy: Policy) -> None:
    matched, eligible = shown.get("n_treated_matched"), shown.get("n_treated_eligible")
    if matched is not None and eligible:
        gate["value"] = round(min(matched / eligible, 1.0), 4)
        return
    if exact.get("n_treated_eligible") is None:
        gate["value"] = round(gate["value"], 2)  # a record without counts
        return
    gate["value"] = None
    if matched is None:
        return
    bound = math.floor(10 * exact["n_treated_matched"] / exact["n_treated_eligible"]) / 10
    if bound >= 1:
        bound = 0.9
    if bound <= 0:
        return
    least, most = max(matched, matched / (bound + 0.1)), matched / bound
    everybody = shown.get("n_treated_all")
    if min(most, everybody if everybody is not None else most) - least >= policy.min_count:
        gate["value"], gate["bound"] = bound, "at_least"


def _rounded(value: float, policy: Policy) -> int:
    return int(to_base(value, policy.rounding)) if policy.rounding else round(value)
