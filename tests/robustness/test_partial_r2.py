import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evaluation.errors import EffectError
from evaluation.matching import match
from evaluation.robustness import partial_r2_sensitivity
from evaluation.robustness.before_matching import partial_r2_before
from evaluation.robustness.partial_r2 import Regression

from .worlds import units

# Cinelli & Hazlett (2020), the Darfur example: directly harmed on attitudes to peace
DARFUR = {"estimate": 0.09731582, "std_error": 0.02325654, "dof": 783}


def matched_world(ratio=2, **options):
    frame = units(600, effect=0.4, seed=4)
    return match(frame, treatment="d", covariates=["x", "z", "sex"], id="id", ratio=ratio, **options)


def test_published_robustness_values_and_benchmarks():
    made = partial_r2_sensitivity(**DARFUR, benchmarks={"female": (0.00908, 0.109)})
    assert made.regression.estimate / made.regression.std_error == pytest.approx(4.18, abs=0.005)
    assert made.partial_r2 == pytest.approx(0.022, abs=0.0005)
    assert made.robustness_value == pytest.approx(0.139, abs=0.0005)
    assert made.robustness_value_of_limit == pytest.approx(0.076, abs=0.0005)
    female = made.table[made.table["benchmark"] == "female"]
    assert female["r2_treatment"].to_numpy() == pytest.approx([0.0092, 0.0183, 0.0275], abs=1e-4)
    assert female["r2_outcome"].to_numpy() == pytest.approx([0.1246, 0.2493, 0.3741], abs=1e-3)
    assert female["estimate"].to_numpy() == pytest.approx([0.0752, 0.0529, 0.0304], abs=2e-4)
    assert female["t"].to_numpy() == pytest.approx([3.44, 2.60, 1.63], abs=0.01)


def test_adjusting_is_exact_for_a_confounder_that_is_then_observed():
    draw = np.random.Generator(np.random.Philox(key=9))
    n = 300
    x, z = draw.standard_normal((2, n))
    d = 0.4 * x + 0.5 * z + draw.standard_normal(n)
    y = 0.7 * d + x + 0.6 * z + draw.standard_normal(n)
    w = draw.random(n) + 0.2
    short = sm.WLS(y, np.column_stack([d, x, np.ones(n)]), w).fit()
    full = sm.WLS(y, np.column_stack([d, x, np.ones(n), z]), w).fit()
    d_short = sm.WLS(d, np.column_stack([x, np.ones(n)]), w).fit()
    d_full = sm.WLS(d, np.column_stack([x, np.ones(n), z]), w).fit()
    regression = Regression(short.params[0], short.bse[0], short.df_resid)
    strength = (1 - d_full.ssr / d_short.ssr, 1 - full.ssr / short.ssr)
    assert float(regression.adjusted(*strength)) == pytest.approx(full.params[0])
    assert float(regression.adjusted_error(*strength)) == pytest.approx(full.bse[0])


@pytest.mark.parametrize("inflation", [1.0, 1.4])
@pytest.mark.parametrize("t", [0.3, 2.5, 4.2, 60.0])
def test_robustness_values_are_where_the_estimate_and_the_limit_turn(t, inflation):
    regression = Regression(t, 1.0, 200.0, inflation)
    value, of_limit = regression.robustness_value(), regression.robustness_value_of_limit(0.95)
    assert 0 <= of_limit <= value <= 1
    assert float(regression.adjusted(value, value)) == pytest.approx(0, abs=1e-9)
    critical = regression.critical(0.95)

    def worst(strength):
        """Least t statistic of confounders up to this strength."""
        outcome = np.linspace(0, strength, 2001)
        return float(np.min(regression.adjusted(strength, outcome) / regression.adjusted_error(strength, outcome)))

    if of_limit == 0:
        assert t < critical * inflation * 1.01
    else:
        assert worst(of_limit) == pytest.approx(critical, abs=0.01)
        assert worst(0.99 * of_limit) > critical


def test_a_margin_is_reached_before_zero():
    plain, margin = (partial_r2_sensitivity(**DARFUR, null=null) for null in (0.0, 0.05))
    assert margin.robustness_value < plain.robustness_value
    assert margin.adjusted(*[margin.robustness_value] * 2)[0] == pytest.approx(0.05)
    below = partial_r2_sensitivity(**DARFUR, null=0.2)
    assert below.adjusted(*[below.robustness_value] * 2)[0] == pytest.approx(0.2)


