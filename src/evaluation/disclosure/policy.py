"""The policy of disclosure control, as data: what may leave, apart from the code that sees to it."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Construction(BaseModel):
    """A trait that everybody in the treated group has by the way the group was chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: str
    definition: str = ""
    horizon_unit: str
    clock: str
    horizon: int
    reason: str


class Policy(BaseModel):
    """Thresholds of disclosure control. What is not given is taken from ``policy.toml`` beside this module.

    Parameters
    ----------
    min_count
        Least number of persons with, and without, a trait behind a released share or count.
    min_count_margin
        Least number of persons in the group that a figure is about; never below ``min_count``.
    min_dof
        Least residual degrees of freedom behind an estimate.
    rounding
        Base that counts are rounded to; 0 for none.
    zeros_disclosive
        Whether a count of zero (or a complement of zero) is protected like a small one.
    dominance_n, dominance_percent, p_percent
        Rules for magnitudes, see :func:`evaluation.disclosure.magnitude_safe`.
    by_construction
        Groups in which everybody has a trait because of how the group was chosen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_count: int = Field(ge=3)
    min_count_margin: int = Field(ge=3)
    min_dof: int = Field(ge=1)
    rounding: int = Field(ge=0, le=100)
    zeros_disclosive: bool
    dominance_n: int = Field(ge=1)
    dominance_percent: float = Field(gt=0, le=100)
    p_percent: float = Field(ge=0, le=100)
    by_construction: tuple[Construction, ...]

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        filled = {**default_policy(), **given}
        if "min_count_margin" not in given and isinstance(filled["min_count"], int):
            filled["min_count_margin"] = max(filled["min_count_margin"], filled["min_count"])
        return filled

    @model_validator(mode="after")
    def _margin(self) -> Policy:
        if self.min_count_margin < self.min_count:
            raise ValueError(f"min_count_margin {self.min_count_margin} is below min_count {self.min_count}")
        return self

    def small(self, count: float) -> bool:
        """Whether a count must be hidden: under the minimum, and not a zero that the policy lets pass."""
        count = round(count)
        return count < self.min_count and (count > 0 or self.zeros_disclosive)

    def tells_on_its_group(self, count: float, group: float) -> bool:
        """Whether the persons with a trait, or those without it, are too few."""
        return self.small(count) or self.small(group - count)

    def leaves_too_few(self, difference: float) -> bool:
        """Whether two figures differ by so few persons that subtracting them tells on those; no difference tells nothing."""
        return 0 < abs(round(difference)) < self.min_count


def default_policy() -> dict[str, Any]:
    """Contents of the packaged ``policy.toml``."""
    return tomllib.loads(resources.files("evaluation.disclosure").joinpath("policy.toml").read_text(encoding="utf-8"))
