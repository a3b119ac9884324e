"""Bounds on p values when the odds of treatment differ within a set by at most Γ (Rosenbaum 2002, chapter 4).

In a set of n units of which one leads, the lead falls on unit j with probability in proportion to exp(γ u_j), γ = log Γ, 0 <= u <= 1.
The statistic adds up one score q per set, that of its leading unit. For 0/1 scores with c ones, the probability of a one lies
between c / (c + Γ (n - c)) and Γ c / (Γ c + n - c), and the sums of independent draws with these probabilities bound the statistic's
distribution. For other scores the mean is largest where the u of the highest scores are 1 and the others 0, for the best cut; sums of these means
and of their variances give bounds from the normal distribution (Gastwirth, Krieger & Rosenbaum 2000). With all sets pairs the scores
are the signed ranks' and the bound holds exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, norm, rankdata

from evaluation.robustness.matched_sets import SetTable

EXACT_DRAWS = 20_000  # informative sets up to which sums of 0/1 draws are added up exactly
EXACT_PAIRS = 60  # pairs up to which the signed ranks are
_NEGLIGIBLE = 1e-300


@dataclass(frozen=True)
class BinaryScores:
    """0/1 outcomes, one entry per set in which both values occur, turned so that ones speak for an effect.

    ``size`` n, ``ones`` c (int64); ``lead`` whether the leading unit's value is a one (bool).
    """

    size: np.ndarray
    ones: np.ndarray
    lead: np.ndarray

    @property
    def n_informative(self) -> int:
        return int(self.size.size)

    @property
    def exact(self) -> bool:
        return self.n_informative <= EXACT_DRAWS

    def tail(self, gamma: float) -> float:
        """Largest probability of a sum at least as high as observed, odds differing by at most Γ; the least one for 1 / Γ."""
        p = gamma * self.ones / (gamma * self.ones + self.size - self.ones)
        observed = int(self.lead.sum())
        if not self.exact:
            return float(norm.sf((observed - p.sum()) / np.sqrt(np.sum(p * (1 - p)))))
        return _tail_of_draws(p, observed)

    @property
    def excess(self) -> float:
        """Observed sum less its expectation without hidden bias."""
        return float(np.sum(self.lead - self.ones / self.size))


@dataclass(frozen=True)
class RankScores:
    """Scores by set size, each (s, n) with the leading unit's first, turned so that high ones speak for an effect.

    ``pair_ranks`` holds the ranks of the pairs' absolute differences where the scores are signed ranks, else None.
    """

    scores: tuple[np.ndarray, ...]
    pair_ranks: np.ndarray | None = None

    @property
    def n_informative(self) -> int:
        return int(sum(np.sum(np.ptp(q, axis=1) > 0) for q in self.scores))

    @property
    def exact(self) -> bool:
        return self.pair_ranks is not None and self.n_informative <= EXACT_PAIRS

    @property
    def _observed(self) -> float:
        return float(sum(q[:, 0].sum() for q in self.scores))

    def tail(self, gamma: float) -> float:
        """As :meth:`BinaryScores.tail`."""
        if self.exact and self.pair_ranks is not None:
            return _tail_of_ranks(self.pair_ranks, gamma / (1 + gamma), self._observed)
        mean, variance = 0.0, 0.0
        for q in self.scores:
            m, v = _extreme(q, gamma)
            mean, variance = mean + m.sum(), variance + v.sum()
        return float(norm.sf((self._observed - mean) / np.sqrt(variance))) if variance > 0 else 1.0

    @property
    def excess(self) -> float:
        return self._observed - float(sum(q.mean(axis=1).sum() for q in self.scores))


def binary_scores(tables: Sequence[SetTable], sign: int) -> BinaryScores:
    """0/1 outcomes as scores for an effect upwards (sign 1) or downwards (-1)."""
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for table in tables:
        # an effect upwards shows as a one of a treated unit that leads, or a zero of a control that does
        turned = np.where((table.led_by_treated == (sign > 0))[:, None], table.values, 1 - table.values)
        ones = turned.sum(axis=1).astype(np.int64)
        inside = (ones > 0) & (ones < table.size)
        parts.append((np.full(int(inside.sum()), table.size), ones[inside], turned[inside, 0] == 1))
    size, ones, lead = (np.concatenate(column) for column in zip(*parts, strict=True))
    return BinaryScores(size, ones, lead)


def signed_rank_scores(table: SetTable, sign: int) -> RankScores:
    """Ranks of the absolute differences in pairs, given to the higher value of each; differences of 0 are left out."""
    turn = np.where(table.led_by_treated, sign, -sign)
    difference = turn * (table.values[:, 0] - table.values[:, 1])
    difference = difference[difference != 0]
    rank = rankdata(np.abs(difference))
    scores = np.column_stack([np.where(difference > 0, rank, 0.0), np.where(difference > 0, 0.0, rank)])
    return RankScores((scores,), rank)


def aligned_rank_scores(tables: Sequence[SetTable], sign: int) -> RankScores:
    """Ranks, over all sets together, of the outcomes less their set's mean (Hodges & Lehmann 1962)."""
    aligned = [(t.values - t.values.mean(axis=1, keepdims=True)).ravel() for t in tables]
    # sums of decimals differ in their last bits: what is equal must tie
    everything = np.concatenate(aligned)
    scale = np.max(np.abs(everything))
    ranks = rankdata(np.round(everything / scale, 12) if scale > 0 else everything)
    scores, start = [], 0
    for table, values in zip(tables, aligned, strict=True):
        q = ranks[start : start + values.size].reshape(table.values.shape)
        start += values.size
        scores.append(q * np.where(table.led_by_treated, sign, -sign)[:, None])
    return RankScores(tuple(scores))


