"""The one place where a number, a range or a date becomes text.

Babel gives the signs and month names of a language. Rounding and minus are done here, because Babel rounds half to even,
writes the Swedish minus as a hyphen and prints a negative zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Literal

from babel.dates import format_date
from babel.numbers import get_decimal_symbol, get_group_symbol

Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = ("sv", "en")
MINUS = "\u2212"
EN_DASH = "\u2013"
NO_BREAK = "\u00a0"
_LOCALES = {"sv": "sv_SE", "en": "en_GB"}
_MAX_DIGITS = 3


def exact(value: float) -> Decimal:
    """Decimal with the digits that Python prints for `value`, so that 0.285 is 0.285 and not 0.28499…"""
    return Decimal(repr(float(value)))


def round_half_up(value: float | Decimal, digits: int = 0) -> Decimal:
    """Round half away from zero; never a negative zero."""
    number = value if isinstance(value, Decimal) else exact(value)
    rounded = number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


@dataclass(frozen=True)
class Numbers:
    """Formats for one language, `sv` or `en`."""

    lang: Language

    @cached_property
    def _signs(self) -> tuple[str, str]:
        locale = _LOCALES[self.lang]
        group = get_group_symbol(locale).replace("\u202f", NO_BREAK)
        return group, get_decimal_symbol(locale)

    def decimal(self, value: float | Decimal, digits: int = 0) -> str:
        """A plain number with a fixed count of decimals: `12 345`, `38,4`, `−3,2`."""
        group, point = self._signs
        rounded = round_half_up(value, digits)
        text = f"{abs(rounded):,.{digits}f}".replace(",", "\0").replace(".", point).replace("\0", group)
        return f"{MINUS}{text}" if rounded < 0 else text

    def signed(self, value: float | Decimal, digits: int = 0) -> str:
        """A difference, with plus or minus; zero bears no sign."""
        text = self.decimal(value, digits)
        return f"+{text}" if round_half_up(value, digits) > 0 else text

    def per100(self, share: float, digits: int = 0) -> str:
        """A share (0.05) as a number of 100 (`5`)."""
        return self.decimal(100 * exact(share), digits)

    def signed100(self, share: float, digits: int = 1) -> str:
        """A difference between shares in percentage points, with its sign."""
        return self.signed(100 * exact(share), digits)

    def year(self, value: int) -> str:
        """A year never has a thousands sign."""
        return str(int(value))

    def limits(self, low: float | Decimal, high: float | Decimal, digits: int = 0) -> tuple[str, str]:
        """The sizes of two limits in words of the same precision, the smaller first unless they stand on either side of zero.

        Whole numbers, unless a limit that is not zero would read 0, or both would read the same: then one decimal
        (more only while they still read the same). A limit too small for one decimal reads `mindre än 0,1`.
        ``digits`` asks for no fewer decimals than that.
        """
        first, second = (x if isinstance(x, Decimal) else exact(x) for x in (low, high))
        across = first < 0 < second
        first, second = abs(first), abs(second)
        if first > second and not across:
            first, second = second, first
        return self._words(first, second, digits, same_allowed=across)

    def _words(self, first: Decimal, second: Decimal, digits: int, *, same_allowed: bool) -> tuple[str, str]:
        if any(x != 0 and round_half_up(x) == 0 for x in (first, second)):
            digits = max(digits, 1)
        while (
            not same_allowed
            and first != second
            and digits < _MAX_DIGITS
            and round_half_up(first, digits) == round_half_up(second, digits)
        ):
            digits += 1
        smallest = Decimal(1).scaleb(-digits)
        words = tuple(
            f"{'mindre än' if self.lang == 'sv' else 'less than'} {self.decimal(smallest, digits)}"
            if x != 0 and round_half_up(x, digits) == 0
            else self.decimal(x, digits)
            for x in (first, second)
        )
        return words[0], words[1]

    def limits100(self, low: float, high: float, digits: int = 0) -> tuple[str, str]:
        """As `limits`, for shares given as 0.05."""
        return self.limits(100 * exact(low), 100 * exact(high), digits)

    def pair100(self, treated: float, estimate: float) -> tuple[str, str]:
        """Both groups of 100, such that their difference agrees with the estimate.

        The comparison group's rate is `treated - estimate`, so an adjusting estimator is not contradicted by its own line.
        """
        t, e = 100 * exact(treated), 100 * exact(estimate)
        digits = 0 if round_half_up(t) - round_half_up(t - e) == round_half_up(e) else 1
        return self.decimal(t, digits), self.decimal(t - e, digits)

    def money_limits(self, low: float, high: float) -> tuple[str, str]:
        """Two amounts in kronor, to whole hundreds, or finer where hundreds would read zero or the same."""
        for step in (100, 10, 1):
            small, large = (round_half_up(exact(x) / step) * step for x in (low, high))
            zero = any(rounded == 0 and x != 0 for rounded, x in ((small, low), (large, high)))
            same = abs(small) == abs(large) and not low < 0 < high and low != high
            if not zero and not same:
                break
        sizes = [abs(small), abs(large)]
        if not low < 0 < high:
            sizes.sort()
        return self.decimal(sizes[0]), self.decimal(sizes[1])

    def money(self, value: float) -> str:
        """An amount in prose, to whole hundreds: `1 200 kronor`, `SEK 1,200`."""
        text = self.decimal(round_half_up(exact(value) / 100) * 100)
        return f"{text} kronor" if self.lang == "sv" else f"SEK {text}"

    def percent(self, share: float, digits: int = 0) -> str:
        """A percentage with its sign, for tables and axes: `38 %` (no-break space) and `38%`."""
        text = self.per100(share, digits)
        return f"{text}{NO_BREAK}%" if self.lang == "sv" else f"{text}%"

    def span(self, low: float | Decimal, high: float | Decimal, digits: int = 0) -> str:
        """A range in a table: `2–7` and `2 to 7`; with a negative limit `−2 till 7`, never two dashes in a row."""
        first, second = self.decimal(low, digits), self.decimal(high, digits)
        if self.lang == "sv" and not first.startswith(MINUS) and not second.startswith(MINUS):
            return f"{first}{EN_DASH}{second}"
        return f"{first} {'till' if self.lang == 'sv' else 'to'} {second}"

    def interval(self, low: float | Decimal, high: float | Decimal, digits: int = 1) -> str:
        """An interval of a difference in a table, in one form throughout a column: `−2,1 till 7,3`."""
        return f"{self.decimal(low, digits)} {'till' if self.lang == 'sv' else 'to'} {self.decimal(high, digits)}"

    def interval100(self, low: float, high: float, digits: int = 1) -> str:
        """As `interval`, for shares given as 0.05."""
        return self.interval(100 * exact(low), 100 * exact(high), digits)

    def years(self, first: int, last: int) -> str:
        """`2009–2011` and `2009 to 2011`; one year stands alone."""
        if first == last:
            return str(first)
        return f"{first}{EN_DASH}{last}" if self.lang == "sv" else f"{first} to {last}"

    def date(self, day: date) -> str:
        """`3 maj 2012`, `3 May 2012`."""
        return format_date(day, "long", locale=_LOCALES[self.lang])

    def month(self, month: int) -> str:
        """A month counted as 12·year + month − 1, in words: `januari 2009`."""
        return format_date(date(month // 12, month % 12 + 1, 1), "MMMM y", locale=_LOCALES[self.lang])

    def listing(self, items: Sequence[str]) -> str:
        """`a, b och c`, `a, b and c`."""
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {'och' if self.lang == 'sv' else 'and'} {items[-1]}"


def capital(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]
