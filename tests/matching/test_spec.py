"""Options that make no sense are refused, all at once, with what to use instead."""

import copy
import json
import pickle

import pytest

from evaluation.errors import MatchingError
from evaluation.matching import MatchSpec, match

GOOD = {"treatment": "t", "covariates": ["x"]}

REFUSED = {
    "unknown method": ({"method": "full"}, 'method: "full" is not available', "ratio=5"),
    "unknown distance": ({"distance": "mahalanobis"}, 'distance: "mahalanobis"', "covariate_calipers="),
    "no name": ({"order": 3}, "order: a int was given", "largest"),
    "estimand": ({"estimand": "ate"}, 'estimand: "ate"', "att"),
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
    "negative caliper": ({"caliper": -0.2}, "caliper: -0.2", "above 0"),
    "endless caliper": ({"caliper": float("inf")}, "caliper: inf", "above 0"),
    "covariate caliper": ({"covariate_calipers": {"x": 0}}, 'covariate_calipers["x"]: 0', "above 0"),
    "strata without strata": ({"caliper": 0.2, "caliper_unit": "sd_strata"}, "without exact strata", "sd_pooled"),
    "unit without caliper": ({"caliper_unit": "raw"}, "without a caliper", "drop caliper_unit"),
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
        MatchSpec(treatment="t", method="cem", ratio=0, caliper=-1, order="best", match_on=["x"])
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
