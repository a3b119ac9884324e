"""Optimal full matching on a line: all units in sets of one treated and its controls, or one control and its treated.

The sum of the distances between the unit in the middle of each set and the others is the least possible (Rosenbaum 1991;
Hansen & Klopfer 2006), within exact strata and a caliper. Limits on the sets, for each treated unit unless said otherwise:

- ``max_controls`` m: at most m controls;
- ``min_controls`` l, a whole number: at least l controls, and no control is shared. A fraction 1/q: a control may be
  shared by at most q treated. Without it, by any number;
- ``mean_controls``: the number of controls used is the mean times the number of treated matched, in each stratum, or as near
  to it as the stratum and the limits permit (and, where controls may be shared, no fewer than the cheapest matching uses
  anyway). Without it, all are used.

Where units must be left out, as many treated and as many controls as possible are matched (both can be had at once;
``mean_controls``: the number wanted), and of all such matchings the sum of distances is the least. Without limits only units
that have nobody within the caliper are left out.

How: without limits, the cheapest cover of all points by pairs, in linear time (``line_full_kernels.pair_runs``). With
limits, the parts of the line where treated or controls are in excess are split off (as in
:mod:`evaluation.matching.optimal`), and a flow of least cost is found in each part. The caliper asks that units be known
in one group of each part. Where sets are limited from one side only they are: with sets of any number of controls, let each
treated unit be served by one control, a control serve up to q, and one that serves none join its nearest treated unit as a
leaf, at a price known beforehand. Limits from both sides, with controls shared, leave both groups open: then a caliper is
refused.
"""

from __future__ import annotations

import warnings

import numpy as np

from evaluation.errors import MatchingError, OverlapWarning, Problem
from evaluation.matching import line_full_kernels
from evaluation.matching.limits import Limits, refused_with_caliper
from evaluation.matching.line import Flow, Line, Units, line_of, pairs_in_order, reachable
from evaluation.matching.line_mean import units_with_count
from evaluation.matching.task import Pairs, Task

Places = tuple[np.ndarray, np.ndarray]


def match_full(task: Task) -> Pairs:
    """Full matching within ``task.limits``; see the module's text for the rule."""
    line = line_of(task)
    treated, control, sets = full_pairs(line, task.limits or Limits())
    t, c = line.point[treated], line.point[control]
    return Pairs(t, c, np.abs(task.value[t] - task.value[c]), reachable(task, line), sets)


