"""Differences of weighted means against plain arithmetic and statsmodels."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from evaluation.effects import EffectTable, effect_table, estimate_att, estimate_many
from evaluation.errors import EffectError, FewClustersWarning
from evaluation.matching import match
from tests.effects.conftest import outcomes, sample
from tests.matching.conftest import COVARIATES, population


def plainly(members, y):
    """Estimate and squared errors by set, unit, row, with pandas, from the rules as they are written."""
    m = members.assign(y=y).dropna(subset="y")
    sides = m.groupby("set")["treated"].agg(["min", "max"])
    m = m[m["set"].isin(sides.index[(sides["min"] == 0) & (sides["max"] == 1)])].copy()
    own = m[m["treated"] == 1].groupby("set")["weight"].sum()
    controls = m[m["treated"] == 0].groupby("set")["weight"].sum()
    factor = (own / controls).reindex(m["set"]).to_numpy()
    m["w"] = np.where(m["treated"] == 1, m["weight"], m["weight"] * factor)
    means = {r: np.average(g["y"], weights=g["w"]) for r, g in m.groupby("treated")}
    totals = m.groupby("treated")["w"].sum()
    centred = m["y"] - m["treated"].map(means)
    m["psi"] = np.where(m["treated"] == 1, 1, -1) * m["w"] * centred / m["treated"].map(totals)
    parts = []
    for key in ("set", "unit", "id"):
        sums = m.groupby(key)["psi"].sum()
        parts.append((sums**2).sum() * len(sums) / (len(sums) - 1))
    both = parts[0] + parts[1] - parts[2]
    return m, means, parts, both if both > 0 else max(parts[:2])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), missing=st.sampled_from([0.0, 0.1, 0.5]), ratio=st.integers(1, 4))
def test_equals_plain_arithmetic(seed, missing, ratio):
    members = sample(40, ratio, 30, seed)
    y = outcomes(members, 1, seed + 1, missing)[:, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewClustersWarning)
        found = {c: estimate_att(members, y, cluster=c) for c in ("set", "unit", "none", "set+unit")}
    m, means, parts, both = plainly(members, y)
    assert found["set"].estimate == pytest.approx(means[1] - means[0], abs=1e-12)
    for name, variance in zip(found, [*parts, both], strict=True):
        assert found[name].std_error == pytest.approx(np.sqrt(variance), rel=1e-10)
    assert found["set"].n_treated == int((m["treated"] == 1).sum())
    by_person = m[m["treated"] == 0].groupby("unit")["w"].sum()
    assert found["set"].n_controls == len(by_person)
    assert found["set"].ess_controls == pytest.approx(by_person.sum() ** 2 / (by_person**2).sum())


def test_equals_weighted_least_squares(members):
    """statsmodels' clustered errors have the factor (n - 1) / (n - k) in addition."""
    y = outcomes(members, 1, missing=0.0)[:, 0]
    x = sm.add_constant(members["treated"].to_numpy(float))
    n = len(members)
    for cluster in ("set", "unit"):
        codes = pd.factorize(members[cluster])[0]
        fit = sm.WLS(y, x, weights=members["weight"]).fit(cov_type="cluster", cov_kwds={"groups": codes})
        mine = estimate_att(members, y, cluster=cluster)
        assert mine.estimate == pytest.approx(fit.params[1], rel=1e-10)
        assert mine.std_error * np.sqrt((n - 1) / (n - 2)) == pytest.approx(fit.bse[1], rel=1e-10)


def test_many_are_the_same_numbers(members, values):
    table = estimate_many(members, values)
    for j in range(values.shape[1]):
        one = estimate_att(members, values[:, j])
        pd.testing.assert_frame_equal(
            one.table.drop(columns="outcome"), table.iloc[[j]].drop(columns="outcome").reset_index(drop=True)
        )


def test_arrays_frames_and_mappings(members, values):
    names = list("abcde")
    by_frame = estimate_many(members, pd.DataFrame(values, columns=names))
    by_mapping = estimate_many(members, dict(zip(names, values.T, strict=True)))
    pd.testing.assert_frame_equal(by_frame, by_mapping)
    assert by_frame["outcome"].tolist() == names
    np.testing.assert_array_equal(by_frame["estimate"], estimate_many(members, values)["estimate"])


def test_row_order_changes_no_estimate(members, values):
    order = np.random.Generator(np.random.Philox(key=1)).permutation(len(members))
    other = estimate_many(members.iloc[order], values[order])
    for column in ("estimate", "std_error", "ess_controls"):
        np.testing.assert_allclose(estimate_many(members, values)[column], other[column], rtol=1e-12)


def test_a_set_without_its_treated_or_all_its_controls_is_dropped():
    members = pd.DataFrame(
        {
            "set": [0, 0, 0, 1, 1, 2, 2],
            "unit": range(7),
            "treated": [1, 0, 0, 1, 0, 1, 0],
            "weight": [1, 0.5, 0.5, 1, 1, 1, 1],
        }
    )
    members = pd.concat([members, members.assign(set=members["set"] + 3, unit=members["unit"] + 7)], ignore_index=True)
    y = np.tile([5.0, 1.0, np.nan, np.nan, 100.0, 7.0, np.nan], 2)
    with pytest.warns(FewClustersWarning, match="the fewest: 2"):
        found = estimate_att(members, y)
    assert found.estimate == 4.0  # the control left in sets 0 and 3 takes the whole weight
    assert (found.n_treated, found.n_controls) == (2, 2)


