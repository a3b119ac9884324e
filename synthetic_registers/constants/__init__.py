"""Limits, base amounts and prices by year, each with its source and status; the evaluation keeps its own copies."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from synthetic_registers.history import YEARS

PRICE_YEAR = 2016


@cache
def _table(file: str) -> pd.DataFrame:
    return pd.read_csv(Path(__file__).parent / f"{file}.csv", encoding="utf-8")


@cache
def yearly(file: str, name: str) -> npt.NDArray[np.float64]:
    """Values of a constant for 2005..2016, shape ``(N_YEARS,)``."""
    table = _table(file)
    values = table[table["name"] == name].set_index("year")["value"].reindex(list(YEARS)).to_numpy(np.float64)
    values.setflags(write=False)
    return values


@cache
def deflators() -> npt.NDArray[np.float64]:
    """Factor by year 2005..2016 that turns nominal SEK into SEK of 2016 (consumer price index)."""
    index = yearly("prices", "consumer_price_index")
    factors = index[PRICE_YEAR - YEARS[0]] / index
    factors.setflags(write=False)
    return factors


@cache
def raks_medians() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Median pay by age 0..99 in 2009 of women and men with at most nine years of school, SEK a year."""
    table = _table("raks_medians")
    profiles = []
    for sex in ("women", "men"):
        rows = table[table["name"].str.startswith(sex + "_")]
        ages = rows["name"].str.rsplit("_", n=1).str[1].astype(int).to_numpy()
        profiles.append(np.interp(np.arange(100), ages, rows["value"].to_numpy(np.float64)))
    return profiles[0], profiles[1]
