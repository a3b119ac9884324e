"""The specification of a matching: one frozen object, checked as a whole before any data is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from evaluation.errors import MatchingError
from evaluation.matching.options import ESTIMANDS_OF, READ_BY, SPATIAL

DEFAULT_SUBCLASSES = 6
DEFAULT_FOLDS = 5


def names(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """Column names as a tuple: None is empty, a single name is itself."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


@dataclass(frozen=True, kw_only=True)
class RiskSets:
    """Risk sets from a frame with one row per unit; months are whole numbers (12 · year + month - 1, or any count).

    A unit treated in month s is compared with the units at risk in s: ``eligible_from`` <= s <= ``eligible_to``, and not
    begun themselves in s or before. Who begins later is a control until then.

    Attributes
    ----------
    start
        Column with the month in which treatment begins; missing for those who never begin.
    eligible_from, eligible_to
        Columns with the first and the last month at risk, inclusive.
    elapsed
        Lower ends of classes of months since ``eligible_from`` that must agree, such as (0, 3, 6, 12, 24); none by default.
    """

    start: str
    eligible_from: str
    eligible_to: str
    elapsed: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "elapsed", tuple(self.elapsed))


class DistanceMatrix:
    """A given distance: float64 (treated, controls), and the ids of its rows and columns where it has labels.

    Without labels the rows are the treated and the columns the controls, both in the order of the frame.
    """

    def __init__(self, values: np.ndarray | pd.DataFrame) -> None:
        labelled = isinstance(values, pd.DataFrame)
        self.values = np.array(values, dtype=np.float64)
        self.treated = values.index if labelled else None
        self.controls = values.columns if labelled else None

    def __repr__(self) -> str:
        return f"<matrix {' x '.join(map(str, self.values.shape))}>"


@dataclass(frozen=True, kw_only=True)
class MatchSpec:
    """What is to be matched and how; the options are those of :func:`evaluation.matching.match`.

    Options left at None take the default of the method: ``estimand`` "att" ("ato" for overlap weights), ``order`` "largest"
    ("closest" where there is no score), ``caliper_unit`` "sd_pooled" ("sd_strata" for risk sets, "raw" on a given matrix).

    Raises
    ------
    MatchingError
        On creation, with every option that makes no sense alone or together with another.
    """

    treatment: str
    covariates: tuple[str, ...] = ()
    formula: str | None = None
    score: str | None = None
    score_model: Any = "logit"
    folds: int = DEFAULT_FOLDS
    cross_fit: bool | None = None
    missing: str = "refuse"
    id: str | None = None
    unit: str | None = None
    method: str = "nearest"
    distance: Any = "logit"
    match_on: tuple[str, ...] = ()
    caliper: float | None = None
    caliper_unit: str | None = None
    covariate_calipers: Mapping[str, float] = field(default_factory=dict)
    exact: tuple[str, ...] = ()
    antiexact: tuple[str, ...] = ()
    discard: Any = None
    risk_set: Any = None
    ratio: float = 1
    min_controls: float | None = None
    max_controls: int | None = None
    mean_controls: float | None = None
    replace: bool = False
    max_reuse: int | None = None
    order: str | None = None
    subclasses: int = DEFAULT_SUBCLASSES
    min_per_subclass: int = 1
    cutpoints: Mapping[str, object] = field(default_factory=dict)
    moments: int = 1
    tolerance: float = 0.0
    truncate: float | None = None
    stabilise: bool = False
    estimand: str | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        from evaluation.matching.spec_checks import problems_of

        for name in ("covariates", "match_on", "exact", "antiexact"):
            object.__setattr__(self, name, names(getattr(self, name)))
        for name in ("covariate_calipers", "cutpoints"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name) or {})))
        if isinstance(self.distance, np.ndarray | pd.DataFrame):
            object.__setattr__(self, "distance", DistanceMatrix(self.distance))
        problems = problems_of(self)
        if problems:
            raise MatchingError(problems)
        for name, value in self._defaults().items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)

    def _defaults(self) -> dict[str, object]:
        out: dict[str, object] = {"estimand": ESTIMANDS_OF[self.method][0]}
        if self.method in READ_BY["order"] and (not self.replace or self.max_reuse is not None):
            out["order"] = "largest" if self.has_score else "closest"
        if self.caliper is not None or self.covariate_calipers:
            unit = "raw" if isinstance(self.distance, DistanceMatrix) else "sd_pooled"
            out["caliper_unit"] = "sd_strata" if self.risk_set is not None else unit
        return out

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
        """How many sets one control may join; 0 means without limit. For risk sets: within a period."""
        if not self.replace:
            return 1
        return 0 if self.max_reuse is None or self.risk_set is not None else int(self.max_reuse)

    @property
    def has_score(self) -> bool:
        """Whether the method has a score to read: a ready one, or covariates or a formula to fit it on."""
        if self.method not in READ_BY["score"] or isinstance(self.distance, DistanceMatrix):
            return False
        return bool(self.covariates or self.formula is not None or self.score is not None)

    @property
    def needs_score(self) -> bool:
        """Whether anything asked for is measured on the score."""
        if not self.has_score:
            return False
        on_score = self.distance not in SPATIAL or self.method not in READ_BY["match_on"]
        return on_score or bool(
            self.caliper is not None
            or self.discard is not None
            or self.order in ("largest", "smallest")
            or self.max_controls is not None
            or self.score is not None
        )

    @property
    def place(self) -> tuple[str, ...]:
        """Covariates of a distance in several of them: ``match_on``, or else the covariates."""
        return self.match_on or self.covariates

    def columns(self) -> dict[str, tuple[str, ...]]:
        """Columns of the frame that each option names (a formula's variables are found when it is read)."""
        dated = isinstance(self.risk_set, RiskSets)
        risk = (self.risk_set.start, self.risk_set.eligible_from, self.risk_set.eligible_to) if dated else ()
        return {
            "treatment": (self.treatment,),
            "covariates": self.covariates,
            "score": names(self.score),
            "id": names(self.id),
            "unit": names(self.unit),
            "match_on": self.match_on,
            "exact": self.exact,
            "antiexact": self.antiexact,
            "covariate_calipers": tuple(self.covariate_calipers),
            "risk_set": risk if dated else names(self.risk_set),
            "cutpoints": tuple(self.cutpoints),
        }


def _from_dict(options: dict[str, object]) -> MatchSpec:
    return MatchSpec(**options)
