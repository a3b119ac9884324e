"""Matching estimators against the formulas written out plainly, their properties, and what they refuse."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from evaluation.effects.neighbours import sets
from evaluation.effects.neighbours.estimator import abadie_imbens, abadie_imbens_many
from evaluation.effects.neighbours.matched import abadie_imbens_matched
from evaluation.effects.neighbours.result import Options
from evaluation.effects.result import COLUMNS
from evaluation.errors import (
    DominantWeightWarning,
    EffectError,
    FewClustersWarning,
    ImpossibleRateWarning,
    OverlapWarning,
    StatisticalWarning,
)
from evaluation.matching import match


def population(n=120, seed=1, levels=4):
    """Units with two coarse covariates (many ties), one fine, a cell, and two outcomes."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    a, b = draw.integers(0, levels, n), draw.integers(0, levels, n)
    c = draw.standard_normal(n)
    treat = (draw.random(n) < 1 / (1 + np.exp(0.6 - 0.3 * a - 0.4 * c))).astype(int)
    treat[:4], treat[4:8] = 1, 0
    y = 1 + a + 0.5 * c**2 + treat * (1 + 0.3 * b) + draw.standard_normal(n) * (1 + 0.2 * a)
    return pd.DataFrame({"a": a, "b": b, "c": c, "cell": draw.integers(0, 2, n), "treat": treat, "y": y, "z": y + b})


def nearest(x, cell, i, pool, m):
    """All of the pool in i's cell at most as far as the m-th."""
    near = pool[cell[pool] == cell[i]]
    if len(near) < m:
        return near[:0]
    gap = np.sqrt(((x[near] - x[i]) ** 2).sum(axis=1))
    return near[gap <= np.sort(gap)[m - 1] + 1e-10]


