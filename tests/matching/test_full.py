"""Optimal full matching against integer programming, its limits, and what it refuses."""

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import MatchingError, OverlapWarning
from evaluation.matching import match
from evaluation.matching.full import match_full
from evaluation.matching.invariants import violations
from evaluation.matching.limits import Limits
from tests.matching.brute_line import best_sets, line_task

pytestmark = pytest.mark.filterwarnings("ignore::evaluation.errors.OverlapWarning")

GRIDS = [0, 0, 2, 6, 20, 100]


def problems(seed, number, *, calipers=(0.0, 0.125, 0.5, 1.0, 3.0, np.inf, np.inf), largest=22):
    """Random problems without limits, and the generator to draw limits from."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    for case in draw.integers(0, 2**32, number):
        yield (
            line_task(
                int(case),
                int(draw.integers(2, largest)),
                grid=int(draw.choice(GRIDS)),
                n_strata=int(draw.choice([1, 1, 2])),
                caliper=float(draw.choice(calipers)),
                share=float(draw.choice([0.15, 0.3, 0.5, 0.8])),
            ),
            draw,
        )


def pick(draw, choices):
    return choices[draw.integers(len(choices))]


def sound(task, limits, pairs):
    """What holds for any full matching; returns how many treated and controls are matched."""
    n = task.treated.size
    assert task.treated[pairs.treated].all()
    assert not task.treated[pairs.control].any()
    assert (task.stratum[pairs.treated] == task.stratum[pairs.control]).all()
    assert (task.stratum[pairs.treated] >= 0).all()
    assert (pairs.distance <= task.caliper).all()
    assert np.unique(pairs.treated * n + pairs.control).size == pairs.treated.size
    of_t, of_c = np.bincount(pairs.treated, minlength=n), np.bincount(pairs.control, minlength=n)
    assert (np.minimum(of_t[pairs.treated], of_c[pairs.control]) == 1).all(), "a set is not a star"
    sets = pd.DataFrame({"set": pairs.sets, "t": pairs.treated, "c": pairs.control}).groupby("set")
    assert (sets.nunique().min(axis=1) == 1).all()
    assert len(sets) == len(pairs.treated) - (of_t[pairs.treated] > 1).sum() - (of_c[pairs.control] > 1).sum() + (
        (of_t > 1).sum() + (of_c > 1).sum()
    )
    assert of_t.max(initial=0) <= (limits.most or n)
    assert of_c.max(initial=0) <= (limits.shared or n)
    assert of_t[of_t > 0].min(initial=n) >= min(limits.least, n)
    return int((of_t > 0).sum()), int((of_c > 0).sum())


def compare(task, limits, controls=None):
    pairs = match_full(dataclasses.replace(task, limits=limits))
    n_treated, n_controls = sound(task, limits, pairs)
    best = best_sets(task, limits, controls)
    assert (n_treated, n_controls) == best[:2]
    assert pairs.distance.sum() == pytest.approx(best[2], abs=1e-6)
    return pairs


@pytest.mark.parametrize("seed", range(5))
def test_without_limits(seed):
    for task, _ in problems(seed, 140):
        compare(task, Limits())


@pytest.mark.parametrize("shared", [None, 1, 2, 4])
@pytest.mark.parametrize("most", [None, 1, 2, 5])
def test_limits(most, shared):
    limits = Limits(most=most, shared=shared)
    calipers = (np.inf,) if limits.both else (0.125, 0.5, 1.0, 3.0, np.inf)
    for task, _ in problems((most or 9) * 10 + (shared or 9), 100, calipers=calipers):
        compare(task, limits)


def test_least_number_of_controls():
    done = 0
    for task, draw in problems(77, 300):
        least = int(draw.integers(2, 4))
        limits = Limits(least=least, most=pick(draw, [None, least, least + 1, least + 3]), shared=1)
        try:
            compare(task, limits)
            done += 1
        except MatchingError:
            # refused only where not everybody who has anybody can have so many
            near = match_full(dataclasses.replace(task, limits=Limits()))
            assert best_sets(task, limits)[0] < np.unique(near.treated).size
    assert done > 80


def test_mean_number_of_controls():
    met = 0
    for task, draw in problems(5, 350, largest=20):
        shared = pick(draw, [None, 1, 1, 2, 3])
        least = pick(draw, [1, 1, 2]) if shared == 1 else 1
        most = pick(draw, [None, None, least, least + 1, least + 3])
        limits = Limits(least, most, shared, mean=pick(draw, [0.5, 1.0, 1.3, 2.0, 3.0, 4.0]))
        if limits.both:
            task = dataclasses.replace(task, caliper=np.inf)
        task = dataclasses.replace(task, limits=limits)
        try:
            pairs = match_full(task)
        except MatchingError:
            continue
        sound(task, limits, pairs)
        per_stratum = [
            np.bincount(task.stratum[np.unique(rows)], minlength=3) if rows.size else np.zeros(3, int)
            for rows in (pairs.treated, pairs.control)
        ]
        wanted = np.floor(limits.mean * per_stratum[0] + 0.5)
        used = dict(enumerate(per_stratum[1].tolist()))
        compare(task, limits, used)
        everything = dataclasses.replace(limits, mean=None)
        for s in np.flatnonzero(wanted > per_stratum[1]):
            inside = dataclasses.replace(task, stratum=np.where(task.stratum == s, np.int32(0), np.int32(-1)))
            assert used[s] == best_sets(inside, everything)[1], "more controls could have been used"
        if shared == 1:
            few = np.flatnonzero(wanted < per_stratum[1])
            assert (per_stratum[1][few] == least * per_stratum[0][few]).all(), "fewer controls could have been used"
        met += int((wanted == per_stratum[1]).all())
    assert met > 100


def test_a_limit_that_does_not_bind_changes_no_sum():
    """Two algorithms, one for no limits and one for limits, on a problem too large for a general solver."""
    task = line_task(2, 20_000, grid=0, n_strata=4, caliper=0.05, share=0.05)
    free = match_full(dataclasses.replace(task, limits=Limits())).distance.sum()
    for limits in (Limits(most=10_000), Limits(shared=10_000)):
        assert match_full(dataclasses.replace(task, limits=limits)).distance.sum() == pytest.approx(free, rel=1e-12)


def test_the_order_of_the_rows_changes_nothing():
    for task, draw in problems(3, 60):
        order = draw.permutation(task.treated.size)
        moved = dataclasses.replace(
            task, **{k: getattr(task, k)[order] for k in ("treated", "value", "stratum", "tie", "lot")}
        )
        for limits in (Limits(), Limits(most=2), Limits(shared=2)):
            a = match_full(dataclasses.replace(task, limits=limits))
            b = match_full(dataclasses.replace(moved, limits=limits))
            assert set(zip(a.treated, a.control, strict=True)) == set(
                zip(order[b.treated], order[b.control], strict=True)
            )


def test_leaves_are_dealt_evenly_among_equals():
    """Nine controls and three treated at one score, and a treated one far away that needs a control of its own."""
    task = line_task(4, 13, grid=0, n_strata=1, caliper=np.inf)
    task = dataclasses.replace(
        task, treated=np.arange(13) < 4, value=np.array([0.0] * 3 + [5.0] + [0.0] * 9), limits=Limits()
    )
    pairs = match_full(task)
    assert np.bincount(pairs.treated, minlength=4)[:3].tolist().count(3) >= 2
    assert pairs.distance.sum() == 5.0


CALLS = [
    {},
    {"caliper": 0.1},
    {"estimand": "ate", "exact": "woman"},
    {"estimand": "atc", "max_controls": 2, "caliper": 0.2},
    {"min_controls": 1, "max_controls": 4},
    {"min_controls": 1 / 3, "caliper": 0.1, "exact": ["woman", "origin"]},
    {"min_controls": 0.5, "max_controls": 3, "distance": "probability"},
    {"min_controls": 1, "max_controls": 4, "mean_controls": 1.5},
    {"mean_controls": 2, "caliper": 0.1},
]


@pytest.mark.parametrize("call", CALLS)
def test_as_a_method(frame, options, call):
    matched = match(frame, method="full", **options, **call)
    assert violations(matched) == []
    shuffled = match(frame.sample(frac=1, random_state=4), method="full", **options, **call)
    pd.testing.assert_frame_equal(matched.pairs, shuffled.pairs)
    assert "method: full on the" in str(matched)


def test_weights(frame, options):
    """ATT: a treated unit weighs 1, a control the treated over the controls of its set."""
    members = match(frame, method="full", **options).members
    size = members.groupby("set")["treated"].agg(["sum", "size"])
    treated, control = (members[members["treated"] == role] for role in (1, 0))
    assert (treated["weight"] == 1).all()
    share = (size["sum"] / (size["size"] - size["sum"])).loc[control["set"]]
    np.testing.assert_allclose(control["weight"], share)
    assert members["id"].is_unique
    assert len(members) == len(frame)


def test_the_checker_sees_limits(frame, options):
    matched = match(frame, method="full", **options)
    task = dataclasses.replace(matched.task, limits=Limits(most=2))
    assert "a set is outside the limits" in violations(dataclasses.replace(matched, task=task))


def test_a_mean_that_cannot_be_met_is_reported(frame, options):
    with pytest.warns(OverlapWarning, match="mean_controls=50 asks for"):
        match(frame, method="full", mean_controls=50, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        match(frame, method="full", mean_controls=2, **options)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        ({"ratio": 2}, "ratio"),
        ({"distance": "euclidean"}, "distance"),
        ({"caliper": -0.1}, "caliper"),
        ({"min_controls": 0.4}, "min_controls"),
        ({"min_controls": 1.5}, "min_controls"),
        ({"max_controls": 0.5}, "max_controls"),
        ({"mean_controls": 0}, "mean_controls"),
        ({"min_controls": 3, "max_controls": 2}, "min_controls, max_controls"),
        ({"min_controls": 2, "mean_controls": 1.5}, "min_controls, mean_controls"),
        ({"caliper": 0.1, "min_controls": 0.5, "max_controls": 3}, "any two of them"),
        ({"caliper": 0.1, "mean_controls": 2, "max_controls": 3}, "any two of them"),
        ({"min_controls": 40}, "cannot all have 40 controls"),
    ],
)
def test_refusals(frame, options, call, word):
    with pytest.raises(MatchingError, match=word):
        match(frame, method="full", **options, **call)
