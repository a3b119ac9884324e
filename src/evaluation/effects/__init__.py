"""Effects on the treated, with standard errors that know the sets and the persons.

>>> from evaluation.effects import estimate_att
>>> estimate_att(matched, "re78")  # doctest: +SKIP
"""

from evaluation.effects.bands import JointEstimate, JointTest, estimate_jointly, sup_t_bands
from evaluation.effects.result import EffectTable, Estimate
from evaluation.effects.unadjusted import unadjusted, unadjusted_many
from evaluation.effects.weighted import effect_table, estimate_att, estimate_many

__all__ = [
    "EffectTable",
    "Estimate",
    "JointEstimate",
    "JointTest",
    "effect_table",
    "estimate_att",
    "estimate_jointly",
    "estimate_many",
    "sup_t_bands",
    "unadjusted",
    "unadjusted_many",
]
