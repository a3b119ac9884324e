"""Undamaged registers say what happened: every state of the world can be read back from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthetic_registers.delivery.days import month_of
from synthetic_registers.delivery.keys import serial_numbers
from synthetic_registers.history import (
    CITY,
    FIRST_MONTH,
    FIRST_YEAR,
    N_MONTHS,
    NO_MONTH,
    YEARS,
    Presence,
    Workplace,
)
from tests.delivery.conftest import PERSONS, SEED, Delivered

LAST = FIRST_MONTH + N_MONTHS - 1


@pytest.fixture(scope="module")
def serial() -> np.ndarray:
    return serial_numbers(np.arange(PERSONS), persons=PERSONS, seed=SEED)


@pytest.fixture(scope="module")
def row_of(serial: np.ndarray) -> pd.Series:
    return pd.Series(np.arange(PERSONS), index=serial)


@pytest.fixture(scope="module")
def row_of_number(clean: Delivered, row_of: pd.Series) -> pd.Series:
    key = clean.table("nyckel")
    return pd.Series(row_of.loc[key["LopNr"]].to_numpy(), index=key["PersonNr12"])


def months(dates: pd.Series) -> np.ndarray:
    return month_of(dates.to_numpy().astype("datetime64[D]"))


def covered(rows: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Months that spells touch, shape (PERSONS, N_MONTHS)."""
    out = np.zeros((PERSONS, N_MONTHS), dtype=bool)
    for row, a, b in zip(rows, first - FIRST_MONTH, last - FIRST_MONTH, strict=True):
        out[row, a : b + 1] = True
    return out


@pytest.mark.parametrize("year", YEARS)
def test_lisa_has_a_row_for_everybody_present_and_nobody_else(clean: Delivered, serial: np.ndarray, year: int) -> None:
    table = clean.arrow(f"lisa_individ_{year}")
    inside = clean.annual.in_register[:, year - FIRST_YEAR]
    assert np.array_equal(np.sort(serial[inside]), table.column(0).to_numpy())
    presence = clean.world.history.presence[:, 12 * (year - FIRST_YEAR) + 11]
    assert (presence[inside] == Presence.RESIDENT).all()


def test_lisa_shows_the_annual_values(clean: Delivered, row_of: pd.Series) -> None:
    y = 2012 - FIRST_YEAR
    table = clean.table("lisa_individ_2012")
    row = row_of.loc[table.iloc[:, 0]].to_numpy()
    annual, people = clean.annual, clean.world.people
    assert np.array_equal(table["LoneInk"], annual.earnings[row, y])
    assert np.array_equal(table["ALosDag"], annual.unemployed_days[row, y])
    assert np.array_equal(table["SyssStat11"].astype(int), annual.employed[row, y])
    weak = table["Raks_EtablGrad"].fillna("-1").astype(int)
    assert np.array_equal(weak, annual.weakly_established[row, y])
    assert np.array_equal(table["StudDeltTyp"] == "1", annual.student[row, y])
    assert np.array_equal(table["StudDelt"] == "0", ~annual.student[row, y])
    assert np.array_equal(table["Kon"] == "2", people.woman[row])
    assert np.array_equal(table["Sun2000niva_old"].str.strip().replace("", "0").astype(int), people.education[row])
    assert np.array_equal(table["FodGrEg4"].astype(int), people.origin[row])
    assert (table["Civil"].str.len() == 4).all()
    age = 2012 - people.children_birth_month[row] // 12
    minor = ((people.children_birth_month[row] != NO_MONTH) & (age >= 0) & (age <= 17)).sum(1)
    assert np.array_equal(table[["Barn0_3", "Barn4_6", "Barn7_10", "Barn11_15", "Barn16_17"]].sum(axis=1), minor)
    assert np.array_equal(table["SenInvAr"] == "0000", _never_immigrated(clean, y)[row])


def _never_immigrated(clean: Delivered, y: int) -> np.ndarray:
    presence = clean.world.history.presence[:, : 12 * y + 12]
    back = ((presence[:, 1:] == Presence.RESIDENT) & (presence[:, :-1] == Presence.ABROAD)).any(1)
    first = clean.world.people.immigration_month
    return ~back & ((first == NO_MONTH) | (first >= 12 * (FIRST_YEAR + y + 1)))


