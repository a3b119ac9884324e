"""One flaw of every kind, planted in a flawless delivery, each on a person of its own."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

Tables = dict[str, pd.DataFrame]


class Planter:
    """Plants flaws and writes down what was planted.

    ``rows`` gives rows of persons who have no flaw yet, and takes those persons.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.serial = dict(zip(tables["nyckel"]["PersonNr12"], tables["nyckel"]["LopNr"], strict=True))
        self.number = {serial: number for number, serial in self.serial.items()}
        self.found: list[tuple[str, str, str]] = []
        self.taken: set[int] = set()

    def expect(self, register: str, rule: str, row_key: str) -> None:
        self.found.append((register, rule, row_key))

    def row(self, table: str, condition=None) -> int:
        """Index of the first row that fits, of a person without a flaw."""
        frame = self.tables[table]
        persons = self.persons(frame)
        free = persons.notna() & ~persons.isin(self.taken)
        if condition is not None:
            free &= condition(frame)
        index = frame.index[free][0]
        self.taken.add(int(persons[index]))
        return index

    def persons(self, frame: pd.DataFrame) -> pd.Series:
        if "PersonNr12" in frame:
            return frame["PersonNr12"].map(self.serial)
        key = next(c for c in frame.columns if "lopnr" in c.lower())
        return frame[key]

    def put(self, table: str, index: int, **values: object) -> None:
        for name, value in values.items():
            self.tables[table].at[index, name] = value

    def again(self, table: str, index: int, **values: object) -> None:
        """The row a second time, with other values."""
        row = self.tables[table].loc[[index]].assign(**values)
        self.tables[table] = pd.concat([self.tables[table], row], ignore_index=True)

    def at(self, table: str, index: int, column: str) -> object:
        return self.tables[table].at[index, column]


def plant_all(tables: Tables) -> pd.DataFrame:
    """Plant a flaw of every kind; the frame says what the ledger should hold: ``register``, ``rule``, ``row_key``."""
    planter = Planter(tables)
    for plant in (_employments, _enrolments, _records, _numbers, _lisa, _ku, _service, _assistance, _population):
        plant(planter)
    frame = pd.DataFrame(planter.found, columns=["register", "rule", "row_key"])
    return frame.sort_values(list(frame.columns), ignore_index=True)


def _lisa(p: Planter) -> None:
    key = "P1105_LOPNR_PERSONNR"
    elder = lambda t: t["FodelseAr"].astype(int) < 1980  # noqa: E731
    i = p.row("lisa_individ_2009", elder)
    p.again("lisa_individ_2009", i, SenPNr="0", LoneInk=99_999)
    p.expect("lisa", "duplicate_person_year", f"LopNr={p.at('lisa_individ_2009', i, key)};year=2009")
    for year in (2009, 2011, 2013):
        i = p.row(f"lisa_individ_{year}", lambda t: elder(t) & (t["UtlSvBakg"] == "22"))
        p.expect("lisa", "missing_row", f"LopNr={p.at(f'lisa_individ_{year}', i, key)};year={year}")
        p.tables[f"lisa_individ_{year}"] = p.tables[f"lisa_individ_{year}"].drop(index=i)
    i = p.row("lisa_individ_2009", elder)
    p.put("lisa_individ_2009", i, Civil="Ã„")
    p.expect("lisa", "unknown_code", f"LopNr={p.at('lisa_individ_2009', i, key)};year=2009")
    i = p.row("lisa_individ_2009", elder)
    p.put("lisa_individ_2009", i, LoneInk=-5)
    p.expect("lisa", "negative_amount", f"LopNr={p.at('lisa_individ_2009', i, key)};year=2009")
    i = p.row("lisa_individ_2009", elder)
    p.put("lisa_individ_2009", i, Kon="9")
    for rule in ("unknown_code", "unknown_sex"):
        p.expect("lisa", rule, f"LopNr={p.at('lisa_individ_2009', i, key)};year=2009")
    i = p.row("lisa_individ_2009", elder)
    p.put("lisa_individ_2009", i, FodelseAr="19x0")
    p.expect("lisa", "unreadable", f"LopNr={p.at('lisa_individ_2009', i, key)};year=2009")
    i = p.row("scb_doda")
    who = p.at("scb_doda", i, "LopNr")
    here = p.tables["lisa_individ_2009"]
    row = here[here[key] == who]
    p.tables["lisa_individ_2013"] = pd.concat(
        [p.tables["lisa_individ_2013"], row.drop(columns="SyssStatJ").assign(SyssStat11="6")], ignore_index=True
    )
    p.expect("lisa", "row_after_death", f"LopNr={who};year=2013")


