"""A cohort made up from random numbers in a moment: persons at risk in some months, some of whom start, by what they are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.cohort import CATALOGUE, Cohort, CohortSpec
from evaluation.cohort.store import MemoryStore

FIRST, MONTHS = 24108, 12


def fake_cohort(persons: int = 900, *, seed: int = 1, separated: bool = False) -> Cohort:
    """A cohort of ``persons`` persons over twelve months; who is young, a woman or without earnings starts more often.

    With ``separated`` nobody without a register row ever starts, so that this value separates rows from the participants.
    """
    rng = np.random.Generator(np.random.Philox(key=[seed, 7]))
    fixed = {c.name: _values(c, rng, persons) for c in CATALOGUE}
    enrolled = rng.integers(FIRST - 20, FIRST + MONTHS, persons)
    leaves = enrolled + rng.integers(3, 30, persons)
    hazard = -3.6 + 0.5 * fixed["woman"] - 0.02 * (fixed["age"] - 40.0) + 0.6 * fixed["zero_earnings_1"]
    rows: list[pd.DataFrame] = []
    at_risk = np.ones(persons, bool)
    for month in range(FIRST, FIRST + MONTHS):
        here = np.flatnonzero(at_risk & (enrolled <= month) & (month <= leaves))
        starts = rng.random(here.size) < 1 / (1 + np.exp(-hazard[here]))
        rows.append(pd.DataFrame({"who": here, "month": month, "treated": starts.astype(np.int8)}))
        at_risk[here[starts]] = False
    table = pd.concat(rows, ignore_index=True)
    if separated:
        fixed["no_row_1"][table.loc[table["treated"] == 1, "who"]] = 0
    who, month, treated = (table[name].to_numpy() for name in ("who", "month", "treated"))
    elapsed = month - enrolled[who]
    spec = CohortSpec()
    length = rng.integers(6, 13, who.size).astype(np.float32)
    never = np.where(treated == 1, np.float32(0), np.float32(np.nan))
    columns = {
        "person": who.astype(np.int64) + 1000,
        "month": month.astype(np.int32),
        "treated": treated,
        "elapsed": elapsed.astype(np.int16),
        "elapsed_class": (np.searchsorted(spec.elapsed_classes, elapsed, side="right") - 1).astype(np.int8),
        "episode": np.ones(who.size, np.int16),
        "enrolment": enrolled[who].astype(np.int32),
        "quarter": (month // 3).astype(np.int32),
        "year": (month // 12).astype(np.int16),
        "planned_exit": month + length - 1 + never,
        "actual_exit": month + length - 2 + never,
        "workplace_type": np.where(treated == 1, 0, -1).astype(np.int8),
        "planned_length": length + never,
        **{name: values[who] for name, values in fixed.items()},
    }
    store = MemoryStore()
    store.add(columns)
    none = pd.DataFrame(columns=["person", "episode", "start", "end"])
    steps = pd.DataFrame({"group": ["employments"], "step": ["delivered"], "n_out": [int(treated.sum())]})
    return Cohort(
        spec=spec,
        covariates=CATALOGUE,
        attrition=steps.assign(unit="persons", n_in=steps["n_out"], n_removed=0),
        person_months=pd.DataFrame({"n_out": [who.size]}),
        persons=pd.DataFrame({"person": np.unique(columns["person"])}),
        employments=pd.DataFrame(columns=["person", "number", "start", "planned_exit", "actual_exit", "kind", "rows"]),
        episodes=none,
        store=store,
    )


def _values(covariate: object, rng: np.random.Generator, n: int) -> np.ndarray:
    name, kind, levels, dtype = (getattr(covariate, key) for key in ("name", "kind", "levels", "dtype"))
    if levels:
        return rng.integers(0, min(len(levels), 4), n).astype(dtype)
    if kind == "binary":
        return (rng.random(n) < 0.4).astype(dtype)
    if name == "age":
        return rng.integers(18, 65, n).astype(dtype)
    if name == "insurance_12" or name.endswith(("_12", "_24")):
        return rng.integers(0, 13, n).astype(dtype)
    return rng.integers(0, 10, n).astype(dtype) if dtype != "float32" else rng.normal(2, 1, n).astype(dtype)
