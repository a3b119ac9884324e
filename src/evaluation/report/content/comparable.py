"""How alike the groups are: balance, overlap, the design in numbers, later treatment."""

from __future__ import annotations

import math

from evaluation.report.content import ways
from evaluation.report.content.builder import Builder
from evaluation.report.content.front import MATCHED_SHARE_GOOD, like
from evaluation.report.content.levels import level_name, level_order, stratum_names
from evaluation.report.figures import love, overlap
from evaluation.report.model import Cell, Column, Paragraph, Picture, Section, Table
from evaluation.report.numbers import capital
from evaluation.report.reasons import why_not_shown
from evaluation.report.tables import hidden, plain_table, to_csv

LATER = {"never": "comparable.later_never", "never_in_follow_up": "comparable.later_removed"}


def comparable(b: Builder) -> Section | None:
    """Balance before and after matching, overlap, the design in numbers, later treatment."""
    w = b.writer
    data = love.collect(w)
    verdict = _verdict(b, data) if data else ""
    largest = ""
    if data:
        n = w.numbers
        largest = w("comparable.largest", before=n.decimal(max(data.before), 2), after=n.decimal(max(data.after), 2))
    design = b.table(_design(b))
    love_picture = _love(b, data) if data else None
    later = _later(b)
    text = (
        w(LATER.get(b.release.info.primary.estimand, "comparable.later"), table=b.table_number())
        if later
        else w("later.not_shown")
    )
    later = b.table(later) if later else None
    overlap_picture = _overlap(b)
    removed = w("flag.like") if b.release.info.primary.estimand == "never_in_follow_up" else ""
    return b.section(
        "comparable",
        [
            Paragraph(verdict, "lead") if verdict else None,
            Paragraph(removed, "caution") if removed else None,
            largest,
            design,
            love_picture,
            text,
            later,
            w.weights()
            if b.release.info.primary.estimand == "never" or not ways.there(b)
            else "",  # else with the other ways
            overlap_picture or w("overlap.not_shown"),
        ],
    )


def _verdict(b: Builder, data: love.Data) -> str:
    w = b.writer
    found = like(b)
    if not found:
        return ""
    n = w.numbers
    matched100 = w.matched_of_100()
    limit = n.decimal(data.limit, 1)
    if found == "good":
        return w("match.good", n_cov=data.n_all, smd=limit, matched100=matched100)
    exceptions = []
    off = [w.label("covariate", c) for c, after in zip(data.covariates, data.after, strict=True) if after > data.limit]
    if off:
        exceptions.append(w("match.exception.covariates", smd=limit, names=n.listing(off)))
    if (b.release.matched_share or 0) < MATCHED_SHARE_GOOD:
        unmatched = 1 - (b.release.matched_share or 0)
        bound = b.release.matched_at_least
        unmatched100 = w("range.at_most", n=n.per100(unmatched)) if bound else w.of_100(unmatched)
        exceptions.append(w("match.exception.share", unmatched100=unmatched100))
    if found == "poor":
        return w("match.poor", exceptions=n.listing(exceptions) or why_not_shown(w))
    return w("match.acceptable", exceptions=n.listing(exceptions), matched100=capital(matched100))


def _love(b: Builder, data: love.Data) -> Picture:
    w = b.writer
    limit = w.numbers.decimal(data.limit, 1)
    return b.picture(
        "love",
        title=w("comparable.love.title"),
        subtitle=w("comparable.love.subtitle", n=data.n_all),
        alt=lambda number: love.alt(data, w, table=number),
        reading=w("comparable.love.reading", limit=limit),
        note=b.note(),
        table=_balance(b),
        draw=lambda: love.figure(data, b.lang),
    )


def _balance(b: Builder) -> Table:
    w = b.writer
    table = b.release.table("balance")
    names = ("treated_mean", "control_mean_before", "control_mean_after", "smd_before", "smd_after")
    body = []
    for row in sorted(table.to_dict("records"), key=lambda r: level_order(b, r["covariate"], r["level"])):
        cells = [Cell(capital(level_name(b, row["covariate"], row["level"])))]
        for name in names:
            value = row[name]
            if row["status"] != "released" or math.isnan(value):
                cells.append(hidden(w, row["status"] if row["status"] != "released" else "not_estimated"))
            else:
                large = abs(value) >= 1000
                cells.append(Cell(w.numbers.decimal(value, 0 if large else 2)))
        body.append(tuple(cells))
    columns = (
        Column(w("head.characteristic"), numeric=False, width=3.4),
        Column(w("head.participants")),
        Column(w("head.before_alike")),
        Column(w("head.comparison")),
        Column(w("head.smd_before"), width=1.3),
        Column(w("head.smd_after"), width=1.3),
    )
    return plain_table(
        w, "balance", w("comparable.balance.caption"), columns, body, csv=to_csv(table), small=True,
        extra_notes=(w("comparable.before", name=w("head.before_alike")),),
    )  # fmt: skip


