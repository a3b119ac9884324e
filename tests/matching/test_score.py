"""The score against statsmodels, and what happens when treatment is decided by a covariate."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from threadpoolctl import threadpool_limits

from evaluation.errors import MatchingError, SeparationWarning, StatisticalWarning
from evaluation.matching import match
from evaluation.matching.design_matrix import CovariateDesign, FormulaDesign
from evaluation.matching.logit import fit_logit
from evaluation.matching.score import fit_score
from tests.matching.conftest import COVARIATES, population


def fitted(frame, design=None):
    treated = frame["treat"].to_numpy() == 1
    return fit_score(frame, design or CovariateDesign.of(frame, COVARIATES), treated, frame["id"])


def by_statsmodels(frame):
    x = frame[["age", "income", "woman"]].astype(float)
    x = x.join(pd.get_dummies(frame["origin"], drop_first=True, dtype=float))
    return sm.Logit(frame["treat"], sm.add_constant(x)).fit(method="newton", tol=1e-14, maxiter=50, disp=0)


@pytest.mark.parametrize("n", [300, 5_000, 60_000])
def test_equals_statsmodels(n):
    frame = population(n)
    model, logit = fitted(frame)
    theirs = by_statsmodels(frame)
    np.testing.assert_allclose(model.coefficients, theirs.params, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(model.std_errors, theirs.bse, rtol=1e-8)
    np.testing.assert_allclose(logit, theirs.fittedvalues, rtol=1e-8, atol=1e-8)
    assert model.log_likelihood == pytest.approx(theirs.llf, rel=1e-12)
    assert model.iterations < 8


def test_badly_scaled_covariates():
    frame = population(2_000)
    scaled = frame.assign(income=frame["income"] * 1e9 + 1e12, age=frame["age"] / 1e6)
    np.testing.assert_allclose(fitted(frame)[1], fitted(scaled)[1], rtol=1e-6, atol=1e-8)


def test_names_and_reference_levels(frame):
    model, _ = fitted(frame)
    assert model.names == ("intercept", "age", "income", "woman", "origin[nordic]", "origin[sweden]")
    ordered = frame.assign(origin=pd.Categorical(frame["origin"], ["sweden", "none", "nordic", "abroad"]))
    assert fitted(ordered)[0].names[-2:] == ("origin[nordic]", "origin[abroad]")
    assert list(model.table.columns) == ["term", "coefficient", "std_error", "odds_ratio"]


def test_predicts_the_same_for_new_rows(frame):
    model, logit = fitted(frame)
    np.testing.assert_array_equal(model.linear(frame), logit)
    np.testing.assert_array_equal(model.linear(frame.iloc[:10]), logit[:10])
    np.testing.assert_allclose(model.probability(frame.iloc[5:7]), 1 / (1 + np.exp(-logit[5:7])))


def test_refuses_levels_that_it_was_not_fitted_on(frame):
    model, _ = fitted(frame)
    with pytest.raises(MatchingError, match="1 levels that the score was not fitted on"):
        model.linear(frame.assign(origin="moon"))


def test_equal_rows_have_equal_scores(frame):
    doubled = pd.concat([frame, frame.assign(id=frame["id"] + 10**6)], ignore_index=True)
    _, logit = fitted(doubled)
    np.testing.assert_array_equal(logit[: len(frame)], logit[len(frame) :])


def test_combinations_and_constants_are_left_out_and_named(frame):
    more = frame.assign(double=frame["age"] * 2 + 1, constant=3.0)
    design = CovariateDesign.of(more, [*COVARIATES, "double", "constant"])
    with pytest.warns(StatisticalWarning, match="double, constant"):
        model, logit = fitted(more, design)
    assert model.aliased == ("double", "constant")
    np.testing.assert_allclose(logit, fitted(frame)[1], rtol=1e-9)
    np.testing.assert_array_equal(model.linear(more), logit)


def test_formula_with_interactions(frame):
    design = FormulaDesign.of(frame, "treat ~ age * woman + C(origin)", "treat")
    model, logit = fitted(frame, design)
    x = frame[["age", "woman"]].astype(float).assign(both=frame["age"] * frame["woman"])
    x = x.join(pd.get_dummies(frame["origin"], drop_first=True, dtype=float))
    theirs = sm.Logit(frame["treat"], sm.add_constant(x)).fit(method="newton", tol=1e-14, disp=0)
    np.testing.assert_allclose(logit, theirs.fittedvalues, rtol=1e-8, atol=1e-8)
    np.testing.assert_array_equal(model.linear(frame), logit)


def test_a_level_without_treated_is_outside_common_support(frame, options):
    """As Stata does it: a value that predicts perfectly leaves the fit with its rows, and is named."""
    rare = frame.assign(origin=frame["origin"].where((frame["treat"] == 1) | (frame["age"] != 30), "rare"))
    n = int((rare["origin"] == "rare").sum())
    with pytest.warns(SeparationWarning, match=f"origin=rare: 0 treated and {n} controls"):
        matched = match(rare, **options)
    assert matched.score_model.separated == ("origin=rare",)
    assert matched.units.loc[rare["origin"] == "rare", "score"].isna().all()
    assert not matched.units.loc[rare["origin"] == "rare", "matched"].any()
    without = rare[rare["origin"] != "rare"].reset_index(drop=True)
    np.testing.assert_allclose(matched.score[rare["origin"] != "rare"], match(without, **options).score, rtol=1e-12)
    assert matched.overlap().unscored == n


def test_complete_separation_by_a_value(frame, options):
    with pytest.raises(MatchingError, match="complete separation: origin="):
        match(frame.assign(origin=np.where(frame["treat"] == 1, "in", "out")), **options)


def test_complete_separation_by_a_number(frame, options):
    with pytest.raises(MatchingError, match="steepest: age"):
        match(frame.assign(age=frame["age"] + 100 * frame["treat"]), **options)


def test_certain_probabilities_are_told(frame, options):
    extreme = frame["age"] - 10.0 * frame["treat"]
    extreme[frame.index[frame["treat"] == 1][0]] = -20_000.0
    options["covariates"] = ["extreme"]
    with pytest.warns(SeparationWarning, match="0 or 1 to machine precision; steepest terms: extreme"):
        match(frame.assign(extreme=extreme), **options)


def test_large_data_start_from_a_part_of_the_rows():
    draw = np.random.Generator(np.random.Philox(key=1))
    x = np.ascontiguousarray(draw.standard_normal((3, 40_000)))
    y = (draw.random(40_000) < 1 / (1 + np.exp(-0.3 * x[0]))).astype(float)
    fit = fit_logit(x, y)
    assert fit.converged
    assert fit.iterations <= 4
    theirs = sm.Logit(y, sm.add_constant(x.T)).fit(method="newton", tol=1e-14, disp=0)
    np.testing.assert_allclose(fit.coefficients, theirs.params, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("size", "effect"), [(25, 1.5), (60, 0.0)])
def test_a_level_that_is_separated_in_the_first_part_only(size, effect):
    """All of the rare outcome and one in many of the other are fitted first, where a small level may hold one outcome only."""
    tried = 0
    for seed in range(20):
        draw = np.random.Generator(np.random.Philox(key=seed))
        n = 60_000
        number, level = draw.normal(size=n), np.zeros(n)
        level[draw.choice(n, size, replace=False)] = 1
        y = (draw.random(n) < 1 / (1 + np.exp(4.2 - 0.5 * number - effect * level))).astype(float)
        if not 0 < y[level == 1].sum() < size:
            continue
        tried += 1
        x = np.array([number, level])
        x = np.ascontiguousarray((x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True))
        fit = fit_logit(x, y)
        assert fit.converged
        probability = 1 / (1 + np.exp(-(fit.coefficients[0] + fit.coefficients[1:] @ x)))
        np.testing.assert_allclose(x @ (y - probability), 0, atol=1e-6)
    assert tried > 5


def test_the_fit_has_the_same_bits_whatever_the_threads():
    draw = np.random.Generator(np.random.Philox(key=2))
    x = np.ascontiguousarray(draw.standard_normal((160, 6_000)))
    y = (draw.random(6_000) < 0.3).astype(float)
    fits = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            fits.append(fit_logit(x, y))
    assert (fits[0].coefficients == fits[1].coefficients).all()
    assert (fits[0].covariance == fits[1].covariance).all()
