"""Effects on the treated and others, with standard errors that know the sets, the persons and the estimated score.

A family a file; every estimator gives an :class:`Estimate` of one outcome, or a table of many with the same columns.

>>> from evaluation.effects import estimate_att
>>> estimate_att(matched, "re78")  # doctest: +SKIP
"""

from evaluation.effects.bands import JointEstimate, JointTest, estimate_jointly, sup_t_bands
from evaluation.effects.bootstrap.person import person_bootstrap
from evaluation.effects.bootstrap.weighting import bootstrap_weighting
from evaluation.effects.cluster_robust import few_clusters
from evaluation.effects.dynamics.bootstrap import dynamic_bootstrap
from evaluation.effects.dynamics.estimators import DynamicEstimate, dynamic, dynamic_many, dynamic_matched
from evaluation.effects.dynamics.hazard import HazardPanel, fit_hazard, hazard_panel
from evaluation.effects.families import SubgroupEffects, equal_effects, holm, subgroup_effects, with_holm
from evaluation.effects.neighbours.estimator import abadie_imbens, abadie_imbens_many
from evaluation.effects.neighbours.matched import abadie_imbens_matched
from evaluation.effects.panel.did import DidEstimate, did, did_of
from evaluation.effects.panel.event_study import EventStudy, event_study
from evaluation.effects.panel.horizons import mark_censored, observed_share
from evaluation.effects.panel.many import did_many, event_study_many
from evaluation.effects.quantile import quantile_effects
from evaluation.effects.ratio import risk_ratio, risk_ratio_many
from evaluation.effects.regression.adjustment import (
    ipw_ra,
    ipw_ra_effects,
    ipw_ra_many,
    regression_adjustment,
    regression_adjustment_effects,
    regression_adjustment_many,
)
from evaluation.effects.regression.g_computation import matched_regression, matched_regression_many
from evaluation.effects.result import EffectTable, Estimate
from evaluation.effects.survival.incidence import CumulativeIncidence, cumulative_incidence, kaplan_meier
from evaluation.effects.unadjusted import unadjusted, unadjusted_many
from evaluation.effects.weighted import effect_table, estimate_att, estimate_many
from evaluation.effects.weighting.aipw import aipw, aipw_effects, aipw_many
from evaluation.effects.weighting.ipw import ipw, ipw_effects, ipw_many
from evaluation.effects.weighting.overlap import overlap, overlap_effects, overlap_many

__all__ = [
    "CumulativeIncidence",
    "DidEstimate",
    "DynamicEstimate",
    "EffectTable",
    "Estimate",
    "EventStudy",
    "HazardPanel",
    "JointEstimate",
    "JointTest",
    "SubgroupEffects",
    "abadie_imbens",
    "abadie_imbens_many",
    "abadie_imbens_matched",
    "aipw",
    "aipw_effects",
    "aipw_many",
    "bootstrap_weighting",
    "cumulative_incidence",
    "did",
    "did_many",
    "did_of",
    "dynamic",
    "dynamic_bootstrap",
    "dynamic_many",
    "dynamic_matched",
    "effect_table",
    "equal_effects",
    "estimate_att",
    "estimate_jointly",
    "estimate_many",
    "event_study",
    "event_study_many",
    "few_clusters",
    "fit_hazard",
    "hazard_panel",
    "holm",
    "ipw",
    "ipw_effects",
    "ipw_many",
    "ipw_ra",
    "ipw_ra_effects",
    "ipw_ra_many",
    "kaplan_meier",
    "mark_censored",
    "matched_regression",
    "matched_regression_many",
    "observed_share",
    "overlap",
    "overlap_effects",
    "overlap_many",
    "person_bootstrap",
    "quantile_effects",
    "regression_adjustment",
    "regression_adjustment_effects",
    "regression_adjustment_many",
    "risk_ratio",
    "risk_ratio_many",
    "subgroup_effects",
    "sup_t_bands",
    "unadjusted",
    "unadjusted_many",
    "with_holm",
]
