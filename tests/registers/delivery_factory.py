"""A small, made-up and flawless delivery of registers, for tests.

``build_delivery`` gives the tables as data frames, ``write_tables`` writes such frames as parquet, csv or a DuckDB file, and
``write_delivery`` does both, with single tables overridden. The persons live simple lives: what matters here is that every table
has the columns, types, codes and keys of a real delivery, and that the tables agree with one another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

YEARS = range(2005, 2017)
CITY = 2120000142
EXIT_REASONS = ("arbete tillsvidare", "studier", "flytt", "åter SDF", "ej medverkat/avhopp", "okänd")

Override = pd.DataFrame | Callable[[pd.DataFrame], pd.DataFrame] | None


def build_delivery(*, persons: int = 300, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Tables of a flawless delivery, by table name (``lisa_individ_2009``, ``jobbtorg_visstid`` ...)."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    people = _people(rng, persons)
    enrolments = _enrolments(rng, people)
    employments = _employments(rng, enrolments)
    enrolments = _close_at_employment(enrolments, employments)
    tables: dict[str, pd.DataFrame] = {}
    tables |= _lisa(rng, people, employments)
    tables |= _ku(people, employments)
    tables |= _employment_service(rng, people, enrolments)
    tables |= _assistance(rng, people, enrolments)
    tables |= _population(people)
    tables |= _city(rng, people, enrolments, employments)
    return tables


def write_delivery(
    path: Path, *, persons: int = 300, seed: int = 1, fmt: str = "parquet", **overrides: Override
) -> dict[str, pd.DataFrame]:
    """Write a delivery to ``path`` (a folder; for ``fmt='duckdb'`` a database file) and return its tables.

    ``overrides`` name tables: a frame replaces the table, a function is given the table and returns it, None leaves it out.
    """
    tables = build_delivery(persons=persons, seed=seed)
    for name, change in overrides.items():
        if change is None:
            del tables[name]
        else:
            tables[name] = change(tables[name].copy()) if callable(change) else change
    write_tables(path, tables, fmt=fmt)
    return tables


def write_tables(path: Path, tables: Mapping[str, pd.DataFrame], *, fmt: str = "parquet") -> None:
    """Write frames as ``parquet``, ``csv`` (cp1252, ``;``), ``csv_utf8`` (``,``) or as tables of a ``duckdb`` file."""
    path = Path(path)
    if fmt == "duckdb":
        with duckdb.connect(str(path)) as connection:
            for name, table in tables.items():
                frame = table.copy()  # noqa: F841  (read by name in the query)
                connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM frame')
        return
    path.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        if fmt == "parquet":
            table.to_parquet(path / f"{name}.parquet", index=False)
        elif fmt == "csv":
            table.to_csv(path / f"{name}.csv", sep=";", index=False, encoding="cp1252")
        elif fmt == "csv_utf8":
            table.to_csv(path / f"{name}.csv", sep=",", index=False, encoding="utf-8")
        else:
            raise ValueError(f"no format {fmt!r}")


def _date(year, month, day) -> pd.Series:
    return pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": day}))


def _plain(dates: pd.Series) -> pd.Series:
    """Dates as plain date objects (date columns in parquet, ISO text in csv)."""
    return pd.Series([None if pd.isna(d) else d.date() for d in dates], index=dates.index, dtype=object)


def _people(rng: np.random.Generator, n: int) -> pd.DataFrame:
    born = rng.integers(1950, 1989, n)
    month, day = rng.integers(1, 13, n), rng.integers(1, 29, n)
    foreign = rng.random(n) < 0.6
    number = np.arange(n)
    return pd.DataFrame(
        {
            "lopnr": rng.permutation(np.arange(1, n + 1)) * 7 + 100_000,
            "pnr": [
                f"{y}{m:02d}{d:02d}{k % 9000 + 1000:04d}" for y, m, d, k in zip(born, month, day, number, strict=True)
            ],
            "born": born,
            "woman": rng.random(n) < 0.5,
            "foreign": foreign,
            "origin": np.where(foreign, rng.choice(["01", "03", "04", "07"], n, p=[0.1, 0.2, 0.3, 0.4]), "00"),
            "immigrated": np.where(foreign, np.maximum(born + 16, rng.integers(1990, 2009, n)), 0),
            "education": rng.choice(["1", "2", "3", "4", "5", "6", " "], n),
            "district": rng.integers(1, 15, n),
            # a few die in June 2013, a few others move abroad in March 2012 and come back in March 2014
            "died": np.where(number % 60 == 11, 2013, 0),
            "abroad": number % 60 == 29,
            "base": rng.integers(0, 2500, n) * (rng.random(n) < 0.5),
        }
    )


def _enrolments(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    some = people[(np.arange(len(people)) % 4 != 3) & (people["died"] == 0) & ~people["abroad"]].reset_index(drop=True)
    first = pd.DataFrame({"lopnr": some["lopnr"], "pnr": some["pnr"], "district": some["district"]})
    first["month"] = rng.integers(12 * 2008 + 6, 12 * 2011 + 6, len(first))
    first["months"] = rng.integers(3, 19, len(first))
    again = first[np.arange(len(first)) % 6 == 0].copy()
    again["month"] = again["month"] + again["months"] + 5
    again["months"] = 4
    rows = pd.concat([first, again], ignore_index=True).sort_values(["month", "lopnr"], ignore_index=True)
    rows["id"] = np.arange(1, len(rows) + 1)
    end = rows["month"] + rows["months"]
    rows["start"] = _date(rows["month"] // 12, rows["month"] % 12 + 1, rng.integers(1, 29, len(rows)))
    rows["end"] = _date(end // 12, end % 12 + 1, rng.integers(1, 29, len(rows)))
    rows["reason"] = rng.choice(EXIT_REASONS, len(rows))
    rows["office"] = rng.choice(["Jobbtorg City", "Jobbtorg Kista", "Jobbtorg Farsta"], len(rows))
    return rows


def _employments(rng: np.random.Generator, enrolments: pd.DataFrame) -> pd.DataFrame:
    first = enrolments.sort_values("id").drop_duplicates("lopnr")
    jobs = first[np.arange(len(first)) % 3 == 0].reset_index(drop=True)
    month = np.maximum(jobs["month"] + rng.integers(1, jobs["months"]), 12 * 2009)
    month = np.minimum(month, jobs["month"] + jobs["months"])
    jobs = jobs.assign(job_month=month)[month >= 12 * 2009].reset_index(drop=True)
    length = rng.choice([6, 12], len(jobs))
    until = jobs["job_month"] + length - 1
    planned = _date(until // 12, until % 12 + 1, 28)
    cut = np.arange(len(jobs)) % 10 == 4
    early = jobs["job_month"] + 2
    actual = planned.where(~cut, _date(early // 12, early % 12 + 1, 15))
    return pd.DataFrame(
        {
            "lopnr": jobs["lopnr"],
            "pnr": jobs["pnr"],
            "enrolment": jobs["id"],
            "id": np.arange(1, len(jobs) + 1),
            "kind": np.where(np.arange(len(jobs)) % 5 == 1, "Stockholmsvärd", "visstid ordinarie"),
            "start": _date(jobs["job_month"] // 12, jobs["job_month"] % 12 + 1, 1),
            "planned": planned,
            "actual": actual,
            "break": np.where(cut, "egen begäran", None),
        }
    )


def _close_at_employment(enrolments: pd.DataFrame, employments: pd.DataFrame) -> pd.DataFrame:
    """An enrolment ends in the month in which the fixed-term employment starts."""
    start = enrolments["id"].map(employments.set_index("enrolment")["start"])
    rows = enrolments.copy()
    # the first of the month; an enrolment begun later in that same month ends in the next breath instead
    rows["end"] = rows["end"].where(start.isna(), np.maximum(start, rows["start"]))
    rows["reason"] = rows["reason"].where(start.isna(), "visstidsanställning Stockholms stad")
    return rows


def _present(people: pd.DataFrame, year: int) -> np.ndarray:
    dead = (people["died"] > 0) & (people["died"] <= year)
    away = people["abroad"] & (year >= 2012) & (year <= 2013)
    return (~dead & ~away & (people["immigrated"] <= year) & (year - people["born"] >= 16)).to_numpy()


def _programme_months(employments: pd.DataFrame, lopnr: pd.Series, year: int) -> np.ndarray:
    first = 12 * employments["start"].dt.year + employments["start"].dt.month - 1
    last = 12 * employments["actual"].dt.year + employments["actual"].dt.month - 1
    months = np.clip(np.minimum(last, 12 * year + 11) - np.maximum(first, 12 * year) + 1, 0, None)
    return lopnr.map(pd.Series(months.to_numpy(), index=employments["lopnr"])).fillna(0).to_numpy().astype(int)


def _pay(people: pd.DataFrame, employments: pd.DataFrame, year: int) -> tuple[np.ndarray, np.ndarray]:
    """Hundreds of SEK from the City and from others in a year."""
    city = _programme_months(employments, people["lopnr"], year) * 185
    other = people["base"].to_numpy() * ((people["lopnr"] + year) % 3 != 0).to_numpy()
    return city, other


def _lisa(rng: np.random.Generator, people: pd.DataFrame, employments: pd.DataFrame) -> dict[str, pd.DataFrame]:
    tables = {}
    for year in YEARS:
        city, other = _pay(people, employments, year)
        here = _present(people, year)
        n = len(people)
        pay = city + other
        november = (_programme_months(employments, people["lopnr"], year) > 0) | (other > 900)
        status = np.where(november, "1", np.where(pay > 0, "5", "6"))
        unemployed = np.where(november, 0, rng.integers(0, 300, n))
        studying = ~november & (rng.random(n) < 0.1)
        frame = pd.DataFrame(
            {
                ("P1105_LopNr_PersonNr" if year % 2 == 0 else "P1105_LOPNR_PERSONNR"): people["lopnr"],
                "SenPNr": "1",
                "Kon": np.where(people["woman"], "2", "1"),
                "FodelseAr": people["born"].astype(str),
                "Lan": "01",
                "Kommun": np.where(people["lopnr"] % 10 == 3, "0127", "0180"),
                "Civil": np.where(people["lopnr"] % 3 == 0, "G   ", np.where(people["lopnr"] % 7 == 0, "Ä   ", "OG  ")),
                "FamTypF": "50",
                "Barn0_3": 0,
                "Barn4_6": people["lopnr"] % 2,
                "Barn7_10": 0,
                "Barn11_15": people["lopnr"] % 3 % 2,
                "Barn16_17": 0,
                "Barn18plus": 1,
                "FodGrEg4": people["origin"],
                "UtlSvBakg": np.where(people["foreign"], "11", "22"),
                "SenInvAr": np.where(people["foreign"], people["immigrated"].astype(str), "0000"),
                "Sun2000niva_old": people["education"],
                "StudDeltTyp": np.where(studying, "1", "0"),
                "StudDelt": np.where(studying, "2", "0"),
                "LoneInk": pay,
                "InkFNetto": np.where(people["lopnr"] % 23 == 0, -15, 0),
                "Raks_EkBisInk": np.where(november, 0, rng.integers(0, 500, n)),
                "SocBidrFam": np.where(november, 0, rng.integers(0, 900, n)),
                "Akassa": np.where(rng.random(n) < 0.2, 120, 0),
                "AmPol": np.where(rng.random(n) < 0.2, 80, 0),
                "ALosDag": unemployed,
                "ADelDag": 0,
                "TillfTimDag": 0,
                "AStuDag": np.where(unemployed > 200, 30, 0),
                "ASysDag": 0,
                "ANysDag": 0,
                "ArbSokNov": np.where(unemployed > 200, "1", "0"),
                "SjukPP": 0,
                "SjukP_Ndag_MiDAS": np.where(rng.random(n) < 0.05, 40, 0),
                "SjukErs": np.where(people["lopnr"] % 31 == 0, 800, 0),
                "AktErs": 0,
                "SektorKod": np.where(city > 0, "13", np.where(other > 0, "21", "  ")),
                "YrkStalln": np.where(november, "2", "0"),
                "DispInk04": pay + 600,
                "Raks_Huvudanknytning": np.where(november, "4", "7"),
                "Raks_EtablGrad": np.where(november, np.where(pay > 1500, "0", "1"), " "),
                "Raks_EtablGrans": 145,
                "Raks_SumMan": np.where(pay > 0, 6, 0),
            }
        )
        if year <= 2011:
            frame["SyssStatJ"] = status
        if year >= 2011:
            frame["SyssStat11"] = status
        tables[f"lisa_individ_{year}"] = frame[here].reset_index(drop=True)
    return tables


def _ku(people: pd.DataFrame, employments: pd.DataFrame) -> dict[str, pd.DataFrame]:
    tables = {}
    for year in YEARS:
        city, other = _pay(people, employments, year)
        here = _present(people, year)
        months = _programme_months(employments, people["lopnr"], year)
        parts = []
        for amount, employer, first, last, sector in (
            (city, np.full(len(people), CITY), np.full(len(people), 1), np.maximum(months, 1), "13"),
            (
                other,
                5_560_000_000 + people["lopnr"].to_numpy() % 17,
                np.full(len(people), 2),
                np.full(len(people), 11),
                "21",
            ),
        ):
            keep = here & (amount > 1)
            parts.append(
                pd.DataFrame(
                    {
                        "LopNr_PersonNr": people["lopnr"][keep],
                        "LopNr_PeOrgNr": employer[keep],
                        "KuLon": amount[keep] * 100,
                        "Manadfr": [f"{m:02d}" for m in first[keep]],
                        "Manadtill": [f"{m:02d}" for m in last[keep]],
                        "SektorKod": sector,
                    }
                )
            )
        tables[f"ku_{year}"] = pd.concat(parts, ignore_index=True)
    return tables


def _employment_service(
    rng: np.random.Generator, people: pd.DataFrame, enrolments: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    first = enrolments.sort_values("id").drop_duplicates("lopnr").reset_index(drop=True)
    number = np.arange(1, len(first) + 1)
    begin = first["start"] - pd.to_timedelta(rng.integers(30, 200, len(first)), unit="D")
    middle = begin + pd.to_timedelta(rng.integers(40, 90, len(first)), unit="D")
    last = middle + pd.to_timedelta(rng.integers(60, 400, len(first)), unit="D")
    still = number % 9 == 0
    periods = pd.DataFrame(
        {
            "Person_LopNr": first["lopnr"],
            "InskrivNr": number,
            "InskrivDatum": _plain(begin),
            "AvregDatum": _plain(last.where(~still)),
            "Avorsak": np.where(still, "", "1"),
        }
    )
    rows = [
        pd.DataFrame(
            {
                "Person_LopNr": first["lopnr"],
                "LopRad": 2 * number - 1,
                "inskadm": _plain(begin),
                "utskadm": _plain(middle - pd.Timedelta(days=1)),
                "skat": "11",
                "ahkp": "",
            }
        ),
        pd.DataFrame(
            {
                "Person_LopNr": first["lopnr"],
                "LopRad": 2 * number,
                "inskadm": _plain(middle),
                "utskadm": _plain(last.where(~still)),
                "skat": "70",
                "ahkp": "11",
            }
        ),
    ]
    return {"af_insper": periods, "af_sokatper": pd.concat(rows, ignore_index=True)}


def _assistance(rng: np.random.Generator, people: pd.DataFrame, enrolments: pd.DataFrame) -> dict[str, pd.DataFrame]:
    first = enrolments.sort_values("id").drop_duplicates("lopnr").reset_index(drop=True)
    begin = first["month"].to_numpy() - rng.integers(0, 20, len(first))
    until = first["month"].to_numpy() + rng.integers(0, 30, len(first))
    always = np.arange(len(first)) % 40 == 5  # so that no year is without rows
    begin, until = np.where(always, 12 * YEARS[0], begin), np.where(always, 12 * YEARS[-1] + 11, until)
    tables = {}
    for year in YEARS:
        flags = np.column_stack([(begin <= 12 * year + m) & (12 * year + m <= until) for m in range(12)])
        keep = flags.any(axis=1)
        frame = pd.DataFrame(
            {
                "LopNr": first["lopnr"][keep],
                "LopNr_HushallId": first["lopnr"][keep] + 5_000_000,
                "Kommun": "0180",
                "Distrikt": [f"{d:02d}" for d in first["district"][keep]],
                "Hushallstyp": "3",
            }
        )
        for m in range(12):
            frame[f"Bist_{m + 1:02d}"] = flags[keep, m].astype(int)
            frame[f"Belopp_{m + 1:02d}"] = flags[keep, m].astype(int) * 7400
        tables[f"sos_bistand_{year}"] = frame.reset_index(drop=True)
    some = first[np.arange(len(first)) % 8 == 0]
    paid = [
        pd.DataFrame({"PersonLopNr": some["lopnr"], "month": some["month"] - 3 - k, "Ersdagar": 20, "Belopp": 13_600})
        for k in range(5)
    ]
    insurance = pd.concat(paid, ignore_index=True)
    insurance.insert(1, "Ar", insurance["month"] // 12)
    insurance.insert(2, "Manad", insurance["month"] % 12 + 1)
    tables["iaf_ersattning"] = insurance.drop(columns="month")
    return tables


def _population(people: pd.DataFrame) -> dict[str, pd.DataFrame]:
    came = people[people["immigrated"] > 0]
    away = people[people["abroad"]]
    migration = pd.concat(
        [
            pd.DataFrame(
                {
                    "Lopnr_PersonNr": came["lopnr"],
                    "InvUtvManad": came["immigrated"].astype(str) + "05",
                    "Posttyp": "Inv",
                }
            ),
            pd.DataFrame({"Lopnr_PersonNr": away["lopnr"], "InvUtvManad": "201203", "Posttyp": "Utv"}),
            pd.DataFrame({"Lopnr_PersonNr": away["lopnr"], "InvUtvManad": "201403", "Posttyp": "Inv"}),
        ],
        ignore_index=True,
    )
    dead = people[people["died"] > 0]
    deaths = pd.DataFrame({"LopNr": dead["lopnr"], "DodDatum": dead["died"].astype(str) + "0612"})
    return {"scb_invutv": migration, "scb_doda": deaths}


def _city(
    rng: np.random.Generator, people: pd.DataFrame, enrolments: pd.DataFrame, employments: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    rows = pd.DataFrame(
        {
            "PersonNr12": enrolments["pnr"],
            "InskrivId": enrolments["id"],
            "Jobbtorg": enrolments["office"],
            "StadsdelRemiss": [f"{d:02d}" for d in enrolments["district"]],
            "RemissDatum": _plain(enrolments["start"] - pd.Timedelta(days=9)),
            "InskrivDatum": _plain(enrolments["start"]),
            "AvslutDatum": _plain(enrolments["end"]),
            "AvslutOrsak": enrolments["reason"],
            "Malgrupp": rng.choice(["ordinarie", "resurs", "ungdom"], len(enrolments), p=[0.7, 0.2, 0.1]),
            "ForsorjningVidStart": "ekonomiskt bistånd",
        }
    )
    measures = pd.DataFrame(
        {
            "InskrivId": enrolments["id"],
            "InsatsId": enrolments["id"] + 1000,
            "InsatsTyp": rng.choice(["coach", "praktik", "validering"], len(enrolments)),
            "FromDatum": _plain(enrolments["start"]),
            "TomDatum": _plain(enrolments["end"]),
            "Omfattning": 50,
        }
    )
    jobs = pd.DataFrame(
        {
            "PersonNr12": employments["pnr"],
            "AnstId": employments["id"],
            "AnstTyp": employments["kind"],
            "Forvaltning": "Äldreförvaltningen",
            "FromDatum": _plain(employments["start"]),
            "TomDatumPlan": _plain(employments["planned"]),
            "TomDatumFaktisk": _plain(employments["actual"]),
            "Sysselsgrad": 100,
            "AvbrottOrsak": employments["break"],
        }
    )
    meetings, steps = [], []
    for person, start, end in zip(enrolments["pnr"], enrolments["start"], enrolments["end"], strict=True):
        days = pd.date_range(start, end, freq="30D")
        meetings += [(person, day.date(), "närvarande" if day.day % 7 else "anmäld frånvaro") for day in days]
        steps += [(person, day.date(), min(1 + k, 5)) for k, day in enumerate(days[::3])]
    key = pd.DataFrame({"PersonNr12": people["pnr"], "LopNr": people["lopnr"], "SenPNr": "1"})
    return {
        "jobbtorg_inskrivning": rows,
        "jobbtorg_insats": measures,
        "jobbtorg_visstid": jobs,
        "jobbtorg_narvaro": pd.DataFrame(meetings, columns=["PersonNr12", "Datum", "Status"]),
        "jobbtorg_steg": pd.DataFrame(steps, columns=["PersonNr12", "Datum", "Steg"]),
        "nyckel": key,
    }
