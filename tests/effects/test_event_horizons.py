"""Horizons that part of the sample is not followed to."""

import warnings

import numpy as np
import pytest

from evaluation.effects import estimate_many
from evaluation.effects.panel.horizons import mark_censored, observed_share
from evaluation.errors import CensoredHorizonWarning, EffectError
from tests.effects.conftest import outcomes


def censored(members):
    """Outcome 0 is seen for all; of 1 one treated is missing; of 2 a quarter of the sets are beyond the registers; of 3 all."""
    y = outcomes(members, 4, missing=0.0)
    treated, sets = members["treated"].to_numpy() == 1, members["set"].to_numpy()
    y[treated & (sets == 5), 1] = np.nan
    y[sets % 4 == 0, 2] = np.nan
    y[:, 3] = np.nan
    return y


def test_shares(members):
    shares = observed_share(members, censored(members))
    n = members["set"].nunique()
    np.testing.assert_allclose(shares["followed"], [1, 1, 0.75, 0])
    np.testing.assert_allclose(shares["observed"], [1, 1 - 1 / n, 0.75, 0])


def test_marks_and_warns(members):
    y = censored(members)
    table, shares = estimate_many(members, y), observed_share(members, y)
    with pytest.warns(CensoredHorizonWarning, match=r"2 \(75 %\)"):
        marked = mark_censored(table, shares)
    assert list(marked["status"]) == ["estimated", "estimated", "part_observed", "not_observed"]
    np.testing.assert_array_equal(marked["estimate"], table["estimate"])
    assert list(table["status"]) == ["estimated"] * 3 + ["not_observed"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(mark_censored(table, shares, least=0.7)["status"]) == list(table["status"])
    with pytest.raises(EffectError, match="other outcomes"):
        mark_censored(table, shares.iloc[::-1])
