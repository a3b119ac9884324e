"""Weighting methods against their definitions."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from evaluation.errors import MatchingError
from evaluation.matching import match
from evaluation.matching.cem import coarsen
from evaluation.matching.discard import crump_edge
from evaluation.matching.subclass import fill


def weights(matched):
    units = matched.units
    return units["weight"].to_numpy(), units["treated"].to_numpy() == 1


def test_inverse_probability(frame, options):
    for estimand in ("att", "atc", "ate"):
        matched = match(frame, **options, method="ipw", estimand=estimand)
        w, t = weights(matched)
        e = matched.score
        raw = {
            "att": np.where(t, 1, e / (1 - e)),
            "atc": np.where(t, (1 - e) / e, 1),
            "ate": np.where(t, 1 / e, 1 / (1 - e)),
        }[estimand]
        total = {"att": t.sum(), "atc": (~t).sum(), "ate": t.size}[estimand]
        for group in (t, ~t):
            np.testing.assert_allclose(w[group], raw[group] * total / raw[group].sum(), rtol=1e-12)
    assert matched.members["set"].isna().all()
    assert matched.pairs.empty


def test_truncation_and_stabilising(frame, options):
    plain, _ = weights(match(frame, **options, method="ipw"))
    cut, t = weights(match(frame, **options, method="ipw", truncate=0.9))
    top = np.quantile(plain[~t], 0.9, method="closest_observation")
    expected = np.minimum(plain[~t], top)
    np.testing.assert_allclose(cut[~t], expected * t.sum() / expected.sum(), rtol=1e-9)
    stable, t = weights(match(frame, **options, method="ipw", estimand="ate", stabilise=True))
    assert stable[t].sum() == pytest.approx(t.sum())
    assert stable[~t].sum() == pytest.approx((~t).sum())


def test_overlap_weights_balance_the_score_s_covariates_exactly(frame, options):
    matched = match(frame, **options, method="overlap")
    w, t = weights(matched)
    assert matched.spec.estimand == "ato"
    np.testing.assert_allclose(w, np.where(t, 1 - matched.score, matched.score), rtol=1e-6)
    assert matched.balance().table.query("kind != 'score'")["difference_after"].abs().max() < 1e-6


@pytest.mark.parametrize("moments", [1, 2])
def test_entropy_balancing_is_the_optimum(frame, moments):
    names = ["age", "income", "woman"]
    matched = match(frame, treatment="treat", covariates=names, id="id", method="entropy", moments=moments)
    w, t = weights(matched)
    x = frame[names].to_numpy(float)
    if moments == 2:
        x = np.column_stack([x, (x[:, :2] - x[:, :2].mean(axis=0)) ** 2])
    x = (x - x[t].mean(axis=0)) / x.std(axis=0)
    np.testing.assert_allclose(w[~t] @ x[~t] / w[~t].sum(), 0, atol=1e-9)
    best = minimize(
        lambda b: np.log(np.exp(x[~t] @ b).sum()),
        np.zeros(x.shape[1]),
        jac=lambda b: x[~t].T @ np.exp(x[~t] @ b) / np.exp(x[~t] @ b).sum(),
        method="BFGS",
        options={"gtol": 1e-9},
    )
    expected = np.exp(x[~t] @ best.x)
    np.testing.assert_allclose(w[~t], expected * t.sum() / expected.sum(), rtol=1e-5)


def test_entropy_balancing_to_a_tolerance(frame, options):
    exact, t = weights(match(frame, **options, method="entropy"))
    matched = match(frame, **options, method="entropy", tolerance=0.1)
    loose, _ = weights(matched)
    off = [
        abs(np.average(x[~t], weights=loose[~t]) - x[t].mean()) / x.std()
        for x in (frame["age"].to_numpy(float), frame["income"].to_numpy(float), frame["woman"].to_numpy(float))
    ]
    assert max(off) == pytest.approx(0.1, abs=1e-6)
    assert (loose[~t] ** 2).sum() < (exact[~t] ** 2).sum()


def test_entropy_balancing_that_is_not_feasible(frame, options):
    far = frame.assign(age=np.where(frame["treat"] == 1, frame["age"] + 60, frame["age"]))
    with pytest.raises(MatchingError, match=r"not feasible: the target lies outside .*age"):
        match(far, **options, method="entropy")
    corner = pd.DataFrame({"treat": [1, 0, 0, 0] * 5, "a": [1, 0, 1, 0] * 5, "b": [1, 0, 0, 1] * 5})
    with pytest.raises(MatchingError, match="not feasible"):
        match(corner.assign(a=corner["a"] * 0.9), treatment="treat", covariates=["a", "b"], method="entropy")


def test_subclasses_are_cut_at_quantiles_of_the_treated(frame, options):
    matched = match(frame, **options, method="subclass", subclasses=4)
    value, t = matched.task.value, frame["treat"].to_numpy() == 1
    cuts = np.quantile(value[t], [0.25, 0.5, 0.75])
    expected = np.searchsorted(cuts, value, side="right")
    np.testing.assert_array_equal(matched.units["set"].to_numpy(int), expected)
    w, _ = weights(matched)
    for k in range(4):
        inside = expected == k
        np.testing.assert_allclose(w[inside & ~t], (inside & t).sum() / (inside & ~t).sum())


def test_empty_subclasses_are_filled_from_the_side_with_more():
    assert fill(np.array([0, 0, 0, 2]), 3, 1).tolist() == [0, 0, 1, 2]
    assert fill(np.array([0, 0, 0, 0]), 4, 1).tolist() == [0, 1, 2, 3]
    assert fill(np.array([2, 2, 2, 2, 2]), 3, 1).tolist() == [0, 1, 2, 2, 2]
    assert fill(np.array([0, 0, 1, 1, 1, 1]), 2, 3).tolist() == [0, 0, 0, 1, 1, 1]


def test_rules_of_coarsening():
    x = np.arange(16, dtype=float)
    frame = pd.DataFrame({"x": x, "y": x, "z": x, "k": list("aabbccddeeffgghh")})
    cuts = {"x": 4, "y": "q2", "z": [3, 12], "k": [["a", "b"], ["c"]]}
    for name, expected in {
        "x": np.repeat([0, 1, 2, 3], 4),
        "y": np.repeat([0, 1], 8),
        "z": np.repeat([0, 1, 2], [3, 9, 4]),
        "k": np.repeat([0, 1, 2, 3, 4, 5, 6], [4, 2, 2, 2, 2, 2, 2]),
    }.items():
        cell, how = coarsen(frame, (name,), cuts)
        np.testing.assert_array_equal(pd.factorize(cell)[0], pd.factorize(expected)[0])
        assert how["bins"].iloc[0] == len(np.unique(expected))
    assert coarsen(frame, ("x",), {})[1]["bins"].iloc[0] == 5  # Sturges: log2(16) + 1
    assert coarsen(frame, ("x",), {"x": 0})[1]["bins"].iloc[0] == 16
    for bad in ("best", -1, 2.5, [np.nan], True):
        with pytest.raises(MatchingError, match=r'cutpoints\["x"\]'):
            coarsen(frame, ("x",), {"x": bad})
    with pytest.raises(MatchingError, match="do not occur"):
        coarsen(frame, ("k",), {"k": [["a", "nix"]]})


def test_crump_s_edge_by_its_definition():
    draw = np.random.Generator(np.random.Philox(key=1))
    e = draw.beta(0.5, 2.0, 4000)
    edge = crump_edge(e)
    cost = 1 / (e * (1 - e))

    def holds(a):
        return 1 / (a * (1 - a)) <= 2 * cost[(e >= a) & (e <= 1 - a)].mean()

    assert 0 < edge < 0.2
    assert holds(edge * 1.0001)
    assert not holds(edge * 0.99)
    assert crump_edge(draw.uniform(0.3, 0.7, 100)) == 0.0


def test_discarded_rows_are_counted(frame, options):
    matched = match(frame, **options, discard="minmax")
    score, t = matched.score, frame["treat"].to_numpy() == 1
    low, high = max(score[t].min(), score[~t].min()), min(score[t].max(), score[~t].max())
    outside = (score < low) | (score > high)
    np.testing.assert_array_equal(matched.discarded, outside)
    assert matched.counts.loc["discarded"].tolist() == [int(outside[t].sum()), int(outside[~t].sum())]
    assert not matched.units["matched"][outside].any()
    assert matched.flow()["step"].iloc[0].startswith("discarded")


def test_given_matrix_is_checked(frame):
    n_t, n_c = int(frame["treat"].sum()), int((frame["treat"] == 0).sum())
    for bad, text in ((np.zeros((2, 2)), "a matrix of"), (np.full((n_t, n_c), -1.0), "negative distances")):
        with pytest.raises(MatchingError, match=text):
            match(frame, treatment="treat", distance=bad)
    with pytest.raises(MatchingError, match="not labels of the matrix"):
        match(frame, treatment="treat", id="id", distance=pd.DataFrame(np.zeros((n_t, n_c))))
    caliper = match(frame, treatment="treat", distance=np.full((n_t, n_c), 2.0), caliper=2)
    assert len(caliper.pairs) == n_t
