"""The design's own counts in ``release.json``: a difference between two of them must not be a few persons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation.disclosure.policy import Policy

_CHAIN = ("n_treated_all", "n_treated_eligible", "n_treated_matched")
_COUNTS = (*_CHAIN, "n_controls_matched", "n_person_months")


def protect_release(release: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """Copy of the record whose counts tell on no few persons.

    The number eligible goes (null) where it differs by a few persons from the number who had an employment or from the number matched; the
    number who had one goes where it differs so from the number matched. Small counts go, and counts are rounded as the policy says.
    """
    content = {key: dict(value) if isinstance(value, Mapping) else value for key, value in release.items()}
    design = content.get("design")
    if isinstance(design, dict):
        everyone, eligible, matched = (design.get(name) for name in _CHAIN)
        if eligible is not None and any(
            other is not None and policy.leaves_too_few(other - eligible) for other in (everyone, matched)
        ):
            design["n_treated_eligible"] = None
        if everyone is not None and matched is not None and policy.leaves_too_few(everyone - matched):
            design["n_treated_all"] = None
        for name in _COUNTS:
            if (value := design.get(name)) is not None:
                design[name] = None if policy.leaves_too_few(value) else _rounded(value, policy)
    content["min_count"], content["rounding"] = policy.min_count, policy.rounding
    return content


def _rounded(value: int, policy: Policy) -> int:
    return round(value / policy.rounding) * policy.rounding if policy.rounding else value
