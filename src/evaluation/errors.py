"""Errors and warnings that people meet: what was given, what is allowed, how to mend it.

A message never holds a person's id or a value that belongs to one person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Parameters
    ----------
    where
        The file, register, section or option concerned.
    given
        What was found there: a value, a count, a name.
    allowed
        What would have been right.
    mend
        What the reader can do about it.
    """

    where: str
    given: str
    allowed: str = ""
    mend: str = ""

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.given}"]
        if self.allowed:
            lines.append(f"    allowed: {self.allowed}")
        if self.mend:
            lines.append(f"    mend:    {self.mend}")
        return "\n".join(lines)


class EvaluationError(Exception):
    """Base of all errors a user can mend; carries every problem found, not the first only."""

    headline = "The evaluation cannot go on"
    exit_code = 2

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        n = len(self.problems)
        count = "1 problem" if n == 1 else f"{n} problems"
        return "\n".join([f"{self.headline} ({count}):", *(f"  {i}. {p}" for i, p in enumerate(self.problems, 1))])


class DeliveryError(EvaluationError):
    """Registers that are broken beyond repair: a missing file, column or year, or no rows."""

    headline = "The register delivery cannot be used"


class StudyError(EvaluationError):
    """A study file or definition table that cannot be read or makes no sense."""

    headline = "The study file cannot be used"


class CohortError(EvaluationError):
    """A cohort that cannot be assembled as asked."""

    headline = "The cohort cannot be assembled"


class MatchingError(EvaluationError, ValueError):
    """A matching that cannot be done as asked, or an option that makes no sense with another."""

    headline = "The matching cannot be done as asked"


class DesignError(EvaluationError):
    """A design that is not frozen, was changed after freezing, or does not meet its gates."""

    headline = "The design does not allow this"


class EffectError(EvaluationError, ValueError):
    """An estimate that would not mean what it says."""

    headline = "The effect cannot be estimated as asked"


class ReleaseError(EvaluationError):
    """A release folder that is incomplete, was altered, or holds what may not leave."""

    headline = "The release cannot be used"


class StatisticalWarning(UserWarning):
    """Base of warnings about what a number may be worth."""


class OverlapWarning(StatisticalWarning):
    """Units without comparable counterparts."""


class SeparationWarning(StatisticalWarning):
    """A covariate decides treatment (almost) completely."""


class FewClustersWarning(StatisticalWarning):
    """Too few clusters for the usual cluster-robust standard error."""


class FlaggedMethodWarning(StatisticalWarning):
    """A method offered so that older reports can be rerun, known to be biased."""


class DominantWeightWarning(StatisticalWarning):
    """One unit carries so much of the weight of its group that it alone decides the estimate."""


class CensoredHorizonWarning(StatisticalWarning):
    """A horizon that many units are not followed to."""


class PreTrendWarning(StatisticalWarning):
    """Treated and comparison units that moved apart before treatment."""


class ImpossibleRateWarning(StatisticalWarning):
    """A model that puts the mean of a rate outside [0, 1]."""
