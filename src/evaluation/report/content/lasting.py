"""Does it last? Establishment in every year so far, and new periods at Jobbtorg."""

from __future__ import annotations

from evaluation.report.content.builder import Builder
from evaluation.report.figures import lasting as figure
from evaluation.report.figures.levels import Levels
from evaluation.report.model import Block, Paragraph, Picture, Section
from evaluation.report.numbers import NO_BREAK
from evaluation.report.release import Effect
from evaluation.report.tables import effects_table

RETURNED = "returned_to_jobbtorg"


def sustained_rows(b: Builder) -> list[Effect]:
    """Lasting establishment by definition and year on the primary clock, the definition named beforehand first."""
    p = b.release.info.primary
    rows = b.release.effects(outcome=figure.OUTCOME, clock=p.clock)
    return sorted(rows, key=lambda row: (row.definition != p.definition, row.definition, row.horizon))


def returned_rows(b: Builder) -> list[Effect]:
    """New periods at Jobbtorg by month on the primary clock."""
    return b.release.effects(outcome=RETURNED, clock=b.release.info.primary.clock, horizon_unit="month")


def lasting(b: Builder) -> Section | None:
    """Lasting establishment with its figure and table, then returns to Jobbtorg and how they are to be read."""
    w, p = b.writer, b.release.info.primary
    sustained, returned = sustained_rows(b), returned_rows(b)
    if not any(w.case(row).shows_number for row in (*sustained, *returned)):
        return None
    blocks: list[Block | str | None] = [*w.reservations(p.clock)]
    if b.release.info.outcomes.absent == "excluded":
        blocks.append(w("absent.excluded"))
    return b.section("lasting", [*blocks, *_sustained(b, sustained), *_returned(b, returned)])


def _sustained(b: Builder, rows: list[Effect]) -> list[Block | str | None]:
    if not rows:
        return []
    w, p = b.writer, b.release.info.primary
    own = [row for row in rows if row.definition == p.definition and row.horizon == p.year]
    lead = w.line(own[0]) if own else ""
    named = [
        (w("lasting.row", definition=w.label("definition", row.definition), span=b.span(1, row.horizon).replace(" ", NO_BREAK)), row) for row in rows
    ]  # fmt: skip
    data = figure.collect(w)
    text = w("lasting.text", table=b.table_number())
    table = b.table(
        effects_table(w, "lasting", w("lasting.caption", after=w.after(p.clock)), w("head.definition"), named, wide=4.4)
    )
    return [Paragraph(lead, "lead") if lead else None, text, _picture(b, data) if data else None, table]


def _picture(b: Builder, data: Levels) -> Picture:
    w, p = b.writer, b.release.info.primary
    rows = [row for row in sustained_rows(b) if row.definition == p.definition]
    named = [(w("figure.year", year=1) if k == 1 else w("figure.years_so_far", years=w.numbers.years(1, k)), row)
             for k, row in ((row.horizon, row) for row in rows)]  # fmt: skip
    after = w.after(data.clock)
    shown = [row for row in rows if w.case(row).shows_number]
    return b.picture(
        "lasting",
        title=w("lasting.title"),
        subtitle=w("lasting.subtitle", span=b.span(data.years[0], data.years[-1]), after=after, period=b.period),
        alt=lambda number: figure.alt(data, w, table=number),
        reading=w("levels.reading"),
        note=b.note(shown[-1]),
        clocks=(data.clock,),
        table=effects_table(w, "lasting_by_year", w("lasting.caption", after=after), w("head.years"), named),
        draw=lambda: figure.figure(data, b.lang),
    )


def _returned(b: Builder, rows: list[Effect]) -> list[Block | str | None]:
    w = b.writer
    if not any(w.case(row).shows_number for row in rows):
        return []
    after = w.after(b.release.info.primary.clock)
    named = [(w("lasting.returned.row", month=row.horizon), row) for row in rows]
    text = w("lasting.returned", table=b.table_number(), after=after)
    table = effects_table(w, "returned", w("lasting.returned.caption", after=after), w("head.outcome"), named)
    return [text, Paragraph(w("lasting.returned.caution"), "caution"), b.table(table)]
