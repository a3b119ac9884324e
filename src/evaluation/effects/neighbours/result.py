"""Options and results of matching on neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

import numpy as np
import pandas as pd

from evaluation.effects.intervals import critical_value, limit_columns, warn_of_impossible
from evaluation.effects.neighbours import checks
from evaluation.effects.neighbours.score import Derivative, Link
from evaluation.effects.neighbours.variance import Moments
from evaluation.effects.result import COLUMNS, Estimate
from evaluation.errors import EffectError, Problem

Metric = Literal["mahalanobis", "ivariance", "euclidean", "score"]
TOLERANCE = 1e-10
LOGIT = (
    'The bias adjustment is linear: leave bias_adjust out, or take matched_regression or ipw_ra with outcome_model="logit", whose '
    "predictions are rates."
)


@dataclass(frozen=True)
class MatchingEstimate(Estimate):
    """An estimate by matching on neighbours.

    Attributes
    ----------
    estimand
        "att" or "ate".
    unadjusted
        The simple matching estimate, without the bias adjustment.
    conditional_std_error
        Standard error given the covariates, for the effect in the sample; never used for the interval.
    known_score_std_error
        Standard error without the correction for an estimated score; ``std_error`` itself where there is none.
    """

    estimand: str = "att"
    unadjusted: float = float("nan")
    conditional_std_error: float = float("nan")
    known_score_std_error: float = float("nan")

    def __str__(self) -> str:
        head, _, rest = super().__str__().partition(":")
        return f"{head.replace('ATT', self.estimand.upper(), 1)}:{rest}"


@dataclass(frozen=True)
class Options:
    """How to match and what to report; see :func:`abadie_imbens`."""

    treatment: str
    covariates: Sequence[str] = ()
    score: str | None = None
    neighbours: int = 1
    exact: Sequence[str] = ()
    metric: Metric = "mahalanobis"
    bias_adjust: Sequence[str] = ()
    estimand: Literal["att", "ate"] = "att"
    se_neighbours: int = 2
    variance: Literal["robust", "homoscedastic"] = "robust"
    estimated_score: bool = True
    link: Link = "logit"
    scale: Literal["probability", "linear"] = "probability"
    derivative: Derivative = "regression"
    tolerance: float = TOLERANCE
    level: float = 0.95
    rate: bool | None = None

    def __post_init__(self) -> None:
        for name in ("covariates", "exact", "bias_adjust"):
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))
        checks.check_options(
            {
                "metric": (self.metric, get_args(Metric)),
                "estimand": (self.estimand, ("att", "ate")),
                "variance": (self.variance, ("robust", "homoscedastic")),
                "link": (self.link, get_args(Link)),
                "scale": (self.scale, ("probability", "linear")),
                "derivative": (self.derivative, get_args(Derivative)),
            },
            {"neighbours": self.neighbours, "se_neighbours": self.se_neighbours},
            self.tolerance,
        )
        critical_value(self.level)
        if self.score is not None and self.covariates:
            raise EffectError(
                Problem(
                    "score",
                    "a ready score and covariates",
                    "one of the two",
                    'give covariates and metric="score" to have the score estimated here, and its variance corrected',
                )
            )
        if self.score is None and not self.covariates:
            raise EffectError(Problem("covariates", "none", "columns to match on, or a score"))

    @property
    def fits(self) -> bool:
        """Whether the score is estimated here."""
        return self.metric == "score" and self.score is None

    @property
    def estimator(self) -> str:
        return "abadie_imbens_adjusted" if self.bias_adjust else "abadie_imbens"


def as_estimate(table: pd.DataFrame, options: Options) -> MatchingEstimate:
    """A result from a table of one row, with the extra columns that :func:`rows_of` gives."""
    row = table.iloc[0]
    if row["status"] != "estimated":
        raise EffectError(Problem("outcome", "seen for nobody in one of the groups", "values in both groups"))
    plain = MatchingEstimate.of(table[list(COLUMNS)], level=options.level, cluster="none")
    return replace(
        cast(MatchingEstimate, plain),
        estimand=options.estimand,
        unadjusted=float(row["unadjusted"]),
        conditional_std_error=float(row["conditional_std_error"]),
        known_score_std_error=float(row["known_score_std_error"]),
    )


def rows_of(
    found: Moments,
    added: np.ndarray,
    level: np.ndarray,
    rates: np.ndarray,
    options: Options,
    labels: Sequence[object],
) -> list[dict[str, object]]:
    """Rows of the table; ``added`` goes to the variances, ``level`` was taken off the outcomes; both (k,)."""
    total = [f + u for f, u in zip(found.focal, found.uses, strict=True)]
    z = critical_value(options.level)
    variance = found.variance + added
    if np.any(variance < 0):
        raise EffectError(
            Problem(
                "estimated_score",
                "the correction for the estimated score exceeds the variance",
                "a positive variance",
                "more se_neighbours, or estimated_score=False for the (wider) error of a known score",
            )
        )
    error = np.sqrt(variance)
    control, treated = (mean + level for mean in found.means)
    if options.estimand == "att":
        control = treated - found.effect
    errors = [np.sqrt(v) for v in found.mean_variances]
    ess = [float(w.sum() ** 2 / np.sum(w * w)) for w in total]
    k = len(error)
    if options.bias_adjust:
        warn_of_impossible(labels, rates, treated, control, LOGIT, stacklevel=5)
    limits = limit_columns(
        difference=(found.effect, error),
        treated=(treated, errors[1], np.full(k, ess[1])),
        control=(control, errors[0], np.full(k, ess[0])),
        rate=rates,
        z=z,
        modelled=bool(options.bias_adjust),
    )
    n_used = [int(np.count_nonzero(w)) for w in total]
    return [
        {
            "estimate": found.effect[i],
            "std_error": error[i],
            **{name: column[i] for name, column in limits.items()},
            "treated_mean": treated[i],
            "treated_std_error": errors[1][i],
            "control_mean": control[i],
            "control_std_error": errors[0][i],
            "n_treated": n_used[1],
            "n_controls": n_used[0],
            "ess_treated": ess[1],
            "ess_controls": ess[0],
            "n_sets": int(sum(f.sum() for f in found.focal)),
            "n_units": n_used[0] + n_used[1],
            "rate": bool(rates[i]),
            "status": "estimated",
            "unadjusted": found.unadjusted[i],
            "conditional_std_error": float(np.sqrt(found.conditional[i])),
            "known_score_std_error": float(np.sqrt(found.variance[i])),
        }
        for i in range(k)
    ]


def nothing() -> dict[str, object]:
    """The row of an outcome that is not observed."""
    counts = {"n_treated", "n_controls", "n_sets", "n_units"}
    blank: dict[str, object] = {
        name: 0 if name in counts else float("nan") for name in COLUMNS if name not in ("outcome", "estimator")
    }
    extra = {"unadjusted": float("nan"), "conditional_std_error": float("nan"), "known_score_std_error": float("nan")}
    return {**blank, **extra, "rate": False, "status": "not_observed"}
