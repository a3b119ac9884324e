"""release.json as typed objects: the study, the result named beforehand, the design in numbers, the requirements."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from evaluation.report.numbers import Language

SCHEMA = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StudyInfo(_Part):
    """What the study file says about the assignment."""

    title_sv: str
    title_en: str
    question_sv: str
    question_en: str
    commissioner: str = ""
    evaluator: str = ""
    version: str = ""
    date: str = ""
    contact: str = ""
    statement_url: str = ""
    period: str = ""

    def title(self, lang: Language) -> str:
        """The title in a language."""
        return self.title_sv if lang == "sv" else self.title_en

    def question(self, lang: Language) -> str:
        """The question in a language."""
        return self.question_sv if lang == "sv" else self.question_en

    @property
    def day(self) -> dt.date | None:
        """The report's date, where it is an ISO date."""
        try:
            return dt.date.fromisoformat(self.date)
        except ValueError:
            return None


class PrimaryInfo(_Part):
    """The result named beforehand."""

    outcome: str
    definition: str = ""
    clock: str
    year: int
    estimand: str
    estimator: str = "matched_difference"


class Margins(_Part):
    """Differences of practical importance, set beforehand."""

    share: float | None = None
    sek: float | None = None
    months: float | None = None


class DesignInfo(_Part):
    """The frozen design in numbers."""

    hash: str = ""
    frozen: bool = True
    changes: int = 0
    n_treated_all: int | None = None
    n_treated_eligible: int | None = None
    n_treated_matched: int | None = None
    n_controls_matched: int | None = None
    n_person_months: int | None = None
    ess_controls: float | None = None
    max_smd_after: float | None = None
    n_covariates: int | None = None
    caliper: float | str | None = None
    ratio: float | None = None
    exact: tuple[str, ...] | str = ()
    strata: tuple[str, ...] = ()
    mde: float | None = None

    @property
    def same(self) -> tuple[str, ...]:
        """What had to be the same: the strata really used; where an older release does not say, what the study file asked for."""
        asked = (self.exact,) if isinstance(self.exact, str) else self.exact
        return tuple(name for name in (self.strata or asked) if name)


class Gate(_Part):
    """One requirement set before the analysis."""

    name: str
    value: float | None = None
    limit: float | None = None
    passed: bool
    bound: Literal["", "at_least"] = ""


class CohortInfo(_Part):
    """What the study counts."""

    unit: Literal["individuals", "employments"] = Field(
        default="individuals", validation_alias=AliasChoices("unit", "unit_of_count")
    )


class OutcomesInfo(_Part):
    """What is done with the dead, those abroad and those in no register."""

    absent: Literal["counted", "excluded"] = "counted"


class UnadjustedInfo(_Part):
    """Whom the comparison without matching is about."""

    participants: Literal["matched", "eligible"] = "matched"


class WeightsInfo(_Part):
    """Of the estimand ``never``: the sum of the weights over the number of participants, least and greatest over horizons."""

    least: float | None = None
    greatest: float | None = None


class ReleaseInfo(_Part):
    """release.json."""

    schema_: int = SCHEMA
    synthetic: bool
    scenario: str | None = None
    study: StudyInfo
    window: dict[str, Any] = {}
    primary: PrimaryInfo
    margins: Margins = Margins()
    cohort: CohortInfo = CohortInfo()
    outcomes: OutcomesInfo = OutcomesInfo()
    unadjusted: UnadjustedInfo = UnadjustedInfo()
    weights: WeightsInfo = WeightsInfo()
    price_year: int | None = None
    end_of_data: str = ""
    design: DesignInfo = DesignInfo()
    gates: tuple[Gate, ...] = ()
    min_count: int | None = None
    rounding: Any = None
    software: dict[str, Any] = {}
    seed: int | None = None
