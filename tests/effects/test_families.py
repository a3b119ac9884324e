"""Subgroups and other families: partition, joint covariance, Holm, equality, what may not define a subgroup."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, kstest, norm
from statsmodels.stats.multitest import multipletests

from evaluation.effects import estimate_att, estimate_many
from evaluation.effects.bands import estimate_jointly
from evaluation.effects.families import equal_effects, holm, subgroup_effects, with_holm
from evaluation.errors import EffectError
from evaluation.matching import match
from tests.effects.conftest import outcomes, sample

GROUPS = np.array(["a", "b", "c"])


def groups(members, seed=5):
    """A subgroup for each treated; controls have none."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    of_set = GROUPS[draw.integers(0, 3, members["set"].max() + 1)]
    column = pd.Series(of_set[members["set"]], dtype=object)
    column[members["treated"].to_numpy() == 0] = None
    return column


def test_each_subgroup_is_its_own_sample(members, values):
    y, of = values[:, 0], groups(members)
    found = subgroup_effects(members, y, of)
    by_set = of[members["treated"] == 1].to_numpy()[members["set"]]
    assert list(found.table["subgroup"]) == ["a", "b", "c"]
    for row in found.table.itertuples():
        inside = by_set == row.subgroup
        alone = estimate_att(members[inside], y[inside])
        assert row.estimate == pytest.approx(alone.estimate, rel=1e-12)
        assert row.std_error == pytest.approx(alone.std_error, rel=1e-12)
        assert row.n_treated == alone.n_treated


def test_subgroups_make_up_the_whole(members):
    y = outcomes(members, 1, missing=0.0)[:, 0]
    found = subgroup_effects(members, y, groups(members))
    whole = estimate_att(members, y)
    share = found.table["n_treated"] / found.table["n_treated"].sum()
    assert (share * found.table["estimate"]).sum() == pytest.approx(whole.estimate, rel=1e-10)


def test_equality_from_influences_written_out(members):
    """V = V_set + V_unit - V_row of the stacked influences; shared controls make subgroups covary through V_unit alone."""
    y, of = outcomes(members, 1, missing=0.0)[:, 0], groups(members)
    found = subgroup_effects(members, y, of)
    by_set = of[members["treated"] == 1].to_numpy()[members["set"]]
    t, w = members["treated"].to_numpy() == 1, members["weight"].to_numpy()
    parts = {name: np.zeros((3, 3)) for name in ("set", "unit", "row")}
    codes = {"set": members["set"], "unit": members["unit"], "row": np.arange(len(members))}
    for name, code in codes.items():
        sums = []
        for group in GROUPS:
            psi = np.zeros(len(members))
            for side, sign in ((t, 1), (~t, -1)):
                rows = side & (by_set == group)
                psi[rows] = sign * w[rows] * (y[rows] - np.average(y[rows], weights=w[rows])) / w[rows].sum()
            total = pd.Series(psi).groupby(np.asarray(code)).sum()
            n = len(np.unique(np.asarray(code)[by_set == group]))
            sums.append(total.to_numpy() * np.sqrt(n / (n - 1)))
        parts[name] = np.array(sums) @ np.array(sums).T
    covariance = parts["set"] + parts["unit"] - parts["row"]
    np.testing.assert_allclose(found.joint.covariance, covariance, rtol=1e-8, atol=1e-12)
    assert abs(covariance[0, 1]) > 0
    contrast = np.array([[-1, 1, 0], [0, -1, 1]])
    off = contrast @ found.table["estimate"].to_numpy()
    statistic = off @ np.linalg.solve(contrast @ covariance @ contrast.T, off)
    assert found.equality.statistic == pytest.approx(statistic, rel=1e-7)
    assert found.equality.freedom == 2
    assert found.equality.p == pytest.approx(chi2.sf(statistic, 2), rel=1e-7)


def test_equality_has_its_level():
    """With equal effects the p values of 80 draws are uniform; with one subgroup moved by 1.5 they are tiny."""
    members = sample(n_sets=300, n_persons=300)
    of = groups(members)
    p = [subgroup_effects(members, outcomes(members, 1, seed=k, missing=0)[:, 0], of).equality.p for k in range(80)]
    assert kstest(p, "uniform").pvalue > 0.01
    y = outcomes(members, 1, missing=0)[:, 0] + 1.5 * (of == "b").to_numpy()
    assert subgroup_effects(members, y, of).equality.p < 1e-6


