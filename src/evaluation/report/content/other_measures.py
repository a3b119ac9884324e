"""Measures of establishment with which the answer for the primary year is another than that of the main result: a sentence for each."""

from __future__ import annotations

from evaluation.report.cases import of_other_measures
from evaluation.report.content.builder import Builder
from evaluation.report.content.results import definition_rows
from evaluation.report.lines import other_measure


def sentences(b: Builder) -> tuple[str, ...]:
    """What each such measure shows; nothing where the main result is not shown or every measure says the same."""
    w, p = b.writer, b.release.info.primary
    main = w.case(w.primary)
    if not main.shows_number:
        return ()
    rows = {name: row for name, row in definition_rows(b) if row.definition != p.definition}
    found = {name: w.case(row) for name, row in rows.items()}
    return tuple(other_measure(w, name, rows[name]) for name in of_other_measures(main, found))
