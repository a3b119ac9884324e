"""Appendix to paste into the officials' report (*tjänsteutlåtande*): the same sentences as in the main text, under that report's own headings.

The department's view is left empty and nothing is recommended: that is not the evaluator's to write.
"""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.report.content import background
from evaluation.report.content.builder import Builder
from evaluation.report.content.others import other_lines
from evaluation.report.model import Block, Facts, Paragraph, Picture, Section, Table

KEY = "underlag"
LINES = 3
# tables that answer a question, the most telling first: the first that the report holds is named
ESTABLISHMENT = ("by_year", "definitions_compared")
SHORT = ("short_long",)
COUNTS = ("population", "design")
WORKPLACE = ("workplace",)


def underlag(b: Builder, sections: Sequence[Section]) -> Section | None:
    """One page: summary, background, the questions with their answers, how it was prepared, an empty view, and the appendices."""
    w = b.writer
    claim = w.claim(w.primary)
    blocks: list[Block | str | None] = [
        Paragraph(w("underlag.use"), "note"),
        *w.short_reservations(w.primary.clock),
        _heading(b, "summary"),
        w("banner.synthetic") if b.release.info.synthetic else "",  # what is pasted says so too
        w.line(w.primary) or claim.text,
        " ".join(other_lines(b)[:LINES]),
        _heading(b, "background"),
        _background(b),
        _heading(b, "matter"),
        Facts(tuple(_questions(b, sections))),
        _heading(b, "preparation"),
        _preparation(b),
        _heading(b, "view"),
        w("underlag.view"),
        _heading(b, "appendices"),
        w("underlag.appendices"),
    ]
    return b.section(KEY, blocks, "appendix")


def _heading(b: Builder, key: str) -> Paragraph:
    return Paragraph(b.writer(f"underlag.heading.{key}"), "heading")


def _background(b: Builder) -> str:
    w, study = b.writer, b.release.info.study
    missing = w("access.missing")
    return w(
        "underlag.background",
        commissioner=study.commissioner or missing,
        evaluator=study.evaluator or missing,
        date=w.numbers.date(study.day) if study.day else missing,
        period=b.period,
    )


def _questions(b: Builder, sections: Sequence[Section]) -> list[tuple[str, str]]:
    """Each question that was asked, and its answer with the number of the table that holds it."""
    w = b.writer
    claim = w.claim(w.primary)
    reading = w.interpretation()[0] if claim.case.shows_number else ""
    asked = w("underlag.quoted", question=b.release.info.study.question(b.lang))
    found = [(asked, _said(b, sections, (claim.text, reading), ESTABLISHMENT))]
    if not background.there(b):
        return found  # a report for others does not quote the letter to this committee
    quoted = {key: w(f"background.question.{key}") for key in ("policy", "individuals", "pace", "employers")}
    unit = w(f"underlag.answer.unique.{b.release.info.cohort.unit}")
    relations = (w("background.note.pace"), w("background.note.employers"))
    return [
        *found,
        (quoted["policy"], _said(b, sections, (w("underlag.answer.policy"),), SHORT)),
        (quoted["individuals"], _said(b, sections, (unit,), COUNTS)),
        (f"{quoted['pace']} {quoted['employers']}", _said(b, sections, relations, WORKPLACE)),
    ]


def _said(b: Builder, sections: Sequence[Section], texts: Sequence[str], keys: Sequence[str]) -> str:
    """Sentences, then the table that they come from, where the report has one."""
    number = table_number(sections, keys)
    place = b.writer("underlag.table", table=number) if number else ""
    return " ".join(text for text in (*texts, place) if text)


def table_number(sections: Sequence[Section], keys: Sequence[str]) -> str:
    """The number of the first of some tables that stands in the sections; empty where none does."""
    numbers = {}
    for block in (block for section in sections for block in section.blocks):
        if isinstance(block, Picture):
            numbers[block.key] = block.table.number
        elif isinstance(block, Table):
            numbers[block.key] = block.number
    return next((numbers[key] for key in keys if key in numbers), "")


def _preparation(b: Builder) -> str:
    """Data, method and design in a few sentences."""
    w, info = b.writer, b.release.info
    registers = len(set(b.release.table("registers")["register"]) - {"key"})
    data = w("underlag.data", n_registers=registers) if registers else ""
    frozen = ""
    if info.design.changes:
        frozen = w("provenance.changes")
    elif info.design.frozen and b.release.gates_passed:
        frozen = w("provenance.frozen")
    return " ".join(text for text in (data, w("underlag.method"), frozen, w("underlag.hash", hash8=b.hash8)) if text)
