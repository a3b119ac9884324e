"""Options of the search: calipers, order, distance and risk sets, and what they need of each other."""

from __future__ import annotations

from evaluation.errors import Problem
from evaluation.matching import options as known
from evaluation.matching.spec import DistanceMatrix, MatchSpec, RiskSets
from evaluation.matching.spec_values import listed, number, whole


def caliper_problems(spec: MatchSpec) -> list[Problem]:
    """Widths of calipers and their unit."""
    problems = []
    calipers = {"caliper": spec.caliper} | {f'covariate_calipers["{k}"]': v for k, v in spec.covariate_calipers.items()}
    for where, width in calipers.items():
        if width is None and where == "caliper":
            continue
        if not number(width) or width == 0:
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
    if matrix and spec.caliper is not None and number(spec.caliper) and spec.caliper < 0:
        problems.append(
            Problem("caliper", "below 0 on a given matrix", "above 0", "set the pairs you forbid to inf in the matrix")
        )
    return problems


def search_problems(spec: MatchSpec) -> list[Problem]:
    """Order, distance and what they need."""
    problems = []
    matrix = isinstance(spec.distance, DistanceMatrix)
    spatial = not matrix and spec.distance in known.SPATIAL
    if spec.method in known.ON_A_LINE and (matrix or spatial):
        problems.append(
            Problem(
                "distance",
                f'method="{spec.method}" finds its optimum on the score',
                '"logit", "probability"',
                'for other distances use method="nearest" with order="closest"',
            )
        )
    if spec.method in known.ON_A_LINE and spec.caliper is not None and number(spec.caliper) and spec.caliper < 0:
        problems.append(Problem("caliper", f'below 0 with method="{spec.method}"', "above 0", 'use method="nearest"'))
    if spec.match_on and not spatial:
        problems.append(
            Problem(
                "match_on",
                "belongs to a distance in several covariates",
                listed(known.SPATIAL),
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


def risk_problems(spec: MatchSpec) -> list[Problem]:
    """Risk sets, and what does not go with them."""
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
            problems.append(
                Problem("exact", f'"{spec.risk_set}" is already exact as the risk set', "", "drop it there")
            )
    else:
        edges = spec.risk_set.elapsed
        if any(not whole(e) for e in edges) or list(edges) != sorted(set(edges)) or (edges and edges[0] != 0):
            problems.append(
                Problem("risk_set.elapsed", f"{edges!r}", "whole numbers rising from 0", "such as (0, 3, 6, 12)")
            )
        if isinstance(spec.distance, DistanceMatrix) or spec.distance in known.SPATIAL:
            problems.append(
                Problem(
                    "distance", "risk sets by intervals are matched on the score", '"logit", "probability"', "drop it"
                )
            )
        if spec.order == "farthest":
            problems.append(
                Problem("order", '"farthest" is not made for risk sets', '"closest", "largest"', "use these")
            )
        if spec.max_controls is not None:
            problems.append(Problem("max_controls", "not made for risk sets by intervals", "ratio=", "use ratio="))
        if spec.unit is not None:
            problems.append(
                Problem(
                    "unit", "with RiskSets each row is a unit of its own", "", 'drop unit=, or use risk_set="month"'
                )
            )
        if spec.estimand == "atc":
            problems.append(Problem("estimand", '"atc" has no risk sets: controls have no date', '"att"', "use att"))
    if isinstance(spec.distance, DistanceMatrix) and isinstance(spec.risk_set, str):
        problems.append(
            Problem("distance", "risk sets need a distance for every month", "the score", "drop the matrix")
        )
    if spec.estimand == "atc" and isinstance(spec.risk_set, str):
        problems.append(Problem("estimand", '"atc" within risk sets is not defined', '"att"', 'use estimand="att"'))
    return problems
