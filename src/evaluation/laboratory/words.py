"""What things are called in the panel; covariates have the names of the report."""

from __future__ import annotations

from functools import lru_cache

from evaluation.report.texts import Catalogue

NUMBERS = {
    "participants": "Participants in the cohort",
    "matched": "Participants matched",
    "unmatched": "Participants without a match",
    "comparison_persons": "Comparison persons",
    "effective_size": "Effective size of the comparison group",
    "largest_smd": "Largest standardised difference",
    "over_limit": "Covariates and levels over the limit",
    "detectable": "Smallest difference the design would detect",
}
GROUPS = {
    "background": "background",
    "history": "history at Jobbtorg",
    "annual_income": "income by year",
    "work_months": "months in work",
    "social_assistance": "income support",
    "employment_service": "employment service",
    "insurance": "unemployment insurance",
}
UNITS = {
    "sd_strata": "SD within exact strata",
    "sd_pooled": "SD pooled over both groups",
    "sd_all": "SD of everybody",
    "raw": "raw (the score's own axis)",
}
METHODS = {"nearest": "nearest neighbours", "optimal": "optimal pairs"}
MODELS = {"logit": "logistic regression", "lasso": "lasso (slow to fit)", "boosting": "boosted trees (slow to fit)"}


@lru_cache
def _catalogue() -> Catalogue:
    return Catalogue("en")


@lru_cache(maxsize=512)
def label_of(covariate: str, level: str = "") -> str:
    """The report's name of a covariate, and of its level."""
    words = _catalogue()
    name = words.label("covariate", covariate)
    if not level:
        return name
    key = f"{covariate}.{level}"
    return f"{name}: {words.label('level', key) if words.has_label('level', key) else level.replace('_', ' ')}"


def named(names: dict[str, str], key: str) -> str:
    """The name of a key, or the key itself spelled out."""
    return names.get(key, key.replace("_", " "))
