"""Does the short indicator foretell the long one? Self-sufficiency up to 18 months beside establishment years later."""

from __future__ import annotations

import math
from typing import Any

from evaluation.report import flags
from evaluation.report.cases import Case, decide
from evaluation.report.content.builder import Builder
from evaluation.report.figures import short_long as figure
from evaluation.report.model import Block, Bullets, Cell, Column, Paragraph, Picture, Section, Table
from evaluation.report.pairs import foretells, together
from evaluation.report.release import Effect
from evaluation.report.tables import count, effects_table, head, hidden, plain_table, to_csv

INDICATOR, DEFINITION = "self_sufficient", "SF1"
MONTH = 18  # as far as the City's own statistics go


def short_rows(b: Builder) -> list[Effect]:
    """Self-sufficiency by month on the primary clock."""
    clock = b.release.info.primary.clock
    return b.release.effects(outcome=INDICATOR, definition=DEFINITION, clock=clock, horizon_unit="month")


def short_long(b: Builder) -> Section | None:
    """The difference between the groups early and late; then, as a description, where those early self-sufficient were late."""
    w, p = b.writer, b.release.info.primary
    rows = short_rows(b)
    shown = [row for row in rows if w.case(row).shows_number]
    if not shown:
        return None
    blocks: list[Block | str | None] = [*w.reservations(p.clock)]
    if b.release.info.outcomes.absent == "excluded":
        blocks.append(w("absent.excluded"))
    blocks.append(w("short_long.definition"))
    early = next((row for row in shown if row.horizon == MONTH), shown[-1])
    lines = tuple(line for line in (w.line(early), w.line(w.primary)) if line)
    blocks.append(Bullets(w("short_long.lines"), lines))
    case = together(w.case(early), w.case(w.primary))
    blocks.append(w(f"short_long.together.{case}") if case else "")
    named = [(w("short_long.row.short", month=row.horizon), row) for row in rows]
    named.append((w("short_long.row.long", year=p.year), w.primary))
    caption = w("short_long.caption", year=p.year, after=w.after(p.clock))
    blocks.append(b.table(effects_table(w, "short_long", caption, w("head.outcome"), named, wide=2.4)))
    return b.section("short_long", [*blocks, *_description(b)])


def _description(b: Builder) -> list[Block | str | None]:
    """Of 100 self-sufficient, so many were established; nothing where the release holds no such table."""
    w = b.writer
    table = b.release.table("short_long")
    table = table[table["clock"] == b.release.info.primary.clock]
    if table.empty or not b.release.gates_passed:
        return []
    year = int(table["year"].iloc[0])
    if not (table["status"] == "released").any():
        followed = (table["status"] == "not_observed").all()
        return [w("short_long.not_followed" if followed else "short_long.protected", year=year)]
    months = sorted({int(month) for month in table["month"]})
    month = MONTH if MONTH in months else months[-1]
    own = figure.rows_of(table, month, "participants")
    blocks: list[Block | str | None] = [Paragraph(w("short_long.description"), "caution")]
    sentences = [_of_100(b, table, month, group) for group in figure.GROUPS]
    blocks.append(" ".join(s for s in (*sentences, _foretells(b, own)) if s))
    blocks.append(_missed(b, own, month))
    data = figure.collect(w, month)
    cross = _cross_table(b, table, months, year)
    blocks.append(_picture(b, data, table) if data else None)
    blocks.append(b.table(cross))
    return blocks


def _told(row: dict[str, Any] | None) -> bool:
    return row is not None and row["status"] == "released"


def _of_100(b: Builder, table: Any, month: int, group: str) -> str:
    w = b.writer
    rows = figure.rows_of(table, month, group)
    if not all(_told(rows.get(level)) for level in figure.LEVELS):
        return ""
    words = {"yes100": w.of_100(rows["yes"]["share"]), "no100": w.of_100(rows["no"]["share"])}
    if group == "participants":
        words |= {"month": str(month), "year": str(int(rows["yes"]["year"])), "after": w.after(rows["yes"]["clock"])}
    return w(f"short_long.of100.{group}", **words)


def difference_case(b: Builder, row: dict[str, Any] | None) -> Case:
    """The case of the share established among the self-sufficient less that among the others."""
    if row is None:
        return Case("not_estimated")
    margin = b.release.info.margins.share
    return decide(
        estimate=row["share"], low=row["ci_low"], high=row["ci_high"], margin=margin, status=row["status"],
        gate_passed=b.release.gates_passed, role="secondary",
    )  # fmt: skip


def _foretells(b: Builder, rows: dict[str, dict[str, Any]]) -> str:
    w = b.writer
    row = rows.get("difference")
    case = foretells(difference_case(b, row))
    if not case or row is None:
        return ""
    return w(f"short_long.foretells.{case}", range=w.range(row["ci_low"], row["ci_high"]))


