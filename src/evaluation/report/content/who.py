"""Who is included: the flow from the registers, and the population by sex."""

from __future__ import annotations

import math

import pandas as pd

from evaluation.report.content.builder import Builder
from evaluation.report.content.front import coverage
from evaluation.report.content.levels import level_name, level_order
from evaluation.report.figures import flow
from evaluation.report.model import Cell, Column, Paragraph, Picture, Section, Table
from evaluation.report.numbers import capital
from evaluation.report.tables import count, head, hidden, impossible, plain_table, to_csv

SEXES = ("all", "women", "men")
POPULATION_GROUPS = (("participants", SEXES), ("comparison_after", SEXES), ("comparison_before", ("all",)))


def who(b: Builder) -> Section | None:
    """Flow and population."""
    w, design = b.writer, b.release.info.design
    excluded = ""
    if design.n_treated_eligible is not None and design.n_treated_matched is not None:
        n = design.n_treated_eligible - design.n_treated_matched
        excluded = w("match.excluded", n_excluded=w.numbers.decimal(n)) if n > 0 else ""
    first = coverage(b)
    counted = Paragraph(w("unit.employments"), "caution") if b.release.info.cohort.unit == "employments" else None
    picture = _flow(b)
    population = _population(b)
    text = w("who.population", table=b.table_number()) if population else ""
    return b.section(
        "who",
        [
            counted,
            first,
            picture,
            text,
            b.table(population) if population else None,
            Paragraph(excluded, "caution") if excluded else None,
        ],
    )


def _flow(b: Builder) -> Picture | None:
    w = b.writer
    data = flow.collect(w)
    if data is None:
        return None
    return b.picture(
        "flow",
        title=w("who.flow.title"),
        subtitle=w("who.flow.subtitle", period=b.period),
        alt=lambda number: flow.alt(data, w, table=number),
        reading=w("who.flow.reading"),
        note=" ".join([b.note(), w("sign.note.suppressed") if data.protected else ""]).strip(),
        table=_flow_table(b),
        draw=lambda: flow.figure(data, b.lang),
    )


def _flow_table(b: Builder) -> Table:
    w = b.writer
    table = b.release.table("flow")
    body = []
    last = flow.compared(w)
    for row in (*table.to_dict("records"), *([last] if last else [])):
        reason = f"{w.label('flow_group', row['group'])}: {w.label('flow_step', row['step'])}"
        removed = hidden(w, row["status"]) if row["status"] != "released" else count(w, row["n_removed"])
        body.append(
            (
                head(reason),
                Cell(w.unit(row["group"], row["unit"])),
                _maybe(b, row["n_in"]),
                removed,
                _maybe(b, row["n_out"]),
            )
        )
    columns = (
        Column(w("head.reason"), numeric=False, width=4),
        Column(w("head.unit"), numeric=False, width=1.5),
        Column(w("head.n_in")),
        Column(w("head.n_removed")),
        Column(w("head.n_out")),
    )
    caption = w("flow.caption", period=b.period)
    return plain_table(w, "flow", caption, columns, body, csv=to_csv(table))


def _maybe(b: Builder, n: float) -> Cell:
    return hidden(b.writer, "suppressed") if math.isnan(n) else count(b.writer, n)


def _population(b: Builder) -> Table | None:
    w = b.writer
    table = b.release.table("population")
    if table.empty:
        return None
    columns = [Column(w("head.characteristic"), numeric=False, width=2.6)]
    keys = []
    for group, sexes in POPULATION_GROUPS:
        for sex in sexes:
            if ((table["group"] == group) & (table["sex"] == sex)).any():
                keys.append((group, sex))
                columns.append(Column(_population_head(b, group, sex)))
    found = {(r["characteristic"], r["level"], r["group"], r["sex"]): r for r in table.to_dict("records")}
    body = [_sizes(b, table, keys)]
    pairs = dict.fromkeys(zip(table["characteristic"], table["level"], strict=True))
    for characteristic, level in sorted(pairs, key=lambda pair: level_order(b, *pair)):
        row = [Cell(capital(level_name(b, characteristic, level)))]
        row += [_population_cell(b, found.get((characteristic, level, *key))) for key in keys]
        body.append(tuple(row))
    caption = w("who.population.caption", period=b.period)
    before = any(group == "comparison_before" for group, _ in keys)
    notes = [w("who.before", name=w("head.comparison_before"))] if before else []
    return plain_table(w, "population", caption, columns, body, csv=to_csv(table), extra_notes=notes, small=True)


def _population_head(b: Builder, group: str, sex: str) -> str:
    w = b.writer
    if group == "comparison_before":
        return w("head.comparison_before")
    name = w("head.participants") if group == "participants" else w("head.comparison")
    return w("head.group_sex", group=name, sex=w.label("sex", sex))


def _sizes(b: Builder, table: pd.DataFrame, keys: list[tuple[str, str]]) -> tuple[Cell, ...]:
    """People behind the values of each column: the largest count among its rows."""
    cells = [Cell(b.writer("row.n"))]
    for group, sex in keys:
        n = table.loc[(table["group"] == group) & (table["sex"] == sex), "n"].max()
        cells.append(_maybe(b, float(n)))
    return tuple(cells)


def _population_cell(b: Builder, row: dict | None) -> Cell:
    w = b.writer
    if row is None:
        return impossible(w)
    if row["status"] != "released":
        return hidden(w, row["status"])
    if row["kind"] == "share":
        return Cell(w.numbers.per100(row["value"], 1))
    return Cell(w.numbers.decimal(row["value"], 0 if abs(row["value"]) >= 1000 else 1))
