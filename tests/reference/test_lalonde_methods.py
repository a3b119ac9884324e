"""LaLonde by other methods than the nearest neighbour on the score, against R's MatchIt; see README.md in this folder."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import OverlapWarning
from evaluation.matching import match
from tests.reference.test_lalonde_matchit import COVARIATES, STATISTICS

DATA = Path(__file__).parent / "data"
REFERENCE = json.loads((DATA / "lalonde_matchit_methods.json").read_text())["matching"]
INCOMES = [1, 5000, 10000, 20000]
CUTS = {"age": [20, 25, 30, 35, 45], "educ": [8.5, 11.5, 12.5], "re74": INCOMES, "re75": INCOMES}
OPTIONS = {
    "subclass6": {"method": "subclass", "subclasses": 6, "distance": "probability"},
    "cem_default": {"method": "cem"},
    "cem_cutpoints": {"method": "cem", "cutpoints": CUTS},
    "mahalanobis": {"distance": "mahalanobis", "order": "data"},
    "mahvars_pscaliper02": {
        "distance": "mahalanobis",
        "match_on": ["age", "educ", "re74", "re75"],
        "caliper": 0.2,
        "caliper_unit": "sd_all",
    },
}
WEIGHTED = ["subclass6", "cem_default", "cem_cutpoints"]


@pytest.fixture(scope="module")
def lalonde():
    return pd.read_csv(DATA / "lalonde.csv")


@pytest.fixture(scope="module")
def matches(lalonde):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        return {
            name: match(lalonde, treatment="treat", covariates=COVARIATES, id="id", **options)
            for name, options in OPTIONS.items()
        }


def as_matchit(matched):
    """Weights by id in MatchIt's scale, where the controls' weights sum to their number."""
    units = matched.units[matched.units["matched"]].set_index("id")
    control = units["treated"] == 0
    scale = control.sum() / units.loc[control, "weight"].sum()
    return units["weight"].where(~control, units["weight"] * scale)


def test_every_reference_call_is_tried():
    assert set(OPTIONS) == set(REFERENCE)


@pytest.mark.parametrize("name", OPTIONS)
def test_counts_and_effective_size(matches, name):
    matched, reference = matches[name], REFERENCE[name]
    assert matched.counts.loc["matched"].tolist() == [reference["n_treated"], reference["n_controls"]]
    assert matched.n_sets == reference["n_sets"]
    assert matched.ess["control"] == pytest.approx(reference["ess"]["control"], rel=1e-12)


@pytest.mark.parametrize("name", [*WEIGHTED, "mahalanobis"])
def test_weights(matches, name):
    theirs = pd.Series(REFERENCE[name]["weights"]["weight"], index=REFERENCE[name]["weights"]["id"])
    ours = as_matchit(matches[name])
    assert set(ours.index) == set(theirs.index)
    np.testing.assert_allclose(ours.loc[theirs.index], theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", WEIGHTED)
def test_sets(matches, name):
    """The same sets: each is known by its first treated id and its sizes."""
    members = matches[name].members
    treated = members[members["treated"] == 1]
    sizes = pd.DataFrame(
        {
            "min_id": members.groupby("set")["id"].min(),
            "treated": treated.groupby("set").size(),
            "control": members[members["treated"] == 0].groupby("set").size(),
        }
    )
    theirs = pd.DataFrame(REFERENCE[name]["sets"])
    ours = sizes.sort_values("min_id")[["treated", "control"]].to_numpy()
    np.testing.assert_array_equal(ours, theirs.sort_values("min_id")[["treated", "control"]].to_numpy())


@pytest.mark.parametrize("name", [*WEIGHTED, "mahalanobis"])
def test_balance_after(matches, name):
    table = matches[name].balance().table
    theirs = pd.DataFrame(REFERENCE[name]["balance_after"])
    if theirs["covariate"].iloc[0] != "distance":
        table = table[table["kind"] != "score"]
    for mine, column in STATISTICS.items():
        np.testing.assert_allclose(table[mine], theirs[column].astype(float), rtol=1e-8, atol=1e-8, err_msg=mine)


@pytest.mark.parametrize("name", ["mahalanobis", "mahvars_pscaliper02"])
def test_distances(matches, name):
    """Ties decide some ids; the distances that they leave are the same."""
    matched = matches[name]
    theirs = np.array(REFERENCE[name]["pairs"]) - 1
    distances = matched.task.distances(theirs[:, 0], theirs[:, 1])
    np.testing.assert_allclose(np.sort(matched.pairs["distance"]), np.sort(distances), atol=1e-12)


@pytest.mark.parametrize("name", [*WEIGHTED, "mahalanobis"])
def test_effects(lalonde, matches, name):
    units = matches[name].units
    treated, weight = units["treated"] == 1, units["weight"]
    means = [np.average(lalonde.loc[g, "re78"], weights=weight[g]) for g in (treated, ~treated)]
    assert means[0] - means[1] == pytest.approx(REFERENCE[name]["att"]["estimate"], abs=1e-6)


def test_distances_agree_on_a_line(lalonde, matches):
    """A score, the same as a Euclidean distance, and as a given matrix: the same pairs."""
    score = matches["subclass6"].score
    frame = lalonde.assign(score=score)
    options = {"treatment": "treat", "id": "id", "order": "closest"}
    line = match(frame, score="score", distance="probability", **options)
    space = match(frame, covariates=["score"], distance="euclidean", **options)
    treated = frame["treat"] == 1
    matrix = np.abs(score[treated.to_numpy()][:, None] - score[~treated.to_numpy()][None, :])
    labelled = pd.DataFrame(matrix, frame.loc[treated, "id"], frame.loc[~treated, "id"])
    given = [match(frame, distance=m, **options) for m in (matrix, labelled, labelled.iloc[::-1, ::-1])]
    for other in (space, *given):
        pd.testing.assert_frame_equal(line.pairs, other.pairs, rtol=0, atol=1e-12)