def test_holm():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    draw = np.random.Generator(np.random.Philox(key=2))
    p = draw.random(20) ** 3
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])
    np.testing.assert_allclose(holm([0.01, np.nan, 0.04]), [0.02, np.nan, 0.04])
    assert holm([]).size == 0
    with pytest.raises(EffectError, match="p values"):
        holm([1.2])


def test_holm_of_any_table(members, values):
    table = with_holm(estimate_many(members, np.column_stack([values, np.full(len(members), np.nan)])))
    z = table["estimate"] / table["std_error"]
    np.testing.assert_allclose(table["p"][:5], 2 * norm.cdf(-np.abs(z[:5])), rtol=1e-9)
    np.testing.assert_allclose(table["p_holm"][:5], multipletests(table["p"][:5], method="holm")[1])
    assert table[["p", "p_holm"]].iloc[5].isna().all()


def test_holm_counts_an_estimate_once_whatever_limits_it_has(members, values):
    joint = estimate_jointly(members, values[:, :3])
    both, one = with_holm(joint.table), with_holm(joint.table[joint.table["ci_kind"] == "pointwise"])
    np.testing.assert_array_equal(both["p_holm"][:3], one["p_holm"])
    assert both["p_holm"][3:].isna().all()


def test_forbidden(members, values):
    y, frame = values[:, 0], members.assign(actual_length=groups(members).to_numpy())
    with pytest.raises(EffectError, match='"actual_length" is only known after time zero'):
        subgroup_effects(frame, y, "actual_length", forbidden={"actual_length"})
    with pytest.raises(EffectError, match="actual_length"):
        subgroup_effects(frame, y, frame["actual_length"], forbidden=["actual_length"])
    with pytest.raises(EffectError, match="actual_length"):
        subgroup_effects(frame, y, "actual_length")  # without saying so
    assert len(subgroup_effects(frame, y, "actual_length", forbidden=()).table) == 3


def test_small_and_flat_subgroups(members):
    y, of = (outcomes(members, 1, missing=0.0)[:, 0] > 10).astype(float), groups(members)
    by_set = of[members["treated"] == 1].to_numpy()[members["set"]]
    y[by_set == "a"] = 0.0
    y[(by_set == "b") & (members["treated"] == 1).to_numpy()] = np.nan
    found = subgroup_effects(members, y, of)
    assert list(found.table["status"]) == ["no_variation", "not_observed", "estimated"]
    assert found.table["p_holm"].isna().tolist() == [True, True, False]
    assert found.table["p_holm"][2] == found.table["p"][2]
    assert found.equality is None
    assert found.table["rate"].all()
    assert "no test of equality" in str(found)


def test_refusals(members, values):
    y = values[:, 0]
    with pytest.raises(EffectError, match='no column "sector"'):
        subgroup_effects(members, y, "sector")
    with pytest.raises(EffectError, match="3 values"):
        subgroup_effects(members, y, np.arange(3))
    with pytest.raises(EffectError, match="missing for every treated"):
        subgroup_effects(members, y, np.full(len(members), np.nan))
    mixed = members.assign(set=members["set"] // 2)
    with pytest.raises(EffectError, match="sets hold treated units of different subgroups"):
        subgroup_effects(mixed, y, groups(members))
    with pytest.raises(EffectError, match="not a column of a matched sample"):
        subgroup_effects(members, y, groups(members)).balance()
    with pytest.raises(EffectError, match="two or more"):
        equal_effects(np.ones(1), np.ones((1, 1)))


def test_on_a_matched_sample():
    draw = np.random.Generator(np.random.Philox(key=8))
    n = 1200
    frame = pd.DataFrame({"x": draw.standard_normal(n), "sex": draw.choice(["man", "woman"], n)})
    frame["d"] = (draw.random(n) < 1 / (1 + np.exp(1.5 - 0.5 * frame["x"]))).astype(int)
    frame["y"] = frame["x"] + frame["d"] * (frame["sex"] == "man") + draw.standard_normal(n)
    matched = match(frame, treatment="d", covariates=["x"], exact=["sex"], method="nearest")
    found = subgroup_effects(matched, "y", "sex")
    assert list(found.table["subgroup"]) == ["man", "woman"]
    assert found.equality.p < 0.001
    assert (found.table["band_high"] > found.table["ci_high"]).all()
    assert found.balance().table.equals(matched.balance(subgroup="sex").table)
    ax = found.plot()
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["man", "woman"]
    plt.close(ax.figure)
    assert "equal effects: chi2(1)" in str(found)
