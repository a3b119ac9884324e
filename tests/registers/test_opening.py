"""What makes a delivery unusable is said at once, all of it, with what was expected and the nearest name found."""

from __future__ import annotations

import pandas as pd
import pytest

from evaluation.errors import DeliveryError
from evaluation.registers import open_registers
from evaluation.registers.delivery import register_of, year_of
from tests.registers.conftest import some_years
from tests.registers.delivery_factory import write_tables


@pytest.fixture
def small(tables):
    return {name: table.copy() for name, table in some_years(tables, 2010, 2011).items()}


def problems_of(path, **options) -> str:
    with pytest.raises(DeliveryError) as caught:
        open_registers(path, **options)
    return str(caught.value)


def test_all_problems_are_told_at_once(small, tmp_path):
    del small["af_insper"]
    small["lisa_individ_2011"] = small["lisa_individ_2011"].rename(columns={"LoneInk": "LoneInkomst"})
    small["sos_bistand_2011"] = small["sos_bistand_2011"].iloc[:0]
    small["ku_11"] = small.pop("ku_2011")
    small["nyckel"]["P1105_LopNr_PersonNr"] = 1
    small["iaf_ersattning"]["PersonLopNr"] = "x"
    small["afinsper_2"] = small["scb_doda"]
    small["lisa_individ_1066"] = small["lisa_individ_2010"]
    write_tables(tmp_path, small)
    message = problems_of(tmp_path, years=(2010, 2012))
    assert message.startswith("The register delivery cannot be used (11 problems):")
    for expected in (
        "af_periods (Registrations at the employment service (INSPER)): no table af_insper; nearest name found: afinsper_2",
        "iaf_ersattning, column PersonLopNr: none of the first ",
        "ku (Annual income statements (kontrolluppgifter)): no table ku_2011; nearest name found: ku_11",
        "ku (Annual income statements (kontrolluppgifter)): no table ku_2012",
        "ku_11: no year in the table name",
        "lisa (LISA, individuals): no table lisa_individ_2012",
        "lisa_individ_1066: no year in the table name",
        "lisa_individ_2011, column LoneInk: not found; nearest name found: LoneInkomst",
        "nyckel, column LopNr: 2 columns could be meant: LopNr, P1105_LopNr_PersonNr",
        "social_assistance (Social assistance (ekonomiskt bistånd)): no table sos_bistand_2012",
        "sos_bistand_2011: no rows",
    ):
        assert expected in message


def test_message_names_what_is_allowed_and_the_mend(small, tmp_path):
    small["lisa_individ_2011"] = small["lisa_individ_2011"].drop(columns="SyssStat11")
    write_tables(tmp_path, small)
    assert problems_of(tmp_path) == (
        "The register delivery cannot be used (1 problem):\n"
        "  1. lisa_individ_2011, column SyssStat11: not found; nearest name found: SyssStatJ\n"
        "    allowed: SyssStat11\n"
        "    mend:    order it, or correct its name"
    )


def test_gap_between_years(tables, tmp_path):
    write_tables(tmp_path, some_years(tables, 2009, 2011))
    message = problems_of(tmp_path)
    for name in ("lisa_individ_2010", "ku_2010", "sos_bistand_2010"):
        assert f"no table {name}" in message


def test_same_year_twice_and_year_beyond_the_register(small, tmp_path):
    small["LISA2010_Individ"] = small["lisa_individ_2010"]
    small["ku_2025"] = small["ku_2010"]
    write_tables(tmp_path, small)
    message = problems_of(tmp_path)
    assert "lisa_individ_2010: lisa 2010 is also in LISA2010_Individ" in message
    assert "ku_2025: year 2025\n    allowed: ku: 1985 to 2018" in message


def test_city_tables_need_the_key(small, tmp_path):
    del small["nyckel"]
    write_tables(tmp_path, small)
    assert "key: no table nyckel, although jobbtorg_inskrivning, jobbtorg_narvaro" in problems_of(tmp_path)


def test_no_folder_empty_folder_and_wrong_file(tmp_path):
    assert "does not exist" in problems_of(tmp_path / "absent")
    assert "no parquet or csv file in the folder" in problems_of(tmp_path)
    (tmp_path / "x.duckdb").write_bytes(b"not a database at all")
    assert "cannot be opened as a DuckDB file" in problems_of(tmp_path / "x.duckdb")


def test_undecodable_bytes_and_broken_files(small, tmp_path):
    write_tables(tmp_path, {name: t for name, t in small.items() if name not in ("scb_doda", "scb_invutv")})
    (tmp_path / "scb_doda.csv").write_bytes(b"LopNr;DodDatum\n1;20110101\x81\xc4\n")
    (tmp_path / "scb_invutv.parquet").write_bytes(b"broken")
    message = problems_of(tmp_path)
    assert "scb_doda.csv: bytes that are neither utf-8 nor windows-1252" in message
    assert "scb_invutv: cannot be read" in message


def test_no_value_of_a_person_is_in_a_message(small, tmp_path):
    small["scb_doda"] = pd.DataFrame({"LopNr": ["secret-77"], "DodDatum": ["20110101"]})
    write_tables(tmp_path, small)
    assert "secret" not in problems_of(tmp_path)


@pytest.mark.parametrize(
    ("name", "register", "year"),
    [
        ("lisa_individ_2009", "lisa", 2009),
        ("LISA2009_Individ", "lisa", 2009),
        ("dbo.Individ_2009", "lisa", 2009),
        ("P0624_Lisa_2009", "lisa", 2009),
        ("P1990_Lisa_2009", "lisa", 2009),
        ("brook_lev_lisa_2005", "lisa", 2005),
        ("LISA2018", "lisa", 2018),
        ("P1105_KU_2010", "ku", 2010),
        ("AMS_INSPER", "af_periods", None),
        ("AMS_SOKATPER", "af_categories", None),
        ("SoS_Bistand2012", "social_assistance", 2012),
        ("dbo.JOBBTORG_Visstid", "employments", None),
    ],
)
def test_register_and_year_from_the_table_name(name, register, year):
    assert [contract.register for contract in register_of(name)] == [register]
    assert year_of(name) == year


@pytest.mark.parametrize("name", ["lisa_individ", "lisa_20099", "lisa_2009_2010"])
def test_no_single_year(name):
    assert year_of(name) is None


def test_other_tables_are_left_alone():
    assert register_of("Hushall2010") == []