def plainly(frame, x, y, *, m, j, estimand, exact, bias, variance):
    """Estimate, standard error and conditional standard error, unit by unit."""
    treated = frame["treat"].to_numpy() == 1
    cell = frame["cell"].to_numpy() if exact else np.zeros(len(frame), int)
    groups = {1: np.flatnonzero(treated), 0: np.flatnonzero(~treated)}
    asking = [i for i in range(len(frame)) if treated[i] or estimand == "ate"]
    sets = {i: nearest(x, cell, i, groups[int(not treated[i])], m) for i in asking}
    sets = {i: s for i, s in sets.items() if len(s)}
    k, k2 = np.zeros(len(frame)), np.zeros(len(frame))
    for s in sets.values():
        k[s] += 1 / len(s)
        k2[s] += 1 / len(s) ** 2
    slope = {0: np.zeros(0), 1: np.zeros(0)}
    w = frame[list(bias)].to_numpy(float) if bias else np.zeros((len(frame), 0))
    for g in (0, 1):
        used = groups[g][k[groups[g]] > 0]
        if len(used) and bias:
            root = np.sqrt(k[used])
            design = np.column_stack([np.ones(len(used)), w[used]]) * root[:, None]
            slope[g] = np.linalg.lstsq(design, y[used] * root, rcond=None)[0][1:]
    effect, squares = {}, []
    for i, s in sets.items():
        sign, b = (1, slope[0]) if treated[i] else (-1, slope[1])
        effect[i] = sign * (y[i] - y[s].mean() - (w[i] - w[s].mean(axis=0)) @ b)
    tau = np.mean(list(effect.values()))
    for i, s in sets.items():
        sign, b = (1, slope[0]) if treated[i] else (-1, slope[1])
        squares.append(np.mean([(sign * (y[i] - y[d] - (w[i] - w[d]) @ b) - tau) ** 2 for d in s]))
    focal = np.zeros(len(frame))
    focal[list(sets)] = 1
    sigma = np.full(len(frame), np.mean(squares) / 2)
    if variance == "robust":
        for i in np.flatnonzero((k > 0) | (focal > 0)):
            sigma[i] = np.var(y[nearest(x, cell, i, groups[int(treated[i])], j + 1)], ddof=1)
    n = len(sets)
    v = sum((e - tau) ** 2 for e in effect.values()) + np.sum(sigma * (k**2 + 2 * focal * k - k2))
    return tau, np.sqrt(v) / n, np.sqrt(np.sum(sigma * (focal + k) ** 2)) / n


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    m=st.integers(1, 4),
    j=st.integers(1, 3),
    estimand=st.sampled_from(["att", "ate"]),
    exact=st.booleans(),
    bias=st.sampled_from([(), ("c",), ("a", "c")]),
    variance=st.sampled_from(["robust", "homoscedastic"]),
    metric=st.sampled_from(["line", "euclidean", "mahalanobis", "ivariance"]),
)
def test_equals_plain_arithmetic(seed, m, j, estimand, exact, bias, variance, metric):
    frame = population(seed=seed)
    names = ["a"] if metric == "line" else ["a", "b", "c"] if metric == "mahalanobis" else ["a", "b"]
    x = frame[names].to_numpy(float)
    if metric == "ivariance":
        x = x / x.std(axis=0, ddof=1)
    if metric == "mahalanobis":
        x = x @ np.linalg.cholesky(np.linalg.inv(np.cov(x.T)))
    options = {"score": "a"} if metric == "line" else {"covariates": names, "metric": metric}
    shared = {"estimand": estimand, "variance": variance}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticalWarning)
        found = abadie_imbens(
            frame,
            "y",
            treatment="treat",
            neighbours=m,
            se_neighbours=j,
            exact=["cell"] if exact else (),
            bias_adjust=bias,
            **options,
            **shared,
        )
    tau, error, given = plainly(frame, x, frame["y"].to_numpy(), m=m, j=j, exact=exact, bias=bias, **shared)
    assert found.estimate == pytest.approx(tau, abs=1e-10)
    assert found.std_error == pytest.approx(error, rel=1e-9)
    assert found.conditional_std_error == pytest.approx(given, rel=1e-9)
    assert found.treated_mean - found.control_mean == pytest.approx(found.estimate, abs=1e-10)


@pytest.mark.parametrize("estimand", ["att", "ate"])
@pytest.mark.parametrize("derivative", ["regression", "mahalanobis", "euclidean"])
@pytest.mark.parametrize("link", ["logit", "probit"])
def test_the_estimated_score(estimand, derivative, link):
    """The correction, with statsmodels' fit and the formula written out."""
    import statsmodels.api as sm

    frame = population(200, 5)
    d, y, j = frame["treat"].to_numpy(), frame["y"].to_numpy(), 2
    z = sm.add_constant(frame[["a", "c"]].to_numpy(float))
    fit = {"logit": sm.Logit, "probit": sm.Probit}[link](d, z).fit(disp=0, method="newton", tol=1e-13, maxiter=60)
    p = fit.predict()
    f = p * (1 - p) if link == "logit" else norm.pdf(z @ fit.params)
    found = abadie_imbens(
        frame,
        "y",
        treatment="treat",
        covariates=["a", "c"],
        metric="score",
        link=link,
        se_neighbours=j,
        estimand=estimand,
        derivative=derivative,
    )
    cell, groups = np.zeros(len(d), int), {g: np.flatnonzero(d == g) for g in (0, 1)}
    x = z[:, 1:]
    if derivative == "mahalanobis":
        x = x @ np.linalg.cholesky(np.linalg.inv(np.cov(x.T)))
    lines = {g: np.linalg.lstsq(z[groups[g]], y[groups[g]], rcond=None)[0] for g in (0, 1)}
    c, slope = np.zeros(3), np.zeros(3)
    for i in range(len(d)):
        cov, mean = {}, {}
        for g in (0, 1):
            s = nearest(p[:, None], cell, i, groups[g], j + 1)
            cov[g] = ((z[s] - z[s].mean(axis=0)) * (y[s] - y[s].mean())[:, None]).sum(axis=0) / (len(s) - 1)
            others = nearest(p[:, None], cell, i, groups[g], j + 2 if d[i] == g else j + 1)
            mean[g] = y[others[others != i]].mean()
        if estimand == "ate":
            c += f[i] * (cov[1] / p[i] + cov[0] / (1 - p[i])) / len(d)
            continue
        gap = mean[1] - mean[0] - found.estimate
        c += f[i] * (z[i] * gap + cov[1] + p[i] / (1 - p[i]) * cov[0]) / d.sum()
        twin = y[nearest(x, cell, i, groups[1 - d[i]], 1)].mean()
        effect = z[i] @ (lines[1] - lines[0]) if derivative == "regression" else (2 * d[i] - 1) * (y[i] - twin)
        slope += f[i] * z[i] * (effect - found.estimate) / d.sum()
    v = fit.cov_params()
    expected = found.known_score_std_error**2 - c @ v @ c + slope @ v @ slope
    assert found.std_error**2 == pytest.approx(expected, rel=1e-6)
    assert found.std_error != pytest.approx(found.known_score_std_error, rel=1e-4)


