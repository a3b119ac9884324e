"""Stata's teffects on the birth weights (cattaneo2), and ATT points on LaLonde; provenance stands in the data files."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.discrete_model import Probit

from evaluation.effects.regression.adjustment import ipw_ra, regression_adjustment
from evaluation.effects.weighting.aipw import aipw
from evaluation.effects.weighting.ipw import ipw
from evaluation.effects.weighting.overlap import overlap
from evaluation.effects.weighting.score import GivenScore
from evaluation.errors import OverlapWarning
from tests.reference.test_lalonde_matchit import COVARIATES

DATA = Path(__file__).parent / "data"
STATA = json.loads((DATA / "cattaneo2_teffects.json").read_text())["results"]
POINTS = json.loads((DATA / "lalonde_regression.json").read_text())["points"]
SCORE = ["mmarried", "mage", "mage2", "fbaby", "medu"]
OUTCOME = ["prenatal1", "mmarried", "mage", "fbaby"]


@pytest.fixture(scope="module")
def births():
    return pd.read_csv(DATA / "cattaneo2.csv.gz")


@pytest.fixture(scope="module")
def probit(births):
    x = births[SCORE].to_numpy(float)
    fit = Probit(births["mbsmoke"], np.column_stack([np.ones(len(x)), x])).fit(method="newton", tol=1e-14, disp=0)
    return GivenScore(x, fit.predict(), "probit")


CALLS = {
    "ra_ate": lambda d, p, o: regression_adjustment(d, "bweight", covariates=OUTCOME, estimand="ate", **o),
    "ra_att": lambda d, p, o: regression_adjustment(d, "bweight", covariates=OUTCOME, estimand="att", **o),
    "ipw_ate": lambda d, p, o: ipw(d, "bweight", score=p, estimand="ate", **o),
    "ipw_att": lambda d, p, o: ipw(d, "bweight", score=p, estimand="att", **o),
    "aipw_ate": lambda d, p, o: aipw(
        d, "bweight", score=p, outcome_covariates=OUTCOME, estimand="ate", normalise=False, **o
    ),
    "aipw_wnls_ate": lambda d, p, o: aipw(
        d,
        "bweight",
        score=p,
        outcome_covariates=OUTCOME,
        outcome_weights="wnls",
        estimand="ate",
        normalise=False,
        **o,
    ),
    "ipw_ra_ate": lambda d, p, o: ipw_ra(d, "bweight", score=p, outcome_covariates=OUTCOME, estimand="ate", **o),
    "ipw_ra_att": lambda d, p, o: ipw_ra(d, "bweight", score=p, outcome_covariates=OUTCOME, estimand="att", **o),
}


def test_every_reference_is_tried():
    assert set(CALLS) == set(STATA)


@pytest.mark.parametrize("name", list(CALLS))
def test_stata(births, probit, name):
    found = CALLS[name](births, probit, {"treatment": "mbsmoke", "small_sample": "none"})
    expected = STATA[name]
    assert found.estimate == pytest.approx(expected["effect"]["estimate"], rel=1e-12)
    assert found.control_mean == pytest.approx(expected["control_mean"]["estimate"], rel=1e-12)
    # Stata's errors carry the rounding of its own Newton steps: ten digits are common to all
    assert found.std_error == pytest.approx(expected["effect"]["std_error"], rel=1e-9)
    assert found.table["control_std_error"].iloc[0] == pytest.approx(expected["control_mean"]["std_error"], rel=1e-9)
    assert found.ci == pytest.approx(tuple(expected["effect"]["ci"]), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("ra_att", lambda d, o: regression_adjustment(d, "re78", **o)),
        ("ipwra_att", lambda d, o: ipw_ra(d, "re78", **o)),
        ("aipw_att_hajek", lambda d, o: aipw(d, "re78", **o)),
        ("aipw_att_ht", lambda d, o: aipw(d, "re78", normalise=False, **o)),
        ("ipw_att", lambda d, o: ipw(d, "re78", **o)),
        ("ipw_ate", lambda d, o: ipw(d, "re78", estimand="ate", **o)),
        ("overlap", lambda d, o: overlap(d, "re78", **o)),
    ],
)
def test_lalonde_points(name, call):
    lalonde = pd.read_csv(DATA / "lalonde.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        found = call(lalonde, {"treatment": "treat", "covariates": COVARIATES, "id": "id"})
    assert found.estimate == pytest.approx(POINTS[name], rel=1e-8)
