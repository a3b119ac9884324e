"""CR1 and CR2 with Satterthwaite's degrees of freedom, against explicit matrices and closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from evaluation.effects import estimate_att
from evaluation.effects.cluster_robust import few_clusters, wls_contrast
from evaluation.effects.regression.g_computation import matched_regression
from evaluation.errors import EffectError, FewClustersWarning
from tests.effects.conftest import outcomes, sample


def explicit(y, x, w, clusters, c):
    """CR2 error and degrees of freedom with n x n matrices."""
    n = len(y)
    m = np.linalg.inv(x.T @ (w[:, None] * x))
    rest = np.eye(n) - x @ m @ x.T * w
    e = rest @ y
    total, p = 0.0, []
    for g in np.unique(clusters):
        rows = clusters == g
        b = rest[rows] @ rest[rows].T
        values, vectors = np.linalg.eigh(b)
        kept = values > 1e-10
        root = vectors[:, kept] / np.sqrt(values[kept]) @ vectors[:, kept].T
        a = root @ (w[rows, None] * x[rows]) @ m @ c
        total += (a @ e[rows]) ** 2
        p.append(rest[rows].T @ a)
    gram = np.array(p) @ np.array(p).T
    return np.sqrt(total), np.trace(gram) ** 2 / (gram**2).sum()


def clustered_data(sizes, k, seed):
    draw = np.random.Generator(np.random.Philox(key=seed))
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    n = clusters.size
    x = np.column_stack([np.ones(n), draw.random(n) < 0.5, draw.standard_normal((n, k))]).astype(float)
    y = x.sum(axis=1) + draw.standard_normal(len(sizes))[clusters] + draw.standard_normal(n)
    return y, x, draw.random(n) + 0.2, clusters


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sizes", [[2, 3, 4, 5, 6, 3], [1] * 12 + [2] * 5, [30, 12, 4, 25, 1, 9]])
def test_cr2_against_explicit_matrices(sizes, weighted):
    y, x, w, clusters = clustered_data(sizes, 2, 1)
    w = w if weighted else np.ones_like(w)
    shuffle = np.random.Generator(np.random.Philox(key=2)).permutation(len(y))
    for c in np.eye(4)[1:]:
        found = wls_contrast(y[shuffle], x[shuffle], w[shuffle], clusters[shuffle], c)
        error, freedom = explicit(y, x, w, clusters, c)
        assert found.std_error == pytest.approx(error, rel=1e-9)
        assert found.freedom == pytest.approx(freedom, rel=1e-9)
        assert found.n_clusters == len(sizes)


def test_two_groups_of_single_rows_have_closed_forms():
    """HC2 of a difference of means is s1²/n1 + s0²/n0, its degrees of freedom those of Imbens & Kolesár (2016)."""
    draw = np.random.Generator(np.random.Philox(key=3))
    n1, n0 = 3, 27
    y, d = draw.standard_normal(n1 + n0), np.repeat([1.0, 0.0], [n1, n0])
    x = np.column_stack([np.ones(n1 + n0), d])
    found = wls_contrast(y, x, np.ones(n1 + n0), np.arange(n1 + n0), np.array([0.0, 1.0]))
    assert found.std_error**2 == pytest.approx(y[d == 1].var(ddof=1) / n1 + y[d == 0].var(ddof=1) / n0, rel=1e-10)
    expected = (n0 + n1) ** 2 * (n0 - 1) * (n1 - 1) / (n1**2 * (n1 - 1) + n0**2 * (n0 - 1))
    assert found.freedom == pytest.approx(expected, rel=1e-10)


def test_cr2_is_unbiased_for_alike_independent_errors():
    """The expectation of V over errors with covariance I is the variance of the contrast, computed exactly through squares of unit vectors."""
    y, x, w, clusters = clustered_data([2, 3, 4, 5], 1, 4)
    c = np.array([0.0, 1.0, 0.0])
    # V is a quadratic form in y that vanishes on the columns of x, so its trace is the sum over unit vectors
    expectation = sum(wls_contrast(unit, x, w, clusters, c).std_error ** 2 for unit in np.eye(len(y)))
    m = np.linalg.inv(x.T @ (w[:, None] * x))
    assert expectation == pytest.approx(c @ m @ (x.T @ (w[:, None] ** 2 * x)) @ m @ c, rel=1e-10)


def test_cr1_of_the_difference_is_the_usual_error():
    members = sample(n_sets=60)
    y = outcomes(members, 1)[:, 0]
    for cluster in ("set", "unit", "set+unit"):
        usual, found = estimate_att(members, y, cluster=cluster), few_clusters(members, y, cluster=cluster, kind="CR1")
        assert (found.estimate, found.std_error) == pytest.approx((usual.estimate, usual.std_error), rel=1e-10)
        width = student.ppf(0.975, found.freedom) * found.std_error
        assert found.ci == pytest.approx((found.estimate - width, found.estimate + width), rel=1e-10)
        assert found.estimator == "matched_difference"


def test_cr1_of_the_regression_is_the_usual_error():
    members = sample(n_sets=60)
    draw = np.random.Generator(np.random.Philox(key=6))
    members = members.assign(a=draw.standard_normal(len(members)), b=draw.integers(0, 2, len(members)))
    y = outcomes(members, 1)[:, 0] + members["a"].to_numpy()
    for interactions in (False, True):
        options = {"covariates": ["a", "b"], "interactions": interactions}
        usual = matched_regression(members, y, cluster="set", target="sample", **options)
        found = few_clusters(members, y, kind="CR1", **options)
        assert (found.estimate, found.std_error) == pytest.approx((usual.estimate, usual.std_error), rel=1e-9)
        assert found.estimator == "matched_regression"
        assert found.control_mean == pytest.approx(usual.control_mean, rel=1e-9)
    small = few_clusters(members, y, covariates=["a", "b"])
    assert small.std_error != found.std_error
    assert "degrees of freedom" in str(small)


def test_few_clusters_are_said_and_widened():
    members = sample(n_sets=6)
    y = outcomes(members, 1, missing=0)[:, 0]
    with pytest.warns(FewClustersWarning, match='kind="CR2"'):
        few_clusters(members, y, kind="CR1")
    found = few_clusters(members, y)
    assert found.ci[1] - found.ci[0] > 2 * 1.96 * found.std_error
    with pytest.warns(FewClustersWarning, match="degrees of freedom"):
        few_clusters(members[members["set"] < 3], y[(members["set"] < 3).to_numpy()])


def test_refusals():
    members = sample(n_sets=10)
    y = outcomes(members, 1)[:, 0]
    for options in ({"cluster": "set+unit"}, {"kind": "CR3"}, {"cluster": "town"}, {"level": 95}):
        with pytest.raises(EffectError):
            few_clusters(members, y, **options)
    with pytest.raises(EffectError, match="at least 2"):
        few_clusters(members.assign(unit=1), y, cluster="unit")
    with pytest.raises(EffectError, match="no complete set"):
        few_clusters(members, np.full(len(members), np.nan))
    alike = members.assign(a=members["treated"] * 2.0)
    with pytest.raises(EffectError, match="combinations"):
        few_clusters(pd.DataFrame(alike), y, covariates=["a"])
