"""What a cohort is: the window, who is eligible, what counts as one employment and which covariates are read."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from evaluation.cohort.months import parse_month

EmploymentKind = Literal["regular", "created", "sheltered", "youth", "holiday"]


class CohortSpec(BaseModel):
    """Frozen specification of a cohort: the sections ``[window]`` and ``[cohort]`` of a study file.

    Attributes
    ----------
    first_month, last_month
        Window in which employments start and persons are at risk, ``"YYYY-MM"``, both included.
    unit
        ``individuals``: a person is at risk until the first fixed-term employment. ``employments``: each counts; a person is
        at risk again in enrolled months after one has ended.
    age
        Youngest and oldest age in the month at risk, both included (calendar year less year of birth).
    episode_gap_days
        Enrolments with at most this many days between them are one episode.
    extension_gap_days
        A new row of the same kind that starts at most this many days after the end of the one before extends it.
    extension_gap_months
        Employments with at most this many whole months between them are one; None: only extensions are merged.
    workplaces
        Kinds of workplace that count as fixed-term employment.
    earlier_employment
        ``disqualifies``: the first employment in the data must be in the window. ``ignored``: one that started before the
        window keeps its person from being at risk only while it lasts.
    elapsed_classes
        Lower bounds, in months since enrolment, of the classes of elapsed time; the first is 0.
    covariates
        Names of covariates, or of groups of covariates, to read; empty: all.
    price_year
        Amounts are in SEK of this year.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_month: str = "2009-01"
    last_month: str = "2011-12"
    unit: Literal["individuals", "employments"] = "individuals"
    age: tuple[int, int] = (18, 64)
    episode_gap_days: int = Field(default=30, ge=0, le=366)
    extension_gap_days: int = Field(default=14, ge=0, le=366)
    extension_gap_months: int | None = Field(default=1, ge=0, le=12)
    workplaces: tuple[EmploymentKind, ...] = Field(default=("regular", "created"), min_length=1)
    earlier_employment: Literal["disqualifies", "ignored"] = "disqualifies"
    elapsed_classes: tuple[int, ...] = (0, 3, 6, 12, 24)
    covariates: tuple[str, ...] = ()
    price_year: int = Field(default=2016, ge=1980, le=2100)

    @property
    def first(self) -> int:
        """First month of the window as an absolute month."""
        return parse_month(self.first_month)

    @property
    def last(self) -> int:
        """Last month of the window as an absolute month."""
        return parse_month(self.last_month)

    @property
    def years(self) -> range:
        """Calendar years of the window."""
        return range(self.first // 12, self.last // 12 + 1)

    @field_validator("first_month", "last_month")
    @classmethod
    def _is_month(cls, text: str) -> str:
        parse_month(text)
        return text

    @field_validator("elapsed_classes")
    @classmethod
    def _classes_rise_from_zero(cls, classes: tuple[int, ...]) -> tuple[int, ...]:
        if not classes or classes[0] != 0 or any(b <= a for a, b in pairwise(classes)):
            raise ValueError(
                "elapsed_classes are lower bounds in months that rise from 0, for instance [0, 3, 6, 12, 24]"
            )
        return classes

    @field_validator("covariates")
    @classmethod
    def _known_covariates(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        # here, and not at the top: the catalogue of covariates imports the months of this room, and reads no spec
        from evaluation.cohort.catalogue import check_names

        check_names(names)
        return names

    @model_validator(mode="after")
    def _in_order(self) -> CohortSpec:
        if self.first > self.last:
            raise ValueError(f"first_month {self.first_month} is after last_month {self.last_month}")
        if not 0 <= self.age[0] <= self.age[1]:
            raise ValueError(f"age {self.age} is not a youngest and an oldest age")
        if len(set(self.workplaces)) < len(self.workplaces):
            raise ValueError(f"workplaces {self.workplaces} names a kind twice")
        return self
