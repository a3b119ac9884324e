"""The main result by subgroup, and whether the subgroups of a trait could all have the same difference."""

from __future__ import annotations

import math
from dataclasses import replace

from evaluation.report.cases import equality
from evaluation.report.content.builder import Builder
from evaluation.report.content.levels import level_name, level_order
from evaluation.report.model import Bullets, Paragraph, Section
from evaluation.report.numbers import capital
from evaluation.report.release import Effect
from evaluation.report.tables import effect_frame, effects_table, to_csv


def rows_of(b: Builder) -> list[Effect]:
    """The primary result of each subgroup, by trait and level in the order of the labels."""
    p, table = b.release.info.primary, b.release.table("effects")
    wanted = {"outcome": p.outcome, "definition": p.definition, "clock": p.clock}
    names = sorted(
        {name for name in table["subgroup"] if "=" in str(name)}, key=lambda name: level_order(b, *_split(name))
    )
    rows = [b.release.effect(horizon=p.year, subgroup=name, **wanted) for name in names]
    return [row for row in rows if row is not None]


def there(b: Builder) -> bool:
    """Whether the release holds subgroups of the primary result."""
    return bool(rows_of(b))


def subgroups(b: Builder) -> Section | None:
    """A table of the subgroups, and one sentence on each trait."""
    w, p = b.writer, b.release.info.primary
    rows = rows_of(b)
    if not any(w.case(row).shows_number for row in rows):
        return None
    named = [(level_name(b, *_split(row.subgroup)), row) for row in rows]
    caption = w("subgroups.caption", year=p.year, after=w.after(p.clock))
    text = w("subgroups.text", table=b.table_number())
    table = effects_table(w, "subgroups", caption, w("head.subgroup"), named, wide=3)
    frame = effect_frame(w, rows)
    frame.insert(2, "subgroup", [row.subgroup for row in rows])
    lines = equality_lines(b)
    return b.section(
        "subgroups",
        [
            *w.reservations(p.clock),
            text,
            b.table(replace(table, csv=to_csv(frame))),
            Bullets(w("subgroups.equal"), tuple(lines)) if lines else None,
            Paragraph(w("subgroups.how"), "note") if lines else None,
        ],
    )


def _split(subgroup: str) -> tuple[str, str]:
    """`sex=women`: the trait and its level."""
    family, _, level = subgroup.partition("=")
    return family, level


def equality_lines(b: Builder) -> list[str]:
    """One sentence on each family: whether the difference could be the same in all its subgroups."""
    w, p = b.writer, b.release.info.primary
    table = b.release.table("families")
    table = table[(table["clock"] == p.clock) & (table["estimand"] == p.estimand) & (table["estimator"] == p.estimator)]
    tests = {}
    for family, rows in table.groupby("family", sort=False):
        if len(rows) < 2:
            continue  # nothing to be equal to
        told = (rows["status"] == "released").all() and rows["equal_p"].notna().all()
        tests[str(family)] = float(rows["equal_p"].iloc[0]) if told else math.nan
    cases = equality(tests)
    order = sorted(cases, key=lambda family: w.catalogue.place("family", family))
    return [w(f"subgroups.{cases[family]}", family=capital(w.label("family", family))) for family in order]
