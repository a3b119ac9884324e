"""Random numbers that belong to a person, a month and a purpose.

Every draw is the Philox-4x32-10 generator (Salmon et al. 2011, *Parallel random numbers: as easy as 1, 2, 3*) evaluated at the counter
(person, month, stream) under the seed as key. A draw therefore depends on nothing else: not on the chunk, not on how many
persons follow, not on which draws were made before, and not on the world. Two worlds of one person differ only
where the employment made them differ.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt
from numba import njit


class Stream(IntEnum):
    """Purposes of a draw. Numbers are part of the result: never renumber, add at the end."""

    SEX = 0
    AGE = 1
    BIRTH = 2
    ORIGIN = 3
    IMMIGRATION = 4
    EDUCATION = 5
    MARRIED = 6
    PARTNER = 7
    CHILDREN = 8
    CHILD_BIRTH = 9
    DISTRICT = 10
    ABILITY = 11
    HEALTH = 12
    MOTIVATION = 13
    INSURED = 14
    PRIDE = 15
    INITIAL = 16
    DEATH = 20
    MIGRATION = 21
    SICKNESS = 22
    RECOVERY = 23
    STUDY_START = 24
    STUDY_LENGTH = 25
    PARTNER_INCOME = 26
    JOB_LOSS = 30
    JOB_CHANGE = 31
    JOB_FINDING = 32
    JOB_KIND = 33
    JOB_HOURS = 34
    JOB_WAGE = 35
    JOB_EMPLOYER = 36
    JOB_REGISTERED = 37
    MONTH_HOURS = 38
    REGISTRATION = 40
    PROGRAMME = 41
    ASSISTANCE = 42
    ENROLMENT = 50
    LEAVING = 51
    STEP = 52
    START = 60
    WORKPLACE = 61
    LENGTH = 62
    EXTENSION = 63
    EARLY_LEAVING = 64
    EARLY_DESTINATION = 65
    CLOCK = 70


_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)


@njit
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """The four 32-bit words of Philox-4x32-10 at a counter (c0..c3) under a key (k0, k1), all held in uint64."""
    for _ in range(10):
        p0 = c0 * _M0
        p1 = c2 * _M1
        c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1 & _MASK, (p0 >> _SHIFT) ^ c3 ^ k1, p0 & _MASK
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@njit
def uniform(seed, person, month, stream):  # type: ignore[no-untyped-def]
    """One uniform number in [0, 1) with 53 random bits for (person, month, stream) under the seed."""
    number, key = np.uint64(person), np.uint64(seed)
    a, b, _, _ = philox(
        number & _MASK, np.uint64(month) & _MASK, np.uint64(stream), number >> _SHIFT, key & _MASK, key >> _SHIFT
    )
    return (np.float64(a >> np.uint64(5)) * 67108864.0 + np.float64(b >> np.uint64(6))) / 9007199254740992.0


@njit
def _fill(seed, persons, month, stream, out):  # type: ignore[no-untyped-def]
    for i in range(persons.size):
        out[i] = uniform(seed, persons[i], month, stream)


def uniforms(seed: int, persons: npt.NDArray[np.int64], stream: Stream, *, month: int = 0) -> npt.NDArray[np.float64]:
    """Uniform numbers in [0, 1) of one stream, one a person.

    Parameters
    ----------
    seed
        From 0 to 2**64 - 1.
    persons
        Person numbers, shape ``(n,)``.
    stream
        Purpose of the draw.
    month
        Absolute month, or a running number where a trait needs several draws.
    """
    out = np.empty(len(persons))
    _fill(np.uint64(seed), np.ascontiguousarray(persons), month, int(stream), out)
    return out
