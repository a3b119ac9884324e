"""What the simulation hands to the truth and to the registers: people, and what each did in every month.

All arrays of one chunk share their first axis (one row a person). Months are absolute integers, 12 * year + month - 1;
the second axis of a history runs over ``FIRST_MONTH .. FIRST_MONTH + N_MONTHS - 1`` (2005-01 to 2016-12).
Money is whole SEK.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

FIRST_YEAR, LAST_YEAR = 2005, 2016
YEARS = tuple(range(FIRST_YEAR, LAST_YEAR + 1))
FIRST_MONTH = 12 * FIRST_YEAR
N_YEARS = LAST_YEAR - FIRST_YEAR + 1
N_MONTHS = 12 * N_YEARS
NO_MONTH = -1
NO_EMPLOYER, CITY = 0, 1  # employer numbers of ordinary workplaces start at 2


class Presence(IntEnum):
    """Where a person is on the last day of a month."""

    RESIDENT = 0
    ABROAD = 1
    DEAD = 2


class Workplace(IntEnum):
    """Kind of workplace of a fixed-term employment; NONE outside one."""

    NONE = 0
    REGULAR = 1
    CREATED = 2


class Study(IntEnum):
    """Studies in a month."""

    NONE = 0
    SFI = 1
    ADULT = 2  # komvux
    UPPER_SECONDARY = 3
    UNIVERSITY = 4


class Sickness(IntEnum):
    """Sickness in a month."""

    NONE = 0
    SICK_LEAVE = 1
    DISABILITY = 2


class LeavingReason(IntEnum):
    """Why an enrolment at Jobbtorg ended."""

    NONE = 0  # still open at the end of 2016
    PERMANENT_JOB = 1
    TEMPORARY_JOB = 2
    FIXED_TERM = 3  # fixed-term employment in the City
    SUPPORTED_JOB = 4
    STUDIES = 5
    EMPLOYMENT_SERVICE = 6
    PARENTAL_LEAVE = 7
    SICK = 8
    MOVED = 9
    DROPPED_OUT = 10
    BACK_TO_DISTRICT = 11
    DEAD = 12


@dataclass(frozen=True)
class People:
    """Traits that do not change, one value a person (shape ``(n,)``)."""

    person: npt.NDArray[np.int64]  # number within the population, from 0; the same in every chunking
    birth_month: npt.NDArray[np.int32]
    birth_day: npt.NDArray[np.int8]  # 1..28
    woman: npt.NDArray[np.bool_]
    origin: npt.NDArray[
        np.int8
    ]  # FodGrEg4 code: 0 Sweden, 1 Nordic, 2 EU, 3 other Europe, 4 Africa, 5/6 Americas, 7 Asia
    immigration_month: npt.NDArray[np.int32]  # NO_MONTH where born in Sweden
    education: npt.NDArray[np.int8]  # Sun2000niva_old 1..7; 0 missing in the registers
    married: npt.NDArray[np.bool_]
    partner: npt.NDArray[np.bool_]  # lives with a partner (the household then has two adults)
    children_birth_month: npt.NDArray[np.int32]  # shape (n, 3); NO_MONTH where no such child
    district: npt.NDArray[np.int8]  # 1..14
    household: npt.NDArray[np.int64]
    ability: npt.NDArray[np.float64]  # latent, standardised
    health: npt.NDArray[np.float64]
    motivation: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True)
class History:
    """State of each person in each month, shape ``(n, N_MONTHS)``."""

    presence: npt.NDArray[np.int8]  # Presence
    employer: npt.NDArray[np.int32]  # NO_EMPLOYER, CITY while in a fixed-term employment, or an ordinary employer
    wage: npt.NDArray[np.int32]  # SEK earned in the month; 0 when not employed
    business: npt.NDArray[np.int32]  # SEK of own business income in the month (few persons)
    af_category: npt.NDArray[np.int16]  # skat code at Arbetsformedlingen; 0 not registered
    enrolled: npt.NDArray[np.bool_]  # at Jobbtorg on the first day of the month, or enrolling in it
    episode: npt.NDArray[np.int8]  # number of the enrolment episode, from 1; 0 when not enrolled
    step: npt.NDArray[np.int8]  # the caseworker's assessment 1..5 (5 closest to work); 0 when not enrolled
    social_assistance: npt.NDArray[np.int32]  # SEK paid to the household
    unemployment_insurance: npt.NDArray[np.int32]  # SEK
    study: npt.NDArray[np.int8]  # Study
    sickness: npt.NDArray[np.int8]  # Sickness
    fixed_term: npt.NDArray[np.int8]  # Workplace, in months covered by a fixed-term employment


@dataclass(frozen=True)
class Enrolments:
    """Enrolment episodes at Jobbtorg, one row each, ordered by (row, start_month)."""

    row: npt.NDArray[np.int64]  # row of the person within the chunk
    episode: npt.NDArray[np.int8]
    start_month: npt.NDArray[np.int32]
    end_month: npt.NDArray[np.int32]  # the month of leaving: at risk up to and including it; NO_MONTH when open
    reason: npt.NDArray[np.int8]  # LeavingReason


@dataclass(frozen=True)
class Employments:
    """Fixed-term employments in the City, one row each, ordered by (row, start_month)."""

    row: npt.NDArray[np.int64]
    start_month: npt.NDArray[np.int32]
    planned_exit: npt.NDArray[np.int32]  # last month agreed at the start
    actual_exit: npt.NDArray[np.int32]  # last month worked (later than planned where extended)
    extended_exit: npt.NDArray[np.int32]  # last month agreed in the extension; NO_MONTH where not extended
    workplace: npt.NDArray[np.int8]  # Workplace.REGULAR or CREATED


@dataclass(frozen=True)
class World:
    """One chunk of one world: the people and everything that happened to them."""

    people: People
    history: History
    enrolments: Enrolments
    employments: Employments


@dataclass(frozen=True)
class Annual:
    """Yearly register values, shape ``(n, N_YEARS)``, as the authorities would compute them without flaws.

    Amounts are hundreds of SEK, rounded half up from the year's sum, as in LISA.
    """

    in_register: npt.NDArray[np.bool_]  # resident and alive on 31 December, aged 16 or more
    presence: npt.NDArray[np.int8]  # Presence on 31 December
    employed: npt.NDArray[np.int8]  # SyssStat: 1 employed in November, 5 not but pay in the year, 6 neither
    earnings: npt.NDArray[np.int32]  # LoneInk
    business: npt.NDArray[np.int32]  # InkFNetto
    social_assistance: npt.NDArray[np.int32]  # Raks_EkBisInk, the person's own share
    social_assistance_family: npt.NDArray[np.int32]  # SocBidrFam
    unemployment_insurance: npt.NDArray[np.int32]  # Akassa
    programme_support: npt.NDArray[np.int32]  # AmPol
    unemployed_days: npt.NDArray[np.int16]  # ALosDag
    part_time_days: npt.NDArray[np.int16]  # ADelDag
    hourly_days: npt.NDArray[np.int16]  # TillfTimDag
    programme_days: npt.NDArray[np.int16]  # AStuDag
    supported_days: npt.NDArray[np.int16]  # ASysDag
    new_start_days: npt.NDArray[np.int16]  # ANysDag
    student: npt.NDArray[np.bool_]  # studies in the autumn term
    study_kind: npt.NDArray[np.int8]  # Study of the autumn term
    sick_days: npt.NDArray[np.int16]  # SjukP_Ndag_MiDAS
    sickness_benefit: npt.NDArray[np.int32]  # SjukPP
    disability: npt.NDArray[np.int32]  # SjukErs
    affiliation: npt.NDArray[np.int8]  # Raks_Huvudanknytning 1..7
    weakly_established: npt.NDArray[
        np.int8
    ]  # Raks_EtablGrad: 0 established, 1 weakly; -1 undefined (delivered as missing)
    establishment_limit: npt.NDArray[np.int32]  # Raks_EtablGrans, thousands of SEK
    months_marked: npt.NDArray[np.int8]  # Raks_SumMan
