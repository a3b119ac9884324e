"""One module per definition: each turns a person-year of the income register into a yes or a no.

Every function takes the table that :func:`evaluation.outcomes.annual.person_years` prepares (no nulls; limits of the year beside
the amounts; SEK) and gives an Ibis boolean, so that the engine evaluates it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import ibis.expr.types as ir

from evaluation.outcomes.measures import e1_raks, e2_scb, e3_uka, e4_employed, e5_income
from evaluation.outcomes.spec import OutcomeSpec

Measure = Callable[[ir.Table, OutcomeSpec], ir.BooleanValue]

ESTABLISHMENT: MappingProxyType[str, Measure] = MappingProxyType(
    {
        "E1_raks": e1_raks.holds,
        "E2_scb": e2_scb.holds,
        "E3_uka": e3_uka.holds,
        "E4_employed": e4_employed.holds,
        "E5_income": e5_income.holds,
    }
)
"""Definitions of establishment by name."""
