"""Full matching on a line that uses a set number of controls in each stretch.

The least cost F(N) with N controls is convex in N, being the value of a flow; so it is found by a price: each control that
is used earns ``price``, and the price at which N of them are worth using is found by halving. At a price where F bends by
more than one control (ties), the two cheapest matchings that meet there are turned into one another step by step, at no
cost, until N is met exactly. So the result is the cheapest matching with N controls, up to rounding of the price.
"""

from __future__ import annotations

import numpy as np

from evaluation.matching.line import Flow, Line, Units, ranks
from evaluation.matching.line_mean_kernels import controls_used, step_across

# Bracket ends within this factor are near enough for the secant
_NEAR = 4
# Halving ends when the bracket of the price is this small against the length of a stretch
_RESOLUTION = 1e-15


def units_with_count(
    line: Line, units: Units, near: np.ndarray, count: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cheapest flow that uses ``count`` controls in each stretch, or as many as come nearest to it.

    Parameters
    ----------
    units
        Units of the points; the value of a control's first unit is overwritten.
    near
        float64 (n,): what a control pays to join its nearest treated point as a leaf; ``inf`` where it may not.
    count
        int64 (k,).

    Returns
    -------
    int64 (n,) units, bool (n,) controls used as leaves, and int64 (k,) controls used.
    """
    n_stretches = line.start.size - 1
    stretch = np.repeat(np.arange(n_stretches), np.diff(line.start))
    flow = Flow(line, units)

    def solve(price: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        cost = np.minimum(near, price[stretch])
        found = flow.solve(np.where(line.treated, 0.0, cost), wanted)
        leaf = ~line.treated & (near < price[stretch]) & (found == 0)
        return found, leaf, controls_used(line.start, line.treated, found, near, price)

    sent = np.bincount(stretch, weights=np.where(line.treated, units.fixed, 0), minlength=n_stretches).astype(np.int64)
    low, high = _bracket(line, units, near, count, sent, stretch)
    every = np.ones(n_stretches, bool)
    below, above = solve(low, every), solve(high, every)
    out_units, out_leaf, out_count = (part.copy() for part in below)
    _put(out_units, out_leaf, out_count, above, stretch, above[2] <= count)
    open_ = (below[2] < count) & (above[2] > count)
    span = np.array(
        [np.ptp(line.position[a:b]) if b > a else 0.0 for a, b in zip(line.start, line.start[1:], strict=False)]
    )
    turn = 0
    while open_.any():
        middle = _between(low, high)
        if turn % 2:
            # in turn with the secant, which needs far fewer steps where F is smooth, and alone could creep
            share = (count - below[2]) / np.maximum(above[2] - below[2], 1)
            secant = low + share * (high - low)
            middle = np.where((low > 0) & (high < _NEAR * low) & (low < secant) & (secant < high), secant, middle)
        turn += 1
        open_now = open_ & (middle > low) & (middle < high) & (high - low > _RESOLUTION * span)
        for k in np.flatnonzero(open_ & ~open_now):
            _meet(line, int(k), below, above, out_units, out_leaf, out_count, count)
        open_ = open_now
        if not open_.any():
            break
        found = solve(middle, open_)
        hit = open_ & (found[2] == count)
        _put(out_units, out_leaf, out_count, found, stretch, hit)
        open_ &= ~hit
        up = open_ & (found[2] < count)
        down = open_ & (found[2] > count)
        low, high = np.where(up, middle, low), np.where(down, middle, high)
        _put(*below, found, stretch, up)
        _put(*above, found, stretch, down)
    return out_units, out_leaf, out_count


def _bracket(
    line: Line, units: Units, near: np.ndarray, count: np.ndarray, sent: np.ndarray, stretch: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Prices of each stretch that use at most and at least ``count`` controls, where any does; float64 (k,) each.

    Where controls can be leaves, all that are nearer than the price are used, and beside them at most as many as there are
    units ``sent``. A price below 0 makes sense only for controls that are not shared, whose cost stays convex.
    """
    k = count.size
    low, high = np.zeros(k), np.zeros(k)
    unshared = not units.extra[~line.treated].any()
    control = np.flatnonzero(~line.treated)
    order = control[np.lexsort((near[control], stretch[control]))]
    sizes = np.bincount(stretch[control], minlength=k)
    begin = np.cumsum(sizes) - sizes
    for j in np.flatnonzero(sizes):
        # a price beyond the length of the stretch: no exchange along the line can cost more
        high[j] = 2 * np.ptp(line.position[line.start[j] : line.start[j + 1]]) + 1
        low[j] = -high[j] if unshared else 0.0
        if 0 < count[j] <= sizes[j]:
            high[j] = min(high[j], np.nextafter(near[order[begin[j] + count[j] - 1]], np.inf))
        if sent[j] < count[j] <= sizes[j] and np.isfinite(near[order[begin[j]]]):
            low[j] = near[order[begin[j] + count[j] - sent[j]]]
    return low, high


def _between(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Prices inside the brackets: 0 first, then by orders of magnitude, then halfway."""
    far = (low > 0) & (high > _NEAR * low)
    out = np.where(far, np.sqrt(np.abs(low * high)), (low + high) / 2)
    return np.select([(low < 0) & (high > 0), low == 0], [0.0, high / 1024], out)


def _put(
    units: np.ndarray,
    leaf: np.ndarray,
    used: np.ndarray,
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
    stretch: np.ndarray,
    which: np.ndarray,
) -> None:
    """Take over the solution of the stretches ``which``."""
    if which.any():
        here = which[stretch]
        units[here], leaf[here], used[which] = found[0][here], found[1][here], found[2][which]


def _meet(
    line: Line,
    k: int,
    below: tuple[np.ndarray, np.ndarray, np.ndarray],
    above: tuple[np.ndarray, np.ndarray, np.ndarray],
    units: np.ndarray,
    leaf: np.ndarray,
    used: np.ndarray,
    count: np.ndarray,
) -> None:
    """The exact number where two matchings at (almost) one price use too few and too many."""
    a, b = line.start[k], line.start[k + 1]
    units[a:b], leaf[a:b] = below[0][a:b], below[1][a:b]
    missing = step_across(a, b, line.treated, units, above[0], leaf, above[1], ranks(line), count[k] - below[2][k])
    leaf[a:b] &= units[a:b] == 0
    used[k] = count[k] - missing
