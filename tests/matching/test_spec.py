"""Options that make no sense are refused, all at once, with what to use instead."""

import copy
import json
import pickle

import numpy as np
import pytest

from evaluation.errors import MatchingError
from evaluation.matching import MatchSpec, RiskSets, match

GOOD = {"treatment": "t", "covariates": ["x"]}

REFUSED = {
    "unknown method": ({"method": "genetic"}, 'method: "genetic" is not available', 'distance="mahalanobis"'),
    "unknown distance": ({"distance": "glm"}, 'distance: "glm"', "logistic regression"),
    "no name": ({"order": 3}, "order: a int was given", "largest"),
    "estimand": ({"estimand": "ate"}, 'estimand: "ate"', '"subclass"'),
    "unknown estimand": ({"estimand": "late"}, 'estimand: "late"', "ato"),
    "estimand of overlap weights": ({"method": "overlap", "estimand": "att"}, '"att" is not what', 'method="nearest"'),
    "match_on": ({"match_on": ["x"]}, "match_on", "covariate_calipers="),
    "subclasses": ({"subclasses": 5}, "subclasses", "exact="),
    "cutpoints": ({"cutpoints": {"x": [1]}}, "cutpoints", "exact="),
    "two scores": ({"formula": "x", "score": "p"}, "formula, score", "one of them"),
    "no score": ({"covariates": None}, "nothing says what to match on", "covariates="),
    "twice": ({"covariates": ["x", "x"]}, "named twice: x", "each once"),
    "treatment as covariate": ({"covariates": ["t"]}, '"t" is also a covariate', "take it out"),
    "ratio": ({"ratio": 0}, "ratio: 0", "1 or more"),
    "ratio of a half": ({"ratio": 1.5}, "ratio: 1.5", "whole number"),
    "true ratio": ({"ratio": True}, "ratio: True", "whole number"),
    "seed": ({"seed": -1}, "seed: -1", "whole number"),
    "replace": ({"replace": "yes"}, "replace: 'yes'", "True or False"),
    "cap without replacement": ({"max_reuse": 2}, "without replacement", "replace=True"),
    "cap": ({"replace": True, "max_reuse": 0}, "max_reuse: 0", "1 or more"),
    "empty caliper": ({"caliper": 0}, "caliper: 0", "above 0"),
    "endless caliper": ({"caliper": float("inf")}, "caliper: inf", "above 0"),
    "covariate caliper": ({"covariate_calipers": {"x": 0}}, 'covariate_calipers["x"]: 0', "above 0"),
    "strata without strata": ({"caliper": 0.2, "caliper_unit": "sd_strata"}, "without exact strata", "sd_pooled"),
    "unit without caliper": ({"caliper_unit": "raw"}, "without a caliper", "drop caliper_unit"),
    "ratio of a weighting": ({"method": "ipw", "ratio": 2}, 'method="ipw" does not read it', 'method="nearest"'),
    "replacement of subclasses": ({"method": "subclass", "replace": True}, 'method="subclass" does not', "nearest"),
    "caliper of weights": ({"method": "entropy", "caliper": 0.2}, 'method="entropy" does not read it', "discard="),
    "strata of weights": (
        {"method": "overlap", "exact": "g"},
        'method="overlap" does not',
        "to the score as categories",
    ),
    "score of cells": ({"method": "cem", "score": "p", "covariates": ["x"]}, "does not read it", "covariates="),
    "cells without covariates": ({"method": "cem", "cutpoints": {"y": 3}}, "not among the covariates: y", "names of"),
    "truncation": ({"method": "ipw", "truncate": 0.3}, "truncate: 0.3", "0.99"),
    "stabilising one group": ({"method": "ipw", "stabilise": True}, "need no stabilising", 'estimand="ate"'),
    "moments": ({"method": "entropy", "moments": 3}, "moments: 3", "variances"),
    "tolerance": ({"method": "entropy", "tolerance": -1}, "tolerance: -1", "0 or more"),
    "one subclass": ({"method": "subclass", "subclasses": 1}, "subclasses: 1", "2 or more"),
    "discard": ({"discard": 0.7}, "discard: 0.7", "0.1 keeps"),
    "unknown discard": ({"discard": "both"}, '"both" is not available', 'discard="minmax"'),
    "mean ratio": ({"ratio": 2.5, "max_controls": 2}, "is not a mean of 1 to 2", "min_controls <= ratio"),
    "least controls alone": ({"min_controls": 2}, "without max_controls", "max_controls="),
    "varying ratio without score": (
        {"ratio": 2, "max_controls": 3, "distance": "mahalanobis"},
        "which this distance does not read",
        "match on the score",
    ),
    "folds": ({"folds": 4}, "a logistic score has no folds", "score_model="),
    "cross-fitted logit": ({"cross_fit": True}, "is fitted once on all rows", "boosting"),
    "model of a ready score": ({"score": "p", "score_model": "lasso"}, "the score is not fitted here", "drop"),
    "no classifier": ({"score_model": object()}, "object has no get_params, no fit, no predict_proba", "logit"),
    "missing": ({"missing": "drop"}, '"drop" is not available', "indicator"),
    "missing in a formula": ({"formula": "x", "missing": "indicator"}, "which the formula does not name", "in a list"),
    "order of a matrix": ({"distance": np.eye(2), "order": "largest"}, "a given distance has not", "closest"),
    "unit of a matrix": ({"distance": np.eye(2), "caliper": 1, "caliper_unit": "sd_all"}, "given matrix", "raw"),
    "risk set without unit": ({"risk_set": "month"}, "given without unit=", "matched with itself"),
    "risk set twice": ({"risk_set": "m", "unit": "u", "exact": "m"}, "already exact", "drop it there"),
    "elapsed": ({"risk_set": RiskSets(start="s", eligible_from="a", eligible_to="b", elapsed=(1,))}, "(1,)", "from 0"),
    "risk sets in space": (
        {"risk_set": RiskSets(start="s", eligible_from="a", eligible_to="b"), "distance": "euclidean"},
        "matched on the score",
        "probability",
    ),
    "idle order": ({"replace": True, "order": "closest"}, "the order changes nothing", "max_reuse="),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    options, given, mend = REFUSED[name]
    with pytest.raises(MatchingError) as caught:
        MatchSpec(**{**GOOD, **options})
    assert given in str(caught.value)
    assert mend in str(caught.value)
    assert len(caught.value.problems) == 1


def test_all_problems_at_once():
    with pytest.raises(MatchingError) as caught:
        MatchSpec(treatment="t", method="quick", ratio=0, caliper=0, order="best", match_on=["x"])
    assert len(caught.value.problems) == 6


def test_the_verb_refuses_before_it_reads():
    with pytest.raises(MatchingError, match="ratio"):
        match(None, treatment="t", covariates=["x"], ratio=0)


def test_a_specification_is_frozen_and_copies_what_it_is_given():
    calipers = {"x": 1.0}
    spec = MatchSpec(**GOOD, covariate_calipers=calipers, exact="g")
    calipers["x"] = 9.0
    assert spec.covariate_calipers["x"] == 1.0
    assert spec.exact == ("g",)
    with pytest.raises(AttributeError):
        spec.ratio = 2
    with pytest.raises(TypeError):
        spec.covariate_calipers["x"] = 2.0


def test_a_specification_can_be_recorded_and_copied():
    spec = MatchSpec(**GOOD, covariate_calipers={"x": 1.0}, exact=["g"], ratio=2)
    assert json.loads(json.dumps(spec.to_dict()))["covariate_calipers"] == {"x": 1.0}
    for other in (pickle.loads(pickle.dumps(spec)), copy.deepcopy(spec), MatchSpec(**spec.to_dict())):
        assert other == spec
