"""From the engine's raw values to covariates: prices, logarithms, levels, compact types. Numpy only, so every engine agrees."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from evaluation.cohort.catalogue import DISTRICTS, EDUCATIONS, ORIGINS, TARGET_GROUPS, Covariate
from evaluation.errors import CohortError, Problem

LOG_UNIT = 10_000  # log_earnings is log1p of earnings in units of 10,000 SEK
MOST_CHILDREN = 3

# FodGrEg4 as LISA codes it; code lists of the study keep the labels
ORIGIN_CODES = {
    "00": "sweden", "01": "nordic_eu", "02": "nordic_eu", "03": "europe", "04": "africa", "05": "other",
    "06": "other", "07": "asia", "08": "other", "09": "europe", "11": "other",
}  # fmt: skip
# Sun2000niva_old: 1-2 compulsory, 3-4 upper secondary, 5-7 post-secondary
EDUCATION_CODES = {1: "compulsory", 2: "compulsory", 3: "upper_secondary", 4: "upper_secondary", 5: "post_secondary", 6: "post_secondary", 7: "post_secondary"}  # fmt: skip
TARGET_CODES = {"ordinarie": "ordinary", "resurs": "resource", "ungdom": "youth"} | {
    name: name for name in TARGET_GROUPS
}

Finisher = Callable[[pd.DataFrame], np.ndarray]


def deflators(
    prices: pd.DataFrame | pd.Series | Mapping[int, float], years: range, price_year: int
) -> dict[int, float]:
    """Factor by year from nominal SEK to SEK of ``price_year``.

    Parameters
    ----------
    prices
        Consumer price index by year: a mapping, a series indexed by year, or a frame with the columns ``year`` and ``kpi``.

    Raises
    ------
    CohortError
        A year without an index.
    """
    if isinstance(prices, pd.DataFrame):
        if not {"year", "kpi"} <= set(prices.columns):
            raise CohortError(
                Problem("prices", f"columns {', '.join(map(str, prices.columns))}", "the columns year and kpi")
            )
        prices = prices.set_index("year")["kpi"]
    index = {int(year): float(value) for year, value in dict(prices).items()}
    missing = sorted({*years, price_year} - set(index))
    if missing:
        raise CohortError(
            Problem(
                "prices",
                f"no consumer price index for {', '.join(map(str, missing))}",
                f"an index for {years[0]}-{years[-1]} and for the price year {price_year}",
                "add the years to the table of prices, or choose another price_year",
            )
        )
    return {year: index[price_year] / index[year] for year in years}


def finish(raw: pd.DataFrame, covariates: tuple[Covariate, ...], factors: Mapping[int, float]) -> dict[str, np.ndarray]:
    """Columns of the chosen covariates from one batch of raw values, categories as codes."""
    return {c.name: _finish_one(raw, c, factors) for c in covariates}


def _finish_one(raw: pd.DataFrame, covariate: Covariate, factors: Mapping[int, float]) -> np.ndarray:
    name = covariate.name
    if name.startswith(("earnings_", "log_earnings_", "zero_earnings_")):
        values = _earnings(raw, name, factors)
    elif name in _SPECIAL:
        values = _SPECIAL[name](raw)
    else:
        values = _filled(raw[name])
    return values.astype(covariate.dtype)


def _filled(column: pd.Series) -> np.ndarray:
    """Values with 0 where there is no row: no event in the window, or no row in the year."""
    return column.fillna(0).to_numpy(dtype=np.float64)


def _earnings(raw: pd.DataFrame, name: str, factors: Mapping[int, float]) -> np.ndarray:
    lag = int(name[-1])
    year = raw["year"].to_numpy() - lag
    first = min(factors)
    table = np.array([factors[y] for y in range(first, max(factors) + 1)])
    real = np.rint(raw[f"earnings_{lag}"].to_numpy(dtype=np.float64) * table[year - first])
    if name.startswith("log_"):
        return np.log1p(np.maximum(real, 0) / LOG_UNIT)
    return (real <= 0).astype(np.int8) if name.startswith("zero_") else real


def _codes(column: pd.Series, codes: Mapping, levels: tuple, otherwise: str | int) -> np.ndarray:
    places = {raw: levels.index(level) for raw, level in codes.items()}
    return column.map(places).fillna(levels.index(otherwise)).to_numpy(dtype=np.int8)


def _years_since_immigration(raw: pd.DataFrame) -> np.ndarray:
    since = raw["year"].to_numpy() - raw["immigration_year"].to_numpy(dtype=np.float64)
    return np.where(np.isnan(since), 0, np.clip(since, 0, 120))


_SPECIAL: dict[str, Finisher] = {
    "age": lambda raw: (raw["year"] - raw["birth_year"]).to_numpy(),
    "origin": lambda raw: _codes(raw["origin"], ORIGIN_CODES, ORIGINS, "other"),
    "years_since_immigration": _years_since_immigration,
    "education": lambda raw: _codes(raw["education"], EDUCATION_CODES, EDUCATIONS, "missing"),
    "children": lambda raw: np.clip(_filled(raw["children"]), 0, MOST_CHILDREN),
    "district": lambda raw: _codes(raw["district"], {d: d for d in DISTRICTS}, DISTRICTS, 0),
    "target_group": lambda raw: _codes(raw["target_group"], TARGET_CODES, TARGET_GROUPS, "other"),
    "no_row_1": lambda raw: 1 - _filled(raw["present_1"]),
    "earlier_episodes": lambda raw: raw["episode"].to_numpy() - 1,
}
