"""Options that make no sense, alone or together: each refused with what to use instead."""

from __future__ import annotations

import math
from numbers import Integral, Real

from evaluation.errors import Problem
from evaluation.matching import options as known
from evaluation.matching.spec import DEFAULT_FOLDS, DistanceMatrix, MatchSpec, RiskSets, names


def problems_of(spec: MatchSpec) -> list[Problem]:
    """Everything that is wrong with a specification, before defaults are filled in."""
    problems = _choice_problems(spec)
    if not any(p.where == "method" for p in problems):
        problems += _idle_problems(spec)
    return [
        *problems,
        *_score_problems(spec),
        *_number_problems(spec),
        *_weight_problems(spec),
        *_caliper_problems(spec),
        *_search_problems(spec),
        *_risk_problems(spec),
    ]


def _choice_problems(spec: MatchSpec) -> list[Problem]:
    problems = []
    choices = [("method", known.METHODS), ("missing", known.MISSING)]
    if not isinstance(spec.distance, DistanceMatrix):
        choices.append(("distance", known.DISTANCES))
    if spec.caliper_unit is not None:
        choices.append(("caliper_unit", known.CALIPER_UNITS))
    if spec.order is not None:
        choices.append(("order", known.ORDERS))
    if spec.estimand is not None:
        choices.append(("estimand", known.ESTIMANDS))
    if isinstance(spec.score_model, str):
        choices.append(("score_model", known.SCORE_MODELS))
    if isinstance(spec.discard, str):
        choices.append(("discard", known.DISCARDS))
    for option, allowed in choices:
        value = getattr(spec, option)
        if not isinstance(value, str):
            problems.append(
                Problem(option, f"a {type(value).__name__} was given", _listed(allowed), "give one of the names")
            )
        elif value not in allowed:
            mend = known.INSTEAD.get((option, value))
            problems.append(
                Problem(option, f'"{value}" is not available', _listed(allowed), f"use {mend}" if mend else "")
            )
    if not problems and spec.estimand is not None and spec.estimand not in known.ESTIMANDS_OF[spec.method]:
        able = [m for m in known.METHODS if spec.estimand in known.ESTIMANDS_OF[m]]
        problems.append(
            Problem(
                "estimand",
                f'"{spec.estimand}" is not what method="{spec.method}" estimates',
                _listed(known.ESTIMANDS_OF[spec.method]),
                f"for it use method={' or '.join(_quoted(m) for m in able)}",
            )
        )
    return problems


def _idle_problems(spec: MatchSpec) -> list[Problem]:
    """Options that the chosen method would have to ignore."""
    problems = []
    for option, methods in known.READ_BY.items():
        default = MatchSpec.__dataclass_fields__[option]
        plain = default.default_factory() if callable(default.default_factory) else default.default
        value = getattr(spec, option)
        same = isinstance(value, type(plain)) and value == plain
        if option in ("covariate_calipers", "cutpoints"):
            same = not value
        if value is not None and not same and spec.method not in methods:
            problems.append(
                Problem(option, f'method="{spec.method}" does not read it', "", known.ELSEWHERE.get(option, ""))
            )
    if spec.method not in known.READ_BY["caliper"] and spec.caliper_unit is not None:
        problems.append(Problem("caliper_unit", f'method="{spec.method}" has no caliper', "", "drop caliper_unit"))
    return problems


def _score_problems(spec: MatchSpec) -> list[Problem]:
    problems = []
    if spec.formula is not None and spec.score is not None:
        problems.append(
            Problem(
                "formula, score",
                "both say where the score comes from",
                "one of them",
                "drop score= to fit the formula, or formula= to use the ready score",
            )
        )
    given = isinstance(spec.distance, DistanceMatrix)
    if not spec.covariates and spec.formula is None and spec.score is None and not given:
        problems.append(
            Problem(
                "covariates",
                "nothing says what to match on",
                "covariates=[...], formula=... or score=...",
                "name the covariates of the score, or a column with a ready probability",
            )
        )
    if given and (spec.formula is not None or spec.score is not None):
        problems.append(
            Problem("formula, score", "a given distance has no score", "covariates= for the balance table", "drop it")
        )
    for option in ("covariates", "match_on", "exact", "antiexact"):
        listed = getattr(spec, option)
        if len(set(listed)) < len(listed):
            twice = sorted({name for name in listed if listed.count(name) > 1})
            problems.append(Problem(option, f"named twice: {', '.join(twice)}", "each once"))
    used = {*spec.covariates, *spec.exact, *spec.antiexact, *spec.match_on, *names(spec.score)}
    if spec.treatment in used:
        problems.append(
            Problem(
                "treatment", f'"{spec.treatment}" is also a covariate, score or exact column', "", "take it out there"
            )
        )
    return [*problems, *_model_problems(spec)]


