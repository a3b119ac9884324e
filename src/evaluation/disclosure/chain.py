"""The guard over all counts of a release together: the record beside the tables.

It recomputes nothing that the rules computed: it looks at the numbers as they would be written, and refuses the release where two numbers of the
same persons lie nearer one another than the least count, or where a number stands beside a hidden one that it is computed from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import pandas as pd

from evaluation.disclosure.counts import comparable_counts
from evaluation.disclosure.figures_of_design import CHAIN, stocks
from evaluation.disclosure.policy import Policy
from evaluation.errors import Problem

_MEND = "protect the tables and the record together; a count that tells must be hidden or folded into its neighbour"


def count_problems(content: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], policy: Policy) -> list[Problem]:
    """What the counts of a release would tell by their differences.

    Parameters
    ----------
    content
        ``release.json`` as it would be written.
    tables
        The protected tables.
    policy
        With a base of rounding, differences are multiples of it and tell nothing below it.
    """
    design = content.get("design")
    design = design if isinstance(design, Mapping) else {}
    in_record = {name: design[name] for name in CHAIN if design.get(name) is not None}
    problems = [
        Problem("release.json design", f"{name} is {n}, below the least count", str(policy.min_count), _MEND)
        for name, n in design.items()
        if (name in CHAIN or name in ("n_controls_matched", "n_person_months", "ess_controls"))
        and n is not None
        and policy.leaves_too_few(n)
    ]
    beside = stocks(tables)
    for name, n in in_record.items():
        others = {*beside, *(other for key, other in in_record.items() if key != name)}
        if any(policy.leaves_too_few(n - other) for other in others):
            problems.append(
                Problem("release.json design", f"{name} lies nearer another count than {policy.min_count}", mend=_MEND)
            )
    problems += _dependents(content, design)
    effects = tables.get("effects")
    if effects is not None and len(effects):
        seen = effects[effects["status"] == "released"]
        for column in ("n_treated", "n_controls"):
            for _, rows in seen.groupby(comparable_counts(seen, column), sort=True):
                problems += _near("tables/effects.csv", column, rows[column].dropna(), policy)
    return problems


def _near(where: str, column: str, counts: Iterable[float], policy: Policy) -> list[Problem]:
    values = sorted({round(n) for n in counts})
    if any(policy.leaves_too_few(b - a) for a, b in pairwise(values)):
        return [Problem(where, f"{column}: two counts differ by less than {policy.min_count}", mend=_MEND)]
    return []


def _dependents(content: Mapping[str, Any], design: Mapping[str, Any]) -> list[Problem]:
    """Numbers computed from a count that is hidden."""
    gates = {gate.get("name"): gate for gate in content.get("gates", [])}
    if all(design.get(name, 0) is not None for name in ("n_treated_matched", "n_controls_matched")):
        return []
    told = [f"design.{name}" for name in ("ess_controls", "mde") if design.get(name) is not None]
    told += [f"gate {name}" for name in ("overlap", "size") if gates.get(name, {}).get("value") is not None]
    return [
        Problem("release.json", f"{name} is told, though a count behind it is hidden", "null", _MEND) for name in told
    ]
