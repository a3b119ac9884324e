"""Optimal pair matching on a line: the least total distance, without replacement, within exact strata and a caliper.

With ``ratio`` k and no shortage, every treated unit gets k controls of its own so that the sum of all distances is least.
Where controls run short, within the caliper or altogether, the rule is, in this order:

1. as many treated units as possible get a control; of all such matchings, as many as possible get a second one; and so on;
2. of all of those, the one with the least sum of distances.

So a unit may end with fewer than k, or none, as in nearest-neighbour matching; nothing is dropped that could be kept.

How: in rounds r = 1..k the treated units that cannot all have r controls, and the controls they compete for, are split off
(Dulmage & Mendelsohn 1958; linear time on a line). In that part every control is used, by units that get r - 1 or r. What
remains after round k gets k each from controls to choose among. In each part one group's units are thus known, the caliper
becomes two bounds on the state of a flow, and the flow of least cost is found by :mod:`evaluation.matching.line_flow_kernels`
in O(n log n). Pairs are made in sorted order within the cheapest choice, which also makes the largest distance least.
"""

from __future__ import annotations

import numpy as np

from evaluation.matching.line import Flow, Line, Units, line_of, pairs_in_order, reachable
from evaluation.matching.task import Pairs, Task


def match_optimal(task: Task) -> Pairs:
    """Match each treated unit with ``task.ratio`` controls (ATC: each control with as many treated)."""
    line = line_of(task)
    atc = task.estimand == "atc"
    pairs = optimal_pairs(line.exchanged() if atc else line, task.ratio)
    t, c = (line.point[side] for side in (reversed(pairs) if atc else pairs))
    return Pairs(t, c, np.abs(task.value[t] - task.value[c]), reachable(task, line))


def optimal_pairs(line: Line, ratio: int) -> tuple[np.ndarray, np.ndarray]:
    """Places on the line of the treated and the control of each pair, int64 each."""
    found = []
    rest = np.ones(line.size, bool)
    for level in range(1, ratio + 1):
        part = line.only(rest)
        too_many, wanted = part.excess(treated=True, need=level, room=1)
        if too_many.any():
            scarce = part.only(too_many | wanted)
            units = Units.of(scarce, treated=(level - 1, 0, 1), control=(1, 0, 0))
            found.append(_matched(scarce, units, part.point))
            rest[part.point[too_many | wanted]] = False
    ample = line.only(rest)
    found.append(_matched(ample, Units.of(ample, treated=(ratio, 0, 0), control=(0, 1, 0)), np.arange(line.size)))
    treated, control = (np.concatenate(side) for side in zip(*found, strict=True))
    return treated, control


def _matched(part: Line, units: Units, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a part of the line, as places on the line from which ``place`` counts."""
    treated, control = pairs_in_order(part, Flow(part, units).solve())
    where = place[part.point]
    return where[treated], where[control]