def test_statements_sum_to_the_pay_of_the_year(clean: Delivered, row_of: pd.Series) -> None:
    history = clean.world.history
    for year in (2005, 2010, 2016):
        table = clean.table(f"ku_{year}")
        assert not table.duplicated(["LopNr_PersonNr", "LopNr_PeOrgNr"]).any()
        assert (table["KuLon"] > 100).all()
        part = slice(12 * (year - FIRST_YEAR), 12 * (year - FIRST_YEAR) + 12)
        total = table.groupby("LopNr_PersonNr")["KuLon"].sum()
        paid = np.zeros(PERSONS)
        paid[row_of.loc[total.index]] = total
        assert (np.abs(paid - history.wage[:, part].sum(1)) <= 500).all()  # statements of at most 100 are not made
        city = table[table["LopNr_PeOrgNr"] == 2120000142]
        assert (city["SektorKod"] == "13").all()
        in_city = (history.employer[:, part] == CITY).any(1)
        assert set(row_of.loc[city["LopNr_PersonNr"]]) == set(np.flatnonzero(in_city))
        row = row_of.loc[city["LopNr_PersonNr"]].to_numpy()
        first = (history.employer[row, part] == CITY).argmax(1) + 1
        assert np.array_equal(city["Manadfr"].astype(int), first)


def test_categories_give_back_every_month(clean: Delivered, row_of: pd.Series) -> None:
    table = clean.table("af_sokatper")
    assert (table["utskadm"].isna() | (table["utskadm"] >= table["inskadm"])).all()
    row = row_of.loc[table["Person_LopNr"]].to_numpy()
    start = months(table["inskadm"])
    end = np.where(table["utskadm"].isna(), LAST, months(table["utskadm"].fillna(pd.Timestamp("2016-12-31"))))
    seen = np.zeros((PERSONS, N_MONTHS), dtype=int)
    for r, a, b, skat in zip(row, start - FIRST_MONTH, end - FIRST_MONTH, table["skat"].astype(int), strict=True):
        assert (seen[r, a : b + 1] == 0).all()
        seen[r, a : b + 1] = skat
    assert np.array_equal(seen, clean.world.history.af_category)
    last_day = table["utskadm"].fillna(pd.Timestamp("2016-12-31"))
    later = table.groupby("Person_LopNr")["inskadm"].shift(-1)
    assert (later.isna() | (later > last_day)).all()


def test_periods_cover_their_categories(clean: Delivered, row_of: pd.Series) -> None:
    table = clean.table("af_insper")
    end = np.where(table["AvregDatum"].isna(), LAST, months(table["AvregDatum"].fillna(pd.Timestamp("2016-12-31"))))
    seen = covered(row_of.loc[table["Person_LopNr"]], months(table["InskrivDatum"]), end)
    assert np.array_equal(seen, clean.world.history.af_category > 0)
    assert np.array_equal(table["Avorsak"].isna(), table["AvregDatum"].isna())


def test_monthly_benefits(clean: Delivered, row_of: pd.Series) -> None:
    history = clean.world.history
    seen = np.zeros((PERSONS, N_MONTHS), dtype=int)
    table = clean.table("iaf_ersattning")
    month = 12 * table["Ar"] + table["Manad"] - 1 - FIRST_MONTH
    seen[row_of.loc[table["PersonLopNr"]], month] = table["Belopp"]
    assert np.array_equal(seen, history.unemployment_insurance)
    seen[:] = 0
    for year in YEARS:
        table = clean.table(f"sos_bistand_{year}")
        part = slice(12 * (year - FIRST_YEAR), 12 * (year - FIRST_YEAR) + 12)
        amounts = table[[f"Belopp_{m:02d}" for m in range(1, 13)]].to_numpy()
        flags = table[[f"Bist_{m:02d}" for m in range(1, 13)]].to_numpy()
        assert np.array_equal(flags == 1, amounts > 0)
        seen[row_of.loc[table["LopNr"]], part] = amounts
    assert np.array_equal(seen, history.social_assistance)


