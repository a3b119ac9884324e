"""The smallest effect a design would detect, by type of outcome, before any outcome is read.

With z = z_(1 - (1 - level)/2) + z_power, n treated and the controls' effective number ESS:

    share    z sqrt(p1 (1 - p1) / n + p0 (1 - p0) / ESS); without a level p0, both variances at their largest, 1/4
    mean     z sd sqrt(1 / n + 1 / ESS)
    hazard   log hazard ratio: z sqrt(1 / (events q (1 - q))), q = n / (n + ESS), events = p_event (n + ESS) (Schoenfeld 1983)

Weights enter through ESS only; what matching gains by pairing like with like is left out, so the figures are cautious.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm

from evaluation.errors import EffectError, Problem
from evaluation.matching.result import Matched
from evaluation.robustness.palette import MAIN, axes, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OutcomeType = Literal["share", "mean", "hazard"]


@dataclass(frozen=True)
class Detectable:
    """Smallest detectable effects of a design: one row per outcome in ``table`` (outcome, type, effect, n_treated, ess_controls, power, level)."""

    table: pd.DataFrame

    @property
    def effect(self) -> float:
        """That of the first outcome."""
        return float(self.table["effect"].iloc[0])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Detectable effects as bars; outcomes of one type share a scale."""
        ax = axes(5.6, 1 + 0.4 * len(self.table)) if ax is None else ax
        place = range(len(self.table))[::-1]
        ax.barh(list(place), self.table["effect"], color=MAIN, height=0.5)
        for y, value in zip(place, self.table["effect"], strict=True):
            ax.annotate(f"{value:.3g}", (value, y), (4, 0), textcoords="offset points", va="center")
        ax.set_yticks(list(place), [str(name) for name in self.table["outcome"]])
        ax.set_xlabel("smallest effect that would be detected")
        bare(ax)
        return ax

    def __str__(self) -> str:
        first = self.table.iloc[0]
        return (
            f"Smallest detectable effects (confidence {100 * first['confidence']:g} %, power {100 * first['power']:g} %), "
            f"{first['n_treated']:g} treated and {first['ess_controls']:.0f} effective controls\n"
            f"{self.table[['outcome', 'type', 'effect']].to_string(index=False, float_format='%.4g')}"
        )

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.4g}")


@dataclass(frozen=True)
class Planned:
    """An outcome that is to be read.

    Attributes
    ----------
    outcome
        Its name.
    type
        "share", "mean" or "hazard".
    level
        Share of the controls that have the outcome (shares), or that will have the event (hazard; needed there).
    sd
        Standard deviation of a mean outcome, from earlier data.
    """

    outcome: str
    type: OutcomeType = "share"
    level: float | None = None
    sd: float | None = None


def minimum_detectable_effect(
    source: Matched | tuple[float, float],
    *outcomes: Planned,
    confidence: float = 0.95,
    power: float = 0.8,
) -> Detectable:
    """Smallest effect that would be detected, without any outcome.

    Parameters
    ----------
    source
        A matched sample, or (treated, effective controls).
    outcomes
        What is to be read; by default a share of any level.
    confidence, power
        Of the two-sided test.

    Raises
    ------
    EffectError
        Numbers out of range, a mean without standard deviation, a hazard without events.
    """
    n, ess = (source.ess["treated"], source.ess["control"]) if isinstance(source, Matched) else source
    asked = outcomes or (Planned("share"),)
    problems = [p for outcome in asked for p in _problems(outcome)]
    if not 0 < confidence < 1 or not 0 < power < 1:
        problems.append(Problem("confidence, power", f"{confidence}, {power}", "shares between 0 and 1"))
    if n < 0 or ess < 0:
        problems.append(Problem("source", f"{n:g} treated, {ess:g} controls", "numbers from 0"))
    if problems:
        raise EffectError(problems)
    z = float(norm.ppf(0.5 + confidence / 2) + norm.ppf(power))
    rows = [
        {
            "outcome": o.outcome,
            "type": o.type,
            "effect": detectable_effect(o, float(n), float(ess), z),
            "n_treated": n,
            "ess_controls": ess,
            "power": power,
            "confidence": confidence,
        }
        for o in asked
    ]
    return Detectable(pd.DataFrame(rows))


def detectable_effect(outcome: Planned, n: float, ess: float, z: float) -> float:
    """The smallest effect of one outcome: a difference, or a log hazard ratio; infinite where none would be detected."""
    if n <= 0 or ess <= 0:
        return math.inf
    if outcome.type == "mean":
        return z * float(outcome.sd or 0.0) * math.sqrt(1 / n + 1 / ess)
    if outcome.type == "hazard":
        share = n / (n + ess)
        return z * math.sqrt(1 / (float(outcome.level or 0.0) * (n + ess) * share * (1 - share)))
    if outcome.level is None:
        return z * math.sqrt(0.25 * (1 / n + 1 / ess))
    p0 = outcome.level

    def short(p1: float) -> float:
        return p1 - p0 - z * math.sqrt(p1 * (1 - p1) / n + p0 * (1 - p0) / ess)

    # an increase; at p1 = 1 the first term of the variance is gone
    return float(brentq(short, p0, 1.0)) - p0 if short(1.0) >= 0 else math.inf


def _problems(outcome: Planned) -> list[Problem]:
    where = f'outcome "{outcome.outcome}"'
    if outcome.type not in get_args(OutcomeType):
        return [Problem(where, f"type {outcome.type!r}", ", ".join(get_args(OutcomeType)))]
    found = []
    if outcome.level is not None and not 0 < outcome.level < 1:
        found.append(Problem(where, f"level {outcome.level:g}", "a share between 0 and 1"))
    if outcome.type == "hazard" and outcome.level is None:
        found.append(Problem(where, "no level", "the share that will have the event"))
    if outcome.type == "mean" and not (outcome.sd is not None and outcome.sd > 0):
        found.append(Problem(where, f"sd {outcome.sd}", "a standard deviation above 0", "take it from earlier data"))
    return found
