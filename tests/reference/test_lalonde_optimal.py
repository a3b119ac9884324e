"""Optimal pair and full matching on LaLonde and the population, against R's MatchIt with optmatch; see README.md here."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment

from evaluation.effects import estimate_att
from evaluation.matching import match

DATA = Path(__file__).parent / "data"
REFERENCE = json.loads((DATA / "lalonde_matchit_optimal.json").read_text())["matching"]
OPTIONS = {
    "optimal": {"method": "optimal"},
    "optimal_ratio2": {"method": "optimal", "ratio": 2},
    "full": {"method": "full"},
    "full_logit_prob": {"method": "full", "distance": "probability"},
    "full_caliper02": {"method": "full", "caliper": 0.2, "caliper_unit": "sd_all"},
}
PAIRS = ["optimal", "optimal_ratio2"]
FULL = ["full", "full_logit_prob", "full_caliper02"]


@pytest.fixture(scope="module")
def lalonde():
    """The data with R's own score, so that sums of distances can be compared to the last digits."""
    frame = pd.read_csv(DATA / "lalonde.csv")
    return frame.assign(score=json.loads((DATA / "lalonde_matchit.json").read_text())["score"]["fitted"])


@pytest.fixture(scope="module")
def matches(lalonde):
    return {name: match(lalonde, treatment="treat", score="score", id="id", **o) for name, o in OPTIONS.items()}


def test_every_reference_call_is_tried():
    assert set(OPTIONS) == set(REFERENCE)


@pytest.mark.parametrize("name", OPTIONS)
def test_counts(matches, name):
    matched, reference = matches[name], REFERENCE[name]
    assert matched.counts.loc["matched", "treated"] == reference["n_treated"]
    assert matched.counts.loc["matched", "control"] == reference["n_controls"]
    assert matched.n_sets == reference["n_sets"]
    if "caliper" in reference:
        assert matched.task.caliper == pytest.approx(reference["caliper"], rel=1e-8)


@pytest.mark.parametrize("name", PAIRS)
def test_sums_of_distances(matches, name):
    pairs, reference = matches[name].pairs, REFERENCE[name]
    value = matches[name].task.value
    theirs = np.array(reference["pairs"]) - 1
    total = np.abs(value[theirs[:, 0]] - value[theirs[:, 1]]).sum()
    assert total == pytest.approx(reference["distance_sum"], rel=1e-12)
    assert pairs["distance"].sum() == pytest.approx(total, rel=1e-12)
    assert pairs["distance"].max() <= reference["distance_max"] * (1 + 1e-12)


def test_the_same_controls(matches, lalonde):
    """The controls used have R's scores; one tie decides between two of them, and R's effect is one way it can fall."""
    reference, score = REFERENCE["optimal"], lalonde.set_index("id")["score"]
    theirs = score.loc[[control for _, control in reference["pairs"]]]
    np.testing.assert_allclose(np.sort(score.loc[matches["optimal"].pairs["control"]]), np.sort(theirs), rtol=1e-12)
    call = {"treatment": "treat", "score": "score", "id": "id", "method": "optimal"}
    found = [estimate_att(match(lalonde, seed=seed, **call), "re78").estimate for seed in range(1, 8)]
    assert any(value == pytest.approx(reference["att"]["estimate"], abs=1e-9) for value in found)


@pytest.mark.parametrize("name", FULL)
def test_weights_of_full_matching(matches, lalonde, name):
    """Equal but where several treated or controls share a score: there the leaves can be dealt in many ways."""
    matched, theirs = matches[name], pd.Series(REFERENCE[name]["weights"]).rename(int)
    units = matched.units.set_index("id")
    control = units["treated"] == 0
    scale = (units.loc[control, "weight"] > 0).sum() / units.loc[control, "weight"].sum()
    ours = units["weight"].where(~control, units["weight"] * scale)
    theirs = theirs.reindex(ours.index).fillna(0.0)
    assert (ours > 0).equals(theirs > 0)
    assert (~np.isclose(ours, theirs, rtol=0, atol=1e-6)).sum() <= 10
    if name == "full_caliper02":
        at = lalonde.set_index("id")["score"].round(9)
        np.testing.assert_allclose(ours.groupby(at).sum(), theirs.groupby(at).sum(), atol=1e-6)
    assert matched.ess["control"] >= REFERENCE[name]["ess"]["control"]


@pytest.mark.parametrize("name", FULL)
def test_the_score_after_full_matching(matches, name):
    row, theirs = matches[name].balance([]).table.iloc[0], REFERENCE[name]["balance_after"][0]
    assert row["treated_mean_after"] == pytest.approx(theirs["Means Treated"], abs=1e-8)
    assert row["control_mean_after"] == pytest.approx(theirs["Means Control"], abs=2e-5)


def test_the_population_by_a_general_solver():
    """Without ties; MatchIt's default tolerance stays above the least sum."""
    population = pd.read_csv(DATA / "population.csv.gz")
    matched = match(population, treatment="treat", score="score", id="id", method="optimal")
    value, treated = matched.task.value, matched.task.treated
    distance = np.abs(value[treated][:, None] - value[~treated])
    t, c = linear_sum_assignment(distance)
    assert matched.pairs["distance"].sum() == pytest.approx(distance[t, c].sum(), rel=1e-11)
    assert matched.pairs["distance"].sum() < 15.038
