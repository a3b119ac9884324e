import warnings

import numpy as np
import pytest
from scipy.stats import kstest

from evaluation.errors import EffectError, StatisticalWarning
from evaluation.matching import match
from evaluation.robustness import empirical_calibration, placebo

from .worlds import units


def test_equal_standard_errors_have_a_closed_form():
    draw = np.random.Generator(np.random.Philox(key=1))
    y = 0.3 + 0.5 * draw.standard_normal(40)
    made = empirical_calibration(y, np.full(40, 0.2))
    assert made.mean == pytest.approx(y.mean())
    assert made.sd == pytest.approx(np.sqrt(y.var() - 0.04), rel=1e-4)
    narrow = empirical_calibration(y / 10, np.full(40, 0.2))
    assert narrow.sd == 0.0


def test_no_other_parameters_are_more_likely():
    draw = np.random.Generator(np.random.Philox(key=2))
    s = 0.05 + draw.random(60)
    y = 0.2 + np.hypot(0.3, s) * draw.standard_normal(60)
    made = empirical_calibration(y, s)

    def loss(mean, sd):
        total = sd**2 + s**2
        return np.sum(np.log(total) + (y - mean) ** 2 / total)

    best = loss(made.mean, made.sd)
    for mean in made.mean + np.linspace(-0.3, 0.3, 25):
        for sd in np.linspace(0, 1, 51):
            assert best <= loss(mean, sd) + 1e-7


def test_calibrated_p_values_are_uniform_where_plain_ones_are_not():
    draw = np.random.Generator(np.random.Philox(key=3))
    s = 0.1 + 0.2 * draw.random(4000)
    y = 0.15 + np.hypot(0.2, s) * draw.standard_normal(4000)
    made = empirical_calibration(y[:2000], s[:2000])
    assert made.mean == pytest.approx(0.15, abs=0.02)
    assert made.sd == pytest.approx(0.2, abs=0.02)
    assert kstest(made.p_value(y[2000:], s[2000:]), "uniform").pvalue > 0.01
    assert made.table["p"].lt(0.05).mean() > 0.2
    low, high = made.interval(y[2000:], s[2000:])
    assert np.mean((low <= 0) & (high >= 0)) == pytest.approx(0.95, abs=0.015)


def test_without_systematic_error_little_changes():
    y, s = np.array([-1.0, 1.0, 0.0, 0.5, -0.5] * 3), np.ones(15)
    made = empirical_calibration(y, s)
    assert (made.mean, made.sd) == (pytest.approx(0), 0.0)
    assert made.interval(2.0, 1.0) == pytest.approx((2 - 1.959964, 2 + 1.959964))


def test_takes_tables_and_refuses_too_few():
    matched = match(units(), treatment="d", covariates=["x"], id="id")
    from evaluation.effects import estimate_many

    rows = matched.frame.take(matched.members["position"].to_numpy())
    table = estimate_many(matched, rows[["z", "past", "y"]])
    with pytest.warns(StatisticalWarning, match="3 negative controls"):
        made = empirical_calibration(table)
    assert list(made.table["outcome"]) == ["z", "past", "y"]
    assert "calibrated_low" in made.apply(table)
    assert len(made.plot().get_yticks()) == 3
    assert str(made).startswith("Systematic error by 3 negative controls")
    with pytest.raises(EffectError, match="usable of 2"):
        empirical_calibration([0.1, 0.2], [0.1, 0.1])
    with pytest.raises(EffectError, match="usable of 3"):
        empirical_calibration([0.1, 0.2, np.nan], [0.1, 0.1, 0.1])
    with pytest.raises(EffectError, match="shapes"):
        empirical_calibration([0.1, 0.2, 0.3])


def placebo_of(hidden):
    frame = units(1500, hidden=hidden, seed=5)
    # without a caliper the groups would differ in what was observed, and the placebo would rightly say so
    matched = match(frame, treatment="d", covariates=["x", "z"], id="id", caliper=0.1)
    rows = frame.take(matched.members["position"].to_numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return placebo(matched, {"a": rows["past"].to_numpy()}, months={"a": -40}, covariate_window=36, margin=0.3)


def test_a_hidden_confounder_shows_before_the_window():
    alike, apart = placebo_of(0.0), placebo_of(0.8)
    assert alike.passed
    assert bool(alike.table["inside_margin"][0])
    assert not apart.passed
    assert apart.largest > 0.3
    assert "NOT passed" in str(apart)
    assert "nothing shows" in alike.alt_text()
    assert apart.plot().get_xlabel().startswith("difference before time zero")


def test_refuses_months_inside_the_window_or_unsaid():
    matched = match(units(), treatment="d", covariates=["x"], id="id")
    y = np.zeros(len(matched.members))
    with pytest.raises(EffectError, match="refers to month -36") as caught:
        placebo(matched, {"a": y, "b": y}, months={"a": -36}, covariate_window=36)
    assert len(caught.value.problems) == 2
    with pytest.raises(EffectError, match="none given"):
        placebo(matched, {}, months={}, covariate_window=36)


def test_a_placebo_that_does_not_vary_has_no_joint_test():
    matched = match(units(), treatment="d", covariates=["x"], id="id")
    made = placebo(matched, {"a": np.zeros(len(matched.members))}, months={"a": -37}, covariate_window=36)
    assert made.joint is None
    assert made.passed
