"""The main result by every estimand and estimator of the release, and what each rule does with later employments."""

from __future__ import annotations

from evaluation.report.content.builder import Builder
from evaluation.report.content.clock_order import clocks_of
from evaluation.report.flags import FLAGGED_ESTIMANDS
from evaluation.report.model import Bullets, Cell, Column, Paragraph, Section, Table
from evaluation.report.numbers import capital
from evaluation.report.release import Effect
from evaluation.report.tables import effect_frame, head, hidden, interval_cell, plain_table, to_csv

UNMATCHED = "unadjusted"  # stands beside the result in tables of its own

Way = tuple[str, str]


def ways_of(b: Builder) -> list[Way]:
    """Estimands and estimators of the primary outcome: that of the primary result first, then in the order of the labels."""
    p, place = b.release.info.primary, b.writer.catalogue.place
    table = b.release.table("effects")
    rows = table[
        (table["outcome"] == p.outcome) & (table["definition"] == p.definition) & (table["estimator"] != UNMATCHED)
    ]
    found = set(zip(rows["estimand"], rows["estimator"], strict=True))
    return sorted(
        found,
        key=lambda way: (
            way[0] != p.estimand,
            place("estimand", way[0]),
            way != (p.estimand, p.estimator),
            place("estimator", way[1]),
        ),
    )


def there(b: Builder) -> bool:
    """Whether the release holds more than one way of calculating."""
    return len(ways_of(b)) > 1


def ways(b: Builder) -> Section | None:
    """The main result in every way, what each rule compares, and how many it concerns."""
    w, p = b.writer, b.release.info.primary
    rows = {way: _by_clock(b, way) for way in ways_of(b)}
    # a way of which nothing is shown would be a row of signs, with a caution about numbers that nobody sees
    tried = sum(bool(own) for own in rows.values())
    rows = {way: own for way, own in rows.items() if any(w.case(row).shows_number for row in own.values())}
    shown = [row for by_clock in rows.values() for row in by_clock.values() if w.case(row).shows_number]
    if len(rows) < 2 or not shown:
        return None
    clocks = [clock for clock in clocks_of(b) if any(clock in by_clock for by_clock in rows.values())]
    estimands = list(dict.fromkeys(estimand for estimand, _ in rows))
    text = w("ways.text", table=b.table_number())
    table = b.table(_table(b, rows, clocks))
    rules = tuple(
        w("ways.rule", name=capital(w.label("estimand", name)), text=w(f"ways.rule.{name}"))
        for name in estimands
        if w.catalogue.has(f"ways.rule.{name}")
    )
    cautions = [
        Paragraph(w("ways.caution", name=w.label("estimand", name)), "caution")
        for name in estimands
        if name in FLAGGED_ESTIMANDS and name != p.estimand  # the primary one has its caution in every section
    ]
    about = w("ways.later", table=b.table_number())
    later = _later(b, estimands)
    return b.section(
        "ways",
        [
            *w.reservations(*clocks),
            text,
            *cautions,
            table,
            w("ways.left_out", n=tried - len(rows)) if tried > len(rows) else "",
            Bullets(w("ways.rules"), rules) if rules else None,
            about if later else None,
            b.table(later) if later else None,
            w.weights() if p.estimand != "never" else "",  # else they stand with the comparison
        ],
    )


def _by_clock(b: Builder, way: Way) -> dict[str, Effect]:
    p = b.release.info.primary
    rows = b.release.effects(outcome=p.outcome, definition=p.definition, estimand=way[0], estimator=way[1])
    return {row.clock: row for row in rows if row.horizon == p.year}


def _table(b: Builder, rows: dict[Way, dict[str, Effect]], clocks: list[str]) -> Table:
    w = b.writer
    body = []
    for (estimand, estimator), by_clock in rows.items():
        name = w("ways.row", estimand=w.label("estimand", estimand), estimator=w.label("estimator", estimator))
        body.append((head(name), *(interval_cell(w, by_clock.get(clock)) for clock in clocks)))
    columns = (
        Column(w("head.way"), numeric=False, width=2.6),
        *(Column(capital(w.label("clock", clock)), width=1.5) for clock in clocks),
    )
    sources = [row for by_clock in rows.values() for row in by_clock.values()]
    frame = effect_frame(w, sources)
    frame.insert(list(frame).index("estimator"), "estimand", [row.estimand for row in sources])
    caption = w("ways.caption", year=b.release.info.primary.year)
    return plain_table(w, "ways", caption, columns, body, csv=to_csv(frame), small=True)


def _later(b: Builder, estimands: list[str]) -> Table | None:
    """Share of the comparison group with an employment of its own by year, the rules side by side; None where nothing is shown."""
    w, clock = b.writer, b.release.info.primary.clock
    table = b.release.table("later_treated")
    rows = table[(table["clock"] == clock) & table["estimand"].isin(estimands)]
    if not (rows["status"] == "released").any():
        return None
    found = {(r["estimand"], int(r["year"])): r for r in rows.to_dict("records")}
    names = [n for n in estimands if any(key[0] == n and r["status"] == "released" for key, r in found.items())]
    body = []
    for year in sorted({year for _, year in found}):
        cells = [head(w("figure.year", year=year))]
        for name in names:
            r = found.get((name, year))
            status = "not_estimated" if r is None else r["status"]
            cells.append(
                Cell(w.numbers.per100(r["share"], 1)) if r is not None and status == "released" else hidden(w, status)
            )
        body.append(cells)
    columns = (
        Column(w("head.year"), numeric=False),
        *(Column(capital(w.label("estimand", name)), width=1.8) for name in names),
    )
    ever = [w("ways.later.ever", name=w.label("estimand", name)) for name in names if name in FLAGGED_ESTIMANDS]
    caption = w("ways.later.caption", after=w.after(clock))
    return plain_table(w, "ways_later", caption, columns, body, csv=to_csv(rows), extra_notes=ever)
