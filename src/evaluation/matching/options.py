"""The names of the options, typed once; what is not listed here is refused, never ignored."""

from __future__ import annotations

from typing import Literal, get_args

Method = Literal["nearest", "optimal", "full", "subclass", "cem", "entropy", "overlap", "ipw"]
Distance = Literal["logit", "probability", "mahalanobis", "robust_mahalanobis", "euclidean", "scaled_euclidean"]
CaliperUnit = Literal["sd_pooled", "sd_all", "sd_strata", "raw"]
Order = Literal["largest", "smallest", "closest", "farthest", "data", "random"]
Estimand = Literal["att", "atc", "ate", "ato"]
ScoreModelName = Literal["logit", "lasso", "boosting"]
Missing = Literal["refuse", "indicator", "category"]
Discard = Literal["minmax", "minmax_treated", "minmax_control", "crump"]

METHODS: tuple[str, ...] = get_args(Method)
DISTANCES: tuple[str, ...] = get_args(Distance)
CALIPER_UNITS: tuple[str, ...] = get_args(CaliperUnit)
ORDERS: tuple[str, ...] = get_args(Order)
ESTIMANDS: tuple[str, ...] = get_args(Estimand)
SCORE_MODELS: tuple[str, ...] = get_args(ScoreModelName)
MISSING: tuple[str, ...] = get_args(Missing)
DISCARDS: tuple[str, ...] = get_args(Discard)

# Distances in several covariates at once; the others are the score itself
SPATIAL = ("mahalanobis", "robust_mahalanobis", "euclidean", "scaled_euclidean")

# Methods that form pairs, and those that only give weights
PAIRING = ("nearest", "optimal", "full")

# Methods that find an optimum on a line: the distance must be that of the score, and a caliper a largest distance
ON_A_LINE = ("optimal", "full")

# What each method can speak of; the first is its default
ESTIMANDS_OF: dict[str, tuple[str, ...]] = {
    "nearest": ("att", "atc"),
    "optimal": ("att", "atc"),
    "full": ("att", "atc", "ate"),
    "subclass": ("att", "atc", "ate"),
    "cem": ("att", "atc", "ate"),
    "entropy": ("att", "atc", "ate"),
    "ipw": ("att", "atc", "ate"),
    "overlap": ("ato",),
}

# Options beside the treatment, covariates, id, unit, missing, estimand and seed, and the methods that read them.
# An option that the chosen method does not read is refused, never ignored.
READ_BY: dict[str, tuple[str, ...]] = {
    "exact": ("nearest", "optimal", "full", "subclass", "cem", "entropy"),
    "formula": ("nearest", "optimal", "full", "subclass", "entropy", "overlap", "ipw"),
    "score": ("nearest", "optimal", "full", "subclass", "overlap", "ipw"),
    "score_model": ("nearest", "optimal", "full", "subclass", "overlap", "ipw"),
    "folds": ("nearest", "optimal", "full", "subclass", "overlap", "ipw"),
    "cross_fit": ("nearest", "optimal", "full", "subclass", "overlap", "ipw"),
    "distance": ("nearest", "optimal", "full", "subclass"),
    "match_on": ("nearest",),
    "caliper": ("nearest", "optimal", "full"),
    "covariate_calipers": ("nearest",),
    "antiexact": ("nearest",),
    "discard": ("nearest", "optimal", "full", "subclass", "overlap", "ipw"),
    "ratio": ("nearest", "optimal"),
    "min_controls": ("nearest", "full"),
    "max_controls": ("nearest", "full"),
    "mean_controls": ("full",),
    "replace": ("nearest",),
    "max_reuse": ("nearest",),
    "order": ("nearest",),
    "risk_set": ("nearest",),
    "subclasses": ("subclass",),
    "min_per_subclass": ("subclass",),
    "cutpoints": ("cem",),
    "moments": ("entropy",),
    "tolerance": ("entropy",),
    "truncate": ("ipw",),
    "stabilise": ("ipw",),
}

# What to use where a method does not read an option
ELSEWHERE: dict[str, str] = {
    "exact": "add the columns to the score as categories, or weight each stratum by itself",
    "formula": "name the covariates in covariates=",
    "score": "name the covariates in covariates=",
    "score_model": "drop it: this method has no score",
    "folds": "drop it: this method has no score",
    "cross_fit": "drop it: this method has no score",
    "distance": "drop it: this method has no distance",
    "match_on": 'use covariate_calipers= or exact= with method="nearest"',
    "caliper": 'use discard= for common support, or method="nearest" with a caliper',
    "covariate_calipers": 'use exact= on coarsened columns, or method="nearest"',
    "antiexact": 'use method="nearest"',
    "discard": "take the rows out of the frame",
    "ratio": 'use method="nearest" or "optimal"; in full matching mean_controls= and max_controls=',
    "min_controls": 'use method="full", or method="nearest" with ratio=',
    "max_controls": 'use method="full", or method="nearest" with ratio=',
    "mean_controls": 'use method="full", or method="nearest" with ratio= and max_controls=',
    "replace": 'use method="nearest"',
    "max_reuse": 'use method="nearest" with replace=True',
    "order": 'use method="nearest"',
    "risk_set": 'put the period into exact=, or use method="nearest"',
    "subclasses": 'use method="subclass", or exact= on classes of your own',
    "min_per_subclass": 'use method="subclass"',
    "cutpoints": 'use method="cem", or exact= on coarsened columns',
    "moments": 'use method="entropy"',
    "tolerance": 'use method="entropy"',
    "truncate": 'use method="ipw", or discard= for common support',
    "stabilise": 'use method="ipw"',
}

# Names that people know from other packages, with what to use here instead.
INSTEAD: dict[tuple[str, str], str] = {
    ("method", "exact"): 'method="cem" with cutpoints 0 for every number, or exact= with method="nearest"',
    ("method", "quick"): 'method="full"',
    ("method", "genetic"): 'method="nearest" with distance="mahalanobis" and a caliper',
    ("method", "cardinality"): 'method="entropy", which balances means exactly',
    ("method", "ebal"): 'method="entropy"',
    ("distance", "glm"): 'distance="logit" (the default score is a logistic regression), or "probability"',
    ("distance", "linear.logit"): 'distance="logit"',
    ("estimand", "atm"): 'estimand="ato" with method="overlap"',
    ("score_model", "glm"): 'score_model="logit"',
    ("score_model", "gbm"): 'score_model="boosting"',
    ("discard", "both"): 'discard="minmax"',
    ("discard", "treated"): 'discard="minmax_treated"',
    ("discard", "control"): 'discard="minmax_control"',
}
