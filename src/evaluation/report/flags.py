"""Methods that are known to go wrong: where their results stand, a caution stands too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from evaluation.report.model import Paragraph

if TYPE_CHECKING:
    from evaluation.report.sentences import Writer

FLAGGED_ESTIMANDS = ("never_in_follow_up",)
FLAGGED_CLOCKS = ("exit_own", "exit_pseudo")


def flagged(estimand: str, clock: str) -> bool:
    """Whether a result rests on a method that is known to go wrong."""
    return estimand in FLAGGED_ESTIMANDS or clock in FLAGGED_CLOCKS


def cautions(w: Writer, clocks: Iterable[str]) -> list[Paragraph]:
    """A visible caution for each flagged method behind results on these clocks."""
    return [Paragraph(w(f"flag.{key}.caution", **words), "caution") for key, words in _found(w, clocks)]


def notes(w: Writer, clocks: Iterable[str]) -> list[str]:
    """The same in a few words, for the foot of a table or figure."""
    return [w(f"flag.{key}.note", **words) for key, words in _found(w, clocks)]


def _found(w: Writer, clocks: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    estimand = w.release.info.primary.estimand
    found: list[tuple[str, dict[str, str]]] = [(estimand, {})] if estimand in FLAGGED_ESTIMANDS else []
    there = set(clocks)
    return found + [(clock, {"clock": w.label("clock", clock)}) for clock in FLAGGED_CLOCKS if clock in there]
