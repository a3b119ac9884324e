"""The parts a report is made of. HTML and PDF draw the same parts; only the words depend on the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

ParagraphKind = Literal["text", "headline", "label", "lead", "caution", "note", "heading"]


@dataclass(frozen=True)
class Paragraph:
    """Running text. `headline`: the answer in large; `label`: its standing; `lead`: a section's claim; `caution`: what to be careful with."""

    text: str
    kind: ParagraphKind = "text"
    type: str = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Bullets:
    """A list with a heading of its own."""

    title: str
    items: tuple[str, ...]
    ordered: bool = False
    type: str = field(default="bullets", init=False)


@dataclass(frozen=True)
class Facts:
    """Pairs of a short question or name and its answer; `strip` sets them beside one another."""

    items: tuple[tuple[str, str], ...]
    strip: bool = False
    type: str = field(default="facts", init=False)


@dataclass(frozen=True)
class Column:
    """A table's column: its head, whether it holds numbers, and its share of the width."""

    head: str
    numeric: bool = True
    width: float = 1.0


@dataclass(frozen=True)
class Cell:
    """A cell; `spoken` is what a screen reader says where the sign alone says too little."""

    text: str
    spoken: str = ""


@dataclass(frozen=True)
class Table:
    """A table: caption (what, whom, where, when, unit), columns, rows, the signs it uses, and its data as CSV.

    `number` is the printed number, `D3` for the data behind figure 3. The first column holds the row's head.
    """

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    csv: str = ""
    number: str = ""
    small: bool = False
    type: str = field(default="table", init=False)


@dataclass(frozen=True)
class Picture:
    """A figure: claim as title, subtitle (measure, groups, unit, period), alternative text, how to read it, its data table."""

    key: str
    title: str
    subtitle: str
    alt: str
    reading: str
    note: str
    table: Table
    number: str = ""
    type: str = field(default="picture", init=False)


Block = Paragraph | Bullets | Facts | Table | Picture


@dataclass(frozen=True)
class Section:
    """A section; main sections bear a number, appendices a letter."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    part: Literal["front", "main", "appendix"] = "main"
    number: str = ""


@dataclass(frozen=True)
class Words:
    """The fixed words around the content."""

    contents: str
    skip: str
    figure: str
    table: str
    page: str
    of: str
    data: str
    download: str
    other_language: str
    other_file: str
    figure_data: str
    notes: str


@dataclass(frozen=True)
class Explorer:
    """Every released result to choose among, where a reader's page can run a script; `without` stands where it cannot.

    `data` is what the script reads: the choices, the words and the rows, as plain JSON. Paper has none of it.
    """

    key: str
    title: str
    text: str
    reading: str
    without: str
    choices: tuple[tuple[str, str], ...]
    download: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Document:
    """A whole report in one language."""

    lang: str
    region: str
    title: str
    author: str
    description: str
    date: tuple[int, int, int] | None
    banner: str
    running_head: str
    foot: str
    words: Words
    sections: tuple[Section, ...]
    explorer: Explorer | None = None
    page_words: Mapping[str, str] = field(default_factory=dict)

    def pictures(self) -> list[Picture]:
        """All figures in order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Picture)]

    def tables(self) -> list[Table]:
        """All tables in order, those behind figures included."""
        found: list[Table] = []
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    found.append(block)
                elif isinstance(block, Picture):
                    found.append(block.table)
        return found


def texts(blocks: Sequence[Block]) -> list[str]:
    """Every running text in some blocks, for checks of words and for the glossary."""
    found: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            found.append(block.text)
        elif isinstance(block, Bullets):
            found += [block.title, *block.items]
        elif isinstance(block, Facts):
            found += [part for item in block.items for part in item]
        elif isinstance(block, Table):
            found += [
                block.caption,
                *(c.head for c in block.columns),
                *(c.text for row in block.rows for c in row),
                *block.notes,
            ]
        else:
            found += [block.title, block.subtitle, block.reading, block.note]
    return found