def _ku(p: Planter) -> None:
    def key(i: int) -> str:
        who, employer = p.at("ku_2010", i, "LopNr_PersonNr"), p.at("ku_2010", i, "LopNr_PeOrgNr")
        return f"LopNr={who};employer={employer};year=2010"

    i = p.row("ku_2010")
    p.put("ku_2010", i, Manadfr="", Manadtill="  ")
    p.expect("ku", "missing_month_marks", key(i))
    i = p.row("ku_2010")
    p.put("ku_2010", i, Manadfr="11", Manadtill="02")
    p.expect("ku", "reversed_month_marks", key(i))
    i = p.row("ku_2010")
    p.again("ku_2010", i)
    p.expect("ku", "duplicate_row", key(i))
    i = p.row("ku_2010")
    p.put("ku_2010", i, LopNr_PersonNr=999)
    p.expect("ku", "unknown_person", key(i))


def _service(p: Planter) -> None:
    i = p.row("af_insper", lambda t: t["AvregDatum"].notna())
    start = p.at("af_insper", i, "InskrivDatum")
    p.again("af_insper", i, InskrivNr=9001, AvregDatum=start - timedelta(days=3))
    p.expect("af_periods", "end_before_start", f"LopNr={p.at('af_insper', i, 'Person_LopNr')};period=9001")

    first = lambda t: t["LopRad"] % 2 == 1  # noqa: E731
    i = p.row("af_sokatper", first)
    p.again("af_sokatper", i, LopRad=9002, utskadm=p.at("af_sokatper", i, "inskadm") - timedelta(days=3))
    p.expect("af_categories", "end_before_start", f"LopNr={p.at('af_sokatper', i, 'Person_LopNr')};row=9002")
    i = p.row("af_sokatper", first)
    p.put("af_sokatper", i, utskadm=p.at("af_sokatper", i, "utskadm") + timedelta(days=12))
    p.expect("af_categories", "overlap", _category(p, i))
    i = p.row("af_sokatper", lambda t: ~first(t) & t["utskadm"].notna())
    p.put("af_sokatper", i, utskadm=None)
    p.expect("af_categories", "open_past_deregistration", _category(p, i))
    i = p.row("af_sokatper", first)
    p.put("af_sokatper", i, skat="99")
    p.expect("af_categories", "unknown_code", _category(p, i))
    i = p.row("af_sokatper", first)
    p.put("af_sokatper", i, inskadm=p.at("af_sokatper", i, "inskadm") - timedelta(days=5))
    p.expect("af_categories", "no_period_cover", _category(p, i))

    i = p.row("iaf_ersattning")
    p.again("iaf_ersattning", i)
    month = 12 * p.at("iaf_ersattning", i, "Ar") + p.at("iaf_ersattning", i, "Manad") - 1
    p.expect(
        "unemployment_insurance", "duplicate_row", f"LopNr={p.at('iaf_ersattning', i, 'PersonLopNr')};month={month}"
    )


def _category(p: Planter, i: int) -> str:
    return f"LopNr={p.at('af_sokatper', i, 'Person_LopNr')};row={p.at('af_sokatper', i, 'LopRad')}"


def _assistance(p: Planter) -> None:
    table = "sos_bistand_2010"
    p.tables[table] = p.tables[table].astype({"LopNr_HushallId": "Int64"})
    i = p.row(table)
    p.again(table, i)
    p.expect("social_assistance", "duplicate_row", f"LopNr={p.at(table, i, 'LopNr')};year=2010")
    i = p.row(table)
    p.put(table, i, LopNr_HushallId=pd.NA)
    p.expect("social_assistance", "missing_household", f"LopNr={p.at(table, i, 'LopNr')};year=2010")


def _population(p: Planter) -> None:
    i = p.row("scb_doda")
    p.put("scb_doda", i, DodDatum="20130600")
    p.expect("deaths", "incomplete_date", f"LopNr={p.at('scb_doda', i, 'LopNr')}")
    i = p.row("scb_invutv")
    p.again("scb_invutv", i)
    moved = str(p.at("scb_invutv", i, "InvUtvManad"))
    month = 12 * int(moved[:4]) + int(moved[4:]) - 1
    p.expect("migration", "duplicate_row", f"LopNr={p.at('scb_invutv', i, 'Lopnr_PersonNr')};month={month}")


