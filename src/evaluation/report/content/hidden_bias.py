"""What something that the registers do not show could do to the primary result."""

from __future__ import annotations

import math

from evaluation.report.content.builder import Builder
from evaluation.report.figures import sensitivity
from evaluation.report.model import Cell, Column, Picture, Table
from evaluation.report.numbers import exact, round_half_up
from evaluation.report.tables import head, plain_table, to_csv

LEAST_GAMMA = 1.05  # below it "times as likely" would read 1,0


def blocks(b: Builder) -> list[object]:
    """Sentences on strength and on the strongest covariate, and the contour."""
    w = b.writer
    if not b.release.holds("sensitivity"):
        return []
    found: list[object] = [_strength(b)]
    data = sensitivity.collect(w)
    if data is None:
        return found
    if data.benchmarks:
        top = data.benchmarks[0]
        words = {"benchmark": data.names[0], "range": w.range(top.low / 100, top.high / 100)}
        found.append(w("hidden.benchmark", **words))
    return [*found, _picture(b, data)]


def cells(b: Builder) -> list[tuple[Cell, ...]]:
    """Rows of the table of checks."""
    w, n = b.writer, b.writer.numbers
    rows = []
    if b.release.holds("sensitivity"):
        gamma = value(b, "rosenbaum", "turn")
        stands = math.isfinite(gamma) and w.case(w.primary).direction
        text = w("checks.gamma.finding", gamma=n.decimal(gamma, 2)) if stands else w("checks.gamma.none")
        if value(b, "rosenbaum", "p_high") == value(b, "rosenbaum", "p_high"):
            rows.append((head(w("checks.gamma")), Cell(text)))
        strengths = (("evalue", 1.0, lambda x: n.decimal(x, 2)), ("robustness_value", 0.0, lambda x: n.percent(x, 1)))
        for kind, none, write in strengths:
            point, limit = value(b, kind, "estimate"), value(b, kind, "limit")
            if not math.isfinite(point):
                continue
            if math.isfinite(limit) and limit > none:
                text = w(f"checks.{kind}.finding", value=write(point), limit=write(limit))
            else:
                text = w(f"checks.{kind}.held", value=write(point))
            rows.append((head(w(f"checks.{kind}")), Cell(text)))
    return rows


def value(b: Builder, kind: str, quantity: str) -> float:
    """The first released number of a kind; NaN where there is none."""
    table = b.release.table("sensitivity")
    rows = table[(table["kind"] == kind) & (table["quantity"] == quantity) & (table["status"] == "released")]
    return math.nan if rows.empty else float(rows["value"].iloc[0])


def _strength(b: Builder) -> str:
    w = b.writer
    case = w.case(w.primary)
    if case.name == "no_difference":
        return w("hidden.no_difference")
    if not case.direction:
        return w("hidden.not_applicable")
    gamma = value(b, "rosenbaum", "turn")
    if math.isfinite(gamma) and gamma >= LEAST_GAMMA:
        return w("hidden.strength", gamma=w.numbers.decimal(gamma, 1 if round_half_up(exact(gamma), 1) >= 2 else 2))
    return w("hidden.weak")


def _picture(b: Builder, data: sensitivity.Data) -> Picture:
    w = b.writer
    return b.picture(
        "sensitivity",
        title=w("hidden.contour.title"),
        subtitle=w("hidden.contour.subtitle"),
        alt=lambda number: sensitivity.alt(data, w, table=number),
        reading=w("hidden.contour.reading"),
        note=f"{w('hidden.contour.note')} {b.note()}",
        table=_table(b, data),
        draw=lambda: sensitivity.figure(data, b.lang),
        clocks=(w.primary.clock,),
    )


def _table(b: Builder, data: sensitivity.Data) -> Table:
    w, n = b.writer, b.writer.numbers
    body = [
        (
            head(name),
            Cell(n.decimal(mark.treatment, 1)),
            Cell(n.decimal(mark.outcome, 1)),
            Cell(n.signed(mark.estimate, 1)),
            Cell(n.interval(mark.low, mark.high)),
        )
        for mark, name in zip(data.benchmarks, data.names, strict=True)
    ]
    columns = (
        Column(w("head.covariate"), numeric=False, width=2),
        Column(w("head.r2_treatment"), width=1.2),
        Column(w("head.r2_outcome"), width=1.2),
        Column(w("head.difference")),
        Column(w("head.interval"), width=1.4),
    )
    csv = to_csv(b.release.table("sensitivity"))
    return plain_table(w, "sensitivity", w("hidden.contour.caption"), columns, body, csv=csv)
