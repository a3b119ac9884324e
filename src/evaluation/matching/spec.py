"""The specification of a matching: one frozen object, checked as a whole before any data is read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from types import MappingProxyType

from evaluation.errors import MatchingError, Problem
from evaluation.matching.options import (
    CALIPER_UNITS,
    DISTANCES,
    ESTIMANDS,
    INSTEAD,
    METHODS,
    ORDERS,
)

DEFAULT_SUBCLASSES = 6


def names(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """Column names as a tuple: None is empty, a single name is itself."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


@dataclass(frozen=True, kw_only=True)
class MatchSpec:
    """What is to be matched and how; the options are those of :func:`evaluation.matching.match`.

    Raises
    ------
    MatchingError
        On creation, with every option that makes no sense alone or together with another.
    """

    treatment: str
    covariates: tuple[str, ...] = ()
    formula: str | None = None
    score: str | None = None
    id: str | None = None
    unit: str | None = None
    method: str = "nearest"
    distance: str = "logit"
    match_on: tuple[str, ...] = ()
    caliper: float | None = None
    caliper_unit: str = "sd_pooled"
    covariate_calipers: Mapping[str, float] = field(default_factory=dict)
    exact: tuple[str, ...] = ()
    ratio: int = 1
    replace: bool = False
    max_reuse: int | None = None
    order: str = "largest"
    subclasses: int = DEFAULT_SUBCLASSES
    cutpoints: Mapping[str, object] = field(default_factory=dict)
    estimand: str = "att"
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("covariates", "match_on", "exact"):
            object.__setattr__(self, name, names(getattr(self, name)))
        for name in ("covariate_calipers", "cutpoints"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name) or {})))
        problems = [*_choice_problems(self), *_score_problems(self), *_number_problems(self), *_misfit_problems(self)]
        if problems:
            raise MatchingError(problems)

    def to_dict(self) -> dict[str, object]:
        """All options as plain values, in the order of the signature: for records, hashes and copies."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            k: dict(v) if isinstance(v, Mapping) else list(v) if isinstance(v, tuple) else v for k, v in plain.items()
        }

    def __reduce__(self) -> tuple[object, tuple[dict[str, object]]]:
        return _from_dict, (self.to_dict(),)

    @property
    def capacity(self) -> int:
        """How many sets one control may join; 0 means without limit."""
        if not self.replace:
            return 1
        return 0 if self.max_reuse is None else int(self.max_reuse)

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Columns of the frame that each option names (a formula's variables are found when it is read)."""
        return {
            "treatment": (self.treatment,),
            "covariates": self.covariates,
            "score": names(self.score),
            "id": names(self.id),
            "unit": names(self.unit),
            "exact": self.exact,
            "covariate_calipers": tuple(self.covariate_calipers),
        }


def _from_dict(options: dict[str, object]) -> MatchSpec:
    return MatchSpec(**options)


def _choice_problems(spec: MatchSpec) -> list[Problem]:
    problems = []
    for option, allowed in (
        ("method", METHODS),
        ("distance", DISTANCES),
        ("caliper_unit", CALIPER_UNITS),
        ("order", ORDERS),
        ("estimand", ESTIMANDS),
    ):
        value = getattr(spec, option)
        if not isinstance(value, str):
            problems.append(
                Problem(option, f"a {type(value).__name__} was given", _listed(allowed), "give one of the names")
            )
        elif value not in allowed:
            mend = INSTEAD.get((option, value))
            problems.append(
                Problem(option, f'"{value}" is not available', _listed(allowed), f"use {mend}" if mend else "")
            )
    return problems


