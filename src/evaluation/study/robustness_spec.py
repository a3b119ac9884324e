"""The section ``[robustness]`` of the study file: which checks of the primary result a run makes, and the other choices it is tried under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from evaluation.outcomes.spec import Establishment

Check = Literal["specifications", "placebo", "evalue", "rosenbaum", "partial_r2"]
CHECKS: tuple[Check, ...] = ("specifications", "placebo", "evalue", "rosenbaum", "partial_r2")
READ_CHOICES = ("clock", "definition", "year")
"""Choices of what is read; all others are options of the matching."""
MOST = 60  # specifications: beyond these nobody reads the figure


class Grid(BaseModel):
    """Values of the choices that the primary result is tried under, every one with every other.

    The study's own values always belong to it, named or not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: tuple[Literal["nearest", "optimal"], ...] = ()
    ratio: tuple[Annotated[int, Field(ge=1)], ...] = ()
    caliper: tuple[Annotated[float, Field(gt=0)] | None, ...] = ()
    replace: tuple[bool, ...] = ()
    clock: tuple[Literal["start", "exit_planned", "exit_actual"], ...] = ()
    definition: tuple[Establishment, ...] = ()
    year: tuple[Annotated[int, Field(ge=1, le=4)], ...] = ()

    @field_validator("caliper", mode="before")
    @classmethod
    def _none_in_words(cls, values: Any) -> Any:
        if not isinstance(values, (list, tuple)):
            return values
        return [None if isinstance(v, str) and v.strip().lower() == "none" else v for v in values]

    def values(self, own: Mapping[str, Any]) -> dict[str, list[Any]]:
        """Values by choice, the study's own (``own``) first; options of the matching before choices of what is read."""
        named = {name: values for name, values in self if values}
        return {name: list(dict.fromkeys([own[name], *values])) for name, values in named.items()}


class RobustnessSection(BaseModel):
    """Whether the primary result would stand; without this section a release holds no such checks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checks: tuple[Check, ...] = Field(default=CHECKS, min_length=1)
    grid: Grid = Grid()
    draws: int = Field(default=0, ge=0, le=10_000, description="permutations of the curve's joint test; 0: none")
    placebo: tuple[Establishment, ...] = Field(
        default=("E4_employed",),
        description="definitions tried in a year before every covariate, beside the primary one",
    )
    benchmarks: int = Field(
        default=5, ge=1, le=20, description="how many of the strongest covariates a hidden trait is compared with"
    )

    @model_validator(mode="after")
    def _something_to_try(self) -> RobustnessSection:
        named = {name: values for name, values in self.grid if values}
        if "specifications" in self.checks and not named:
            raise ValueError(
                "grid: no choice has other values to try; name some, for instance grid = { caliper = [0.1], ratio = [1] }, "
                "or leave 'specifications' out of checks"
            )
        return self
