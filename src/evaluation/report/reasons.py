"""Why a result is not shown: the requirements of the design that were not met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.report.numbers import round_half_up
from evaluation.report.record import Gate

if TYPE_CHECKING:
    from evaluation.report.sentences import Writer


def why_not_shown(w: Writer) -> str:
    """Every requirement that was not met, in words."""
    failed = [gate for gate in w.release.info.gates if not gate.passed]
    return w.numbers.listing([_gate(w, gate) for gate in failed]) or w("reason.unnamed")


def _matched(w: Writer, gate: Gate) -> str:
    value = gate.value or 0.0
    return w("range.at_least", n=w.numbers.per100(value)) if gate.bound == "at_least" else w.of_100(value)


def _gate(w: Writer, gate: Gate) -> str:
    if gate.value is None or gate.limit is None:
        return w("reason.unnamed")
    n = w.numbers
    if gate.name == "balance":
        digits = 2 if round_half_up(gate.value, 2) != round_half_up(gate.limit, 2) else 4
        return w("reason.balance", smd=n.decimal(gate.value, digits), smd_limit=n.decimal(gate.limit, digits))
    if gate.name == "overlap":
        return w("reason.overlap", matched100=_matched(w, gate), matched_limit=n.per100(gate.limit))
    if gate.name == "size":
        return w("reason.size", mde=n.per100(gate.value, 1))
    if gate.name == "linkage":
        return w("reason.linkage", unlinked100=n.per100(1 - gate.value, 1), unlinked_limit=n.per100(1 - gate.limit, 1))
    name = w.label("gate", gate.name)
    return w("reason.other", name=name, value=n.decimal(gate.value, 2), limit=n.decimal(gate.limit, 2))
