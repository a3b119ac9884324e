"""The cleaned tables: columns, types, units, and what the repairs made of the planted flaws."""

from __future__ import annotations

import pandas as pd
import pytest

from evaluation.registers import CONTRACTS, summary

COLUMNS = {
    "lisa": """person year sex birth_year municipality civil_status family_type children origin foreign_background
        immigration_year education student study_type employed_code employed_code_j earnings business social_assistance
        social_assistance_family unemployment_insurance programme_support unemployed_days part_time_days hourly_days
        programme_days supported_days new_start_days autumn_status sickness_benefit sick_days disability activity_benefit
        sector occupation_status disposable affiliation weakly_established establishment_limit months_marked""",
    "ku": "person employer year pay first_month last_month marked city",
    "af_periods": "person period start end reason",
    "af_categories": "person row start end category disability",
    "social_assistance": "person month amount household year district",
    "unemployment_insurance": "person month days amount",
    "migration": "person month kind",
    "deaths": "person month incomplete",
    "enrolments": "person enrolment office district referral start end reason target_group support_at_start",
    "measures": "person enrolment measure kind start end extent",
    "employments": "person employment kind department start planned_end end extent break_reason",
    "attendance": "person date status",
    "steps": "person date step",
}
TEXT = set(
    [
        "municipality",
        "civil_status",
        "family_type",
        "origin",
        "foreign_background",
        "study_type",
        "autumn_status",
        "sector",
        "occupation_status",
        "reason",
        "disability",
        "kind",
        "office",
        "target_group",
        "support_at_start",
        "department",
        "break_reason",
        "status",
    ]
)
DATES = {"start", "end", "referral", "planned_end", "date"}
FLAGS = {"marked", "city", "incomplete"}


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_columns_and_types(registers, name):
    schema = registers.table(name).schema()
    assert list(schema) == COLUMNS[name].split()
    for column, kind in schema.items():
        if name == "lisa" and column == "disability":
            assert kind.is_int64()
        elif column in TEXT:
            assert kind.is_string(), column
        elif column in DATES:
            assert kind.is_date(), column
        elif column in FLAGS:
            assert kind.is_boolean(), column
        else:
            assert kind.is_int64(), column


