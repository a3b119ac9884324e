"""The main result by subgroup, and whether the subgroups of a trait could all have the same difference."""

from __future__ import annotations

import math
from dataclasses import replace

from evaluation.report.cases import Equality, equality
from evaluation.report.content.builder import Builder
from evaluation.report.content.levels import level_name, level_order
from evaluation.report.figures import forest
from evaluation.report.model import Cell, Column, Paragraph, Picture, Section, Table
from evaluation.report.numbers import capital
from evaluation.report.release import Effect
from evaluation.report.tables import effect_frame, effects_table, head, hidden, plain_table, to_csv

LEVEL = 0.05  # chance of saying that any division differs where none does
P_DIGITS = 3


def rows_of(b: Builder) -> list[Effect]:
    """The primary result of each subgroup, by trait and level in the order of the labels."""
    p, table = b.release.info.primary, b.release.table("effects")
    wanted = {"outcome": p.outcome, "definition": p.definition, "clock": p.clock}
    names = sorted({name for name in table["subgroup"] if "=" in str(name)}, key=lambda name: _order(b, name))
    rows = [b.release.effect(horizon=p.year, subgroup=name, **wanted) for name in names]
    return [row for row in rows if row is not None]


def _order(b: Builder, subgroup: str) -> tuple:
    family, level = split(subgroup)
    return b.writer.catalogue.place("family", family), level_order(b, family, level)


def there(b: Builder) -> bool:
    """Whether the release holds subgroups of the primary result."""
    return bool(rows_of(b))


def subgroups(b: Builder) -> Section | None:
    """A figure and a table of the subgroups, and one statement on whether they differ."""
    w = b.writer
    rows = rows_of(b)
    if not any(w.case(row).shows_number for row in rows):
        return None
    cases = equality_cases(b)
    said = statements(b, cases, rows)
    return b.section(
        "subgroups",
        [
            *w.reservations(b.release.info.primary.clock),
            *(Paragraph(text, "lead" if i == 0 else "text") for i, text in enumerate(said)),
            _picture(b, rows, title_of(b, cases)),
            *_joint(b, cases),
        ],
    )


def split(subgroup: str) -> tuple[str, str]:
    """`sex=women`: the trait and its level."""
    family, _, level = subgroup.partition("=")
    return family, level


def _picture(b: Builder, rows: list[Effect], title: str) -> Picture | None:
    w, p = b.writer, b.release.info.primary
    data = forest.collect(w, [(_family(b, row), capital(_level(b, row)), row) for row in rows])
    if data is None:
        return None
    return b.picture(
        "subgroups",
        title=title,
        subtitle=w("subgroups.subtitle", year=p.year, after=w.after(p.clock), period=b.period),
        alt=lambda number: forest.alt(data, w, finding=f"{title}.", table=number),
        reading=w("subgroups.reading"),
        note=b.note(w.primary if w.case(w.primary).shows_number else None),
        table=_table(b, rows),
        draw=lambda: forest.figure(data, b.lang),
        clocks=(p.clock,),
    )


def _family(b: Builder, row: Effect) -> str:
    return capital(b.writer.label("family", split(row.subgroup)[0]))


def _level(b: Builder, row: Effect) -> str:
    """The level alone: its trait stands above it."""
    family, level = split(row.subgroup)
    full, name = level_name(b, family, level), b.writer.label("covariate", family)
    short = full.removeprefix(f"{name}: ")
    unit = name.partition(", ")[2]  # `avtalad längd, månader: högst 8` keeps its unit
    return f"{short} {unit}" if unit else short


def _table(b: Builder, rows: list[Effect]) -> Table:
    w, p = b.writer, b.release.info.primary
    named = [(level_name(b, *split(row.subgroup)), row) for row in rows]
    caption = w("subgroups.caption", year=p.year, after=w.after(p.clock))
    table = effects_table(w, "subgroups", caption, w("head.subgroup"), named, wide=3)
    frame = effect_frame(w, rows)
    frame.insert(2, "subgroup", [row.subgroup for row in rows])
    return replace(table, csv=to_csv(frame))


