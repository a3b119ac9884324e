"""Appendices: sources and flaws, definitions, disclosure control, glossary, accessibility, provenance."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaluation.report.content.builder import Builder
from evaluation.report.model import Cell, Column, Facts, Paragraph, Section, texts
from evaluation.report.numbers import capital
from evaluation.report.tables import count, plain_table, to_csv

PDF_STANDARDS = {"ua-1": "PDF/UA-1", "a-2a": "PDF/A-2a"}


def sources(b: Builder) -> Section | None:
    """Registers delivered, and the ledger of flaws."""
    w = b.writer
    n = w.numbers
    blocks: list[object] = []
    table = b.release.table("registers")
    if not table.empty:
        body = [
            (
                Cell(w.label("register", r["register"])),
                Cell(
                    n.years(int(r["first_year"]), int(r["last_year"]))
                    if r["first_year"] == r["first_year"]
                    else w("sign.missing")
                ),
                count(w, r["rows"]),
                count(w, r["persons"]),
            )
            for r in table.to_dict("records")
        ]
        columns = (
            Column(w("head.register"), numeric=False, width=3),
            Column(w("head.years"), width=1.3),
            Column(w("head.rows")),
            Column(w("head.persons")),
        )
        blocks.append(b.table(plain_table(w, "registers", w("sources.caption"), columns, body, csv=to_csv(table))))
    ledger = b.release.table("ledger")
    if not ledger.empty:
        blocks.append(w("ledger.text", table=b.table_number()))
        body = [
            (
                Cell(f"{w.label('register', r['register'])}: {w.label('rule', r['rule'])}"),
                count(w, r["rows"]),
                Cell(n.per100(r["share"], 2))
                if r["share"] == r["share"]
                else Cell(w("sign.missing"), w.label("status", "not_estimated")),
                Cell(w.label("action", r["action"])),
            )
            for r in ledger.to_dict("records")
        ]
        columns = (
            Column(w("head.rule"), numeric=False, width=4),
            Column(w("head.rows")),
            Column(w("head.share_of_rows")),
            Column(w("head.action"), numeric=False, width=1.4),
        )
        blocks.append(b.table(plain_table(w, "ledger", w("ledger.caption"), columns, body, csv=to_csv(ledger))))
    return b.section("sources", blocks, "appendix")  # type: ignore[arg-type]


def definitions(b: Builder) -> Section | None:
    """Thresholds with source and status, equal values of consecutive years in one row."""
    w = b.writer
    table = b.release.table("definitions")
    if table.empty:
        return None
    assumed = table.loc[table["status"] == "assumed", ["table", "name"]].drop_duplicates()
    first = ""
    if len(assumed):
        first = w("banner.assumed", n_assumed=len(assumed))
    body = []
    for years, row in _merged(table.to_dict("records")):
        name = f"{w.label('definition_table', row['table'])}: {_name(b, row['name'])}"
        body.append(
            (
                Cell(capital(name)),
                Cell(_years(b, years)),
                Cell(_value(b, row["value"])),
                Cell(_unit(b, row["unit"])),
                Cell(w.label("source_status", row["status"])),
                Cell(row["source"]),
            )
        )
    columns = (
        Column(w("head.name"), numeric=False, width=2.2),
        Column(w("head.years"), width=1.1),
        Column(w("head.value"), width=1),
        Column(w("head.unit"), numeric=False, width=1),
        Column(w("head.status"), numeric=False, width=1.1),
        Column(w("head.source"), numeric=False, width=2.4),
    )
    made = plain_table(w, "definitions", w("definitions.caption"), columns, body, csv=to_csv(table), small=True)
    return b.section("definitions", [first, w("definitions.text"), b.table(made)], "appendix")


def _merged(rows: Sequence[dict]) -> list[tuple[list[int], dict]]:
    """Rows that differ in nothing but consecutive years, together."""
    found: list[tuple[list[int], dict]] = []
    rows = sorted(rows, key=lambda r: (r["table"], r["name"], r["year"]))
    for row in rows:
        year = int(row["year"]) if re.fullmatch(r"\d{4}", str(row["year"])) else None
        last = found[-1] if found else None
        same = last and all(last[1][k] == row[k] for k in ("table", "name", "value", "unit", "source", "status"))
        if year is not None and last and same and last[0] and year == last[0][-1] + 1:
            last[0].append(year)
        else:
            found.append(([year] if year is not None else [], row))
    return found


def _years(b: Builder, years: list[int]) -> str:
    return b.writer.numbers.years(years[0], years[-1]) if years else b.writer("sign.zero")


def _value(b: Builder, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return value
    return b.writer.plain_number(number)


def _name(b: Builder, name: str) -> str:
    return b.writer.label("definition_name", name) if b.writer.catalogue.has_label("definition_name", name) else name


def _unit(b: Builder, unit: str) -> str:
    return b.writer.label("definition_unit", unit) if b.writer.catalogue.has_label("definition_unit", unit) else unit


def disclosure(b: Builder) -> Section | None:
    """The rules that protect individuals, and what they did to each table."""
    w = b.writer
    table = b.release.table("disclosure")
    text = ""
    if b.release.info.min_count is not None:
        text = w("disclosure.text", min_count=b.release.info.min_count)
    if table.empty:
        return b.section("disclosure", [text], "appendix")
    body = [
        (
            Cell(r["object"]),
            Cell(w.label("disclosure_rule", r["rule"])),
            count(w, r["cells"]),
            count(w, r["suppressed"]),
            Cell(r["note"] or w("sign.zero"), "" if r["note"] else w("sign.spoken.zero")),
        )
        for r in table.to_dict("records")
    ]
    columns = (
        Column(w("head.object"), numeric=False, width=1.6),
        Column(w("head.rule"), numeric=False, width=2),
        Column(w("head.cells")),
        Column(w("head.suppressed")),
        Column(w("head.note"), numeric=False, width=2),
    )
    made = plain_table(w, "disclosure", w("disclosure.caption"), columns, body, csv=to_csv(table))
    return b.section("disclosure", [text, b.table(made)], "appendix")


def glossary(b: Builder, sections: Sequence[Section]) -> Section | None:
    """The glossary's terms that stand in the report's texts."""
    w = b.writer
    text = " ".join(t for s in sections for t in [s.title, *texts(s.blocks)]).casefold().replace("\u00ad", "")
    body = [(Cell(t.term), Cell(t.definition)) for t in w.catalogue.terms() if _stands(t.term, text)]
    if not body:
        return None
    columns = (
        Column(w("head.term"), numeric=False, width=1.4),
        Column(w("head.definition_text"), numeric=False, width=3),
    )
    return b.section(
        "glossary", [b.table(plain_table(w, "glossary", w("glossary.caption"), columns, body))], "appendix"
    )


def _stands(term: str, text: str) -> bool:
    """Whether one of a term's forms begins a word of the text (so that endings do not matter)."""
    forms = [f.strip() for f in re.split(r"[,()]", term.casefold()) if f.strip()]
    return any(re.search(rf"\b{re.escape(form)}", text) for form in forms)


