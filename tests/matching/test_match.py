"""The verb: what holds for any match, and that rows may come in any order."""

import warnings

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from evaluation.errors import MatchingError, OverlapWarning
from evaluation.matching import Matched, match
from evaluation.matching.invariants import violations
from tests.matching.conftest import population

VARIANTS = {
    "plain": {},
    "caliper": {"caliper": 0.2},
    "all units": {"caliper": 0.2, "caliper_unit": "sd_all"},
    "strata": {"caliper": 0.2, "caliper_unit": "sd_strata", "exact": ["woman", "origin"]},
    "ratio": {"ratio": 3, "caliper": 0.5},
    "replace": {"ratio": 5, "replace": True, "caliper": 0.2},
    "capped": {"ratio": 2, "replace": True, "max_reuse": 2, "order": "closest"},
    "closest": {"order": "closest", "caliper": 0.1},
    "farthest": {"order": "farthest", "ratio": 2},
    "smallest": {"order": "smallest", "exact": "woman"},
    "random": {"order": "random", "caliper": 0.3},
    "covariates": {"caliper": 0.5, "covariate_calipers": {"age": 0.2, "income": 0.5}},
    "probability": {"distance": "probability", "caliper": 0.01, "caliper_unit": "raw"},
    "apart": {"caliper": -0.1, "ratio": 2},
    "apart in age": {"caliper": 0.5, "covariate_calipers": {"age": -0.3}, "order": "closest"},
    "different": {"caliper": 0.5, "antiexact": ["origin", "woman"]},
    "varying ratio": {"ratio": 2.5, "max_controls": 5, "caliper": 1.0},
    "varying in strata": {"ratio": 2, "min_controls": 1, "max_controls": 4, "exact": "woman"},
    "common support": {"discard": "minmax"},
    "crump": {"discard": "crump", "ratio": 2},
    "between": {"discard": 0.1, "caliper": 0.2},
    "mahalanobis": {"distance": "mahalanobis"},
    "robust": {"distance": "robust_mahalanobis", "caliper": 0.3, "order": "closest"},
    "euclidean": {
        "distance": "euclidean",
        "match_on": ["age", "origin"],
        "exact": "woman",
        "replace": True,
        "ratio": 3,
    },
    "scaled": {"distance": "scaled_euclidean", "match_on": ["age", "income"], "caliper": 0.2, "order": "farthest"},
    "controls": {"estimand": "atc", "ratio": 1, "order": "smallest"},
    "subclasses": {"method": "subclass"},
    "subclasses of everyone": {"method": "subclass", "subclasses": 20, "estimand": "ate"},
    "subclasses in strata": {"method": "subclass", "exact": "origin", "min_per_subclass": 3, "estimand": "atc"},
    "cells": {"method": "cem"},
    "cells of choice": {"method": "cem", "cutpoints": {"age": [30, 50], "income": "q5", "woman": 1}, "estimand": "ate"},
    "entropy": {"method": "entropy"},
    "entropy of variances": {"method": "entropy", "moments": 2, "exact": "woman"},
    "entropy, nearly": {"method": "entropy", "tolerance": 0.05},
    "entropy of everyone": {"method": "entropy", "estimand": "ate"},
    "overlap weights": {"method": "overlap"},
    "ipw": {"method": "ipw"},
    "ipw of everyone": {"method": "ipw", "estimand": "ate", "truncate": 0.95, "stabilise": True},
    "ipw of controls": {"method": "ipw", "estimand": "atc", "discard": "crump"},
    "lasso": {"score_model": "lasso", "caliper": 0.2},
    "boosting": {"score_model": "boosting", "caliper": 0.2, "folds": 3},
}


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        yield


@pytest.mark.parametrize("name", VARIANTS)
def test_invariants_hold(frame, options, name):
    assert violations(match(frame, **options, **VARIANTS[name])) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_row_order_changes_nothing(frame, options, name):
    one = match(frame, **options, **VARIANTS[name])
    order = np.random.Generator(np.random.Philox(key=5)).permutation(len(frame))
    other = match(frame.iloc[order], **options, **VARIANTS[name])
    pd.testing.assert_frame_equal(one.pairs, other.pairs)
    pd.testing.assert_frame_equal(one.members.drop(columns="position"), other.members.drop(columns="position"))
    assert one.task.caliper == other.task.caliper
    np.testing.assert_array_equal(one.score[order], other.score)
    np.testing.assert_array_equal(one.weights[order], other.weights)
    pd.testing.assert_frame_equal(one.counts, other.counts)
    assert str(one) == str(other)


