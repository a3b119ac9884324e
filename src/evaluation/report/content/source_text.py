"""Sources of values in the report's language: recurring remarks are translated, the rest stands as it was written down."""

from __future__ import annotations

import re

from evaluation.report.sentences import Writer

GROUP = "source_text"
_YEARS = re.compile(r"\b\d{4}(?:-\d{4})?\b")
_PLACE = "#"


def source_text(w: Writer, source: str) -> str:
    """The source with each of its remarks in the writer's language; the parts of a source are parted by semicolons."""
    return "; ".join(_remark(w, part) for part in source.split("; "))


def _remark(w: Writer, text: str) -> str:
    """A remark that a label knows but for its years, which are put back in their order; any other as it is."""
    key = _YEARS.sub(_PLACE, text)
    if not w.catalogue.has_label(GROUP, key):
        return text
    said = w.label(GROUP, key)
    for found in _YEARS.findall(text):
        first, _, last = found.partition("-")
        said = said.replace(_PLACE, w.numbers.years(int(first), int(last or first)), 1)
    return said
