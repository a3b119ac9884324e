"""Monthly outcomes of persons whose months are known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evaluation.outcomes import OutcomeSpec, Panel, Presence
from tests.outcomes.stand_in import day, lisa_row, month
from tests.outcomes.test_annual import read

FIRST = month(2005, 1)


def lived(*persons: int) -> list[dict]:
    return [lisa_row(person, year) for person in persons for year in range(2005, 2017)]


def marked(panel: Panel, outcome: str, definition: str = "", row: int = 0) -> list[int]:
    """Months (counted from January 2010) in which the outcome is 1."""
    return (np.flatnonzero(panel.month(outcome, definition)[row] == 1) + FIRST - month(2010, 1)).tolist()


def test_employment_follows_the_month_marks() -> None:
    panel = read(
        lived(1),
        ku=[
            {"person": 1, "year": 2010, "first_month": 3, "last_month": 5, "city": False},
            {"person": 1, "year": 2010, "first_month": 5, "last_month": 6, "city": True},
            {"person": 1, "year": 2010, "first_month": 3, "last_month": 5, "city": False},
        ],
    )
    assert marked(panel, "established", "E4_employed") == [2, 3, 4, 5]


def test_work_elsewhere_leaves_out_the_programme_employment_only() -> None:
    panel = read(
        lived(1, 2),
        ku=[
            {"person": 1, "year": 2010, "first_month": 1, "last_month": 6, "city": True},
            {"person": 1, "year": 2010, "first_month": 4, "last_month": 4, "city": False},
            {"person": 2, "year": 2010, "first_month": 1, "last_month": 6, "city": True},
        ],
        employments=[
            {"person": 1, "kind": "regular", "start": day("2010-01-10"), "end": day("2010-04-30")},
            {"person": 2, "kind": "holiday", "start": day("2010-01-10"), "end": day("2010-04-30")},
        ],
    )
    assert marked(panel, "employed_elsewhere") == [3, 4, 5]
    assert marked(panel, "employed_elsewhere", row=1) == [0, 1, 2, 3, 4, 5]


def test_a_statement_without_marks_does_not_prolong_the_programme_employment() -> None:
    unmarked = {"year": 2010, "first_month": 1, "last_month": 12, "city": True, "marked": False}
    panel = read(
        lived(1, 2, 3),
        ku=[{"person": 1, **unmarked}, {"person": 2, **unmarked}, {"person": 3, **unmarked, "city": False}],
        employments=[{"person": 1, "kind": "regular", "start": day("2010-02-10"), "end": day("2010-04-30")}],
    )
    assert marked(panel, "established", "E4_employed") == [1, 2, 3]
    # without a programme employment in the year nothing better is known: the whole year
    assert marked(panel, "established", "E4_employed", row=1) == list(range(12))
    assert marked(panel, "established", "E4_employed", row=2) == list(range(12))


def test_registered_unemployment_counts_any_day_by_the_code_s_meaning() -> None:
    panel = read(
        lived(1, 2),
        af_categories=[
            {"person": 1, "category": 11, "start": day("2010-01-31"), "end": day("2010-03-01")},
            {"person": 1, "category": 70, "start": day("2010-03-02"), "end": day("2010-09-30")},
            {"person": 1, "category": 97, "start": day("2016-12-15"), "end": None},
            # the code had no meaning yet on that date
            {"person": 2, "category": 95, "start": day("2010-01-01"), "end": day("2010-12-31")},
        ],
    )
    assert marked(panel, "registered_unemployed") == [0, 1, 2, 83]
    assert marked(panel, "registered_unemployed", row=1) == []


def test_assistance_and_insurance_by_month_and_year() -> None:
    panel = read(
        lived(1),
        social_assistance=[{"person": 1, "month": month(2010, m)} for m in (1, 2, 2, 12)],
        unemployment_insurance=[{"person": 1, "month": month(2011, 7)}],
    )
    assert panel.year("social_assistance_months")[0, 5] == 3
    assert panel.month("self_sufficient", "SF1")[0, 60:72].tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]
    assert panel.year("unemployment_insurance")[0, 5:8].tolist() == [0, 1, 0]


def test_nobody_dead_or_abroad_is_self_sufficient() -> None:
    panel = read(
        lived(1, 2),
        deaths=[{"person": 1, "month": month(2010, 6)}],
        migration=[{"person": 2, "month": month(2010, 3), "kind": "out"}],
    )
    assert panel.month("self_sufficient", "SF1")[0, 64:66].tolist() == [1, -1]
    at = panel.at_months("self_sufficient", [1, 1, 2], [month(2010, 1)] * 3, 5, "SF1")
    assert at.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([], [0, 0, 0]),
        ([("2010-02", "out")], [0, 1, 1]),
        ([("2010-02", "in")], [1, 0, 0]),
        ([("2010-02", "out"), ("2010-03", "in")], [0, 1, 0]),
        ([("2010-02", "out"), ("2010-02", "in")], [0, 0, 0]),
        ([("2004-01", "out"), ("2010-03", "in")], [1, 1, 0]),
    ],
)
def test_presence(moves: list[tuple[str, str]], expected: list[int]) -> None:
    rows = [{"person": 1, "month": month(int(text[:4]), int(text[5:])), "kind": kind} for text, kind in moves]
    panel = read(lived(1), migration=rows)
    assert panel.presence[0, 60:63].tolist() == expected
    assert Presence.ABROAD == 1


def test_return_is_a_new_episode_after_time_zero() -> None:
    panel = read(
        lived(1, 2, 3),
        enrolments=[
            {"person": 1, "enrolment": 1, "start": day("2009-01-10"), "end": day("2010-02-01")},
            {"person": 1, "enrolment": 2, "start": day("2010-02-20"), "end": day("2010-03-10")},  # continues the first
            {"person": 1, "enrolment": 3, "start": day("2010-06-15"), "end": None},
            # a transfer inside a long enrolment, and one the day after it ends
            {"person": 2, "enrolment": 4, "start": day("2009-01-10"), "end": day("2011-02-01")},
            {"person": 2, "enrolment": 5, "start": day("2010-01-10"), "end": day("2010-02-01")},
            {"person": 2, "enrolment": 6, "start": day("2011-02-02"), "end": day("2011-05-01")},
            {"person": 3, "enrolment": 7, "start": day("2010-02-10"), "end": day("2010-02-20")},
        ],
    )
    t0 = np.full(3, month(2010, 2))
    assert panel.returned([1, 2, 3], t0, 3).tolist() == [0, 0, 0]
    assert panel.returned([1, 2, 3], t0, 4).tolist() == [1, 0, 0]
    assert panel.returned([1, 2, 3], t0, 48).tolist() == [1, 0, 0]
    assert panel.returned([3], [month(2010, 1)], 1).tolist() == [1]


def test_excluding_the_absent_is_the_study_s_choice() -> None:
    tables = {"deaths": [{"person": 1, "month": month(2010, 6)}]}
    rows = [row for row in lived(1) if row["year"] < 2010]
    counted, excluded = read(rows, **tables), read(rows, OutcomeSpec(absent="excluded"), **tables)
    t0 = [month(2009, 12)]
    assert counted.at_years("established", [1], t0, 1, "E4_employed").tolist() == [0]
    assert np.isnan(excluded.at_years("established", [1], t0, 1, "E4_employed")).all()
    assert counted.at_months("registered_unemployed", [1], t0, 6).tolist() == [0]
    assert np.isnan(excluded.at_months("registered_unemployed", [1], t0, 6)).all()
    assert np.isnan(counted.at_years("earnings", [1], t0, 1)).all()
