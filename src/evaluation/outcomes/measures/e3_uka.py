"""E3: established in the sense of UKÄ, the Swedish Higher Education Authority.

Employed in November, work income above UKÄ's limit, and no unemployment (full or part time) or programme in the year; UKÄ calls its
definition relatively strict. The limits of these years were not found; see ``study/definitions/establishment_limits.csv``.
"""

from __future__ import annotations

import ibis.expr.types as ir

from evaluation.outcomes.spec import OutcomeSpec


def holds(years: ir.Table, spec: OutcomeSpec) -> ir.BooleanValue:
    """Established in the year."""
    events = years.unemployed_days + years.part_time_days + years.hourly_days + years.programme_days
    return (years.employed_code == 1) & (years.work_income > years.uka_limit) & (events == 0)
