"""The outcomes that have no section of their own: a line each, and a table."""

from __future__ import annotations

from evaluation.report.content.builder import Builder
from evaluation.report.model import Block, Bullets, Section
from evaluation.report.release import Effect
from evaluation.report.tables import effects_table

# outcomes by year beside the primary one, in the order in which the first pages tell of them
ELSEWHERE = (
    ("sustained_established", "E2_scb"),
    ("earnings", ""),
    ("social_assistance_months", ""),
    ("unemployment_insurance", ""),
)
OTHERS = (("registered_unemployed", ""), ("studying", ""), ("sick_or_retired", ""))
LINE_MONTH = 18


def other_rows(b: Builder, wanted: tuple[tuple[str, str], ...] = OTHERS) -> list[Effect]:
    """Outcomes in the primary year, in the order given; those the release holds."""
    p = b.release.info.primary
    found = [
        b.release.effect(horizon=p.year, outcome=outcome, clock=p.clock, definition=definition)
        for outcome, definition in wanted
    ]
    return [row for row in found if row is not None]


def other_lines(b: Builder) -> list[str]:
    """One line each for the first pages: self-sufficiency after 18 months, then the other outcomes in the primary year."""
    w, p = b.writer, b.release.info.primary
    short = b.release.effect(
        outcome="self_sufficient", definition="SF1", clock=p.clock, horizon=LINE_MONTH, horizon_unit="month"
    )
    rows = ([short] if short is not None else []) + other_rows(b, (*ELSEWHERE, *OTHERS))
    return [line for line in (w.line(row) for row in rows) if line]


def other(b: Builder) -> Section | None:
    """Unemployment, studies and sickness: a line each, and a table."""
    w, p = b.writer, b.release.info.primary
    yearly = other_rows(b)
    if not any(w.case(row).shows_number for row in yearly):
        return None
    blocks: list[Block | str | None] = [*w.reservations(p.clock)]
    if b.release.info.outcomes.absent == "excluded":
        blocks.append(w("absent.excluded"))
    blocks.append(w("other.text", n=len(yearly), table=b.table_number()))
    caption = w("other.caption", year=p.year, after=w.after(p.clock))
    named = [(w.label("outcome", row.outcome), row) for row in yearly]
    blocks.append(b.table(effects_table(w, "other", caption, w("head.outcome"), named, wide=3)))
    lines = tuple(line for line in (w.line(row) for row in yearly) if line)
    blocks.append(Bullets(w("other.words"), lines) if lines else None)
    return b.section("other", blocks)
