"""Rosenbaum bounds: how much hidden bias a finding in matched sets would stand.

Γ is the largest ratio of the odds of treatment of two units in one set, alike in what was observed. At Γ = 1 the test is the usual one (McNemar
or Mantel-Haenszel; Wilcoxon's signed rank; aligned ranks); at higher Γ the p value is only known to lie between two bounds
(:mod:`evaluation.robustness.gamma_bounds`). The finding turns where the upper one passes ``alpha``.

Sets count as independent. In dated risk sets a person may stand in sets of several months; given the history up to each month the treated
unit of the set is drawn anew, so that the variances still add up. Rows used in several sets at once (replacement) are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from evaluation.effects.sample import HasMembers
from evaluation.errors import EffectError, Problem
from evaluation.robustness.gamma_bounds import (
    BinaryScores,
    RankScores,
    aligned_rank_scores,
    binary_scores,
    signed_rank_scores,
)
from evaluation.robustness.matched_sets import SetTable, sets_of
from evaluation.robustness.palette import CONTEXT, MAIN, OTHER, PALE, axes, bare, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Alternative = Literal["two-sided", "greater", "less"]
GAMMAS = tuple(round(1 + 0.1 * i, 1) for i in range(21))
_LARGEST = 1e4


@dataclass(frozen=True)
class RosenbaumBounds:
    """Bounds of the p value over Γ.

    Attributes
    ----------
    table
        gamma, p_low, p_high; one row per Γ asked for.
    gamma_turn
        Largest Γ at which the upper bound is still at most ``alpha``; NaN where the finding is not there even at Γ = 1, infinite
        where no hidden bias undoes it.
    statistic
        "mcnemar" (binary pairs), "mantel_haenszel" (binary sets), "signed_rank" (pairs), "aligned_rank" (sets).
    direction
        "greater" or "less": the side that was tested.
    n_sets, n_informative
        Sets with an outcome on both sides, and those in which it varies.
    exact
        Whether p values come from the exact distribution or its normal approximation.
    """

    table: pd.DataFrame
    gamma_turn: float
    alpha: float
    alternative: str
    direction: str
    statistic: str
    n_sets: int
    n_informative: int
    exact: bool

    def plot(self, ax: Axes | None = None) -> Axes:
        """Bounds of the p value by Γ, and where the upper one passes ``alpha``."""
        ax = axes(5.6, 3.6) if ax is None else ax
        gamma, low, high = (self.table[name].to_numpy() for name in ("gamma", "p_low", "p_high"))
        ax.fill_between(gamma, low, high, color=PALE, linewidth=0)
        ax.plot(gamma, high, color=MAIN)
        ax.plot(gamma, low, color=MAIN, linestyle="--")
        ax.annotate("largest p", (gamma[-1], high[-1]), (4, 0), textcoords="offset points", color=MAIN, va="center")
        ax.annotate("smallest p", (gamma[-1], low[-1]), (4, 7), textcoords="offset points", color=MAIN, va="center")
        ax.axhline(self.alpha, color=CONTEXT, linewidth=0.9, linestyle=":")
        if gamma[0] <= self.gamma_turn <= gamma[-1]:
            ax.plot([self.gamma_turn], [self.alpha], "s", color=OTHER)
            ax.annotate(
                f"turns at Γ = {self.gamma_turn:.2f}", (self.gamma_turn, self.alpha), (8, 8), textcoords="offset points",
                color=OTHER,
            )  # fmt: skip
        ax.set(
            xlabel="Γ: odds of treatment may differ by this factor", ylabel="p value", ylim=(0, max(1.2 * self.alpha, float(high.max()) * 1.05))
        )  # fmt: skip
        bare(ax)
        return ax

    def alt_text(self) -> str:
        """What the figure shows, in one sentence."""
        first, last = self.table.iloc[0], self.table.iloc[-1]
        return (
            f"Bounds of the p value against hidden bias. The upper bound goes from {number(first['p_high'])} at Γ = {first['gamma']:g} to "
            f"{number(last['p_high'])} at Γ = {last['gamma']:g}. {self.finding}"
        )

    @property
    def finding(self) -> str:
        """Where the finding turns, in one sentence."""
        if math.isnan(self.gamma_turn):
            return f"There is no finding at {self.alpha:g} to turn, even without hidden bias."
        if math.isinf(self.gamma_turn):
            return "No amount of hidden bias within sets would turn the finding."
        return f"The finding would stand hidden bias up to Γ = {math.floor(100 * self.gamma_turn) / 100:.2f}."

    def __str__(self) -> str:
        how = "exact" if self.exact else "normal approximation"
        return (
            f"Rosenbaum bounds ({self.statistic}, {self.alternative}, {how}): {self.n_informative} informative of {self.n_sets} sets\n"
            f"{self.finding}\n{self.table.to_string(index=False, float_format='%.4g')}"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self.finding}</p>{self.table.to_html(index=False, float_format=lambda x: f'{x:.4g}')}"


def rosenbaum_bounds(
    matched: HasMembers | pd.DataFrame,
    outcome: str | np.ndarray | pd.Series | Sequence[float],
    *,
    gammas: Sequence[float] = GAMMAS,
    alternative: Alternative = "two-sided",
    alpha: float = 0.05,
) -> RosenbaumBounds:
    """Bounds of the p value of no effect, by Γ.

    Parameters
    ----------
    matched
        Sets of one treated unit and some controls, or one control and some treated (pairs, 1:k, full matching).
    outcome
        A column of the frame, or values aligned to the memberships; NaN where not observed. 0/1 outcomes are tested by their
        counts, others by ranks (every pair: signed ranks; larger sets: aligned ranks).
    gammas
        Values of Γ, at least 1.
    alternative
        "greater" (treated have more), "less", or "two-sided": twice the p value of the side that the finding is on.
    alpha
        Where the finding turns.

    Raises
    ------
    EffectError
        An unknown option, no sets, or no set in which the outcome varies.
    """
    _check(gammas, alternative, alpha)
    tables = sets_of(matched, outcome)
    values = np.concatenate([t.values.ravel() for t in tables])
    binary = bool(np.all((values == 0) | (values == 1)))
    statistic, scores = _scores(tables, binary, -1 if alternative == "less" else 1)
    if scores.n_informative == 0:
        raise EffectError(
            Problem("outcome", "the same for all members of every set", "an outcome that varies within sets")
        )
    direction = alternative
    if alternative == "two-sided":
        direction = "greater" if scores.excess >= 0 else "less"
        if direction == "less":
            statistic, scores = _scores(tables, binary, -1)
    sides = 2 if alternative == "two-sided" else 1

    def high(gamma: float) -> float:
        return min(1.0, sides * scores.tail(gamma))

    grid = sorted({float(g) for g in gammas})
    table = pd.DataFrame(
        {
            "gamma": grid,
            "p_low": [min(1.0, sides * scores.tail(1 / g)) for g in grid],
            "p_high": [high(g) for g in grid],
        }
    )
    return RosenbaumBounds(
        table=table,
        gamma_turn=_turn(high, alpha),
        alpha=alpha,
        alternative=alternative,
        direction=direction,
        statistic=statistic,
        n_sets=sum(len(t.values) for t in tables),
        n_informative=scores.n_informative,
        exact=scores.exact,
    )


def amplify(gamma: float, with_treatment: float) -> float:
    """The association with the outcome that, beside one with treatment, makes up Γ (Rosenbaum & Silber 2009).

    Parameters
    ----------
    gamma
        At least 1.
    with_treatment
        Λ > Γ: the factor by which an unobserved covariate changes the odds of treatment.

    Returns
    -------
    float
        Δ = (Γ Λ - 1) / (Λ - Γ): the factor by which it changes the odds of a higher outcome within a pair.
    """
    if not gamma >= 1 or not with_treatment > gamma:
        raise EffectError(
            Problem("amplify", f"gamma {gamma:g}, with_treatment {with_treatment:g}", "1 <= gamma < with_treatment")
        )
    return (gamma * with_treatment - 1) / (with_treatment - gamma)


def _scores(tables: list[SetTable], binary: bool, sign: int) -> tuple[str, BinaryScores | RankScores]:
    pairs = len(tables) == 1 and tables[0].size == 2
    if binary:
        return "mcnemar" if pairs else "mantel_haenszel", binary_scores(tables, sign)
    if pairs:
        return "signed_rank", signed_rank_scores(tables[0], sign)
    return "aligned_rank", aligned_rank_scores(tables, sign)


def _turn(high: Callable[[float], float], alpha: float) -> float:
    """Largest Γ whose upper bound is at most alpha, by bisection of its logarithm."""
    if high(1.0) > alpha:
        return math.nan
    if high(_LARGEST) <= alpha:
        return math.inf
    low, top = 0.0, math.log(_LARGEST)
    while top - low > 1e-9:
        middle = (low + top) / 2
        low, top = (middle, top) if high(math.exp(middle)) <= alpha else (low, middle)
    return math.exp(low)


def _check(gammas: Sequence[float], alternative: str, alpha: float) -> None:
    problems = []
    if len(gammas) == 0 or not all(np.isfinite(g) and 1 <= g <= _LARGEST for g in gammas):
        problems.append(Problem("gammas", f"{list(gammas)}", f"numbers from 1 to {_LARGEST:g}"))
    if alternative not in get_args(Alternative):
        problems.append(Problem("alternative", f"{alternative!r}", ", ".join(get_args(Alternative))))
    if not 0 < alpha < 1:
        problems.append(Problem("alpha", f"{alpha!r}", "a share between 0 and 1"))
    if problems:
        raise EffectError(problems)
