"""Adapters of estimators that weight all person-months at risk, and of treatment against never."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.effects.dynamics.estimators import dynamic_many
from evaluation.effects.dynamics.hazard import HazardPanel, fit_hazard
from evaluation.effects.weighting.aipw import aipw_many
from evaluation.effects.weighting.ipw import ipw_many
from evaluation.effects.weighting.overlap import overlap_many
from synthetic_registers.direct_outcomes import CHOSEN, PLACEBOS
from synthetic_registers.history import FIRST_MONTH, N_MONTHS
from synthetic_registers.truth import WINDOW
from tests.proofs.coverage.replication import Replication, score_covariates

_KEPT_MONTHS = (18, 24, 48)
LINES = np.array(
    [
        j
        for j, line in enumerate(CHOSEN)
        if line.outcome in PLACEBOS
        or (
            line.outcome == "established"
            and line.definition in ("E2_scb", "E4_employed")
            and line.horizon_unit == "year"
        )
        or (line.definition in ("E4_employed", "SF1") and line.horizon_unit == "month" and line.horizon in _KEPT_MONTHS)
    ]
)
"""Lines of the estimators that weight fifty thousand rows: the others cost time and teach nothing new."""


def ipw(replication: Replication, clock: str) -> pd.DataFrame:
    """Inverse probability weighting by the study's score."""
    return ipw_many(replication.matched, replication.row_values[:, LINES]).assign(line=LINES)


def overlap(replication: Replication, clock: str) -> pd.DataFrame:
    """Weights by the overlap of the groups: participants count by their chance of not starting."""
    return overlap_many(replication.matched, replication.row_values[:, LINES]).assign(line=LINES)


def aipw(replication: Replication, clock: str) -> pd.DataFrame:
    """The same augmented by linear outcome models."""
    return aipw_many(replication.matched, replication.row_values[:, LINES]).assign(line=LINES)


def hazard(replication: Replication) -> HazardPanel:
    """The study's hazard on all months in which an employment may start, also after the window."""
    end = (
        FIRST_MONTH + N_MONTHS - 1
    )  # no employment starts after the last row: the hazard is zero to the end of the registers
    return fit_hazard(
        replication.panel, score_covariates(), treatment="treated", unit="person", month="month", until=end
    )


def dynamic_pooled(replication: Replication, clock: str) -> pd.DataFrame:
    """Against never, all person-months at risk."""
    panel = replication.shared("hazard", hazard)
    rows = panel.at_risk(*WINDOW)
    place = replication.person_row(rows["unit"].to_numpy())
    zero = rows["month"].to_numpy(dtype=np.int64)
    until, horizon = horizons(replication, zero, LINES)
    values = replication.outcomes.at(place, zero)[:, LINES]
    found = with_totals(dynamic_many(rows, values, until, horizon, panel=panel, pooled=True), horizon)
    return found.assign(line=LINES)


def dynamic_sets(replication: Replication, clock: str) -> pd.DataFrame:
    """Against never, on the study's matched sets."""
    members = replication.members(replication.matched, clock)  # type: ignore[arg-type]
    panel = replication.shared("hazard", hazard)
    until, horizon = horizons(replication, members["t0"].to_numpy())
    month = replication.frame["month"].to_numpy(dtype=np.int64)[members["position"].to_numpy()]
    given = members[["set", "unit", "treated", "weight"]].assign(month=month)
    return with_totals(dynamic_many(given, replication.values(members), until, horizon, panel=panel), horizon)


def horizons(
    replication: Replication, zero: np.ndarray, chosen: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Last month that each outcome refers to by distinct horizon, int64 ``(m, g)``, and the horizon of each line, ``(lines,)``."""
    lines = [
        replication.outcomes.lines[j] for j in (range(len(replication.outcomes.lines)) if chosen is None else chosen)
    ]
    kinds = sorted({(line.horizon_unit, line.horizon) for line in lines})
    year, month = zero // 12, zero
    until = [12 * (year + h) + 11 if unit == "year" else month + h for unit, h in kinds]
    place = {kind: g for g, kind in enumerate(kinds)}
    return np.column_stack(until), np.array([place[line.horizon_unit, line.horizon] for line in lines])


def with_totals(found: object, horizon: np.ndarray) -> pd.DataFrame:
    """The table with the total of the weights per treated of each line's horizon."""
    totals = found.diagnostics.set_index("horizon")["weight_total"]  # type: ignore[attr-defined]
    return found.table.assign(weight_sum=totals.loc[horizon].to_numpy())  # type: ignore[attr-defined]
