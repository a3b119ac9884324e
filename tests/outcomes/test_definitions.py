"""The definition tables: what they hold, and what is said when they are wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from evaluation.errors import StudyError
from evaluation.outcomes import load_definitions
from tests.outcomes.stand_in import DEFINITIONS


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for path in DEFINITIONS.glob("*.csv"):
        shutil.copy(path, tmp_path)
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_values_that_publications_print() -> None:
    definitions = load_definitions(DEFINITIONS)
    assert definitions.value("price_base_amount", 2009) == 42800
    assert definitions.value("income_base_amount", 2016) == 59300
    assert definitions.value("established_from", 2015) == 187100
    assert definitions.value("established_from", 2016) == 191800
    assert definitions.deflators(2016)[2009] == pytest.approx(316.43 / 299.66)


def test_backcast_limits_follow_the_growth_of_wages() -> None:
    definitions = load_definitions(DEFINITIONS)
    growth = {2009: 3.4, 2010: 2.6, 2011: 2.4, 2012: 3.0, 2013: 2.5, 2014: 2.8, 2015: 2.4}
    for name, found in (("established_from", 187100), ("insecure_from", 158300)):
        value = float(found)
        for year in range(2014, 2007, -1):
            value /= 1 + growth[year + 1] / 100
            assert definitions.value(name, year) == round(value, -2)


def test_every_row_travels_to_the_release_with_its_status() -> None:
    definitions = load_definitions(DEFINITIONS)
    table = definitions.table
    assert list(table) == ["table", "year", "name", "value", "unit", "source", "status"]
    assert set(table["status"]) == {"found", "derived", "assumed"}
    assert (definitions.assumed["status"] == "assumed").all()
    assert len(definitions.assumed) == (table["status"] == "assumed").sum() > 0
    assert not table.duplicated(["table", "year", "name"]).any()
    n_rows = sum(len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in DEFINITIONS.glob("*.csv"))
    assert len(table) == n_rows


def test_changing_a_table_that_was_handed_out_changes_nothing() -> None:
    definitions = load_definitions(DEFINITIONS)
    handed_out = definitions.table
    handed_out["value"] = "0"
    assert "0" not in set(definitions.table["value"])


def test_a_reused_code_means_what_it_meant_on_the_date() -> None:
    categories = load_definitions(DEFINITIONS).categories
    meaning = [(start, end) for code, start, end, _ in categories if code == 51]
    assert meaning == [("2006-01-01", "2015-08-31"), ("2015-09-01", "9999-12-31")]


def test_a_year_without_a_value_names_the_years_there_are() -> None:
    with pytest.raises(StudyError, match=r"no value for 1999[\s\S]*2005"):
        load_definitions(DEFINITIONS).value("price_base_amount", 1999)


def test_all_problems_are_said_at_once(copy: Path) -> None:
    (copy / "prices.csv").unlink()
    replace(copy / "establishment_limits.csv", "2009,established_from,160200", "2009,established_from,1000")
    replace(copy / "base_amounts.csv", "2010,price_base_amount,42400", "2010,price_base_amount,many")
    replace(copy / "rules.csv", "weak_days_over", "weak_days")
    replace(copy / "origin_groups.csv", "01,Norden", "00,Norden")
    replace(copy / "employers.csv", ",assumed", ",guessed")
    with pytest.raises(StudyError) as caught:
        load_definitions(copy)
    said = str(caught.value)
    assert "prices.csv: the file is missing" in said
    assert "2009: insecure_from 135600 is not below established_from 1000" in said
    assert "base_amounts.csv: 1 values in column value" in said
    assert "no row for weak_days_over" in said
    assert "code 00 twice" in said
    assert "'guessed'" in said


def test_a_year_left_out_in_the_middle_is_missed(copy: Path) -> None:
    lines = (copy / "prices.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (copy / "prices.csv").write_text("".join(line for line in lines if not line.startswith("2011,")), encoding="utf-8")
    with pytest.raises(StudyError, match="consumer_price_index has no value for 2011"):
        load_definitions(copy)


def test_overlapping_meanings_of_a_code_are_refused(copy: Path) -> None:
    replace(copy / "employment_service_categories.csv", "51,2015-09-01", "51,2015-01-01")
    with pytest.raises(StudyError, match="code 51 has two meanings on 2015-01-01"):
        load_definitions(copy)


def test_a_comma_in_a_source_without_quotes_is_seen(copy: Path) -> None:
    replace(copy / "rules.csv", "this project: half", "this project, half")
    with pytest.raises(StudyError, match="rows 3 do not have 5 fields"):
        load_definitions(copy)
