"""Every appendix, in its order. The glossary explains the words of everything before it."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.report.content import appendix, checklists, definitions, provenance, underlag
from evaluation.report.content.builder import Builder
from evaluation.report.model import Section


def appendices(b: Builder, sections: Sequence[Section], pdf_standards: Sequence[str]) -> list[Section]:
    """The appendices to some sections, the checklists among them still to be filled."""
    w = b.writer
    before = [
        appendix.sources(b),
        definitions.definitions(b) or b.section("definitions", [w("section.not_shown.empty")], "appendix"),
        *(checklists.reserve(b, name) for name in checklists.CHECKLISTS),
        appendix.disclosure(b),
    ]
    kept = [*sections, *(s for s in before if s is not None)]
    after = [
        appendix.glossary(b, kept),
        provenance.accessibility(b, pdf_standards),
        provenance.provenance(b),
        underlag.underlag(b, kept),
    ]
    return [s for s in (*before, *after) if s is not None]
