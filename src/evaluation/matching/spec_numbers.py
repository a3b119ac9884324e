"""Numbers among the options: ratios, reuse, seeds, and those of the weighting methods."""

from __future__ import annotations

from numbers import Real

from evaluation.errors import Problem
from evaluation.matching import options as known
from evaluation.matching.spec import DistanceMatrix, MatchSpec
from evaluation.matching.spec_values import listed, number, whole


def number_problems(spec: MatchSpec) -> list[Problem]:
    """Ratios, seeds and reuse."""
    problems = []
    variable = spec.max_controls is not None or spec.min_controls is not None
    if variable and spec.method == "nearest":
        problems += _variable_ratio_problems(spec)
    elif not whole(spec.ratio) or spec.ratio < 1:
        mend = (
            "for a ratio that varies between treated units add max_controls=" if isinstance(spec.ratio, float) else ""
        )
        problems.append(Problem("ratio", f"{spec.ratio!r}", "a whole number of controls, 1 or more", mend))
    if not whole(spec.seed) or not 0 <= spec.seed < 2**63:
        problems.append(Problem("seed", f"{spec.seed!r}", "a whole number from 0 to 2**63 - 1"))
    for option in ("replace", "stabilise"):
        if not isinstance(getattr(spec, option), bool):
            problems.append(Problem(option, f"{getattr(spec, option)!r}", "True or False"))
    if spec.max_reuse is not None and (not whole(spec.max_reuse) or spec.max_reuse < 1):
        problems.append(Problem("max_reuse", f"{spec.max_reuse!r}", "None, or a whole number of sets, 1 or more"))
    elif spec.max_reuse is not None and spec.replace is False and spec.risk_set is None and spec.method == "nearest":
        problems.append(
            Problem(
                "max_reuse",
                f"{spec.max_reuse} was given, but without replacement a control is used once",
                "max_reuse together with replace=True",
                "set replace=True, or drop max_reuse",
            )
        )
    return problems


def _variable_ratio_problems(spec: MatchSpec) -> list[Problem]:
    low, high = 1 if spec.min_controls is None else spec.min_controls, spec.max_controls
    if high is None:
        return [Problem("min_controls", "given without max_controls", "both", "add max_controls=")]
    if not whole(low) or not whole(high) or not 1 <= low < high:
        return [Problem("min_controls, max_controls", f"{low!r}, {high!r}", "whole numbers, 1 <= min < max")]
    if not isinstance(spec.ratio, Real) or isinstance(spec.ratio, bool) or not low <= spec.ratio <= high:
        return [
            Problem(
                "ratio",
                f"{spec.ratio!r} is not a mean of {low} to {high} controls",
                "min_controls <= ratio <= max_controls",
                "with max_controls= the ratio is the mean number of controls: set ratio=",
            )
        ]
    if isinstance(spec.distance, DistanceMatrix) or spec.distance in known.SPATIAL:
        return [
            Problem(
                "max_controls",
                "a ratio that varies follows the score, which this distance does not read",
                'distance="logit" or "probability"',
                "drop max_controls=, or match on the score",
            )
        ]
    return []


def weight_problems(spec: MatchSpec) -> list[Problem]:
    """Numbers of the weighting methods."""
    problems = []
    if not whole(spec.subclasses) or spec.subclasses < 2:
        problems.append(Problem("subclasses", f"{spec.subclasses!r}", "a whole number, 2 or more"))
    if not whole(spec.min_per_subclass) or spec.min_per_subclass < 0:
        problems.append(Problem("min_per_subclass", f"{spec.min_per_subclass!r}", "a whole number, 0 or more"))
    if spec.moments not in (1, 2) or not whole(spec.moments):
        problems.append(Problem("moments", f"{spec.moments!r}", "1 (means) or 2 (means and variances)"))
    if not number(spec.tolerance) or spec.tolerance < 0:
        problems.append(Problem("tolerance", f"{spec.tolerance!r}", "standard deviations of imbalance, 0 or more"))
    if spec.truncate is not None and (not number(spec.truncate) or not 0.5 < spec.truncate < 1):
        problems.append(
            Problem(
                "truncate", f"{spec.truncate!r}", "a quantile of the weights, above 0.5 and below 1", "such as 0.99"
            )
        )
    if spec.stabilise is True and spec.method == "ipw" and spec.estimand != "ate":
        problems.append(
            Problem(
                "stabilise",
                "weights of one group only need no stabilising",
                'estimand="ate" with it',
                "drop stabilise=: means are Hájek's anyway",
            )
        )
    if spec.method == "cem" and (stray := sorted(set(spec.cutpoints) - set(spec.covariates))):
        problems.append(
            Problem("cutpoints", f"not among the covariates: {', '.join(map(str, stray))}", "names of covariates")
        )
    d = spec.discard
    if d is not None and not isinstance(d, str) and not (number(d) and 0 < d < 0.5):
        problems.append(
            Problem(
                "discard",
                f"{d!r}",
                f"{listed(known.DISCARDS)}, or a probability below 0.5",
                "0.1 keeps scores from 0.1 to 0.9",
            )
        )
    return problems
