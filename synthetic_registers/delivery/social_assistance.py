"""Socialstyrelsen's register of economic assistance: a row a person and year, with the household's twelve amounts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.frame import Column, Frame, digits, text
from synthetic_registers.delivery.keys import household_numbers
from synthetic_registers.delivery.places import MUNICIPALITIES
from synthetic_registers.history import FIRST_YEAR, NO_MONTH, World

_HOUSEHOLDS = ("3", "4", "5", "6", "7", "8")  # man, man with children, woman, woman with children, couple, couple with


def assistance(
    world: World, year: int, *, serial: npt.NDArray[np.int64], places: npt.NDArray[np.int8], seed: int
) -> Frame:
    """Persons of one chunk with assistance in some month of the year, ordered by serial number."""
    people, y = world.people, year - FIRST_YEAR
    amounts = world.history.social_assistance[:, 12 * y : 12 * y + 12]
    row = np.flatnonzero((amounts > 0).any(1))
    row = row[np.argsort(serial[row])]
    amounts = amounts[row].astype(np.int64)
    born = people.children_birth_month[row]
    child = ((born != NO_MONTH) & (born // 12 <= year) & (born // 12 > year - 18)).any(1)
    couple = people.partner[row] | people.married[row]
    kind = np.where(couple, 4, np.where(people.woman[row], 2, 0)) + child
    columns: dict[str, Column] = {
        "_person": people.person[row],
        "_event": np.full(len(row), year),
        "_year": np.full(len(row), year),
        "LopNr": serial[row],
        "LopNr_HushallId": household_numbers(people.household[row], seed=seed),
        "Kommun": text(places[row, y], MUNICIPALITIES),
        "Distrikt": digits(people.district[row], low=1, high=14, width=2),
        "Hushallstyp": text(kind, _HOUSEHOLDS),
    }
    for month in range(12):
        columns[f"Bist_{month + 1:02d}"] = (amounts[:, month] > 0).astype(np.int64)
    for month in range(12):
        columns[f"Belopp_{month + 1:02d}"] = amounts[:, month]
    return Frame(columns)
