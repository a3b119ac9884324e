"""The names of the options, typed once; what is not listed here is refused, never ignored."""

from __future__ import annotations

from typing import Literal, get_args

Method = Literal["nearest"]
Distance = Literal["logit", "probability"]
CaliperUnit = Literal["sd_pooled", "sd_all", "sd_strata", "raw"]
Order = Literal["largest", "smallest", "closest", "farthest", "data", "random"]
Estimand = Literal["att"]

METHODS: tuple[str, ...] = get_args(Method)
DISTANCES: tuple[str, ...] = get_args(Distance)
CALIPER_UNITS: tuple[str, ...] = get_args(CaliperUnit)
ORDERS: tuple[str, ...] = get_args(Order)
ESTIMANDS: tuple[str, ...] = get_args(Estimand)

# Names that people know from other packages, with what to use here instead.
INSTEAD: dict[tuple[str, str], str] = {
    ("method", "optimal"): 'method="nearest" with order="closest", which comes near the smallest sum of distances',
    (
        "method",
        "full",
    ): 'method="nearest" with ratio=5 and replace=True, which also uses many controls per treated unit',
    ("method", "subclass"): 'method="nearest" with exact= on classes of your own',
    ("method", "cem"): 'method="nearest" with exact= on coarsened columns of your own',
    ("method", "entropy"): 'method="nearest" with ratio=5, then read the balance table',
    ("method", "overlap"): 'method="nearest" with a caliper, which also keeps to the region of overlap',
    ("method", "ipw"): 'method="nearest" with ratio=5, then read the balance table',
    ("distance", "mahalanobis"): 'distance="logit" with covariate_calipers= on the covariates that must be close',
    (
        "distance",
        "robust_mahalanobis",
    ): 'distance="logit" with covariate_calipers= on the covariates that must be close',
    ("distance", "euclidean"): 'distance="logit" with covariate_calipers= on the covariates that must be close',
    ("estimand", "atc"): 'estimand="att" with the two values of the treatment exchanged',
    ("estimand", "ate"): 'estimand="att"; matching speaks of the treated',
}
