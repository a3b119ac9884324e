"""The clocks of a release, in the order in which they stand everywhere."""

from __future__ import annotations

from evaluation.report.content.builder import Builder
from evaluation.report.flags import FLAGGED_CLOCKS

INHERITED_CLOCKS = ("start", "exit_planned", "exit_actual")
CLOCKS = (*INHERITED_CLOCKS, *FLAGGED_CLOCKS)


def clocks_of(b: Builder) -> list[str]:
    """Clocks of the release: those with a place of their own first, any other after them by name."""
    there = set(b.release.table("effects")["clock"])
    return [clock for clock in CLOCKS if clock in there] + sorted(there - set(CLOCKS))
