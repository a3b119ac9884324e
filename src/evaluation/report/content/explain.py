"""What to be careful with, how the comparison was made, and the protocol."""

from __future__ import annotations

from evaluation.report.content.builder import Builder
from evaluation.report.model import Bullets, Cell, Column, Section
from evaluation.report.tables import plain_table


def limits(b: Builder) -> Section | None:
    """Limitations with the likely direction of the error; the lines that apply to this run."""
    w, design = b.writer, b.release.info.design
    excluded = (design.n_treated_eligible or 0) - (design.n_treated_matched or 0)
    lines: list[tuple[str, dict[str, str]]] = [("hidden", {})]
    if b.release.info.primary.estimand == "not_yet":
        lines.append(("later", {}))
    if excluded > 0:
        lines.append(("matched", {"n_excluded": w.numbers.decimal(excluded)}))
    lines.append(("registers", {"place": b.place("sources")}))
    definitions = b.release.table("definitions")
    if (definitions["status"].isin(["derived", "assumed"])).any():
        lines.append(("thresholds", {"place": b.place("definitions")}))
    lines += [("absent", {}), ("supported", {})]
    body = [
        (Cell(w(f"limit.{key}.name")), Cell(w(f"limit.{key}.meaning", **words)), Cell(w(f"limit.{key}.direction")))
        for key, words in lines
    ]
    columns = (
        Column(w("head.limit"), numeric=False, width=1.5),
        Column(w("head.meaning"), numeric=False, width=2.6),
        Column(w("head.direction"), numeric=False, width=1.4),
    )
    return b.section("limits", [b.table(plain_table(w, "limits", w("limits.caption"), columns, body))])


def method(b: Builder) -> Section | None:
    """The method in words that need no training."""
    w, info = b.writer, b.release.info
    exact = (info.design.exact,) if isinstance(info.design.exact, str) else info.design.exact
    names = w.numbers.listing([w.label("exact", e) for e in exact if e]) or w("sign.zero")
    ratio = w.numbers.decimal(info.design.ratio or 1)
    steps = (
        w("method.1"),
        w("method.2"),
        w("method.3"),
        w("method.one", exact=names) if ratio == "1" else w("method.4", ratio=ratio, exact=names),
        w("method.5"),
        w("method.6"),
    )
    gates = tuple(
        w(f"method.gate.{'passed' if gate.passed else 'failed'}", name=w.label("gate", gate.name))
        for gate in info.gates
    )
    return b.section(
        "method",
        [Bullets(w("method.steps"), steps, ordered=True), Bullets(w("method.gates"), gates) if gates else None],
    )


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
    return b.section("protocol", [text, b.table(plain_table(w, "protocol", w("protocol.caption"), columns, body))])
