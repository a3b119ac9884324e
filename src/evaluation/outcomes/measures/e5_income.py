"""E5: earnings of at least a multiple of the price base amount (*prisbasbelopp*) of the year.

A plain income line, common in Swedish register studies; the multiple is the study's choice (``income_multiple``, 2 unless told).
"""

from __future__ import annotations

import ibis.expr.types as ir

from evaluation.outcomes.spec import OutcomeSpec


def holds(years: ir.Table, spec: OutcomeSpec) -> ir.BooleanValue:
    """Earnings reach the line."""
    return years.earnings >= years.price_base_amount * spec.income_multiple