def _once(p: Planter, table: str):
    """Condition: persons with one row in the table, and not employed by the City."""
    others = set(p.tables["jobbtorg_visstid"]["PersonNr12"])
    return lambda t: ~t["PersonNr12"].duplicated(keep=False) & ~t["PersonNr12"].isin(others)


def _enrolments(p: Planter) -> None:
    table = "jobbtorg_inskrivning"
    once = _once(p, table)

    def expect(rule: str, i: int) -> None:
        p.expect("enrolments", rule, f"InskrivId={p.at(table, i, 'InskrivId')}")

    i = p.row(table, once)
    p.again(table, i)
    expect("duplicate_row", i)
    i = p.row(table, once)
    p.put(table, i, StadsdelRemiss=None)
    expect("missing_district", i)
    i = p.row(table, once)
    p.put(table, i, AvslutOrsak="Fått fast jobb")
    expect("free_text_reason", i)
    i = p.row(table, lambda t: once(t) & (t["AvslutDatum"] < date(2011, 6, 1)))
    p.put(table, i, AvslutDatum=None, AvslutOrsak=None)
    expect("missing_end", i)
    old = lambda t: once(t) & (t["AvslutDatum"] < date(2012, 6, 1))  # noqa: E731
    for _ in range(8):
        i = p.row(table, old)
        p.put(table, i, AvslutDatum=date(2012, 12, 31), AvslutOrsak="okänd")
        expect("bulk_closed", i)
    i = p.row(table, once)
    p.put(table, i, AvslutDatum=p.at(table, i, "InskrivDatum") - timedelta(days=500))
    expect("end_before_start", i)
    i = p.row(table, lambda t: once(t) & t["InskrivDatum"].map(lambda d: d.day < d.month and d.day <= 12))
    start = p.at(table, i, "InskrivDatum")
    p.put(table, i, InskrivDatum=date(start.year, start.day, start.month), RemissDatum=start - timedelta(days=4))
    expect("day_month_swap", i)
    # in order in itself, but the person still came to meetings
    i = p.row(table, lambda t: once(t) & _end_can_swap(t))
    end = p.at(table, i, "AvslutDatum")
    p.put(table, i, AvslutDatum=date(end.year, end.day, end.month))
    expect("day_month_swap", i)
    i = p.row(table, lambda t: once(t) & (t["AvslutDatum"] - t["InskrivDatum"] > timedelta(days=200)))
    opened = p.at(table, i, "InskrivDatum") + timedelta(days=100)
    p.again(table, i, InskrivId=9001, Jobbtorg="Jobbtorg Globen", InskrivDatum=opened, RemissDatum=opened)
    p.put(table, i, AvslutDatum=opened + timedelta(days=4), AvslutOrsak="okänd")
    p.expect("enrolments", "overlapping_transfer", "InskrivId=9001")
    expect("overlapping_transfer", i)
    i = p.row(table, lambda t: once(t) & (t["AvslutDatum"] - t["InskrivDatum"] > timedelta(days=200)))
    opened = p.at(table, i, "InskrivDatum") + timedelta(days=50)
    p.again(table, i, InskrivId=9002, InskrivDatum=opened, RemissDatum=opened)
    expect("two_open_enrolments", i)
    i = p.row(table, lambda t: once(t) & t["InskrivDatum"].map(lambda d: d.day > 12))
    p.put(table, i, RemissDatum=p.at(table, i, "InskrivDatum") + timedelta(days=1))
    p.put(table, i, RemissDatum=p.at(table, i, "RemissDatum").replace(day=28))
    expect("referral_after_start", i)


def _end_can_swap(t: pd.DataFrame) -> pd.Series:
    """Whether day and month of the end can be exchanged so that it is months earlier, yet after the start."""

    def can(start: date, end: date | None) -> bool:
        return end is not None and 1 < end.day < end.month - 1 and start < date(end.year, end.day, end.month)

    pairs = zip(t["InskrivDatum"], t["AvslutDatum"], strict=True)
    return pd.Series([can(start, end) for start, end in pairs], index=t.index)


