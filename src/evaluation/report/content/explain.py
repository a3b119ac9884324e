"""What to be careful with, how the comparison was made, and the protocol."""

from __future__ import annotations

from evaluation.report.content.builder import Builder
from evaluation.report.content.levels import stratum_names
from evaluation.report.model import Bullets, Cell, Column, Paragraph, Section
from evaluation.report.tables import plain_table

LATER = {"not_yet": "later", "never": "weights", "never_in_follow_up": "removed"}


def limits(b: Builder) -> Section | None:
    """Limitations with the likely direction of the error; the lines that apply to this run."""
    w, design = b.writer, b.release.info.design
    excluded = (design.n_treated_eligible or 0) - (design.n_treated_matched or 0)
    lines: list[tuple[str, dict[str, str]]] = [("hidden", {})]
    if (later := LATER.get(b.release.info.primary.estimand)) is not None:
        lines.append((later, {}))
    if excluded > 0:
        lines.append(("matched", {"n_excluded": w.numbers.decimal(excluded)}))
    lines.append(("registers", {"place": b.place("sources")}))
    definitions = b.release.table("definitions")
    if (definitions["status"].isin(["derived", "assumed"])).any():
        lines.append(("thresholds", {"place": b.place("definitions")}))
    excluded_absent = b.release.info.outcomes.absent == "excluded"
    lines += [("absent_excluded" if excluded_absent else "absent", {}), ("supported", {})]
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
    gates = tuple(
        w(f"method.gate.{'passed' if gate.passed else 'failed'}", name=w.label("gate", gate.name))
        for gate in info.gates
    )
    counted = w("unit.employments") if info.cohort.unit == "employments" else ""
    return b.section(
        "method",
        [
            *w.reservations(info.primary.clock),
            counted,
            Bullets(w("method.steps"), tuple(step for step in steps if step), ordered=True),
            Bullets(w("method.gates"), gates) if gates else None,
        ],
    )


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
