"""Does it hold? The primary result under other choices, where nothing should show, and against something hidden."""

from __future__ import annotations

from evaluation.report.cases import Case, decide, stability
from evaluation.report.content import hidden_bias, other_measures
from evaluation.report.content.builder import Builder
from evaluation.report.content.specifications import Specifications, named, phrase, specifications
from evaluation.report.figures import specification
from evaluation.report.model import Cell, Column, Paragraph, Picture, Section, Table
from evaluation.report.numbers import capital
from evaluation.report.tables import head, hidden, plain_table, to_csv

TABLES = ("specification_curve", "placebo", "sensitivity")


def there(b: Builder) -> bool:
    """Whether the release holds any check of robustness."""
    return any(b.release.holds(name) for name in TABLES)


def verdict(b: Builder) -> tuple[str, str] | None:
    """Question and short answer for the first page; None where no other way of calculating may be shown."""
    found = specifications(b.writer)
    if found is None:
        return None
    w = b.writer
    answer = w("verdict.holds.answer", n_same=found.n_same, n=len(found.others))
    return w("verdict.holds.question"), answer


def holds(b: Builder) -> Section | None:
    """The section; None where nothing of it may be shown."""
    w = b.writer
    if not w.case(w.primary).shows_number:
        return None
    found = specifications(w)
    before = placebo_rows(b)
    rows: list[tuple[Cell, ...]] = []
    blocks: list[object] = [*w.reservations(w.primary.clock)]
    if found is not None:
        lead = " ".join([_stability(b, found), *other_measures.sentences(b)])
        blocks += [Paragraph(lead, "lead"), _what(b, found), _picture(b, found)]
        low, high = (w.numbers.signed100(row.estimate) for row in (found.shown[0], found.shown[-1]))
        words = {"n_same": found.n_same, "n_specs": len(found.others), "low": low, "high": high}
        rows.append((head(w("checks.curve")), Cell(w("checks.curve.finding", **words))))
    if before:
        blocks += [w("placebo.why"), *(_placebo(b, *row) for row in before)]
        rows += [_placebo_cells(b, *row) for row in before]
    blocks += hidden_bias.blocks(b)
    rows += hidden_bias.cells(b)
    if rows:
        blocks += [w("checks.text", table=b.table_number()), b.table(_checks(b, rows))]
    return b.section("holds", blocks) if rows else None  # type: ignore[arg-type]


def _stability(b: Builder, found: Specifications) -> str:
    w, words = b.writer, {"n_same": found.n_same, "n_specs": len(found.others)}
    case = stability(found.n_same, len(found.others))
    if case == "stable":
        return w("holds.stable", n_specs=len(found.others))
    if case == "fragile":
        return w("holds.fragile", **words)
    exceptions = [phrase(w, "when", choice, value) for choice, value in found.exceptions()]
    if not exceptions:
        return w("holds.mostly_plain", **words)
    return w("holds.mostly", exceptions=f" {w('holds.or')} ".join(exceptions), **words)


def _what(b: Builder, found: Specifications) -> str:
    """What was tried, how far apart the results lie, and how many may not be shown."""
    w = b.writer
    parts = [w("holds.what", choices=w.numbers.listing([w(f"choice.{name}.name") for name in found.varied]))]
    parts.append(w("holds.range", range=w.range(found.shown[0].estimate, found.shown[-1].estimate)))
    if n_hidden := len(found.rows) - len(found.shown):
        parts.append(w("holds.left_out", n_hidden=n_hidden))
    return " ".join(parts)


def _picture(b: Builder, found: Specifications) -> Picture:
    w = b.writer
    data = specification.collect(w, found)
    return b.picture(
        "specification",
        title=w("holds.curve.title", n_specs=len(found.shown)),
        subtitle=w("holds.curve.subtitle", period=b.period),
        alt=lambda number: specification.alt(data, w, finding=_stability(b, found), table=number),
        reading=w("holds.curve.reading"),
        note=f"{w('holds.curve.note')} {b.note()}",
        table=_table(b, found),
        draw=lambda: specification.figure(data, b.lang),
        clocks=tuple(dict.fromkeys(row.choices["clock"] for row in found.rows)),
    )


def _table(b: Builder, found: Specifications) -> Table:
    w, n = b.writer, b.writer.numbers
    first, *rest = found.varied
    body = []
    ordered = [*found.shown, *(row for row in found.rows if not row.case.shows_number)]
    for row in ordered:
        words = [named(w, choice, row.choices[choice]) for choice in found.varied]
        name = f"{words[0]} ({w('holds.main')})" if row.primary else words[0]
        if row.case.shows_number:
            result = (Cell(n.signed100(row.estimate)), Cell(n.interval100(row.low, row.high)))
        else:
            result = (hidden(w, row.status), hidden(w, row.status))
        body.append((head(name), *(Cell(capital(word)) for word in words[1:]), *result))
    columns = (
        Column(w(f"head.choice.{first}"), numeric=False, width=1.6),
        *(Column(w(f"head.choice.{name}"), numeric=name in ("ratio", "caliper", "year"), width=1.5) for name in rest),
        Column(w("head.difference")),
        Column(w("head.interval"), width=1.4),
    )
    csv = to_csv(b.release.table("specification_curve"))
    return plain_table(w, "specification", w("holds.curve.caption"), columns, body, csv=csv, small=True)


def placebo_rows(b: Builder) -> list[tuple[str, Case, float, float, float]]:
    """Definition, case, difference and limits of each placebo outcome that may be shown."""
    found = []
    for row in b.release.table("placebo").to_dict("records"):
        case = decide(
            estimate=row["estimate"],
            low=row["ci_low"],
            high=row["ci_high"],
            margin=row["margin"],
            status=row["status"],
            gate_passed=b.release.gates_passed,
        )
        if case.shows_number:
            found.append((row["definition"], case, row["estimate"], row["ci_low"], row["ci_high"]))
    return found


def _placebo(b: Builder, definition: str, case: Case, _estimate: float, low: float, high: float) -> Paragraph:
    w = b.writer
    outcome = w.label("share", definition if w.catalogue.has_label("share", definition) else "established")
    key = {"no_difference": "passed", "uncertain": "unclear"}.get(case.name, "failed")
    text = w(f"placebo.{key}", placebo_outcome=outcome, range=w.range(low, high))
    return Paragraph(text, "caution" if key == "failed" else "text")


def _placebo_cells(
    b: Builder, definition: str, _case: Case, estimate: float, low: float, high: float
) -> tuple[Cell, ...]:
    w, n = b.writer, b.writer.numbers
    name = w("checks.placebo", definition=w.label("definition", definition))
    words = {"difference": n.signed100(estimate), "interval": n.interval100(low, high)}
    return head(name), Cell(w("checks.placebo.finding", **words))


def _checks(b: Builder, rows: list[tuple[Cell, ...]]) -> Table:
    w = b.writer
    columns = (
        Column(w("head.check"), numeric=False, width=2.2),
        Column(w("head.finding"), numeric=False, width=2),
    )
    sensitivity = b.release.table("sensitivity")
    csv = to_csv(sensitivity[~sensitivity["kind"].isin(("contour", "benchmark"))])
    return plain_table(w, "checks", w("checks.caption"), columns, rows, csv=csv)