def accessibility(b: Builder, standards: Sequence[str]) -> Section | None:
    """What the report was made to follow, what was not checked, whom to write to."""
    w, study = b.writer, b.release.info.study
    missing = w("access.missing")
    names = w.numbers.listing([PDF_STANDARDS.get(s, s) for s in standards])
    contact = w("access.contact", contact=study.contact or missing, statement_url=study.statement_url or missing)
    return b.section("access", [w("access.standard"), w("access.format", standards=names), contact], "appendix")


def provenance(b: Builder) -> Section | None:
    """The run and the design behind the numbers."""
    w, info = b.writer, b.release.info
    rows = [(w("provenance.version"), info.study.version), (w("provenance.hash"), info.design.hash)]
    if info.scenario:
        rows.append((w("provenance.scenario"), info.scenario))
    if info.seed is not None:
        rows.append((w("provenance.seed"), str(info.seed)))
    software = ", ".join(f"{name} {version}" for name, version in sorted(info.software.items()))
    rows.append((w("provenance.software"), software))
    text = w("provenance.text", hash8=b.hash8)
    changes = w("provenance.changes", n_changes=w.changes())
    return b.section(
        "provenance", [Paragraph(f"{text} {changes}"), Facts(tuple((k, v) for k, v in rows if v))], "appendix"
    )
