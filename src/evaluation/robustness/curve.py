"""The specification curve (Simonsohn, Simmons & Nelson 2020): one estimate for every reasonable way to do the analysis, sorted."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluation.effects.intervals import critical_value
from evaluation.effects.result import Estimate
from evaluation.errors import EffectError, EvaluationError, Problem, StatisticalWarning
from evaluation.progress import Progress, silent
from evaluation.robustness.joint_test import JointCurveTest, joint_curve_test
from evaluation.robustness.specifications import Choice, Combine, Spec, key_of, specifications

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Run = Callable[[Spec], "tuple[float, float] | Estimate"]
NUMBERS = ("rank", "estimate", "std_error", "ci_low", "ci_high", "reference", "status", "reason", "warnings")


@dataclass(frozen=True)
class SpecificationCurve:
    """Estimates of all specifications.

    Attributes
    ----------
    table
        One row per specification, lowest estimate first, those without one last: rank, the choices, estimate, std_error, ci_low, ci_high,
        reference (bool), status ("estimated" or "not_estimated"), reason, warnings (number of statistical warnings).
    choices
        Names of the choices.
    margin
        Difference of practical importance; None where none was set.
    joint
        The joint permutation test; None where none was asked for.
    """

    table: pd.DataFrame
    choices: tuple[str, ...]
    level: float
    margin: float | None
    joint: JointCurveTest | None

    @property
    def estimated(self) -> pd.DataFrame:
        """Rows with an estimate."""
        return self.table[self.table["status"] == "estimated"]

    @property
    def reference(self) -> pd.Series:
        """The specification that was decided beforehand."""
        return self.table[self.table["reference"]].iloc[0]

    @property
    def sign(self) -> int:
        """Direction that shares are counted in: that of the reference, or of the median where it has none."""
        value = float(self.reference["estimate"])
        if not np.isfinite(value) or value == 0:
            value = float(self.estimated["estimate"].median())
        return -1 if value < 0 else 1

    @property
    def shares(self) -> dict[str, float]:
        """Shares of the estimated specifications: same_sign, significant (same sign, interval without 0), opposite (significant the other
        way); with a margin over_margin (estimate beyond it) and surely_over_margin (the whole interval). And n, n_estimated, median, low, high.
        """
        rows = self.estimated
        value, low, high = (rows[name].to_numpy(np.float64) for name in ("estimate", "ci_low", "ci_high"))
        near, far = (low, high) if self.sign > 0 else (-high, -low)
        toward = self.sign * value
        found = {
            "n": float(len(self.table)),
            "n_estimated": float(len(rows)),
            "median": float(np.median(value)),
            "low": float(value.min()),
            "high": float(value.max()),
            "same_sign": float(np.mean(toward > 0)),
            "significant": float(np.mean(near > 0)),
            "opposite": float(np.mean(far < 0)),
        }
        if self.margin is not None:
            found |= {
                "over_margin": float(np.mean(toward >= self.margin)),
                "surely_over_margin": float(np.mean(near >= self.margin)),
            }
        return found

    def by_choice(self) -> pd.DataFrame:
        """What each choice does: choice, value, n, median, low, high (of the estimates with that value)."""
        parts = []
        for choice in self.choices:
            values = self.estimated[choice].map(label_of)
            for value in dict.fromkeys(values):
                e = self.estimated.loc[values == value, "estimate"]
                parts.append((choice, value, len(e), float(e.median()), float(e.min()), float(e.max())))
        return pd.DataFrame(parts, columns=["choice", "value", "n", "median", "low", "high"])

    def plot(self) -> Figure:
        """Estimates above, the choices behind each below."""
        from evaluation.robustness.curve_figure import curve_plot

        return curve_plot(self)

    def alt_text(self) -> str:
        """What the figure shows, in a few sentences."""
        from evaluation.robustness.curve_figure import curve_alt_text

        return curve_alt_text(self)

    def __str__(self) -> str:
        s = self.shares
        lines = [
            f"Specification curve: {s['n_estimated']:.0f} of {s['n']:.0f} specifications estimated",
            f"  median {s['median']:.4g}, from {s['low']:.4g} to {s['high']:.4g}; decided beforehand {self.reference['estimate']:.4g}",
            f"  same sign {100 * s['same_sign']:.0f} %, and interval without 0 {100 * s['significant']:.0f} %; "
            f"significant the other way {100 * s['opposite']:.0f} %",
        ]
        if self.margin is not None:
            lines.append(
                f"  over the margin of {self.margin:g}: estimate {100 * s['over_margin']:.0f} %, whole interval {100 * s['surely_over_margin']:.0f} %"
            )
        return "\n".join([*lines, *([] if self.joint is None else [str(self.joint)])])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{self}</pre>"


def specification_curve(
    run: Run,
    grid: Mapping[str, Sequence[Choice]] | Sequence[Spec],
    *,
    reference: Spec | None = None,
    combine: Combine = "product",
    level: float = 0.95,
    margin: float | None = None,
    draws: int = 0,
    seed: int = 1,
    progress: Progress = silent,
) -> SpecificationCurve:
    """Run every specification of a grid.

    Parameters
    ----------
    run
        From a specification to (estimate, standard error) or an :class:`Estimate`. What raises an :class:`EvaluationError` becomes a row without
        an estimate, with the reason.
    grid, reference, combine
        As in :func:`evaluation.robustness.specifications`.
    level
        Of the intervals; with (estimate, standard error) they are normal, an ``Estimate`` keeps its own.
    margin
        Difference of practical importance, above 0.
    draws
        Permutations of the joint test; 0 for none. ``run`` then has a method ``permuted(specs, *, seed, draws)`` that gives estimates and standard
        errors (draws, specifications), as :class:`evaluation.robustness.MatchedRunner` has.
    seed
        Of the permutations.

    Raises
    ------
    EffectError
        A grid that makes no sense, permutations that ``run`` cannot make, or no specification that can be estimated.
    """
    z = critical_value(level)
    specs, base = specifications(grid, reference=reference, combine=combine)
    problems = []
    taken = sorted(set(base) & set(NUMBERS))
    if taken:
        problems.append(
            Problem("grid", f"choices named {', '.join(taken)}", "other names: these are columns of the table")
        )
    if margin is not None and not margin > 0:
        problems.append(Problem("margin", f"{margin!r}", "a difference above 0, or None"))
    if draws < 0 or (draws and not hasattr(run, "permuted")):
        problems.append(
            Problem(
                "draws", f"{draws}", "0, or a run with a method permuted()", "use a MatchedRunner, or leave draws out"
            )
        )
    if problems:
        raise EffectError(problems)
    rows = []
    for done, spec in enumerate(specs):
        progress("specifications", done, len(specs))
        rows.append({**spec, **_numbers(run, spec, z), "reference": key_of(spec) == key_of(base)})
    progress("specifications", len(specs), len(specs))
    table = pd.DataFrame(rows)
    if not (table["status"] == "estimated").any():
        reasons = "; ".join(dict.fromkeys(table["reason"]))
        raise EffectError(Problem("grid", f"none of {len(specs)} specifications could be estimated", mend=reasons))
    joint = None
    if draws:
        permuted = run.permuted(specs, seed=seed, draws=draws)  # type: ignore[attr-defined]
        joint = joint_curve_test(table["estimate"].to_numpy(), table["std_error"].to_numpy(), *permuted, level=level)
    # ties in the order of the grid
    table = table.sort_values("estimate", kind="stable", na_position="last", ignore_index=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    columns = ["rank", *base, *NUMBERS[1:]]
    return SpecificationCurve(table[columns], tuple(base), level, margin, joint)


def label_of(value: object) -> str:
    """A value of a choice as shown."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _numbers(run: Run, spec: Spec, z: float) -> dict[str, Any]:
    blank = dict.fromkeys(("estimate", "std_error", "ci_low", "ci_high"), np.nan)
    with warnings.catch_warnings(record=True) as log:
        warnings.simplefilter("always", StatisticalWarning)
        try:
            got = run(spec)
        except EvaluationError as error:
            first = error.problems[0]
            return {**blank, "status": "not_estimated", "reason": f"{first.where}: {first.given}", "warnings": 0}
    said = sum(issubclass(entry.category, StatisticalWarning) for entry in log)
    if isinstance(got, Estimate):
        value, error_, (low, high) = got.estimate, got.std_error, got.ci
    else:
        value, error_ = (float(number) for number in got)
        low, high = value - z * error_, value + z * error_
    if not np.isfinite(value) or not np.isfinite(error_):
        return {**blank, "status": "not_estimated", "reason": "no finite estimate", "warnings": said}
    return {
        "estimate": value, "std_error": error_, "ci_low": low, "ci_high": high, "status": "estimated", "reason": "", "warnings": said
    }  # fmt: skip
