"""E-values: how strong unmeasured confounding would have to be to explain a ratio away (VanderWeele & Ding 2017).

A confounder U that is associated with treatment by the risk ratio RR_EU and with the outcome by RR_UD, both beyond the measured covariates,
can move a risk ratio by at most the factor RR_EU RR_UD / (RR_EU + RR_UD - 1) (Ding & VanderWeele 2016). With both equal the factor is RR
where they are RR + sqrt(RR (RR - 1)): the E-value. For a ratio below 1 its inverse is taken; to move a ratio to ``null`` instead
of 1, RR / null. The E-value of an interval is that of the limit nearest the null, and 1 where the interval holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from evaluation.effects.intervals import critical_value
from evaluation.effects.result import Estimate
from evaluation.errors import EffectError, Problem
from evaluation.robustness.palette import CONTEXT, MAIN, OTHER, PALE, axes, bare, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["risk_ratio", "odds_ratio_common", "hazard_ratio_common", "standardised_difference"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class EValue:
    """E-values of a ratio.

    Attributes
    ----------
    ratio, low, high
        Risk ratio and its limits, after any conversion; limits are NaN where none were given.
    null
        Ratio that the result would be moved to.
    point, limit
        E-value of the ratio, and of the limit nearest the null (NaN without limits).
    table
        Rows "estimate" and "limit": quantity, risk_ratio, e_value.
    """

    ratio: float
    low: float
    high: float
    null: float
    point: float
    limit: float

    @property
    def table(self) -> pd.DataFrame:
        nearest = _nearest(self.low, self.high, self.null)
        return pd.DataFrame(
            {
                "quantity": ["estimate", "limit"],
                "risk_ratio": [self.ratio, nearest],
                "e_value": [self.point, self.limit],
            }
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Pairs of associations that would just explain the ratio away; those above the line would be enough."""
        ax = axes(5, 4.2) if ax is None else ax
        top = max(3.0, 2.2 * self.point)
        lines = [(self.ratio, self.point, MAIN, "-", "o", "estimate")]
        if self.limit > 1:
            lines.append((_nearest(self.low, self.high, self.null), self.limit, OTHER, "--", "s", "limit"))
        for ratio, value, colour, dash, marker, name in lines:
            factor = max(ratio / self.null, self.null / ratio)
            if factor > 1:
                x = np.geomspace(factor * 1.0001, top, 400)
                y = factor * (x - 1) / (x - factor)
                inside = y <= top
                ax.plot(x[inside], y[inside], color=colour, linestyle=dash)
                if name == "estimate":
                    ax.fill_between(x[inside], y[inside], top, color=PALE, linewidth=0)
            ax.plot([value], [value], marker, color=colour)
            ax.annotate(f"{name}: {number(value)}", (value, value), (6, 6), textcoords="offset points", color=colour)
        ax.plot([1, top], [1, top], color=CONTEXT, linewidth=0.8, linestyle=":")
        ax.set(
            xlim=(1, top), ylim=(1, top), xlabel="risk ratio, confounder and treatment", ylabel="risk ratio, confounder and outcome"
        )  # fmt: skip
        bare(ax)
        return ax

    def alt_text(self) -> str:
        """What the figure shows, in one sentence."""
        end = "" if np.isnan(self.limit) else f"; to move the interval to it, {number(self.limit)}"
        return (
            f"Curve of confounding that would explain a risk ratio of {number(self.ratio)} away. With equal associations with treatment "
            f"and outcome, both must be a risk ratio of at least {number(self.point)}{end}."
        )

    def __str__(self) -> str:
        limits = "" if np.isnan(self.low) else f" [{self.low:.3g}, {self.high:.3g}]"
        end = (
            "no interval was given"
            if np.isnan(self.limit)
            else f"{self.limit:.2f} to make the interval hold {self.null:g}"
        )
        return f"Risk ratio {self.ratio:.3g}{limits}\nE-value: {self.point:.2f} to move the estimate to {self.null:g}; {end}"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.3g}")


