"""The compiled kernels against a plain search, on small cases full of ties."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.matching.nearest import match_nearest
from evaluation.matching.options import ORDERS
from evaluation.matching.task import Task
from evaluation.matching.ties import mix
from tests.matching.brute import brute_pairs


def task_of(seed, n, *, grid, n_strata, caliper, n_gaps, ratio, capacity, order):
    """A random problem; values lie on a grid of ``grid`` exactly representable points, so ties are exact."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    tie = mix(draw.integers(0, 2**63, n, dtype=np.uint64), np.uint64(0))
    return Task(
        treated=draw.random(n) < 0.4,
        value=draw.integers(0, grid, n) / 8.0,
        stratum=draw.integers(-1 if n_strata > 1 else 0, n_strata, n).astype(np.int32),
        tie=tie,
        lot=mix(tie, np.uint64(0)),
        caliper=caliper,
        gap_value=draw.integers(0, 4, (n_gaps, n)).astype(float),
        gap_limit=np.ones(n_gaps),
        ratio=ratio,
        capacity=capacity,
        order=order,
    )


@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(2, 40),
    grid=st.sampled_from([2, 6, 20, 1000]),
    n_strata=st.sampled_from([1, 3]),
    caliper=st.sampled_from([0.0, 0.125, 0.5, 3.0, np.inf]),
    n_gaps=st.sampled_from([0, 0, 1, 2]),
    ratio=st.integers(1, 4),
    capacity=st.sampled_from([1, 1, 2, 3]),
)
def test_equals_the_plain_search(order, seed, n, grid, n_strata, caliper, n_gaps, ratio, capacity):
    task = task_of(
        seed,
        n,
        grid=grid,
        n_strata=n_strata,
        caliper=caliper,
        n_gaps=n_gaps,
        ratio=ratio,
        capacity=capacity,
        order=order,
    )
    found = match_nearest(task)
    assert set(zip(found.treated.tolist(), found.control.tolist(), strict=True)) == brute_pairs(task)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(2, 40),
    grid=st.sampled_from([2, 6, 20, 1000]),
    n_strata=st.sampled_from([1, 3]),
    caliper=st.sampled_from([0.0, 0.125, 0.5, np.inf]),
    n_gaps=st.sampled_from([0, 1]),
    ratio=st.integers(1, 5),
)
def test_with_replacement_equals_the_plain_search(seed, n, grid, n_strata, caliper, n_gaps, ratio):
    task = task_of(
        seed,
        n,
        grid=grid,
        n_strata=n_strata,
        caliper=caliper,
        n_gaps=n_gaps,
        ratio=ratio,
        capacity=0,
        order="largest",
    )
    found = match_nearest(task)
    assert set(zip(found.treated.tolist(), found.control.tolist(), strict=True)) == brute_pairs(task)


@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(2, 40),
    grid=st.sampled_from([2, 6, 20]),
    n_strata=st.sampled_from([1, 3]),
    caliper=st.sampled_from([-0.125, -0.5, 0.5, np.inf]),
    n_gaps=st.sampled_from([0, 1, 2]),
    space=st.sampled_from(["line", "tree", "matrix"]),
    capacity=st.sampled_from([1, 2]),
)
def test_other_distances_and_limits(order, seed, n, grid, n_strata, caliper, n_gaps, space, capacity):
    """In several dimensions and by a matrix, with negative limits, and with a ratio that varies."""
    draw = np.random.Generator(np.random.Philox(key=seed + 1))
    task = task_of(
        seed,
        n,
        grid=grid,
        n_strata=n_strata,
        caliper=caliper,
        n_gaps=n_gaps,
        ratio=3,
        capacity=capacity,
        order=order,
    )
    task = replace(task, gap_limit=draw.choice([-0.5, 1.0, -1.0], n_gaps))
    if space == "line":
        task = replace(task, want=draw.integers(1, 4, n))
    elif space == "tree":
        task = replace(task, coordinates=draw.integers(0, 3, (n, 3)).astype(float))
    else:
        shape = (int(task.treated.sum()), int((~task.treated).sum()))
        matrix = draw.choice([0.0, 1.0, 2.0, np.inf], shape)
        task = replace(task, matrix=matrix, caliper=1.0 if caliper > 0 else np.inf)
    found = match_nearest(task)
    assert set(zip(found.treated.tolist(), found.control.tolist(), strict=True)) == brute_pairs(task)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), space=st.sampled_from(["line", "tree", "matrix"]), ratio=st.integers(1, 3))
