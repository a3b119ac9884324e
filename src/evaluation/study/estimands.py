"""What may be compared with what, and which estimators answer it: the names a study file may use.

An estimator is added here by name and in ``estimators.py`` by function. Whatever the estimator, the effect is for the same participants: those whom
the matched sets compare (:mod:`evaluation.study.effects_participants`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Estimand = Literal["not_yet", "never", "never_in_follow_up"]
Estimator = Literal["matched_difference", "matched_regression", "did", "ipw", "aipw", "dynamic_matched", "dynamic"]

INHERITED_CLOCKS = ("start", "exit_planned", "exit_actual")
ALL_CLOCKS = (*INHERITED_CLOCKS, "exit_own", "exit_pseudo")

MAIN: dict[str, str] = {
    "not_yet": "matched_difference",
    "never": "dynamic_matched",
    "never_in_follow_up": "matched_difference",
}
"""The estimator that is always given for an estimand; the primary result is by it."""


@dataclass(frozen=True)
class Serves:
    """What an estimator answers: estimands, clocks, and whether it speaks of subgroups."""

    estimands: tuple[str, ...]
    clocks: tuple[str, ...]
    subgroups: bool = True


SERVES: dict[str, Serves] = {
    "matched_difference": Serves(("not_yet", "never_in_follow_up"), ALL_CLOCKS),
    "dynamic_matched": Serves(("never",), INHERITED_CLOCKS),
    "matched_regression": Serves(("not_yet",), INHERITED_CLOCKS, subgroups=False),
    "did": Serves(("not_yet",), INHERITED_CLOCKS, subgroups=False),
    # controls outside the sets have no exit to inherit; they are weighted to look like the participants matched, as a whole
    "ipw": Serves(("not_yet",), ("start",), subgroups=False),
    "aipw": Serves(("not_yet",), ("start",), subgroups=False),
    "dynamic": Serves(("never",), ("start",), subgroups=False),
}


def plan(estimands: Sequence[str], estimators: Sequence[str], clock: str) -> list[tuple[str, str]]:
    """``(estimand, estimator)`` to estimate on a clock: the main estimator of each estimand, then the others that serve it."""
    named = list(dict.fromkeys(estimators))
    return [
        (estimand, estimator)
        for estimand in dict.fromkeys(estimands)
        for estimator in [MAIN[estimand], *(name for name in named if name != MAIN[estimand])]
        if estimand in SERVES[estimator].estimands and clock in SERVES[estimator].clocks
    ]


def idle(estimands: Sequence[str], estimators: Sequence[str]) -> list[str]:
    """Estimators that were asked for and answer none of the estimands; the default alone may stand idle."""
    return [
        name for name in estimators if name != "matched_difference" and not set(SERVES[name].estimands) & set(estimands)
    ]
