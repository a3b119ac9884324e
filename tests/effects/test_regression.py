"""Regression adjustment, IPW-RA and regression on the matched sample: by hand, by brute differentiation, and what is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from threadpoolctl import threadpool_limits

from evaluation.effects import estimate_att
from evaluation.effects.intervals import difference_interval, limit_columns
from evaluation.effects.regression.adjustment import (
    ipw_ra,
    ipw_ra_effects,
    regression_adjustment,
    regression_adjustment_effects,
    regression_adjustment_many,
)
from evaluation.effects.regression.g_computation import matched_regression, matched_regression_many
from evaluation.effects.weighting.aipw import aipw
from evaluation.effects.weighting.rows import source_of
from evaluation.errors import EffectError, FewClustersWarning, ImpossibleRateWarning, OverlapWarning, SeparationWarning
from evaluation.matching import match
from tests.effects.test_ipw import OPTIONS, X, design, person_months


@pytest.fixture(scope="module")
def frame():
    return person_months()


@pytest.fixture(scope="module")
def matched(frame):
    """Persons once in the frame, matched with replacement: controls stand in several sets."""
    once = frame.drop_duplicates("person").assign(rate=lambda f: f["high"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        return match(once, treatment="treat", covariates=X, id="id", unit="person", ratio=2, replace=True)


def by_hand(frame, y, by_person, estimand, link, weighted):
    v = by_person[frame["person"].to_numpy()]
    x, d = design(frame), frame["treat"].to_numpy() == 1
    binomial = sm.families.Binomial()
    family = binomial if link == "logit" else sm.families.Gaussian()
    e = sm.GLM(d.astype(float), x, family=binomial, freq_weights=v).fit(tol=1e-13).predict()
    seen = ~np.isnan(y)
    target = seen & (d if estimand == "att" else np.ones(d.size, bool))
    out = []
    for arm in (0, 1):
        rows = seen & (d == arm)
        w = np.ones(d.size)
        if weighted:
            w = 1 / (e if arm else 1 - e) if estimand == "ate" else (w if arm else e / (1 - e))
        m = sm.GLM(y[rows], x[rows], family=family, freq_weights=(v * w)[rows]).fit(tol=1e-13).predict(x)
        out.append(np.average(m[target], weights=v[target]))
    return out


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("estimand", "link", "outcome"), [("att", "linear", "gappy"), ("ate", "linear", "y"), ("att", "logit", "high")]
)
def test_means_and_influences_by_hand(frame, estimand, link, outcome, weighted):
    y = frame[outcome].to_numpy()
    call = ipw_ra_effects if weighted else regression_adjustment_effects
    found = call(frame, [outcome], estimand=estimand, outcome_model=link, small_sample="none", **OPTIONS)
    ones = np.ones(frame["person"].max() + 1)
    control, treated = by_hand(frame, y, ones, estimand, link, weighted)
    row = found.table.iloc[0]
    assert (row["control_mean"], row["treated_mean"]) == pytest.approx((control, treated), abs=1e-9)
    source = source_of(frame, treatment="treat", unit="person", id="id")
    for person in (3, 120):
        step = 1e-4 * (np.arange(ones.size) == person)
        up, down = (np.diff(by_hand(frame, y, ones + s, estimand, link, weighted))[0] for s in (step, -step))
        unit = source.units[np.flatnonzero(frame["person"] == person)[0]]
        assert found.influence[0, unit] == pytest.approx((up - down) / 2e-4, abs=1e-7)


def test_outcomes_with_different_gaps_have_the_numbers_of_each(frame):
    table = regression_adjustment_many(frame, ["y", "gappy", "high"], **OPTIONS)
    for i, name in enumerate(table["outcome"]):
        alone = regression_adjustment(frame, name, **OPTIONS).table
        pd.testing.assert_frame_equal(alone, table.iloc[[i]].reset_index(drop=True), rtol=1e-10)
    assert table["estimator"].eq("regression").all()
    assert ipw_ra(frame, "y", **OPTIONS).estimator == "ipw_ra"


def test_order_of_rows_changes_no_bit(frame):
    first, second = (ipw_ra(f, "y", **OPTIONS).table for f in (frame, frame.sample(frac=1, random_state=4)))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_an_outcome_nobody_has(frame):
    found = regression_adjustment(frame.assign(none=0.0), "none", outcome_model="logit", **OPTIONS)
    assert (found.estimate, found.std_error) == (0, 0)
    assert found.ci[0] < 0 < found.ci[1]


def test_separated_outcomes_are_not_estimated(frame):
    told = frame.assign(told=(frame["a"] > 0).astype(float))
    with pytest.warns(SeparationWarning, match="told"), pytest.raises(EffectError, match="separate"):
        regression_adjustment(told, "told", outcome_model="logit", **OPTIONS)
    with pytest.warns(SeparationWarning, match="told"):
        table = regression_adjustment_many(told, ["told", "high"], outcome_model="logit", **OPTIONS)
    assert table["status"].tolist() == ["not_estimated", "estimated"]


def test_a_level_that_only_controls_have(frame):
    odd = frame.assign(odd=((frame["treat"] == 0) & (frame["a"] > 1)).astype(int))
    with pytest.warns(OverlapWarning, match="one of the groups"):
        regression_adjustment(odd, "y", treatment="treat", covariates=["b", "odd"], estimand="ate")


def memberships(matched):
    members = matched.members
    rows = matched.frame.iloc[members["position"]].reset_index(drop=True)
    return members, rows


@pytest.mark.parametrize(("outcome", "link"), [("y", "linear"), ("high", "logit"), ("gappy", "linear")])
@pytest.mark.parametrize("interactions", [True, False])
def test_matched_regression_by_hand(matched, outcome, link, interactions):
    """Points by statsmodels; errors from explicit matrices, each person's influence in both clusterings."""
    members, rows = memberships(matched)
    y = rows[outcome].to_numpy()
    seen = ~np.isnan(y)
    # sets that lose a side are dropped, and the controls that remain share the weight of their treated
    w = members["weight"].to_numpy() * seen
    d, sets = members["treated"].to_numpy() == 1, members["set"].to_numpy()
    side = pd.DataFrame({"set": sets, "t": w * d, "c": w * ~d}).groupby("set").transform("sum")
    w = np.where((side["t"] > 0) & (side["c"] > 0), np.where(d, w, w * side["t"] / side["c"].replace(0, np.nan)), 0.0)
    keep = w > 0
    x, d, y, w, sets, units = (
        design(rows)[keep],
        d[keep],
        y[keep],
        w[keep],
        sets[keep],
        members["unit"].to_numpy()[keep],
    )

    def columns(arm):
        arm = np.broadcast_to(np.asarray(arm, float), len(x))[:, None]
        return np.hstack([x, arm * x if interactions else arm])

    family = sm.families.Binomial() if link == "logit" else sm.families.Gaussian()
    z = columns(d)
    b = sm.GLM(y, z, family=family, var_weights=w).fit(tol=1e-14).params
    mean = (lambda eta: 1 / (1 + np.exp(-eta))) if link == "logit" else (lambda eta: eta)
    slope = (lambda m: m * (1 - m)) if link == "logit" else np.ones_like
    m1, m0, m = (mean(columns(arm) @ b) for arm in (1, 0, d))
    tau = w * d / (w * d).sum()
    effect = tau @ (m1 - m0)
    g = (tau * slope(m1)) @ columns(1) - (tau * slope(m0)) @ columns(0)
    a = (z * (w * slope(m))[:, None]).T @ z
    for target in ("population", "sample"):
        psi = (tau * (m1 - m0 - effect) if target == "population" else 0) + (
            z * (w * (y - m))[:, None]
        ) @ np.linalg.solve(a, g)
        parts = []
        for codes in (sets, units, np.arange(len(y))):
            sums = pd.Series(psi).groupby(codes).sum()
            parts.append((sums**2).sum() * len(sums) / (len(sums) - 1))
        found = matched_regression(matched, outcome, outcome_model=link, interactions=interactions, target=target)
        assert found.estimate == pytest.approx(effect, rel=1e-8)
        assert found.std_error == pytest.approx(np.sqrt(parts[0] + parts[1] - parts[2]), rel=1e-7)
        assert found.treated_mean == pytest.approx(np.average(y[d], weights=w[d]), rel=1e-8)
        assert found.control_mean == pytest.approx(found.treated_mean - found.estimate, rel=1e-12)


