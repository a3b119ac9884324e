"""Arbetsformedlingen: registration periods (inskrivningsperioder) and job-seeker categories (sokandekategori).

A period starts and ends on days within its first and last month, so "registered some day in the month" is exactly
the simulated month. A change of category inside a period takes effect on the first of a month.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.days import NO_DATE, first_day, last_day, on_day
from synthetic_registers.delivery.draws import Draws
from synthetic_registers.delivery.frame import Frame, digits, text
from synthetic_registers.delivery.spells import LAST_MONTH, rank_within, runs
from synthetic_registers.history import FIRST_MONTH, N_MONTHS, Presence, World

NUMBER_STEP = 10  # running numbers leave room for rows registered in between
_REASONS = ("1", "2", "5", "6", "7", "8")  # permanent job, temporary job, other, contact lost, studies, dead
_HANDICAPS = ("  ", "11", "21", "31", "41", "51", "61", "71")


def registrations(world: World, *, serial: npt.NDArray[np.int64], seed: int) -> tuple[Frame, Frame]:
    """Periods and categories of one chunk, each ordered by serial number and start."""
    people, history = world.people, world.history
    spell = runs(history.af_category)
    n = len(spell.row)
    opens = np.ones(n, dtype=bool)
    opens[1:] = (spell.row[1:] != spell.row[:-1]) | (spell.start[1:] != spell.end[:-1] + 1)
    closes = np.r_[opens[1:], True][:n]
    first, last = np.flatnonzero(opens), np.flatnonzero(closes)
    row, start, end = spell.row[first], spell.start[first], spell.end[last]
    who = people.person[row]
    from_day = Draws(seed, "af.start_day").integers(who, start, low=1, high=28)
    to_day = Draws(seed, "af.end_day").integers(who, end, low=np.where(start == end, from_day, 1), high=28)
    period_start = on_day(start, from_day)
    period_end = np.where(end >= LAST_MONTH, NO_DATE, on_day(end, to_day))

    number = rank_within(row)
    periods = Frame(
        {
            "_row": row,
            "_person": who,
            "_event": start,
            "Person_LopNr": serial[row],
            "InskrivNr": (number + 1) * NUMBER_STEP,
            "InskrivDatum": period_start,
            "AvregDatum": period_end,
            "Avorsak": text(np.where(np.isnat(period_end), -1, _reason(world, row, end, seed)), _REASONS),
        }
    )
    period = np.cumsum(opens) - 1  # period of each category row
    starts = np.where(opens, period_start[period], first_day(spell.start))
    ends = np.where(closes, period_end[period], last_day(spell.end))
    person = people.person[spell.row]
    coded = (people.health[spell.row] < -1.3) & (Draws(seed, "af.handicap").uniform(person) < 0.5)
    handicap = Draws(seed, "af.handicap_kind").integers(person, low=1, high=len(_HANDICAPS) - 1)
    categories = Frame(
        {
            "_row": spell.row,
            "_person": person,
            "_event": spell.start,
            "_opens": opens,
            "_closes": closes,
            "Person_LopNr": serial[spell.row],
            "LopRad": (rank_within(spell.row) + 1) * NUMBER_STEP,
            "inskadm": starts,
            "utskadm": ends,
            "skat": digits(spell.value, low=0, high=99, width=2),
            "ahkp": text(np.where(coded, handicap, 0), _HANDICAPS),
        }
    )
    return periods.sort("Person_LopNr", "InskrivNr"), categories.sort("Person_LopNr", "LopRad")


def _reason(world: World, row: npt.NDArray[np.int64], end: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.int64]:
    """Reason of deregistration from the state of the month after; contact is often lost even when there is work."""
    history = world.history
    after = np.minimum(end - FIRST_MONTH + 1, N_MONTHS - 1)
    draw = Draws(seed, "af.reason").uniform(world.people.person[row], end)
    worked = np.where(draw < 0.35, 0, np.where(draw < 0.8, 1, 3))
    other = np.where(draw < 0.6, 3, 2)
    return np.select(
        [
            history.presence[row, after] == Presence.DEAD,
            history.presence[row, after] == Presence.ABROAD,
            history.wage[row, after] > 0,
            history.study[row, after] > 0,
        ],
        [5, 2, worked, 4],
        default=other,
    )