def _employments(p: Planter) -> None:
    table = "jobbtorg_visstid"
    plain = lambda t: (t["AnstTyp"] == "visstid ordinarie") & (t["TomDatumPlan"] == t["TomDatumFaktisk"])  # noqa: E731

    def expect(rule: str, i: int) -> None:
        p.expect("employments", rule, f"AnstId={p.at(table, i, 'AnstId')}")

    i = p.row(table, plain)
    p.again(table, i, AnstId=9001)
    p.expect("employments", "duplicate_row", "AnstId=9001")
    i = p.row(table, plain)
    p.put(table, i, TomDatumFaktisk=None)
    expect("missing_actual_end", i)
    i = p.row(table, plain)
    p.put(table, i, TomDatumFaktisk=p.at(table, i, "FromDatum") - timedelta(days=400))
    expect("end_before_start", i)
    i = p.row(table, lambda t: plain(t) & t["FromDatum"].map(lambda d: d.month in (2, 3, 4)))
    start = p.at(table, i, "FromDatum")
    p.put(table, i, FromDatum=date(start.year, start.month, 12), TomDatumFaktisk=date(start.year, start.month, 12))
    p.put(table, i, FromDatum=date(start.year, 12, start.month))
    p.put(table, i, TomDatumPlan=date(start.year, 8, 15))
    expect("day_month_swap", i)
    # in order in itself, but only 2010-05-01 follows on the enrolment, 2010-01-05 does not
    i = p.row(table, lambda t: plain(t) & t["FromDatum"].map(lambda d: d.month > 3))
    start = p.at(table, i, "FromDatum")
    p.put(table, i, FromDatum=date(start.year, start.day, start.month))
    expect("day_month_swap", i)
    i = p.row(table, plain)
    begun = p.at(table, i, "TomDatumFaktisk") + timedelta(days=9)
    end = begun + timedelta(days=90)
    p.again(table, i, AnstId=9002, FromDatum=begun, TomDatumPlan=end, TomDatumFaktisk=end)
    p.expect("employments", "extension_row", "AnstId=9002")
    i = p.row(table, plain)
    p.put(table, i, AnstTyp="praktik")
    expect("unknown_code", i)

    rows = p.tables["jobbtorg_inskrivning"]
    i = p.row(table, plain)
    mine = rows["PersonNr12"] == p.at(table, i, "PersonNr12")
    p.tables["jobbtorg_inskrivning"] = rows = rows[~mine]
    gone = ~p.tables["jobbtorg_insats"]["InskrivId"].isin(rows["InskrivId"])
    p.tables["jobbtorg_insats"] = p.tables["jobbtorg_insats"][~gone]
    expect("no_enrolment_cover", i)
    i = p.row(table, lambda t: plain(t) & ~t["PersonNr12"].isin(_again(rows)))
    mine = rows.index[rows["PersonNr12"] == p.at(table, i, "PersonNr12")][0]
    late = p.at(table, i, "FromDatum") + timedelta(days=8)
    p.put("jobbtorg_inskrivning", mine, InskrivDatum=late, AvslutDatum=late)
    expect("enrolment_after_start", i)

    i = p.row(table, plain)
    born = p.at(table, i, "FromDatum").year - 17
    serial = p.serial[p.at(table, i, "PersonNr12")]
    for year in range(2009, 2014):
        lisa = p.tables[f"lisa_individ_{year}"]
        key = next(c for c in lisa.columns if "lopnr" in c.lower())
        lisa.loc[lisa[key] == serial, "FodelseAr"] = str(born)
    p.put(
        table,
        i,
        FromDatum=date(born + 17, 6, 14),
        TomDatumPlan=date(born + 17, 7, 9),
        TomDatumFaktisk=date(born + 17, 7, 9),
    )
    expect("holiday_job_as_fixed_term", i)
    i = p.row(table, plain)
    serial = p.serial[p.at(table, i, "PersonNr12")]
    categories = p.tables["af_sokatper"]
    last = categories.index[(categories["Person_LopNr"] == serial)][-1]
    registered = p.tables["af_insper"].index[p.tables["af_insper"]["Person_LopNr"] == serial][0]
    p.put("af_sokatper", last, skat="43", utskadm=None)
    p.put("af_insper", registered, AvregDatum=None)
    expect("sheltered_as_fixed_term", i)
    i = p.row(table, plain)
    p.put(table, i, TomDatumPlan=None)
    expect("missing_planned_end", i)
    i = p.row(table, plain)
    start = p.at(table, i, "FromDatum")
    # a day above 12 in the year before: no exchange of day and month can mend it
    p.put(table, i, TomDatumPlan=date(start.year - 1, start.month, 28))
    expect("planned_end_before_start", i)


def _again(rows: pd.DataFrame) -> set[str]:
    return set(rows.loc[rows["PersonNr12"].duplicated(), "PersonNr12"])


