"""All outcome columns of a matched sample on one clock, ready for an estimator that knows nothing of registers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.outcomes.dense import Located
from evaluation.outcomes.panel import Panel
from evaluation.outcomes.spec import OutcomeSpec, unit_of

_LABELS = ["outcome", "definition", "horizon", "horizon_unit", "unit"]
_ANNUAL_PLAIN = (
    "earnings",
    "social_assistance_months",
    "unemployment_insurance",
    "registered_unemployed",
    "studying",
    "sick_or_retired",
)

Entry = tuple[str, str, int, str]


def horizons(spec: OutcomeSpec) -> Iterator[Entry]:
    """``(outcome, definition, horizon, horizon_unit)`` of every column that ``spec`` asks for, in a fixed order."""
    for outcome in spec.outcomes:
        if outcome == "established":
            yield from ((outcome, definition, k, "year") for definition in spec.definitions for k in spec.years)
            if "E4_employed" in spec.definitions:
                yield from ((outcome, "E4_employed", h, "month") for h in spec.months_employed)
        elif outcome == "sustained_established":
            yield from (
                (outcome, definition, k, "year") for definition in spec.sustained_definitions for k in spec.years
            )
        elif outcome == "self_sufficient":
            if "SF1" in spec.self_sufficiency:
                yield from ((outcome, "SF1", h, "month") for h in spec.months_self_sufficient)
            if "SF2" in spec.self_sufficiency:
                yield from ((outcome, "SF2", k, "year") for k in spec.years)
        elif outcome == "returned_to_jobbtorg":
            yield from ((outcome, "", h, "month") for h in spec.months_returned)
        elif outcome == "employed_elsewhere":
            yield from ((outcome, "", h, "month") for h in spec.months_employed)
        if outcome == "registered_unemployed":
            yield from ((outcome, "", h, "month") for h in spec.months_registered)
        if outcome in _ANNUAL_PLAIN:
            yield from ((outcome, "", k, "year") for k in spec.years)


def outcome_columns(
    panel: Panel, members_person: npt.ArrayLike, members_t0: npt.ArrayLike, spec: OutcomeSpec | None = None
) -> tuple[pd.DataFrame, npt.NDArray[np.float64]]:
    """Every outcome of every member of the matched sets, counted from the member's time zero.

    Parameters
    ----------
    panel
        The outcomes read.
    members_person
        Person of each membership, shape ``(m,)``.
    members_t0
        Absolute month of time zero of each membership, shape ``(m,)``; negative where the clock has none.
    spec
        Which columns; the panel's own unless told.

    Returns
    -------
    labels
        One row a column: ``outcome, definition, horizon, horizon_unit, unit``.
    values
        float64 ``(m, len(labels))``; NaN where an outcome is not observed or excluded.
    """
    entries = list(horizons(spec or panel.spec))
    person = panel.grid.locate(members_person)
    t0 = np.asarray(members_t0, dtype=np.int64)
    values = np.empty((len(person), len(entries)), dtype=np.float64)
    for column, (outcome, definition, horizon, unit) in enumerate(entries):
        values[:, column] = _column(panel, person, t0, outcome, definition, horizon, unit)
    labels = pd.DataFrame([(*entry, unit_of(entry[0])) for entry in entries], columns=_LABELS)
    return labels, values


def _column(
    panel: Panel,
    person: Located,
    t0: npt.NDArray[np.int64],
    outcome: str,
    definition: str,
    horizon: int,
    unit: str,
) -> npt.NDArray[np.float64]:
    if outcome == "sustained_established":
        return panel.sustained(definition, person, t0, horizon)
    if outcome == "returned_to_jobbtorg":
        return panel.returned(person, t0, horizon)
    read = panel.at_years if unit == "year" else panel.at_months
    return read(outcome, person, t0, horizon, definition)
