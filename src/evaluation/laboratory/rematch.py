"""Re-matching: a cohort and a choice give balance, overlap and numbers; no outcome is read, nothing is frozen or written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from evaluation.cohort import Cohort, refuse_known_afterwards
from evaluation.laboratory.choices import Choice
from evaluation.laboratory.comparison import Comparison
from evaluation.laboratory.scores import SCORE, Scored, Scores, collected
from evaluation.laboratory.words import label_of
from evaluation.matching import Overlap, match
from evaluation.study.design import Design
from evaluation.study.file import StudyFile

KEPT = 8  # matched samples kept at once, so that going back is instant
BINS = 30


@dataclass(frozen=True, eq=False)
class Rematch:
    """What one choice leads to.

    Attributes
    ----------
    choice
        How it was matched.
    balance
        One row per covariate and level: covariate, level, kind, label, the group means, ``smd_before`` and ``smd_after`` (of all
        compared covariates, in the score or not).
    overlap
        The score in the groups.
    numbers
        Participants, comparison persons and what they allow; see :func:`numbers_of`.
    notes
        What the score and the matching warned of.
    """

    choice: Choice
    balance: pd.DataFrame
    overlap: Overlap
    numbers: dict[str, float]
    notes: tuple[str, ...]


def rematch(cohort: Cohort, spec: StudyFile, choice: Choice, scored: Scored, compared: tuple[str, ...]) -> Rematch:
    """Match a cohort by a choice, with a score that is fitted already.

    Parameters
    ----------
    cohort
        The person-months at risk.
    spec
        The study file, for its gates.
    choice
        The sections of score and matching to try.
    scored
        The score of this choice: :meth:`Scores.of`.
    compared
        Covariates of the balance table.

    Raises
    ------
    MatchingError
        Nobody can be matched so, or the options do not fit the data.
    """
    strata = choice.matching.strata
    refuse_known_afterwards(strata, role="stratum")
    with collected() as notes:
        matched = match(
            scored.frame,
            treatment="treated",
            score=SCORE,
            id="row",
            unit="person",
            exact=[*strata],
            **choice.matching.options,
        )
        table = matched.balance(covariates=list(compared)).table
        overlap = matched.overlap(bins=BINS)
    table = table[table["kind"] != "score"].reset_index(drop=True)
    table.insert(3, "label", [label_of(c, v) for c, v in zip(table["covariate"], table["level"], strict=True)])
    # the share linked is a property of the delivery, not of the matching: that gate is not judged here
    design = Design(cohort, matched, choice.within(spec), linked_share=math.nan)
    return Rematch(choice, table, overlap, numbers_of(design, table, spec), (*scored.notes, *notes))


def numbers_of(design: Design, balance: pd.DataFrame, spec: StudyFile) -> dict[str, float]:
    """Numbers of a choice: participants and comparison persons, largest difference, covariates over the limit, detectable difference."""
    counts = design.counts
    sizes = balance["smd_after"].abs()
    return {
        "participants": counts["n_treated_eligible"],
        "matched": counts["n_treated_matched"],
        "unmatched": counts["n_treated_eligible"] - counts["n_treated_matched"],
        "comparison_persons": counts["n_controls_matched"],
        "effective_size": counts["ess_controls"],
        "largest_smd": float(sizes.max()),
        "over_limit": int((sizes > spec.gates.max_smd).sum()),
        "detectable": design.mde,
    }


class Bench:
    """A cohort laid out for matching again and again: fitted scores and matched samples are kept.

    Parameters
    ----------
    cohort
        The person-months at risk.
    spec
        The study file: where choices start, and what covariates are compared.
    """

    def __init__(self, cohort: Cohort, spec: StudyFile) -> None:
        self.cohort, self.spec = cohort, spec
        self.scores = Scores(cohort)
        self._kept: dict[Choice, Rematch] = {}

    @property
    def studys(self) -> Choice:
        """The choice of the study file."""
        return Choice.of(self.spec)

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Covariates by group: those of the study file, or all of a group the study file takes none from."""
        out = {}
        asked = set(self.spec.score.covariates)
        for group in dict.fromkeys(c.group for c in self.cohort.covariates):
            names = [c.name for c in self.cohort.covariates if c.group == group]
            out[group] = tuple(name for name in names if name in asked) or tuple(names)
        return out

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """Covariates of every balance table, in the order of the cohort: also those a choice has taken out of its score."""
        shown = {*self.spec.score.covariates, *(name for names in self.groups.values() for name in names)}
        return tuple(c.name for c in self.cohort.covariates if c.name in shown)

    def rematch(self, choice: Choice) -> Rematch:
        """Match by a choice, or give what it led to before."""
        if choice not in self._kept:
            scored = self.scores.of(choice)
            self._kept[choice] = rematch(self.cohort, self.spec, choice, scored, self.compared)
        self._kept[choice] = self._kept.pop(choice)  # the latest stand last
        while len(self._kept) > KEPT:
            self._kept.pop(next(iter(self._kept)))
        return self._kept[choice]

    def compare(self, previous: Choice | None, now: Choice) -> Comparison:
        """Two choices beside each other; one alone where there is no previous."""
        before = self.rematch(previous) if previous is not None else None
        return Comparison(before, self.rematch(now), self.spec.gates)
