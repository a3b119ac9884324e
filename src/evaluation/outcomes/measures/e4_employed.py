"""E4: employed in November, by the register's own status.

``SyssStat11`` = 1 from 2011 and ``SyssStatJ`` = 1 before; the break of 2011 concerns the self-employed and ages over 74. Source: SCB, *LISA
Bakgrundsfakta 1990–2017*. The monthly counterpart, any employment in the month, is read from control statements in
:mod:`evaluation.outcomes.monthly`.
"""

from __future__ import annotations

import ibis.expr.types as ir

from evaluation.outcomes.spec import OutcomeSpec


def holds(years: ir.Table, spec: OutcomeSpec) -> ir.BooleanValue:
    """Employed in November of the year."""
    return years.employed_code == 1
