"""Sensitivity of a regression to an omitted confounder, in partial R² (Cinelli & Hazlett 2020), with observed covariates as yardsticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from evaluation.effects.intervals import critical_value
from evaluation.effects.sample import HasMembers, outcome_of
from evaluation.effects.variance import Cluster, check_cluster
from evaluation.errors import EffectError, Problem
from evaluation.matching.result import Matched
from evaluation.robustness.before_matching import partial_r2_before
from evaluation.robustness.partial_r2 import Regression
from evaluation.robustness.sensitivity_tables import adjusted_interval, benchmark_bounds, contour_table, extent_of
from evaluation.robustness.weighted_fit import weighted_fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID = 41
BenchmarkSample = Literal["before", "matched"]
_SAMPLE_WORDS = {
    "before": "with treatment before matching",
    "matched": "with treatment in the matched sample, where they are balanced",
    "given": "as given",
}


@dataclass(frozen=True)
class PartialR2:
    """How strong an omitted confounder would have to be.

    Attributes
    ----------
    regression
        Estimate, classical standard error, degrees of freedom, and the ratio of the clustered to the classical error.
    partial_r2
        Share of the outcome's residual variance that treatment explains: a confounder that explained all the rest of the outcome
        would have to explain so much of treatment.
    robustness_value, robustness_value_of_limit
        Strength, in partial R² with treatment and with outcome alike, that moves the estimate (the limit of the interval at ``level``) to ``null``.
    table
        One row per benchmark and multiple, after a first row without a confounder: benchmark, multiple, r2_treatment, r2_outcome,
        estimate, std_error, t, ci_low, ci_high. ``r2_*`` are the confounder's; missing where no such confounder can exist.
    benchmarks
        benchmark, r2_treatment, r2_outcome: partial R² of the observed covariates themselves.
    benchmark_sample
        Where r2_treatment of the benchmarks comes from: "before" matching, the "matched" sample, or "given".
    contour
        r2_treatment, r2_outcome, estimate, limit: the estimate adjusted, and the limit of its interval nearest ``null``, over a grid.
    """

    regression: Regression
    partial_r2: float
    robustness_value: float
    robustness_value_of_limit: float
    table: pd.DataFrame
    benchmarks: pd.DataFrame
    contour: pd.DataFrame
    level: float
    null: float
    benchmark_sample: str = "given"

    def adjusted(self, r2_treatment: float, r2_outcome: float) -> tuple[float, float, float]:
        """Estimate and limits once a confounder of this strength is adjusted for."""
        return adjusted_interval(self.regression, r2_treatment, r2_outcome, self.level, self.null)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Contours of the adjusted estimate, with the benchmarks."""
        from evaluation.robustness.contour_figure import contour_plot

        return contour_plot(self, ax)

    def alt_text(self) -> str:
        """What the figure shows, in a few sentences."""
        from evaluation.robustness.contour_figure import contour_alt_text

        return contour_alt_text(self)

    def __str__(self) -> str:
        r = self.regression
        lines = [
            f"Estimate {r.estimate:.4g}, standard error {r.std_error * r.inflation:.4g}, {r.dof:.0f} degrees of freedom",
            f"Partial R² of treatment with the outcome: {self.partial_r2:.4f}",
            f"Robustness value: {self.robustness_value:.4f} for the estimate, {self.robustness_value_of_limit:.4f} for the "
            f"limit of the {100 * self.level:g} % interval (to {self.null:g})",
        ]
        if len(self.table) > 1:
            lines.append(f"Confounders as strong as observed covariates ({_SAMPLE_WORDS[self.benchmark_sample]}):")
            lines.append(self.table.to_string(index=False, float_format="%.4f", na_rep=""))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.4f}", na_rep="")


