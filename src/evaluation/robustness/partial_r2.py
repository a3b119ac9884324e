"""Omitted variable bias in partial R² (Cinelli & Hazlett 2020): formulas on numbers and arrays.

A confounder Z that explains the share r2_treatment of the treatment's variance left by the covariates, and the share r2_outcome of the
outcome's left by treatment and covariates, changes the coefficient of treatment by exactly

    bias = se √dof · sqrt(r2_outcome · r2_treatment / (1 - r2_treatment))

and its standard error to se · sqrt((1 - r2_outcome) / (1 - r2_treatment) · dof / (dof - 1)), se being the classical one. The identities are
of least squares and hold as well with weights, all R² then being weighted. Where standard errors are clustered, their ratio to the classical
one (``inflation``) is taken not to change when Z is added: an assumption of ours, not of the paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student


@dataclass(frozen=True)
class Regression:
    """A coefficient, its classical standard error, the residual degrees of freedom, and the ratio of the robust to the classical error."""

    estimate: float
    std_error: float
    dof: float
    inflation: float = 1.0

    @property
    def partial_r2(self) -> float:
        """Share of the outcome's residual variance that treatment explains: t² / (t² + dof)."""
        t = self.estimate / self.std_error
        return float(t**2 / (t**2 + self.dof))

    def bias(self, r2_treatment: np.ndarray | float, r2_outcome: np.ndarray | float) -> np.ndarray:
        """Size of the bias of a confounder of this strength."""
        d = np.asarray(r2_treatment, dtype=np.float64)
        return self.std_error * np.sqrt(self.dof * np.asarray(r2_outcome) * d / (1 - d))

    def adjusted(
        self, r2_treatment: np.ndarray | float, r2_outcome: np.ndarray | float, *, null: float = 0.0
    ) -> np.ndarray:
        """Estimate once such a confounder, that pushed it away from ``null``, is adjusted for."""
        return self.estimate - np.where(self.estimate >= null, 1.0, -1.0) * self.bias(r2_treatment, r2_outcome)

    def adjusted_error(self, r2_treatment: np.ndarray | float, r2_outcome: np.ndarray | float) -> np.ndarray:
        """Standard error (robust where the regression's is) once such a confounder is adjusted for."""
        left = (1 - np.asarray(r2_outcome, dtype=np.float64)) / (1 - np.asarray(r2_treatment, dtype=np.float64))
        return self.inflation * self.std_error * np.sqrt(left * self.dof / (self.dof - 1))

    def critical(self, level: float) -> float:
        """Critical value of an adjusted t statistic, dof - 1 degrees of freedom."""
        return float(student.ppf(0.5 + level / 2, self.dof - 1))

    def robustness_value(self, null: float = 0.0) -> float:
        """The strength, with treatment and with outcome alike, that moves the estimate to ``null``."""
        f = abs(self.estimate - null) / (self.std_error * np.sqrt(self.dof))
        return _equal_strength(f)

    def robustness_value_of_limit(self, level: float, null: float = 0.0) -> float:
        """The strength that moves the limit of the interval at ``level`` to ``null``; 0 where the interval holds it.

        Where f exceeds 1 / f*, a confounder that explains less of the outcome does more harm to the limit than one of equal strengths; the
        value is then (f² - f*²) / (1 + f²) (Cinelli & Hazlett 2020, supplement).
        """
        f = abs(self.estimate - null) / (self.std_error * np.sqrt(self.dof))
        least = self.inflation * self.critical(level) / np.sqrt(self.dof - 1)
        if f <= least:
            return 0.0
        if f * least > 1:
            return float((f**2 - least**2) / (1 + f**2))
        return _equal_strength(f - least)


def bounds_from_benchmark(r2_treatment: float, r2_outcome: float, multiple: float) -> tuple[float, float]:
    """Strength of a confounder ``multiple`` times as strong as an observed covariate; NaN where no such confounder can exist.

    Parameters
    ----------
    r2_treatment
        Partial R² of the covariate with treatment, given the other covariates.
    r2_outcome
        Partial R² of the covariate with the outcome, given treatment and the other covariates.

    Returns
    -------
    tuple
        r2_treatment and the bound of r2_outcome of the confounder (at most 1).
    """
    with_treatment = multiple * r2_treatment / (1 - r2_treatment) if r2_treatment < 1 else np.nan
    if not with_treatment < 1:
        return np.nan, np.nan
    shared = with_treatment * r2_treatment / (1 - multiple * r2_treatment)
    if not shared < 1 or not r2_outcome < 1:
        return np.nan, np.nan
    eta = (np.sqrt(multiple) + np.sqrt(shared)) / np.sqrt(1 - shared)
    return float(with_treatment), float(min(eta**2 * r2_outcome / (1 - r2_outcome), 1.0))


def _equal_strength(f: float) -> float:
    return float((np.sqrt(f**4 + 4 * f**2) - f**2) / 2)
