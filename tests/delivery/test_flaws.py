"""Flaws: each kind is there, looks as it should, and is listed; nothing that is not listed differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from synthetic_registers.delivery.flaws.kinds import KINDS
from synthetic_registers.delivery.jobbtorg import words
from synthetic_registers.delivery.keys import serial_numbers
from synthetic_registers.history import YEARS
from tests.delivery.conftest import PERSONS, SEED, Delivered

KEYS: dict[str, tuple[list[str], Callable[[pd.Series, int], str]]] = {
    "lisa": ([f"lisa_individ_{y}" for y in YEARS], lambda r, y: f"LopNr={r.iloc[0]};year={y}"),
    "ku": (
        [f"ku_{y}" for y in YEARS],
        lambda r, y: f"LopNr={r['LopNr_PersonNr']};employer={r['LopNr_PeOrgNr']};year={y}",
    ),
    "social_assistance": ([f"sos_bistand_{y}" for y in YEARS], lambda r, y: f"LopNr={r['LopNr']};year={y}"),
    "af_categories": (["af_sokatper"], lambda r, y: f"LopNr={r['Person_LopNr']};row={r['LopRad']}"),
    "af_periods": (["af_insper"], lambda r, y: f"LopNr={r['Person_LopNr']};period={r['InskrivNr']}"),
    "migration": (
        ["scb_invutv"],
        lambda r, y: (
            f"LopNr={r['Lopnr_PersonNr']};month={12 * int(r['InvUtvManad'][:4]) + int(r['InvUtvManad'][4:]) - 1}"
        ),
    ),
    "deaths": (["scb_doda"], lambda r, y: f"LopNr={r['LopNr']}"),
    "enrolments": (["jobbtorg_inskrivning"], lambda r, y: f"InskrivId={r['InskrivId']}"),
    "employments": (["jobbtorg_visstid"], lambda r, y: f"AnstId={r['AnstId']}"),
    "attendance": (["jobbtorg_narvaro"], lambda r, y: f"PersonNr12={r['PersonNr12']};date={r['Datum']:%Y-%m-%d}"),
    "steps": (["jobbtorg_steg"], lambda r, y: f"PersonNr12={r['PersonNr12']};date={r['Datum']:%Y-%m-%d}"),
}
ELSEWHERE = {"no_enrolment_cover", "enrolment_after_start"}  # listed for the employment, seen in the enrolments


def differing(clean: Delivered, damaged: Delivered, register: str) -> set[str]:
    """Keys of rows that are not the same, or not as many, in the two deliveries."""
    tables, key = KEYS[register]
    out = set()
    for name in tables:
        year = int(name[-4:]) if name[-4:].isdigit() else 0
        before, after = (
            Counter(d.table(name).astype(object).fillna("").itertuples(index=False, name=None))
            for d in (clean, damaged)
        )
        columns = clean.table(name).columns
        rows = set(k for k in before.keys() | after.keys() if before[k] != after[k])
        out |= {key(pd.Series(row, index=columns), year) for row in rows}
    return out


def listed(delivered: Delivered, register: str) -> pd.DataFrame:
    flaws = delivered.flaws()
    return flaws[(flaws["register"] == register) & (flaws["kind"] != "extension_row")]


@pytest.mark.parametrize("register", [r for r in KEYS if r not in ("ku", "enrolments")])
def test_listed_rows_are_the_rows_that_differ(clean: Delivered, damaged: Delivered, register: str) -> None:
    flaws = listed(damaged, register)
    flaws = flaws[~flaws["kind"].isin(ELSEWHERE)]
    assert set(flaws["row_key"]) == differing(clean, damaged, register)
    assert flaws["row_key"].is_unique


def test_listed_statements_differ_and_the_others_are_those_paid_late(clean: Delivered, damaged: Delivered) -> None:
    flaws = listed(damaged, "ku")
    rows = differing(clean, damaged, "ku")
    assert set(flaws["row_key"]) <= rows
    late = set(flaws[flaws["kind"] == "pay_next_year"]["row_key"])
    for key in rows - set(flaws["row_key"]):  # gone from its own year: its only month is paid the year after
        head, year = key.rsplit("=", 1)
        assert f"{head}={int(year) + 1}" in late
    assert len(late) > 50


def test_listed_enrolments_differ_and_the_others_are_listed_for_the_employment(
    clean: Delivered, damaged: Delivered
) -> None:
    flaws = listed(damaged, "enrolments")
    rows = differing(clean, damaged, "enrolments")
    assert set(flaws["row_key"]) <= rows
    assert flaws["row_key"].is_unique
    elsewhere = damaged.flaws()["kind"].isin(ELSEWHERE).sum()
    assert len(rows - set(flaws["row_key"])) == elsewhere > 0


def test_every_kind_occurs(damaged: Delivered, damaged_keys: Delivered) -> None:
    made = {f"{d.register}.{d.kind}" for delivered in (damaged, damaged_keys) for d in delivered.flaws().itertuples()}
    assert made == set(KINDS)


def test_rates_are_kept(damaged: Delivered, clean: Delivered) -> None:
    flaws = damaged.flaws().groupby(["register", "kind"]).size()
    rows = sum(len(clean.table(f"lisa_individ_{y}")) for y in YEARS)
    assert flaws["lisa", "missing_row"] / rows == pytest.approx(0.08, rel=0.15)
    assert flaws["attendance", "duplicate_row"] / len(clean.table("jobbtorg_narvaro")) == pytest.approx(0.08, rel=0.15)


@pytest.fixture(scope="module")
def enrolments(damaged: Delivered) -> pd.DataFrame:
    return damaged.table("jobbtorg_inskrivning").drop_duplicates().set_index("InskrivId")


@pytest.fixture(scope="module")
def employments(damaged: Delivered) -> pd.DataFrame:
    return damaged.table("jobbtorg_visstid").drop_duplicates().set_index("AnstId")


def rows_of(delivered: Delivered, table: pd.DataFrame, register: str, kind: str) -> pd.DataFrame:
    flaws = listed(delivered, register)
    keys = flaws[flaws["kind"] == kind]["row_key"].str.split("=").str[1].astype(int)
    assert len(keys)
    return table.loc[keys]


FREE = {word for group in words.FREE_TEXTS.values() for word in group}
ENROLMENT_CHECKS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "missing_end": lambda t: t["AvslutDatum"].isna() & t["AvslutOrsak"].isna(),
    "bulk_closed": lambda t: (t["AvslutDatum"] == pd.Timestamp("2012-12-31")) & (t["AvslutOrsak"] == "okänd"),
    "end_before_start": lambda t: t["AvslutDatum"] < t["InskrivDatum"],
    "free_text_reason": lambda t: t["AvslutOrsak"].isin(FREE),
    "missing_district": lambda t: t["StadsdelRemiss"].isna(),
}
EMPLOYMENT_CHECKS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "end_before_start": lambda t: t["TomDatumFaktisk"] < t["FromDatum"],
    "missing_actual_end": lambda t: t["TomDatumFaktisk"].isna(),
    "holiday_job_as_fixed_term": lambda t: (
        (t["AnstTyp"] == "visstid ordinarie") & ((t["TomDatumPlan"] - t["FromDatum"]).dt.days <= 28)
    ),
    "sheltered_as_fixed_term": lambda t: t["AnstTyp"] == "visstid ordinarie",
}


@pytest.mark.parametrize("kind", ENROLMENT_CHECKS)
def test_damaged_enrolments(damaged: Delivered, enrolments: pd.DataFrame, kind: str) -> None:
    assert ENROLMENT_CHECKS[kind](rows_of(damaged, enrolments, "enrolments", kind)).all()


@pytest.mark.parametrize("kind", EMPLOYMENT_CHECKS)
def test_damaged_employments(damaged: Delivered, employments: pd.DataFrame, kind: str) -> None:
    assert EMPLOYMENT_CHECKS[kind](rows_of(damaged, employments, "employments", kind)).all()


def test_transfers_are_two_rows_at_two_offices_with_at_most_a_week_in_common(
    damaged: Delivered, clean: Delivered, enrolments: pd.DataFrame
) -> None:
    rows = rows_of(damaged, enrolments, "enrolments", "overlapping_transfer").reset_index()
    original = clean.table("jobbtorg_inskrivning").set_index("InskrivId")
    old = rows[rows["InskrivId"].isin(original.index)].sort_values(["PersonNr12", "InskrivDatum"])
    new = rows[~rows["InskrivId"].isin(original.index)].sort_values(["PersonNr12", "InskrivDatum"])
    assert len(old) == len(new) > 0
    assert np.array_equal(old["PersonNr12"], new["PersonNr12"])
    common = (old["AvslutDatum"].to_numpy() - new["InskrivDatum"].to_numpy()) / np.timedelta64(1, "D")
    assert ((common >= 0) & (common <= 6)).all()
    assert (old["Jobbtorg"].to_numpy() != new["Jobbtorg"].to_numpy()).all()
    end = original.loc[old["InskrivId"], "AvslutDatum"].to_numpy()
    assert np.array_equal(new["AvslutDatum"].fillna(pd.Timestamp(0)), pd.Series(end).fillna(pd.Timestamp(0)))


def test_swapped_dates_are_the_right_ones_the_other_way_round(
    damaged: Delivered, clean: Delivered, enrolments: pd.DataFrame
) -> None:
    rows = rows_of(damaged, enrolments, "enrolments", "day_month_swap")
    right = clean.table("jobbtorg_inskrivning").set_index("InskrivId").loc[rows.index]
    changed = 0
    for name in ("InskrivDatum", "AvslutDatum"):
        other = (rows[name] != right[name]) & ~(rows[name].isna() & right[name].isna())
        a, b = rows[other][name], right[other][name]
        assert ((a.dt.day == b.dt.month) & (a.dt.month == b.dt.day) & (a.dt.year == b.dt.year)).all()
        changed += int(other.sum())
    assert changed == len(rows)


def test_lost_and_late_enrolments_leave_the_employment_uncovered(damaged: Delivered, employments: pd.DataFrame) -> None:
    for kind in ELSEWHERE:
        jobs = rows_of(damaged, employments, "employments", kind)
        both = jobs.merge(damaged.table("jobbtorg_inskrivning"), on="PersonNr12")
        end = both["AvslutDatum"].fillna(pd.Timestamp("2016-12-31"))
        clean_rows = ~both["AvslutOrsak"].isin(["okänd"])
        cover = (both["InskrivDatum"] <= both["FromDatum"]) & (both["FromDatum"] <= end) & clean_rows
        assert cover.mean() < 0.05  # another, damaged, enrolment may happen to cover it


def test_second_rows_in_lisa_are_under_an_earlier_number_and_older(damaged: Delivered, clean: Delivered) -> None:
    table = damaged.table("lisa_individ_2012")
    key = table.columns[0]
    second = table[table["SenPNr"] == "0"].set_index(key)
    assert len(second)
    assert table[table["SenPNr"] == "1"][key].is_unique
    before = clean.table("lisa_individ_2011").set_index("P1105_LOPNR_PERSONNR").loc[second.index]
    assert np.array_equal(second["LoneInk"], before["LoneInk"])
    assert np.array_equal(second["SyssStat11"], before["SyssStat11"])


def test_statements_lose_both_marks_or_none(damaged: Delivered) -> None:
    for year in (2008, 2014):
        table = damaged.table(f"ku_{year}")
        blank = table["Manadfr"] == "  "
        assert 0 < blank.mean() < 0.2
        assert np.array_equal(blank, table["Manadtill"] == "  ")


def test_late_pay_moves_no_money(damaged: Delivered, clean: Delivered) -> None:
    total = [sum(d.table(f"ku_{y}")["KuLon"].sum() for y in YEARS) for d in (damaged, clean)]
    assert total[0] == total[1]


def test_damaged_categories(damaged: Delivered, clean: Delivered) -> None:
    table = damaged.table("af_sokatper").set_index(["Person_LopNr", "LopRad"])
    right = clean.table("af_sokatper").set_index(["Person_LopNr", "LopRad"])
    flaws = listed(damaged, "af_categories")

    def at(kind: str, frame: pd.DataFrame) -> pd.DataFrame:
        keys = flaws[flaws["kind"] == kind]["row_key"].str.extract(r"LopNr=(\d+);row=(\d+)").astype(int)
        return frame.loc[pd.MultiIndex.from_frame(keys)]

    wrong = at("end_before_start", table)
    assert (wrong["utskadm"] < wrong["inskadm"]).all()
    late = at("overlap", table)["utskadm"].to_numpy() - at("overlap", right)["utskadm"].to_numpy()
    assert ((late >= np.timedelta64(1, "D")) & (late <= np.timedelta64(30, "D"))).all()
    assert at("open_past_deregistration", table)["utskadm"].isna().all()
    assert at("open_past_deregistration", right)["utskadm"].notna().all()
    periods = damaged.table("af_insper")
    negative = periods[periods["AvregDatum"] < periods["InskrivDatum"]]
    assert len(negative) == (damaged.flaws()["register"] == "af_periods").sum()


def test_incomplete_dates_of_death(damaged: Delivered) -> None:
    dates = damaged.table("scb_doda")["DodDatum"]
    incomplete = dates[(dates.str.len() < 8) | dates.str.endswith("00")]
    assert len(incomplete) == (damaged.flaws()["register"] == "deaths").sum()
    assert len(set(incomplete.str.len())) > 1


def test_steps_outside_the_scale(damaged: Delivered) -> None:
    steps = damaged.table("jobbtorg_steg")["Steg"]
    assert (~steps.between(1, 5)).sum() == (damaged.flaws()["register"] == "steps").sum()
    assert set(steps) == {0, 1, 2, 3, 4, 5, 9}


CITY_FILES = ("jobbtorg_inskrivning", "jobbtorg_visstid", "jobbtorg_narvaro", "jobbtorg_steg")


def test_damaged_numbers(damaged_keys: Delivered, clean: Delivered) -> None:
    flaws = damaged_keys.flaws()
    flaws = flaws[flaws["register"] == "key"]
    assert flaws["row_key"].is_unique
    serial = flaws["row_key"].str.removeprefix("LopNr=").astype(int)
    right = clean.table("nyckel").set_index("LopNr")["PersonNr12"]
    key = damaged_keys.table("nyckel")
    by_kind = {kind: set(serial[flaws["kind"] == kind]) for kind in flaws["kind"].unique()}
    person = _persons_of_rows(clean, "jobbtorg_narvaro")
    written = damaged_keys.table("jobbtorg_narvaro")["PersonNr12"]
    assert len(written) == len(person)
    for number, who in zip(written, person, strict=True):
        current = right[who]
        if who in by_kind["ten_digit"]:
            assert number == current[2:]
        elif who in by_kind["trailing_blanks"]:
            assert number == current + "   "
        elif who in by_kind["protected_identity"]:
            assert number.strip() == ""
        elif who in by_kind["coordination_number"]:
            assert number in (current, _coordination(current))
        elif who in by_kind["changed_number"]:
            assert number == current or number[6:8] in ("29", "30")
        else:
            assert number == current
    rows = key.groupby("LopNr")["PersonNr12"].apply(list)
    assert not by_kind["no_consent"] & set(rows.index)
    assert set(rows.index) == set(right.index) - by_kind["no_consent"]
    assert all(rows[who] == [_coordination(right[who]), right[who]] for who in by_kind["coordination_number"])
    assert all(len(rows[who]) == 2 for who in by_kind["changed_number"])
    assert all(rows[who][0].strip() == "" for who in by_kind["protected_identity"])
    assert all(rows[who] == [right[who]] for who in by_kind["ten_digit"] | by_kind["trailing_blanks"])
    assert key[key["PersonNr12"].str.strip() != ""]["PersonNr12"].is_unique
    # Each changed number is seen in the City's files before it changes.
    seen = set().union(*(damaged_keys.table(name)["PersonNr12"] for name in CITY_FILES))
    assert {rows[who][0] for who in by_kind["changed_number"] | by_kind["coordination_number"]} <= seen


def _coordination(number: str) -> str:
    return f"{number[:6]}{int(number[6:8]) + 60}{number[8:]}"


def _persons_of_rows(clean: Delivered, name: str) -> np.ndarray:
    """Serial number of each row of a City file; key flaws change no row's place."""
    key = clean.table("nyckel").set_index("PersonNr12")["LopNr"]
    return key.loc[clean.table(name)["PersonNr12"]].to_numpy()


def test_damage_of_numbers_leaves_the_other_registers_alone(damaged_keys: Delivered, clean: Delivered) -> None:
    for name in ("lisa_individ_2010", "ku_2010", "sos_bistand_2010", "af_sokatper", "scb_doda", "jobbtorg_insats"):
        pd.testing.assert_frame_equal(damaged_keys.table(name), clean.table(name))


def test_one_kind_moves_no_other(deliver, damaged: Delivered) -> None:
    alone = deliver({"lisa.missing_row": 0.08}).flaws()
    together = damaged.flaws()
    same = [set(f[(f["register"] == "lisa") & (f["kind"] == "missing_row")]["row_key"]) for f in (alone, together)]
    assert same[0] == same[1]
    assert not set(alone["register"]) - {"lisa", "employments"}


def test_listed_serial_numbers_exist(damaged: Delivered) -> None:
    known = set(serial_numbers(np.arange(PERSONS), persons=PERSONS, seed=SEED))
    found = damaged.flaws()["row_key"].str.extract(r"^LopNr=(\d+)")[0].dropna().astype(int)
    assert set(found) <= known
