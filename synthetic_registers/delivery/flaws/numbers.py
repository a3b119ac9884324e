"""Damage to the link between the City's files and the serial numbers: what each person's number looks like where.

Every kind damages all of a person's City rows, or all before a change of number, and is listed once a person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.days import Days, first_day, plus
from synthetic_registers.delivery.flaws.marks import Marks, key_text
from synthetic_registers.delivery.frame import Frame, text
from synthetic_registers.delivery.keys import NumberBook
from synthetic_registers.history import People

KEY = key_text(LopNr="LopNr")
_PLAIN, _TEN, _BLANKS, _PROTECTED = range(4)
_NONE = 0
_BLANK = " " * 12
_COORDINATION = 60 * 10_000  # added to the day of YYYYMMDDNNNN
_LONGEST_WAIT = 360  # days from a person's first City row to the new number


@dataclass(frozen=True)
class Numbers:
    """Personal numbers of one chunk, one entry a person.

    Attributes
    ----------
    current, earlier : int64 arrays
        Number now, and the one before it (0 where there is none).
    changed : dates
        First day of the current number; only where there is an earlier one.
    form : int8 array
        How the City's files write the number: plain, ten digits, trailing blanks, protected (blank).
    linked : bool array
        Whether the key table holds the person.
    damaged : bool array
        Whether the person has any flaw of the key.
    """

    current: npt.NDArray[np.int64]
    earlier: npt.NDArray[np.int64]
    changed: Days
    form: npt.NDArray[np.int8]
    linked: npt.NDArray[np.bool_]
    damaged: npt.NDArray[np.bool_]

    def words(self) -> tuple[str, ...]:
        """Numbers as the City writes them: the current ones of all persons, then the earlier ones."""
        return tuple(
            _written(number, form)
            for numbers in (self.current, self.earlier)
            for number, form in zip(numbers.tolist(), self.form.tolist(), strict=True)
        )

    def places(self, row: npt.NDArray[np.int64], date: Days) -> npt.NDArray[np.int64]:
        """Position among the words of the number that row ``row`` of the chunk had on each date."""
        before = (self.earlier[row] != _NONE) & (date < self.changed[row])
        return row + len(self.current) * before

    def key_table(self, row: npt.NDArray[np.int64], serial: npt.NDArray[np.int64]) -> Frame:
        """The table ``nyckel`` of the persons in rows ``row``: the current number, and the earlier one if there is one."""
        row = row[self.linked[row]]
        old = row[self.earlier[row] != _NONE]
        owner, is_current = np.concatenate([row, old]), np.repeat([1, 0], [len(row), len(old)])
        number = np.concatenate([self.current[row], self.earlier[old]])
        number = np.where(self.form[owner] == _PROTECTED, _NONE, number)
        words = tuple(_written(value, _PROTECTED if value == _NONE else _PLAIN) for value in number.tolist())
        return Frame(
            {
                "LopNr": serial[owner],
                "PersonNr12": text(np.arange(len(words)), words),
                "SenPNr": text(is_current, ("0", "1")),
            }
        ).sort("LopNr", "SenPNr")


def _written(number: int, form: int) -> str:
    full = f"{number:012d}"
    return {_PLAIN: full, _TEN: full[2:], _BLANKS: full + "   ", _PROTECTED: _BLANK}[form]


def persons_frame(people: People, row: npt.NDArray[np.int64], serial: npt.NDArray[np.int64]) -> Frame:
    """The City's persons, to draw the flaws of the key among."""
    n = len(row)
    return Frame(
        {"_row": row, "_person": people.person[row], "_event": np.zeros(n, dtype=np.int64), "LopNr": serial[row]}
    )


def draw_numbers(people: People, persons: Frame, first_seen: Days, marks: Marks, book: NumberBook) -> Numbers:
    """Numbers of a chunk, damaged for some of the City's persons.

    Parameters
    ----------
    people : People
        All persons of the chunk.
    persons : Frame
        The City's persons (``persons_frame``).
    first_seen : dates
        First date of each of them in the City's files; a changed number changes after it.
    marks : Marks
        Damage of the register ``key`` over ``persons``.
    book : NumberBook
        Hands out the numbers.
    """
    n = len(people)
    current = book.assign(people)
    earlier = np.full(n, _NONE, dtype=np.int64)
    changed = np.full(n, np.datetime64("1900-01-01", "D"))
    form = np.full(n, _PLAIN, dtype=np.int8)
    linked = np.ones(n, dtype=bool)
    row = persons["_row"]

    foreign = people.origin[row] > 0
    coordination = marks.draw("coordination_number", foreign)
    earlier[row[coordination]] = current[row[coordination]] + _COORDINATION
    new = marks.draw("changed_number", foreign)
    earlier[row[new]] = book.on_dates(*_wrong_birth(people, row[new]))
    for kind in (coordination, new):
        wait = marks.draws("changed_number").integers(persons["_person"][kind], low=1, high=_LONGEST_WAIT)
        changed[row[kind]] = plus(first_seen[kind], wait)

    form[row[marks.draw("ten_digit")]] = _TEN
    form[row[marks.draw("trailing_blanks")]] = _BLANKS
    form[row[marks.draw("protected_identity")]] = _PROTECTED
    linked[row[marks.draw("no_consent")]] = False
    damaged = np.zeros(n, dtype=bool)
    damaged[row[marks.taken]] = True
    return Numbers(current, earlier, changed, form, linked, damaged)


def _wrong_birth(
    people: People, row: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Date of birth first registered, wrongly: the 29th or 30th, on which nobody of the population is born."""
    month = people.birth_month[row].astype(np.int64)
    february = month % 12 == 1
    return month + february, 29 + people.birth_day[row].astype(np.int64) % 2, people.woman[row]


def first_dates(n: int, *dated: tuple[npt.NDArray[np.int64], Days]) -> Days:
    """Earliest date of each of ``n`` persons over pairs of rows and dates; far ahead where there is none."""
    first = np.full(n, first_day(np.array([12 * 2100]))[0])
    for row, date in dated:
        np.minimum.at(first, row, date)
    return first
