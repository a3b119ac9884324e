"""Regression on LaLonde's matched samples with cluster-robust errors, against R's lm and sandwich; provenance in the data file."""

import json
import warnings
from pathlib import Path

import pandas as pd
import pytest

from evaluation.effects.cluster_robust import few_clusters
from evaluation.effects.regression.g_computation import matched_regression
from evaluation.errors import FewClustersWarning, OverlapWarning
from evaluation.matching import match
from tests.reference.test_lalonde_matchit import COVARIATES
from tests.reference.test_lalonde_methods import OPTIONS as METHODS

DATA = Path(__file__).parent / "data"
EXPECTED = json.loads((DATA / "lalonde_regression.json").read_text())["matched"]
PAIRS = json.loads((DATA / "lalonde_matchit.json").read_text())["matching"]
OPTIONS = {"covariates": COVARIATES, "interactions": False, "small_sample": "hc1"}


@pytest.fixture(scope="module")
def lalonde():
    return pd.read_csv(DATA / "lalonde.csv")


def with_covariates(rows, lalonde):
    return rows.merge(lalonde.drop(columns="treat"), left_on="unit", right_on="id", how="left", validate="many_to_one")


def of_pairs(pairs, lalonde):
    """Memberships of pairs: one set per treated unit."""
    pairs = pd.DataFrame(pairs, columns=["treated", "control"])
    share = 1 / pairs.groupby("treated")["control"].transform("size")
    seekers = pairs["treated"].drop_duplicates()
    treated = pd.DataFrame({"set": seekers, "unit": seekers, "treated": 1, "weight": 1.0})
    controls = pd.DataFrame({"set": pairs["treated"], "unit": pairs["control"], "treated": 0, "weight": share})
    return with_covariates(pd.concat([treated, controls], ignore_index=True), lalonde)


def in_matchit_scale(members):
    """Without sets, so that weights stay as they are: controls weigh together their number, and the cluster is the set."""
    control = members["treated"] == 0
    scale = control.sum() / members.loc[control, "weight"].sum()
    weight = members["weight"].where(~control, members["weight"] * scale)
    return members.assign(unit=members["set"], set=pd.NA, weight=weight)


@pytest.mark.parametrize("name", [name for name in PAIRS if name != "nn_ratio2"])
def test_pairs(lalonde, name):
    members, expected = of_pairs(PAIRS[name]["pairs"], lalonde), EXPECTED[name]
    assert len(members) == expected["n_rows"]
    by_set = matched_regression(members, "re78", cluster="set", **OPTIONS)
    assert by_set.estimate == pytest.approx(expected["estimate"], rel=1e-11)
    assert by_set.std_error == pytest.approx(expected["se_cluster_subclass"], rel=1e-11)
    by_row = matched_regression(members, "re78", cluster="none", **OPTIONS)
    assert by_row.std_error == pytest.approx(expected["se_HC1"], rel=1e-11)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewClustersWarning)
        small = few_clusters(members, "re78", covariates=COVARIATES, kind="CR1S")
    assert (small.estimate, small.std_error) == pytest.approx((by_set.estimate, by_set.std_error), rel=1e-10)
    if "se_cluster_subclass_id" in expected:
        both = matched_regression(members, "re78", cluster="set+unit", **OPTIONS)
        assert both.std_error == pytest.approx(expected["se_cluster_subclass_id"], rel=1e-11)
        small = few_clusters(members, "re78", covariates=COVARIATES, kind="CR1S", cluster="set+unit")
        assert small.std_error == pytest.approx(expected["se_cluster_subclass_id"], rel=1e-10)


def test_both_ways_are_tried():
    assert sum("se_cluster_subclass_id" in EXPECTED[name] for name in PAIRS) == 2


def test_two_to_one_in_the_scale_of_matchit(lalonde):
    # without products the scale of the controls' weights matters; R's are twice ours
    members = in_matchit_scale(of_pairs(PAIRS["nn_ratio2"]["pairs"], lalonde))
    found = matched_regression(members, "re78", cluster="unit", **OPTIONS)
    assert found.estimate == pytest.approx(EXPECTED["nn_ratio2"]["estimate"], rel=1e-11)
    assert found.std_error == pytest.approx(EXPECTED["nn_ratio2"]["se_cluster_subclass"], rel=1e-11)


@pytest.mark.parametrize("name", ["cem_default", "cem_cutpoints", "subclass6"])
def test_weighted_samples(lalonde, name):
    # the weights and sets of these calls are MatchIt's: test_lalonde_methods.py
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        matched = match(lalonde, treatment="treat", covariates=COVARIATES, id="id", **METHODS[name])
    members = in_matchit_scale(with_covariates(matched.members.drop(columns="id"), lalonde))
    expected = EXPECTED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewClustersWarning)
        warnings.simplefilter("ignore", OverlapWarning)
        found = matched_regression(members, "re78", cluster="unit", **OPTIONS)
    assert found.estimate == pytest.approx(expected["estimate"], rel=1e-9)
    assert found.std_error == pytest.approx(expected["se_cluster_subclass"], rel=1e-9)