def test_moves_with_the_outcome():
    frame = population(150, 2)
    options = {"treatment": "treat", "covariates": ["a", "c"], "metric": "score", "bias_adjust": ["b"]}
    first = abadie_imbens(frame, "y", **options)
    moved = abadie_imbens(frame.assign(y=1e6 + 3 * frame["y"]), "y", **options)
    assert moved.estimate == pytest.approx(3 * first.estimate, rel=1e-8)
    assert moved.std_error == pytest.approx(3 * first.std_error, rel=1e-8)
    assert moved.treated_mean == pytest.approx(1e6 + 3 * first.treated_mean, rel=1e-12)


def test_order_of_rows_and_units_of_measurement_do_not_matter():
    frame = population(150, 3)
    options = {"treatment": "treat", "covariates": ["a", "b", "c"], "bias_adjust": ["c"], "estimand": "ate"}
    first = abadie_imbens(frame, "y", **options)
    mixed = frame.sample(frac=1, random_state=np.random.Generator(np.random.Philox(key=4))).assign(
        c=lambda f: 1000 * f["c"]
    )
    again = abadie_imbens(mixed, "y", **options)
    assert again.estimate == pytest.approx(first.estimate, rel=1e-9)
    assert again.std_error == pytest.approx(first.std_error, rel=1e-9)


def test_many_outcomes_at_once_and_missing_values():
    frame = population(150, 6)
    frame.loc[frame.index[::7], "z"] = np.nan
    frame["rate"] = (frame["y"] > 2).astype(float)
    frame["never"] = np.nan
    names = ["y", "z", "rate", "never"]
    options = Options(treatment="treat", covariates=["a", "b", "c"])
    table = abadie_imbens_many(frame, frame[names], options)
    assert list(table.columns) == list(COLUMNS)
    assert list(table["status"]) == ["estimated"] * 3 + ["not_observed"]
    assert list(table["rate"]) == [False, False, True, False]
    for i, name in enumerate(names[:3]):
        alone = abadie_imbens(frame.dropna(subset=name), name, treatment="treat", covariates=["a", "b", "c"])
        assert table["estimate"][i] == pytest.approx(alone.estimate, rel=1e-10)
        assert table["std_error"][i] == pytest.approx(alone.std_error, rel=1e-10)
        assert table["treated_low"][i] <= alone.treated_mean <= table["treated_high"][i]
    with pytest.raises(EffectError, match="seen for nobody"):
        abadie_imbens(frame, "never", treatment="treat", covariates=["a"])


