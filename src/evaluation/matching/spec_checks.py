"""Options that make no sense, alone or together: each refused with what to use instead."""

from __future__ import annotations

from dataclasses import replace

from evaluation.errors import Problem
from evaluation.matching import options as known
from evaluation.matching.learner import no_learners
from evaluation.matching.limits import limit_problems
from evaluation.matching.spec import DEFAULT_FOLDS, DistanceMatrix, MatchSpec, names
from evaluation.matching.spec_numbers import number_problems, weight_problems
from evaluation.matching.spec_search import caliper_problems, risk_problems, search_problems
from evaluation.matching.spec_values import listed, quoted, whole


def problems_of(spec: MatchSpec) -> list[Problem]:
    """Everything that is wrong with a specification, before defaults are filled in."""
    problems = _choice_problems(spec)
    if not any(p.where == "method" for p in problems):
        problems += _idle_problems(spec)
    return [
        *problems,
        *_score_problems(spec),
        *number_problems(spec),
        *weight_problems(spec),
        *caliper_problems(spec),
        *search_problems(spec),
        *(limit_problems(spec) if spec.method == "full" else ()),
        *risk_problems(spec),
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
                Problem(option, f"a {type(value).__name__} was given", listed(allowed), "give one of the names")
            )
        elif value not in allowed:
            mend = known.INSTEAD.get((option, value))
            problems.append(
                Problem(option, f'"{value}" is not available', listed(allowed), f"use {mend}" if mend else "")
            )
    if not problems and spec.estimand is not None and spec.estimand not in known.ESTIMANDS_OF[spec.method]:
        able = [m for m in known.METHODS if spec.estimand in known.ESTIMANDS_OF[m]]
        problems.append(
            Problem(
                "estimand",
                f'"{spec.estimand}" is not what method="{spec.method}" estimates',
                listed(known.ESTIMANDS_OF[spec.method]),
                f"for it use method={' or '.join(quoted(m) for m in able)}",
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
    named = isinstance(spec.score_model, str)
    problems = [
        replace(problem, allowed=f"{listed(known.SCORE_MODELS)}, or {problem.allowed}")
        for problem in no_learners({"score_model": spec.score_model})
    ]
    fitted_here = spec.score is None and not isinstance(spec.distance, DistanceMatrix)
    if not fitted_here and not (named and spec.score_model == "logit"):
        problems.append(
            Problem("score_model", "the score is not fitted here", "", "drop score_model=, or the ready score")
        )
    uses_folds = not named or spec.score_model in ("lasso", "boosting")
    if spec.folds != DEFAULT_FOLDS and not uses_folds:
        problems.append(Problem("folds", "a logistic score has no folds", "", "drop folds=, or change score_model="))
    if not whole(spec.folds) or spec.folds < 2:
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
