"""Cohorts: who was at risk of a fixed-term employment when, and what was known of them the month before."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluation.cohort.assembly import assemble
    from evaluation.cohort.catalogue import CATALOGUE, Covariate
    from evaluation.cohort.clocks import inherited, own_exit, pseudo_exit
    from evaluation.cohort.flow import Flow
    from evaluation.cohort.guard import refuse_known_afterwards
    from evaluation.cohort.result import Cohort, load_cohort
    from evaluation.cohort.spec import CohortSpec

__all__ = [
    "CATALOGUE",
    "Cohort",
    "CohortSpec",
    "Covariate",
    "Flow",
    "assemble",
    "inherited",
    "load_cohort",
    "own_exit",
    "pseudo_exit",
    "refuse_known_afterwards",
]

# the engine and the data frames load when first used: reading a study file needs the specification alone
_HOMES = {
    "CATALOGUE": "catalogue",
    "Cohort": "result",
    "CohortSpec": "spec",
    "Covariate": "catalogue",
    "Flow": "flow",
    "assemble": "assembly",
    "inherited": "clocks",
    "load_cohort": "result",
    "own_exit": "clocks",
    "pseudo_exit": "clocks",
    "refuse_known_afterwards": "guard",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
