"""Appendices with the reporting checklists: each item, whether this very report answers it, and where.

The tables are numbered when they are reserved, among the appendices, and filled when every section is known: nothing is
answered with a place that the report does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evaluation.report.checklists import CHECKLISTS, Answer, Checklist, Item, items
from evaluation.report.content.builder import Builder
from evaluation.report.content.checklist_values import value
from evaluation.report.model import Block, Cell, Column, Paragraph, Picture, Section, Table
from evaluation.report.numbers import capital
from evaluation.report.tables import plain_table

NOT_SHOWN = "section.not_shown."


@dataclass(frozen=True)
class Place:
    """A section of the report, and the figure or table in it that is pointed at (none: the section as a whole)."""

    section: Section
    block: Picture | Table | None = None


@dataclass(frozen=True)
class Answered:
    """An item as this report answers it."""

    item: Item
    answer: Answer
    places: tuple[Place, ...]
    values: tuple[str, ...]
    missing: bool


def reserve(b: Builder, checklist: Checklist) -> Section | None:
    """The section of a checklist with its items, not answered yet."""
    w = b.writer
    found = items(checklist, b.lang)
    body = [(Cell(_name(b, item), _spoken(b, item)), Cell(""), Cell("")) for item in found]
    columns = (
        Column(w("head.item"), numeric=False, width=3),
        Column(w("head.answered"), numeric=False, width=0.9),
        Column(w("head.where"), numeric=False, width=3.4),
    )
    mark = w.label("verified", "no")[0]
    unverified = any(item.number and not item.verified for item in found)
    notes = [w("definitions.letter", letter=mark, meaning=w.label("verified", "no"))] if unverified else []
    table = plain_table(w, checklist, w(f"checklist.{checklist}.caption"), columns, body, extra_notes=notes, small=True)
    return b.section(checklist, [w(f"checklist.{checklist}.text"), b.table(table)], "appendix")


def fill(b: Builder, sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections with the checklists among them answered from the others."""
    return tuple(_filled(b, s, sections) if s.key in CHECKLISTS else s for s in sections)


def _filled(b: Builder, section: Section, sections: Sequence[Section]) -> Section:
    found = answers(b, section.key, sections)  # type: ignore[arg-type]
    blocks: list[Block] = []
    for block in section.blocks:
        if isinstance(block, Table):
            rows = zip(block.rows, found, strict=True)
            block = replace(block, rows=tuple((row[0], *_cells(b, answered)) for row, answered in rows))
        blocks.append(block)
    counts = {answer: sum(a.answer == answer for a in found) for answer in ("yes", "partly", "no")}
    text = b.writer("checklist.sum", n_all=len(found), **counts)
    return replace(section, blocks=(*blocks[:1], Paragraph(text), *blocks[1:]))


def answers(b: Builder, checklist: Checklist, sections: Sequence[Section]) -> list[Answered]:
    """Each item as a report with these sections answers it.

    Yes and partly need every place and value of the item. A report that has none of its places, or lacks a value, answers no; one that
    has some of the places answers in part.
    """
    places = _places(b, sections)
    found = []
    for item in items(checklist, b.lang):
        hits = [next((places[a] for a in choice if a in places), None) for choice in item.where]
        there = tuple(hit for hit in hits if hit is not None)
        values = tuple(value(b, key) for key in item.values)
        answer: Answer = item.answer
        missing = len(there) < len(hits) or not all(values)
        if missing:
            answer = "partly" if there and all(values) else "no"
        found.append(Answered(item, answer, there, tuple(v for v in values if v), missing))
    return found


def _places(b: Builder, sections: Sequence[Section]) -> dict[str, Place]:
    """Everything that may be pointed at, by anchor; a section that only says that it is not shown is no place."""
    found = {}
    empty = {b.writer(f"{NOT_SHOWN}{why}") for why in ("gates", "empty")}
    for section in sections:
        if all(isinstance(block, Paragraph) and block.text in empty for block in section.blocks):
            continue
        found[section.key] = Place(section)
        for block in section.blocks:
            if isinstance(block, Picture | Table):
                found[f"{section.key}#{block.key}"] = Place(section, block)
    return found


def _name(b: Builder, item: Item) -> str:
    """`RECORD 6.2 o: Redovisar om …`; an item without a number is named by its part."""
    w = b.writer
    name = w.label("checklist_part", item.part)
    if item.number:
        name = f"{name} {item.number}" + ("" if item.verified else f" {w.label('verified', 'no')[0]}")
    return w("checklist.item", name=name, item=item.text)


def _spoken(b: Builder, item: Item) -> str:
    """What a screen reader says where a letter stands for a word."""
    w = b.writer
    if not item.number or item.verified:
        return ""
    name = f"{w.label('checklist_part', item.part)} {item.number}, {w.label('verified', 'no')}"
    return w("checklist.item", name=name, item=item.text)


def _cells(b: Builder, answered: Answered) -> tuple[Cell, Cell]:
    w = b.writer
    said = [_where(b, answered.places)] if answered.places else []
    said += [f"{capital(text)}." for text in answered.values] if answered.places else []
    if answered.missing:
        said.append(w("checklist.missing.some" if answered.places else "checklist.missing.all"))
    elif answered.item.note:
        said.append(answered.item.note)
    return Cell(w.label("checklist_answer", answered.answer)), Cell(" ".join(said))


def _where(b: Builder, places: Sequence[Place]) -> str:
    """`1. Vilka som ingår (diagram 2); B. Definitioner (tabell 19).` as the headings stand."""
    w = b.writer
    by_section: dict[str, list[str]] = {}
    for place in places:
        s = place.section
        names = by_section.setdefault(f"{s.number}. {s.title}" if s.number else s.title, [])
        if place.block is not None:
            kind = w("word.figure" if isinstance(place.block, Picture) else "word.table").lower()
            names.append(f"{kind} {place.block.number}")
    parts = [f"{title} ({', '.join(names)})" if names else title for title, names in by_section.items()]
    return f"{'; '.join(parts)}."
