"""Joint test of a specification curve by permutation (Simonsohn, Simmons & Nelson 2020).

Treatment is permuted, every specification is run anew, and three statistics of the whole curve are compared with what they are under
permutation: the median estimate, the number of specifications that are significant in the direction of the majority, and the mean z value
(Stouffer). All are two-sided: a curve of permuted data counts as extreme by the size of its median and mean z, and by the larger number of
its two directions. p = (1 + number at least as extreme) / (1 + permutations).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.effects.intervals import critical_value
from evaluation.errors import EffectError, Problem

_EQUAL = 1e-12


@dataclass(frozen=True)
class JointCurveTest:
    """Result of the joint test.

    Attributes
    ----------
    table
        statistic ("median", "significant", "stouffer"), observed, null_low, null_high (the middle 95 % under permutation), p.
    draws
        Number of permutations.
    n_specifications, n_left_out
        Specifications tested, and those left out because they cannot be permuted or were not estimated in some permutation.
    null_low, null_high, null_median
        float64 (n_specifications,): limits and middle of the sorted estimates under permutation, lowest first.
    """

    table: pd.DataFrame
    draws: int
    n_specifications: int
    n_left_out: int
    null_low: np.ndarray
    null_high: np.ndarray
    null_median: np.ndarray

    def p(self, statistic: str = "median") -> float:
        """p value of one statistic."""
        rows = self.table.loc[self.table["statistic"] == statistic, "p"]
        if rows.empty:
            raise EffectError(Problem("statistic", f"{statistic!r}", ", ".join(self.table["statistic"])))
        return float(rows.iloc[0])

    def __str__(self) -> str:
        left = f", {self.n_left_out} left out" if self.n_left_out else ""
        return (
            f"Joint test of {self.n_specifications} specifications ({self.draws} permutations{left})\n"
            f"{self.table.to_string(index=False, float_format='%.4g')}"
        )

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.4g}")


def joint_curve_test(
    estimate: np.ndarray,
    std_error: np.ndarray,
    permuted_estimate: np.ndarray,
    permuted_std_error: np.ndarray,
    *,
    level: float = 0.95,
) -> JointCurveTest:
    """Test a curve against its permutations.

    Parameters
    ----------
    estimate, std_error
        float64 (k,).
    permuted_estimate, permuted_std_error
        float64 (draws, k), one row per permutation of treatment, the same one for all specifications.
    level
        A specification is significant where its two-sided interval at this level leaves 0 out.

    Raises
    ------
    EffectError
        Shapes that do not fit, or no specification that was estimated throughout.
    """
    z = critical_value(level)
    e, s = np.asarray(estimate, dtype=np.float64), np.asarray(std_error, dtype=np.float64)
    pe, ps = np.asarray(permuted_estimate, dtype=np.float64), np.asarray(permuted_std_error, dtype=np.float64)
    if (
        e.ndim != 1
        or s.shape != e.shape
        or pe.ndim != 2
        or pe.shape[1] != e.size
        or ps.shape != pe.shape
        or not len(pe)
    ):
        raise EffectError(
            Problem("permutations", f"shapes {e.shape}, {s.shape}, {pe.shape}, {ps.shape}", "(k,), (k,), (draws, k), (draws, k)")
        )  # fmt: skip
    usable = np.isfinite(e) & (s > 0) & np.isfinite(pe).all(axis=0) & (ps > 0).all(axis=0)
    if not usable.any():
        raise EffectError(
            Problem("permutations", f"none of {e.size} specifications is estimated in all of them", "at least one",
                    "permute within larger sets, or leave rare outcomes out")
        )  # fmt: skip
    e, s, pe, ps = e[usable], s[usable], pe[:, usable], ps[:, usable]
    observed = _statistics(e[None, :], s[None, :], z)
    permuted = _statistics(pe, ps, z)
    rows = []
    for name in ("median", "significant", "stouffer"):
        own, others = float(observed[name][0]), permuted[name]
        beyond = int(np.sum(np.abs(others) >= abs(own) - _EQUAL * max(abs(own), _EQUAL)))
        low, high = np.quantile(others, [0.025, 0.975])
        rows.append((name, own, float(low), float(high), (1 + beyond) / (1 + len(pe))))
    ordered = np.sort(pe, axis=1)
    low, middle, high = np.quantile(ordered, [0.025, 0.5, 0.975], axis=0)
    return JointCurveTest(
        table=pd.DataFrame(rows, columns=["statistic", "observed", "null_low", "null_high", "p"]),
        draws=len(pe),
        n_specifications=e.size,
        n_left_out=int(usable.size - e.size),
        null_low=low,
        null_high=high,
        null_median=middle,
    )


def _statistics(e: np.ndarray, s: np.ndarray, z: float) -> dict[str, np.ndarray]:
    t = e / s
    return {
        "median": np.median(e, axis=1),
        "significant": np.maximum((t > z).sum(axis=1), (t < -z).sum(axis=1)),
        "stouffer": t.mean(axis=1),
    }