def test_a_matched_sample_with_replacement():
    frame = population(300, 7, levels=3).assign(id=np.arange(300))
    frame["p"] = 1 / (1 + np.exp(-frame["c"]))
    matched = match(frame, treatment="treat", score="p", distance="probability", id="id", replace=True, ratio=2)
    for options in ({}, {"variance": "homoscedastic", "bias_adjust": ["a"]}, {"se_neighbours": 1}):
        mine = abadie_imbens_matched(matched, "y", **options)
        other = abadie_imbens(frame, "y", treatment="treat", score="p", neighbours=2, **options)
        assert mine.estimate == pytest.approx(other.estimate, rel=1e-12)
        assert mine.std_error == pytest.approx(other.std_error, rel=1e-12)
        assert mine.conditional_std_error == pytest.approx(other.conditional_std_error, rel=1e-12)
    with pytest.raises(EffectError, match="without replacement"):
        abadie_imbens_matched(match(frame, treatment="treat", score="p", id="id"), "y")


def test_errors_match_the_spread_and_cover():
    """400 samples of 300: the population ATT is 1; the known and the estimated score, one neighbour."""
    draw = np.random.Generator(np.random.Philox(key=11))
    found = []
    for _ in range(400):
        c, e = draw.standard_normal((2, 300))
        treat = draw.random(300) < 1 / (1 + np.exp(1 - 0.7 * c))
        gain = draw.standard_normal(300)
        frame = pd.DataFrame({"c": c, "treat": treat * 1, "y": c + e + treat * (1 + gain)})
        one = abadie_imbens(frame, "y", treatment="treat", covariates="c", metric="score", se_neighbours=2)
        found.append((one.estimate, one.std_error, one.ci[0] <= 1 <= one.ci[1]))
    estimate, error, inside = np.array(found).T
    assert abs(estimate.mean() - 1) < 3 * estimate.std() / 20 + 0.02
    assert 0.9 < error.mean() / estimate.std() < 1.1
    assert 0.915 < inside.mean() < 0.98


def test_cells_without_the_other_group_are_left_out_with_a_warning():
    frame = population(150, 8)
    frame["room"] = np.where((frame["treat"] == 1) & (np.arange(150) < 20), "closed", "open")
    rest = frame[frame["room"] == "open"]
    with pytest.warns(OverlapWarning, match="left out"):
        found = abadie_imbens(frame, "y", treatment="treat", score="a", exact=["room"])
    alone = abadie_imbens(rest, "y", treatment="treat", score="a")
    assert found.n_treated == alone.n_treated == int(rest["treat"].sum()) < int(frame["treat"].sum())
    assert found.estimate == pytest.approx(alone.estimate, rel=1e-12)
    assert found.std_error == pytest.approx(alone.std_error, rel=1e-12)
    with pytest.raises(EffectError, match="no overlap"):
        abadie_imbens(frame.assign(room=frame["treat"]), "y", treatment="treat", covariates=["a"], exact=["room"])


def test_a_dominant_control_and_few_units_are_warned_of():
    frame = pd.DataFrame({"x": [0.0] * 10 + [0.1] + list(np.arange(5, 25.0)), "treat": [1] * 10 + [0] * 21})
    frame["y"] = np.sin(np.arange(31.0))
    with pytest.warns(DominantWeightWarning, match="100 %"), pytest.warns(FewClustersWarning):
        abadie_imbens(frame, "y", treatment="treat", score="x")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"covariates": ["nobody"]}, "no such columns: nobody"),
        ({"covariates": ["a"], "metric": "cosine"}, "metric"),
        ({"covariates": ["a"], "neighbours": 0}, "neighbours"),
        ({"covariates": ["a"], "tolerance": -1.0}, "tolerance"),
        ({"covariates": ["a"], "score": "c"}, "a ready score and covariates"),
        ({}, "columns to match on"),
        ({"covariates": ["a"], "level": 95}, "level"),
        ({"covariates": ["gaps"]}, "missing values"),
        ({"covariates": ["flat"]}, "no covariate of the distance varies"),
    ],
)
def test_what_is_refused(options, what):
    frame = population(60, 9).assign(gaps=np.nan, flat=1.0)
    with pytest.raises(EffectError, match=what):
        abadie_imbens(frame, "y", treatment="treat", **options)


