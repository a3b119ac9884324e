"""Small readings of option values, for the checks of a specification."""

from __future__ import annotations

import math
from numbers import Integral, Real


def whole(value: object) -> bool:
    """Whether a value is a whole number (True and False are not)."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def number(value: object) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def quoted(name: str) -> str:
    """A name in quotes."""
    return f'"{name}"'


def listed(allowed: tuple[str, ...]) -> str:
    """Names in quotes, with commas."""
    return ", ".join(quoted(name) for name in allowed)
