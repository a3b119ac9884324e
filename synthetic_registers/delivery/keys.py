"""Person keys: project serial numbers and personal identity numbers of people who do not exist.

A serial number is a seeded permutation of the person number (a small Feistel network with cycle walking; Black &
Rogaway, CT-RSA 2002), so it needs no memory, repeats nothing and tells nothing about the person.

A personal identity number is the date of birth and four digits whose last one is never the check digit of the Luhn
algorithm: no such number, nor its coordination number with 60 added to the day, can belong to a real person.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.draws import mix, stream_key
from synthetic_registers.history import People

_ROUNDS = 6
_FIRST_SERIAL = 1_000_001
_DIGITS_PER_DATE = 500 * 8  # birth numbers of one sex, times last digits that are wrong for both kinds of number
_FIRST_BIRTH_YEAR, _BIRTH_YEARS = 1900, 125


def permute(values: npt.NDArray[np.int64], *, size: int, seed: int, name: str) -> npt.NDArray[np.int64]:
    """Seeded permutation of ``0..size-1`` applied to ``values``.

    Parameters
    ----------
    values : int64 array
        Numbers in ``0..size-1``.
    size : int
        Length of the permuted range.
    seed : int
        Seed of the delivery.
    name : str
        Name of the permutation; another name gives another permutation.

    Raises
    ------
    ValueError
        If a value lies outside the range.
    """
    values = np.asarray(values, dtype=np.int64)
    if len(values) and (values.min() < 0 or values.max() >= size):
        raise ValueError(f"permutation {name!r}: numbers must lie in 0..{size - 1}, some do not")
    half = np.uint64(max(1, -(-(size - 1).bit_length() // 2)))
    low = (np.uint64(1) << half) - np.uint64(1)
    keys = [stream_key(seed, f"{name}/{i}") for i in range(_ROUNDS)]
    out = values.astype(np.uint64)
    open_places = np.arange(len(out))
    while len(open_places):  # walk the cycle until the number falls inside the range
        left, right = out[open_places] >> half, out[open_places] & low
        for key in keys:
            left, right = right, left ^ (mix(right + key) & low)
        out[open_places] = (left << half) | right
        open_places = open_places[out[open_places] >= np.uint64(size)]
    return out.astype(np.int64)


def serial_numbers(person: npt.NDArray[np.int64], *, persons: int, seed: int) -> npt.NDArray[np.int64]:
    """Project serial number (LopNr) of each person of a population of ``persons``; the same in every register."""
    return _FIRST_SERIAL + permute(person, size=persons, seed=seed, name="keys.person")


def household_numbers(household: npt.NDArray[np.int64], *, seed: int) -> npt.NDArray[np.int64]:
    """Serial number of each household (household numbers below 2**32)."""
    return _FIRST_SERIAL + permute(household, size=2**32, seed=seed, name="keys.household")


def luhn_digit(date: npt.NDArray[np.int64], birth_number: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Check digit of YYMMDD (from ``date`` YYYYMMDD) and the three digits that follow (Luhn algorithm)."""
    nine = (date % 1_000_000) * 1000 + birth_number
    total = np.zeros_like(nine)
    for place in range(9):  # from the right: weights 2, 1, 2 ...
        digit = (nine // 10**place) % 10 * (2 if place % 2 == 0 else 1)
        total += digit // 10 + digit % 10
    return (10 - total % 10) % 10


class NumberBook:
    """Hands out personal identity numbers, counting how many each date of birth and sex has had.

    Chunks must come in the order of the person number; the numbers are then the same in every chunking.
    The memory is one count per date and sex.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._given = np.zeros((_BIRTH_YEARS * 12 * 31, 2), dtype=np.int32)
        self._last_person = -1

    def assign(self, people: People) -> npt.NDArray[np.int64]:
        """Number YYYYMMDDNNNN (int64) of each person of the next chunk.

        Raises
        ------
        ValueError
            If the persons are not in ascending order after those of the chunk before, or a date runs out of numbers.
        """
        person = people.person
        if len(person) and (person[0] <= self._last_person or (np.diff(person) <= 0).any()):
            raise ValueError("chunks must be written in ascending order of the person number, without repeats")
        if len(person):
            self._last_person = int(person[-1])
        return self.on_dates(people.birth_month.astype(np.int64), people.birth_day.astype(np.int64), people.woman)

    def on_dates(
        self, month: npt.NDArray[np.int64], day: npt.NDArray[np.int64], woman: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int64]:
        """Next free number of each date of birth (absolute month, day) and sex, in the order given."""
        place = (month - 12 * _FIRST_BIRTH_YEAR) * 31 + day - 1
        if len(place) and (place.min() < 0 or place.max() >= len(self._given)):
            raise ValueError(f"years of birth must lie in {_FIRST_BIRTH_YEAR}..{_FIRST_BIRTH_YEAR + _BIRTH_YEARS - 1}")
        sex = woman.astype(np.int64)
        slot = 2 * place + sex
        order = np.argsort(slot, kind="stable")
        ordered = slot[order]
        new = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(slot) else np.zeros(0, dtype=np.int64)
        rank = np.empty(len(slot), dtype=np.int64)
        rank[order] = np.arange(len(slot)) - np.repeat(new, np.diff(np.r_[new, len(slot)]))
        rank += self._given[place, sex]
        np.add.at(self._given, (place, sex), 1)
        if len(rank) and rank.max() >= _DIGITS_PER_DATE:
            raise ValueError(f"a date of birth has more than {_DIGITS_PER_DATE} persons of one sex: use fewer persons")
        turn = (mix(slot.astype(np.uint64)) % np.uint64(_DIGITS_PER_DATE)).astype(np.int64)  # dates begin elsewhere
        which = permute((rank + turn) % _DIGITS_PER_DATE, size=_DIGITS_PER_DATE, seed=self._seed, name="keys.digits")
        return _number(month, day, woman, which)


def _number(
    month: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    woman: npt.NDArray[np.bool_],
    which: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    date = (month // 12) * 10_000 + (month % 12 + 1) * 100 + day
    pair, pick = which // 8, which % 8
    birth_number = (
        pair // 5 * 10 + 2 * (pair % 5) + (~woman).astype(np.int64)
    )  # third digit: odd for men, even for women
    # The two check digits (of the number and of its coordination number) are left out of the ten.
    first, second = luhn_digit(date, birth_number), luhn_digit(date + 60, birth_number)
    lower, upper = np.minimum(first, second), np.maximum(first, second)
    last = pick + (pick >= lower)
    last = last + ((last >= upper) & (upper != lower))
    return date * 10_000 + birth_number * 10 + last
