"""LaLonde against R's MatchIt and sandwich; see README.md in this folder."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.effects import estimate_att, unadjusted
from evaluation.errors import OverlapWarning
from evaluation.matching import match

DATA = Path(__file__).parent / "data"
REFERENCE = json.loads((DATA / "lalonde_matchit.json").read_text())
COVARIATES = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
STATISTICS = {
    "treated_mean_after": "Means Treated",
    "control_mean_after": "Means Control",
    "smd_after": "Std. Mean Diff.",
    "variance_ratio_after": "Var. Ratio",
    "ecdf_after": "eCDF Mean",
    "ks_after": "eCDF Max",
}
OPTIONS = {
    "nn_largest": {"distance": "probability"},
    "nn_data": {"distance": "probability", "order": "data"},
    "nn_smallest": {"distance": "probability", "order": "smallest"},
    "nn_closest": {"distance": "probability", "order": "closest"},
    "nn_largest_linear": {},
    "nn_data_linear": {"order": "data"},
    "nn_closest_linear": {"order": "closest"},
    "nn_ratio2": {"ratio": 2},
    "nn_caliper01": {"caliper": 0.1},
    "nn_caliper02": {"caliper": 0.2},
    "nn_caliper02_data": {"caliper": 0.2, "order": "data"},
    "nn_caliper02_closest": {"caliper": 0.2, "order": "closest"},
    "nn_exact": {"exact": "race"},
    "nn_exact_caliper02": {"exact": "race", "caliper": 0.2},
    "nn_replace": {"replace": True},
    "nn_replace_caliper02_ratio3": {"replace": True, "ratio": 3, "caliper": 0.2},
}


@pytest.fixture(scope="module")
def lalonde():
    return pd.read_csv(DATA / "lalonde.csv")


@pytest.fixture(scope="module")
def matches(lalonde):
    out = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        for name, options in OPTIONS.items():
            unit = {"caliper_unit": "sd_all"} if "caliper" in options else {}
            out[name] = match(lalonde, treatment="treat", covariates=COVARIATES, id="id", **options, **unit)
    return out


def members_of(pairs):
    """Memberships of another package's pairs."""
    pairs = pd.DataFrame(pairs, columns=["set", "id"])
    size = pairs.groupby("set")["id"].transform("size")
    leaders = pairs["set"].unique()
    members = pd.concat(
        [
            pd.DataFrame({"set": leaders, "id": leaders, "treated": 1, "weight": 1.0}),
            pairs.assign(treated=0, weight=1 / size),
        ],
        ignore_index=True,
    )
    return members.assign(unit=members["id"])


def test_every_reference_call_is_tried():
    assert set(OPTIONS) == set(REFERENCE["matching"])


def test_score(matches):
    score = REFERENCE["score"]
    model = matches["nn_largest"].score_model
    np.testing.assert_allclose(model.coefficients, list(score["coef"].values()), rtol=1e-6)
    np.testing.assert_allclose(model.std_errors, list(score["se"].values()), rtol=1e-4)
    np.testing.assert_allclose(model.log_likelihood, score["loglik"], rtol=1e-12)
    np.testing.assert_allclose(matches["nn_largest"].score, score["fitted"], atol=1e-8)


@pytest.mark.parametrize("name", OPTIONS)
def test_pairs(matches, name):
    matched, reference = matches[name], REFERENCE["matching"][name]
    value = matched.task.value
    theirs = np.array(reference["pairs"]) - 1
    distances = np.abs(value[theirs[:, 0]] - value[theirs[:, 1]])
    np.testing.assert_array_equal(np.sort(matched.pairs["distance"]), np.sort(distances))
    np.testing.assert_allclose(matched.pairs["distance"].sum(), reference["distance_sum"], rtol=1e-7)
    assert matched.counts.loc["matched", "treated"] == reference["n_treated"]
    if name != "nn_replace":  # there a tie decides whether two treated share a control
        assert matched.counts.loc["matched", "control"] == reference["n_controls"]
        assert matched.ess["control"] == pytest.approx(reference["ess"]["control"], rel=1e-12)
    if reference["caliper"]:
        assert matched.task.caliper == pytest.approx(reference["caliper"], rel=1e-8)


def test_both_conventions_of_the_caliper(lalonde, matches):
    value, treated = matches["nn_largest_linear"].task.value, lalonde["treat"].to_numpy() == 1
    pooled = np.sqrt((value[treated].var(ddof=1) + value[~treated].var(ddof=1)) / 2)
    assert value.std(ddof=1) == pytest.approx(REFERENCE["score"]["sd_linear_all"], rel=1e-8)
    assert pooled == pytest.approx(REFERENCE["score"]["sd_linear_pooled"], rel=1e-8)


@pytest.mark.parametrize("name", OPTIONS)
def test_balance_before(matches, name):
    table = matches[name].balance().table
    theirs = pd.DataFrame(REFERENCE["matching"][name]["balance_before"])
    for mine, column in STATISTICS.items():
        ours = table["treated_mean" if mine == "treated_mean_after" else mine.replace("after", "before")]
        np.testing.assert_allclose(ours, theirs[column].astype(float), rtol=1e-8, atol=1e-8, err_msg=mine)


@pytest.mark.parametrize("name", ["nn_largest", "nn_ratio2", "nn_closest", "nn_caliper02"])
def test_balance_after(matches, name):
    """Calls in which every choice among ties gives the same covariates."""
    table = matches[name].balance().table
    theirs = pd.DataFrame(REFERENCE["matching"][name]["balance_after"])
    for mine, column in STATISTICS.items():
        np.testing.assert_allclose(table[mine], theirs[column].astype(float), rtol=1e-8, atol=1e-8, err_msg=mine)


@pytest.mark.parametrize("name", OPTIONS)
def test_effect_and_cluster_errors(lalonde, name):
    """On R's own pairs: ids equal, so estimates and errors must be too.

    R's errors have the factor (n - 1) / (n - 2) of HC1 in addition.
    """
    reference = REFERENCE["matching"][name]
    members = members_of(reference["pairs"])
    members["re78"] = lalonde["re78"].to_numpy()[members["id"] - 1]
    hc1 = np.sqrt((len(members) - 1) / (len(members) - 2))
    by_set = estimate_att(members, "re78", cluster="set")
    assert by_set.estimate == pytest.approx(reference["att"]["estimate"], abs=1e-9)
    assert by_set.std_error * hc1 == pytest.approx(reference["att"]["se_cluster_subclass"], rel=1e-12)
    if "se_cluster_subclass_id" in reference["att"]:
        both = estimate_att(members, "re78")
        assert both.std_error * hc1 == pytest.approx(reference["att"]["se_cluster_subclass_id"], rel=1e-12)


@pytest.mark.parametrize("name", ["nn_largest", "nn_data", "nn_closest", "nn_ratio2"])
def test_effects_of_our_own_matches(lalonde, name):
    """One tie decides between two controls: R's effect is one of the ways in which it can fall."""
    target = REFERENCE["matching"][name]["att"]["estimate"]
    options = {"treatment": "treat", "covariates": COVARIATES, "id": "id", **OPTIONS[name]}
    found = [estimate_att(match(lalonde, seed=seed, **options), "re78").estimate for seed in range(1, 8)]
    assert any(value == pytest.approx(target, abs=1e-6) for value in found)


def test_raw_difference(lalonde):
    assert unadjusted(lalonde, "re78", treatment="treat").estimate == pytest.approx(REFERENCE["naive"], abs=1e-9)
