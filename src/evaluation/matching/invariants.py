"""One checker of what must hold for any matched sample; run on every match, and by every test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from evaluation.matching.search_risk import control_until, entry_window

if TYPE_CHECKING:
    from evaluation.matching.result import Matched


def violations(matched: Matched) -> list[str]:
    """Everything that does not hold; empty for a sound sample. Time grows with the pairs and, once, with the rows."""
    found = [*_weights(matched)]
    if matched.weighting is not None:
        found += _weighting(matched)
    else:
        found += _pairs(matched)
        found += _linked(matched) if matched.pair_rows.sets is not None else _led(matched)
    return found


def _pairs(matched: Matched) -> Iterator[str]:
    """What holds for pairs of any method."""
    task, rows = matched.task, matched.pair_rows
    treated, control = rows.treated, rows.control
    n = len(task.treated)
    if task.intervals is None:
        if not np.all(task.treated[treated]) or np.any(task.treated[control]):
            yield "a pair is not one treated and one control"
            return
    elif not np.all(task.treated[treated]):
        yield "a set is not led by a treated unit"
    if not np.all(task.stratum[treated] == task.stratum[control]):
        yield "a pair crosses exact strata"
    if not np.all(task.stratum[treated] >= 0):
        yield "a row outside common support was matched"
    if not np.array_equal(task.distances(treated, control), rows.distance):
        yield "a distance is not the one between its units"
    gap = rows.distance if task.matrix is not None else np.abs(task.value[treated] - task.value[control])
    if np.isfinite(task.caliper) and not _within(gap, task.caliper):
        yield "a pair lies outside the caliper"
    for j, limit in enumerate(task.gap_limit):
        if not _within(np.abs(task.gap_value[j, treated] - task.gap_value[j, control]), limit):
            yield "a pair lies outside the caliper of a covariate"
    keys = np.sort(treated * n + control)  # far faster than np.unique on a million pairs
    if np.any(keys[1:] == keys[:-1]):
        yield "a pair occurs twice"
    if not np.all(np.diff(matched.pair_set) >= 0):
        yield "sets are out of order"
    if task.intervals is not None:
        yield from _at_risk(matched)


def _within(gap: np.ndarray, limit: float) -> bool:
    return bool(np.all(gap <= limit if limit >= 0 else gap > -limit))


def _at_risk(matched: Matched) -> Iterator[str]:
    """Dated risk sets: every control is at risk in the month of its set, not begun, and once a month."""
    intervals, rows = matched.task.intervals, matched.pair_rows
    month, first = intervals.start[rows.treated], intervals.first[rows.control]
    if not np.all((first <= month) & (control_until(intervals)[rows.control] >= month)):
        yield "a control is not at risk in the month of its set"
    earliest, latest = entry_window(intervals, rows.treated)
    if not np.all((first >= earliest) & (first <= latest)):
        yield "a pair crosses classes of elapsed months"
    if matched.task.capacity:
        n = len(matched.task.treated)
        key = month.astype(np.int64) * n + rows.control
        if np.unique(key, return_counts=True)[1].max(initial=0) > matched.task.capacity:
            yield "a control was used more often in a month than allowed"


def _led(matched: Matched) -> Iterator[str]:
    """Sets that one unit leads: nearest neighbour and optimal pairs."""
    task, spec, rows, sets = matched.task, matched.spec, matched.pair_rows, matched.pair_set
    atc = spec.estimand == "atc"
    lead, follow = (rows.control, rows.treated) if atc else (rows.treated, rows.control)
    members = matched.memberships
    role = 0 if atc else 1
    # counts over the rows that occur only: the checks stay cheap beside millions of rows that are not used
    seen = np.zeros(len(task.treated), bool)
    for some in (lead, follow, members.position):
        seen[some] = True
    here = np.flatnonzero(seen)
    place = np.empty(seen.size, np.int32)
    n, place[here] = here.size, np.arange(here.size, dtype=np.int32)
    lead_at, follow_at, member_at = place[lead], place[follow], place[members.position]
    if spec.capacity and task.intervals is None and np.bincount(follow_at, minlength=1).max() > spec.capacity:
        yield "a control was used more often than allowed"
    if task.cap:
        person = follow if task.person is None else task.person[follow]
        if np.unique(person, return_counts=True)[1].max(initial=0) > task.cap:
            yield "a person was used more often across periods than allowed"
    size = np.bincount(lead_at, minlength=n)
    most = spec.ratio if spec.max_controls is None else spec.max_controls
    if size.max(initial=0) > most or (task.want is not None and np.any(size > task.want[here])):
        yield "a treated unit has more controls than the ratio"
    first = np.flatnonzero(np.diff(sets, prepend=-1)) if sets.size else np.empty(0, np.int64)
    if np.unique(lead[first]).size != first.size:
        yield "a treated unit leads two sets"
    if not np.all(lead == lead[first][sets]):
        yield "a set holds two treated units"
    weight = np.zeros((2, n))
    weight[role, lead_at[first]] = 1.0
    weight[1 - role] += np.bincount(follow_at, weights=1.0 / size[lead_at], minlength=n)
    for r in (0, 1):
        weight[r] -= np.bincount(member_at, weights=members.weight * (members.treated == r), minlength=n)
    if np.abs(weight).max(initial=0.0) > 1e-12:
        yield "weights do not follow from the sets"


def _linked(matched: Matched) -> Iterator[str]:
    """Disjoint sets held together by pairs: full matching."""
    treated, control, sets = matched.pair_rows.treated, matched.pair_rows.control, matched.pair_set
    for rows in (treated, control):
        low, high = np.full(len(matched.frame), len(sets)), np.full(len(matched.frame), -1)
        np.minimum.at(low, rows, sets)
        np.maximum.at(high, rows, sets)
        if np.any((high >= 0) & (low != high)):
            yield "a unit is in two sets"
    n_sets = matched.n_sets
    members = matched.memberships
    n_t = np.bincount(members.sets[members.treated == 1], minlength=n_sets)
    n_c = np.bincount(members.sets[members.treated == 0], minlength=n_sets)
    if np.any(np.minimum(n_t, n_c) != 1):
        yield "a set is neither one treated and its controls nor one control and its treated"
    if not np.array_equal(np.bincount(sets, minlength=n_sets), n_t + n_c - 1):
        yield "the pairs do not hold their sets together"
    limits = matched.task.limits
    if limits is not None and n_sets:
        too_many = limits.most is not None and n_c.max() > limits.most
        if too_many or n_c.min() < limits.least or (limits.shared is not None and n_t.max() > limits.shared):
            yield "a set is outside the limits"


def _weighting(matched: Matched) -> Iterator[str]:
    """Methods without pairs."""
    task, weighting = matched.task, matched.weighting
    used = weighting.weight > 0
    if np.any(weighting.weight < 0) or not np.all(np.isfinite(weighting.weight)):
        yield "a weight is negative or not finite"
    if np.any(used & (task.stratum < 0)):
        yield "a row outside common support has a weight"
    if weighting.sets is not None:
        if not np.array_equal(used, weighting.sets >= 0):
            yield "a row has a weight without a set, or a set without a weight"
        inside = weighting.sets[used]
        low, high = np.full(matched.n_sets, np.iinfo(np.int32).max), np.full(matched.n_sets, -1)
        np.minimum.at(low, inside, task.stratum[used])
        np.maximum.at(high, inside, task.stratum[used])
        if np.any(low != high):
            yield "a set crosses exact strata"


def _weights(matched: Matched) -> Iterator[str]:
    """Both groups weigh the same in every method, in every set (but where weights are stabilised)."""
    members, spec = matched.memberships, matched.spec
    groups = [members.treated == 1, members.treated == 0]
    totals = [float(members.weight[g].sum()) for g in groups]
    if not spec.stabilise and abs(totals[0] - totals[1]) > 1e-9 * max(totals[0], 1):
        yield "control weights do not sum to those of the treated"
    if spec.estimand in ("att", "atc"):
        focal = members.weight[groups[0] if spec.estimand == "att" else groups[1]]
        if np.any(np.abs(focal - 1) > 1e-9):
            yield "a unit the effect speaks of does not weigh 1"
    if members.sets.size and members.sets[0] >= 0:
        sums = [np.bincount(members.sets[g], weights=members.weight[g], minlength=matched.n_sets) for g in groups]
        if not np.allclose(sums[0], sums[1], rtol=1e-9, atol=0):
            yield "the groups weigh differently within a set"


def check(matched: Matched) -> None:
    """Raise AssertionError when an invariant fails: a mistake of this package, never of its user."""
    found = violations(matched)
    if found:
        raise AssertionError("The matched sample breaks its invariants: " + "; ".join(found))
