"""Joint covariance, simultaneous bands and joint tests."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from evaluation.effects import estimate_jointly, estimate_many, sup_t_bands
from evaluation.errors import EffectError
from tests.effects.conftest import outcomes, sample


def test_diagonal_is_each_estimate_s_own_variance(members, values):
    joint = estimate_jointly(members, values)
    table = estimate_many(members, values)
    np.testing.assert_allclose(np.diag(joint.covariance), table["std_error"] ** 2, rtol=1e-12)
    np.testing.assert_array_equal(joint.estimate, table["estimate"])
    assert np.linalg.eigvalsh(joint.covariance).min() > -1e-12


def test_covariance_is_that_of_sums():
    """Var(a + b) = Var a + Var b + 2 Cov(a, b): an outcome and the sum of two give the covariance."""
    members = sample()
    y = outcomes(members, 2, missing=0.0)
    joint = estimate_jointly(members, y)
    total = estimate_many(members, (y[:, 0] + y[:, 1])[:, None])["std_error"].iloc[0] ** 2
    assert total == pytest.approx(joint.covariance.sum(), rel=1e-10)


def test_band_lies_between_pointwise_and_bonferroni(members, values):
    joint = estimate_jointly(members, values)
    assert norm.ppf(0.975) < joint.critical < norm.ppf(1 - 0.025 / values.shape[1])
    kinds = joint.table.groupby("ci_kind")
    width = kinds[["ci_low", "ci_high"]].apply(lambda t: (t["ci_high"] - t["ci_low"]).to_numpy())
    assert (width["simultaneous"] > width["pointwise"]).all()


def table_of(estimate, error, rate=False):
    low, high = estimate - 1.96 * error, estimate + 1.96 * error
    return pd.DataFrame(
        {"outcome": range(len(estimate)), "estimate": estimate, "ci_low": low, "ci_high": high, "rate": rate}
    )


def test_critical_values_that_are_known():
    k = 4
    independent = sup_t_bands(table_of(np.zeros(k), np.ones(k)), np.eye(k))
    assert independent.critical == pytest.approx(norm.ppf((1 + 0.95 ** (1 / k)) / 2), abs=0.01)
    same = sup_t_bands(table_of(np.zeros(k), np.ones(k)), np.ones((k, k)))
    assert same.critical == pytest.approx(norm.ppf(0.975), abs=0.01)


def test_one_estimate_is_pointwise(members, values):
    joint = estimate_jointly(members, values[:, :1])
    assert joint.critical == pytest.approx(norm.ppf(0.975), abs=0.01)


def test_seed_and_threads():
    members = sample()
    y = outcomes(members, 4)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(estimate_jointly(members, y))
    assert found[0].critical == found[1].critical
    pd.testing.assert_frame_equal(found[0].table, found[1].table, check_exact=True)
    assert estimate_jointly(members, y, seed=2).critical != found[0].critical


def test_joint_tests(members, values):
    joint = estimate_jointly(members, values)
    at_the_estimate = joint.test(joint.estimate)
    assert at_the_estimate.inside
    assert at_the_estimate.sup_t == 0
    assert at_the_estimate.wald_p == at_the_estimate.sup_t_p == 1
    far = joint.test(joint.estimate + 10 * joint.std_error)
    assert not far.inside
    assert far.sup_t_p == 0
    assert far.wald_p < 1e-6
    edge = joint.estimate.copy()
    edge[0] += joint.critical * joint.std_error[0] * 0.999
    assert joint.test(edge).inside
    edge[0] = joint.estimate[0] + joint.critical * joint.std_error[0] * 1.001
    assert not joint.test(edge).inside
    off = np.array([0.1, 0.0, -0.2, 0.1, 0.0])
    expected = off @ np.linalg.solve(joint.covariance, off)
    assert joint.test(joint.estimate - off).wald == pytest.approx(expected, rel=1e-8)
    assert joint.test(joint.estimate - off).freedom == 5


def test_doubled_outcomes_lose_a_degree_of_freedom(members, values):
    joint = estimate_jointly(members, np.column_stack([values[:, 0], values[:, 0] * 2]))
    assert joint.test(joint.estimate).freedom == 1
    assert joint.critical == pytest.approx(norm.ppf(0.975), abs=0.01)


def test_coverage_of_the_band():
    """Over 300 samples the 95 % band holds all true effects about 95 % of the time."""
    hits = 0
    for seed in range(300):
        members = sample(60, 2, 2000, seed)
        y = outcomes(members, 4, seed + 1000, missing=0.0)
        joint = estimate_jointly(members, y, draws=2000)
        hits += joint.test(np.linspace(0, 1, 4)).inside
    assert 0.90 <= hits / 300 <= 0.985


def test_rates_stay_inside():
    estimate = np.array([0.97, -0.99])
    error = np.array([0.05, 0.05])
    joint = sup_t_bands(table_of(estimate, error, rate=True), np.diag(error**2))
    band = joint.table[joint.table["ci_kind"] == "simultaneous"]
    assert band["ci_high"].max() == 1.0
    assert band["ci_low"].min() == -1.0


def test_refuses(members, values):
    values = values.copy()
    with pytest.raises(EffectError, match="finite numbers"):
        estimate_jointly(members, values).test([1.0])
    values[:, 1] = np.nan
    with pytest.raises(EffectError, match="not observed: 1"):
        estimate_jointly(members, values)
    values[:, 1] = 3.0
    with pytest.raises(EffectError, match="no variation in 1"):
        estimate_jointly(members, values)


def test_prints_and_plots(members, values):
    import matplotlib.pyplot as plt

    joint = estimate_jointly(members, values)
    assert "simultaneous 95 % band" in str(joint)
    assert "<table" in joint._repr_html_()
    assert len(joint.plot().get_yticklabels()) == 5
    plt.close("all")
