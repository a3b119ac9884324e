"""Outcomes: establishment and what goes with it, per person, year and month.

Nothing here is read before the design is frozen: :func:`read_outcomes` asks for the design's hash.
"""

from evaluation.outcomes.columns import horizons, outcome_columns
from evaluation.outcomes.definitions import Definitions, load_definitions
from evaluation.outcomes.panel import Panel
from evaluation.outcomes.read import read_outcomes
from evaluation.outcomes.spec import OutcomeSpec, unit_of
from evaluation.outcomes.states import Presence, State

__all__ = [
    "Definitions",
    "OutcomeSpec",
    "Panel",
    "Presence",
    "State",
    "horizons",
    "load_definitions",
    "outcome_columns",
    "read_outcomes",
    "unit_of",
]
