"""Effects on the treated and others, with standard errors that know the sets, the persons and the estimated score.

A family a file; every estimator gives an :class:`Estimate` of one outcome, or a table of many with the same columns.

>>> from evaluation.effects import estimate_att
>>> estimate_att(matched, "re78")  # doctest: +SKIP
"""

from evaluation.effects.abadie_imbens import abadie_imbens, abadie_imbens_many
from evaluation.effects.abadie_imbens_matched import abadie_imbens_matched
from evaluation.effects.aipw import aipw, aipw_effects, aipw_many
from evaluation.effects.bands import JointEstimate, JointTest, estimate_jointly, sup_t_bands
from evaluation.effects.cluster_robust import few_clusters
from evaluation.effects.did import DidEstimate, did, did_of
from evaluation.effects.event_study import EventStudy, event_study
from evaluation.effects.families import SubgroupEffects, equal_effects, holm, subgroup_effects, with_holm
from evaluation.effects.g_computation import matched_regression, matched_regression_many
from evaluation.effects.ipw import ipw, ipw_effects, ipw_many
from evaluation.effects.overlap_weighted import overlap, overlap_effects, overlap_many
from evaluation.effects.panel_horizons import mark_censored, observed_share
from evaluation.effects.panel_many import did_many, event_study_many
from evaluation.effects.person_bootstrap import person_bootstrap
from evaluation.effects.person_bootstrap_weighting import bootstrap_weighting
from evaluation.effects.quantile import quantile_effects
from evaluation.effects.ratio import risk_ratio, risk_ratio_many
from evaluation.effects.regression import (
    ipw_ra,
    ipw_ra_effects,
    ipw_ra_many,
    regression_adjustment,
    regression_adjustment_effects,
    regression_adjustment_many,
)
from evaluation.effects.result import EffectTable, Estimate
from evaluation.effects.survival import CumulativeIncidence, cumulative_incidence, kaplan_meier
from evaluation.effects.unadjusted import unadjusted, unadjusted_many
from evaluation.effects.weighted import effect_table, estimate_att, estimate_many

__all__ = [
    "CumulativeIncidence",
    "DidEstimate",
    "EffectTable",
    "Estimate",
    "EventStudy",
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
    "effect_table",
    "equal_effects",
    "estimate_att",
    "estimate_jointly",
    "estimate_many",
    "event_study",
    "event_study_many",
    "few_clusters",
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
