"""What every section needs: a writer, numbers for figures and tables, notes and references."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from evaluation.report import flags
from evaluation.report.model import Block, Paragraph, Picture, Section, Table
from evaluation.report.numbers import Language
from evaluation.report.release import Effect, Release
from evaluation.report.sentences import Writer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALT_LENGTH = 300


@dataclass
class Builder:
    """Collects numbered figures and tables while the sections are written in order."""

    writer: Writer
    figures: int = 0
    tables: int = 0
    drawings: dict[str, Callable[[], Figure]] = field(default_factory=dict)
    keys: tuple[str, ...] = ()  # the main sections of this report, in order

    @property
    def release(self) -> Release:
        """The release."""
        return self.writer.release

    @property
    def lang(self) -> Language:
        """The language."""
        return self.writer.lang

    def table_number(self) -> str:
        """The number the next table in the text gets."""
        return str(self.tables + 1)

    def table(self, table: Table) -> Table:
        """Number a table of the text."""
        self.tables += 1
        return replace(table, number=str(self.tables))

    def picture(
        self,
        key: str,
        *,
        title: str,
        subtitle: str,
        alt: Callable[[str], str],
        reading: str,
        note: str,
        table: Table,
        draw: Callable[[], Figure],
        clocks: Sequence[str] = (),
    ) -> Picture:
        """Number a figure; `alt` is given the number of the table behind it, `draw` makes the figure.

        `clocks`: those its results are counted on, so that methods known to go wrong are named at its foot.
        """
        self.figures += 1
        number = f"D{self.figures}"
        self.drawings[key] = draw
        behind = replace(table, number=number, key=f"{key}-data")
        foot = " ".join([note, *(flags.notes(self.writer, clocks) if clocks else ())])
        return Picture(key, title, subtitle, alt(number), reading, foot, behind, str(self.figures))

    def section(self, key: str, blocks: Sequence[Block | str | None], part: str = "main") -> Section | None:
        """A section from what there is: texts become paragraphs, None is left out; None where nothing is left."""
        kept: list[Block] = []
        for block in blocks:
            if isinstance(block, str):
                if block:
                    kept.append(Paragraph(block))
            elif block is not None:
                kept.append(block)
        if not kept:
            return None
        return Section(key, self.writer(f"section.{key}.title"), tuple(kept), part)  # type: ignore[arg-type]

    def place(self, key: str) -> str:
        """The title of another section, to refer to it."""
        return self.writer(f"section.{key}.title")

    def numbered_place(self, key: str) -> str:
        """A section with its number where it is a main one, to refer to it: `avsnitt 3 ”Vilka som ingår”`."""
        if key not in self.keys:
            return self.writer("place.front", place=self.place(key))
        return self.writer("place.main", number=self.keys.index(key) + 1, place=self.place(key))

    @property
    def hash8(self) -> str:
        """The design's checksum, short."""
        return self.release.info.design.hash[:8] or "–"

    def note(self, row: Effect | None = None) -> str:
        """A figure's foot: kind of interval and definition where there is an effect, source, design."""
        w = self.writer
        if row is None:
            return w("note.plain", place=self.place("sources"), hash=self.hash8)
        return w(
            "note.effects",
            definition=w.label("definition", row.definition),
            n=w.numbers.decimal(row.n_treated),
            place=self.place("sources"),
            hash=self.hash8,
        )

    def span(self, first: int, last: int) -> str:
        """`år 1–4`, `years 1 to 4`."""
        n = self.writer.numbers
        word = ("år" if self.lang == "sv" else "year") if first == last or self.lang == "sv" else "years"
        return f"{word} {n.years(first, last)}"

    @property
    def period(self) -> str:
        """The period in the language's own form."""
        period = self.release.info.study.period
        parts = period.replace("\u2013", "-").split("-")
        if len(parts) == 2 and all(p.strip().isdigit() for p in parts):
            return self.writer.numbers.years(int(parts[0]), int(parts[1]))
        return period