def _model_problems(spec: MatchSpec) -> list[Problem]:
    problems = []
    named = isinstance(spec.score_model, str)
    if not named and not (hasattr(spec.score_model, "fit") and hasattr(spec.score_model, "predict_proba")):
        problems.append(
            Problem(
                "score_model",
                f"a {type(spec.score_model).__name__} was given",
                f"{_listed(known.SCORE_MODELS)}, or a scikit-learn classifier",
                "give an object with fit and predict_proba",
            )
        )
    fitted_here = spec.score is None and not isinstance(spec.distance, DistanceMatrix)
    if not fitted_here and not (named and spec.score_model == "logit"):
        problems.append(
            Problem("score_model", "the score is not fitted here", "", "drop score_model=, or the ready score")
        )
    uses_folds = not named or spec.score_model in ("lasso", "boosting")
    if spec.folds != DEFAULT_FOLDS and not uses_folds:
        problems.append(Problem("folds", "a logistic score has no folds", "", "drop folds=, or change score_model="))
    if not _whole(spec.folds) or spec.folds < 2:
        problems.append(Problem("folds", f"{spec.folds!r}", "a whole number, 2 or more"))
    if spec.cross_fit is not None and (named and spec.score_model in ("logit", "lasso")):
        problems.append(
            Problem(
                "cross_fit",
                f'score_model="{spec.score_model}" is fitted once on all rows',
                "",
                'drop cross_fit=, or use score_model="boosting" or a classifier of your own',
            )
        )
    if spec.missing == "category" and spec.formula is not None:
        problems.append(
            Problem(
                "missing",
                '"category" makes new columns, which the formula does not name',
                "covariates= with it",
                "name the covariates in a list",
            )
        )
    if spec.missing == "indicator" and spec.formula is not None:
        problems.append(
            Problem(
                "missing",
                '"indicator" makes new columns, which the formula does not name',
                "covariates= with it",
                "name the covariates in a list",
            )
        )
    return problems


def _number_problems(spec: MatchSpec) -> list[Problem]:
    problems = []
    variable = spec.max_controls is not None or spec.min_controls is not None
    if variable and spec.method == "nearest":
        problems += _variable_ratio_problems(spec)
    elif not _whole(spec.ratio) or spec.ratio < 1:
        mend = "for a ratio that varies between treated units add max_controls=" if isinstance(spec.ratio, float) else ""
        problems.append(Problem("ratio", f"{spec.ratio!r}", "a whole number of controls, 1 or more", mend))
    if not _whole(spec.seed) or not 0 <= spec.seed < 2**63:
        problems.append(Problem("seed", f"{spec.seed!r}", "a whole number from 0 to 2**63 - 1"))
    for option in ("replace", "stabilise"):
        if not isinstance(getattr(spec, option), bool):
            problems.append(Problem(option, f"{getattr(spec, option)!r}", "True or False"))
    if spec.max_reuse is not None and (not _whole(spec.max_reuse) or spec.max_reuse < 1):
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
    if not _whole(low) or not _whole(high) or not 1 <= low < high:
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