def equality_cases(b: Builder) -> dict[str, Equality]:
    """For each family, in the order of the labels, whether the difference could be the same in all its subgroups."""
    place = b.writer.catalogue.place
    cases = equality({family: p for family, (_, p) in joint_tests(b).items()}, level=LEVEL)
    return {family: cases[family] for family in sorted(cases, key=lambda family: place("family", family))}


def joint_tests(b: Builder) -> dict[str, tuple[int, float]]:
    """Number of subgroups and p value of the joint test of each family; NaN where it is not told."""
    p, table = b.release.info.primary, b.release.table("families")
    table = table[(table["clock"] == p.clock) & (table["estimand"] == p.estimand) & (table["estimator"] == p.estimator)]
    tests = {}
    for family, rows in table.groupby("family", sort=False):
        if len(rows) < 2:
            continue  # nothing to be equal to
        told = (rows["status"] == "released").all() and rows["equal_p"].notna().all()
        tests[str(family)] = (len(rows), float(rows["equal_p"].iloc[0]) if told else math.nan)
    return tests


def _joint(b: Builder, cases: dict[str, Equality]) -> list[Table | str]:
    """How the families were tested, and the test of each."""
    if not cases:
        return []
    w, tests = b.writer, joint_tests(b)
    text = w("subgroups.how", table=b.table_number())
    body = []
    for family in cases:
        n, p = tests[family]
        body.append((head(capital(w.label("family", family))), Cell(w.numbers.decimal(n)), _p_value(b, p)))
    columns = (Column(w("head.division"), numeric=False, width=2.2), Column(w("head.n_subgroups")), Column(w("head.p")))
    note = w("subgroups.joint.note", n=len(cases), limit=w.numbers.decimal(LEVEL / len(cases), P_DIGITS))
    made = plain_table(w, "joint", w("subgroups.joint.caption"), columns, body, extra_notes=(note,))
    return [text, b.table(made)]


def _p_value(b: Builder, p: float) -> Cell:
    w, least = b.writer, 10.0**-P_DIGITS
    if math.isnan(p):
        return hidden(w, "suppressed")
    if p < least:
        return Cell(w("subgroups.joint.least", n=w.numbers.decimal(least, P_DIGITS)))
    return Cell(w.numbers.decimal(p, P_DIGITS))


def title_of(b: Builder, cases: dict[str, Equality]) -> str:
    """The figure's claim: by which traits the difference varies, that it cannot be said to, or neither."""
    differ = [family for family, case in cases.items() if case == "differ"]
    if differ:
        return b.writer("groups.differ.title", families=_listing(b, differ))
    return b.writer("groups.no_difference_shown.title" if "could_be_equal" in cases.values() else "groups.plain.title")


def statements(b: Builder, cases: dict[str, Equality], rows: list[Effect]) -> list[str]:
    """What differs, trait by trait; then one statement that names every trait where nothing can be said to."""
    w = b.writer
    found = [_differs(b, family, rows) for family, case in cases.items() if case == "differ"]
    for case, key in (("could_be_equal", "groups.no_difference_shown"), ("unknown", "groups.unknown")):
        named = [family for family in cases if cases[family] == case]
        if named:
            found.append(w(key, families=_listing(b, named)))
            found += [w("groups.caution")] if case == "could_be_equal" else []
    return found


def _listing(b: Builder, families: list[str]) -> str:
    w = b.writer
    return w.numbers.listing([w.label("family", family) for family in families])


def _differs(b: Builder, family: str, rows: list[Effect]) -> str:
    """One trait whose subgroups differ, which is told only where every one of them is shown: the largest and the smallest difference."""
    w = b.writer
    own = [row for row in rows if split(row.subgroup)[0] == family and w.case(row).shows_number]
    name = capital(w.label("family", family))
    high, low = max(own, key=lambda row: row.estimate), min(own, key=lambda row: row.estimate)
    return w(
        "groups.differ",
        family=name,
        group_high=_level(b, high),
        range_high=w.range(high.low, high.high),
        group_low=_level(b, low),
        range_low=w.range(low.low, low.high),
    )
