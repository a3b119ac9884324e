"""The main result by year in every way of calculating, in one figure: on the main clock, and on the start, which more ways serve."""

from __future__ import annotations

from evaluation.report.content.builder import Builder
from evaluation.report.content.ways import Way, ways_of
from evaluation.report.figures import ways_by_year as figure
from evaluation.report.flags import FLAGGED_ESTIMANDS
from evaluation.report.model import Column, Picture, Table
from evaluation.report.numbers import capital
from evaluation.report.release import Effect
from evaluation.report.tables import effect_cells, effect_frame, head, plain_table, to_csv


def picture(b: Builder) -> Picture | None:
    """The figure; None where the release shows one way only, or where the main way is itself flagged."""
    w, p = b.writer, b.release.info.primary
    if p.estimand in FLAGGED_ESTIMANDS:
        return None
    ways = [way for way in ways_of(b) if way[0] not in FLAGGED_ESTIMANDS]
    clocks = list(dict.fromkeys((p.clock, "start")))
    rows = {clock: {way: _rows(b, clock, way) for way in ways} for clock in clocks}
    panels = [
        (
            w("ways_by_year.panel", clock=w.label("clock", clock)),
            [(_name(b, way), own) for way, own in found.items() if own],
        )
        for clock, found in rows.items()
    ]
    data = figure.collect(w, panels)
    if data is None:
        return None
    flagged = any(way[0] in FLAGGED_ESTIMANDS for way in ways_of(b))
    finding = _finding(b, [row for way in ways for row in rows[p.clock][way] if row.horizon == p.year])
    return b.picture(
        "ways_by_year",
        title=finding or w("ways_by_year.title"),
        subtitle=w("ways_by_year.subtitle", span=b.span(data.years[0], data.years[-1]), period=b.period),
        alt=lambda number: figure.alt(data, w, finding=f"{finding}." if finding else "", table=number),
        reading=" ".join([w("ways_by_year.reading", year=p.year), *([w("ways_by_year.flagged")] if flagged else [])]),
        note=b.note(),
        table=_table(b, rows),
        draw=lambda: figure.figure(data, b.lang),
        clocks=clocks,
    )


def _name(b: Builder, way: Way) -> str:
    w = b.writer
    return capital(w("ways.row", estimand=w.label("estimand", way[0]), estimator=w.label("estimator", way[1])))


def _rows(b: Builder, clock: str, way: Way) -> list[Effect]:
    p = b.release.info.primary
    wanted = {"outcome": p.outcome, "definition": p.definition, "clock": clock, "horizon_unit": "year"}
    return b.release.effects(estimand=way[0], estimator=way[1], **wanted)


def _finding(b: Builder, rows: list[Effect]) -> str:
    """In how many of the other ways shown the conclusion of the primary year is the same."""
    w, p = b.writer, b.release.info.primary
    shown = [row for row in rows if w.case(row).shows_number]
    others = [row for row in shown if (row.estimand, row.estimator) != (p.estimand, p.estimator)]
    if not others or not w.case(w.primary).shows_number:
        return ""
    same = sum(w.case(row).name == w.case(w.primary).name for row in others)
    return w("ways_by_year.finding", year=p.year, n_same=same, n=len(others))


def _table(b: Builder, rows: dict[str, dict[Way, list[Effect]]]) -> Table:
    w = b.writer
    flat = [(clock, way, row) for clock, found in rows.items() for way, own in found.items() for row in own]
    body = [
        (
            head(w("ways_by_year.row", clock=w.label("clock", clock), way=_name(b, way), year=row.horizon)),
            *effect_cells(w, row, both=False),
        )
        for clock, way, row in flat
    ]
    columns = (
        Column(w("head.way"), numeric=False, width=4),
        Column(w("head.difference")),
        Column(w("head.interval"), width=1.4),
    )
    frame = effect_frame(w, [row for _, _, row in flat])
    frame.insert(list(frame).index("estimator"), "estimand", [row.estimand for _, _, row in flat])
    return plain_table(w, "ways_by_year", w("ways_by_year.caption"), columns, body, csv=to_csv(frame), small=True)