def test_values_and_units(registers, tables):
    lisa = registers.execute(registers.table("lisa")).set_index(["person", "year"])
    raw = tables["lisa_individ_2010"].set_index("P1105_LopNr_PersonNr")
    one = lisa.xs(2010, level="year").loc[raw.index]
    assert (one["earnings"] == 100 * raw["LoneInk"]).all()
    assert (one["establishment_limit"] == 145_000).all()
    assert set(one["civil_status"]) <= {"OG", "G", "Ä"}
    assert (one["children"] == raw["Barn4_6"] + raw["Barn11_15"]).all()
    assert one.loc[raw["SenInvAr"] == "0000", "immigration_year"].isna().all()
    assert one.loc[raw["Sun2000niva_old"] == " ", "education"].isna().all()
    assert one.loc[raw["Raks_EtablGrad"] == " ", "weakly_established"].isna().all()
    assert set(lisa.xs(2012, level="year")["employed_code_j"].isna()) == {True}
    assert (lisa.xs(2012, level="year")["employed_code"].isin([1, 5, 6])).all()
    money = registers.execute(registers.table("social_assistance"))
    flags = tables["sos_bistand_2011"].filter(like="Bist_")
    assert (money["year"] == 2011).sum() == int(flags.to_numpy().sum())
    assert set(money["amount"]) == {7400}
    assert (money["month"] // 12 == money["year"]).all()


def test_raw_holds_what_was_delivered(registers, tables):
    raw = registers.execute(registers.raw("lisa"))
    assert len(raw) == sum(len(t) for name, t in tables.items() if name.startswith("lisa_"))
    assert set(raw["municipality"]) == {"0180", "0127"}
    assert raw.loc[raw["year"] >= 2012, "employed_code_j"].isna().all()


def _one(registers, name, **where) -> pd.Series:
    table = registers.table(name)
    frame = registers.execute(table.filter([table[column] == value for column, value in where.items()]))
    assert len(frame) == 1
    return frame.iloc[0]


def _id(expected: pd.DataFrame, register: str, rule: str, label: str) -> int:
    keys = expected[(expected["register"] == register) & (expected["rule"] == rule)]["row_key"]
    return int(dict(part.split("=") for part in keys.iloc[0].split(";"))[label])


def test_repairs_are_made(planted, registers):
    damaged, _, expected = planted

    def flawed(rule: str, register: str = "enrolments", label: str = "InskrivId") -> int:
        return _id(expected, register, rule, label)

    def before(enrolment: int) -> pd.Series:
        return _one(registers, "enrolments", enrolment=enrolment)

    for rule in ("missing_end", "bulk_closed", "end_before_start"):
        enrolment = flawed(rule)
        mended, true = _one(damaged, "enrolments", enrolment=enrolment), before(enrolment)
        # the last measure of a made-up enrolment ends with it, except where the measure's own date was not there
        assert abs((mended["end"] - true["end"]).days) <= 31, rule
    swapped = expected[expected["rule"] == "day_month_swap"].row_key.str.split("=").str
    for label, number in zip(swapped[0], swapped[1].astype(int), strict=True):
        name, column = ("enrolments", "enrolment") if label == "InskrivId" else ("employments", "employment")
        mended, true = (_one(r, name, **{column: number}) for r in (damaged, registers))
        assert (mended["start"].year, mended["start"].month) == (true["start"].year, true["start"].month), name
        if name == "enrolments":
            assert mended["end"] == true["end"]
    assert _one(damaged, "enrolments", enrolment=flawed("free_text_reason"))["reason"] == "permanent_job"
    second = _one(damaged, "enrolments", enrolment=9001)
    person = damaged.table("enrolments").filter(damaged.table("enrolments").person == int(second["person"]))
    first = damaged.execute(person.order_by("start")).iloc[0]
    assert (second["start"] - first["end"]).days == 1

    job = flawed("sheltered_as_fixed_term", "employments", "AnstId")
    assert _one(damaged, "employments", employment=job)["kind"] == "sheltered"
    job = flawed("holiday_job_as_fixed_term", "employments", "AnstId")
    assert _one(damaged, "employments", employment=job)["kind"] == "holiday"
    for rule in ("missing_actual_end", "end_before_start"):
        job = _one(damaged, "employments", employment=flawed(rule, "employments", "AnstId"))
        assert job["end"] == job["planned_end"]

    for rule in ("ten_digit", "trailing_blanks", "coordination_number", "changed_number"):
        person = flawed(rule, "key", "LopNr")
        assert damaged.execute((damaged.table("enrolments").person == person).sum()) == 1, rule
    person = flawed("protected_identity", "key", "LopNr")
    assert damaged.execute((damaged.table("enrolments").person == person).sum()) == 0


def test_kept_rows_of_duplicates_and_overlaps(planted):
    damaged, _, expected = planted
    person = _id(expected, "lisa", "duplicate_person_year", "LopNr")
    assert _one(damaged, "lisa", person=person, year=2009)["earnings"] != 9_999_900
    for name, key in (("lisa", ["person", "year"]), ("attendance", ["person", "date"]), ("enrolments", ["enrolment"])):
        frame = damaged.execute(damaged.table(name))
        assert not frame.duplicated(key).any(), name
    categories = damaged.execute(damaged.table("af_categories")).sort_values(["person", "start", "row"])
    following = categories.groupby("person")["start"].shift(-1)
    ends = pd.to_datetime(categories["end"])
    assert not (ends >= pd.to_datetime(following)).any()
    assert not (ends < pd.to_datetime(categories["start"])).any()
    person = _id(expected, "deaths", "incomplete_date", "LopNr")
    death = _one(damaged, "deaths", person=person)
    assert (death["month"], death["incomplete"]) == (12 * 2013 + 5, True)


def test_ledger_and_cleaning_agree(planted):
    """Rows delivered, less rows dropped by rules that drop, are the rows that came out."""
    damaged, ledger, _ = planted
    counts = ledger.table.set_index(["register", "rule"])["rows"]
    for name in ("lisa", "ku", "migration", "deaths", "unemployment_insurance", "enrolments", "employments", "steps"):
        dropped = ("duplicate_row", "duplicate_person_year", "unlinked", "out_of_range")
        gone = sum(counts.get((name, rule), 0) for rule in dropped)
        assert damaged.rows_count(name) - gone == damaged.execute(damaged.table(name).count()), name


def test_summary(registers, tables):
    table = summary(registers).set_index("register")
    assert list(table.index) == [contract.register for contract in CONTRACTS]
    assert table.loc["lisa", ["first_year", "last_year"]].tolist() == [2009, 2013]
    assert table.loc["lisa", "persons"] == registers.persons_count == 240
    assert table.loc["attendance", "rows"] == len(tables["jobbtorg_narvaro"])
    assert pd.isna(table.loc["key", "first_year"])
