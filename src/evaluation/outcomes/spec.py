"""What is read as outcomes: which, by which definition, at which horizons, by which rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Outcome = Literal[
    "established",
    "self_sufficient",
    "earnings",
    "social_assistance_months",
    "unemployment_insurance",
    "registered_unemployed",
    "studying",
    "sick_or_retired",
    "sustained_established",
    "returned_to_jobbtorg",
    "employed_elsewhere",
]
Establishment = Literal["E1_raks", "E2_scb", "E3_uka", "E4_employed", "E5_income"]
SelfSufficiency = Literal["SF1", "SF2"]

DEFAULT_OUTCOMES: tuple[Outcome, ...] = (
    "established",
    "self_sufficient",
    "earnings",
    "social_assistance_months",
    "unemployment_insurance",
    "registered_unemployed",
    "studying",
    "sick_or_retired",
    "sustained_established",
    "returned_to_jobbtorg",
)
SUSTAINED: tuple[Establishment, ...] = ("E2_scb", "E4_employed")
UNITS: dict[Outcome, str] = {"earnings": "sek", "social_assistance_months": "months"}
"""Unit of an outcome; every outcome that is not named here is a share."""


class OutcomeSpec(BaseModel):
    """The outcome part of a study file, frozen.

    Horizons are counted from a person's time zero T0, whichever clock gave it: year *k* is calendar year(T0) + *k*, month *h* is T0 + *h*.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcomes: tuple[Outcome, ...] = DEFAULT_OUTCOMES
    definitions: tuple[Establishment, ...] = ("E1_raks", "E2_scb", "E3_uka", "E4_employed", "E5_income")
    sustained_definitions: tuple[Establishment, ...] = Field(
        default=SUSTAINED,
        description="Definitions for which establishment in every year since time zero is given; where it is not named, those of "
        "E2_scb and E4_employed that are among definitions.",
    )
    self_sufficiency: tuple[SelfSufficiency, ...] = ("SF1",)
    years: tuple[Annotated[int, Field(ge=1, le=10)], ...] = (1, 2, 3, 4)
    months_employed: tuple[Annotated[int, Field(ge=-36, le=120)], ...] = tuple(range(49))
    months_self_sufficient: tuple[Annotated[int, Field(ge=-36, le=120)], ...] = (6, 12, 18, 24, 36, 48)
    months_registered: tuple[Annotated[int, Field(ge=-36, le=120)], ...] = tuple(range(0, 49, 6))
    months_returned: tuple[Annotated[int, Field(ge=1, le=120)], ...] = tuple(range(6, 49, 6))
    price_year: int = 2016
    absent: Literal["counted", "excluded"] = Field(
        default="counted",
        description="Dead, abroad or without a register row: counted in the denominator of a share without the outcome, or excluded. "
        "Earnings always exclude them.",
    )
    count_subsidised: bool = Field(
        default=True,
        description="Whether a year with days in supported employment or a new-start job may count as established.",
    )
    income_multiple: float = Field(default=2.0, gt=0, description="Price base amounts of earnings that E5 asks for.")
    self_sufficient_multiple: float = Field(
        default=4.0, gt=0, description="Price base amounts of work income that SF2 asks for."
    )
    # the two below are decisions about the cohort: a study file gives them once, as [cohort] episode_gap_days and workplaces
    episode_gap_days: int = Field(
        default=30, ge=0, description="A new enrolment within so many days continues the earlier one."
    )
    programme_kinds: tuple[str, ...] = Field(
        default=("regular", "created"), description="Kinds of employment whose months are those of the programme."
    )

    @model_validator(mode="before")
    @classmethod
    def _sustained_follow_the_definitions(cls, data: Any) -> Any:
        # fewer definitions alone must not make the default of another key wrong
        if isinstance(data, Mapping) and "definitions" in data and "sustained_definitions" not in data:
            asked = data["definitions"]
            if isinstance(asked, list | tuple):
                return {**data, "sustained_definitions": tuple(name for name in SUSTAINED if name in asked)}
        return data

    @model_validator(mode="after")
    def _unique_and_sorted(self) -> OutcomeSpec:
        for name in ("outcomes", "definitions", "sustained_definitions", "self_sufficiency"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                raise ValueError(f"{name}: an entry appears twice")
        for name in ("years", "months_employed", "months_self_sufficient", "months_registered", "months_returned"):
            if list(getattr(self, name)) != sorted(set(getattr(self, name))):
                raise ValueError(f"{name}: horizons must rise, each given once")
        if unread := set(self.sustained_definitions) - set(self.definitions):
            raise ValueError(f"sustained_definitions: {', '.join(sorted(unread))} is not among definitions")
        return self


def unit_of(outcome: str) -> str:
    """``share``, ``sek`` or ``months``."""
    return UNITS.get(outcome, "share")  # type: ignore[call-overload]
