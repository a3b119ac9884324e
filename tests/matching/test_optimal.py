"""Optimal pair matching against a general assignment solver, and what it promises beside the least sum."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment

from evaluation.errors import MatchingError
from evaluation.matching import match
from evaluation.matching.invariants import violations
from evaluation.matching.optimal import match_optimal
from tests.matching.brute_line import best_pairs, line_task

pytestmark = pytest.mark.filterwarnings("ignore::evaluation.errors.OverlapWarning")

CALIPERS = [0.0, 0.125, 0.5, 1.0, 3.0, np.inf]


def sound(task, pairs):
    """What holds for any pair matching."""
    n = task.treated.size
    assert task.treated[pairs.treated].all()
    assert not task.treated[pairs.control].any()
    assert (task.stratum[pairs.treated] == task.stratum[pairs.control]).all()
    assert (task.stratum[pairs.treated] >= 0).all()
    assert (pairs.distance <= task.caliper).all()
    assert np.unique(pairs.control).size == pairs.control.size
    assert np.bincount(pairs.treated, minlength=n).max(initial=0) <= task.ratio


@pytest.mark.parametrize("ratio", [1, 2, 3])
@pytest.mark.parametrize("grid", [0, 2, 6, 20, 200])
def test_least_sum_of_distances(ratio, grid):
    draw = np.random.Generator(np.random.Philox(key=[ratio, grid]))
    for seed in draw.integers(0, 2**32, 500):
        task = line_task(
            int(seed),
            int(draw.integers(2, 40)),
            grid=grid,
            n_strata=int(draw.choice([1, 1, 3])),
            caliper=float(draw.choice(CALIPERS)),
            share=float(draw.choice([0.1, 0.3, 0.5, 0.8])),
            ratio=ratio,
        )
        pairs = match_optimal(task)
        sound(task, pairs)
        levels, total = best_pairs(task)
        size = np.bincount(pairs.treated, minlength=task.treated.size)
        assert [int((size >= k).sum()) for k in range(1, ratio + 1)] == levels
        assert pairs.distance.sum() == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize("caliper", [0.02, np.inf])
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_least_sum_in_a_larger_problem(caliper, share):
    task = line_task(3, 1500, grid=0, n_strata=1, caliper=caliper, share=share)
    pairs = match_optimal(task)
    sound(task, pairs)
    levels, total = best_pairs(task)
    assert pairs.distance.size == levels[0]
    assert pairs.distance.sum() == pytest.approx(total, rel=1e-11)


def test_no_pairs_cross_and_the_largest_distance_is_least():
    task = line_task(8, 400, grid=0, n_strata=1, caliper=np.inf, share=0.3)
    pairs = match_optimal(task)
    order = np.argsort(task.value[pairs.treated])
    controls = task.value[pairs.control][order]
    assert (np.diff(controls) > 0).all()
    # another pairing of the same units with the same sum
    other = linear_sum_assignment(np.abs(task.value[pairs.treated][:, None] - task.value[pairs.control][None]))
    worst = np.abs(task.value[pairs.treated][other[0]] - task.value[pairs.control][other[1]]).max()
    assert pairs.distance.max() <= worst


def test_a_caliper_includes_its_limit():
    task = line_task(1, 2, grid=4, n_strata=1, caliper=0.25)
    task = dataclasses.replace(task, treated=np.array([True, False]), value=np.array([0.5, 0.75]))
    assert match_optimal(task).distance.tolist() == [0.25]
    assert match_optimal(dataclasses.replace(task, caliper=np.nextafter(0.25, 0))).distance.size == 0


def test_controls_of_the_same_value_are_chosen_by_hash():
    task = line_task(5, 9, grid=0, n_strata=1, caliper=np.inf)
    task = dataclasses.replace(task, treated=np.arange(9) < 3, value=np.array([0.0] * 3 + [1.0] * 6))
    chosen = match_optimal(task).control
    assert set(chosen) == set(np.argsort(task.tie[3:])[:3] + 3)


def test_reachable():
    task = line_task(12, 60, grid=0, n_strata=3, caliper=0.1)
    near = (task.stratum[:, None] == task.stratum) & (task.stratum >= 0)
    near &= np.abs(task.value[:, None] - task.value) <= task.caliper
    assert match_optimal(task).reachable.tolist() == near[task.treated][:, ~task.treated].any(axis=1).tolist()


def test_atc_is_att_with_the_groups_exchanged():
    for seed in range(20):
        task = line_task(seed, 30, grid=20, n_strata=2, caliper=0.5, ratio=2, estimand="atc")
        other = dataclasses.replace(task, treated=~task.treated, estimand="att")
        a, b = match_optimal(task), match_optimal(other)
        assert a.distance.sum() == b.distance.sum()
        assert set(zip(a.treated, a.control, strict=True)) == set(zip(b.control, b.treated, strict=True))
        assert a.reachable.tolist() == b.reachable.tolist()


CALLS = [
    {},
    {"ratio": 2},
    {"caliper": 0.05},
    {"caliper": 0.2, "ratio": 3, "exact": ["woman"]},
    {"exact": ["woman", "origin"], "distance": "probability"},
    {"estimand": "atc", "caliper": 0.1},
]


@pytest.mark.parametrize("call", CALLS)
def test_as_a_method(frame, options, call):
    matched = match(frame, method="optimal", **options, **call)
    assert violations(matched) == []
    shuffled = match(frame.sample(frac=1, random_state=4), method="optimal", **options, **call)
    pd.testing.assert_frame_equal(matched.pairs, shuffled.pairs)
    assert "method: optimal on the" in str(matched)


@pytest.mark.parametrize("call", CALLS[:2])
def test_never_worse_than_the_nearest_neighbour(frame, options, call):
    ours = match(frame, method="optimal", **options, **call).pairs["distance"]
    for order in ("closest", "largest", "random"):
        theirs = match(frame, order=order, **options, **call).pairs["distance"]
        assert len(ours) == len(theirs)
        assert ours.sum() <= theirs.sum() + 1e-9


def test_ties_can_be_drawn_anew(frame, options):
    spread = match(frame, method="optimal", **options).tie_spread("outcome", draws=3)
    assert len(spread.table) == 3


@pytest.mark.parametrize(
    ("call", "word"),
    [
        ({"distance": "mahalanobis"}, "distance"),
        ({"caliper": -0.1}, "caliper"),
        ({"covariate_calipers": {"age": 1}}, "covariate_calipers"),
        ({"antiexact": "woman"}, "antiexact"),
        ({"replace": True}, "replace"),
        ({"order": "closest"}, "order"),
        ({"max_controls": 3}, "max_controls"),
        ({"mean_controls": 3}, "mean_controls"),
        ({"ratio": 1.5}, "ratio"),
        ({"estimand": "ate"}, "estimand"),
    ],
)
def test_refusals(frame, options, call, word):
    with pytest.raises(MatchingError, match=word):
        match(frame, method="optimal", **options, **call)
