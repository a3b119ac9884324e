"""What happened: establishment by year and month, on each clock, where people were, and the other outcomes."""

from __future__ import annotations

from dataclasses import replace

from evaluation.report.cases import clocks_agree
from evaluation.report.content import soon_after, ways_by_year
from evaluation.report.content.builder import Builder
from evaluation.report.content.clock_order import INHERITED_CLOCKS, clocks_of
from evaluation.report.figures import rates, states
from evaluation.report.flags import FLAGGED_CLOCKS
from evaluation.report.model import Bullets, Cell, Column, Paragraph, Picture, Section, Table
from evaluation.report.numbers import capital
from evaluation.report.release import Effect
from evaluation.report.tables import effect_frame, effects_table, head, hidden, plain_table, to_csv

DESCRIPTIVE_CLOCKS = ("exit_actual", *FLAGGED_CLOCKS)
MONTHS_SHOWN = (0, 6, 12, 18, 24, 30, 36, 42, 48)


def _years(b: Builder, **wanted: str) -> list[Effect]:
    p = b.release.info.primary
    base = {"outcome": p.outcome, "definition": p.definition, "clock": p.clock, "horizon_unit": "year"}
    return b.release.effects(**(base | wanted))


def effects_data_table(b: Builder) -> Table:
    """Rates, difference, pointwise and simultaneous interval, and the unmatched difference, by year."""
    w = b.writer
    rows = _years(b)
    extra = []
    bands = {row.horizon: row for row in _years(b, ci_kind="simultaneous")}
    raw = {row.horizon: row for row in _years(b, estimator="unadjusted")}
    if bands:
        extra.append((w("head.band"), bands))
    if raw:
        extra.append((w("head.unadjusted"), raw))
    caption = w("by_year.effects.caption", after=w.after(w.primary.clock))
    named = [(w("figure.year", year=row.horizon), row) for row in rows]
    return effects_table(w, "effects_by_year", caption, w("head.year"), named, extra=extra)


def definition_rows(b: Builder) -> list[tuple[str, Effect]]:
    """The primary year by every definition of establishment, the one named beforehand first."""
    p = b.release.info.primary
    rows = b.release.effects(outcome=p.outcome, clock=p.clock, horizon_unit="year")
    found = [(row.definition, row) for row in rows if row.horizon == p.year]
    found.sort(key=lambda item: (item[0] != p.definition, item[0]))
    return [(b.writer.label("definition", name), row) for name, row in found]


def by_year(b: Builder) -> Section | None:
    """Establishment by year: both groups, the difference, other definitions."""
    w = b.writer
    rows = _years(b)
    if not any(w.case(row).shows_number for row in rows):
        return None
    bands = _years(b, ci_kind="simultaneous")
    claim = w.claim(w.primary)
    lead = " ".join(x for x in (claim.text if not claim.case.shows_number else "", w.profile(bands)) if x)
    table = b.tables + 1
    return b.section(
        "by_year",
        [
            *w.reservations(w.primary.clock),
            Paragraph(lead or claim.title, "lead"),
            w("absent.excluded") if b.release.info.outcomes.absent == "excluded" else "",
            _rates_by_year(b),
            w("by_year.table", table=table) if bands else "",
            w("by_year.points"),
            b.table(replace(effects_data_table(b), key="by_year")),
            ways_by_year.picture(b),
            *_definitions(b),
        ],
    )


def _rates_by_year(b: Builder) -> Picture | None:
    w = b.writer
    data = rates.collect_years(w)
    if data is None:
        return None
    first, last = data.ends()
    words = {
        "span": b.span(data.horizons[first], data.horizons[last]),
        "after": w.after(data.clock),
        "period": b.period,
    }
    return b.picture(
        "rates_by_year",
        title=w("by_year.rates.title"),
        subtitle=w("by_year.rates.subtitle", **words),
        alt=lambda number: rates.alt(data, w, share=w.share(w.primary), table=number),
        reading=w("by_year.rates.reading"),
        note=b.note(w.primary if w.case(w.primary).shows_number else None),
        table=effects_data_table(b),
        draw=lambda: rates.figure(data, b.lang),
        clocks=(data.clock,),
    )


def _definitions(b: Builder) -> list[Table | str]:
    w, rows = b.writer, definition_rows(b)
    if len(rows) < 2:
        return []
    text = w("by_year.definitions", table=b.table_number())
    caption = w("by_year.definitions.caption", year=w.primary.horizon, after=w.after(w.primary.clock))
    return [text, b.table(effects_table(w, "definitions_compared", caption, w("head.definition"), rows, wide=3.2))]


def by_month(b: Builder) -> Section | None:
    """Any work month by month: from the start (what happens during), and from the primary clock."""
    w = b.writer
    clocks = list(dict.fromkeys(("start", b.release.info.primary.clock)))
    pictures = [_rates_by_month(b, clock) for clock in clocks]
    if not any(pictures):
        return None
    first = ""
    if pictures[0]:
        data = rates.collect_months(w, "start")
        first = w("lockin.reading") if data and data.employment else w("lockin.plain")
    absent = w("absent.excluded") if b.release.info.outcomes.absent == "excluded" else ""
    soon = soon_after.sentences(b)
    lead = Paragraph(soon[0], "lead") if soon else None
    told = Bullets(w("lockin.months"), tuple(soon[1:])) if soon else None
    return b.section("by_month", [*w.reservations(*clocks), lead, told, first, absent, *pictures])