def partial_r2_sensitivity(
    matched: HasMembers | pd.DataFrame | None = None,
    outcome: str | np.ndarray | pd.Series | Sequence[float] | None = None,
    *,
    covariates: Sequence[str] | None = None,
    benchmarks: Sequence[str] | Mapping[str, Sequence[str]] | Mapping[str, tuple[float, float]] | None = None,
    multiples: Sequence[float] = (1, 2, 3),
    benchmark_sample: BenchmarkSample | None = None,
    estimate: float | None = None,
    std_error: float | None = None,
    dof: float | None = None,
    level: float = 0.95,
    null: float = 0.0,
    cluster: Cluster = "set+unit",
    grid: int = GRID,
    largest: tuple[float, float] | None = None,
) -> PartialR2:
    """Sensitivity of a weighted regression on a matched sample, or of a published estimate.

    Parameters
    ----------
    matched, outcome
        The sample and a column or values aligned to its memberships: the outcome is regressed on treatment and covariates by the
        weights of the sample.
    covariates
        Of the regression; by default those that were matched on.
    benchmarks
        Covariates to compare a confounder with, each alone or (a mapping) in named groups; by default each covariate. With an
        estimate given as numbers: a mapping of names to their partial R² (with treatment, with outcome).
    multiples
        How many times as strong as a benchmark.
    benchmark_sample
        Where the benchmarks' association with treatment is taken: "before" matching within exact strata
        (:mod:`evaluation.robustness.before_matching`; the default where the sample is matched), or in the "matched" sample, as the
        paper has it for regressions. After matching the observed covariates are balanced and would make every confounder look harmless.
    estimate, std_error, dof
        Instead of a sample: coefficient, classical standard error and residual degrees of freedom.
    level
        Of the interval.
    null
        Effect that the confounder would have to move the estimate to; 0, or a margin of importance.
    cluster
        Of the standard error of the interval, as in :func:`evaluation.effects.estimate_att`.
    grid, largest
        Points per axis of the contour, and the largest r2_treatment and r2_outcome on it (by default as far as benchmarks and
        robustness value reach).

    Raises
    ------
    EffectError
        Neither a sample nor three numbers (or both), unknown covariates, nothing left to explain.
    """
    critical_value(level)
    check_cluster(cluster)
    numbers = (estimate, std_error, dof)
    if (matched is None) == (estimate is None) or (matched is not None) != (outcome is not None):
        raise EffectError(
            Problem(
                "partial_r2_sensitivity",
                "what to study is not clear",
                "matched and outcome; or estimate, std_error and dof",
            )
        )
    if matched is not None and outcome is not None:
        if any(number is not None for number in numbers):
            raise EffectError(Problem("estimate, std_error, dof", "given with a sample", "one or the other"))
        possible = isinstance(matched, Matched) and matched.task.intervals is None
        source: str = benchmark_sample or ("before" if possible else "matched")
        regression, observed = _from_sample(matched, outcome, covariates, benchmarks, cluster, source)
    else:
        source = "given"
        regression, observed = _from_numbers(numbers, covariates, benchmarks)
    table = benchmark_bounds(regression, observed, multiples, level, null)
    value = regression.robustness_value(null)
    shown = extent_of(table, value) if largest is None else largest
    return PartialR2(
        regression=regression,
        partial_r2=regression.partial_r2,
        robustness_value=value,
        robustness_value_of_limit=regression.robustness_value_of_limit(level, null),
        table=table,
        benchmarks=pd.DataFrame(
            [(name, *pair) for name, pair in observed.items()], columns=["benchmark", "r2_treatment", "r2_outcome"]
        ),
        contour=contour_table(regression, shown, grid, level, null),
        level=level,
        null=null,
        benchmark_sample=source,
    )


def _from_sample(
    matched: HasMembers | pd.DataFrame,
    outcome: object,
    covariates: Sequence[str] | None,
    benchmarks: object,
    cluster: str,
    source: str,
) -> tuple[Regression, dict[str, tuple[float, float]]]:
    covariates = getattr(matched, "covariates", None) if covariates is None else covariates
    if covariates is None:
        raise EffectError(Problem("covariates", "none given", "columns to adjust for; () for none", "name them"))
    names = tuple(dict.fromkeys(covariates))
    asked = names if benchmarks is None else benchmarks
    groups: dict[str, tuple[str, ...]] = (
        {str(k): tuple(str(name) for name in v) for k, v in asked.items()}
        if isinstance(asked, Mapping)
        else {str(name): (str(name),) for name in asked}  # type: ignore[attr-defined]
    )
    if source not in get_args(BenchmarkSample) or (source == "before" and not isinstance(matched, Matched)):
        raise EffectError(
            Problem("benchmark_sample", f"{source!r}", "matched; before, of a result of match()", "take 'matched'")
        )
    unknown = sorted({name for group in groups.values() for name in group} - set(names))
    if unknown:
        raise EffectError(
            Problem("benchmarks", f"not in the regression: {', '.join(unknown)}", ", ".join(names) or "no covariate is")
        )
    fit = weighted_fit(matched, outcome_of(matched, outcome), names, cluster)  # type: ignore[arg-type]
    observed = {label: fit.benchmark(group) for label, group in groups.items()}
    if source == "before" and isinstance(matched, Matched):
        before = partial_r2_before(matched, names, groups)
        observed = {label: (before[label], with_outcome) for label, (_, with_outcome) in observed.items()}
    return fit.regression, observed


def _from_numbers(
    numbers: tuple[float | None, float | None, float | None], covariates: object, benchmarks: object
) -> tuple[Regression, dict[str, tuple[float, float]]]:
    estimate, error, dof = (np.nan if number is None else float(number) for number in numbers)
    problems = []
    if not np.isfinite(estimate) or not error > 0 or not dof > 1:
        problems.append(Problem("estimate, std_error, dof", f"{numbers}", "a number, one above 0, one above 1"))
    if covariates is not None:
        problems.append(Problem("covariates", "given without a sample", "a sample", "give benchmarks as partial R²"))
    if benchmarks is not None and not isinstance(benchmarks, Mapping):
        problems.append(Problem("benchmarks", "names without numbers", "a mapping of names to two partial R²"))
    pairs = dict(benchmarks) if isinstance(benchmarks, Mapping) else {}
    wrong = [
        str(n)
        for n, p in pairs.items()
        if len(p) != 2 or not all(isinstance(v, (int, float)) and 0 <= v < 1 for v in p)
    ]
    if wrong:
        problems.append(Problem("benchmarks", f"not two partial R²: {', '.join(wrong)}", "numbers from 0 to below 1"))
    if problems:
        raise EffectError(problems)
    return Regression(estimate, error, dof), {str(name): (float(p[0]), float(p[1])) for name, p in pairs.items()}
