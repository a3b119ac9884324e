"""Adapters on matched sets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.effects import estimate_many
from evaluation.effects.neighbours.estimator import Options, abadie_imbens_many
from evaluation.effects.panel.did import did_of
from evaluation.effects.panel.event_study import event_study
from evaluation.effects.regression.g_computation import matched_regression_many
from evaluation.matching import Matched
from synthetic_registers.direct_outcomes import CHOSEN, OutcomeTable
from synthetic_registers.outcomes import Line
from tests.proofs.coverage.replication import Replication, late_covariates, match_study
from tests.proofs.coverage.weighting import LINES

EVENT_YEARS = range(-3, 5)


def on_sets(replication: Replication, matched: Matched, clock: str) -> pd.DataFrame:
    """The study's estimator on matched sets: difference of means, clustered by set and person."""
    members = replication.members(matched, clock)  # type: ignore[arg-type]
    return estimate_many(members, replication.values(members))


def on_late_covariates(replication: Replication, clock: str) -> pd.DataFrame:
    """The same on sets matched without the covariates that reach over the placebo's months, 30 to 36 before the start."""
    return on_sets(replication, match_study(replication.frame, covariates=late_covariates()), clock)


def regression(replication: Replication, matched: Matched, clock: str) -> pd.DataFrame:
    """Regression on the matched sample with the covariates of the score, effects free to differ by covariate."""
    members = replication.members(matched, clock)  # type: ignore[arg-type]
    return matched_regression_many(matched, replication.values(members)[:, LINES]).assign(line=LINES)


def neighbours(replication: Replication, clock: str) -> pd.DataFrame:
    """One neighbour with replacement among those at risk in the same month, the score taken as known.

    Classes of elapsed time and sex stand in the score only: with them the cells hold too few participants for a variance. The standard
    error takes person-months for independent, which they are not: a person stands in many months.
    """
    score = replication.matched.task.value
    supported = np.isfinite(score)  # rows at a level without participants have no score
    frame = replication.frame[["treated", "month"]].assign(ready_score=score)[supported]
    options = Options(treatment="treated", score="ready_score", exact=("month",))
    return abadie_imbens_many(frame, replication.row_values[supported][:, LINES], options).assign(line=LINES)


def event_years(replication: Replication, matched: Matched, clock: str) -> pd.DataFrame:
    """Difference from the year before, by event year: E2 and E4, years 1 to 4 of an event study on the matched panel."""
    members = replication.members(matched, clock)  # type: ignore[arg-type]
    parts = []
    for definition in ("E2_scb",):
        lines = [Line("established", definition, k, "year") for k in EVENT_YEARS]
        table = OutcomeTable(replication.source, lines)
        values = table.at(members["row"].to_numpy(), members["t0"].to_numpy())
        found = event_study(members, values, years=EVENT_YEARS).table.iloc[-4:]
        place = [CHOSEN.index(line) for line in lines[-4:]]
        parts.append(found.assign(line=place))
    return pd.concat(parts, ignore_index=True)


def did_years(replication: Replication, matched: Matched, clock: str) -> pd.DataFrame:
    """Difference in differences of employment (E4): each of the years 1 to 4 less the mean of the three years before."""
    members = replication.members(matched, clock)  # type: ignore[arg-type]
    lines = [Line("established", "E4_employed", k, "year") for k in EVENT_YEARS]
    table = OutcomeTable(replication.source, lines)
    study = event_study(members, table.at(members["row"].to_numpy(), members["t0"].to_numpy()), years=EVENT_YEARS)
    parts = [
        did_of(study, pre=(-3, -2, -1), post=(line.horizon,)).table.assign(line=CHOSEN.index(line))
        for line in lines[-4:]
    ]
    return pd.concat(parts, ignore_index=True)


def complete(members: pd.DataFrame) -> pd.DataFrame:
    """Sets that still hold both sides; weights of the comparison persons sum to one in each."""
    treated = (members["treated"] == 1).to_numpy()
    sets = members["set"].to_numpy()
    both = np.intersect1d(sets[treated], sets[~treated])
    kept = members[np.isin(sets, both)].reset_index(drop=True)
    treated = (kept["treated"] == 1).to_numpy()
    weight, sets = kept["weight"].to_numpy(np.float64), kept["set"].to_numpy()
    total = np.bincount(sets[~treated], weights=weight[~treated], minlength=int(sets.max()) + 1)
    return kept.assign(weight=np.where(treated, weight, weight / total[sets]))
