"""Months as absolute integers: ``month = 12 * year + month_of_year - 1`` (2009-01 is 24108)."""

from __future__ import annotations

import re

NEVER = 99_999  # a month after every register: "no such month" where a comparison must still work


def parse_month(text: str) -> int:
    """Absolute month of ``"YYYY-MM"``; ValueError when the text is no month."""
    found = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if not found or not 1 <= int(found[2]) <= 12:
        raise ValueError(f"{text!r} is not a month; write it as YYYY-MM, for instance 2009-01")
    return 12 * int(found[1]) + int(found[2]) - 1


def format_month(month: int) -> str:
    """``"YYYY-MM"`` of an absolute month."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"