def full_pairs(line: Line, limits: Limits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places on the line of the treated and the control of each pair, and the number of its set; int64 each.

    Raises
    ------
    MatchingError
        A caliper with limits from both sides, or treated units that cannot have the least number of controls.
    """
    if limits.both and np.isfinite(line.caliper):
        raise MatchingError(refused_with_caliper(limits))
    found: list[Places] = []
    rest = _in_reach(line)
    if limits.shared is not None:
        part = line.only(rest)
        many, wanted = part.excess(treated=True, need=limits.least, room=limits.shared)
        if many.any() and limits.least > 1:
            raise MatchingError(_too_few(int(many.sum()), limits.least))
        if many.any():
            _take(found, rest, part, many | wanted, treated=(0, 0, 1), control=(limits.shared, 0, 0))
    if limits.most is not None and limits.mean is None:
        part = line.only(rest)
        many, wanted = part.excess(treated=False, need=1, room=limits.most)
        if many.any():
            _take(found, rest, part, many | wanted, treated=(limits.most, 0, 0), control=(0, 1, 0))
    part = line.only(rest)
    if limits.mean is None:
        found.append(_placed(_all_units(part, limits), part.point))
    else:
        found.append(_placed(_with_mean(part, limits, _used(line, found), _matched(line, found, rest)), part.point))
    treated, control = (np.concatenate(side) for side in zip(*found, strict=True))
    degree = np.bincount(treated, minlength=line.size) + np.bincount(control, minlength=line.size)
    keep = line_full_kernels.keep_stars(treated, control, degree)
    treated, control = treated[keep], control[keep]
    # a set is named after its middle: the unit with several partners, or the treated one of a pair
    return treated, control, np.where(degree[control] > 1, control, treated)


def _in_reach(line: Line) -> np.ndarray:
    """Points with anybody of the other group within the caliper, bool (n,)."""
    out = np.zeros(line.size, bool)
    for group in (True, False):
        own, _, first, last = line.reach(treated=group)
        out[own.point[first < last]] = True
    return out


def _take(
    found: list[Places],
    rest: np.ndarray,
    part: Line,
    which: np.ndarray,
    *,
    treated: tuple[int, int, int],
    control: tuple[int, int, int],
) -> None:
    """Match the points ``which`` of a part by themselves, and take them out of the rest."""
    own = part.only(which)
    units = Units.of(own, treated=treated, control=control)
    found.append(_placed(pairs_in_order(own, Flow(own, units).solve()), part.point[own.point]))
    rest[part.point[which]] = False


def _placed(pairs: Places, place: np.ndarray) -> Places:
    return place[pairs[0]], place[pairs[1]]


def _all_units(line: Line, limits: Limits) -> Places:
    """Pairs of a part in which every unit can be matched within the limits."""
    least, most, shared = limits.least, _or_all(limits.most, line), _or_all(limits.shared, line)
    if limits.most is None and limits.shared is None:
        return _cover(line)
    if limits.most is None and shared > 1:
        return _with_leaves(line, shared)
    if limits.shared is None and most > 1:
        control, treated = _with_leaves(line.exchanged(), most)
        return treated, control
    units = Units.of(line, treated=(least, 0, most - least), control=(1, 0, shared - 1))
    return pairs_in_order(line, Flow(line, units).solve())


def _or_all(limit: int | None, line: Line) -> int:
    """A limit, or the most that can be."""
    return max(line.size, 1) if limit is None else min(limit, max(line.size, 1))


def _cover(line: Line) -> Places:
    """Full matching without limits."""
    before, after = line_full_kernels.neighbours(line.start, line.treated)
    near = line_full_kernels.nearest_distance(line.position, before, after)
    mate = line_full_kernels.pair_runs(line.start, line.position, line.treated, near, line.caliper)
    backbone = np.flatnonzero((mate >= 0) & line.treated)
    leaf = mate < 0
    joined = line_full_kernels.attach_leaves(
        line.start, line.position, line.treated, line.tie, before, after, leaf, ~leaf
    )
    place = np.flatnonzero(leaf)
    of_treated = line.treated[place]
    return (
        np.concatenate([backbone, np.where(of_treated, place, joined[place])]),
        np.concatenate([mate[backbone], np.where(of_treated, joined[place], place)]),
    )


def _with_leaves(line: Line, shared: int) -> Places:
    """Each treated unit is served by one control, each control serves up to ``shared`` or joins as a leaf."""
    before, after = line_full_kernels.neighbours(line.start, line.treated)
    near = line_full_kernels.nearest_distance(line.position, before, after)
    units = Units.of(line, treated=(1, 0, 0), control=(0, 1, shared - 1), value=np.where(line.treated, 0.0, near))
    given = Flow(line, units).solve()
    return _joined(line, given, ~line.treated & (given == 0), before, after)


def _joined(line: Line, units: np.ndarray, leaf: np.ndarray, before: np.ndarray, after: np.ndarray) -> Places:
    """Pairs of the units in sorted order, and of each leaf with its nearest treated unit."""
    treated, control = pairs_in_order(line, units)
    host = np.zeros(line.size, bool)
    host[treated[units[control] == 1]] = True  # those who share their control are leaves themselves
    joined = line_full_kernels.attach_leaves(
        line.start, line.position, line.treated, line.tie, before, after, leaf, host
    )
    place = np.flatnonzero(leaf)
    return np.concatenate([treated, joined[place]]), np.concatenate([control, place])


def _with_mean(line: Line, limits: Limits, used: np.ndarray, matched: np.ndarray) -> Places:
    """Pairs with the mean number of controls; ``used`` and ``matched`` are what each stratum has without and with this part."""
    wanted = np.floor(float(limits.mean or 0) * matched + 0.5).astype(np.int64) - used
    before, after = line_full_kernels.neighbours(line.start, line.treated)
    near = np.full(line.size, np.inf)
    if limits.most is None:
        near = line_full_kernels.nearest_distance(line.position, before, after)
    free = 0 if limits.most is None else _or_all(limits.most, line) - limits.least
    units = Units.of(line, treated=(limits.least, 0, free), control=(0, 1, _or_all(limits.shared, line) - 1))
    given, leaf, count = units_with_count(line, units, near, wanted)
    missed = int(np.sum((count != wanted) & (matched > 0)))
    if missed:
        warnings.warn(
            f"mean_controls={limits.mean:g} asks for {int(np.sum(wanted + used))} controls; {missed} of "
            f"{int(np.sum(matched > 0))} strata do not permit their part, and {int(np.sum(count + used))} are used. "
            "Choose a mean that the strata, the caliper and the other limits permit, or match exactly on less.",
            OverlapWarning,
            stacklevel=6,
        )
    return _joined(line, given, leaf, before, after)


def _per_stretch(line: Line, places: np.ndarray) -> np.ndarray:
    """How many of the places lie in each stretch, int64 (k,)."""
    return np.diff(np.searchsorted(np.sort(places), line.start))


def _used(line: Line, found: list[Places]) -> np.ndarray:
    """Controls used so far in each stretch, int64 (k,)."""
    return _per_stretch(line, np.unique(np.concatenate([np.empty(0, np.int64), *(control for _, control in found)])))


def _matched(line: Line, found: list[Places], rest: np.ndarray) -> np.ndarray:
    """Treated of each stretch that are matched or will be, int64 (k,)."""
    done = [treated for treated, _ in found]
    return _per_stretch(line, np.unique(np.concatenate([np.flatnonzero(rest & line.treated), *done])))


def _too_few(n: int, least: int) -> Problem:
    return Problem(
        "min_controls",
        f"{n} treated cannot all have {least} controls of their own in their strata and within the caliper",
        "enough controls for every treated unit",
        f'lower min_controls, widen the caliper, or use method="optimal" with ratio={least}, which gives as many as there are',
    )
