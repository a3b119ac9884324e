"""A population without ties: the same pairs, id for id, as R's MatchIt; see README.md in this folder."""

import warnings
from pathlib import Path

import pandas as pd
import pytest

from evaluation.errors import OverlapWarning
from evaluation.matching import match

DATA = Path(__file__).parent / "data"
OPTIONS = {
    "nn": {"caliper": 0.2, "caliper_unit": "sd_all"},
    "nn_exact": {"caliper": 0.2, "caliper_unit": "sd_all", "exact": ["educ", "region"]},
    "nn_closest": {"caliper": 0.2, "caliper_unit": "sd_all", "order": "closest"},
    "nn_nocal": {},
    "rep5": {"ratio": 5, "replace": True},
    "mah": {
        "distance": "mahalanobis",
        "match_on": ["age", "inc1", "days_unemp", "days_emp"],
        "caliper": 0.2,
        "caliper_unit": "sd_all",
    },
}


@pytest.fixture(scope="module")
def population():
    return pd.read_csv(DATA / "population.csv.gz")


@pytest.fixture(scope="module")
def pairs():
    return pd.read_csv(DATA / "population_pairs.csv.gz")


@pytest.mark.parametrize("name", OPTIONS)
def test_pairs_id_for_id(population, pairs, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        matched = match(population, treatment="treat", score="score", id="id", **OPTIONS[name])
    theirs = pairs.loc[pairs["call"] == name, ["treated", "control"]]
    assert set(zip(matched.pairs["treated"], matched.pairs["control"], strict=True)) == set(
        theirs.itertuples(index=False, name=None)
    )
    assert len(matched.pairs) == len(theirs)