def test_not_observed(members, values):
    values = values.copy()
    values[:, 2] = np.nan
    table = estimate_many(members, values)
    assert table["status"].tolist() == ["estimated"] * 2 + ["not_observed"] + ["estimated"] * 2
    assert table.loc[2, ["estimate", "std_error", "ci_low", "treated_mean"]].isna().all()
    with pytest.raises(EffectError, match="no set holds both"):
        estimate_att(members, values[:, 2])


def test_intervals_are_normal_and_follow_the_level(members, values):
    found = estimate_att(members, values[:, 0], level=0.9)
    half = norm.ppf(0.95) * found.std_error
    assert found.ci == pytest.approx((found.estimate - half, found.estimate + half))
    with pytest.raises(EffectError, match="level"):
        estimate_att(members, values[:, 0], level=95)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), p=st.sampled_from([0.0, 0.02, 0.5, 0.98, 1.0]), q=st.sampled_from([0.0, 0.02, 1.0]))
def test_intervals_of_rates_stay_where_rates_can_be(seed, p, q):
    members = sample(40, 2, 60, seed)
    draw = np.random.Generator(np.random.Philox(key=seed))
    y = (draw.random(len(members)) < np.where(members["treated"] == 1, p, q)).astype(float)
    row = estimate_many(members, y[:, None]).iloc[0]
    assert row["rate"]
    for name in ("treated", "control"):
        assert 0 <= row[f"{name}_low"] <= row[f"{name}_mean"] <= row[f"{name}_high"] <= 1
        assert row[f"{name}_low"] < row[f"{name}_high"]
    assert -1 <= row["ci_low"] <= row["estimate"] <= row["ci_high"] <= 1
    assert row["ci_low"] < row["ci_high"]


def test_a_matched_sample_and_a_column():
    frame = population()
    matched = match(frame, treatment="treat", covariates=COVARIATES, id="id", caliper=0.2, ratio=2)
    found = estimate_att(matched, "outcome")
    aligned = estimate_att(matched, frame["outcome"].to_numpy()[matched.members["position"]])
    assert found.estimate == aligned.estimate
    w = matched.units["weight"].to_numpy()
    t = frame["treat"] == 1
    expected = np.average(frame.loc[t, "outcome"], weights=w[t]) - np.average(frame.loc[~t, "outcome"], weights=w[~t])
    assert found.estimate == pytest.approx(expected, abs=1e-12)
    assert found.treated_mean - found.control_mean == found.estimate


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        ("nix", 'no column "nix"'),
        (np.zeros(3), "one value per membership"),
        ("origin", "holds"),
    ],
)
def test_outcomes_that_are_none(outcome, text):
    matched = match(population(), treatment="treat", covariates=COVARIATES, id="id", caliper=0.2)
    with pytest.raises(EffectError, match=text):
        estimate_att(matched, outcome)


def test_infinite_values(members, values):
    values = values.copy()
    values[0, 1] = np.inf
    with pytest.raises(EffectError, match="1 infinite values in 1"):
        estimate_many(members, values)


def test_members_that_are_none(members, values):
    with pytest.raises(EffectError, match="no columns unit, weight"):
        estimate_att(members[["set", "treated"]], values[:, 0])
    with pytest.raises(EffectError, match="no overlap"):
        estimate_att(members[members["treated"] == 1], values[members["treated"] == 1, 0])
    with pytest.raises(EffectError, match="not above zero"):
        estimate_att(members.assign(weight=0.0), values[:, 0])
    with pytest.raises(EffectError, match="cluster"):
        estimate_att(members, values[:, 0], cluster="person")


def test_errors_have_the_size_of_the_spread():
    """Fixed matched sets, persons shared between them: the mean standard error is the spread of the estimates."""
    members = sample(150, 3, 120, seed=9)
    draws = outcomes(members, 400, seed=4, missing=0.0)
    draws -= members["treated"].to_numpy()[:, None] * np.linspace(0, 1, 400)
    table = estimate_many(members, draws)
    spread = table["estimate"].std()
    assert table["std_error"].mean() / spread == pytest.approx(1, abs=0.06)
    for cluster in ("set", "unit"):  # sets make treated and controls alike, shared persons make controls alike
        one_way = estimate_many(members, draws, cluster=cluster)["std_error"].mean()
        assert abs(one_way / spread - 1) > abs(table["std_error"].mean() / spread - 1)


def test_prints_and_plots(members, values):
    import matplotlib.pyplot as plt

    found = estimate_att(members, values[:, 0])
    assert "95 % interval" in str(found)
    assert "standard error" in found._repr_html_()
    found.plot()
    table = effect_table(members, values)
    assert isinstance(table, EffectTable)
    assert "5 estimates" in str(table)
    assert "<table" in table._repr_html_()
    assert len(table.plot().get_yticklabels()) == 5
    plt.close("all")
