"""The random numbers: the published generator, and draws that depend on person, month and stream only."""

from __future__ import annotations

import numpy as np
import pytest

from synthetic_registers.streams import Stream, philox, uniforms

ONES = 0xFFFFFFFF
# Random123's published known answers for philox4x32-10: counter, key, result
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(counter, key, answer):
    words = philox(*(np.uint64(c) for c in counter), *(np.uint64(k) for k in key))
    assert tuple(int(w) for w in words) == answer


def test_draws_depend_on_nothing_but_seed_person_month_and_stream():
    persons = np.arange(1000)
    draws = uniforms(7, persons, Stream.DEATH, month=24108)
    assert np.array_equal(draws[::-1], uniforms(7, persons[::-1], Stream.DEATH, month=24108))
    assert np.array_equal(draws[600:], uniforms(7, persons[600:], Stream.DEATH, month=24108))
    others = [
        uniforms(8, persons, Stream.DEATH, month=24108),
        uniforms(7, persons, Stream.MIGRATION, month=24108),
        uniforms(7, persons, Stream.DEATH, month=24109),
        uniforms(7, persons + 1000, Stream.DEATH, month=24108),
    ]
    for other in others:
        assert abs(np.corrcoef(draws, other)[0, 1]) < 0.12


def test_draws_are_even_and_use_the_whole_seed():
    draws = uniforms(2**40 + 1, np.arange(100_000), Stream.AGE)
    assert draws.min() >= 0
    assert draws.max() < 1
    assert np.abs(np.histogram(draws, bins=20, range=(0, 1))[0] / 5000 - 1).max() < 0.06
    assert not np.array_equal(draws, uniforms(1, np.arange(100_000), Stream.AGE))
