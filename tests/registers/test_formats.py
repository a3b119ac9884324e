"""However a delivery is written, the same tables come out of it."""

from __future__ import annotations

import duckdb
import ibis
import pandas as pd
import pytest

from evaluation.registers import open_registers, summary
from evaluation.registers.store import table_names
from tests.registers.conftest import some_years
from tests.registers.delivery_factory import write_tables

NAMES = ("lisa", "ku", "af_categories", "social_assistance", "migration", "deaths", "enrolments", "employments")


def frames(registers, names=NAMES) -> dict[str, pd.DataFrame]:
    out = {}
    for name in names:
        frame = registers.execute(registers.table(name))
        out[name] = frame.sort_values(list(frame.columns), ignore_index=True)
    return out


def same(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> None:
    assert left.keys() == right.keys()
    for name in left:
        pd.testing.assert_frame_equal(left[name], right[name], obj=name)


@pytest.fixture(scope="module")
def small(tables):
    return some_years(tables, 2011)


@pytest.fixture(scope="module")
def wanted(small, tmp_path_factory):
    path = tmp_path_factory.mktemp("parquet")
    write_tables(path, small)
    with open_registers(path, threads=1) as registers:
        return frames(registers), summary(registers)


@pytest.mark.parametrize("fmt", ["csv", "csv_utf8", "duckdb"])
def test_formats_agree(fmt, small, wanted, tmp_path):
    path = tmp_path / ("delivery.duckdb" if fmt == "duckdb" else "delivery")
    write_tables(path, small, fmt=fmt)
    names = NAMES if fmt == "csv" else ("lisa", "af_categories", "deaths")
    with open_registers(path, threads=2) as registers:
        same(frames(registers, names), {name: wanted[0][name] for name in names})
        if fmt == "csv":
            pd.testing.assert_frame_equal(summary(registers), wanted[1])


def test_other_spellings_lost_zeros_and_blanks(small, wanted, tmp_path):
    """Columns in another spelling, codes made numbers, numbers made text, blanks around: the same tables."""
    other = {name: table.copy() for name, table in small.items()}
    lisa = other.pop("lisa_individ_2011").rename(columns={"SocBidrFam": "SocBidrpersF", "LoneInk": "LONEINK"})
    lisa["Kommun"] = lisa["Kommun"].astype(int)  # 0180 becomes 180
    lisa["Lan"] = lisa["Lan"].astype(float)
    lisa["FodGrEg4"] = lisa["FodGrEg4"].astype(int).astype(str)
    lisa["LONEINK"] = lisa["LONEINK"].map("{:d},0".format)
    lisa["DispInk04"] = lisa["DispInk04"].astype(float)
    lisa["Kon"] = " " + lisa["Kon"] + "  "
    other["P0624_Lisa_2011"] = lisa.rename(columns={"P1105_LOPNR_PERSONNR": "P0624_LopNr_PersonNr"})
    other["P0624_KU_2011"] = other.pop("ku_2011").rename(columns={"LopNr_PersonNr": "PERSONLOPNR"})
    jobs = other["jobbtorg_visstid"]
    jobs["FromDatum"] = pd.to_datetime(jobs["FromDatum"]).dt.strftime("%Y%m%d")
    jobs["TomDatumPlan"] = pd.to_datetime(jobs["TomDatumPlan"])
    rows = other["jobbtorg_inskrivning"]
    rows["StadsdelRemiss"] = rows["StadsdelRemiss"].astype(int)
    rows["PersonNr12"] = rows["PersonNr12"].str[2:8] + "-" + rows["PersonNr12"].str[8:]
    other["jobbtorg_inskrivning"] = rows.rename(columns={"InskrivDatum": "Inskriv_Datum"})
    write_tables(tmp_path, other)
    with open_registers(tmp_path) as registers:
        same(frames(registers), wanted[0])


def test_city_tables_with_serial_numbers_need_no_key(small, wanted, tmp_path):
    other = {name: table.copy() for name, table in small.items()}
    serial = other.pop("nyckel").set_index("PersonNr12")["LopNr"]
    for name, table in other.items():
        if "PersonNr12" in table:
            other[name] = table.assign(LopNr=table["PersonNr12"].map(serial)).drop(columns="PersonNr12")
    write_tables(tmp_path, other)
    with open_registers(tmp_path) as registers:
        same(frames(registers, ("enrolments", "employments")), {n: wanted[0][n] for n in ("enrolments", "employments")})


def test_windows_1252_beyond_latin_1(small, tmp_path):
    write_tables(tmp_path, small)
    (tmp_path / "jobbtorg_inskrivning.parquet").unlink()
    rows = small["jobbtorg_inskrivning"].assign(Jobbtorg="Jobbtorg – City €")
    rows.to_csv(tmp_path / "jobbtorg_inskrivning.csv", sep=";", index=False, encoding="cp1252")
    with open_registers(tmp_path) as registers:
        offices = registers.execute(registers.raw("enrolments"))
    assert set(offices["office"]) == {"Jobbtorg – City €"}


def test_schema_in_a_database(small, wanted, tmp_path):
    """SQL Server's dbo, kept when the tables were copied."""
    path = tmp_path / "delivery.duckdb"
    write_tables(path, small, fmt="duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA dbo; CREATE TABLE dbo.Individ_2011 AS FROM lisa_individ_2011")
        connection.execute("DROP TABLE lisa_individ_2011")
    with open_registers(path) as registers:
        same(frames(registers, ("lisa",)), {"lisa": wanted[0]["lisa"]})


def test_engine_that_holds_the_tables_already(small, wanted, tmp_path):
    """An Ibis backend of one's own, its tables of any kind: read, and left as they were; also when opened again."""
    path = tmp_path / "mine.duckdb"
    write_tables(path, {n: t for n, t in small.items() if n != "scb_doda"}, fmt="duckdb")
    small["scb_doda"].to_parquet(tmp_path / "doda.parquet", index=False)
    backend = ibis.duckdb.connect(str(path), threads=2)
    backend.read_parquet(str(tmp_path / "doda.parquet"), table_name="scb_doda")  # a temporary view
    names = table_names(backend)
    assert {"lisa_individ_2011", "scb_doda", "nyckel"} <= set(names)
    with open_registers(backend) as first:
        same(frames(first, ("lisa", "deaths")), {name: wanted[0][name] for name in ("lisa", "deaths")})
    again = open_registers(backend)  # closing the first did not close the engine
    same(frames(again, ("enrolments",)), {"enrolments": wanted[0]["enrolments"]})
    assert table_names(backend) == names
    backend.disconnect()
    with duckdb.connect(str(path)) as connection:
        assert {name for (name,) in connection.execute("SHOW TABLES").fetchall()} == set(names) - {"scb_doda"}


def test_years_whose_columns_differ_in_type(tables, tmp_path):
    """Each year is read by its own types, whatever those of the other years are."""
    other = {name: table.copy() for name, table in some_years(tables, 2010, 2011).items()}
    write_tables(tmp_path / "alike", other)
    lisa = other["lisa_individ_2011"]
    lisa["Kommun"] = lisa["Kommun"].astype(int)  # 0180 becomes 180
    lisa["LoneInk"] = lisa["LoneInk"].map("{:d},0".format)
    lisa["DispInk04"] = lisa["DispInk04"].astype(float)
    lisa["ALosDag"] = lisa["ALosDag"].astype("int16")
    other["sos_bistand_2011"]["Bist_01"] = other["sos_bistand_2011"]["Bist_01"].astype(bool)
    write_tables(tmp_path / "unlike", other)
    names = ("lisa", "social_assistance")
    with open_registers(tmp_path / "alike") as alike, open_registers(tmp_path / "unlike") as unlike:
        same(frames(unlike, names), frames(alike, names))
        assert [one.rows for one in unlike.found("lisa")] == [one.rows for one in alike.found("lisa")]


def test_optional_registers_left_out_have_no_rows(small, tmp_path):
    write_tables(
        tmp_path, {n: t for n, t in small.items() if n not in ("jobbtorg_steg", "jobbtorg_insats", "jobbtorg_narvaro")}
    )
    with open_registers(tmp_path) as registers:
        assert "steps" not in registers.names
        for name in ("steps", "measures", "attendance"):
            assert registers.execute(registers.table(name).count()) == 0
        assert registers.execute(registers.table("enrolments").count()) == len(small["jobbtorg_inskrivning"])
