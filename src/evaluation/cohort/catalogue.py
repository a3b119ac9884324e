"""The covariates a cohort can carry: names, kinds, groups and levels, written once.

The modules of ``covariates/`` compute them; labels for people are looked up by ``label_key``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "binary", "category"]


@dataclass(frozen=True)
class Covariate:
    """One covariate.

    Attributes
    ----------
    name
        Column of the cohort's table.
    kind
        ``number``, ``binary`` (0/1) or ``category``.
    group
        Source it is read from, and name by which a study file can ask for all of them.
    dtype
        Compact storage type of numbers and binaries, of the codes of a category.
    levels
        Levels of a category in order of their codes 0, 1, ...; empty otherwise.
    """

    name: str
    kind: Kind
    group: str
    dtype: str = "int16"
    levels: tuple[str | int, ...] = ()

    @property
    def label_key(self) -> str:
        """Key of the label in the message catalogues."""
        return f"covariate.{self.name}"


ORIGINS = ("sweden", "nordic_eu", "europe", "africa", "asia", "other")
EDUCATIONS = ("compulsory", "upper_secondary", "post_secondary", "missing")
DISTRICTS = (*range(1, 15), 0)  # 0: no district recorded
TARGET_GROUPS = ("ordinary", "resource", "youth", "other")
STEPS = (0, 1, 2, 3, 4, 5)  # 0: none registered yet


def _number(group: str, dtype: str, *names: str) -> tuple[Covariate, ...]:
    return tuple(Covariate(name, "number", group, dtype) for name in names)


def _binary(group: str, *names: str) -> tuple[Covariate, ...]:
    return tuple(Covariate(name, "binary", group, "int8") for name in names)


def _category(group: str, name: str, levels: tuple[str | int, ...]) -> Covariate:
    return Covariate(name, "category", group, "int8", levels)


CATALOGUE: tuple[Covariate, ...] = (
    *_number("background", "int16", "age"),
    *_binary("background", "woman"),
    _category("background", "origin", ORIGINS),
    *_number("background", "int16", "years_since_immigration"),
    _category("background", "education", EDUCATIONS),
    *_binary("background", "married"),
    *_number("background", "int8", "children"),
    _category("history", "district", DISTRICTS),
    *_number("annual_income", "int32", "earnings_1", "earnings_2", "earnings_3"),
    *_number("annual_income", "float32", "log_earnings_1", "log_earnings_2", "log_earnings_3"),
    *_binary("annual_income", "zero_earnings_1", "zero_earnings_2", "zero_earnings_3"),
    *_binary("annual_income", "employed_1", "employed_2", "employed_3"),
    *_number("annual_income", "int16", "sick_days_1"),
    *_binary("annual_income", "disability_1", "student_1", "no_row_1"),
    *_number("work_months", "int8", "work_months_1", "work_months_2"),
    *_number("social_assistance", "int8", "social_assistance_12", "social_assistance_24"),
    *_number("employment_service", "int8", "unemployed_12", "programme_12"),
    *_number("insurance", "int8", "insurance_12"),
    *_number("history", "int16", "earlier_episodes"),
    _category("history", "step", STEPS),
    _category("history", "target_group", TARGET_GROUPS),
)

GROUPS = tuple(dict.fromkeys(c.group for c in CATALOGUE))


def check_names(names: Iterable[str]) -> None:
    """Raise ValueError where a name is neither a covariate nor a group of covariates."""
    known = (*GROUPS, *(c.name for c in CATALOGUE))
    wrong = [name for name in names if name not in known]
    if wrong:
        near = {name: difflib.get_close_matches(name, known, n=1) for name in wrong}
        hints = "; ".join(
            f"{name!r}" + (f" (did you mean {match[0]!r}?)" if match else "") for name, match in near.items()
        )
        raise ValueError(f"not a covariate or a group of covariates: {hints}; groups are {', '.join(GROUPS)}")


def chosen(names: Iterable[str]) -> tuple[Covariate, ...]:
    """The covariates of the given names and groups in the order of the catalogue; all when none is named."""
    asked = set(names)
    check_names(asked)
    return tuple(c for c in CATALOGUE if not asked or c.name in asked or c.group in asked)
