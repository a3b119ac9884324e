"""Sums in any order: the same bits, and as exact as one may ask."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.matching.sums import means_by, variances_by


def mean_of(values: np.ndarray, used: np.ndarray) -> float:
    return float(means_by(values, np.where(used, 0, -1), 1)[0])


def variance_of(values: np.ndarray, used: np.ndarray) -> float:
    return float(variances_by(values, np.where(used, 0, -1), 1)[0])


numbers = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=2, max_size=60)


@settings(deadline=None)
@given(numbers, st.randoms(use_true_random=False))
def test_the_order_changes_no_bit(values: list[float], chance) -> None:
    shuffled = values.copy()
    chance.shuffle(shuffled)
    a, b = np.array(values), np.array(shuffled)
    everyone = np.ones(a.size, bool)
    assert mean_of(a, everyone) == mean_of(b, everyone)
    assert variance_of(a, everyone) == variance_of(b, everyone)


@settings(deadline=None)
@given(numbers)
def test_exact_to_the_last_places(values: list[float]) -> None:
    a = np.array(values)
    everyone = np.ones(a.size, bool)
    largest = float(np.abs(a).max())
    assert mean_of(a, everyone) == pytest.approx(math.fsum(values) / a.size, rel=1e-13, abs=1e-15 * largest)
    assert variance_of(a, everyone) == pytest.approx(
        statistics.variance([float(x) for x in values]), rel=1e-9, abs=1e-12 * largest**2
    )


def test_only_what_is_used_counts() -> None:
    values = np.array([1.0, np.nan, 3.0, np.inf])
    used = np.array([True, False, True, False])
    assert mean_of(values, used) == 2.0
    assert variance_of(values, used) == 2.0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_gives_no_number(value: float) -> None:
    assert math.isnan(mean_of(np.array([1.0, value]), np.ones(2, bool)))


def test_too_few_have_no_variance() -> None:
    assert math.isnan(mean_of(np.empty(0), np.empty(0, bool)))
    assert math.isnan(variance_of(np.array([1.0]), np.ones(1, bool)))


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1.0, 1e12, 1e150])
def test_any_scale(scale: float) -> None:
    draws = np.random.Generator(np.random.Philox(key=[5, 1])).normal(3, 1, 10_000) * scale
    everyone = np.ones(draws.size, bool)
    assert mean_of(draws, everyone) == pytest.approx(math.fsum(draws) / draws.size, rel=1e-14)
    if scale > 1e-100:
        assert variance_of(draws, everyone) == pytest.approx(np.var(draws, ddof=1), rel=1e-12)


def test_groups_do_not_touch_one_another() -> None:
    values, group = np.array([1.0, 1e9, 3.0, -1e9, np.inf, 5.0]), np.array([0, 1, 0, 1, 2, -1])
    assert means_by(values, group, 4)[:2].tolist() == [2.0, 0.0]
    assert np.isnan(means_by(values, group, 4)[2:]).all()
    assert variances_by(values, group, 4)[:2].tolist() == [2.0, 2e18]
