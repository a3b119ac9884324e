"""The study file: everything an evaluator decides, read from TOML and checked as a whole.

Every section is a frozen model; an unknown key is an error with the nearest known name, and all problems of a file are
told at once.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from evaluation.cohort.spec import CohortSpec
from evaluation.errors import Problem, StudyError
from evaluation.outcomes.spec import OutcomeSpec
from evaluation.study.estimands import SERVES, Estimand, Estimator, idle
from evaluation.study.robustness_spec import MOST, RobustnessSection
from evaluation.study.shared import follow, without_followers
from evaluation.study.wording import problem_of, unreadable

RISK_SET = ("month", "elapsed_class")
Clock = Literal["start", "exit_planned", "exit_actual", "exit_own", "exit_pseudo"]
Subgroup = Literal["sex", "origin", "age", "education", "workplace_type", "planned_length", "start_year"]


class Section(BaseModel):
    """A frozen section of the study file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StudySection(Section):
    """Who asks, who answers, and the words of the question."""

    title_sv: str
    title_en: str
    question_sv: str
    question_en: str
    commissioner: str = ""
    evaluator: str = ""
    version: str = "1.0"
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    contact: str = ""
    statement_url: str = ""


class ScoreSection(Section):
    """The covariates of the score, its terms of time, and how it is fitted."""

    covariates: tuple[str, ...] = Field(min_length=1)
    time: tuple[str, ...] = ("elapsed_class", "quarter")
    model: Literal["logit", "lasso", "boosting"] = "logit"


class MatchingSection(Section):
    """How participants and comparison persons are matched; the options of ``evaluation.matching.match``.

    A key that is left out means the default given here. ``order`` left out is the method's own; ``caliper = "none"`` (TOML has no null) is no
    caliper, whatever ``caliper_unit`` says.
    """

    method: str = "nearest"
    distance: str = "logit"
    exact: tuple[str, ...] = ("month", "elapsed_class", "sex")
    ratio: int = Field(default=5, ge=1)
    replace: bool = False
    max_reuse: int | None = Field(default=None, ge=1)
    order: str | None = None
    caliper: float | None = Field(default=0.2, gt=0)
    caliper_unit: str | None = "sd_strata"
    seed: int = 1

    @field_validator("caliper", mode="before")
    @classmethod
    def _none_in_words(cls, value: Any) -> Any:
        return None if isinstance(value, str) and value.strip().lower() == "none" else value

    @property
    def options(self) -> dict[str, Any]:
        """Options for ``match`` besides the strata; those left to the method are not named."""
        unused = {"exact"} if self.caliper is not None else {"exact", "caliper_unit"}
        return self.model_dump(exclude=unused, exclude_none=True)

    @property
    def strata(self) -> tuple[str, ...]:
        """Columns of the exact strata: a risk set is always a month and a class of elapsed time."""
        asked = tuple({"sex": "woman"}.get(name, name) for name in self.exact)
        return RISK_SET + tuple(name for name in asked if name not in RISK_SET)


class PrimarySection(Section):
    """The one result that is named before any outcome is read."""

    outcome: Literal["established"] = "established"
    definition: str = "E2_scb"
    clock: Clock = "exit_planned"
    year: int = Field(default=4, ge=1, le=4)


class MarginsSection(Section):
    """Differences of practical importance, by unit; without one, "no practical difference" is never said."""

    share: float | None = Field(default=None, gt=0, lt=1)
    sek: float | None = Field(default=None, gt=0)
    months: float | None = Field(default=None, gt=0)


class EffectsSection(Section):
    """Which clocks, subgroups, estimands and estimators the effects are given for.

    ``estimand`` is what the primary result is about; ``estimands`` are shown beside it. Each estimand has its main estimator; ``estimators``
    names others to show beside those.
    """

    clocks: tuple[Clock, ...] = ("start", "exit_planned", "exit_actual")
    estimand: Estimand = "not_yet"
    estimands: tuple[Estimand, ...] = ()
    estimators: tuple[Estimator, ...] = ("matched_difference",)
    subgroups: tuple[Subgroup, ...] = ()
    # the words of the report ("19 cases out of 20") and the detectable difference are those of 95 %
    level: float = Field(default=0.95, ge=0.95, le=0.95)
    unadjusted_controls: int = Field(default=10, ge=1)

    @property
    def all_estimands(self) -> tuple[str, ...]:
        """The estimand of the primary result, then the others."""
        return tuple(dict.fromkeys((self.estimand, *self.estimands)))

    @model_validator(mode="after")
    def _estimators_have_work(self) -> EffectsSection:
        for estimator in idle(self.all_estimands, self.estimators):
            serves = " or ".join(repr(name) for name in SERVES[estimator].estimands)
            raise ValueError(
                f"estimators: {estimator!r} answers {serves}, which is not among the estimands {list(self.all_estimands)}; add it to estimands"
            )
        return self


