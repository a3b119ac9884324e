"""What a cell is sorted by: the number that its text shows, in the language it is written in."""

from __future__ import annotations

import re

from evaluation.report.numbers import EN_DASH, MINUS, NO_BREAK, Language

_NUMBER = {
    "sv": re.compile(rf"[{MINUS}+]?\d[\d{NO_BREAK}]*(?:,\d+)?"),
    "en": re.compile(rf"[{MINUS}+]?\d+(?:,\d{{3}})*(?:\.\d+)?"),
}
_SIGNS = {
    "sv": str.maketrans({NO_BREAK: None, ",": ".", MINUS: "-", "+": None}),
    "en": str.maketrans({",": None, MINUS: "-", "+": None}),
}


def sort_value(text: str, lang: Language) -> str:
    """The first number of a cell (`−2,1 till 7,3` gives `-2.1`), 0 for the dash of a true zero, nothing where no number is shown."""
    if text == EN_DASH:
        return "0"
    found = _NUMBER[lang].search(text)
    return found.group().translate(_SIGNS[lang]) if found else ""
