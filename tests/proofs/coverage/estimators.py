"""Estimators under test: one small adapter each, from a replication and a clock to one row per line of outcomes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.errors import EvaluationError
from tests.proofs.coverage import flagged, incidence, sets, weighting
from tests.proofs.coverage.replication import SCENARIOS, Replication

RESULT = ("estimate", "std_error", "ci_low", "ci_high")
ALL_CLOCKS = ("start", "exit_planned", "exit_actual")
# without register files the people of no_flaws are drawn as those of the default: what takes long is not tried on them again
OTHERS = tuple(name for name in SCENARIOS if name != "no_flaws")

Weights = Callable[[Replication], np.ndarray]
SAMPLES: dict[str, Weights] = {
    "1:5": lambda r: r.participants_of(r.matched),
    "1:1": lambda r: r.participants_of(r.matched_pairs),
    "overlap": lambda r: r.overlap,
}
"""How much each participant counts in what an estimator speaks of, where that is not all of them alike."""

Adapter = Callable[[Replication, str], pd.DataFrame]


@dataclass(frozen=True)
class Estimator:
    """How an estimator is tried.

    Attributes
    ----------
    name
        In the tables.
    estimand
        ``not_yet`` or ``never``: which counterfactual world is its truth.
    run
        Gives one row per line of outcomes with the columns :data:`RESULT`, ``line`` where they are not all in order, and ``weight_sum``
        where there is one.
    clocks
        Clocks it is tried on.
    truth_clock
        Clock of the truth it is held against where that is not its own.
    flagged
        Known to be biased, or outside its assumptions here: no demand on bias and coverage.
    scenarios
        Where it is tried; None: everywhere.
    largest_bias
        Demand on the absolute bias of shares, on the start and planned clocks.
    sample
        Of which participants (:data:`SAMPLES`) it speaks; None: of all.
    """

    name: str
    estimand: str
    run: Adapter
    clocks: tuple[str, ...] = ("start",)
    truth_clock: str | None = None
    flagged: bool = False
    scenarios: tuple[str, ...] | None = None
    largest_bias: float = 0.004
    sample: str | None = None

    def tried_in(self, scenario: str) -> bool:
        """Whether it is tried in a scenario."""
        return self.scenarios is None or scenario in self.scenarios


def run_all(replication: Replication, estimators: tuple[Estimator, ...]) -> pd.DataFrame:
    """These estimators on every clock of one replication: estimator, clock, line and the columns of :data:`RESULT`, ``weight_sum``."""
    lines = np.arange(len(replication.outcomes.lines))
    parts = [pd.DataFrame(columns=["estimator", "clock", "line", *RESULT, "weight_sum"])] if not estimators else []
    for estimator in estimators:
        for clock in estimator.clocks:
            table = _tried(estimator, replication, clock)
            columns = {name: table[name].to_numpy(np.float64) for name in RESULT}
            columns["weight_sum"] = table["weight_sum"].to_numpy(np.float64) if "weight_sum" in table else np.nan
            line = table["line"].to_numpy() if "line" in table else lines
            parts.append(pd.DataFrame({"estimator": estimator.name, "clock": clock, "line": line, **columns}))
    return pd.concat(parts, ignore_index=True)


def _tried(estimator: Estimator, replication: Replication, clock: str) -> pd.DataFrame:
    """The estimator's table; missing values where it refuses the data, which the report counts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # flagged methods say so every time
        try:
            return estimator.run(replication, clock)
        except EvaluationError:
            return pd.DataFrame(np.nan, index=range(len(replication.outcomes.lines)), columns=list(RESULT))


FIRST: tuple[Estimator, ...] = (
    Estimator(
        "matched_difference 1:5",
        "not_yet",
        lambda r, c: sets.on_sets(r, r.matched, c),
        clocks=ALL_CLOCKS,
        sample="1:5",
    ),
    Estimator(
        "matched_difference 1:1",
        "not_yet",
        lambda r, c: sets.on_sets(r, r.matched_pairs, c),
        clocks=ALL_CLOCKS,
        largest_bias=0.005,
        sample="1:1",
    ),
    Estimator(
        "matched_regression 1:5",
        "not_yet",
        lambda r, c: sets.regression(r, r.matched, c),
        clocks=("start", "exit_planned"),
        scenarios=OTHERS,
        sample="1:5",
    ),
    Estimator(
        "event_study 1:5",
        "not_yet",
        lambda r, c: sets.event_years(r, r.matched, c),
        scenarios=OTHERS,
        sample="1:5",
    ),
    Estimator("dynamic", "never", weighting.dynamic_pooled, scenarios=OTHERS),
    Estimator(
        "dynamic_matched 1:5",
        "never",
        weighting.dynamic_sets,
        clocks=("start", "exit_planned"),
        scenarios=OTHERS,
        sample="1:5",
    ),
    Estimator("ipw", "not_yet", weighting.ipw, scenarios=OTHERS),
    Estimator("aipw", "not_yet", weighting.aipw, scenarios=OTHERS),
    Estimator("abadie_imbens 1", "not_yet", sets.neighbours, flagged=True, scenarios=OTHERS),
    Estimator("unadjusted", "not_yet", flagged.unadjusted, flagged=True),
    Estimator("own_exit", "not_yet", flagged.own_exit, clocks=("exit_own",), truth_clock="exit_actual", flagged=True),
    Estimator("never_in_follow_up", "never", flagged.never_in_follow_up, flagged=True),
    Estimator("cap 1, in order", "not_yet", flagged.cap_in_order, flagged=True, scenarios=("default", "intense")),
    Estimator(
        "cap 1, out of order", "not_yet", flagged.cap_out_of_order, flagged=True, scenarios=("default", "intense")
    ),
)

MORE: tuple[Estimator, ...] = (
    Estimator("overlap", "not_yet", weighting.overlap, scenarios=OTHERS, sample="overlap"),
    Estimator("did 1:5", "not_yet", lambda r, c: sets.did_years(r, r.matched, c), scenarios=OTHERS, sample="1:5"),
    Estimator(
        "aalen_johansen 1:5",
        "not_yet",
        incidence.aalen_johansen,
        clocks=incidence.CLOCKS,
        scenarios=OTHERS,
        sample="1:5",
    ),
)
"""Tried in a part of their own, as those of :data:`LATE` are."""

LATE: tuple[Estimator, ...] = (
    Estimator(
        "matched_difference 1:5, late covariates",
        "not_yet",
        sets.on_late_covariates,
        flagged=True,
        scenarios=("hidden_confounder",),
    ),
)
"""What matching leaves of a placebo that no covariate reaches."""

ESTIMATORS = (*FIRST, *MORE, *LATE)