def _extreme(q: np.ndarray, gamma: float) -> tuple[np.ndarray, np.ndarray]:
    """Largest (Γ < 1: smallest) mean of the leading score in each set, and its variance; the larger one where means tie."""
    turn = 1.0 if gamma >= 1 else -1.0
    gamma = max(gamma, 1 / gamma)
    # sums of deviations from the set's mean: ranks in the thousands would cost digits
    centre = q.mean(axis=1, keepdims=True)
    ordered = np.sort(turn * (q - centre), axis=1)
    n = q.shape[1]
    low, low2 = np.cumsum(ordered, axis=1)[:, :-1], np.cumsum(ordered**2, axis=1)[:, :-1]
    total, total2 = ordered.sum(axis=1, keepdims=True), (ordered**2).sum(axis=1, keepdims=True)
    cut = np.arange(1, n)
    weight = cut + gamma * (n - cut)
    mean = (low + gamma * (total - low)) / weight
    variance = np.maximum((low2 + gamma * (total2 - low2)) / weight - mean**2, 0.0)
    best = mean.max(axis=1, keepdims=True)
    tied = mean >= best - 1e-12 * np.maximum(np.abs(best), 1.0)
    return turn * best[:, 0] + centre[:, 0], np.where(tied, variance, -1.0).max(axis=1)


def _tail_of_draws(p: np.ndarray, observed: int) -> float:
    """P(sum of independent 0/1 draws >= observed): draws of equal probability are one binomial, and these are convolved."""
    total, offset = np.ones(1), 0
    values, counts = np.unique(p, return_counts=True)
    for value, count in zip(values, counts, strict=True):
        part = binom.pmf(np.arange(count + 1), count, value)
        inside = np.flatnonzero(part > _NEGLIGIBLE)
        total = np.convolve(total, part[inside[0] : inside[-1] + 1])
        offset += int(inside[0])
        kept = np.flatnonzero(total > _NEGLIGIBLE)
        total = total[kept[0] : kept[-1] + 1]
        offset += int(kept[0])
    beyond = total[max(observed - offset, 0) :]
    return float(min(beyond[::-1].sum(), 1.0))


def _tail_of_ranks(ranks: np.ndarray, p: float, observed: float) -> float:
    """P(sum of ranks won >= observed), each won with probability p; ranks may be halves."""
    steps = np.rint(2 * ranks).astype(np.int64)
    mass = np.zeros(int(steps.sum()) + 1)
    mass[0] = 1.0
    for step in steps:
        won = np.zeros_like(mass)
        won[step:] = mass[: mass.size - step]
        mass = (1 - p) * mass + p * won
    return float(min(mass[int(np.rint(2 * observed)) :][::-1].sum(), 1.0))
