"""The outcomes beside the primary one: a line each, and tables."""

from __future__ import annotations

from evaluation.report.content.builder import Builder
from evaluation.report.model import Bullets, Paragraph, Section
from evaluation.report.release import Effect
from evaluation.report.tables import effects_table

# outcomes by year beside the primary one, in the order of the table
OTHERS = (
    ("sustained_established", "E2_scb"),
    ("earnings", ""),
    ("social_assistance_months", ""),
    ("unemployment_insurance", ""),
    ("registered_unemployed", ""),
    ("studying", ""),
    ("sick_or_retired", ""),
)
LINE_MONTH = 18


def other_rows(b: Builder) -> list[Effect]:
    """The other outcomes in the primary year, in the table's order; those the release holds."""
    p = b.release.info.primary
    found = []
    for outcome, definition in OTHERS:
        wanted = {"outcome": outcome, "clock": p.clock, "definition": definition}
        row = b.release.effect(horizon=p.year, **wanted)
        if row is not None:
            found.append(row)
    return found


def other_lines(b: Builder) -> list[str]:
    """One line each: self-sufficiency after 18 months, then the other outcomes in the primary year."""
    w, p = b.writer, b.release.info.primary
    short = b.release.effect(
        outcome="self_sufficient", definition="SF1", clock=p.clock, horizon=LINE_MONTH, horizon_unit="month"
    )
    rows = ([short] if short is not None else []) + other_rows(b)
    return [line for line in (w.line(row) for row in rows) if line]


def other(b: Builder) -> Section | None:
    """Earnings, self-sufficiency, benefits and the rest: a line each, and tables."""
    w, p = b.writer, b.release.info.primary
    yearly = other_rows(b)
    monthly = [
        row
        for outcome in ("self_sufficient", "returned_to_jobbtorg")
        for row in b.release.effects(outcome=outcome, clock=p.clock, horizon_unit="month")
    ]
    shown = [row for row in (*yearly, *monthly) if w.case(row).shows_number]
    if not shown:
        return None
    blocks: list[object] = [*w.reservations(p.clock)]
    if b.release.info.outcomes.absent == "excluded":
        blocks.append(w("absent.excluded"))
    if yearly:
        price = str(b.release.info.price_year)
        caption = w("other.caption", year=p.year, after=w.after(p.clock), price_year=price)
        blocks.append(w("other.text", n=len(yearly), table=b.table_number()))
        named = [(w.label("outcome", row.outcome), row) for row in yearly]
        blocks.append(b.table(effects_table(w, "other", caption, w("head.outcome"), named, wide=3)))
        lines = tuple(line for line in (w.line(row) for row in yearly) if line)
        blocks.append(Bullets(w("other.words"), lines) if lines else None)
        blocks.append(Paragraph(w("other.earnings", price_year=price), "note"))
    if monthly:
        caption = w("other.months.caption", after=w.after(p.clock))
        named = [(_month_name(b, row), row) for row in monthly]
        blocks.append(w("other.selfsuff"))
        blocks.append(b.table(effects_table(w, "other_months", caption, w("head.outcome"), named, wide=3.4)))
    return b.section("other", blocks)  # type: ignore[arg-type]


def _month_name(b: Builder, row: Effect) -> str:
    """`utan försörjningsstöd …, månad 18`; what is counted up to a month is `inom 18 månader`."""
    key = "other.row_within" if row.outcome == "returned_to_jobbtorg" else "other.row"
    return b.writer(key, outcome=b.writer.label("outcome", row.outcome), month=row.horizon)
