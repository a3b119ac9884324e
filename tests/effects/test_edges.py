"""Where estimators meet their edges: outcomes that do not vary, one person, few in one year, persons who stand several times in a set."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from evaluation.effects import estimate_att, estimate_many
from evaluation.effects.bands import estimate_jointly, sup_t_bands
from evaluation.effects.bootstrap.person import person_bootstrap
from evaluation.effects.bootstrap.weighting import bootstrap_weighting
from evaluation.effects.cluster_robust import few_clusters
from evaluation.effects.dynamics.jointly import dynamic_jointly
from evaluation.effects.families import equal_effects
from evaluation.effects.neighbours.estimator import abadie_imbens
from evaluation.effects.panel.did import did
from evaluation.effects.panel.event_study import event_study
from evaluation.effects.quantile import quantile_effects
from evaluation.effects.ratio import risk_ratio, risk_ratio_many
from evaluation.effects.regression.g_computation import matched_regression, matched_regression_many
from evaluation.effects.survival.incidence import cumulative_incidence, kaplan_meier
from evaluation.effects.unadjusted import unadjusted
from evaluation.effects.variance import factor
from evaluation.effects.weighting.ipw import ipw, ipw_effects, ipw_many
from evaluation.effects.weighting.table import AdjustedEffects
from evaluation.errors import EffectError, FewClustersWarning
from evaluation.robustness.placebo import placebo
from tests.effects.dynamic_world import HORIZON, WINDOW, matched_sets, simulate


def triples(n: int = 40) -> pd.DataFrame:
    """n sets of a treated and two controls of unequal weight."""
    return pd.DataFrame(
        {
            "set": np.repeat(np.arange(n), 3),
            "unit": np.arange(3 * n),
            "treated": [1, 0, 0] * n,
            "weight": [1, 0.3, 0.7] * n,
        }
    )


def draws(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def one_treated(n: int = 60) -> pd.DataFrame:
    """One person with five treated rows, and a weighted sample of others."""
    return pd.DataFrame(
        {"set": np.nan, "unit": [0] * 5 + list(range(1, n)), "treated": [1] * 5 + [0] * (n - 1), "weight": 1.0}
    )


# persons who stand several times in a set


def strata(n_sets: int = 40, months: int = 4, seed: int = 3) -> tuple[pd.DataFrame, np.ndarray]:
    """Strata in which persons stand with several months; some persons stand in two strata."""
    rng = np.random.default_rng(seed)
    rows = [
        {"set": s, "unit": 10 * s + j - (10 if j == 4 and s else 0), "treated": int(j == 0), "weight": 1.0}
        for s in range(n_sets)
        for j in range(5)
        for _ in range(months if j else 1)
    ]
    members = pd.DataFrame(rows)
    own = pd.Series(rng.normal(size=10_000))
    return members, own.loc[members["unit"]].to_numpy() + 0.3 * rng.normal(size=len(members))


def by_hand(members: pd.DataFrame, y: np.ndarray) -> float:
    """V_set + V_person - V_(person in set), each with G / (G - 1)."""
    t = (members["treated"] == 1).to_numpy()
    side_t = members["weight"].where(t, 0).groupby(members["set"]).transform("sum").to_numpy()
    side_c = members["weight"].where(~t, 0).groupby(members["set"]).transform("sum").to_numpy()
    w = np.where(t, members["weight"], members["weight"] * side_t / side_c)
    psi = np.empty(len(y))
    for side, sign in ((t, 1), (~t, -1)):
        mean = np.average(y[side], weights=w[side])
        psi[side] = sign * w[side] * (y[side] - mean) / w[side].sum()
    parts = []
    for keys in (["set"], ["unit"], ["set", "unit"]):
        sums = members.assign(psi=psi).groupby(keys)["psi"].sum().to_numpy()
        parts.append(np.sum(sums**2) * factor(sums.size))
    return float(np.sqrt(parts[0] + parts[1] - parts[2]))


def test_two_way_clustering_takes_persons_in_sets_off_once():
    members, y = strata()
    expected = by_hand(members, y)
    assert estimate_att(members, y).std_error == pytest.approx(expected, rel=1e-12)
    assert matched_regression(members, y, covariates=[]).std_error == pytest.approx(expected, rel=1e-9)
    twice = estimate_jointly(members, {"a": y, "b": y + draws(len(y), 5)})
    assert twice.std_error[0] == pytest.approx(expected, rel=1e-12)
    curve = kaplan_meier(members, np.where(y > 0, 1.0, 3.0), np.ones(len(y)), at=(2,))
    assert curve.table["std_error"].iloc[0] == pytest.approx(by_hand(members, (y > 0).astype(float)), rel=1e-9)
    assert few_clusters(members, y, cluster="set+unit", kind="CR1").std_error == pytest.approx(expected, rel=1e-9)
    # each membership its own cluster stays what it was
    rows = estimate_att(members, y, cluster="none").std_error
    assert rows < 0.95 * expected


def test_standard_errors_are_the_spread_where_persons_stand_several_times():
    rng = np.random.default_rng(11)
    found = []
    for _ in range(200):
        members, _ = strata()
        own, here = rng.normal(size=10_000), rng.normal(size=len(members))
        found.append(estimate_att(members, own[members["unit"].to_numpy()] + 0.3 * here))
    spread = np.std([e.estimate for e in found], ddof=1)
    assert 0.85 < np.mean([e.std_error for e in found]) / spread < 1.15


# one person


def test_several_rows_of_one_person_are_one_person():
    members = one_treated()
    table = estimate_many(members, {"y": draws(len(members))}, cluster="unit")
    assert table["status"].iloc[0] == "too_few_clusters"
    frame = members.assign(y=draws(len(members)), x=draws(len(members), 2))
    adjusted = ipw_many(frame, {"y": frame["y"].to_numpy()}, treatment="treated", covariates=["x"], unit="unit")
    assert adjusted["status"].iloc[0] == "too_few_clusters"
    assert np.isnan(adjusted["std_error"].iloc[0])


@pytest.mark.parametrize(
    "estimate",
    [
        lambda m, y: matched_regression(m, y, covariates=[]),
        lambda m, y: few_clusters(m, y, cluster="unit"),
        lambda m, y: kaplan_meier(m, np.abs(y) + 1, np.ones(len(y)), at=(2,)),
        lambda m, y: abadie_imbens(
            m.assign(y=y, x=y), "y", treatment="treated", covariates=["x"], variance="homoscedastic"
        ),
    ],
    ids=["regression", "few clusters", "curves", "neighbours"],
)
def test_one_treated_has_no_standard_error(estimate):
    members = pd.DataFrame({"set": np.nan, "unit": np.arange(60), "treated": [1] + [0] * 59, "weight": 1.0})
    with pytest.raises(EffectError, match="no standard error"):
        estimate(members, draws(60))


def test_few_treated_are_told_by_curves_too():
    members = pd.DataFrame({"set": np.nan, "unit": np.arange(200), "treated": [1] * 3 + [0] * 197, "weight": 1.0})
    with pytest.warns(FewClustersWarning, match="the fewest: 3"):
        kaplan_meier(members, np.abs(draws(200)), np.ones(200), at=(1,))


def test_regressions_of_one_set_have_a_status():
    members = triples(1)
    table = matched_regression_many(members, {"y": draws(3)}, covariates=[])
    assert table["status"].tolist() == ["too_few_clusters"]
    assert table[["estimate", "std_error", "ci_low"]].isna().all(axis=None)
    assert matched_regression_many(triples(), {}, covariates=[]).empty


def test_a_year_seen_for_few_is_told_or_left_out():
    members = triples(80)
    seen = np.random.default_rng(0).normal(size=(240, 4))
    seen[3:, 3] = np.nan
    study = event_study(members, seen, years=[-2, -1, 0, 1])
    assert study.table["status"].tolist() == ["estimated", "base", "estimated", "too_few_clusters"]
    assert np.isnan(study.table["std_error"].iloc[3])
    assert np.isfinite(study.bands().critical)
    with pytest.raises(EffectError, match=r"\[1\]: observed for one cluster"):
        did(members, seen, years=[-2, -1, 0, 1])
    assert np.isfinite(did(members, seen, years=[-2, -1, 0, 1], post=[0]).std_error)
    # seen in one year, or in the base, by many, but in both by one set
    apart = np.random.default_rng(1).normal(size=(240, 2))
    apart[123:, 0], apart[:120, 1] = np.nan, np.nan
    assert event_study(members, apart, years=[-1, 0]).table["status"].tolist() == ["base", "too_few_clusters"]
    seen[3:15, 3] = seen[3:15, 2]
    with pytest.warns(FewClustersWarning, match="1 of 3 estimates rest on fewer than 30 clusters"):
        event_study(members, seen, years=[-2, -1, 0, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        did(members, seen, years=[-2, -1, 0, 1], post=[0])
    with pytest.warns(FewClustersWarning, match="1 of 1 estimates"):
        did(members, seen, years=[-2, -1, 0, 1], post=[0, 1])


# outcomes that do not vary


@pytest.mark.parametrize("value", [0.1, 1.0, 1e6])
def test_an_outcome_that_does_not_vary_is_no_finding(value):
    members = triples()
    for found in (
        few_clusters(members, np.full(120, value), rate=False),
        few_clusters(members, np.full(120, value), cluster="set+unit", kind="CR1", rate=False),
        matched_regression(members, np.full(120, value), covariates=[], rate=False),
    ):
        assert abs(found.estimate) < 1e-9 * value
        assert found.std_error == 0
    assert np.isnan(few_clusters(members, np.full(120, value), rate=False).p_value)


def test_rates_that_treatment_decides_have_the_limits_of_two_rates():
    members = triples()
    y = members["treated"].to_numpy(float)
    low, high = estimate_att(members, y).ci
    assert low < 0.9
    assert few_clusters(members, y).ci == pytest.approx((low, high))
    assert matched_regression(members, y, covariates=[]).ci[0] < 0.95


def test_without_an_error_the_limits_are_about_the_estimate():
    members = triples()
    x = np.where(members["treated"] == 1, np.arange(120) % 5 > 0, np.arange(120) % 5 == 0).astype(float)
    found = few_clusters(members.assign(x=x), x, covariates=["x"])
    assert abs(found.estimate) < 1e-9
    assert found.ci[0] < 0 < found.ci[1]


def test_curves_that_end_with_everybody_are_the_rates():
    members = triples()
    times = np.arange(120) // 3 % 11 + 1.0
    curve = kaplan_meier(members, times, np.ones(120), at=(12,)).table.iloc[0]
    rate = estimate_many(members, {"y": np.ones(120)}).iloc[0]
    for name in ("estimate", "std_error", "ci_low", "ci_high", "control_low", "treated_low"):
        assert curve[name] == pytest.approx(rate[name], abs=1e-12), name


# several at once


def test_what_is_not_estimated_takes_no_part_in_a_band():
    members = triples(200)
    frame = members.assign(x=draws(600, 2))
    y = draws(600)
    effects = ipw_many(frame, {"y": y}, treatment="treated", covariates=["x"])
    many = {"y": y, "one": np.ones(600), "none": np.full(600, np.nan)}
    found = ipw_effects(frame, many, treatment="treated", covariates=["x"])
    assert isinstance(found, AdjustedEffects)
    joint = found.jointly()
    assert joint.critical == pytest.approx(1.959964, abs=1e-4)
    assert joint.estimate.tolist() == effects["estimate"].tolist()
    with pytest.raises(EffectError, match="none is estimated"):
        ipw_effects(frame, {"one": np.ones(600)}, treatment="treated", covariates=["x"]).jointly()
    with pytest.raises(EffectError, match="without a variance"):
        sup_t_bands(effects, np.zeros((1, 1)))


def test_equality_does_not_depend_on_which_effect_comes_first():
    covariance = np.array([[1, 1, 0.5], [1, 1, 0.5], [0.5, 0.5, 1]])
    for turn in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        found = equal_effects(np.array([1.0, 1, 3])[turn], covariance[np.ix_(turn, turn)])
        assert (found.statistic, found.freedom, found.p) == pytest.approx((4.0, 1, 0.0455), abs=1e-4)
    # two effects that are known to differ without error
    for turn in ([0, 1, 2], [2, 0, 1], [2, 1, 0]):
        assert equal_effects(np.array([1.0, 2.0, 3.0])[turn], covariance[np.ix_(turn, turn)].tolist()).p == 0
    # a direction with less than no variance, as two-way clustering may leave, says nothing
    odd = np.array([[1.0, 1.05], [1.05, 1.0]])
    assert 0 < equal_effects([1.0, 2.0, 0.5], np.pad(odd, (0, 1)) + np.diag([0, 0, 1.0])).p < 1


def test_dynamic_bands_keep_their_correlations_where_two_way_variance_is_lost():
    world = simulate(1_500)
    from tests.effects.test_dynamic import panel_of

    panel = panel_of(world)
    sets = matched_sets(world, panel.at_risk(*WINDOW))
    few = sets[sets["set"].isin(sets["set"].unique()[:5])].reset_index(drop=True)
    until = (few["month"] + HORIZON).to_numpy()
    for seed in range(40):
        y = draws(len(few), seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = dynamic_jointly(
                few, {"a": y, "b": y}, np.column_stack([until]), [0, 0], panel=panel, draws=1_000, rate=False
            )
        scale = np.sqrt(np.diag(found.covariance))
        assert (found.covariance / np.outer(scale, scale))[0, 1] == pytest.approx(1, abs=1e-6)


def test_a_ratio_without_an_estimate_has_no_limits():
    members = one_treated(20)
    row = risk_ratio_many(members, {"y": (draws(len(members)) > 0).astype(float)}, cluster="unit").iloc[0]
    assert row["ratio_status"] == "too_few_clusters"
    assert row[["risk_ratio", "log_ratio_std_error", "ratio_low", "ratio_high"]].isna().all()
    with pytest.raises(EffectError, match="no standard error"):
        risk_ratio(members, (draws(len(members)) > 0).astype(float), cluster="unit")


def test_draws_that_leave_a_group_without_weight_are_told():
    members = triples()
    y = draws(120)
    y[12:] = np.nan
    for method in (person_bootstrap, quantile_effects):
        with pytest.warns(FewClustersWarning, match='scheme="exponential"'):
            table = method(members, {"y": y}, scheme="multinomial", draws=400).table
        assert (table["status"] == "not_estimated").all()
        assert table["std_error"].isna().all()


# one outcome is one


def test_one_outcome_is_asked_of_estimators_of_one():
    frame = triples().assign(y=draws(120), z=draws(120, 3), x=draws(120, 2))
    options = {"treatment": "treated", "covariates": ["x"]}
    for outcomes in (["y", "z"], frame[["y", "z"]].to_numpy()):
        with pytest.raises(EffectError, match="outcome: 2 outcomes"):
            ipw(frame, outcomes, **options)
    with pytest.raises(EffectError, match="no columns 1, 2, 3 and 117 more"):
        ipw(frame, [*range(1, 121)], **options)


def test_a_series_stands_in_its_own_order():
    members = triples()
    y = pd.Series(draws(120))
    assert estimate_att(members, y).estimate == estimate_att(members, y.to_numpy()).estimate
    turned = y.iloc[::-1]
    for call in (
        lambda: estimate_att(members, turned),
        lambda: estimate_many(members, {"y": turned}),
        lambda: estimate_many(members, turned.to_frame("y")),
        lambda: matched_regression(members, turned, covariates=[]),
        lambda: kaplan_meier(members, turned.abs(), np.ones(120)),
        lambda: event_study(members, pd.DataFrame({-1: y, 0: y}).iloc[::-1], years=[-1, 0]),
        lambda: unadjusted(members, turned, treatment="treated"),
        lambda: ipw(members.assign(x=y), turned, treatment="treated", covariates=["x"]),
        lambda: abadie_imbens(members.assign(x=y), turned, treatment="treated", covariates=["x"]),
    ):
        with pytest.raises(EffectError, match="in another order"):
            call()
    # with an index of its own it stands by position
    elsewhere = y.set_axis(np.arange(1_000, 1_120))
    assert estimate_att(members, elsewhere).estimate == estimate_att(members, y).estimate
    with pytest.raises(EffectError, match="holds categories"):
        estimate_att(members.assign(place=pd.Categorical(np.arange(120) % 4)), "place")
    with pytest.raises(EffectError, match="holds categories"):
        estimate_many(members, {"place": pd.Series(pd.Categorical(np.arange(120) % 4))})
    gaps = pd.DataFrame({"y": [None, *draws(119)]}, dtype=object)
    assert estimate_many(members, gaps)["n_treated"].iloc[0] == 39


def test_what_could_not_be_tested_has_not_passed():
    found = placebo(triples(), {"a": np.full(120, np.nan)}, months={"a": -40}, covariate_window=36)
    assert found.passed is None
    assert "not tested" in str(found)
    assert "could be tested" in found.alt_text()


# what is no number, and whom nobody knows


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m, f: unadjusted(f.assign(d=[np.nan, 2.0] + [1, 0] * 59), "y", treatment="d"), "2 values are not 0 or 1"),
        (lambda m, f: unadjusted(f, "text", treatment="treated"), "numbers"),
        (lambda m, f: unadjusted(f, "y", treatment="treated", unit="gap"), "1 missing values"),
        (lambda m, f: event_study(m, np.full((120, 2), "a"), years=[-1, 0]), "numbers"),
        (lambda m, f: event_study(m, f[["y", "text"]].set_axis([-1, 0], axis=1), years=[-1, 0]), "0: holds text"),
        (lambda m, f: kaplan_meier(m, f["text"], np.ones(120)), "numbers"),
        (lambda m, f: cumulative_incidence(m, np.ones(120), np.ones(120), at=("a",)), "times of 0 or more"),
        (lambda m, f: quantile_effects(m, {"y": f["y"]}, quantiles=["a"]), "shares between 0 and 1"),
        (
            lambda m, f: bootstrap_weighting(
                np.ones((120, 1)), f["treated"], np.full(120, 1 / 3), {"y": f["y"].to_numpy()}, unit=f["gap"]
            ),
            "1 missing values",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_the_house_s_words(call, said):
    members = triples()
    frame = members.assign(y=draws(120), text="a", gap=[np.nan, *range(119)])
    with pytest.raises(EffectError, match=said):
        call(members, frame)