class GatesSection(Section):
    """What a design must meet before its outcomes are read."""

    max_smd: float = Field(default=0.1, gt=0)
    min_matched_share: float = Field(default=0.8, ge=0, le=1)
    min_linked_share: float = Field(default=0.9, ge=0, le=1)
    max_mde: float = Field(default=0.15, gt=0)


class DisclosureSection(Section):
    """What may leave: the minimum count of a cell, and the base counts are rounded to (0: none)."""

    min_count: int = Field(default=5, ge=3)
    rounding: Literal[0, 5, 10] = 0


class StudyFile(Section):
    """A whole study file.

    What two rooms must agree on is decided once (:data:`evaluation.study.shared.SHARED`); the other room's key follows, and is no part of a
    dump, so that a dump with one key changed can be checked again.
    """

    study: StudySection
    cohort: CohortSpec
    score: ScoreSection
    matching: MatchingSection = MatchingSection()
    outcomes: OutcomeSpec
    primary: PrimarySection = PrimarySection()
    margins: MarginsSection = MarginsSection()
    effects: EffectsSection = EffectsSection()
    gates: GatesSection = GatesSection()
    robustness: RobustnessSection | None = None
    disclosure: DisclosureSection = DisclosureSection()

    @model_validator(mode="after")
    def _fits_together(self) -> StudyFile:
        if self.primary.outcome not in self.outcomes.outcomes:
            raise ValueError(
                f"primary.outcome {self.primary.outcome!r} is not among outcomes.outcomes {list(self.outcomes.outcomes)}"
            )
        if self.primary.definition not in self.outcomes.definitions:
            raise ValueError(
                f"primary.definition {self.primary.definition!r} is not among outcomes.definitions {list(self.outcomes.definitions)}"
            )
        if self.primary.year not in self.outcomes.years:
            raise ValueError(
                f"primary.year {self.primary.year} is not among outcomes.years {list(self.outcomes.years)}"
            )
        if self.primary.clock in ("exit_own", "exit_pseudo"):
            raise ValueError(
                f"primary.clock {self.primary.clock!r} is biased and offered for reruns only: it cannot be the primary clock"
            )
        if self.primary.clock not in self.effects.clocks:
            raise ValueError(
                f"primary.clock {self.primary.clock!r} is not among effects.clocks {list(self.effects.clocks)}"
            )
        if (n := prod(len(values) for values in self.grid.values())) > MOST:
            raise ValueError(
                f"robustness.grid: {n} specifications, more than {MOST}, which a figure can show; name fewer values"
            )
        return self

    @property
    def own_choices(self) -> dict[str, Any]:
        """What the study itself chose, of all that a specification curve may vary."""
        primary = self.primary
        return {
            **self.matching.model_dump(),
            "clock": primary.clock,
            "definition": primary.definition,
            "year": primary.year,
        }

    @property
    def grid(self) -> dict[str, list[Any]]:
        """The grid of ``[robustness]`` with the study's own values; empty without the section."""
        return {} if self.robustness is None else self.robustness.grid.values(self.own_choices)

    @model_serializer(mode="wrap")
    def _decided_once(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_followers(handler(self))

    def digest(self, *sections: str) -> str:
        """Hash of the named sections (all when none is named), for provenance and for the cache of stages."""
        names = sections or tuple(type(self).model_fields)
        sections = {name: getattr(self, name) for name in names}
        data = {name: s.model_dump(mode="json") for name, s in sections.items() if s is not None}
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def read_study_file(path: str | Path) -> StudyFile:
    """Read and check a study file.

    Raises
    ------
    StudyError
        Naming every key that is unknown, missing or out of range.
    """
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(unreadable(path, error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(
            Problem(
                path.name, f"is not valid TOML: {error}", mend="mend the line that is named; the file must be UTF-8"
            )
        ) from None
    return parse_study(raw, name=path.name)


def parse_study(raw: Mapping[str, Any], *, name: str = "study") -> StudyFile:
    """Check the content of a study file given as nested mappings (``[window]`` becomes part of the cohort's section)."""
    content = {key: dict(value) if isinstance(value, Mapping) else value for key, value in raw.items()}
    problems = []
    if "window" in content and isinstance(content.get("cohort", {}), dict):
        content["cohort"] = {**content.pop("window"), **content.get("cohort", {})}
    elif "window" not in content:
        problems.append(
            Problem(
                f"{name} [window]",
                "is missing",
                'first_month and last_month, for instance "2009-01"',
                "add the section",
            )
        )
    return check_study(content, name=name, problems=problems)


def check_study(content: Mapping[str, Any], *, name: str, problems: Sequence[Problem] = ()) -> StudyFile:
    """Check sections as a whole; what is wrong with them is told together with the problems already found."""
    from evaluation.study.checks import option_problems  # it needs the sections of this module

    content, doubled = follow(content, name)
    found = [*problems, *doubled]
    try:
        spec = StudyFile.model_validate(content)
    except ValidationError as error:
        found.extend(problem_of(detail, name, StudyFile) for detail in error.errors())
    found.extend(option_problems(content, name))
    if found:
        raise StudyError(found)
    return spec
