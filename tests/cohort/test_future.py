"""Nothing that happens in or after a month changes who is at risk in it, or what is known of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from evaluation.cohort import CohortSpec, assemble
from tests.cohort.standin import PRICES, Standin, day, make_tables

TABLES = make_tables(200, seed=11)
LATER = ["planned_exit", "actual_exit", "workplace_type", "planned_length"]
MONTHLY = ("social_assistance", "unemployment_insurance", "deaths")


def alter_after(tables: dict[str, pd.DataFrame], s: int, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Every register with what lies in or after month ``s`` dropped, changed or added to."""
    new = {name: table.copy() for name, table in tables.items()}
    for name in MONTHLY:
        new[name] = _moved(tables[name], "month", tables[name]["month"] >= s, s, rng)
    # the month itself decides whether somebody is only just arriving
    moves = tables["migration"]
    new["migration"] = _moved(moves, "month", moves["month"] > s, s + 1, rng)
    new["steps"] = _redated(tables["steps"], "date", s, rng)
    new["ku"] = tables["ku"].assign(last_month=lambda t: np.where(t["year"] >= s // 12, 12, t["last_month"]))
    new["lisa"] = _other_years(tables["lisa"], s // 12, rng)
    new["af_categories"] = _other_ends(_redated(tables["af_categories"], "start", s, rng), s, rng)
    new["enrolments"] = _other_ends(_redated(tables["enrolments"], "start", s + 1, rng), s, rng)
    jobs = _redated(tables["employments"], "start", s + 1, rng)
    jobs["planned_end"] = jobs["planned_end"].where(jobs["start"] < _first(s + 1), jobs["start"])
    new["employments"] = _other_ends(jobs, s, rng)
    return new


def _first(month: int) -> pd.Timestamp:
    return pd.Timestamp(year=month // 12, month=month % 12 + 1, day=1)


def _moved(table: pd.DataFrame, column: str, later: pd.Series, s: int, rng: np.random.Generator) -> pd.DataFrame:
    """Later rows get another month, some are dropped, and everybody gets one more."""
    n = len(table)
    table = table.assign(**{column: np.where(later, s + rng.integers(0, 20, n), table[column])})
    extra = table.assign(**{column: s + rng.integers(0, 20, n)})
    return pd.concat([table[~(later & (rng.random(n) < 0.3))], extra], ignore_index=True)


def _redated(table: pd.DataFrame, column: str, s: int, rng: np.random.Generator) -> pd.DataFrame:
    later = table[column] >= _first(s)
    dates = day(np.full(len(table), s) + rng.integers(0, 12, len(table)), rng.integers(1, 29, len(table)))
    table = table.assign(**{column: table[column].where(~later, dates.set_axis(table.index))})
    if "end" in table:
        length = pd.to_timedelta(rng.integers(0, 200, len(table)), unit="D")
        table["end"] = table["end"].where(~later, table[column] + length)
    return table[~(later & (rng.random(len(table)) < 0.3))].reset_index(drop=True)


def _other_ends(table: pd.DataFrame, s: int, rng: np.random.Generator) -> pd.DataFrame:
    """Ends in or after the month, and open ones, become others."""
    later = table["end"].isna() | (table["end"] >= _first(s + 1))
    begins = table["start"].clip(lower=_first(s + 1))
    ends = begins + pd.to_timedelta(rng.integers(0, 300, len(table)), unit="D")
    return table.assign(end=table["end"].where(~later, ends.where(rng.random(len(table)) < 0.8)))


def _other_years(lisa: pd.DataFrame, year: int, rng: np.random.Generator) -> pd.DataFrame:
    """Rows of the year and later say something else; traits that never change only where an earlier row has them."""
    n = len(lisa)
    later = (lisa["year"] >= year).to_numpy()
    known = (lisa["person"].map(lisa.groupby("person")["year"].min()) < year).to_numpy()
    changed = {
        name: np.where(later, rng.integers(0, 9, n), lisa[name].to_numpy(dtype=float, na_value=0))
        for name in ("earnings", "sick_days", "children", "student", "disability")
    }
    lisa = lisa.assign(**{name: values.astype(int) for name, values in changed.items()})
    lisa["education"] = lisa["education"].where(~later, 1)
    lisa["immigration_year"] = lisa["immigration_year"].where(~later, 2015)
    lisa["sex"] = np.where(later & known, 3 - lisa["sex"], lisa["sex"])
    lisa["birth_year"] = np.where(later & known, 1930, lisa["birth_year"])
    return lisa[~(later & known & (rng.random(n) < 0.3))].reset_index(drop=True)


@given(
    st.integers(12 * 2009 + 5, 12 * 2011 + 11), st.integers(0, 10**6), st.sampled_from(["individuals", "employments"])
)
@settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate])
def test_the_future_changes_nothing(s: int, seed: int, unit: str) -> None:
    spec = CohortSpec(unit=unit)
    before = assemble(Standin(TABLES), spec, prices=PRICES).table
    after = assemble(Standin(alter_after(TABLES, s, np.random.default_rng(seed))), spec, prices=PRICES).table
    columns = [c for c in before.columns if c not in LATER and c != "row"]
    old, new = (t.loc[t["month"] == s, columns].reset_index(drop=True) for t in (before, after))
    assert len(old) > 5
    for frame in (old, new):
        for name in frame.select_dtypes("category"):
            frame[name] = frame[name].astype(object)
    pd.testing.assert_frame_equal(old, new)
