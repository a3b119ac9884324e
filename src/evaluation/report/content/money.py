"""Earnings by year, and who pays: income support from the City against unemployment insurance."""

from __future__ import annotations

from evaluation.report.content.builder import Builder
from evaluation.report.figures import money as figure
from evaluation.report.figures.levels import Levels
from evaluation.report.model import Block, Bullets, Picture, Section
from evaluation.report.pairs import cost_shift
from evaluation.report.release import Effect
from evaluation.report.tables import effects_table

OUTCOMES = (figure.EARNINGS, figure.ASSISTANCE, figure.INSURANCE)
WORK = "E4_employed"


def money_rows(b: Builder) -> list[Effect]:
    """Earnings, income support and unemployment insurance by year on the primary clock."""
    clock = b.release.info.primary.clock
    return [row for outcome in OUTCOMES for row in b.release.effects(outcome=outcome, clock=clock)]


def money(b: Builder) -> Section | None:
    """The three in words for the year of the primary result, who paid, two figures and a table."""
    w, p = b.writer, b.release.info.primary
    rows = money_rows(b)
    if not any(w.case(row).shows_number for row in rows):
        return None
    price = str(b.release.info.price_year)
    blocks: list[Block | str | None] = [*w.reservations(p.clock)]
    if b.release.info.outcomes.absent == "excluded":
        blocks.append(w("absent.excluded"))
    lines = tuple(line for line in (w.line(row) for row in rows if row.horizon == p.year) if line)
    blocks.append(Bullets(w("money.words", year=p.year), lines) if lines else None)
    earnings, support = figure.collect_earnings(w), figure.collect_support(w)
    if any(row.outcome == figure.EARNINGS for row in rows):
        blocks.append(w("money.earnings", price_year=price))
    blocks.append(_earnings(b, earnings, rows) if earnings else None)
    paid = tuple(text for text in (_who_paid(b, rows, year) for year in sorted({1, p.year})) if text)
    if paid:
        blocks += [w("money.support"), Bullets(w("costshift.words"), paid)]
    blocks.append(_support(b, support, rows) if support else None)
    blocks.append(w("money.table", table=b.table_number()))
    caption = w("money.caption", after=w.after(p.clock), price_year=price)
    blocks.append(b.table(effects_table(w, "money", caption, w("head.outcome"), _named(b, rows), wide=2.8)))
    return b.section("money", blocks)


def _named(b: Builder, rows: list[Effect]) -> list[tuple[str, Effect]]:
    w = b.writer
    return [(w("money.row", outcome=w.label("outcome", row.outcome), year=row.horizon), row) for row in rows]


def _who_paid(b: Builder, rows: list[Effect], year: int) -> str:
    """What the comparison says of the cost in a year; empty where income support or insurance is not told."""
    w = b.writer
    found = {row.outcome: row for row in rows if row.horizon == year}
    if not {figure.ASSISTANCE, figure.INSURANCE} <= set(found):
        return ""
    work = b.release.effect(
        horizon=year, outcome="established", definition=WORK, clock=b.release.info.primary.clock, horizon_unit="year"
    )
    case = cost_shift(
        w.case(found[figure.ASSISTANCE]), w.case(found[figure.INSURANCE]), None if work is None else w.case(work)
    )
    return w("costshift.line", year=year, text=w(f"costshift.{case}")) if case else ""


def _earnings(b: Builder, data: Levels, rows: list[Effect]) -> Picture:
    w, price = b.writer, str(b.release.info.price_year)
    words = {"after": w.after(data.clock), "price_year": price}
    own = [(w("figure.year", year=row.horizon), row) for row in rows if row.outcome == figure.EARNINGS]
    return b.picture(
        "earnings",
        title=w("money.earnings.title"),
        subtitle=w("money.earnings.subtitle", span=b.span(data.years[0], data.years[-1]), period=b.period, **words),
        alt=lambda number: figure.earnings_alt(data, w, table=number),
        reading=w("levels.reading"),
        note=b.note(),
        clocks=(data.clock,),
        table=effects_table(w, "earnings", w("money.earnings.caption", **words), w("head.year"), own),
        draw=lambda: figure.earnings_figure(data, b.lang),
    )


def _support(b: Builder, data: figure.Pair, rows: list[Effect]) -> Picture:
    w, clock = b.writer, data[0].clock
    own = _named(b, [row for row in rows if row.outcome in (figure.ASSISTANCE, figure.INSURANCE)])
    words = {"after": w.after(clock)}
    return b.picture(
        "support",
        title=w("money.support.title"),
        subtitle=w(
            "money.support.subtitle", span=b.span(data[0].years[0], data[0].years[-1]), period=b.period, **words
        ),
        alt=lambda number: figure.support_alt(data, w, table=number),
        reading=w("levels.reading"),
        note=b.note(),
        clocks=(clock,),
        table=effects_table(w, "support", w("money.support.caption", **words), w("head.outcome"), own, wide=2.8),
        draw=lambda: figure.support_figure(data, b.lang),
    )
