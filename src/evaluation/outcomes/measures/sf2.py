"""SF2: self-sufficient in the year, with work to live on.

No social assistance of one's own (``Raks_EkBisInk`` = 0) and work income of at least a multiple of the price base amount
(``self_sufficient_multiple``, 4 unless told). This project's definition: no official formula was found.
"""

from __future__ import annotations

import ibis.expr.types as ir

from evaluation.outcomes.spec import OutcomeSpec


def holds(years: ir.Table, spec: OutcomeSpec) -> ir.BooleanValue:
    """Self-sufficient in the year."""
    return (years.social_assistance == 0) & (
        years.work_income >= years.price_base_amount * spec.self_sufficient_multiple
    )