def test_moves_and_deaths(clean: Delivered, row_of: pd.Series) -> None:
    presence = clean.world.history.presence
    moves = clean.table("scb_invutv")
    assert not moves.duplicated().any()
    out = moves[moves["Posttyp"] == "Utv"]
    row, place = np.nonzero((presence[:, :-1] == Presence.RESIDENT) & (presence[:, 1:] == Presence.ABROAD))
    got = out["InvUtvManad"].astype(int)
    got = set(zip(row_of.loc[out["Lopnr_PersonNr"]], 12 * (got // 100) + got % 100 - 1, strict=True))
    assert got == set(zip(row, FIRST_MONTH + place + 1, strict=True))
    first = moves[moves["Posttyp"] == "Inv"].groupby("Lopnr_PersonNr")["InvUtvManad"].min().astype(int)
    people = clean.world.people
    foreign = np.flatnonzero(people.immigration_month != NO_MONTH)
    month = 12 * (first // 100) + first % 100 - 1
    month.index = row_of.loc[month.index]
    assert np.array_equal(month.loc[foreign], people.immigration_month[foreign])

    dead = clean.table("scb_doda")
    date = pd.to_datetime(dead["DodDatum"], format="%Y%m%d")
    when = np.where((presence == Presence.DEAD).any(1), FIRST_MONTH + (presence == Presence.DEAD).argmax(1), NO_MONTH)
    assert set(row_of.loc[dead["LopNr"]]) == set(np.flatnonzero(when != NO_MONTH))
    assert np.array_equal(months(date), when[row_of.loc[dead["LopNr"]]])


def test_enrolments_give_back_every_month(clean: Delivered, row_of_number: pd.Series) -> None:
    table = clean.table("jobbtorg_inskrivning")
    assert table["InskrivId"].is_unique
    row = row_of_number.loc[table["PersonNr12"]].to_numpy()
    start = months(table["InskrivDatum"])
    end = np.where(table["AvslutDatum"].isna(), LAST, months(table["AvslutDatum"].fillna(pd.Timestamp("2016-12-31"))))
    assert np.array_equal(covered(row, start, end), clean.world.history.enrolled)
    assert (table["AvslutDatum"].isna() | (table["AvslutDatum"] >= table["InskrivDatum"])).all()
    assert (table["RemissDatum"] < table["InskrivDatum"]).all()
    assert np.array_equal(table["AvslutOrsak"].isna(), table["AvslutDatum"].isna())


def test_meetings_fall_within_the_enrolment_one_a_month(clean: Delivered, row_of_number: pd.Series) -> None:
    table = clean.table("jobbtorg_narvaro")
    row = row_of_number.loc[table["PersonNr12"]].to_numpy()
    month = months(table["Datum"])
    seen = np.zeros((PERSONS, N_MONTHS), dtype=int)
    np.add.at(seen, (row, month - FIRST_MONTH), 1)
    assert np.array_equal(seen == 1, clean.world.history.enrolled)
    spells = clean.table("jobbtorg_inskrivning")[["PersonNr12", "InskrivDatum", "AvslutDatum"]]
    both = table.reset_index().merge(spells, on="PersonNr12")
    end = both["AvslutDatum"].fillna(pd.Timestamp("2016-12-31"))
    inside = both[(both["Datum"] >= both["InskrivDatum"]) & (both["Datum"] <= end)]
    assert inside["index"].nunique() == len(table)


def test_steps_give_back_the_assessment(clean: Delivered, row_of_number: pd.Series) -> None:
    table = clean.table("jobbtorg_steg")
    history = clean.world.history
    row, place = row_of_number.loc[table["PersonNr12"]].to_numpy(), months(table["Datum"]) - FIRST_MONTH
    assert np.array_equal(table["Steg"], history.step[row, place])
    seen = np.zeros((PERSONS, N_MONTHS), dtype=int)
    seen[row, place] = table["Steg"]
    last = np.zeros(PERSONS, dtype=int)
    since = np.full(PERSONS, 99)
    for m in range(N_MONTHS):
        last = np.where(seen[:, m] > 0, seen[:, m], last)
        since = np.where(seen[:, m] > 0, 0, since + 1)
        inside = history.enrolled[:, m]
        assert np.array_equal(last[inside], history.step[inside, m])
        assert (since[inside] <= 2).all()


def test_measures_belong_to_an_enrolment_and_lie_within_it(clean: Delivered) -> None:
    table = clean.table("jobbtorg_insats").merge(clean.table("jobbtorg_inskrivning"), on="InskrivId", validate="m:1")
    assert table["InsatsId"].is_unique
    assert len(table) == len(clean.table("jobbtorg_insats"))
    assert (table["FromDatum"] >= table["InskrivDatum"]).all()
    end = table["AvslutDatum"].fillna(pd.Timestamp("2016-12-31"))
    assert (table["TomDatum"].isna() | ((table["TomDatum"] <= end) & (table["TomDatum"] >= table["FromDatum"]))).all()
    assert set(table["InsatsTyp"]) > {"coach", "praktik"}


def chains(table: pd.DataFrame) -> pd.DataFrame:
    """Employments with their extensions merged: same person and kind, a gap of at most 14 days."""
    table = table.sort_values(["PersonNr12", "FromDatum", "AnstId"])
    before = table.groupby(["PersonNr12", "AnstTyp"])["TomDatumFaktisk"].shift()
    gap = (table["FromDatum"] - before).dt.days
    number = (~gap.between(0, 14)).cumsum()
    return table.groupby(number).agg(
        number=("PersonNr12", "first"),
        kind=("AnstTyp", "first"),
        start=("FromDatum", "first"),
        planned=("TomDatumPlan", "first"),
        end=("TomDatumFaktisk", "last"),
        rows=("AnstId", "size"),
        broken=("AvbrottOrsak", "last"),
    )


def test_chains_of_extensions_give_back_planned_and_actual_exit(clean: Delivered, row_of_number: pd.Series) -> None:
    table = clean.table("jobbtorg_visstid")
    assert table["AnstId"].is_unique
    merged = chains(table[table["AnstTyp"].isin(["visstid ordinarie", "Stockholmsvärd"])])
    merged["row"] = row_of_number.loc[merged["number"]].to_numpy()
    merged["month"] = months(merged["start"])
    merged = merged.sort_values(["row", "month"])
    jobs = clean.world.employments
    assert np.array_equal(merged["row"], jobs.row)
    assert np.array_equal(merged["month"], jobs.start_month)
    assert np.array_equal(months(merged["planned"]), jobs.planned_exit)
    assert np.array_equal(months(merged["end"]), jobs.actual_exit)
    assert np.array_equal(merged["kind"] == "Stockholmsvärd", jobs.workplace == Workplace.CREATED)
    assert np.array_equal(merged["rows"] == 2, jobs.extended_exit != NO_MONTH)
    assert (merged["start"].dt.day <= 28).all()
    agreed = np.where(jobs.extended_exit == NO_MONTH, jobs.planned_exit, jobs.extended_exit)
    assert np.array_equal(merged["broken"].notna(), jobs.actual_exit < agreed)
    assert len(clean.flaws()) == (jobs.extended_exit != NO_MONTH).sum()


def test_extensions_may_be_left_out(deliver, clean: Delivered) -> None:
    table = deliver({"employments.extension_row": 0.0}).table("jobbtorg_visstid")
    merged = chains(table[table["AnstTyp"].isin(["visstid ordinarie", "Stockholmsvärd"])])
    assert (merged["rows"] == 1).all()
    jobs = clean.world.employments
    assert sorted(months(merged["end"])) == sorted(jobs.actual_exit)
    assert sorted(months(merged["planned"])) == sorted(jobs.planned_exit)


def test_an_enrolment_covers_the_start_of_every_employment(clean: Delivered) -> None:
    jobs = clean.table("jobbtorg_visstid")
    jobs = jobs[jobs["AnstTyp"].isin(["visstid ordinarie", "Stockholmsvärd"])]
    first = jobs.sort_values("FromDatum").groupby("PersonNr12", as_index=False).first()
    both = first.merge(clean.table("jobbtorg_inskrivning"), on="PersonNr12")
    end = both["AvslutDatum"].fillna(pd.Timestamp("2016-12-31"))
    cover = both[(both["InskrivDatum"] <= both["FromDatum"]) & (both["FromDatum"] <= end)]
    assert set(cover["PersonNr12"]) == set(first["PersonNr12"])


def test_the_next_employment_never_passes_for_an_extension(clean: Delivered) -> None:
    table = clean.table("jobbtorg_visstid").sort_values(["PersonNr12", "FromDatum"])
    table = table[table["AnstTyp"].isin(["visstid ordinarie", "Stockholmsvärd"])]
    extensions = set(clean.flaws()["row_key"].str.removeprefix("AnstId=").astype(int))
    before = table.groupby("PersonNr12")["TomDatumFaktisk"].shift()
    next_ones = before.notna() & ~table["AnstId"].isin(extensions)
    assert ((table["FromDatum"] - before).dt.days[next_ones] > 14).all()


def test_other_employments_belong_to_persons_without_a_fixed_term_one(clean: Delivered) -> None:
    table = clean.table("jobbtorg_visstid")
    fixed = table["AnstTyp"].isin(["visstid ordinarie", "Stockholmsvärd"])
    assert not set(table[fixed]["PersonNr12"]) & set(table[~fixed]["PersonNr12"])
    assert {"OSA", "feriejobb"} <= set(table["AnstTyp"])
    holiday = table[table["AnstTyp"] == "feriejobb"]
    assert holiday["FromDatum"].dt.month.isin([6, 7]).all()
    assert ((holiday["TomDatumPlan"] - holiday["FromDatum"]).dt.days <= 28).all()


def test_the_key_holds_everybody_in_the_city_s_files_once(clean: Delivered, serial: np.ndarray) -> None:
    key = clean.table("nyckel")
    assert key["LopNr"].is_unique
    assert key["PersonNr12"].is_unique
    assert set(key["LopNr"]) <= set(serial)
    files = ("jobbtorg_inskrivning", "jobbtorg_visstid", "jobbtorg_narvaro", "jobbtorg_steg")
    assert set(key["PersonNr12"]) == set().union(*(clean.table(name)["PersonNr12"] for name in files))
