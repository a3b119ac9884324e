"""Populations for the benchmark: twelve covariates, a logistic chance of treatment, any number of treated and controls.

Six numbers, four binaries and two categories (of five and eight levels). People are drawn until both groups are large
enough, and the first of each are kept; by a case-control shift the score stays logistic.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SEED = 20091101
COVARIATES = [
    "age",
    "pay",
    "pay_before",
    "days_without",
    "days_worked",
    "health",
    "woman",
    "migrant",
    "children",
    "disabled",
    "education",
    "district",
]
_DRAW = 200_000
_BY_EDUCATION = np.array([0.0, 0.25, 0.35, 0.1, -0.4])
_BY_DISTRICT = np.array([0.0, 0.3, -0.2, 0.1, 0.4, -0.3, 0.0, 0.2])


def population(n_treated: int, n_controls: int, seed: int = SEED) -> pd.DataFrame:
    """Frame with id, treat, the covariates and an outcome; rows in random order."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    parts: dict[int, list[pd.DataFrame]] = {1: [], 0: []}
    wanted = {1: n_treated, 0: n_controls}
    while any(wanted.values()):
        people = _people(draw)
        for group, left in wanted.items():
            taken = people[people["treat"] == group].iloc[:left]
            parts[group].append(taken)
            wanted[group] = left - len(taken)
    frame = pd.concat([*parts[1], *parts[0]], ignore_index=True)
    frame = frame.iloc[draw.permutation(len(frame))].reset_index(drop=True)
    frame.insert(0, "id", np.arange(1, len(frame) + 1))
    return frame


def _people(draw: np.random.Generator) -> pd.DataFrame:
    n = _DRAW
    age = np.clip(draw.gamma(9, 4.5, n), 18, 64)
    log_pay = draw.normal(9.8, 0.6, n)
    log_before = 0.7 * log_pay + 0.3 * draw.normal(9.8, 0.8, n)
    without = draw.gamma(1.5, 90, n)
    worked = draw.beta(2, 2, n) * 1461
    health = draw.normal(0, 1, n) + 0.02 * (age - 40)
    woman, migrant = draw.random(n) < 0.48, draw.random(n) < 0.22
    children = draw.random(n) < 0.35 + 0.1 * woman
    disabled = draw.random(n) < 0.06 + 0.02 * (health > 1)
    education = draw.choice(5, n, p=[0.15, 0.35, 0.25, 0.15, 0.10])
    district = draw.choice(8, n, p=[0.22, 0.18, 0.15, 0.12, 0.11, 0.09, 0.08, 0.05])
    logit = (
        -4.2
        - 0.03 * (age - 40)
        - 0.35 * (log_pay - 9.8)
        - 0.15 * (log_before - 9.8)
        + 0.004 * (without - 135)
        - 0.0006 * (worked - 730)
        - 0.2 * health
        + 0.25 * woman
        + 0.4 * migrant
        - 0.2 * children
        - 0.5 * disabled
        + _BY_EDUCATION[education]
        + _BY_DISTRICT[district]
    )
    treat = draw.random(n) < 1 / (1 + np.exp(-logit))
    outcome = draw.random(n) < 1 / (1 + np.exp(0.6 + 0.02 * (age - 40) + 0.003 * (without - 135) - 0.2 * treat))
    values = (age, np.exp(log_pay), np.exp(log_before), without, worked, health)
    small = (woman, migrant, children, disabled, education, district)
    columns = [v if v.dtype == np.float64 else v.astype(np.int8) for v in (*values, *small)]
    frame = pd.DataFrame(dict(zip(COVARIATES, columns, strict=True)))
    return frame.assign(treat=treat.astype(np.int8), outcome=outcome.astype(np.int8))


def dated(frame: pd.DataFrame, n_months: int, seed: int = SEED) -> pd.DataFrame:
    """The same people with months: first and last month at risk, and the month in which the treated start."""
    draw = np.random.Generator(np.random.Philox(key=seed + 1))
    n = len(frame)
    first = draw.integers(0, n_months, n)
    last = np.minimum(first + draw.geometric(1 / 14, n), n_months + 12)
    start = draw.integers(0, 2**31, n) % (last - first + 1) + first
    treated = frame["treat"].to_numpy() == 1
    return frame.assign(first=first, last=last, start=np.where(treated, start, np.nan))