def _score_problems(spec: MatchSpec) -> list[Problem]:
    problems = []
    if spec.formula is not None and spec.score is not None:
        problems.append(
            Problem(
                "formula, score",
                "both say where the score comes from",
                "one of them",
                "drop score= to fit the formula, or formula= to use the ready score",
            )
        )
    if not spec.covariates and spec.formula is None and spec.score is None:
        problems.append(
            Problem(
                "covariates",
                "nothing says what to match on",
                "covariates=[...], formula=... or score=...",
                "name the covariates of the score, or a column with a ready probability",
            )
        )
    if len(set(spec.covariates)) < len(spec.covariates):
        twice = sorted({name for name in spec.covariates if spec.covariates.count(name) > 1})
        problems.append(Problem("covariates", f"named twice: {', '.join(twice)}", "each once"))
    used = {*spec.covariates, *spec.exact, *names(spec.score)}
    if spec.treatment in used:
        problems.append(
            Problem(
                "treatment", f'"{spec.treatment}" is also a covariate, score or exact column', "", "take it out there"
            )
        )
    return problems


def _number_problems(spec: MatchSpec) -> list[Problem]:
    problems = []
    if not _whole(spec.ratio) or spec.ratio < 1:
        problems.append(Problem("ratio", f"{spec.ratio!r}", "a whole number of controls, 1 or more"))
    if not _whole(spec.seed) or not 0 <= spec.seed < 2**63:
        problems.append(Problem("seed", f"{spec.seed!r}", "a whole number from 0 to 2**63 - 1"))
    if not isinstance(spec.replace, bool):
        problems.append(Problem("replace", f"{spec.replace!r}", "True or False"))
    if spec.max_reuse is not None and (not _whole(spec.max_reuse) or spec.max_reuse < 1):
        problems.append(Problem("max_reuse", f"{spec.max_reuse!r}", "None, or a whole number of sets, 1 or more"))
    elif spec.max_reuse is not None and spec.replace is False:
        problems.append(
            Problem(
                "max_reuse",
                f"{spec.max_reuse} was given, but without replacement a control is used once",
                "max_reuse together with replace=True",
                "set replace=True, or drop max_reuse",
            )
        )
    calipers = {"caliper": spec.caliper} | {f'covariate_calipers["{k}"]': v for k, v in spec.covariate_calipers.items()}
    for where, width in calipers.items():
        if width is None and where == "caliper":
            continue
        if not isinstance(width, Real) or isinstance(width, bool) or not math.isfinite(width) or width <= 0:
            problems.append(Problem(where, f"{width!r}", "a number above 0", "drop it to match without a caliper"))
    return problems


def _misfit_problems(spec: MatchSpec) -> list[Problem]:
    """Options that the chosen method would have to ignore."""
    problems = []
    if spec.match_on:
        problems.append(
            Problem("match_on", "belongs to a Mahalanobis or Euclidean distance", "", "use covariate_calipers= instead")
        )
    if spec.subclasses != DEFAULT_SUBCLASSES:
        problems.append(
            Problem("subclasses", "belongs to subclassification", "", "use exact= on classes of your own instead")
        )
    if spec.cutpoints:
        problems.append(
            Problem("cutpoints", "belongs to coarsened exact matching", "", "use exact= on coarsened columns instead")
        )
    if spec.caliper_unit == "sd_strata" and not spec.exact:
        problems.append(
            Problem(
                "caliper_unit",
                '"sd_strata" was given without exact strata',
                "exact=[...] with it",
                'name the strata in exact=, or use caliper_unit="sd_pooled"',
            )
        )
    if spec.caliper_unit != "sd_pooled" and spec.caliper is None and not spec.covariate_calipers:
        problems.append(
            Problem(
                "caliper_unit",
                f'"{spec.caliper_unit}" was given without a caliper',
                "",
                "give caliper= or covariate_calipers=, or drop caliper_unit",
            )
        )
    if spec.replace is True and spec.max_reuse is None and spec.order != "largest":
        problems.append(
            Problem(
                "order",
                f'"{spec.order}" was given, but with replacement and no max_reuse the order changes nothing',
                "",
                "drop order=, or set max_reuse= or replace=False",
            )
        )
    return problems


def _whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _listed(allowed: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in allowed)
