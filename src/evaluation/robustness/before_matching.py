"""How strongly observed covariates went with treatment before matching: the yardstick for what was not matched on.

On the matched sample the observed covariates no longer go with treatment, because they were balanced; a hidden confounder, which was not,
compares with what they were before. The comparison is the one within exact strata: in each stratum the controls weigh together
what the treated do (for the ATC the reverse), and covariates are taken as deviations from the stratum's mean. Treatment has then the share of one half
everywhere, as in the matched sample, so that the partial R² of the two are of one kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.effects.regression import kernels
from evaluation.effects.regression.fit import inverse_of
from evaluation.errors import EffectError, Problem
from evaluation.matching.design_matrix import CovariateDesign
from evaluation.matching.result import Matched

_CHUNK = 100_000  # rows laid out as columns at once


def partial_r2_before(
    matched: Matched, covariates: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Partial R² of each group of covariates with treatment before matching, given the other covariates and the exact strata.

    Raises
    ------
    EffectError
        Risk sets given by intervals (a row is then at risk in many months), or no stratum with both groups.
    """
    if matched.task.intervals is not None:
        raise EffectError(
            Problem(
                "benchmark_sample",
                "'before' with risk sets by intervals",
                "one row per period at risk",
                "take 'matched'",
            )
        )
    rows, weight, stratum = _weighted_rows(matched)
    frame = matched.frame if matched.filled is None else matched.filled
    design = CovariateDesign.of(frame, covariates)
    owner = [e.name for e in design.encoders for _ in range(len(e.levels) - 1 if e.kind == "category" else 1)]
    gram = _within_strata(frame, design, matched.task.treated.astype(np.float64), rows, weight, stratum)
    everything = _unexplained(gram, np.arange(len(owner)))
    out = {}
    for label, names in groups.items():
        without = _unexplained(gram, np.array([i for i, name in enumerate(owner) if name not in names], dtype=np.int64))
        out[label] = float(min(max(1 - everything / without, 0.0), 1.0)) if without > 0 else 0.0
    return out


def _weighted_rows(matched: Matched) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows in strata with both groups, in an order that the frame's does not change; their weights and dense strata."""
    task = matched.task
    n = int(task.stratum.max(initial=-1)) + 1
    inside = task.stratum >= 0
    treated = np.bincount(task.stratum[inside & task.treated], minlength=n)
    control = np.bincount(task.stratum[inside & ~task.treated], minlength=n)
    both = np.append((treated > 0) & (control > 0), False)
    rows = np.flatnonzero(both[task.stratum])
    if rows.size == 0:
        raise EffectError(Problem("matched", "no exact stratum holds both groups", "strata with both groups"))
    rows = rows[np.argsort(task.tie[rows], kind="stable")]
    stratum = np.cumsum(both[:n])[task.stratum[rows]] - 1
    treated, control = treated[both[:n]], control[both[:n]]
    of_treated, of_control = (control / treated, 1.0) if task.estimand == "atc" else (1.0, treated / control)
    weight = np.where(
        task.treated[rows], np.broadcast_to(of_treated, treated.shape)[stratum], np.broadcast_to(of_control, treated.shape)[stratum]
    )  # fmt: skip
    return rows, weight, stratum


def _within_strata(
    frame: pd.DataFrame,
    design: CovariateDesign,
    treated: np.ndarray,
    rows: np.ndarray,
    weight: np.ndarray,
    stratum: np.ndarray,
) -> np.ndarray:
    """Weighted cross products of covariates and, last, treatment, as deviations from the strata's means, float64 (p + 1, p + 1)."""
    n_strata, p = int(stratum.max()) + 1, len(design.labels)
    total = np.bincount(stratum, weights=weight, minlength=n_strata)
    gram, sums = np.zeros((p + 1, p + 1)), np.zeros((p + 1, n_strata))
    shift, scale = np.zeros((p, 1)), np.ones((p, 1))
    for start in range(0, rows.size, _CHUNK):
        part = rows[start : start + _CHUNK]
        w, s = weight[start : start + _CHUNK], stratum[start : start + _CHUNK]
        x = design.matrix(frame, part)
        if start == 0:
            # any fixed centre and unit will do: they keep large numbers from costing digits
            shift = x.mean(axis=1, keepdims=True)
            spread = x.std(axis=1, keepdims=True)
            scale = np.where(spread > 0, spread, 1.0)
        z = np.ascontiguousarray(np.vstack([(x - shift) / scale, treated[part][None, :]]))
        gram += kernels.gram(z, w)[1:, 1:]
        for row in range(p + 1):
            sums[row] += np.bincount(s, weights=w * z[row], minlength=n_strata)
    # einsum adds in one fixed order; a BLAS product may not
    return gram - np.einsum("is,js->ij", sums / total, sums)


def _unexplained(gram: np.ndarray, columns: np.ndarray) -> float:
    """Variation of treatment (the last column) that some columns leave."""
    own = float(gram[-1, -1])
    if columns.size == 0:
        return own
    inverse, _ = inverse_of(gram[np.ix_(columns, columns)])
    with_treatment = gram[-1, columns]
    return own - float(np.einsum("i,ij,j->", with_treatment, inverse, with_treatment))