def _weight_problems(spec: MatchSpec) -> list[Problem]:
    """Numbers of the weighting methods."""
    problems = []
    if not _whole(spec.subclasses) or spec.subclasses < 2:
        problems.append(Problem("subclasses", f"{spec.subclasses!r}", "a whole number, 2 or more"))
    if not _whole(spec.min_per_subclass) or spec.min_per_subclass < 0:
        problems.append(Problem("min_per_subclass", f"{spec.min_per_subclass!r}", "a whole number, 0 or more"))
    if spec.moments not in (1, 2) or not _whole(spec.moments):
        problems.append(Problem("moments", f"{spec.moments!r}", "1 (means) or 2 (means and variances)"))
    if not _number(spec.tolerance) or spec.tolerance < 0:
        problems.append(Problem("tolerance", f"{spec.tolerance!r}", "standard deviations of imbalance, 0 or more"))
    if spec.truncate is not None and (not _number(spec.truncate) or not 0.5 < spec.truncate < 1):
        problems.append(
            Problem("truncate", f"{spec.truncate!r}", "a quantile of the weights, above 0.5 and below 1", "such as 0.99")
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
    if d is not None and not isinstance(d, str) and not (_number(d) and 0 < d < 0.5):
        problems.append(
            Problem(
                "discard",
                f"{d!r}",
                f"{_listed(known.DISCARDS)}, or a probability below 0.5",
                "0.1 keeps scores from 0.1 to 0.9",
            )
        )
    return problems


def _caliper_problems(spec: MatchSpec) -> list[Problem]:
    problems = []
    calipers = {"caliper": spec.caliper} | {f'covariate_calipers["{k}"]': v for k, v in spec.covariate_calipers.items()}
    for where, width in calipers.items():
        if width is None and where == "caliper":
            continue
        if not _number(width) or width == 0:
            problems.append(
                Problem(
                    where,
                    f"{width!r}",
                    "a number above 0, or below 0 for units that must be further apart than its size",
                    "drop it to match without a caliper; use exact= for a width of 0",
                )
            )
    some = spec.caliper is not None or bool(spec.covariate_calipers)
    if spec.caliper_unit == "sd_strata" and not spec.exact and spec.risk_set is None:
        problems.append(
            Problem(
                "caliper_unit",
                '"sd_strata" was given without exact strata',
                "exact=[...] with it",
                'name the strata in exact=, or use caliper_unit="sd_pooled"',
            )
        )
    if spec.caliper_unit is not None and not some and spec.method in known.READ_BY["caliper"]:
        problems.append(
            Problem(
                "caliper_unit",
                f'"{spec.caliper_unit}" was given without a caliper',
                "",
                "give caliper= or covariate_calipers=, or drop caliper_unit",
            )
        )
    matrix = isinstance(spec.distance, DistanceMatrix)
    if matrix and spec.caliper is not None and spec.caliper_unit not in (None, "raw"):
        problems.append(
            Problem(
                "caliper_unit", f'"{spec.caliper_unit}" has no meaning on a given matrix', '"raw"', "drop caliper_unit"
            )
        )
    if matrix and spec.caliper is not None and _number(spec.caliper) and spec.caliper < 0:
        problems.append(
            Problem("caliper", "below 0 on a given matrix", "above 0", "set the pairs you forbid to inf in the matrix")
        )
    return problems


def _search_problems(spec: MatchSpec) -> list[Problem]:
    """Order, distance and what they need."""
    problems = []
    matrix = isinstance(spec.distance, DistanceMatrix)
    spatial = not matrix and spec.distance in known.SPATIAL
    if spec.match_on and not spatial:
        problems.append(
            Problem(
                "match_on",
                "belongs to a distance in several covariates",
                _listed(known.SPATIAL),
                'set distance="mahalanobis", or use covariate_calipers= instead',
            )
        )
    if spatial and spec.method == "subclass":
        problems.append(
            Problem("distance", f'"{spec.distance}" cannot be cut into subclasses', '"logit", "probability"', "drop it")
        )
    if spatial and not spec.place and spec.method in known.READ_BY["match_on"]:
        problems.append(
            Problem(
                "distance",
                f'"{spec.distance}" was given without covariates',
                "match_on=[...] or covariates=[...]",
                "name the covariates of the distance in match_on=",
            )
        )
    if matrix and spec.order in ("largest", "smallest"):
        problems.append(
            Problem(
                "order",
                f'"{spec.order}" is an order of the score, which a given distance has not',
                '"closest", "farthest", "data", "random"',
                "drop order=",
            )
        )
    if matrix and spec.discard is not None:
        problems.append(Problem("discard", "a given distance has no score", "", "set the pairs you forbid to inf"))
    if spec.replace is True and spec.max_reuse is None and spec.order is not None and spec.method == "nearest":
        problems.append(
            Problem(
                "order",
                f'"{spec.order}" was given, but with replacement and no max_reuse the order changes nothing',
                "",
                "drop order=, or set max_reuse= or replace=False",
            )
        )
    return problems


def _risk_problems(spec: MatchSpec) -> list[Problem]:
    if spec.risk_set is None:
        return []
    problems = []
    if not isinstance(spec.risk_set, str | RiskSets):
        return [
            Problem(
                "risk_set",
                f"a {type(spec.risk_set).__name__} was given",
                "the column of the month (one row per unit and month), or RiskSets(start=, eligible_from=, eligible_to=)",
            )
        ]
    if isinstance(spec.risk_set, str):
        if spec.unit is None:
            problems.append(
                Problem(
                    "risk_set",
                    "given without unit=",
                    "the column of the person",
                    "name it in unit=, so that nobody is matched with itself",
                )
            )
        if spec.risk_set in spec.exact:
            problems.append(Problem("exact", f'"{spec.risk_set}" is already exact as the risk set', "", "drop it there"))
    else:
        edges = spec.risk_set.elapsed
        if any(not _whole(e) for e in edges) or list(edges) != sorted(set(edges)) or (edges and edges[0] != 0):
            problems.append(Problem("risk_set.elapsed", f"{edges!r}", "whole numbers rising from 0", "such as (0, 3, 6, 12)"))
        if isinstance(spec.distance, DistanceMatrix) or spec.distance in known.SPATIAL:
            problems.append(
                Problem("distance", "risk sets by intervals are matched on the score", '"logit", "probability"', "drop it")
            )
        if spec.order == "farthest":
            problems.append(Problem("order", '"farthest" is not made for risk sets', '"closest", "largest"', "use these"))
        if spec.max_controls is not None:
            problems.append(Problem("max_controls", "not made for risk sets by intervals", "ratio=", "use ratio="))
        if spec.unit is not None:
            problems.append(
                Problem("unit", "with RiskSets each row is a unit of its own", "", "drop unit=, or use risk_set=\"month\"")
            )
        if spec.estimand == "atc":
            problems.append(Problem("estimand", '"atc" has no risk sets: controls have no date', '"att"', "use att"))
    if isinstance(spec.distance, DistanceMatrix) and isinstance(spec.risk_set, str):
        problems.append(Problem("distance", "risk sets need a distance for every month", "the score", "drop the matrix"))
    if spec.estimand == "atc" and isinstance(spec.risk_set, str):
        problems.append(Problem("estimand", '"atc" within risk sets is not defined', '"att"', 'use estimand="att"'))
    return problems


def _whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _listed(allowed: tuple[str, ...]) -> str:
    return ", ".join(_quoted(name) for name in allowed)
