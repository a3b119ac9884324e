"""One checker of what must hold for any matched sample; run on every match, and by every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evaluation.matching.result import Matched


def violations(matched: Matched) -> list[str]:
    """Everything that does not hold; empty for a sound sample. Time grows with the pairs and, once, with the rows."""
    task, spec = matched.task, matched.spec
    rows, sets = matched.pair_rows, matched.pair_set
    treated, control = rows.treated, rows.control
    found = []

    def demand(holds: bool | np.bool_, text: str) -> None:
        if not holds:
            found.append(text)

    demand(
        np.all(task.treated[treated]) and not np.any(task.treated[control]), "a pair is not one treated and one control"
    )
    demand(np.all(task.stratum[treated] == task.stratum[control]), "a pair crosses exact strata")
    demand(np.all(task.stratum[treated] >= 0), "a row outside common support was matched")
    gap = np.abs(task.value[treated] - task.value[control])
    demand(np.array_equal(gap, rows.distance), "a distance is not the one between its units")
    demand(np.all(gap <= task.caliper), "a pair lies outside the caliper")
    for j, limit in enumerate(task.gap_limit):
        apart = np.abs(task.gap_value[j, treated] - task.gap_value[j, control])
        demand(np.all(apart <= limit), "a pair lies outside the caliper of a covariate")

    n = len(task.treated)
    uses = np.bincount(control, minlength=n)
    if spec.capacity:
        demand(uses.max(initial=0) <= spec.capacity, "a control was used more often than allowed")
    per_treated = np.bincount(treated, minlength=n)
    demand(per_treated.max(initial=0) <= spec.ratio, "a treated unit has more controls than the ratio")
    demand(np.unique(treated * n + control).size == control.size, "a pair occurs twice")

    demand(np.all(np.diff(sets) >= 0), "sets are out of order")
    first = np.flatnonzero(np.diff(sets, prepend=-1)) if sets.size else np.empty(0, np.int64)
    demand(np.unique(treated[first]).size == first.size, "a treated unit leads two sets")
    demand(np.all(treated == treated[first][sets]), "a set holds two treated units")

    weight = np.zeros(n)
    weight[treated[first]] = 1.0
    weight += np.bincount(control, weights=1.0 / per_treated[treated], minlength=n)
    demand(np.allclose(weight, matched.weights, rtol=0, atol=1e-12), "weights do not follow from the sets")
    total = float(matched.weights[~task.treated].sum())
    demand(abs(total - first.size) <= 1e-9 * max(first.size, 1), "control weights do not sum to the number of sets")
    return found


def check(matched: Matched) -> None:
    """Raise AssertionError when an invariant fails: a mistake of this package, never of its user."""
    found = violations(matched)
    if found:
        raise AssertionError("The matched sample breaks its invariants: " + "; ".join(found))
