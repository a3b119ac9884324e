"""Numbers, ranges and dates become text in one place, by the rules of the house."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.report.numbers import MINUS, NO_BREAK, Numbers

SV, EN = Numbers("sv"), Numbers("en")
shares = st.floats(-1, 1, allow_nan=False).map(lambda x: round(x, 6))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (SV.per100(0.0512), "5"),
        (SV.per100(0.025), "3"),
        (SV.per100(0.285), "29"),
        (SV.decimal(-0.0004, 1), "0,0"),
        (EN.decimal(-0.04, 1), "0.0"),
        (SV.decimal(2.5), "3"),
        (SV.decimal(3.25, 1), "3,3"),
        (SV.decimal(-3.25, 2), f"{MINUS}3,25"),
        (EN.decimal(12345.6, 1), "12,345.6"),
        (SV.decimal(12345), f"12{NO_BREAK}345"),
        (SV.decimal(1234), f"1{NO_BREAK}234"),
        (SV.money(1234.5), f"1{NO_BREAK}200 kronor"),
        (EN.money(12311), "SEK 12,300"),
        (SV.signed(5, 1), "+5,0"),
        (SV.signed(-0.04, 1), "0,0"),
        (SV.percent(0.384), f"38{NO_BREAK}%"),
        (EN.percent(0.384), "38%"),
        (SV.span(2, 7), "2–7"),
        (EN.span(2, 7), "2 to 7"),
        (SV.span(-2, 7), f"{MINUS}2 till 7"),
        (EN.span(-2, 7), f"{MINUS}2 to 7"),
        (SV.interval100(-0.021, 0.073), f"{MINUS}2,1 till 7,3"),
        (SV.years(2009, 2011), "2009–2011"),
        (EN.years(2009, 2011), "2009 to 2011"),
        (SV.years(2010, 2010), "2010"),
        (SV.date(date(2012, 5, 3)), "3 maj 2012"),
        (EN.date(date(2012, 5, 3)), "3 May 2012"),
        (SV.listing(["a", "b", "c"]), "a, b och c"),
        (EN.listing(["a", "b"]), "a and b"),
    ],
)
def test_vectors(made: str, expected: str) -> None:
    assert made == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.02, 0.07, ("2", "7")),
        (0.003, 0.072, ("0,3", "7,2")),
        (-0.024, 0.066, ("2", "7")),
        (-0.07, -0.02, ("2", "7")),
        (0.0, 0.05, ("0", "5")),
        (0.0281, 0.0319, ("2,8", "3,2")),
        (0.0301, 0.0304, ("3,01", "3,04")),
        (0.0001, 0.05, ("mindre än 0,1", "5,0")),
        (-0.02, 0.02, ("2", "2")),
    ],
)
def test_limits(low: float, high: float, expected: tuple[str, str]) -> None:
    assert SV.limits100(low, high) == expected


@given(shares, shares)
def test_limits_never_hide_a_limit(a: float, b: float) -> None:
    low, high = sorted((a, b))
    words = SV.limits100(low, high)
    sizes = (abs(low), abs(high)) if low < 0 < high else sorted((abs(low), abs(high)))
    for text, value in zip(words, sizes, strict=True):
        assert (text.strip("0,") == "") == (value == 0), "zero is printed for zero alone"
    if not low < 0 < high and abs(abs(low) - abs(high)) > 1e-4:
        assert words[0] != words[1]


@given(st.floats(0, 1).map(lambda x: round(x, 6)), shares)
def test_both_groups_agree_with_the_estimate_in_whole_numbers(treated: float, estimate: float) -> None:
    t, c = SV.pair100(treated, estimate)
    if "," not in t:
        as_int = [int(x.replace(MINUS, "-")) for x in (t, c)]
        assert as_int[0] - as_int[1] == int(SV.per100(estimate).replace(MINUS, "-"))


@given(st.floats(-1e7, 1e7, allow_nan=False), st.integers(0, 3))
def test_shape_of_a_number(value: float, digits: int) -> None:
    for numbers, point in ((SV, ","), (EN, r"\.")):
        group = NO_BREAK if numbers is SV else ","
        tail = rf"{point}\d{{{digits}}}" if digits else ""
        text = numbers.decimal(value, digits)
        assert re.fullmatch(rf"{MINUS}?\d{{1,3}}({group}\d{{3}})*{tail}", text), text
        assert not re.fullmatch(rf"{MINUS}[0{point}]+", text)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1234, 5678, (f"1{NO_BREAK}200", f"5{NO_BREAK}700")),
        (-5678, -1234, (f"1{NO_BREAK}200", f"5{NO_BREAK}700")),
        (12, 5678, ("10", f"5{NO_BREAK}680")),
        (-1234, 5678, (f"1{NO_BREAK}200", f"5{NO_BREAK}700")),
        (1210, 1240, (f"1{NO_BREAK}210", f"1{NO_BREAK}240")),
    ],
)
def test_money_limits(low: float, high: float, expected: tuple[str, str]) -> None:
    assert SV.money_limits(low, high) == expected