def test_without_covariates_it_is_the_weighted_difference(matched):
    for outcome in ("y", "gappy", "rate"):
        plain = estimate_att(matched, outcome)
        for link in ("linear", "logit") if outcome == "rate" else ("linear",):
            found = matched_regression(matched, outcome, covariates=(), outcome_model=link)
            pd.testing.assert_frame_equal(
                found.table.drop(columns="estimator"), plain.table.drop(columns="estimator"), rtol=1e-9
            )


def test_weighted_samples_are_taken_too(frame):
    sample = match(frame, treatment="treat", covariates=X, id="id", unit="person", method="ipw")
    # weights by the score and a saturated regression: close to IPW-RA, whose error also knows the score
    found, stacked = matched_regression(sample, "y", cluster="unit"), ipw_ra(sample, "y")
    assert found.estimate == pytest.approx(stacked.estimate, rel=1e-8)
    assert found.std_error == pytest.approx(stacked.std_error, rel=0.05)


def test_matched_regression_many(matched):
    members, rows = memberships(matched)
    table = matched_regression_many(matched, {"y": rows["y"], "gone": rows["y"] * np.nan, "rate": rows["rate"]})
    assert table["status"].tolist() == ["estimated", "not_observed", "estimated"]
    assert table["estimate"].iloc[0] == matched_regression(matched, "y").estimate
    assert table["estimator"].eq("matched_regression").all()
    assert len(members) == len(rows)


