"""The main result by type of workplace and year: regular operations against specially created workplaces."""

from __future__ import annotations

from dataclasses import replace

from evaluation.report.cases import Equality
from evaluation.report.content.builder import Builder
from evaluation.report.content.levels import level_name
from evaluation.report.content.subgroups import equality_cases, rows_of, split
from evaluation.report.figures import workplace as figure
from evaluation.report.model import Column, Paragraph, Picture, Section, Table
from evaluation.report.numbers import capital
from evaluation.report.release import Effect
from evaluation.report.tables import effect_frame, effects_table, head, interval_cell, plain_table, to_csv

FAMILY = "workplace_type"


def there(b: Builder) -> bool:
    """Whether the release holds the main result by type of workplace."""
    return len(_types(b)) > 1


def _types(b: Builder) -> list[str]:
    """Types of workplace in the order of the labels."""
    levels = [split(row.subgroup) for row in rows_of(b)]
    place = b.writer.catalogue.place
    found = [level for family, level in levels if family == FAMILY]
    return sorted(found, key=lambda level: place("level", f"{FAMILY}.{level}"))


def workplace(b: Builder) -> Section | None:
    """A claim, the figure, how many it concerns, and the caution that nobody was placed by lot."""
    w, p = b.writer, b.release.info.primary
    rows = {level: _rows(b, level) for level in _types(b)}
    shown = [row for found in rows.values() for row in found if w.case(row).shows_number]
    if len(rows) < 2 or not shown:
        return None
    return b.section(
        "workplace",
        [
            *w.reservations(p.clock),
            *_claim(b),
            *_clear(b, rows),
            _picture(b, rows),
            Paragraph(w("workplace.caution"), "caution"),
            w("workplace.table", table=b.table_number()),
            b.table(_table(b, rows)),
        ],
    )


def _rows(b: Builder, level: str) -> list[Effect]:
    p = b.release.info.primary
    wanted = {"outcome": p.outcome, "definition": p.definition, "clock": p.clock, "horizon_unit": "year"}
    return b.release.effects(subgroup=f"{FAMILY}={level}", **wanted)


def _name(b: Builder, level: str) -> str:
    """`ordinarie verksamhet`, without the trait in front."""
    return level_name(b, FAMILY, level).removeprefix(f"{b.writer.label('covariate', FAMILY)}: ")


def verdict(b: Builder) -> Equality:
    """Whether the main result could be the same in all types, by their joint test among all the divisions that are tested."""
    shown = len(_main_rows(b)) == len(_types(b)) > 1
    return equality_cases(b).get(FAMILY, "unknown") if shown else "unknown"


def _main_rows(b: Builder) -> list[Effect]:
    """The main result of each type, where it may be shown."""
    w, year = b.writer, b.release.info.primary.year
    rows = [row for level in _types(b) for row in _rows(b, level) if row.horizon == year]
    return [row for row in rows if w.case(row).shows_number]


def _title(b: Builder) -> str:
    """The claim in a line."""
    case = verdict(b)
    year = {} if case == "unknown" else {"year": b.release.info.primary.year}
    return b.writer(f"workplace.{case}.title", **year)


def _claim(b: Builder) -> list[Paragraph | str]:
    """The claim, and the range of each type in the primary year."""
    w, case = b.writer, verdict(b)
    if case == "unknown":
        return [Paragraph(w("workplace.unknown"), "lead")]
    ranges = [
        w("workplace.range", name=_name(b, split(row.subgroup)[1]), range=w.range(row.low, row.high))
        for row in _main_rows(b)
    ]
    lead = Paragraph(w(f"workplace.{case}", when=w.when(w.primary)), "lead")
    return [lead, w("workplace.ranges", ranges=w.numbers.listing(ranges))]


def _clear(b: Builder, rows: dict[str, list[Effect]]) -> list[str]:
    """Each type with the years, beside the primary one, in which its own difference is told apart from none."""
    w, found = b.writer, []
    for level, own in rows.items():
        clear = [row for row in own if w.case(row).direction and row.horizon != b.release.info.primary.year]
        years = [w("workplace.clear.year", year=row.horizon, range=w.range(row.low, row.high)) for row in clear]
        if years:
            found.append(w("workplace.clear", name=capital(_name(b, level)), years=w.numbers.listing(years)))
    return found


def _picture(b: Builder, rows: dict[str, list[Effect]]) -> Picture | None:
    w, p = b.writer, b.release.info.primary
    names = [(capital(_name(b, level)), found) for level, found in rows.items()]
    data = figure.collect(w, [(_counted(b, name, found), found) for name, found in names])
    if data is None:
        return None
    title = _title(b)
    return b.picture(
        "workplace",
        title=title,
        subtitle=w(
            "workplace.subtitle", span=b.span(data.years[0], data.years[-1]), after=w.after(p.clock), period=b.period
        ),
        alt=lambda number: figure.alt(data, w, finding=f"{title}.", table=number),
        reading=w("workplace.reading", year=p.year),
        note=b.note(),
        table=_data_table(b, rows),
        draw=lambda: figure.figure(data, b.lang),
        clocks=(p.clock,),
    )


def _counted(b: Builder, name: str, rows: list[Effect]) -> str:
    """`Ordinarie verksamhet (678 deltagare)`: the number in the primary year, where it is told."""
    w, p = b.writer, b.release.info.primary
    row = next((row for row in rows if row.horizon == p.year), None)
    if row is None or not w.case(row).shows_number or row.n_treated != row.n_treated:
        return name
    return w("workplace.name", name=name, n=w.numbers.decimal(row.n_treated))


def _table(b: Builder, rows: dict[str, list[Effect]]) -> Table:
    """Year by year, the types side by side: difference and interval."""
    w = b.writer
    found = {(level, row.horizon): row for level, own in rows.items() for row in own}
    body = [
        (head(w("figure.year", year=year)), *(interval_cell(w, found.get((level, year))) for level in rows))
        for year in sorted({year for _, year in found})
    ]
    columns = (
        Column(w("head.year"), numeric=False),
        *(Column(_counted(b, capital(_name(b, level)), own), width=1.8) for level, own in rows.items()),
    )
    caption = w("workplace.caption", after=w.after(b.release.info.primary.clock))
    return plain_table(w, "workplace", caption, columns, body, csv=_csv(b, rows))


def _data_table(b: Builder, rows: dict[str, list[Effect]]) -> Table:
    """The same with the share established in each group."""
    w = b.writer
    named = [
        (w("workplace.row", name=_name(b, level), year=row.horizon), row) for level, own in rows.items() for row in own
    ]
    caption = w("workplace.data_caption", after=w.after(b.release.info.primary.clock))
    table = effects_table(w, "workplace", caption, w("head.workplace"), named, wide=3)
    return replace(table, csv=_csv(b, rows))


def _csv(b: Builder, rows: dict[str, list[Effect]]) -> str:
    every = [row for own in rows.values() for row in own]
    frame = effect_frame(b.writer, every)
    frame.insert(2, "subgroup", [row.subgroup for row in every])
    return to_csv(frame)
