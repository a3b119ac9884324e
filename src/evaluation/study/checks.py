"""What the engines would refuse minutes later, said when the study file is read: names of covariates, options of the matching.

Sections are looked at one by one, so that a mistake in one of them hides nothing in another.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from evaluation.cohort.catalogue import CATALOGUE, chosen
from evaluation.cohort.guard import Role, refuse_known_afterwards
from evaluation.errors import CohortError, MatchingError, Problem
from evaluation.matching import MatchSpec
from evaluation.matching.options import METHODS as ENGINE_METHODS
from evaluation.study.file import RISK_SET, MatchingSection, ScoreSection
from evaluation.study.robustness_spec import READ_CHOICES, RobustnessSection

TIME = ("elapsed_class", "quarter", "year", "month", "elapsed")
#: Columns of a cohort, besides its covariates, whose values make strata.
STRATA = (*RISK_SET, "quarter", "year", "elapsed", "episode", "enrolment", "sex")
#: Methods that give each participant a set of its own: its comparison persons inherit its clocks.
METHODS = ("nearest", "optimal")
#: Method of matching -> what to use instead, where the study cannot use it.
INSTEAD = {"ipw": "ipw", "overlap": "overlap"}

M = TypeVar("M", bound=BaseModel)


def option_problems(content: Mapping[str, Any], name: str) -> list[Problem]:
    """Problems of ``[score]`` and ``[matching]`` beyond types and ranges.

    Parameters
    ----------
    content
        The sections of a study file, as mappings.
    name
        Of the study file, for the messages.
    """
    score, matching = _section(ScoreSection, content, "score"), _section(MatchingSection, content, "matching")
    covariates = _covariates(content)
    problems: list[Problem] = []
    if score is not None:
        problems += _names(score.covariates, covariates, "covariate", f"{name} [score] covariates")
        problems += _names(score.time, TIME, None, f"{name} [score] time")
    if matching is not None:
        asked = tuple(column for column in matching.exact if column not in RISK_SET)
        problems += _names(asked, (*STRATA, *covariates), "stratum", f"{name} [matching] exact")
        problems += _matching(matching, score, name)
        if not problems:
            problems += _grid(_section(RobustnessSection, content, "robustness"), matching, score, name)
    return problems


def _grid(
    robustness: RobustnessSection | None, matching: MatchingSection, score: ScoreSection | None, name: str
) -> list[Problem]:
    """Values of the specification curve that the matching would refuse."""
    problems: dict[tuple[str, str], Problem] = {}
    for choice, values in robustness.grid if robustness is not None else ():
        for value in values if choice not in READ_CHOICES else ():
            # the order of one method means nothing for another
            order = {"order": None} if choice in ("method", "replace") else {}
            found = _matching(matching.model_copy(update={choice: value, **order}), score, name)
            problems |= {
                (choice, str(value)): Problem(
                    f"{name} [robustness] grid.{choice}", f"{value!r}: {p.given}", p.allowed, p.mend
                )
                for p in found
            }
    return list(problems.values())


def _section(model: type[M], content: Mapping[str, Any], section: str) -> M | None:
    """The section, or None where it is missing or cannot be read: pydantic says why."""
    try:
        return model.model_validate(content.get(section) or {})
    except ValidationError:
        return None


def _covariates(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Covariates that the cohort will carry."""
    cohort = content.get("cohort")
    asked = cohort.get("covariates", ()) if isinstance(cohort, Mapping) else ()
    try:
        return tuple(covariate.name for covariate in chosen(asked))
    except (ValueError, TypeError):  # told with the section [cohort]
        return tuple(covariate.name for covariate in CATALOGUE)


def _names(given: Iterable[str], known: Iterable[str], role: Role | None, where: str) -> list[Problem]:
    problems = []
    known = tuple(known)
    for column in dict.fromkeys(given):
        if column in known:
            continue
        if role is not None:
            try:
                refuse_known_afterwards([column], role=role)
            except CohortError as error:
                problems += [Problem(f"{where}: {p.where}", p.given, p.allowed, p.mend) for p in error.problems]
                continue
        near = difflib.get_close_matches(column, known, n=1)
        problems.append(
            Problem(
                where,
                f"{column!r} is no column that the cohort will have",
                ", ".join(known),
                f"did you mean {near[0]!r}?" if near else "name one of them; [cohort] covariates says which are read",
            )
        )
    return problems


def _matching(matching: MatchingSection, score: ScoreSection | None, name: str) -> list[Problem]:
    """What the matching engine says of the options, before there is anything to match."""
    where = f"{name} [matching]"
    if matching.method in ENGINE_METHODS and matching.method not in METHODS:
        other = INSTEAD.get(matching.method)
        return [
            Problem(
                f"{where} method",
                f"{matching.method!r} gives participants no comparison persons of their own, whose clocks could be theirs",
                ", ".join(METHODS),
                f"use one of them; weighting is an estimator: [effects] estimators = [{other!r}]"
                if other
                else "use one",
            )
        ]
    try:
        MatchSpec(
            treatment="treated",
            covariates=(*score.covariates, *score.time) if score is not None else ("age",),
            id="row",
            unit="person",
            exact=matching.strata,
            **matching.options,
        )
    except MatchingError as error:
        return [Problem(f"{where} {p.where}", p.given, p.allowed, p.mend) for p in error.problems]
    return []