def test_sets_do_not_depend_on_the_parts_they_are_found_in(monkeypatch):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.normal(size=(900, 3)), columns=["a", "b", "c"]).round(1)
    frame = frame.assign(treat=(rng.random(900) < 0.4).astype(int), y=rng.normal(size=900))
    found = []
    for size in (7, 100_000):
        monkeypatch.setattr(sets, "_PART", size)
        found.append(abadie_imbens(frame, "y", treatment="treat", covariates=["a", "b", "c"], neighbours=2))
    assert found[0].estimate == found[1].estimate
    assert found[0].std_error == found[1].std_error


def test_text_is_never_read_as_a_number():
    frame = population(120, 4).assign(text="1", id=np.arange(120))
    with pytest.raises(EffectError, match='score: "text" holds'):
        abadie_imbens(frame, "y", treatment="treat", score="text")
    matched = match(frame, treatment="treat", covariates=["a", "b"], id="id", replace=True)
    for outcome in ("text", frame["text"], frame["text"].to_numpy(), frame["text"].astype("category")):
        with pytest.raises(EffectError, match=r"outcome.*holds"):
            abadie_imbens_matched(matched, outcome)
        with pytest.raises(EffectError, match=r"outcome.*holds"):
            abadie_imbens(frame, outcome, treatment="treat", covariates=["a"])
    with pytest.raises(EffectError, match='no column "nothing"'):
        abadie_imbens_matched(matched, "nothing")
    with pytest.raises(EffectError, match="3 infinite values"):
        abadie_imbens(frame.assign(y=np.where(frame["id"] < 3, np.inf, frame["y"])), "y", treatment="treat", score="c")
    with pytest.raises(EffectError, match="one value per row"):
        abadie_imbens_matched(matched, np.zeros(3))


def test_outcomes_with_gaps_of_every_kind_are_the_same():
    frame = population(120, 4).assign(id=np.arange(120))
    frame["high"] = (frame["y"] > 2).astype(int)
    matched = match(frame, treatment="treat", covariates=["a", "b"], id="id", replace=True)
    gaps = frame["high"].astype("Int64").mask(frame["id"] % 11 == 0)
    kinds = (
        gaps,
        gaps.astype(float),
        gaps.to_numpy(np.float64, na_value=np.nan),
        gaps.astype(object),
        list(gaps.astype(float)),
    )
    for call in (
        lambda y: abadie_imbens_matched(matched, y),
        lambda y: abadie_imbens(frame, y, treatment="treat", covariates=["a", "b"]),
    ):
        assert len({call(kind).estimate for kind in kinds}) == 1


def test_a_bias_adjustment_that_leaves_the_range_of_rates_is_told_of():
    draw = np.random.Generator(np.random.Philox(key=3))
    c = draw.standard_normal(300)
    treat = (draw.random(300) < 1 / (1 + np.exp(1 - 2 * c))).astype(int)
    y = np.where(treat == 1, draw.random(300) < 0.1, (c < -0.5) & (draw.random(300) < 0.95)).astype(float)
    frame = pd.DataFrame({"c": c, "treat": treat, "y": y})
    with pytest.warns(ImpossibleRateWarning, match="mean of y outside 0 to 1.*bias_adjust"):
        found = abadie_imbens(frame, "y", treatment="treat", score="c", neighbours=60, bias_adjust=["c"])
    assert found.control_mean < 0
    row = found.table.iloc[0]
    assert 0 <= row["control_low"] <= row["control_high"] <= 1
    assert -1 <= row["ci_low"] <= found.estimate <= row["ci_high"] <= 1
