"""The raw difference, with errors clustered by unit."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evaluation.effects import unadjusted, unadjusted_many
from evaluation.errors import EffectError
from tests.matching.conftest import population


def test_equals_least_squares():
    frame = population().assign(person=lambda f: f["id"] // 3)
    found = unadjusted(frame, "income", treatment="treat", unit="person")
    n = len(frame)
    codes = pd.factorize(frame["person"])[0]
    fit = sm.OLS(frame["income"], sm.add_constant(frame["treat"].astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": codes}
    )
    assert found.estimate == pytest.approx(fit.params["treat"], rel=1e-10)
    assert found.std_error * np.sqrt((n - 1) / (n - 2)) == pytest.approx(fit.bse["treat"], rel=1e-10)
    assert found.n_controls == frame.loc[frame["treat"] == 0, "person"].nunique()


def test_missing_outcomes_are_left_out():
    frame = population()
    seen = frame["age"] < 60
    gaps = frame.assign(outcome=frame["outcome"].where(seen))
    here, there = unadjusted(gaps, "outcome", treatment="treat"), unadjusted(frame[seen], "outcome", treatment="treat")
    assert here.estimate == pytest.approx(there.estimate, abs=1e-14)
    assert here.std_error == pytest.approx(there.std_error, rel=1e-12)


def test_many():
    frame = population()
    values = frame[["outcome", "income"]]
    table = unadjusted_many(frame, values, treatment="treat")
    assert table["outcome"].tolist() == ["outcome", "income"]
    assert table["estimator"].eq("unadjusted").all()
    assert table["rate"].tolist() == [True, False]
    assert table.loc[0, "estimate"] == unadjusted(frame, "outcome", treatment="treat").estimate


def test_refuses():
    frame = population()
    with pytest.raises(EffectError, match="no such columns: nix"):
        unadjusted(frame, "outcome", treatment="nix")
    with pytest.raises(EffectError, match='no column "nix"'):
        unadjusted(frame, "nix", treatment="treat")
    with pytest.raises(EffectError, match="both groups"):
        unadjusted(frame[frame["treat"] == 1], "outcome", treatment="treat")
    with pytest.raises(EffectError, match="not observed in one of the groups"):
        unadjusted(frame, frame["outcome"].where(frame["treat"] == 1), treatment="treat")
