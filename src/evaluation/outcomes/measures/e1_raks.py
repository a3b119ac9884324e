"""E1: established in the sense of RAKS, the register of activity in the income register (LISA).

An employee (``Raks_Huvudanknytning`` 1–4) whose earnings reach the limit of established employees, ``Raks_EtablGrad`` 0. The code is inverted
(1 is weakly established) and empty for everybody who is no employee; here those are *not established*, so the share is of all persons.
Source: SCB, *LISA Bakgrundsfakta 1990–2017*.
"""

from __future__ import annotations

import ibis.expr.types as ir

from evaluation.outcomes.spec import OutcomeSpec


def holds(years: ir.Table, spec: OutcomeSpec) -> ir.BooleanValue:
    """Established employee in the year; ``weakly_established`` is -1 where the register holds none."""
    return years.affiliation.between(1, 4) & (years.weakly_established == 0)