def _rates_by_month(b: Builder, clock: str) -> Picture | None:
    w = b.writer
    data = rates.collect_months(w, clock)
    if data is None:
        return None
    rows = b.release.effects(outcome="established", definition="E4_employed", clock=clock, horizon_unit="month")
    picked = [row for row in rows if row.horizon in MONTHS_SHOWN]
    named = [(w.numbers.decimal(row.horizon), row) for row in picked]
    caption = w("by_month.caption", after=w.after(clock))
    table = effects_table(w, f"by_month_{clock}", caption, w("head.month"), named)
    reading = w("by_month.reading")
    if data.employment:
        reading = f"{reading} {w('by_month.agreed', months=w.numbers.decimal(data.employment, 1))}"
    return b.picture(
        f"rates_by_month_{clock}",
        title=w("by_month.title", clock=w.label("clock", clock)),
        subtitle=w("by_month.subtitle", period=b.period),
        alt=lambda number: rates.alt(data, w, share=w.label("share", "established_month"), table=number),
        reading=reading,
        note=b.note(),
        table=table,
        draw=lambda: rates.figure(data, b.lang),
        clocks=(clock,),
    )


def clocks(b: Builder) -> Section | None:
    """The primary result on every clock of the study, with the unmatched difference beside."""
    w, p = b.writer, b.release.info.primary
    found: list[tuple[str, Effect, Effect | None]] = []
    for clock in clocks_of(b):
        wanted = {"outcome": p.outcome, "definition": p.definition, "clock": clock}
        row = b.release.effect(horizon=p.year, **wanted)
        if row is not None:
            found.append((clock, row, b.release.effect(horizon=p.year, estimator="unadjusted", **wanted)))
    shown = [(clock, row) for clock, row, _ in found if w.case(row).shows_number]
    if len(shown) < 2:
        if len(shown) == 1 and len(found) == 1:
            return b.section("clocks", [w("section.not_shown.clocks", clock=w.label("clock", shown[0][0]))])
        return None
    main = next((row for clock, row in shown if clock == p.clock), None)
    verdict = ""
    by_clock = {clock: row for clock, row in shown if clock in INHERITED_CLOCKS}
    if main is not None and len(by_clock) == len(INHERITED_CLOCKS):
        rows = list(by_clock.values())
        agree = clocks_agree([w.case(r) for r in rows], [r.estimate for r in rows], low=main.low, high=main.high)
        ranges = {
            f"range_{name}": w.range(by_clock[clock].low, by_clock[clock].high)
            for name, clock in (("actual", "exit_actual"), ("planned", "exit_planned"), ("start", "start"))
        }
        verdict = w("clock.agree", year=p.year) if agree else w("clock.differ", year=p.year, **ranges)
    described = w("clock.flagged") if any(clock == "exit_actual" for clock, _ in shown) else ""
    return b.section(
        "clocks",
        [
            *w.reservations(*(clock for clock, _ in shown)),
            w("clocks.why", clock=w.label("clock", p.clock)),
            verdict,
            b.table(_clock_table(b, found)),
            Paragraph(described, "caution") if described else None,
        ],
    )


def _clock_table(b: Builder, found: list[tuple[str, Effect, Effect | None]]) -> Table:
    w = b.writer
    named = []
    raw = {}
    for i, (clock, row, unadjusted) in enumerate(found):
        name = w.label("clock", clock)
        if clock in DESCRIPTIVE_CLOCKS:
            name = w("clocks.description", clock=name)
        named.append((name, replace(row, horizon=i)))
        if unadjusted is not None:
            raw[i] = replace(unadjusted, horizon=i)
    caption = w("clocks.caption", year=w.primary.horizon)
    table = effects_table(
        w, "clocks", caption, w("head.clock"), named, extra=[(w("head.unadjusted"), raw)] if raw else []
    )
    sources = [row for _, row, _ in found] + [raw_row for _, _, raw_row in found if raw_row is not None]
    return replace(table, csv=to_csv(effect_frame(w, sources)))


def where(b: Builder) -> Section | None:
    """States by year in both groups."""
    w = b.writer
    data = states.collect(w)
    if data is None:
        return None
    rows = b.release.table("states")
    protected = ((rows["clock"] == data.clock) & (rows["status"] == "suppressed")).any()
    hidden_states = w("where.hidden") if protected else ""
    picture = b.picture(
        "states",
        title=w("where.title"),
        subtitle=w(
            "where.subtitle",
            span=b.span(data.years[0], data.years[-1]),
            after=w.after(data.clock),
            period=b.period,
        ),
        alt=lambda number: states.alt(data, w, table=number),
        reading=" ".join(x for x in (w("where.reading"), hidden_states) if x),
        note=b.note(),
        table=_states_table(b, data),
        draw=lambda: states.figure(data, b.lang),
        clocks=(data.clock,),
    )
    text = w("where.text_excluded" if b.release.info.outcomes.absent == "excluded" else "where.text")
    return b.section("where", [*w.reservations(data.clock), text, picture])


def _states_table(b: Builder, data: states.Data) -> Table:
    w = b.writer
    table = b.release.table("states")
    rows = table[table["clock"] == data.clock]
    status = {(r["group"], int(r["year"]), r["state"]): r["status"] for r in rows.to_dict("records")}
    columns = [Column(w("head.group"), numeric=False, width=2.4)]
    columns += [Column(capital(w.label("state", s))) for s in data.states]
    body = []
    for group in states.GROUPS:
        for year in data.years:
            cells = [head(w("where.group_year", group=w.label("group", group), year=year))]
            for state in data.states:
                shown = status.get((group, year, state), "not_estimated")
                value = data.get(group, year, state)
                cells.append(Cell(w.numbers.decimal(value, 1)) if shown == "released" else hidden(w, shown))
            body.append(cells)
    caption = w("where.caption", after=w.after(data.clock))
    extra = (w("sign.note.sum"),)
    return plain_table(w, "states", caption, columns, body, csv=to_csv(rows), extra_notes=extra, small=True)
