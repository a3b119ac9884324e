"""Derivatives of differences by the coefficients of the hazards: G in the stacked influence function."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluation.effects.dynamics import kernels
from evaluation.effects.dynamics.hazard import HazardPanel
from evaluation.effects.dynamics.sample import DynamicSample, Weights

Part = tuple[np.ndarray, Weights]


def slopes(sample: DynamicSample, parts: Sequence[Part]) -> list[tuple[HazardPanel, np.ndarray]]:
    """For the influence psi (k, m) of a sample's rows at each of some horizons: every hazard in use and the slopes by its coefficients, (sum of k, p).

    The weights of matched controls move with the hazard of the months after s. Pooled, the odds at s weigh too: with an entry panel these
    move with its hazard.
    """
    if not sample.pooled:
        return [(sample.panel, _by_member(sample, parts))]
    later, at_s = _by_row(sample, parts)
    if sample.entry is None:
        return [(sample.panel, kernels.weighted_sums(later + at_s, sample.panel.x))]
    return [
        (sample.panel, kernels.weighted_sums(later, sample.panel.x)),
        (sample.entry, kernels.weighted_sums(at_s, sample.entry.x)),
    ]


def _by_member(sample: DynamicSample, parts: Sequence[Part]) -> np.ndarray:
    """Few members, who have many rows: from each one's running sums at s and at T."""
    terms, shift = sample.terms
    low = np.where(sample.low >= 0, sample.low - shift, -1)
    return np.vstack(
        [
            kernels.passed(psi, weights.moves, low, np.where(weights.high >= 0, weights.high - shift, -1), terms)
            for psi, weights in parts
        ]
    )


def _by_row(sample: DynamicSample, parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray]:
    """As many members as rows: what each row carries for all who pass it, of the months after s and of the odds at s, (sum of k, r)."""
    panel = sample.panel
    later = np.zeros((sum(len(psi) for psi, _ in parts), panel.unit.size))
    at_s = np.zeros_like(later)
    lo = 0
    for psi, weights in parts:
        hi = lo + len(psi)
        kernels.carried(psi, weights.moves, sample.low, weights.high, panel.first, panel.hazard, later[lo:hi])
        kernels.carried_at(psi, weights.moves, sample.low, at_s[lo:hi])
        lo = hi
    return later, at_s
