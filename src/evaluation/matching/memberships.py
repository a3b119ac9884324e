"""Who belongs to which set, in which role and with which weight: the common form of every method's result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.matching.task import Pairs, Weighting
from evaluation.matching.weights import set_weights


@dataclass(frozen=True)
class Memberships:
    """One entry per membership, sorted by set, role (leading or treated first) and distance or tie.

    Attributes
    ----------
    position
        int64 (m,): row of the frame.
    sets
        int64 (m,): number of the set; -1 where the method has no sets.
    treated
        int8 (m,): the role in the set. In dated risk sets a row that is treated later is a control until then.
    weight
        float64 (m,).
    """

    position: np.ndarray
    sets: np.ndarray
    treated: np.ndarray
    weight: np.ndarray


def of_pairs(pairs: Pairs, pair_set: np.ndarray, *, atc: bool) -> Memberships:
    """Sets led by one treated unit (ATT) or one control (ATC): the leader weighs 1, each of its k partners 1/k."""
    lead, follow = (pairs.control, pairs.treated) if atc else (pairs.treated, pairs.control)
    n_pairs = pair_set.size
    n_sets = int(pair_set[-1]) + 1 if n_pairs else 0
    size = np.bincount(pair_set, minlength=n_sets)
    first = np.cumsum(size) - size
    slot_lead = first + np.arange(n_sets)
    slot_follow = np.arange(n_pairs) + pair_set + 1
    total = n_pairs + n_sets
    position, sets = np.empty(total, np.int64), np.empty(total, np.int64)
    position[slot_lead], position[slot_follow] = lead[first], follow
    sets[slot_lead], sets[slot_follow] = np.arange(n_sets), pair_set
    treated, weight = np.full(total, int(atc), np.int8), np.ones(total)
    treated[slot_lead] = int(not atc)
    weight[slot_follow] = 1.0 / size[pair_set]
    return Memberships(position, sets, treated, weight)


def of_linked_sets(
    pairs: Pairs, pair_set: np.ndarray, treated: np.ndarray, tie: np.ndarray, estimand: str
) -> Memberships:
    """Disjoint sets held together by pairs, as in full matching; weights as in subclasses."""
    sets = np.full(treated.size, -1, np.int64)
    sets[pairs.treated], sets[pairs.control] = pair_set, pair_set
    return of_rows(Weighting(set_weights(sets, treated, estimand), sets, ""), treated, tie)


def of_rows(weighting: Weighting, treated: np.ndarray, tie: np.ndarray) -> Memberships:
    """One membership per row with weight; by set, then treated first, then tie."""
    position = np.flatnonzero(weighting.weight > 0)
    sets = np.full(position.size, -1, np.int64) if weighting.sets is None else weighting.sets[position]
    order = np.lexsort((tie[position], ~treated[position], sets))
    position, sets = position[order], sets[order]
    return Memberships(position, sets, treated[position].view(np.int8), weighting.weight[position])


def by_row(members: Memberships, n: int, role: int) -> np.ndarray:
    """Weight of each row of the frame in one role (1 treated, 0 control), float64 (n,)."""
    here = members.treated == role
    return np.bincount(members.position[here], weights=members.weight[here], minlength=n)
