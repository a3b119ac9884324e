"""Appendices about the report itself: how accessible it is, and the run and the design behind its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.report.content.builder import Builder
from evaluation.report.model import Bullets, Cell, Column, Paragraph, Section, Table
from evaluation.report.tables import plain_table

PDF_STANDARDS = {"ua-1": "PDF/UA-1", "a-2a": "PDF/A-2a"}
KNOWN_ISSUES = ("data", "wide", "language")


def accessibility(b: Builder, standards: Sequence[str]) -> Section | None:
    """What the report was made to follow, how far that was tested, what is known to be missing, and whom to write to."""
    w, study = b.writer, b.release.info.study
    missing = w("access.missing")
    names = w.numbers.listing([PDF_STANDARDS.get(s, s) for s in standards])
    return b.section(
        "access",
        [
            w("access.standard"),
            w("access.format", standards=names),
            w("access.tested"),
            Bullets(w("access.known"), tuple(w(f"access.known.{key}") for key in KNOWN_ISSUES)),
            w("access.contact", contact=study.contact or missing, statement_url=study.statement_url or missing),
        ],
        "appendix",
    )


def provenance(b: Builder) -> Section | None:
    """The run and the design behind the numbers, what changed after freezing, and how data and code are reached."""
    w, info = b.writer, b.release.info
    design, study = info.design, info.study
    rows = [
        (w("provenance.version"), study.version),
        (w("provenance.date"), w.numbers.date(study.day) if study.day else ""),
        (w("provenance.commissioner"), study.commissioner),
        (w("provenance.evaluator"), study.evaluator or w("access.missing")),
        (w("provenance.hash"), design.hash),
        (w("provenance.freezing"), w("provenance.no_clock")),
        (w("provenance.after"), w("provenance.none") if not design.changes else w.numbers.decimal(design.changes)),
        (w("provenance.scenario"), w.label("scenario", info.scenario) if info.scenario else ""),
        (w("provenance.seed"), "" if info.seed is None else str(info.seed)),
        (w("provenance.software"), ", ".join(f"{name} {version}" for name, version in sorted(info.software.items()))),
    ]
    return b.section(
        "provenance",
        [
            w("provenance.text", hash8=b.hash8),
            changes(b),
            b.table(_table(b, [(k, v) for k, v in rows if v])),
            Bullets(w("provenance.reach"), tuple(w(f"provenance.reach.{key}") for key in _reach(b))),
        ],
        "appendix",
    )


def _table(b: Builder, rows: list[tuple[str, str]]) -> Table:
    w = b.writer
    columns = (Column(w("head.what"), numeric=False, width=1.3), Column(w("head.given"), numeric=False, width=3.7))
    body = [(Cell(name), Cell(text)) for name, text in rows]
    return plain_table(w, "provenance", w("provenance.caption"), columns, body)


def _reach(b: Builder) -> tuple[str, ...]:
    data = "synthetic" if b.release.info.synthetic else "registers"
    return (data, "tables", "code")


def changes(b: Builder) -> Paragraph | str:
    """Whether the design was frozen before outcomes were read, and stayed so; nothing where none were read."""
    w, design = b.writer, b.release.info.design
    if design.changes:
        return Paragraph(w("provenance.changes"), "caution")
    return w("provenance.frozen") if design.frozen and b.release.gates_passed else ""