def test_controls_that_seek_treated(seed, space, ratio):
    """The ATC is the ATT with the roles exchanged."""
    task = task_of(seed, 30, grid=6, n_strata=2, caliper=0.5, n_gaps=0, ratio=ratio, capacity=1, order="closest")
    draw = np.random.Generator(np.random.Philox(key=seed + 1))
    if space == "tree":
        task = replace(task, coordinates=draw.integers(0, 3, (30, 2)).astype(float))
    elif space == "matrix":
        task = replace(task, matrix=draw.integers(0, 3, (task.treated.sum(), (~task.treated).sum())).astype(float))
    found = match_nearest(replace(task, estimand="atc"))
    other = replace(task, treated=~task.treated, matrix=None if task.matrix is None else task.matrix.T.copy())
    assert set(zip(found.control.tolist(), found.treated.tolist(), strict=True)) == brute_pairs(other)


def test_a_deep_tree_finds_the_nearest_of_all():
    """Many points with binaries and heavy tails, against every distance."""
    draw = np.random.Generator(np.random.Philox(key=4))
    n, n_treated = 6_000, 60
    x = np.column_stack([draw.standard_normal(n), draw.gamma(0.3, 10.0, n), draw.integers(0, 2, (n, 3))])
    task = task_of(1, n, grid=50, n_strata=1, caliper=np.inf, n_gaps=0, ratio=1, capacity=0, order="largest")
    task = replace(task, treated=np.arange(n) < n_treated, coordinates=x)
    found = match_nearest(task)
    gaps = np.sqrt(((x[:n_treated, None, :] - x[None, n_treated:, :]) ** 2).sum(axis=2))
    np.testing.assert_allclose(found.distance, gaps.min(axis=1), rtol=1e-12)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), caliper=st.sampled_from([0.0, 0.25, np.inf]))
def test_reachable_is_having_any_control_within_the_calipers(seed, caliper):
    task = task_of(seed, 30, grid=20, n_strata=3, caliper=caliper, n_gaps=1, ratio=1, capacity=1, order="largest")
    expected = []
    for t in np.flatnonzero(task.treated):
        near = (~task.treated) & (task.stratum == task.stratum[t]) & (task.stratum[t] >= 0)
        near &= np.abs(task.value - task.value[t]) <= caliper
        near &= np.abs(task.gap_value[0] - task.gap_value[0, t]) <= task.gap_limit[0]
        expected.append(bool(near.any()))
    assert match_nearest(task).reachable.tolist() == expected


def test_large_problems_find_the_nearest_of_all():
    draw = np.random.Generator(np.random.Philox(key=3))
    n, n_treated = 200_000, 2_000
    value = draw.standard_normal(n)
    treated = np.arange(n) < n_treated
    tie = mix(np.arange(n, dtype=np.uint64), np.uint64(0))
    task = Task(
        treated,
        value,
        np.zeros(n, np.int32),
        tie,
        tie,
        np.inf,
        np.empty((0, n)),
        np.empty(0),
        ratio=1,
        capacity=0,
        order="largest",
    )
    found = match_nearest(task)
    controls = np.sort(value[n_treated:])
    place = np.clip(np.searchsorted(controls, value[found.treated]), 1, controls.size - 1)
    nearest = np.minimum(
        np.abs(controls[place] - value[found.treated]), np.abs(controls[place - 1] - value[found.treated])
    )
    np.testing.assert_array_equal(found.distance, nearest)