def _records(p: Planter) -> None:
    for table, register in (("jobbtorg_narvaro", "attendance"), ("jobbtorg_steg", "steps")):
        i = p.row(table, _never_employed(p))
        p.again(table, i)
        p.expect(register, "duplicate_row", f"PersonNr12={p.at(table, i, 'PersonNr12')};date={p.at(table, i, 'Datum')}")
    i = p.row("jobbtorg_steg", _never_employed(p))
    p.put("jobbtorg_steg", i, Steg=9)
    key = f"PersonNr12={p.at('jobbtorg_steg', i, 'PersonNr12')};date={p.at('jobbtorg_steg', i, 'Datum')}"
    p.expect("steps", "out_of_range", key)
    i = p.row("jobbtorg_narvaro", _never_employed(p))
    p.put("jobbtorg_narvaro", i, Status="sjuk")
    key = f"PersonNr12={p.at('jobbtorg_narvaro', i, 'PersonNr12')};date={p.at('jobbtorg_narvaro', i, 'Datum')}"
    p.expect("attendance", "unknown_code", key)
    measures = p.tables["jobbtorg_insats"]
    i = measures.index[-1]
    p.put("jobbtorg_insats", i, TomDatum=measures.at[i, "FromDatum"] - timedelta(days=1))
    p.expect("measures", "end_before_start", f"InsatsId={measures.at[i, 'InsatsId']}")
    p.again("jobbtorg_insats", measures.index[-2], InsatsId=99_999)
    p.expect("measures", "duplicate_row", "InsatsId=99999")


def _never_employed(p: Planter):
    others = set(p.tables["jobbtorg_visstid"]["PersonNr12"])
    return lambda t: ~t["PersonNr12"].isin(others)


def _numbers(p: Planter) -> None:
    city = ("jobbtorg_inskrivning", "jobbtorg_narvaro", "jobbtorg_steg")

    def rewrite(old: str, new: str) -> None:
        for table in city:
            p.tables[table]["PersonNr12"] = p.tables[table]["PersonNr12"].replace(old, new)

    def someone() -> tuple[str, int]:
        i = p.row("jobbtorg_inskrivning", _once(p, "jobbtorg_inskrivning"))
        number = str(p.at("jobbtorg_inskrivning", i, "PersonNr12"))
        return number, p.serial[number]

    def earlier_number(serial: int, number: str) -> None:
        row = pd.DataFrame({"PersonNr12": [number], "LopNr": [serial], "SenPNr": ["0"]})
        p.tables["nyckel"] = pd.concat([p.tables["nyckel"], row], ignore_index=True)
        p.serial[number] = serial

    number, serial = someone()
    rewrite(number, number[2:])
    p.expect("key", "ten_digit", f"LopNr={serial}")
    number, serial = someone()
    rewrite(number, number + "   ")
    p.expect("key", "trailing_blanks", f"LopNr={serial}")
    number, serial = someone()
    coordination = f"{number[:6]}{int(number[6:8]) + 60}{number[8:]}"
    rewrite(number, coordination)
    earlier_number(serial, coordination)
    p.expect("key", "coordination_number", f"LopNr={serial}")
    number, serial = someone()
    rewrite(number, "197002309999")
    earlier_number(serial, "197002309999")
    p.expect("key", "changed_number", f"LopNr={serial}")

    key = p.tables["nyckel"]
    number, serial = someone()
    key.loc[key["LopNr"] == serial, "PersonNr12"] = " " * 12
    p.expect("key", "protected_identity", f"LopNr={serial}")
    _unlinked(p, number, " " * 12)
    rewrite(number, " " * 12)
    number, serial = someone()
    p.tables["nyckel"] = key[key["LopNr"] != serial]
    p.expect("key", "no_consent", f"PersonNr12={number}")
    _unlinked(p, number, number)


def _unlinked(p: Planter, number: str, written: str) -> None:
    rows = p.tables["jobbtorg_inskrivning"]
    lost = set(rows.loc[rows["PersonNr12"] == number, "InskrivId"])
    for enrolment in lost:
        p.expect("enrolments", "unlinked", f"InskrivId={enrolment}")
    measures = p.tables["jobbtorg_insats"]
    for measure in measures.loc[measures["InskrivId"].isin(lost), "InsatsId"]:
        p.expect("measures", "unlinked", f"InsatsId={measure}")
    for table, register in (("jobbtorg_narvaro", "attendance"), ("jobbtorg_steg", "steps")):
        for day in p.tables[table].loc[p.tables[table]["PersonNr12"] == number, "Datum"]:
            p.expect(register, "unlinked", f"PersonNr12={written.strip()};date={day}")
