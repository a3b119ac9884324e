"""Appendices: sources and flaws, disclosure control, glossary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import pandas as pd

from evaluation.report.content.builder import Builder
from evaluation.report.content.checklist_values import WHOLE_REGISTER
from evaluation.report.model import Cell, Column, Section, Table, texts
from evaluation.report.numbers import capital
from evaluation.report.tables import count, hidden, impossible, plain_table, to_csv


def sources(b: Builder) -> Section | None:
    """Registers delivered, and the ledger of flaws."""
    w = b.writer
    n = w.numbers
    blocks: list[object] = []
    table = b.release.table("registers")
    if table.empty:
        blocks.append(w("registers.not_shown"))
    else:
        body = [
            (
                Cell(w.label("register", r["register"])),
                Cell(
                    n.years(int(r["first_year"]), int(r["last_year"]))
                    if r["first_year"] == r["first_year"]
                    else w("sign.missing")
                ),
                count(w, r["rows"], r["status"]),
                count(w, r["persons"], r["status"]),
            )
            for r in table.to_dict("records")
        ]
        columns = (
            Column(w("head.register"), numeric=False, width=3),
            Column(w("head.years"), width=1.3),
            Column(w("head.rows")),
            Column(w("head.persons")),
        )
        others = len(set(table["register"]) - {"key"})
        note = (w("sources.key", n=others),) if "key" in set(table["register"]) else ()
        made = plain_table(w, "registers", w("sources.caption"), columns, body, csv=to_csv(table), extra_notes=note)
        blocks.append(b.table(made))
    ledger = b.release.table("ledger")
    whole = ledger["rule"].isin(WHOLE_REGISTER)
    found = ledger[(ledger["rows"] > 0) | (ledger["status"] != "released") | whole]
    if found.empty:
        blocks.append(w("ledger.not_shown"))
    else:
        clean = len(ledger) - len(found)
        blocks.append(w("ledger.text", table=b.table_number()))
        if clean:
            blocks.append(w("ledger.clean", n=clean, n_all=len(ledger) - int(whole.sum())))
        blocks.append(b.table(_ledger(b, found)))
    return b.section("sources", blocks, "appendix")  # type: ignore[arg-type]


def _ledger(b: Builder, found: pd.DataFrame) -> Table:
    w = b.writer
    body = []
    for r in found.to_dict("records"):
        name = f"{w.label('register', r['register'])}: {w.label('rule', r['rule'])}"
        action = Cell(w.label("action", r["action"]))
        if r["rule"] in WHOLE_REGISTER:
            body.append((Cell(name), impossible(w), impossible(w), action))
            continue
        shown = r["status"] == "released"
        share = Cell(w.numbers.per100(r["share"], 2)) if shown and r["share"] == r["share"] else hidden(w, r["status"])
        body.append((Cell(name), count(w, r["rows"], r["status"]), share, action))
    columns = (
        Column(w("head.rule"), numeric=False, width=3),
        Column(w("head.rows"), width=0.8),
        Column(w("head.share_of_rows"), width=0.9),
        Column(w("head.action"), numeric=False, width=2.6),
    )
    return plain_table(w, "ledger", w("ledger.caption"), columns, body, csv=to_csv(found), small=True)


def disclosure(b: Builder) -> Section | None:
    """The rules that protect individuals, and what they did to each table."""
    w = b.writer
    table = b.release.table("disclosure")
    text = ""
    if b.release.info.min_count is not None:
        least = b.release.info.min_count
        text = " ".join([w("disclosure.text", min_count=least), w("disclosure.near", min_count=least)])
    base = b.release.info.rounding
    rounded = w("disclosure.rounding", base=base) if isinstance(base, int) and base > 1 else ""
    if table.empty:
        return b.section("disclosure", [text, rounded], "appendix")
    body = []
    for r in table.to_dict("records"):
        key = PurePosixPath(r["object"]).stem
        if not w.catalogue.has_label("released_table", key):
            continue
        name, rule = w.label("released_table", key), w.label("disclosure_rule", r["rule"])
        body.append((Cell(capital(name)), Cell(rule), count(w, r["cells"]), count(w, r["suppressed"])))
    columns = (
        Column(w("head.object"), numeric=False, width=1.8),
        Column(w("head.protection"), numeric=False, width=4),
        Column(w("head.cells")),
        Column(w("head.suppressed")),
    )
    made = plain_table(w, "disclosure", w("disclosure.caption"), columns, body, csv=to_csv(table))
    return b.section("disclosure", [text, rounded, w("disclosure.made"), b.table(made)], "appendix")


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
