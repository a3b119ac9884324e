"""Statistics Sweden's LISA, one table a year: annual values of everybody registered and alive on 31 December."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.draws import Draws
from synthetic_registers.delivery.frame import Column, Frame, Text, constant, digits, text
from synthetic_registers.delivery.places import MUNICIPALITIES, SECTORS, sector
from synthetic_registers.delivery.schema import lisa_key, lisa_status
from synthetic_registers.history import (
    FIRST_MONTH,
    FIRST_YEAR,
    N_MONTHS,
    NO_EMPLOYER,
    NO_MONTH,
    YEARS,
    Annual,
    Presence,
    Study,
    World,
)

# Column: name in Annual, for values that go straight into the register.
_STRAIGHT: Mapping[str, str] = {
    "LoneInk": "earnings",
    "InkFNetto": "business",
    "Raks_EkBisInk": "social_assistance",
    "SocBidrFam": "social_assistance_family",
    "Akassa": "unemployment_insurance",
    "AmPol": "programme_support",
    "ALosDag": "unemployed_days",
    "ADelDag": "part_time_days",
    "TillfTimDag": "hourly_days",
    "AStuDag": "programme_days",
    "ASysDag": "supported_days",
    "ANysDag": "new_start_days",
    "SjukPP": "sickness_benefit",
    "SjukP_Ndag_MiDAS": "sick_days",
    "SjukErs": "disability",
    "Raks_EtablGrans": "establishment_limit",
    "Raks_SumMan": "months_marked",
}
_CHILD_AGES = (
    ("Barn0_3", 0, 3),
    ("Barn4_6", 4, 6),
    ("Barn7_10", 7, 10),
    ("Barn11_15", 11, 15),
    ("Barn16_17", 16, 17),
    ("Barn18plus", 18, 120),
)
_CIVIL = ("OG  ", "G   ", "S   ", "Ä   ")  # char(4), padded
_FAMILY = ("11", "12", "13", "21", "22", "23", "31", "32", "41", "42", "50")
_BACKGROUND = ("11", "12", "21", "22")
_STUDY_CODES = {Study.UPPER_SECONDARY: "1", Study.ADULT: "2", Study.UNIVERSITY: "4", Study.SFI: "S"}
_STUDY_WORDS = ("0", "1", "2", "4", "S")
_FIRST_SFI_YEAR = 2012  # Swedish for immigrants has a code of its own from 2012
_UNEMPLOYED = (11, 12, 13, 95, 96, 97, 98)
_NEW_START = (33, 36, 37)
_SUPPORTED = (38, 39, 42, 43, 45, 47, 48, 49, 50, 51, 56, 58, 78)
_NO_EVENT = (0, 14, 15, 21, 22, 23, 31, 32, 34, 41)
_CHILD_ALLOWANCE = 126  # hundreds of SEK a child and year (1 050 SEK a month)


class LisaTables:
    """LISA of one chunk, a frame a year.

    Parameters
    ----------
    world, annual : World, Annual
        The chunk.
    serial : int64 array, shape (n,)
        Serial number of each person.
    places : int8 array, shape (n, N_YEARS)
        Municipality of residence (``places.municipality``).
    seed : int
        Seed of the delivery.
    """

    def __init__(
        self,
        world: World,
        annual: Annual,
        *,
        serial: npt.NDArray[np.int64],
        places: npt.NDArray[np.int8],
        seed: int,
    ) -> None:
        self._world, self._annual, self._serial, self._places, self._seed = world, annual, serial, places, seed
        self._order = np.argsort(serial)
        self._latest = latest_immigration(world)

    def rows(self, year: int) -> npt.NDArray[np.int64]:
        """Rows of the chunk that LISA of the year holds, in the order of the serial number."""
        return self._order[self._annual.in_register[self._order, year - FIRST_YEAR]]

    def table(self, year: int, rows: npt.NDArray[np.int64], *, values_of: int | None = None) -> Frame:
        """Frame of the given rows in the layout of ``year``, with the values of ``values_of`` (the same year)."""
        values = year if values_of is None else values_of
        n = len(rows)
        columns: dict[str, Column] = {
            "_person": self._world.people.person[rows],
            "_event": np.full(n, year),
            "_year": np.full(n, year),
            "_serial": self._serial[rows],
            lisa_key(year): self._serial[rows],
            "SenPNr": text(np.ones(n), ("0", "1")),
        }
        columns |= self._background(values, rows)
        status = text((self._annual.employed[rows, values - FIRST_YEAR] == np.array([[1], [5], [6]])).argmax(0), "156")
        columns |= {name: status for name in lisa_status(year)}
        columns |= self._income(values, rows)
        return Frame(columns)

    def _background(self, year: int, rows: npt.NDArray[np.int64]) -> dict[str, Column]:
        people, y = self._world.people, year - FIRST_YEAR
        who, n = people.person[rows], len(rows)
        born = people.birth_month[rows] // 12
        age = year - born
        child = people.children_birth_month[rows]
        child_age = np.where((child != NO_MONTH) & (child // 12 <= year), year - child // 12, -1)
        children = {name: ((child_age >= a) & (child_age <= b)).sum(1) for name, a, b in _CHILD_AGES}
        draw = Draws(self._seed, "lisa.civil").uniform(who)
        divorced = (age >= 30) & (draw < 0.25)
        widowed = (age >= 50) & (draw > 0.97)
        civil = np.where(people.married[rows], 1, np.where(divorced, 2, np.where(widowed, 3, 0)))
        minor = sum(children[name] for name, _, b in _CHILD_AGES if b < 18) > 0
        adult = children["Barn18plus"] > 0
        background = Draws(self._seed, "lisa.background").choice(who, weights=(8, 10, 82)) + 1
        student = self._annual.student[rows, y]
        return {
            "Kon": text(people.woman[rows], ("1", "2")),
            "FodelseAr": digits(born, low=1900, high=2016, width=4),
            "Lan": constant("01", n),
            "Kommun": text(self._places[rows, y], MUNICIPALITIES),
            "Civil": text(civil, _CIVIL),
            "FamTypF": _family(people.married[rows], people.partner[rows], people.woman[rows], minor, adult),
            **children,
            "FodGrEg4": digits(people.origin[rows], low=0, high=11, width=2),
            "UtlSvBakg": text(np.where(people.origin[rows] > 0, 0, background), _BACKGROUND),
            "SenInvAr": _immigration_year(self._latest[rows, y]),
            "Sun2000niva_old": text(people.education[rows], " 1234567"),
            "StudDeltTyp": text(student, ("0", "1")),
            "StudDelt": _study(student, self._annual.study_kind[rows, y], year),
        }

    def _income(self, year: int, rows: npt.NDArray[np.int64]) -> dict[str, Column]:
        annual, history, y = self._annual, self._world.history, year - FIRST_YEAR
        value: dict[str, npt.NDArray[np.int64]] = {
            k: getattr(annual, v)[rows, y].astype(np.int64) for k, v in _STRAIGHT.items()
        }
        november = 12 * y + 10
        employer = history.employer[rows, november]
        own = history.business[rows, 12 * y : 12 * y + 12].sum(1) > 0
        position = np.where(employer != NO_EMPLOYER, 1, np.where(own, 2, 0))
        children = self._world.people.children_birth_month[rows]
        young = ((children != NO_MONTH) & (children // 12 <= year) & (children // 12 > year - 16)).sum(1)
        taxed = np.sum([value[k] for k in ("LoneInk", "InkFNetto", "Akassa", "SjukPP", "SjukErs")], axis=0)
        free = value["Raks_EkBisInk"] + value["AmPol"] + _CHILD_ALLOWANCE * young
        weak = annual.weakly_established[rows, y]
        return dict[str, Column](value) | {
            "ArbSokNov": _autumn(history.af_category[rows, november], year),
            "AktErs": np.zeros(len(rows), dtype=np.int64),
            "SektorKod": text(sector(employer, seed=self._seed), SECTORS),
            "YrkStalln": text(position, ("0", "2", "4")),
            "DispInk04": taxed - _tax(taxed) + free,
            "Raks_Huvudanknytning": text(annual.affiliation[rows, y] - 1, "1234567"),
            "Raks_EtablGrad": text(weak, ("0", "1")),
        }


def latest_immigration(world: World) -> npt.NDArray[np.int32]:
    """Month of the latest immigration by the end of each year, shape (n, N_YEARS); NO_MONTH where there is none."""
    presence = world.history.presence
    back = np.zeros((len(presence), N_MONTHS), dtype=bool)
    back[:, 1:] = (presence[:, 1:] == Presence.RESIDENT) & (presence[:, :-1] == Presence.ABROAD)
    row, place = np.nonzero(back)
    latest = np.full((len(presence), len(YEARS)), NO_MONTH, dtype=np.int32)
    np.maximum.at(latest, (row, place // 12), (FIRST_MONTH + place).astype(np.int32))
    ends = 12 * np.array(YEARS) + 11
    first = world.people.immigration_month[:, None]
    return np.maximum(np.maximum.accumulate(latest, axis=1), np.where(first <= ends, first, NO_MONTH)).astype(np.int32)


def _family(
    married: npt.NDArray[np.bool_],
    partner: npt.NDArray[np.bool_],
    woman: npt.NDArray[np.bool_],
    minor: npt.NDArray[np.bool_],
    adult: npt.NDArray[np.bool_],
) -> Text:
    """FamTypF: couples without a common child who are not married count as single."""
    third = np.where(minor, 1, np.where(adult, 2, 0))  # none, under 18, 18 and over
    lone = np.where(minor, 0, 1) + np.where(woman, 8, 6)
    single = np.where(minor | adult, lone, 10)
    cohabit = np.where(minor | adult, 3 + third, 10)
    return text(np.where(married, third, np.where(partner, cohabit, single)), _FAMILY)


def _immigration_year(month: npt.NDArray[np.int32]) -> Text:
    return text(
        np.where(month == NO_MONTH, 0, month // 12 - 1899),
        ("0000", *(f"{year}" for year in range(1900, YEARS[-1] + 1))),
    )


def _study(student: npt.NDArray[np.bool_], kind: npt.NDArray[np.int8], year: int) -> Text:
    codes = np.full(len(kind), _STUDY_WORDS.index("2"))  # a student of unknown form stands as adult education
    for study, word in _STUDY_CODES.items():
        if study != Study.SFI or year >= _FIRST_SFI_YEAR:
            codes[kind == study] = _STUDY_WORDS.index(word)
    return text(np.where(student, codes, 0), _STUDY_WORDS)


def _autumn(category: npt.NDArray[np.int16], year: int) -> Text:
    """ArbSokNov: 1 unemployed, 2 programme as studies, 3 as work, 4 new-start job (5 in 2007)."""
    work = (*_SUPPORTED, 54) if 2010 <= year <= 2015 else _SUPPORTED
    kinds = [np.isin(category, codes) for codes in (_NO_EVENT, _UNEMPLOYED, work, _NEW_START)]
    return text(np.select(kinds, [0, 1, 3, 5 if year == 2007 else 4], default=2), "012345")


def _tax(taxed: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rough income tax in hundreds of SEK: a third above an allowance, in whole numbers."""
    return np.maximum(taxed - 180, 0) * 3 // 10
