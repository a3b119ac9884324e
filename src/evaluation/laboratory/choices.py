"""A choice: the sections [score] and [matching] of a study file, as they might be."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.study.checks import METHODS
from evaluation.study.file import MatchingSection, ScoreSection, StudyFile, check_study

NAME = "choice"
PLAIN_MODEL = "logit"

__all__ = ["METHODS", "Choice", "choose", "score_models"]


@dataclass(frozen=True)
class Choice:
    """One way to match; hashable, so that what it led to can be kept.

    Attributes
    ----------
    score, matching
        Sections of the study file.
    """

    score: ScoreSection
    matching: MatchingSection

    @classmethod
    def of(cls, spec: StudyFile) -> Choice:
        """The choice that a study file has made."""
        return cls(spec.score, spec.matching)

    @property
    def model(self) -> str:
        """How the score is fitted."""
        return getattr(self.score, "model", PLAIN_MODEL)

    @property
    def score_key(self) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        """What a fitted score depends on: choices with the same key share one."""
        return self.score.covariates, self.score.time, self.model

    def within(self, spec: StudyFile) -> StudyFile:
        """The study file with this choice in it."""
        return spec.model_copy(update={"score": self.score, "matching": self.matching})

    def differences(self, other: Choice) -> list[str]:
        """What differs from another choice, one line each: ``caliper: none → 0.2``."""
        lines = []
        added = [name for name in self.score.covariates if name not in other.score.covariates]
        removed = [name for name in other.score.covariates if name not in self.score.covariates]
        for word, names in (("added to", added), ("taken out of", removed)):
            if names:
                lines.append(f"{word} the score: {_few(names)}")
        if self.model != other.model:
            lines.append(f"score model: {other.model} → {self.model}")
        for key, value in self.matching:
            before = getattr(other.matching, key)
            if value != before:
                lines.append(f"{key}: {_plain(before)} → {_plain(value)}")
        return lines


def choose(
    spec: StudyFile, *, covariates: Sequence[str] | None = None, model: str | None = None, **matching: Any
) -> Choice:
    """The study file's choice with options changed, checked by the study file's own rules.

    Parameters
    ----------
    spec
        The study file.
    covariates, model
        Covariates of the score, and how it is fitted; None leaves what the study file says.
    **matching
        Options of ``[matching]``. What the file says of the order does not carry over to another method, or to replacement.

    Raises
    ------
    StudyError
        With everything that does not fit together, in the words of the matching engine.
    """
    content = spec.model_dump()
    before = content["matching"]
    other = any(key in matching and matching[key] != before[key] for key in ("method", "replace"))
    content["matching"] = {**before, **({"order": None} if other else {}), **matching}
    if covariates is not None:
        content["score"] = {**content["score"], "covariates": tuple(covariates)}
    if model is not None and model != Choice.of(spec).model:
        content["score"] = {**content["score"], "model": model}
    return Choice.of(check_study(content, name=NAME))


def score_models() -> tuple[str, ...]:
    """Score models that a study file can ask for: what could not be written down afterwards is not offered."""
    field = ScoreSection.model_fields.get("model")
    return typing.get_args(field.annotation) if field is not None else (PLAIN_MODEL,)


def _few(names: list[str], most: int = 4) -> str:
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
