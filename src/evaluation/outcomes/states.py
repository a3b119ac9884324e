"""Where a person is in a year and in a month: classes of establishment, and the ways of being absent."""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """State of a person-year; the first five are classes of persons with a register row, the last three are absences."""

    ESTABLISHED = 0
    INSECURE = 1
    WEAK = 2
    STUDYING = 3
    OUTSIDE = 4
    DEAD = 5
    ABROAD = 6
    NO_ROW = 7

    @property
    def label(self) -> str:
        """Name in tables: ``established`` … ``no_row``."""
        return self.name.lower()

    @property
    def absent(self) -> bool:
        """Whether the person has no row in the year's register."""
        return self >= State.DEAD


class Presence(IntEnum):
    """Where a person is on the last day of a month."""

    RESIDENT = 0
    ABROAD = 1
    DEAD = 2