def _overlap(b: Builder) -> Picture | None:
    w = b.writer
    data = overlap.collect(w)
    if data is None:
        return None
    table = b.release.table("overlap")
    protected = (table["status"] == "suppressed").any()
    reading = w("comparable.overlap.reading")
    return b.picture(
        "overlap",
        title=w("comparable.overlap.title"),
        subtitle=w("comparable.overlap.subtitle"),
        alt=lambda number: overlap.alt(data, w, table=number),
        reading=f"{reading} {w('comparable.overlap.hidden')}" if protected else reading,
        note=b.note(),
        table=_overlap_table(b),
        draw=lambda: overlap.figure(data, b.lang),
    )


def _overlap_table(b: Builder) -> Table:
    w = b.writer
    table = b.release.table("overlap")
    groups = [g for g in overlap.GROUPS if (table["group"] == g).any()]
    found = {(r["bin_low"], r["bin_high"], r["group"]): r for r in table.to_dict("records")}
    body = []
    for low, high in sorted({key[:2] for key in found}):
        cells = [Cell(w.numbers.interval(low, high, 2))]
        for group in groups:
            row = found.get((low, high, group))
            status = row["status"] if row else "not_estimated"
            cells.append(Cell(w.numbers.per100(row["share"], 1)) if row and status == "released" else hidden(w, status))
        body.append(tuple(cells))
    heads = {
        "participants": w("head.participants"),
        "comparison_before": w("head.comparison_before"),
        "comparison_after": w("head.comparison"),
    }
    columns = [Column(w("head.bin"), numeric=False, width=1.6), *(Column(heads[g]) for g in groups)]
    return plain_table(w, "overlap", w("comparable.overlap.caption"), columns, body, csv=to_csv(table))


def _design(b: Builder) -> Table:
    w, design = b.writer, b.release.info.design
    n = w.numbers
    caliper = design.caliper
    if not isinstance(caliper, str | None):
        caliper = w.plain_number(caliper)
    values = {
        "n_treated_all": design.n_treated_all,
        "n_treated_eligible": design.n_treated_eligible,
        "n_treated_matched": design.n_treated_matched,
        "n_controls_matched": design.n_controls_matched,
        "n_person_months": design.n_person_months,
        "ess_controls": design.ess_controls,
        "ratio": design.ratio,
    }
    # a count that the release does not tell is a protected one
    rows = [
        (Cell(w(f"design.{key}")), hidden(w, "suppressed") if value is None else Cell(n.decimal(value)))
        for key, value in values.items()
    ]
    if caliper is not None:
        rows.append((Cell(w("design.caliper")), Cell(caliper)))
    if design.same:
        rows.append((Cell(w("design.exact")), Cell(stratum_names(b))))
    mde = hidden(w, "suppressed") if design.mde is None else Cell(n.per100(design.mde))
    rows.append((Cell(w("design.mde")), mde))
    columns = (Column(w("head.measure"), numeric=False, width=3), Column(w("head.value"), width=2))
    return plain_table(w, "design", w("comparable.design.caption"), columns, rows)


def _later(b: Builder) -> Table | None:
    w, primary = b.writer, b.release.info.primary
    clock = primary.clock
    table = b.release.table("later_treated")
    rows = table[(table["clock"] == clock) & (table["estimand"] == primary.estimand)].sort_values("year", kind="stable")
    if not (rows["status"] == "released").any():
        return None
    body = []
    for row in rows.to_dict("records"):
        shown = row["status"] == "released"
        value = Cell(w.numbers.per100(row["share"], 1)) if shown else hidden(w, row["status"])
        body.append((Cell(w("figure.year", year=int(row["year"])).capitalize()), value))
    columns = (Column(w("head.year"), numeric=False), Column(w("head.later"), width=2))
    caption = w("comparable.later.caption", after=w.after(clock))
    return plain_table(w, "later_treated", caption, columns, body, csv=to_csv(rows))
