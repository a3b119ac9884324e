"""Draws by person and event, and the frames they fill."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from synthetic_registers.delivery.draws import Draws
from synthetic_registers.delivery.frame import MISSING, Frame, digits, text


def test_draws_are_even_and_depend_on_seed_name_person_and_event() -> None:
    person = np.arange(50_000)
    u = Draws(1, "a").uniform(person)
    assert (u >= 0).all()
    assert (u < 1).all()
    assert u.mean() == pytest.approx(0.5, abs=0.01)
    assert np.histogram(u, bins=10, range=(0, 1))[0].min() > 4700
    others = [Draws(2, "a").uniform(person), Draws(1, "b").uniform(person), Draws(1, "a").uniform(person, 1)]
    assert all(abs(np.corrcoef(u, other)[0, 1]) < 0.02 for other in others)
    assert np.array_equal(u[[7, 3]], Draws(1, "a").uniform(np.array([7, 3])))


def test_integers_include_both_bounds_and_choice_keeps_the_weights() -> None:
    draws = Draws(1, "a")
    person = np.arange(20_000)
    assert set(draws.integers(person, low=3, high=5)) == {3, 4, 5}
    high = np.where(person % 2 == 0, 1, 9)
    assert (draws.integers(person, low=1, high=high)[::2] == 1).all()
    shares = np.bincount(draws.choice(person, weights=(1, 0, 3)), minlength=3) / len(person)
    assert shares == pytest.approx([0.25, 0, 0.75], abs=0.02)


def test_a_file_reveals_no_word_that_is_not_in_use_and_none_twice() -> None:
    column = text([2, 0, 3, -1], ("a", "b", "c", "c")).to_arrow()
    assert column.dictionary.to_pylist() == ["c", "a"] or column.dictionary.to_pylist() == ["a", "c"]
    assert column.to_pylist() == ["c", "a", "c", None]


def test_frames_are_never_changed_in_place() -> None:
    frame = Frame({"number": np.array([1, 2, 3]), "word": text([0, 1, 0], ("x", "y"))})
    changed = frame.put(np.array([0, 2]), number=9, word=None)
    assert frame["number"].tolist() == [1, 2, 3]
    assert changed["number"].tolist() == [9, 2, 9]
    assert changed["word"].to_arrow().to_pylist() == [None, "y", None]
    assert len(frame.append(changed)) == 6
    with pytest.raises(ValueError, match="column word"):
        frame.append(Frame({"number": np.array([1]), "word": text([0], ("other",))}))


def test_missing_integers_and_leading_zeros_reach_arrow() -> None:
    frame = Frame({"serial": np.array([5, MISSING]), "district": digits([3, 14], low=1, high=14, width=2)})
    table = frame.to_arrow(pa.schema([("district", pa.string()), ("serial", pa.int64())]))
    assert table.to_pydict() == {"district": ["03", "14"], "serial": [5, None]}
