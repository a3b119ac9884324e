"""Contrast between two colours, as WCAG 2 measures it, and the named colours of a style sheet."""

from __future__ import annotations

import re


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def colours(css: str) -> dict[str, str]:
    """Custom properties that are colours, in six digits; a colour written anywhere else is an error."""
    named = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,6})\b", css))
    loose = re.findall(r"(?<!-)\b[\w-]+:[^;{}]*?(#[0-9a-fA-F]{3,6})\b", re.sub(r"--[\w-]+:[^;]*;", "", css))
    assert set(loose) <= {"#fff"}, f"give these colours names: {sorted(set(loose))}"
    return {
        name: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:]) for name, value in named.items()
    }
