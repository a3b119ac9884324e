"""How the comparison was made, in words for everyone, and the protocol."""

from __future__ import annotations

import pandas as pd

from evaluation.report.content.builder import Builder
from evaluation.report.content.levels import stratum_names
from evaluation.report.figures import timeline
from evaluation.report.model import Bullets, Cell, Column, Paragraph, Picture, Section, Table
from evaluation.report.numbers import capital
from evaluation.report.record import Gate
from evaluation.report.tables import plain_table, to_csv


def method(b: Builder) -> Section | None:
    """The method in words that need no training."""
    w, info = b.writer, b.release.info
    names = stratum_names(b) or w("sign.zero")
    ratio = w.numbers.decimal(info.design.ratio or 1)
    steps = (
        w("method.1"),
        w("method.2"),
        w("method.3"),
        w("method.one", exact=names) if ratio == "1" else w("method.4", ratio=ratio, exact=names),
        w(_when_outcomes_were_read(b)),
        {"never": w("method.never"), "never_in_follow_up": w("method.removed")}.get(info.primary.estimand, ""),
        w("method.6") if b.release.gates_passed else "",
    )
    gates = tuple(w(f"method.gate.{'passed' if gate.passed else 'failed'}", name=_ask(b, gate)) for gate in info.gates)
    counted = w("unit.employments") if info.cohort.unit == "employments" else ""
    return b.section(
        "method",
        [
            *w.reservations(info.primary.clock),
            counted,
            w("method.why"),
            Bullets(w("method.steps"), tuple(step for step in steps if step), ordered=True),
            _timeline(b),
            Bullets(w("method.gates"), gates) if gates else None,
            w("method.doubt", limits=b.place("limits")),
        ],
    )


def _ask(b: Builder, gate: Gate) -> str:
    """What a requirement asks for; its name alone where it has no words here."""
    w = b.writer
    key = f"method.ask.{gate.name}"
    if gate.limit is None or not w.catalogue.has(key):
        return capital(w.label("gate", gate.name))
    return w(key, limit=w.plain_number(gate.limit if gate.name == "balance" else 100 * gate.limit))


def _timeline(b: Builder) -> Picture:
    """One invented pair on the study's clocks."""
    w = b.writer
    data = timeline.collect(w)
    return b.picture(
        "timeline",
        title=w("method.timeline.title"),
        subtitle=w("method.timeline.subtitle"),
        alt=lambda number: timeline.alt(data, w, table=number),
        reading=w("method.timeline.reading"),
        note=w("method.timeline.note", hash=b.hash8),
        table=_events(b, timeline.events(data)),
        draw=lambda: timeline.figure(data, b.lang),
    )


def _events(b: Builder, events: list[tuple[str, int, int, int]]) -> Table:
    w, n = b.writer, b.writer.numbers
    body = []
    for event, k, *months in events:
        if event == "year":
            name = w("timeline.year", year=k)
        elif event in ("enrolled", "matched"):
            name = w(f"timeline.{event}")
        else:
            name = w("timeline.clock", clock=w.label("clock", event))
        body.append((Cell(name), *(Cell(n.decimal(month)) for month in months)))
    columns = (
        Column(w("head.event"), numeric=False, width=2),
        Column(w("head.the_participant")),
        Column(w("head.the_comparison")),
    )
    frame = pd.DataFrame(events, columns=["event", "number", "participant_month", "comparison_month"])
    return plain_table(w, "timeline", w("method.timeline.caption"), columns, body, csv=to_csv(frame))


def _when_outcomes_were_read(b: Builder) -> str:
    if b.release.info.design.changes:
        return "method.5.changed"
    return "method.5" if b.release.gates_passed else "method.5.failed"


def protocol(b: Builder) -> Section | None:
    """The target trial: element, ideal, this study, deviation; in the report's language where the release holds it."""
    w = b.writer
    table = b.release.table("protocol")
    table = table[table["language"] == b.lang]
    if table.empty:
        return None
    body = []
    for row in table.to_dict("records"):
        key = row["element"].strip().lower().replace(" ", "_").replace("-", "_")
        element = w.label("protocol", key)
        body.append(
            (Cell(element), *(Cell(row[c].replace("`", "") or w("sign.zero")) for c in ("ideal", "study", "deviation")))
        )
    columns = (
        Column(w("head.element"), numeric=False),
        Column(w("head.ideal"), numeric=False, width=2),
        Column(w("head.study"), numeric=False, width=2),
        Column(w("head.deviation"), numeric=False, width=2),
    )
    text = w("protocol.text", table=b.table_number())
    changed = Paragraph(w.changed(), "caution") if w.changed() else None
    return b.section(
        "protocol", [changed, text, b.table(plain_table(w, "protocol", w("protocol.caption"), columns, body))]
    )