def test_the_regression_is_weighted_least_squares_and_its_benchmarks_leave_one_out():
    matched = matched_world()
    made = partial_r2_sensitivity(matched, "y", benchmark_sample="matched", multiples=[1])
    members = matched.members
    rows = matched.frame.take(members["position"].to_numpy())
    w = members["weight"].to_numpy()
    full = rows[["d", "x", "z", "sex"]].assign(one=1.0).astype(float).to_numpy()
    fit = sm.WLS(rows["y"].to_numpy(), full, w).fit()
    assert made.regression.estimate == pytest.approx(fit.params[0])
    assert made.regression.std_error == pytest.approx(fit.bse[0])
    assert made.regression.dof == fit.df_resid
    without = sm.WLS(rows["y"].to_numpy(), np.delete(full, 2, axis=1), w).fit()
    d_with = sm.WLS(full[:, 0], full[:, 1:], w).fit()
    d_without = sm.WLS(full[:, 0], np.delete(full[:, 1:], 1, axis=1), w).fit()
    own = made.benchmarks.set_index("benchmark").loc["z"]
    assert own["r2_outcome"] == pytest.approx(1 - fit.ssr / without.ssr)
    assert own["r2_treatment"] == pytest.approx(1 - d_with.ssr / d_without.ssr)


def test_the_standard_error_is_clustered_as_without_covariates():
    matched = matched_world()
    from evaluation.effects import estimate_att

    made = partial_r2_sensitivity(matched, "y", covariates=[], benchmarks=[])
    plain = estimate_att(matched, "y")
    assert made.regression.estimate == pytest.approx(plain.estimate)
    assert made.table["std_error"][0] == pytest.approx(plain.std_error)


def test_benchmarks_before_matching_are_a_weighted_regression_within_strata():
    matched = matched_world(exact=["sex"])
    frame = matched.frame
    got = partial_r2_before(matched, ["x", "z"], {"x": ["x"], "both": ["x", "z"]})
    counts = frame.groupby(["sex", "d"]).size().unstack()
    w = np.where(frame["d"] == 1, 1.0, (counts[1] / counts[0]).reindex(frame["sex"]).to_numpy())
    strata = pd.get_dummies(frame["sex"]).to_numpy(float)

    def left(*columns):
        return sm.WLS(frame["d"].astype(float), np.column_stack([strata, *(frame[c] for c in columns)]), w).fit().ssr

    assert got["x"] == pytest.approx(1 - left("x", "z") / left("z"))
    assert got["both"] == pytest.approx(1 - left("x", "z") / left())
    # balanced afterwards: the matched sample would call every confounder harmless
    after = partial_r2_sensitivity(matched, "y", benchmark_sample="matched").benchmarks.set_index("benchmark")
    assert after.loc["x", "r2_treatment"] < got["x"] / 3


def test_the_order_of_rows_and_units_of_measurement_change_nothing():
    matched = matched_world()
    frame = matched.frame.sample(frac=1, random_state=1).assign(x=lambda f: 1000 + 50 * f["x"])
    other = match(frame, treatment="d", covariates=["x", "z", "sex"], id="id", ratio=2)
    a, b = partial_r2_sensitivity(matched, "y"), partial_r2_sensitivity(other, "y")
    pd.testing.assert_frame_equal(a.table, b.table, rtol=1e-6)


def test_categories_are_one_benchmark_and_groups_have_names():
    frame = units(600, effect=0.4).assign(band=lambda f: pd.cut(f["x"], [-9, -1, 0, 1, 9], labels=list("abcd")))
    matched = match(frame, treatment="d", covariates=["band", "z"], id="id")
    made = partial_r2_sensitivity(matched, "y", benchmarks={"all": ["band", "z"], "band": ["band"]}, multiples=[0.5, 1])
    assert list(made.table["benchmark"]) == ["none", "all", "all", "band", "band"]
    assert made.benchmarks["r2_outcome"][0] > made.benchmarks["r2_outcome"][1]


def test_refuses_what_is_not_clear():
    matched = matched_world()
    for options in (
        {},
        {"matched": matched},
        {"matched": matched, "outcome": "y", "estimate": 1.0},
        {"estimate": 1.0, "std_error": 0.0, "dof": 10},
        {"estimate": 1.0, "std_error": 1.0, "dof": 10, "benchmarks": ["x"]},
        {"matched": matched, "outcome": "y", "benchmarks": ["age"]},
        {"matched": matched, "outcome": "y", "covariates": ["age"]},
        {"matched": matched, "outcome": "y", "benchmark_sample": "after"},
        {"matched": matched, "outcome": "y", "covariates": ["d"]},
    ):
        with pytest.raises(EffectError):
            partial_r2_sensitivity(**options)


def test_prints_and_draws():
    made = partial_r2_sensitivity(matched_world(), "y")
    assert "Robustness value" in str(made)
    assert "before matching" in str(made)
    corner = made.contour.iloc[0]
    assert corner["estimate"] == made.regression.estimate
    ax = made.plot()
    assert any(t.get_text().startswith("no confounder") for t in ax.texts)
    assert f"{100 * made.robustness_value:.1f} %" in made.alt_text()