def test_refusals_and_warnings(matched, frame):
    for options in ({"target": "both"}, {"small_sample": "hc9"}, {"cluster": "town"}, {"covariates": ["nothing"]}):
        with pytest.raises(EffectError):
            matched_regression(matched, "y", **options)
    with pytest.raises(EffectError, match="values outside 0 to 1"):
        matched_regression(matched, "y", outcome_model="logit")
    with pytest.raises(EffectError, match="no set holds both"):
        matched_regression(matched, np.full(len(matched.members), np.nan))
    with pytest.raises(EffectError, match="none given"):
        matched_regression(matched.members, np.zeros(len(matched.members)))
    with pytest.raises(EffectError, match="overlap"):
        matched_regression(match(frame, treatment="treat", covariates=X, id="id", method="overlap"), "y")
    few = matched.members[matched.members["set"] < 12]
    with pytest.warns(FewClustersWarning, match="few_clusters"):
        matched_regression(few, np.arange(len(few), dtype=float), covariates=())


def test_threads_change_no_bit():
    draw = np.random.Generator(np.random.Philox(key=12))
    n, p = 4000, 80
    wide = pd.DataFrame(draw.standard_normal((n, p)), columns=[f"x{i}" for i in range(p)])
    wide["treat"] = (draw.random(n) < 1 / (1 + np.exp(1 - 0.3 * wide["x0"]))).astype(int)
    wide["y"] = wide["x0"] + draw.standard_normal(n)
    names = [f"x{i}" for i in range(p)]
    matched = match(wide, treatment="treat", covariates=names)
    tables = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            tables.append(
                [matched_regression(matched, "y").table, ipw_ra(wide, "y", treatment="treat", covariates=names).table]
            )
    for one, two in zip(*tables, strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


@pytest.fixture(scope="module")
def steep():
    """A rate that controls have only where there are hardly any treated: straight lines carried over fall below 0."""
    draw = np.random.Generator(np.random.Philox(key=5))
    x = draw.standard_normal(400)
    treat = (draw.random(400) < 1 / (1 + np.exp(1 - 2 * x))).astype(int)
    y = np.where(treat == 1, draw.random(400) < 0.1, (x < -1) & (draw.random(400) < 0.9)).astype(float)
    return pd.DataFrame({"x": x, "treat": treat, "y": y, "no": 1 - y, "more": y + draw.standard_normal(400)})


def within_reach(row):
    """Limits of a row are where rates and their differences can be, do not cross, and hold the estimate where that can be held."""
    for value, low, high, least in (
        ("treated_mean", "treated_low", "treated_high", 0),
        ("control_mean", "control_low", "control_high", 0),
        ("estimate", "ci_low", "ci_high", -1),
    ):
        assert least <= row[low] <= row[high] <= 1
        assert row[low] <= max(min(row[value], 1), least) + 1e-12
        assert row[high] >= max(min(row[value], 1), least) - 1e-12


@pytest.mark.filterwarnings("ignore::evaluation.errors.OverlapWarning")
@pytest.mark.parametrize("call", [regression_adjustment, aipw])
@pytest.mark.parametrize("outcome", ["y", "no"])
def test_a_rate_that_a_line_puts_where_no_rate_can_be(steep, call, outcome):
    with pytest.warns(ImpossibleRateWarning, match=rf'mean of {outcome} outside 0 to 1.*outcome_model="logit"'):
        row = call(steep, outcome, treatment="treat", covariates=["x"]).table.iloc[0]
    assert row["control_mean"] < 0 if outcome == "y" else row["control_mean"] > 1
    within_reach(row)
    # the normal interval cut, not the one of a rate of which nobody was seen
    ends = row["control_mean"] + 1.959964 * row["control_std_error"] * np.array([-1, 1])
    assert row[["control_low", "control_high"]].to_numpy(float) == pytest.approx(np.clip(ends, 0, 1), abs=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ImpossibleRateWarning)
        call(steep, "more", treatment="treat", covariates=["x"])  # a number may be below 0
        inside = regression_adjustment(steep, outcome, treatment="treat", covariates=["x"], outcome_model="logit")
    assert 0 <= inside.control_mean <= 1


def test_a_difference_beyond_1_has_no_crossed_limits():
    draw = np.random.Generator(np.random.Philox(key=6))
    n = 400
    members = pd.DataFrame({"set": np.arange(n) // 2, "unit": np.arange(n), "treated": np.arange(n) % 2, "weight": 1.0})
    members["x"] = 2 * members["treated"] + draw.standard_normal(n)
    chance = 1 / (1 + np.exp(3 + members["x"]))
    members["y"] = np.where(members["treated"] == 1, 1.0, draw.random(n) < chance).astype(float)
    with pytest.warns(ImpossibleRateWarning, match='outcome_model="logit"'):
        found = matched_regression(members, "y", covariates=["x"])
    assert found.estimate > 1
    within_reach(found.table.iloc[0])
    assert found.ci[1] == 1


def test_limits_of_impossible_rates_by_hand():
    """k = 5 rates: below 0, inside, above 1, 0 but for rounding, not observed; and a number that is no rate."""
    mean = np.array([-0.1, 0.3, 1.2, -1e-15, np.nan, -0.1])
    error, size = np.full(6, 0.1), np.full(6, 50.0)
    rate = np.array([True] * 5 + [False])
    zero = (np.zeros(6), error, size)
    found, before = (
        limit_columns(difference=(mean, error), treated=(mean, error, size), control=zero, rate=rate, z=1.5, modelled=m)
        for m in (True, False)
    )
    wilson = 1.5**2 / (50 + 1.5**2)
    assert found["treated_low"] == pytest.approx([0, before["treated_low"][1], 1.0, 0, np.nan, -0.25], nan_ok=True)
    assert found["treated_high"] == pytest.approx(
        [0.05, before["treated_high"][1], 1, wilson, np.nan, 0.05], nan_ok=True
    )
    low, high = difference_interval(np.array([1.2, -1.2, 0.95]), np.array([0.1, 0.2, 0.1]), np.full(3, True), 1.5)
    assert low == pytest.approx([1, -1, 0.8])
    assert high == pytest.approx([1, -0.9, 1])


def test_a_small_modelled_rate_gives_no_numerical_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = (np.array([1e-6]), np.array([0.05]), np.array([50.0]))
        found = limit_columns(
            difference=one[:2], treated=one, control=one, rate=np.array([True]), z=1.96, modelled=True
        )
    assert (found["treated_low"][0], found["treated_high"][0]) == (0, 1)
