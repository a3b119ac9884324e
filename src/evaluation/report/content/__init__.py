"""The report's content, section by section: the same parts in both languages, only what the release holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evaluation.report.content import (
    background,
    checklists,
    comparable,
    explain,
    explorer,
    front,
    holds,
    lasting,
    limits,
    money,
    others,
    results,
    short_long,
    subgroups,
    ways,
    who,
    workplace,
)
from evaluation.report.content.appendices import appendices
from evaluation.report.content.builder import Builder
from evaluation.report.model import Document, Section, Words
from evaluation.report.numbers import Language
from evaluation.report.release import Release
from evaluation.report.sentences import Writer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILES = {"sv": "rapport", "en": "report"}
REGIONS = {"sv": "SE", "en": "GB"}
MAIN: dict[str, Callable[[Builder], Section | None]] = {
    "background": background.background, "who": who.who, "comparable": comparable.comparable, "by_year": results.by_year, "by_month": results.by_month,
    "clocks": results.clocks, "lasting": lasting.lasting, "short_long": short_long.short_long, "where": results.where, "money": money.money, "subgroups": subgroups.subgroups, "workplace": workplace.workplace,
    "other": others.other, "ways": ways.ways, "holds": holds.holds, "limits": limits.limits, "method": explain.method, "protocol": explain.protocol,
}  # fmt: skip
# sections that a study need not ask for: without rows of theirs they are left out
OPTIONAL: dict[str, Callable[[Builder], bool]] = {
    "background": background.there, "subgroups": subgroups.there, "workplace": workplace.there, "ways": ways.there, "holds": holds.there,
}  # fmt: skip


@dataclass(frozen=True)
class Built:
    """A document, how to draw its figures, and the labels that had to be made up."""

    document: Document
    drawings: dict[str, Callable[[], Figure]]
    missing: frozenset[str]
    used: frozenset[str]


def build(release: Release, lang: Language, *, pdf_standards: Sequence[str] = ()) -> Built:
    """The report of a release in a language."""
    b = Builder(Writer.of(release, lang))
    b.keys = tuple(key for key in MAIN if key not in OPTIONAL or OPTIONAL[key](b))
    sections = [front.answer(b), front.meaning(b), *(_main(b, key) for key in MAIN)]
    kept = [s for s in sections if s is not None]
    kept += appendices(b, kept, pdf_standards)
    document = _document(b, checklists.fill(b, _numbered(kept)))
    return Built(document, b.drawings, frozenset(b.writer.catalogue.missing), frozenset(b.writer.catalogue.used))


def _main(b: Builder, key: str) -> Section | None:
    if key in OPTIONAL and not OPTIONAL[key](b):
        return None
    return MAIN[key](b) or _not_shown(b, key)


def _not_shown(b: Builder, key: str) -> Section | None:
    """A section that the release has nothing for says so: nothing is left out in silence."""
    results_of_the_study = key in (
        "by_year",
        "by_month",
        "clocks",
        "lasting",
        "short_long",
        "where",
        "money",
        "subgroups",
        "workplace",
        "other",
        "ways",
        "holds",
    )
    failed = results_of_the_study and not b.release.gates_passed
    return b.section(key, [b.writer("section.not_shown.gates" if failed else "section.not_shown.empty")])


def _numbered(sections: list[Section]) -> tuple[Section, ...]:
    """Main sections are numbered, appendices lettered, the two first pages neither."""
    found, main, letters = [], 0, 0
    for section in sections:
        if section.part == "main":
            main += 1
            section = replace(section, number=str(main))
        elif section.part == "appendix":
            section = replace(section, number=chr(ord("A") + letters))
            letters += 1
        found.append(section)
    return tuple(found)


def _document(b: Builder, sections: tuple[Section, ...]) -> Document:
    w, info = b.writer, b.release.info
    day = info.study.day
    other: Language = "en" if b.lang == "sv" else "sv"
    words = Words(
        **{
            key: w(f"word.{key}")
            for key in (
                "contents",
                "skip",
                "figure",
                "table",
                "page",
                "of",
                "data",
                "download",
                "other_language",
                "figure_data",
                "notes",
            )
        },
        other_file=f"{FILES[other]}.html",
    )
    return Document(
        lang=b.lang,
        region=REGIONS[b.lang],
        title=info.study.title(b.lang),
        author=info.study.evaluator,
        description=w("word.description", period=b.period),
        date=(day.year, day.month, day.day) if day else None,
        banner=w("banner.synthetic") if info.synthetic else "",
        running_head=info.study.title(b.lang),
        foot=w("word.foot", hash=b.hash8),
        words=words,
        sections=sections,
        explorer=explorer.explorer(b),
        page_words=explorer.page_words(b),
    )
