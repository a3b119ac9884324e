"""Rows of the City's list of jobs become employments."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from evaluation.cohort import CohortSpec
from evaluation.cohort.employments import find_employments
from evaluation.cohort.months import parse_month
from tests.cohort.standin import SCHEMAS

Row = tuple[str, str, str | None, str | None]  # kind, start, planned end, end


def find(rows: list[Row], **options: object) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["kind", "start", "planned_end", "end"]).assign(person=5)
    frame["employment"] = range(100, 100 + len(frame))
    for column in ("start", "planned_end", "end"):
        frame[column] = pd.to_datetime(frame[column])
    columns = SCHEMAS["employments"]
    table = ibis.duckdb.connect().create_table("jobs", frame[list(columns)], schema=ibis.schema(columns))
    return find_employments(table, CohortSpec(**options)).order_by("number").to_pandas()


def months(row: pd.Series) -> list[int | None]:
    return [None if pd.isna(row[c]) else int(row[c]) for c in ("start", "planned_exit", "actual_exit")]


def expected(*texts: str | None) -> list[int | None]:
    return [None if text is None else parse_month(text) for text in texts]


def test_planned_exit_is_the_first_rows_and_actual_exit_the_last() -> None:
    found = find(
        [
            ("regular", "2009-03-02", "2009-08-31", "2009-08-31"),
            ("regular", "2009-09-14", "2010-02-28", "2009-12-11"),
        ]
    )
    assert len(found) == 1
    assert months(found.iloc[0]) == expected("2009-03", "2009-08", "2009-12")
    assert found.loc[0, "rows"] == 2


def test_another_kind_is_no_extension_but_joins_within_a_month() -> None:
    rows = [
        ("created", "2009-03-02", "2009-08-31", "2009-08-31"),
        ("regular", "2009-10-05", "2010-02-28", "2010-02-28"),
    ]
    assert len(find(rows, extension_gap_months=None)) == 2
    joined = find(rows)
    assert len(joined) == 1
    assert joined.loc[0, "kind"] == "created"
    assert months(joined.iloc[0]) == expected("2009-03", "2009-08", "2010-02")
    assert len(find(rows, extension_gap_months=0)) == 2


def test_two_whole_months_between_make_two_employments() -> None:
    found = find(
        [("regular", "2009-03-02", "2009-05-31", "2009-05-31"), ("regular", "2009-08-03", "2009-12-31", "2009-12-31")]
    )
    assert list(found["number"]) == [1, 2]


def test_a_missing_end_leaves_it_open_unless_a_later_row_closes_it() -> None:
    assert months(find([("regular", "2009-03-02", "2009-08-31", None)]).iloc[0]) == expected("2009-03", "2009-08", None)
    rows = [("regular", "2009-03-02", "2009-08-31", None), ("regular", "2009-09-01", "2009-12-31", "2009-11-30")]
    assert months(find(rows).iloc[0]) == expected("2009-03", "2009-08", "2009-11")
    rows = [("regular", "2009-03-02", "2009-08-31", "2009-08-31"), ("regular", "2009-09-01", None, None)]
    assert months(find(rows).iloc[0]) == expected("2009-03", "2009-08", None)


@pytest.mark.parametrize("kind", ["sheltered", "youth", "holiday"])
def test_kinds_that_do_not_count_are_left_out(kind: str) -> None:
    assert len(find([(kind, "2009-03-02", "2009-08-31", "2009-08-31")])) == 0
    assert len(find([(kind, "2009-03-02", "2009-08-31", "2009-08-31")], workplaces=(kind,))) == 1
