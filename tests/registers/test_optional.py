"""Optional registers, empty ones, and the mark of synthetic registers."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from evaluation.errors import DeliveryError
from evaluation.registers import CONTRACTS, Registers, open_registers, summary, validate
from evaluation.registers.ledger_file import refusal, write_ledger
from tests.registers.conftest import some_years
from tests.registers.delivery_factory import write_tables

OPTIONAL = {
    "steps": "jobbtorg_steg",
    "attendance": "jobbtorg_narvaro",
    "measures": "jobbtorg_insats",
    "unemployment_insurance": "iaf_ersattning",
}


@pytest.fixture
def small(tables):
    return {name: table.copy() for name, table in some_years(tables, 2010, 2011).items()}


def notes(registers: Registers) -> str:
    return "\n".join(validate(registers).notes)


def test_missing_optional_registers_are_said(small, tmp_path):
    for table in OPTIONAL.values():
        del small[table]
    write_tables(tmp_path, small)
    registers = open_registers(tmp_path)
    assert set(registers.absent) == set(OPTIONAL)
    ledger = validate(registers)
    assert len(ledger.notes) == len(OPTIONAL)
    for register in OPTIONAL:
        assert f"{register}: not in the delivery" in notes(registers)
        assert f"Note: {register}" in str(ledger)
        assert register in ledger._repr_html_()
    told = ledger.table.set_index(["register", "rule"])
    assert told.loc[("steps", "not_delivered"), "rows"] == 0
    assert set(OPTIONAL) == {c.register for c in CONTRACTS if not c.required and c.register != "key"}
    assert all(c.without for c in CONTRACTS if not c.required)


def test_nothing_is_said_where_all_is_there(registers):
    assert registers.absent == ()
    assert validate(registers).notes == ()
    assert "Note" not in str(validate(registers))


@pytest.mark.parametrize("fmt", ["parquet", "csv"])
def test_events_that_happened_to_nobody_are_noted(small, tmp_path, fmt):
    for table in ("scb_doda", "scb_invutv"):
        small[table] = small[table].iloc[:0]
    write_tables(tmp_path, small, fmt=fmt)
    registers = open_registers(tmp_path)
    for register in ("deaths", "migration"):
        assert f"{register}: delivered without rows" in notes(registers)
        assert registers.execute(registers.table(register).count()) == 0
    extent = summary(registers).set_index("register")
    assert extent.loc["deaths", "rows"] == 0
    assert pd.isna(extent.loc["deaths", "first_year"])


@pytest.mark.parametrize(
    "table", ["lisa_individ_2011", "ku_2010", "jobbtorg_visstid", "jobbtorg_inskrivning", "iaf_ersattning"]
)
def test_registers_of_persons_must_hold_rows(small, tmp_path, table):
    small[table] = small[table].iloc[:0]
    write_tables(tmp_path, small)
    with pytest.raises(DeliveryError, match=f"{table}: no rows"):
        open_registers(tmp_path)


def test_the_mark_goes_with_the_tables(small, tmp_path):
    folder = tmp_path / "delivery" / "registers"
    folder.mkdir(parents=True)
    write_tables(folder, small)
    assert open_registers(folder).synthetic is None
    pd.DataFrame({"scenario": ["intense"]}).to_parquet(folder / "SYNTHETIC.parquet")
    copied = tmp_path / "elsewhere"
    shutil.copytree(folder, copied)
    assert open_registers(copied).synthetic == "intense"
    (copied / "SYNTHETIC.parquet").rename(tmp_path / "kept.parquet")
    (copied / "Synthetic.csv").write_text("scenario\nintense\n", encoding="cp1252")
    assert open_registers(copied).synthetic == "intense"
    (copied / "Synthetic.csv").unlink()
    (tmp_path / "kept.parquet").rename(copied / "SYNTHETIC.parquet")
    database = tmp_path / "all.duckdb"
    with duckdb.connect(str(database)) as connection:
        for file in sorted(copied.glob("*.parquet")):
            connection.execute(f"CREATE TABLE \"{file.stem.lower()}\" AS FROM '{file}'")
    registers = open_registers(database)
    assert registers.synthetic == "intense"
    assert registers.names == open_registers(copied).names


@pytest.mark.parametrize("place", [".", ".."])
def test_a_text_file_marks_as_well(small, tmp_path, place):
    folder = tmp_path / "registers"
    folder.mkdir()
    write_tables(folder, small)
    (folder / place / "SYNTHETIC").write_text("null_effect\n", encoding="utf-8")
    assert open_registers(folder).synthetic == "null_effect"


def test_a_mark_that_cannot_be_read_marks_all_the_same(small, tmp_path):
    write_tables(tmp_path, small)
    (tmp_path / "SYNTHETIC.parquet").write_bytes(b"broken")
    assert open_registers(tmp_path).synthetic == "unnamed"


def test_a_ledger_is_written_over_a_ledger_only(registers, tmp_path: Path):
    ledger = validate(registers)
    target = tmp_path / "new" / "ledger.csv"
    assert refusal(target) is None
    assert write_ledger(ledger, target) == target.resolve()
    assert refusal(target) is None  # an earlier ledger may be replaced
    thesis = tmp_path / "thesis.csv"
    thesis.write_text("years of work\n")
    assert "no flaw ledger" in str(refusal(thesis))
    assert "is a folder" in str(refusal(tmp_path))