def evalue(
    source: float | tuple[float, float] | Estimate | pd.Series,
    *,
    low: float | None = None,
    high: float | None = None,
    kind: Kind = "risk_ratio",
    null: float = 1.0,
    level: float | None = None,
) -> EValue:
    """E-value of a ratio and of the limit of its interval nearest the null.

    Parameters
    ----------
    source
        A ratio; a pair of rates (treated, control); an :class:`Estimate` of rates; or a row of estimates with the columns of
        :func:`evaluation.effects.ratio.risk_ratio` or of ``Estimate.table``.
    low, high
        Limits of the ratio, on the scale of ``kind``; of a pair of rates, of their ratio. From an estimate they are computed
        (delta method on the log scale; the covariance of the two means follows from the three standard errors).
    kind
        What a number is: "risk_ratio" (also an odds or hazard ratio of a rare outcome); "odds_ratio_common" and
        "hazard_ratio_common" for outcomes of more than some 15 %, converted by sqrt(OR) and (1 - 0.5^sqrt(HR)) / (1 -
        0.5^sqrt(1 / HR)); "standardised_difference" d, converted by exp(0.91 d) (VanderWeele & Ding 2017, table 2).
    null
        Risk ratio to move the result to.
    level
        Of the interval computed from an estimate: that of the estimate, or 0.95.

    Raises
    ------
    EffectError
        Rates outside (0, 1], limits that do not hold the ratio, or an estimate without standard errors of its means.

    Examples
    --------
    >>> print(evalue(3.9, low=1.8, high=8.7))
    Risk ratio 3.9 [1.8, 8.7]
    E-value: 7.26 to move the estimate to 1; 3.00 to make the interval hold 1
    """
    if kind not in KINDS:
        raise EffectError(Problem("kind", f"{kind!r}", ", ".join(KINDS)))
    if isinstance(source, (Estimate, pd.Series)):
        if kind != "risk_ratio" or low is not None or high is not None:
            raise EffectError(
                Problem("kind, low, high", "given with an estimate", "an estimate alone", "give a ratio and its limits")
            )
        ratio, low, high = _of_row(source, level)
    elif isinstance(source, tuple):
        ratio = _of_rates(*source)
    else:
        ratio = float(source)
    values = [_converted(v, kind) for v in (ratio, np.nan if low is None else low, np.nan if high is None else high)]
    _check(values, null)
    ratio, low, high = values
    return EValue(ratio, low, high, null, e_value(ratio, null), e_value(_nearest(low, high, null), null))


def e_value(ratio: float, null: float = 1.0) -> float:
    """RR + sqrt(RR (RR - 1)) of a risk ratio, away from ``null``; NaN for NaN."""
    factor = max(ratio / null, null / ratio) if np.isfinite(ratio) else np.nan
    return float(factor + np.sqrt(factor * (factor - 1)))


def _nearest(low: float, high: float, null: float) -> float:
    """The limit nearest the null; the null itself where the interval holds it."""
    if np.isfinite(low) and low > null:
        return low
    if np.isfinite(high) and high < null:
        return high
    return null if np.isfinite(low) or np.isfinite(high) else np.nan


def _of_rates(treated: float, control: float) -> float:
    if not (0 < treated <= 1 and 0 < control <= 1):
        raise EffectError(
            Problem(
                "rates", f"{treated:g} and {control:g}", "two rates above 0 and at most 1", "a ratio needs both above 0"
            )
        )
    return treated / control


def _of_row(source: Estimate | pd.Series, level: float | None) -> tuple[float, float, float]:
    row = source.table.iloc[0] if isinstance(source, Estimate) else source
    if "risk_ratio" in row.index and level is None:
        return float(row["risk_ratio"]), float(row["ratio_low"]), float(row["ratio_high"])
    needed = ("treated_mean", "control_mean", "std_error", "treated_std_error", "control_std_error")
    absent = [name for name in needed if name not in row.index or not np.isfinite(row[name])]
    if absent:
        raise EffectError(
            Problem("estimate", f"no {', '.join(absent)}", "means with standard errors", "give the ratio and its limits as numbers")
        )  # fmt: skip
    p1, p0, error, error1, error0 = (float(row[name]) for name in needed)
    ratio = _of_rates(p1, p0)
    # se² = se1² + se0² - 2 cov gives the covariance of the means, whatever the clustering
    covariance = (error1**2 + error0**2 - error**2) / 2
    variance = (error1 / p1) ** 2 + (error0 / p0) ** 2 - 2 * covariance / (p1 * p0)
    own = source.level if isinstance(source, Estimate) else 0.95
    half = critical_value(own if level is None else level) * np.sqrt(max(variance, 0.0))
    return ratio, float(ratio * np.exp(-half)), float(ratio * np.exp(half))


def _converted(value: float, kind: str) -> float:
    if kind == "standardised_difference":
        return float(np.exp(0.91 * value))
    if kind == "risk_ratio" or not value > 0:
        return float(value)
    if kind == "odds_ratio_common":
        return float(np.sqrt(value))
    return float((1 - 0.5 ** np.sqrt(value)) / (1 - 0.5 ** np.sqrt(1 / value)))


def _check(values: list[float], null: float) -> None:
    ratio, low, high = values
    problems = []
    if not (np.isfinite(ratio) and ratio > 0):
        problems.append(Problem("ratio", f"{ratio:g}", "a number above 0"))
    if not (np.isfinite(null) and null > 0):
        problems.append(Problem("null", f"{null:g}", "a ratio above 0", "1 for no effect"))
    if low > ratio or high < ratio or low < 0:
        problems.append(
            Problem("low, high", f"{low:g} and {high:g} around {ratio:g}", "limits on either side of the ratio")
        )
    if problems:
        raise EffectError(problems)
