"""Words that depend on the study and stand in many sentences: what is counted, and when the choices were made.

A sentence asks for them by name, as ``{participants}``; nobody who writes a section has to know which they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from evaluation.report.numbers import capital

if TYPE_CHECKING:
    from evaluation.report.record import ReleaseInfo
    from evaluation.report.texts import Catalogue

NOUNS = ("participants", "the_participants", "participants_head", "started", "started_short", "counted")
WORDS = (*NOUNS, "started_cap", "beforehand", "n_times")


def word(name: str, info: ReleaseInfo, catalogue: Catalogue) -> str:
    """One of :data:`WORDS` for a release, in the catalogue's language."""
    special: dict[str, Callable[[], str]] = {
        "started_cap": lambda: capital(word("started", info, catalogue)),
        "beforehand": lambda: catalogue("beforehand.changed" if info.design.changes else "beforehand.before"),
        "n_times": lambda: _times(info.design.changes, catalogue),
    }
    return special[name]() if name in special else catalogue(f"noun.{name}.{info.cohort.unit}")


def _times(n: int, catalogue: Catalogue) -> str:
    return catalogue("any.times.one") if n == 1 else catalogue("any.times.many", n=n)
