"""What is timed: each call of the engine in turns with its floor, a computation on bare arrays."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit

from evaluation.matching import Matched, RiskSets, match
from evaluation.matching.design_matrix import CovariateDesign
from evaluation.matching.score import fit_score
from tests.benchmarks import floor
from tests.benchmarks.population import COVARIATES, dated, population

MONTHS = 36
EXACT = ["education", "district", "woman"]
FOUR = ["age", "pay", "days_without", "days_worked"]
VARIABLE = {"ratio": 2, "max_controls": 4}
_SLOW = 1.5  # seconds: what takes longer is measured once
_ENOUGH = 3.0  # seconds: after so long in one call there are no further repeats

# Matching on the score by a method that makes the sum of distances least: label and options, floor: sorting the score.
BEST = {
    "optimal pairs": {"method": "optimal"},
    "optimal pairs in a caliper": {"method": "optimal", "caliper": 0.2},
    "optimal pairs, exact, in a caliper": {"method": "optimal", "caliper": 0.2, "exact": EXACT},
    "optimal, 2 controls in a caliper": {"method": "optimal", "caliper": 0.2, "ratio": 2},
    "full matching": {"method": "full"},
    "full matching in a caliper": {"method": "full", "caliper": 0.2},
    "full, at most 5 controls, in a caliper": {"method": "full", "caliper": 0.2, "max_controls": 5},
}


@dataclass(frozen=True)
class Figure:
    """One line of the table: seconds of the engine, and of the floor it is held against."""

    label: str
    floor: str
    seconds: float
    floor_seconds: float


@dataclass(frozen=True)
class Measured:
    """All figures of one population; the population with its score, the caliper on the logit, and treated matched in it."""

    figures: list[Figure]
    frame: pd.DataFrame
    caliper: float
    matched: int


def timed(call: Callable[[], object], beside: Callable[[], object], repeats: int = 7) -> tuple[float, float]:
    """Median seconds of a warm call and of its floor, taken in turns so that other load hits both alike."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for do, into in zip((call, beside), seconds, strict=True):
            start = time.perf_counter()
            do()
            into.append(time.perf_counter() - start)
        if seconds[0][-1] > _SLOW or sum(seconds[0]) > _ENOUGH:
            break
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def measure(n_treated: int, n_controls: int) -> Measured:
    """Time all calls on one population."""
    raw = population(n_treated, n_controls)
    frame = raw.assign(**{name: raw[name].astype("category") for name in ("education", "district")})
    options = {"treatment": "treat", "id": "id"}

    def run(**more: object) -> Matched:
        return match(frame, **options, **more)

    fitted = run(covariates=COVARIATES, caliper=0.2)
    covariates = CovariateDesign.of(frame, COVARIATES)
    frame = frame.assign(score=fitted.score)
    months = dated(frame, MONTHS)
    risk = RiskSets(start="start", eligible_from="first", eligible_to="last", elapsed=(0, 3, 6, 12, 24))
    within, space = {"score": "score", "caliper": 0.2}, {"score": "score", "distance": "mahalanobis"}
    floors = _floors(fitted, raw, run(**within, **VARIABLE).task.want)
    read, sort, scan, scan_exact, scan_rounds, step = floors
    calls = [
        ("score", read, lambda: fit_score(frame, covariates, fitted.task.treated, fitted.ids)),
        ("nearest", scan, lambda: run(**within)),
        ("nearest, closest first", scan, lambda: run(**within, order="closest")),
        ("nearest, exact", scan_exact, lambda: run(**within, exact=EXACT)),
        ("nearest, 5 with replacement", step, lambda: run(**within, ratio=5, replace=True)),
        ("nearest, 1 to 4 controls", scan_rounds, lambda: run(**within, **VARIABLE)),
        *((label, sort, lambda more=more: run(score="score", **more)) for label, more in BEST.items()),
        ("mahalanobis of 4 in a caliper", sort, lambda: run(**space, match_on=FOUR, caliper=0.2)),
        ("mahalanobis in a caliper", sort, lambda: run(**space, match_on=COVARIATES, caliper=0.2)),
        ("mahalanobis, no caliper", sort, lambda: run(**space, match_on=COVARIATES)),
        (
            f"risk sets of {MONTHS} months, 5 controls",
            sort,
            lambda: match(months, **options, **within, risk_set=risk, ratio=5),
        ),
        ("balance of 12 covariates", read, lambda: fitted.balance()),
        ("subclassification", sort, lambda: run(method="subclass", score="score")),
        ("inverse probability weights", read, lambda: run(method="ipw", score="score")),
        ("overlap weights", read, lambda: run(method="overlap", score="score")),
        ("coarsened exact matching", read, lambda: run(method="cem", covariates=COVARIATES)),
        ("entropy balancing", read, lambda: run(method="entropy", covariates=COVARIATES)),
    ]
    figures = [Figure(label, beside, *timed(call, floors[beside])) for label, beside, call in calls]
    return Measured(figures, frame, fitted.task.caliper, int(fitted.counts.loc["matched", "treated"]))


def _floors(fitted: Matched, raw: pd.DataFrame, want: np.ndarray) -> dict[str, Callable[[], object]]:
    """The floors by name, each run once so that it is compiled; ``want`` is the number of controls by row."""
    columns = np.ascontiguousarray(raw[COVARIATES].to_numpy(np.float64).T)
    treated, value, caliper = fitted.task.treated, logit(fitted.score), fitted.task.caliper
    strata = fitted.frame.groupby(EXACT, observed=True).ngroup().to_numpy()
    wanted = want[treated]
    floors = {
        "one pass over the data": lambda: floor.one_pass(columns),
        "sort the score": lambda: floor.sort_score(value),
        "sort and scan": lambda: floor.sort_and_scan(value, treated, caliper),
        "sort and scan in strata": lambda: floor.sort_and_scan(value, treated, caliper, strata),
        "sort and scan in rounds": lambda: floor.sort_and_scan_rounds(value, treated, caliper, wanted),
        "sort and step outwards": lambda: floor.sort_and_scan_with_reuse(value, treated, caliper, 5),
    }
    for warm in floors.values():
        warm()
    return floors
