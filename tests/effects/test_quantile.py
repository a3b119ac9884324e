"""Quantile effects: plain quantiles, equivariance, mass points, coverage."""

import numpy as np
import pandas as pd
import pytest

from evaluation.effects.bootstrap.draws import plan_of
from evaluation.effects.quantile import QUANTILES, quantile_effects
from evaluation.effects.result import COLUMNS
from evaluation.errors import EffectError
from evaluation.matching import match
from tests.effects.conftest import outcomes, sample


def weighted_quantile(y, w, q):
    order = np.argsort(y, kind="stable")
    share = np.cumsum(w[order]) / w.sum()
    return y[order][np.searchsorted(share, q - 1e-12)]


def pairs(y1, y0):
    """Matched pairs as memberships, and their outcomes."""
    n = len(y1)
    members = pd.DataFrame(
        {"set": np.repeat(np.arange(n), 2), "unit": np.arange(2 * n), "treated": np.tile([1, 0], n), "weight": 1.0}
    )
    return members, np.column_stack([y1, y0]).reshape(-1)


def test_equals_plain_quantiles_in_the_sample_and_in_each_draw():
    members = sample(60, 3, 200)
    y = outcomes(members, 2, missing=0.0)
    found = quantile_effects(members, y, draws=15, seed=2, resample="set")
    times = np.concatenate([of_sets for _, of_sets, _ in plan_of(members, "set", False).draw(15, 2, "exponential")])
    treated, w = members["treated"].to_numpy() == 1, members["weight"].to_numpy()
    for c in range(2):
        rows = found.table[found.table["outcome"] == c]
        for i, q in enumerate(QUANTILES):
            own = weighted_quantile(y[treated, c], w[treated], q)
            theirs = weighted_quantile(y[~treated, c], w[~treated], q)
            assert rows["treated_mean"].iloc[i] == own
            assert rows["control_mean"].iloc[i] == theirs
            assert rows["estimate"].iloc[i] == own - theirs
            for d in range(15):
                b = w * times[d, members["set"]]
                expected = weighted_quantile(y[treated, c], b[treated], q) - weighted_quantile(
                    y[~treated, c], b[~treated], q
                )
                assert found.draws[d, c, i] == pytest.approx(expected, abs=1e-12)
    assert list(found.table.columns) == ["quantile", *COLUMNS]


def test_shift_and_scale():
    members = sample()
    y = outcomes(members, 2)
    treated = members["treated"].to_numpy()[:, None]
    first = quantile_effects(members, y, draws=60).table
    shifted = quantile_effects(members, 2 * (y + 5 * treated) + 8, draws=60).table
    for name in ("estimate", "ci_low", "ci_high"):
        assert shifted[name].to_numpy() == pytest.approx(2 * first[name].to_numpy() + 10, abs=1e-9)
    assert shifted["std_error"].to_numpy() == pytest.approx(2 * first["std_error"].to_numpy(), abs=1e-9)
    assert shifted["control_mean"].to_numpy() == pytest.approx(2 * first["control_mean"].to_numpy() + 8, abs=1e-9)


def test_missing_outcomes_and_many_horizons():
    members = sample()
    y = outcomes(members, 3, missing=0.3)
    y[:, 1] = np.nan
    together = quantile_effects(members, y, draws=40).table
    assert list(together["status"].unique()) == ["estimated", "not_observed"]
    assert together.loc[together["outcome"] == 1, ["estimate", "std_error", "ci_low"]].isna().all(axis=None)
    alone = quantile_effects(members, y[:, [2]], draws=40).table
    for name in ("estimate", "std_error", "ci_high"):
        assert together.loc[together["outcome"] == 2, name].to_numpy() == pytest.approx(
            alone[name].to_numpy(), abs=1e-12
        )


def test_inside_a_mass_of_zeros_nothing_moves():
    draw = np.random.Generator(np.random.Philox(key=3))
    pay = draw.lognormal(10, 1, (2, 400)) * (draw.random((2, 400)) < 0.5)
    members, y = pairs(*pay)
    table = quantile_effects(members, y[:, None], quantiles=[0.2, 0.9], draws=300).table
    assert table["estimate"][0] == 0
    assert table["std_error"][0] == 0
    assert table["std_error"][1] > 0


def test_errors_match_the_spread_and_cover():
    """200 samples of 300 pairs that share a part; the treated have variance 5, the controls 2."""
    draw = np.random.Generator(np.random.Philox(key=8))
    truth = 1 + 0.6744897501960817 * (np.sqrt(5.0) - np.sqrt(2.0))
    found = []
    for s in range(200):
        shared, a, b = draw.standard_normal((3, 300))
        members, y = pairs(1 + shared + 2 * a, shared + b)
        row = quantile_effects(members, y[:, None], quantiles=[0.75], draws=300, seed=s).table.iloc[0]
        found.append((row["estimate"], row["std_error"], row["ci_low"] <= truth <= row["ci_high"]))
    estimate, error, inside = np.array(found).T
    assert abs(estimate.mean() - truth) < 4 * estimate.std() / np.sqrt(200)
    assert 0.9 < error.mean() / estimate.std() < 1.15
    assert 0.9 < inside.mean() < 0.99


@pytest.mark.parametrize("quantiles", [[], [0.5, 0.5], [0.9, 0.1], [0.0], [1.0], [np.nan]])
def test_quantiles_that_are_no_shares(quantiles):
    members = sample()
    with pytest.raises(EffectError, match="quantiles"):
        quantile_effects(members, outcomes(members, 1), quantiles=quantiles)


def test_matching_with_replacement_is_refused():
    frame = pd.DataFrame({"id": np.arange(80), "x": np.arange(80) % 17, "treat": np.arange(80) % 3 == 0})
    again = match(frame.assign(treat=frame["treat"] * 1), treatment="treat", covariates=["x"], id="id", replace=True)
    with pytest.raises(EffectError, match="with replacement"):
        quantile_effects(again, {"x": frame["x"].take(again.members["position"])})
