"""Weighted samples have no sets: estimates are differences of weighted means, clustered by unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.effects import estimate_att
from evaluation.errors import EffectError
from evaluation.matching import match


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.Generator(np.random.Philox(key=5))
    n = 600
    x = rng.normal(size=n)
    treat = (rng.random(n) < 1 / (1 + np.exp(1.2 - 0.8 * x))).astype(int)
    return pd.DataFrame({"id": np.arange(n), "x": x, "treat": treat, "y": 2 * x + treat + rng.normal(size=n)})


@pytest.mark.parametrize("method", ["ipw", "entropy", "overlap"])
def test_weighting_methods_can_be_estimated(frame: pd.DataFrame, method: str) -> None:
    matched = match(frame, treatment="treat", covariates=["x"], id="id", method=method)
    estimate = estimate_att(matched, "y")
    members = matched.members
    y = frame["y"].to_numpy()[members["position"].to_numpy()]
    w, t = members["weight"].to_numpy(float), members["treated"].to_numpy() == 1
    treated, controls = np.average(y[t], weights=w[t]), np.average(y[~t], weights=w[~t])
    assert estimate.estimate == pytest.approx(treated - controls, abs=1e-12)
    # clustered by unit: the sum of squared influences, with G / (G - 1)
    psi = np.where(t, w * (y - treated) / w[t].sum(), -w * (y - controls) / w[~t].sum())
    assert estimate.std_error == pytest.approx(np.sqrt((psi**2).sum() * len(psi) / (len(psi) - 1)), rel=1e-10)
    assert abs(estimate.estimate - 1) < 4 * estimate.std_error


def test_some_sets_missing_is_an_error(frame: pd.DataFrame) -> None:
    members = match(frame, treatment="treat", covariates=["x"], id="id").members.astype({"set": "Int64"})
    members.loc[members.index[0], "set"] = pd.NA
    with pytest.raises(EffectError, match="missing values"):
        estimate_att(members, np.zeros(len(members)))
