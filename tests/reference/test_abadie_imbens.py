"""Matching estimators against Stata's teffects and R's Matching, to every digit they print; see data/abadie_imbens.json."""

import json
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

from evaluation.effects.neighbours.estimator import abadie_imbens

DATA = Path(__file__).parent / "data"
REFERENCE = json.loads((DATA / "abadie_imbens.json").read_text())
STATA, MATCHING = REFERENCE["stata"]["results"], REFERENCE["r_matching"]["results"]

MOTHERS = ["mmarried_", "mage", "fage", "medu", "prenatal1_"]
# the unit itself counts in nn(2) of psmatch, not in nn(2) of nnmatch; the derivative's neighbours are by plain distance
SCORE = {"metric": "score", "se_neighbours": 1, "derivative": "euclidean"}
ADJUSTED = {"exact": ["mmarried_", "prenatal1_"], "bias_adjust": ["mage", "fage", "medu"], "se_neighbours": 2}
STATA_OPTIONS = {
    "psmatch_ate": {**SCORE, "estimand": "ate"},
    "psmatch_atet": {**SCORE, "estimand": "att"},
    "nnmatch_ate": {**ADJUSTED, "estimand": "ate"},
    "nnmatch_atet": {**ADJUSTED, "estimand": "att"},
}

COVARIATES = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
COLUMNS = ["age", "educ", "hispan", "white", "married", "nodegree", "re74", "re75"]
LINEAR = {"covariates": COVARIATES, "metric": "score", "scale": "linear"}
MATCHING_OPTIONS = {
    "lin": LINEAR,
    "prob": {**LINEAR, "scale": "probability"},
    "lin_bias": {**LINEAR, "bias_adjust": COVARIATES},
    "lin_M3": {**LINEAR, "neighbours": 3},
    "lin_ATE": {**LINEAR, "estimand": "ate"},
    "mah": {"covariates": COLUMNS},
    "mah_bias": {"covariates": COLUMNS, "bias_adjust": COLUMNS},
    "inv_M4_bias": {"covariates": COLUMNS, "bias_adjust": COLUMNS, "metric": "ivariance", "neighbours": 4},
}


@pytest.fixture(scope="module")
def births():
    return pd.read_csv(files("statsmodels.treatment.tests.results") / "cataneo2.csv")


@pytest.fixture(scope="module")
def lalonde():
    frame = pd.read_csv(DATA / "lalonde.csv")
    return frame.assign(hispan=(frame["race"] == "hispan") * 1, white=(frame["race"] == "white") * 1)


def test_every_reference_is_tried():
    assert set(STATA_OPTIONS) == set(STATA)
    assert set(MATCHING_OPTIONS) == set(MATCHING)


@pytest.mark.parametrize("name", STATA)
def test_stata(births, name):
    found = abadie_imbens(births, "bweight", treatment="mbsmoke_", covariates=MOTHERS, **STATA_OPTIONS[name])
    assert found.estimate == pytest.approx(STATA[name]["est"], abs=5.1e-5)
    assert found.std_error == pytest.approx(STATA[name]["se"], abs=5.1e-6)


@pytest.mark.parametrize("name", MATCHING)
def test_r_matching(lalonde, name):
    """R's default variance is homoscedastic, and takes the score as known."""
    options = {"variance": "homoscedastic", "estimated_score": False, **MATCHING_OPTIONS[name]}
    found = abadie_imbens(lalonde, "re78", treatment="treat", **options)
    assert found.estimate == pytest.approx(MATCHING[name]["est"], rel=1e-10)
    assert found.unadjusted == pytest.approx(MATCHING[name]["est_noadj"], rel=1e-10)
    assert found.std_error == pytest.approx(MATCHING[name]["se_AI"], rel=1e-10)