def _missed(b: Builder, rows: dict[str, dict[str, Any]], month: int) -> str:
    """Those whom the short indicator counts and the long one does not, and the other way round, of all participants."""
    w = b.writer
    if not all(_told(rows.get(level)) for level in figure.LEVELS):
        return ""
    yes, no = rows["yes"], rows["no"]
    return w(
        "short_long.missed",
        false100=w.of_100(yes["share_of_group"] * (1 - yes["share"])),
        hidden100=w.of_100(no["share_of_group"] * no["share"]),
        month=month,
        year=int(yes["year"]),
    )


def _picture(b: Builder, data: figure.Data, released: Any) -> Picture:
    w, p = b.writer, b.release.info.primary
    return b.picture(
        "short_long",
        title=w("short_long.figure.title", month=data.month, year=data.year),
        subtitle=w(
            "short_long.figure.subtitle", month=data.month, year=data.year, after=w.after(p.clock), period=b.period
        ),
        alt=lambda number: figure.alt(data, w, table=number),
        reading=w("short_long.figure.reading"),
        note=b.note(),
        clocks=(p.clock,),
        table=_flow_table(b, data, released[released["month"] == data.month]),
        draw=lambda: figure.figure(data, b.lang),
    )


def _flow_table(b: Builder, data: figure.Data, released: Any) -> Table:
    """What the figure draws: parts of 100."""
    w, n = b.writer, b.writer.numbers
    body = []
    for group in figure.GROUPS:
        flow = data.flows[group]
        for level in figure.LEVELS:
            height = flow.of_100[level]
            hit = height * flow.established[level] / 100
            name = w("short_long.flow.row", group=w.label("group", group), level=w(f"figure.flow.{level}"))
            body.append((head(name), *(Cell(n.decimal(x, 1)) for x in (height, hit, height - hit))))
    columns = (
        Column(w("head.group"), numeric=False, width=2.8),
        Column(w("head.of_100")),
        Column(w("head.flow_established")),
        Column(w("head.flow_not")),
    )
    after = w.after(b.release.info.primary.clock)
    caption = w("short_long.flow.caption", month=data.month, year=data.year, after=after)
    notes = (w("sign.note.sum"), *flags.notes(w, [b.release.info.primary.clock]))
    return plain_table(w, "short_long_flow", caption, columns, body, csv=to_csv(released), extra_notes=notes)


def _cross_table(b: Builder, table: Any, months: list[int], year: int) -> Table:
    w, p = b.writer, b.release.info.primary
    body = []
    for group in figure.GROUPS:
        for month in months:
            rows = figure.rows_of(table, month, group)
            cells = [head(w("short_long.cross.row", group=w.label("group", group), month=month))]
            for level in figure.LEVELS:
                cells += _level_cells(b, rows.get(level))
            body.append((*cells, *_difference_cells(b, rows.get("difference"))))
    columns = (
        Column(w("head.group"), numeric=False, width=2.7),
        Column(w("head.self_sufficient"), width=1.2),
        Column(w("head.of_them"), width=1.5),
        Column(w("head.not_self_sufficient"), width=1.0),
        Column(w("head.of_them"), width=1.5),
        Column(w("head.difference")),
        Column(w("head.interval"), width=1.4),
    )
    unit = "_employments" if b.release.info.cohort.unit == "employments" else ""
    caption = w(f"short_long.cross.caption{unit}", year=year, after=w.after(p.clock))
    several = w("short_long.cross.both") if (b.release.info.design.ratio or 1) > 1 else ""
    notes = (several, *flags.notes(w, [p.clock]))
    return plain_table(w, "short_long_cross", caption, columns, body, csv=to_csv(table), extra_notes=notes, small=True)


def _level_cells(b: Builder, row: dict[str, Any] | None) -> tuple[Cell, Cell]:
    w, n = b.writer, b.writer.numbers
    if row is None or row["status"] != "released":
        sign = hidden(w, "not_estimated" if row is None else row["status"])
        return sign, sign
    interval = n.span(100 * row["ci_low"], 100 * row["ci_high"], 1)
    share = Cell(w("ways.cell", difference=n.per100(row["share"], 1), interval=interval))
    return count(w, row["n"], "suppressed" if math.isnan(row["n"]) else "released"), share


def _difference_cells(b: Builder, row: dict[str, Any] | None) -> tuple[Cell, Cell]:
    w, n = b.writer, b.writer.numbers
    if row is None or row["status"] != "released":
        sign = hidden(w, "not_estimated" if row is None else row["status"])
        return sign, sign
    return Cell(n.signed100(row["share"])), Cell(n.interval100(row["ci_low"], row["ci_high"]))
