"""Islands of spells: the engine, numpy and brute force say the same."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.cohort.spells import number_islands, number_islands_frame

SPELLS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40), st.integers(0, 12)), max_size=14)


def frame_of(spells: list[tuple[int, int, int]]) -> pd.DataFrame:
    rows = [(person, start, start + length, k) for k, (person, start, length) in enumerate(spells)]
    return pd.DataFrame(rows, columns=["person", "start", "end", "id"]).astype("int64")


def brute(frame: pd.DataFrame, gap: int) -> list[int]:
    """Islands by the definition: sort, open a new one where the start is after everything before plus the gap."""
    numbers = {}
    for _, rows in frame.groupby("person"):
        reach, island = None, 0
        for row in rows.sort_values(["start", "end", "id"]).itertuples():
            if reach is None or row.start > reach + gap:
                island += 1
            reach = row.end if reach is None else max(reach, row.end)
            numbers[row.id] = island
    return [numbers[k] for k in frame["id"]]


@given(SPELLS, st.integers(0, 6))
@settings(max_examples=200, deadline=None)
def test_numpy_equals_brute_force(spells: list[tuple[int, int, int]], gap: int) -> None:
    frame = frame_of(spells)
    assert list(number_islands_frame(frame, by="person", start="start", end="end", gap=gap)) == brute(frame, gap)


@given(SPELLS, st.integers(0, 6), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_order_of_rows_and_shift_in_time_do_not_matter(spells, gap, random) -> None:
    frame = frame_of(spells)
    expected = number_islands_frame(frame, by="person", start="start", end="end", gap=gap)
    order = list(range(len(frame)))
    random.shuffle(order)
    moved = frame.iloc[order].assign(start=lambda t: t["start"] - 24_000, end=lambda t: t["end"] - 24_000)
    np.testing.assert_array_equal(
        number_islands_frame(moved, by="person", start="start", end="end", gap=gap), expected[order]
    )


def test_engine_equals_numpy_on_months_and_days() -> None:
    rng = np.random.default_rng(3)
    spells = [
        tuple(map(int, row))
        for row in zip(rng.integers(1, 200, 2000), rng.integers(0, 900, 2000), rng.integers(0, 90, 2000), strict=True)
    ]
    frame = frame_of(spells)
    days = frame.assign(
        start=pd.Timestamp(2009, 1, 1) + pd.to_timedelta(frame["start"], unit="D"),
        end=pd.Timestamp(2009, 1, 1) + pd.to_timedelta(frame["end"], unit="D"),
    )
    backend = ibis.duckdb.connect()
    for name, data, schema in (("months", frame, {}), ("days", days, {"start": "date", "end": "date"})):
        schema = {"person": "int64", "start": "int64", "end": "int64", "id": "int64"} | schema
        table = backend.create_table(name, data, schema=ibis.schema(schema))
        found = (
            number_islands(table, by=["person"], start="start", end="end", gap=10, tie=["id"])
            .order_by("id")
            .to_pandas()
        )
        expected = number_islands_frame(frame, by="person", start="start", end="end", gap=10)
        np.testing.assert_array_equal(found["island"], expected)


def test_a_long_spell_covers_what_lies_inside_it() -> None:
    frame = pd.DataFrame({"person": [1, 1, 1], "start": [0, 2, 30], "end": [40, 3, 31]})
    assert list(number_islands_frame(frame, by="person", start="start", end="end", gap=0)) == [1, 1, 1]
