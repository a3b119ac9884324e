"""Risk ratios: textbook formula, delta method written out, bootstrap, rates of 0 and 1."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import Table2x2

from evaluation.effects import estimate_many
from evaluation.effects.panel.clusters import covariance_of
from evaluation.effects.ratio import risk_ratio, risk_ratio_many
from evaluation.errors import EffectError
from tests.effects.conftest import outcomes, sample


@pytest.fixture(scope="module")
def rates(members):
    return np.where(np.isnan(y := outcomes(members, 4)), np.nan, y > np.array([9, 10, 11, 12]))


def test_without_sets_it_is_the_textbook_s(members):
    """One row a unit, equal weights: the log ratio's variance is (1 - p1) / (n1 p1) + (1 - p0) / (n0 p0), times n / (n - 1)."""
    n = len(members)
    plain = members.assign(set=np.nan, unit=np.arange(n), weight=1.0)
    y = (outcomes(members, 1, missing=0.0)[:, 0] > 10).astype(float)
    row = risk_ratio(plain, y)
    t = members["treated"].to_numpy() == 1
    cells = [[np.sum(y[side] == 1), np.sum(y[side] == 0)] for side in (t, ~t)]
    textbook = Table2x2(np.array(cells))
    assert row["risk_ratio"] == pytest.approx(textbook.riskratio, rel=1e-12)
    assert row["log_ratio_std_error"] == pytest.approx(textbook.log_riskratio_se * np.sqrt(n / (n - 1)), rel=1e-10)


@pytest.mark.parametrize("cluster", ["set+unit", "set", "unit", "none"])
def test_delta_method_written_out(members, cluster):
    y = (outcomes(members, 1, missing=0.0)[:, 0] > 10).astype(float)
    row = risk_ratio(members, y, cluster=cluster)
    t, w = members["treated"].to_numpy() == 1, members["weight"].to_numpy()
    psi = np.zeros(len(members))
    for side, sign in ((t, 1), (~t, -1)):
        p = np.average(y[side], weights=w[side])
        psi[side] = sign * w[side] * (y[side] - p) / w[side].sum() / p
    codes = (members["set"].to_numpy(), members["unit"].to_numpy(), np.arange(len(members)))
    error = np.sqrt(covariance_of(psi[None], codes, cluster)[0, 0])
    assert row["log_ratio_std_error"] == pytest.approx(error, rel=1e-10)
    assert np.log(row["ratio_high"] / row["risk_ratio"]) == pytest.approx(1.959964 * error, rel=1e-6)
    assert np.log(row["risk_ratio"] / row["ratio_low"]) == pytest.approx(1.959964 * error, rel=1e-6)


def test_stands_beside_the_difference(members, rates):
    table = risk_ratio_many(members, rates)
    difference = estimate_many(members, rates, rate=True)
    pd.testing.assert_frame_equal(table[difference.columns], difference)
    np.testing.assert_allclose(table["risk_ratio"], table["treated_mean"] / table["control_mean"])
    assert (table["ratio_low"] > 0).all()
    assert (table["ratio_status"] == "estimated").all()


def test_the_other_way_round_is_the_inverse(members):
    y = (outcomes(members, 1, missing=0.0)[:, 0] > 10).astype(float)
    # weights of a set must agree on both sides for the roles to be exchanged
    there = risk_ratio(members, y)
    back = risk_ratio(members.assign(treated=1 - members["treated"]), y)
    assert back["risk_ratio"] == pytest.approx(1 / there["risk_ratio"], rel=1e-10)
    assert back["ratio_low"] == pytest.approx(1 / there["ratio_high"], rel=1e-10)
    assert back["log_ratio_std_error"] == pytest.approx(there["log_ratio_std_error"], rel=1e-10)


def test_bootstrap_of_sets():
    members = sample(n_sets=400, n_persons=400)
    y = (outcomes(members, 1, missing=0.0)[:, 0] > 10.8).astype(float)
    error = risk_ratio(members, y, cluster="set")["log_ratio_std_error"]
    t, w, sets = members["treated"].to_numpy() == 1, members["weight"].to_numpy(), members["set"].to_numpy()
    draw = np.random.Generator(np.random.Philox(key=6))
    logs = []
    for _ in range(1000):
        v = w * np.bincount(draw.integers(0, 400, 400), minlength=400)[sets]
        logs.append(np.log(np.average(y[t], weights=v[t]) / np.average(y[~t], weights=v[~t])))
    assert error == pytest.approx(np.std(logs, ddof=1), rel=0.08)


def test_rates_of_nothing_and_of_all(members):
    t = members["treated"].to_numpy() == 1
    some = (outcomes(members, 1, missing=0.0)[:, 0] > 10).astype(float)
    cases = {
        "none treated": np.where(t, 0.0, some),
        "no controls": np.where(t, some, 0.0),
        "nobody": np.zeros(len(members)),
        "everybody": np.ones(len(members)),
        "unseen": np.full(len(members), np.nan),
        "all treated": np.where(t, 1.0, some),
    }
    table = risk_ratio_many(members, cases).set_index("outcome")
    assert table["ratio_status"].to_dict() == {
        "none treated": "zero_rate",
        "no controls": "zero_rate",
        "nobody": "zero_rate",
        "everybody": "estimated",
        "unseen": "not_observed",
        "all treated": "estimated",
    }
    assert table.loc["none treated", "risk_ratio"] == 0
    assert table.loc[["no controls", "nobody", "unseen"], "risk_ratio"].isna().all()
    unknown = table.loc[["none treated", "no controls", "nobody", "unseen"]]
    assert unknown[["ratio_low", "ratio_high", "log_ratio_std_error"]].isna().all(axis=None)
    everybody = table.loc["everybody"]
    assert everybody["risk_ratio"] == 1
    assert 0.9 < everybody["ratio_low"] < 1 < everybody["ratio_high"] < 1.1
    # the limits of the two rates, combined: the controls' lower limit makes the ratio's upper one
    assert everybody["ratio_high"] == pytest.approx(1 / everybody["control_low"], rel=1e-9)


def test_refusals(members):
    with pytest.raises(EffectError, match=r"outside \[0, 1\] in earnings"):
        risk_ratio_many(members, {"earnings": np.full(len(members), 200.0)})
    with pytest.raises(EffectError, match="no set holds both"):
        risk_ratio(members, np.full(len(members), np.nan))
