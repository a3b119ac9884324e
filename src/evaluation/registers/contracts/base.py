"""What a contract says: which tables a register consists of, which columns, in which types, units and codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["integer", "amount", "code", "text", "date"]

#: Serial number of a person, as Statistics Sweden and the other agencies spell it.
PERSON_PATTERN = r"(P\d{3,4}_)?(Person)?_?LopNr(_?PersonNr)?"
#: Prefix of a project within the secure environment; carries no meaning.
PROJECT_PREFIX = r"P\d{3,4}_"


@dataclass(frozen=True)
class Column:
    """One column of a delivered table.

    Parameters
    ----------
    name
        Name from here on.
    delivered
        Usual spelling in a delivery (case, underscores and a project prefix do not matter).
    kind
        Type from here on: ``integer`` and ``amount`` are int64, ``code`` and ``text`` are strings, ``date`` is a date.
    description
        What it holds, for the data dictionary.
    aliases
        Other names under which the same thing has been delivered.
    pattern
        Regular expression that takes the place of ``delivered`` and ``aliases``, matched against the whole delivered name.
    factor
        Number of Swedish kronor in one unit of an amount.
    unit
        Unit as delivered, for the data dictionary.
    width
        Length of a code whose leading zeros may have been lost.
    codes
        Codes and their meaning; a code outside the list is a flaw. Empty: no list.
    years
        First and last year in which the column is delivered (None: no limit).
    required
        Whether a delivery without it is broken.
    missing
        Values that stand for "no value", besides blanks.
    """

    name: str
    delivered: str
    kind: Kind
    description: str
    aliases: tuple[str, ...] = ()
    pattern: str | None = None
    factor: int = 1
    unit: str = ""
    width: int | None = None
    codes: tuple[tuple[str, str], ...] = ()
    years: tuple[int | None, int | None] = (None, None)
    required: bool = True
    missing: tuple[str, ...] = ()

    def in_year(self, year: int | None) -> bool:
        """Whether the column belongs to the table of that year."""
        first, last = self.years
        return year is None or ((first is None or first <= year) and (last is None or year <= last))

    def matches(self, delivered: str) -> bool:
        """Whether a delivered column name means this column."""
        if self.pattern is not None:
            return re.fullmatch(self.pattern, delivered, re.IGNORECASE) is not None
        return plain_name(delivered) in {plain_name(name) for name in (self.delivered, *self.aliases)}


@dataclass(frozen=True)
class Contract:
    """One register of a delivery.

    Parameters
    ----------
    register
        Name from here on.
    title
        What it is, for people.
    source
        The authority it comes from.
    grain
        What one row stands for.
    key
        Canonical columns that should identify a row.
    row_key
        Template of the text that names a row in the flaw ledger: (label, column) pairs.
    table
        Usual name of the table; ``{year}`` where there is one table a year.
    words
        Sets of words, any of which makes a table name one of this register.
    columns
        The columns.
    years
        For yearly tables: first and last year that exist at all.
    required
        Whether a delivery without it is broken.
    may_be_empty
        Whether a table without rows is possible: events that may not have happened to anybody in a small delivery.
    without
        What is lost where an optional register is not delivered, for the data dictionary and the ledger.
    canonical
        Columns of the cleaned table: (name, type, note) for those that differ from ``columns``.
    """

    register: str
    title: str
    source: str
    grain: str
    key: tuple[str, ...]
    row_key: tuple[tuple[str, str], ...]
    table: str
    words: tuple[frozenset[str], ...]
    columns: tuple[Column, ...]
    years: tuple[int, int] | None = None
    required: bool = True
    may_be_empty: bool = False
    without: str = ""
    canonical: tuple[tuple[str, str, str], ...] = ()

    @property
    def yearly(self) -> bool:
        """Whether there is one table a year, the year being in the table's name."""
        return self.years is not None

    @property
    def city(self) -> bool:
        """Whether persons are known by the City's own number rather than by a serial number."""
        return any(column.name == "number" for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that canonical name."""
        return next(column for column in self.columns if column.name == name)


def plain_name(name: str) -> str:
    """A column name without case, separators, project prefix and Swedish accents."""
    name = re.sub(f"^{PROJECT_PREFIX}", "", name.strip(), flags=re.IGNORECASE).lower()
    return re.sub(r"[^a-z0-9]", "", name.translate(str.maketrans("åäö", "aao")))


def person(description: str = "Serial number of the person") -> Column:
    """The serial number of an agency's table."""
    return Column("person", "LopNr", "integer", description, pattern=PERSON_PATTERN)


def number() -> Column:
    """The personal identity number of one of the City's own tables."""
    return Column(
        "number",
        "PersonNr12",
        "text",
        "Personal identity number (YYYYMMDDNNNN); linked to the serial number and then dropped",
        aliases=("PersonNr", "Personnummer", "PNr12", "PNr"),
    )


def amount(name: str, delivered: str, description: str, **more) -> Column:
    """An amount delivered in hundreds of kronor, as in LISA."""
    return Column(name, delivered, "amount", description, factor=100, unit="100 SEK", **more)


def days(name: str, delivered: str, description: str, **more) -> Column:
    """A number of days in the calendar year."""
    return Column(name, delivered, "integer", description, unit="days", **more)


def codes(**meaning: str) -> tuple[tuple[str, str], ...]:
    """Codes from keyword names, an underscore in front allowing names that begin with a digit."""
    return tuple((name.removeprefix("_"), text) for name, text in meaning.items())