def test_the_index_is_the_id_by_default(frame, options):
    options.pop("id")
    indexed = frame.set_index("id")
    one = match(indexed, **options, caliper=0.2)
    other = match(indexed.sample(frac=1, random_state=1), **options, caliper=0.2)
    pd.testing.assert_frame_equal(one.pairs, other.pairs)


def test_seed_decides_ties_only(frame, options):
    options["covariates"] = ["woman", "origin"]
    one, other = (match(frame, **options, caliper=0.2, seed=seed) for seed in (1, 2))
    assert not one.pairs["control"].equals(other.pairs["control"])
    np.testing.assert_array_equal(one.score, other.score)
    again = match(frame, **options, caliper=0.2, seed=1)
    pd.testing.assert_frame_equal(one.pairs, again.pairs)


def test_units_of_measurement_change_nothing(frame, options):
    scaled = frame.assign(age=frame["age"] * 12.0, income=frame["income"] / 1000)
    one, other = match(frame, **options, caliper=0.2), match(scaled, **options, caliper=0.2)
    np.testing.assert_allclose(one.score, other.score, rtol=1e-10)
    np.testing.assert_allclose(one.pairs["distance"], other.pairs["distance"], atol=1e-10)


def test_threads_change_nothing(frame, options):
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            results.append(match(frame, **options, caliper=0.2, ratio=2))
    np.testing.assert_array_equal(results[0].score, results[1].score)
    pd.testing.assert_frame_equal(results[0].pairs, results[1].pairs)


def test_the_frame_is_not_changed(frame, options):
    before = frame.copy(deep=True)
    match(frame, **options, caliper=0.2, exact="woman").balance()
    pd.testing.assert_frame_equal(frame, before)


def test_a_ready_score_equals_the_fitted_one(frame, options):
    fitted = match(frame, **options, caliper=0.2)
    ready = match(frame.assign(ps=fitted.score), **options, score="ps", caliper=0.2)
    assert ready.score_model is None
    np.testing.assert_allclose(ready.pairs["distance"], fitted.pairs["distance"], atol=1e-12)


def test_a_formula_equals_the_list(frame, options):
    listed = match(frame, **options, caliper=0.2)
    options.pop("covariates")
    written = match(frame, **options, formula="treat ~ age + income + woman + origin", caliper=0.2)
    np.testing.assert_allclose(listed.score, written.score, rtol=1e-12)
    assert set(written.covariates) == set(listed.covariates)


def test_text_ids(frame, options):
    text = frame.assign(id=frame["id"].map("p{}".format))
    one = match(text, **options, caliper=0.2)
    other = match(text.sample(frac=1, random_state=2), **options, caliper=0.2)
    pd.testing.assert_frame_equal(one.pairs, other.pairs)


def test_nearest_within_months_of_persons():
    """Risk sets: one row per person and month, exact on the month; a person may serve in several months."""
    months = pd.concat([population(600, seed).assign(month=seed, person=np.arange(600)) for seed in range(3)])
    months = months.assign(row=np.arange(len(months))).reset_index(drop=True)
    matched = match(
        months,
        treatment="treat",
        covariates=["age", "income", "woman"],
        id="row",
        unit="person",
        exact="month",
        ratio=2,
        caliper=0.2,
        caliper_unit="sd_strata",
    )
    members = matched.members
    month = months["month"].to_numpy()[members["position"]]
    assert (pd.Series(month).groupby(members["set"]).nunique() == 1).all()
    assert not members.assign(month=month).duplicated(["month", "unit"]).any()
    assert members.duplicated("unit").any()
    assert matched.ess["control"] <= matched.counts.loc["effective", "control"]


def test_no_overlap_is_an_error(frame, options):
    far = frame.assign(ps=np.where(frame["treat"] == 1, 0.9, 0.1))
    with pytest.raises(MatchingError, match=r"none of the .* no control within the calipers"):
        match(far, treatment="treat", score="ps", caliper=0.1, caliper_unit="raw")


def test_many_unmatched_are_told(frame, options):
    warnings.simplefilter("error", OverlapWarning)
    with pytest.raises(OverlapWarning, match=r"treated are unmatched \(.*no control within the calipers"):
        match(frame, **options, caliper=1e-6)


def test_prints_six_lines(frame, options):
    matched = match(frame, **options, caliper=0.2, exact="woman", ratio=2)
    text = str(matched)
    assert isinstance(matched, Matched)
    assert len(text.splitlines()) == 6
    assert "exact on: woman" in text
    assert "<table" in matched._repr_html_()
