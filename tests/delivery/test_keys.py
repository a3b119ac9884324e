"""Serial numbers and personal numbers."""

from __future__ import annotations

import numpy as np
import pytest

from synthetic_registers.delivery.keys import NumberBook, luhn_digit, permute, serial_numbers
from tests.delivery.fake_world import cut, fake_annual, fake_world


@pytest.mark.parametrize("size", [1, 2, 3, 17, 1000, 4097, 20_000])
def test_permutation_uses_every_number_once(size: int) -> None:
    assert np.array_equal(np.sort(permute(np.arange(size), size=size, seed=1, name="x")), np.arange(size))


def test_permutation_depends_on_seed_and_name_and_not_on_company() -> None:
    numbers = np.arange(5000)
    first = permute(numbers, size=5000, seed=1, name="x")
    assert (first != permute(numbers, size=5000, seed=2, name="x")).mean() > 0.99
    assert (first != permute(numbers, size=5000, seed=1, name="y")).mean() > 0.99
    assert np.array_equal(first[[4, 70]], permute(np.array([4, 70]), size=5000, seed=1, name="x"))
    assert abs(np.corrcoef(numbers, first)[0, 1]) < 0.05


def test_number_outside_the_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.\.9"):
        permute(np.array([10]), size=10, seed=1, name="x")


def test_serial_numbers_are_unique_and_above_a_million() -> None:
    serial = serial_numbers(np.arange(3000), persons=3000, seed=5)
    assert len(np.unique(serial)) == 3000
    assert serial.min() > 1_000_000


def test_luhn_digit_of_a_known_number() -> None:
    assert luhn_digit(np.array([19811218]), np.array([987])).tolist() == [6]


def test_personal_numbers_are_unique_tell_birth_and_sex_and_belong_to_nobody() -> None:
    people = fake_world(3000).people
    number = NumberBook(1).assign(people)
    assert len(np.unique(number)) == len(people)
    date = number // 10_000
    assert np.array_equal(date // 10_000, people.birth_month // 12)
    assert np.array_equal(date // 100 % 100, people.birth_month % 12 + 1)
    assert np.array_equal(date % 100, people.birth_day)
    birth_number = number // 10 % 1000
    assert np.array_equal(birth_number % 2 == 0, people.woman)
    assert (luhn_digit(date, birth_number) != number % 10).all()
    assert (luhn_digit(date + 60, birth_number) != number % 10).all()


def test_one_date_of_birth_can_be_shared_by_four_thousand_of_a_sex() -> None:
    month, day = np.full(4000, 12 * 1980), np.full(4000, 5)
    numbers = NumberBook(1).on_dates(month, day, np.ones(4000, dtype=bool))
    assert len(np.unique(numbers)) == 4000
    book = NumberBook(1)
    book.on_dates(month, day, np.ones(4000, dtype=bool))
    with pytest.raises(ValueError, match="4000 persons"):
        book.on_dates(month[:1], day[:1], np.ones(1, dtype=bool))


def test_personal_numbers_do_not_depend_on_the_chunks() -> None:
    world = fake_world(500)
    annual = fake_annual(world)
    whole = NumberBook(1).assign(world.people)
    book = NumberBook(1)
    parts = [book.assign(cut(world, annual, a, b)[0].people) for a, b in ((0, 1), (1, 200), (200, 500))]
    assert np.array_equal(np.concatenate(parts), whole)


def test_chunks_out_of_order_are_refused() -> None:
    world = fake_world(20)
    book = NumberBook(1)
    book.assign(world.people)
    with pytest.raises(ValueError, match="ascending order"):
        book.assign(world.people)
