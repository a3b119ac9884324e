"""The two pages that stand alone: the answer, and what it means."""

from __future__ import annotations

from evaluation.report.cases import likeness
from evaluation.report.content import holds, other_measures, soon_after, workplace
from evaluation.report.content.builder import Builder
from evaluation.report.content.others import other_lines
from evaluation.report.content.results import definition_rows, effects_data_table
from evaluation.report.figures import effects_by_year, love, states
from evaluation.report.model import Bullets, Cell, Column, Facts, Paragraph, Picture, Section, Table
from evaluation.report.tables import head, hidden, plain_table, to_csv

MATCHED_SHARE_GOOD = 0.9
LINES = 6  # so that the page stays one page
COVERAGE_NEEDS_FLOW = "flow"


def answer(b: Builder) -> Section | None:
    """Page 1: question, answer, the figure, and how far to trust it."""
    w = b.writer
    study = b.release.info.study
    claim = w.claim(w.primary)
    facts = [(w("front.commissioner"), study.commissioner), (w("front.evaluator"), study.evaluator)]
    if study.day:
        facts.append((w("front.date"), w.numbers.date(study.day)))
    facts.append((w("front.version"), study.version))
    about = " · ".join(f"{name}: {text}" for name, text in facts if text)
    reply = " ".join(x for x in (claim.text, claim.numbers) if x)
    pairs = [(w("front.question"), study.question(b.lang)), (w("front.answer"), reply)]
    if claim.case.shows_number:
        pairs.append((w("front.reading"), " ".join(w.interpretation())))
        pairs.append((w("front.words"), w("front.words_text", established=w.label("defined", w.primary.definition))))
    if b.release.holds("registers"):
        pairs.append((w("front.data"), w("front.data_text", n_registers=_registers(b))))
    blocks = [
        Paragraph(claim.label, "label") if claim.label else None,
        Paragraph(claim.title, "headline"),
        *w.reservations(w.primary.clock),
        Paragraph(w("unit.employments"), "note") if b.release.info.cohort.unit == "employments" else None,
        Paragraph(about, "note") if about else None,
        Facts(tuple(pairs)),
        verdicts(b),
        effects_picture(b, claim.title),
    ]
    return b.section("p1", blocks, "front")


def _registers(b: Builder) -> str:
    table = b.release.table("registers")
    return str(len(set(table["register"]) - {"key"}))


def effects_picture(b: Builder, title: str) -> Picture | None:
    """Difference by year on the primary clock."""
    w = b.writer
    data = effects_by_year.collect(w)
    if data is None:
        return None
    claim = w.claim(w.primary)
    years = [p.year for p in data.points] + list(data.hidden)
    words = {
        "span": b.span(min(years), max(years)),
        "after": w.after(w.primary.clock),
        "period": b.period,
    }
    shown = claim.case.shows_number
    return b.picture(
        "effects_by_year",
        title=w("by_year.effects.title"),
        subtitle=w("by_year.effects.subtitle", **words),
        alt=lambda number: effects_by_year.alt(data, w, finding=f"{title}." if shown else "", table=number),
        reading=w("by_year.effects.reading", signs=_signs(b, data)),
        note=b.note(w.primary if shown else None),
        clocks=(w.primary.clock,),
        table=effects_data_table(b),
        draw=lambda: effects_by_year.figure(data, b.lang),
    )


def _signs(b: Builder, data: effects_by_year.Data) -> str:
    """The other signs that the figure uses, in the reading line; a blank goes before each."""
    w = b.writer
    there = (
        ("zone", data.margin is not None),
        ("band", any(point.band for point in data.points)),
        ("diamond", any(point.unadjusted is not None for point in data.points)),
    )
    return "".join(f" {w(f'by_year.effects.{name}')}" for name, used in there if used)


def verdicts(b: Builder) -> Facts:
    """Three short answers about trust, in words."""
    w = b.writer
    case = w.case(w.primary)
    sure = {
        "positive": "clear",
        "negative": "clear",
        "uncertain": "uncertain",
        "no_difference": "no_difference",
    }.get(case.name, "not_shown")
    items = [(w("verdict.sure.question"), w(f"verdict.sure.{sure}"))]
    if alike := like(b):
        items.insert(0, (w("verdict.like.question"), w(f"verdict.like.{alike}")))
    stands = (holds.verdict(b) or _other_definitions(b)) if case.shows_number else None
    if stands is not None:
        items.append(stands)
    return Facts(tuple(items), strip=True)


def _other_definitions(b: Builder) -> tuple[str, str] | None:
    """Where nothing else was varied: with how many of the other definitions the conclusion is the same."""
    w, p = b.writer, b.release.info.primary
    cases = [w.case(row) for _, row in definition_rows(b) if row.definition != p.definition]
    shown = [case for case in cases if case.shows_number]
    if not shown:
        return None
    same = sum(case.name == w.case(w.primary).name for case in shown)
    return w("verdict.definitions.question"), w("verdict.definitions.answer", n_same=same, n=len(shown))


def like(b: Builder) -> str:
    """The verdict on likeness; empty where the release holds no balance."""
    data = love.collect(b.writer)
    if data is None or b.release.matched_share is None:
        return ""
    failed = any(not g.passed for g in b.release.info.gates)
    return likeness(
        largest=max(data.after),
        matched_share=b.release.matched_share,
        limit=data.limit,
        share_limit=MATCHED_SHARE_GOOD,
        failed=failed,
    )


def meaning(b: Builder) -> Section | None:
    """Page 2: what it means for 100 people, what can and cannot be said, the other results, whom it covers."""
    w = b.writer
    first = [*other_measures.sentences(b), *soon_after.short(b)]
    lines = [*first, *other_lines(b)[: LINES - len(first)], *_workplace(b)]
    shown = w.case(w.primary).shows_number
    blocks = [
        *w.short_reservations(w.primary.clock),
        _per_100(b),
        Bullets(w("front.can"), _can(b)) if shown else None,
        Bullets(w("front.cannot"), _cannot(b)),
        Bullets(w("front.other"), tuple(lines)) if lines else None,
        w("front.multiplicity") if lines else "",
        Paragraph(w("interval.explain")) if shown else None,
        coverage(b),
        Paragraph(w("front.more", **{k: b.place(k) for k in ("who", "comparable", "limits", "glossary")}), "note"),
    ]
    return b.section("p2", blocks, "front")


def _workplace(b: Builder) -> list[str]:
    """Whether the result differs between the types of workplace, where that was tested and is told."""
    case = workplace.verdict(b)
    return [b.writer(f"front.workplace.{case}")] if case != "unknown" else []


def _can(b: Builder) -> tuple[str, ...]:
    w = b.writer
    years = b.release.effects(outcome=w.primary.outcome, definition=w.primary.definition, clock=w.primary.clock)
    longest = max(row.horizon for row in years if w.case(row).shows_number)
    words = {1: "ett", 2: "två", 3: "tre", 4: "fyra"} if b.lang == "sv" else {1: "one", 2: "two", 3: "three", 4: "four"}
    count = words.get(longest, str(longest))
    return (w("can.compare"), w("can.long", years=count, after=w.after(w.primary.clock)), w("can.doubt"))


def _cannot(b: Builder) -> tuple[str, ...]:
    w = b.writer
    return (
        w("cannot.individual"),
        w("cannot.hidden"),
        w("cannot.today", period=b.period),
        w("cannot.displacement"),
        w("cannot.cost"),
        w("cannot.why"),
    )


def coverage(b: Builder) -> str:
    """How many of those who had an employment are in the report."""
    w, design = b.writer, b.release.info.design
    if design.n_treated_matched is None or design.n_treated_all is None:
        return ""
    words = {
        "n_analysed": _count(b, design.n_treated_matched),
        "n_all": _count(b, design.n_treated_all),
        "period": b.period,
    }
    if not b.release.holds(COVERAGE_NEEDS_FLOW):
        return w("coverage.plain", **words)
    return w("coverage.text", figure=b.figures + 1, **words)


def _count(b: Builder, n: int) -> str:
    text = b.writer.numbers.decimal(n)
    rounding = b.release.info.rounding
    return b.writer("about", n=text) if isinstance(rounding, int) and rounding > 1 else text


def _per_100(b: Builder) -> Table | None:
    """State by state for 100 people in each group, in the primary year."""
    w, p = b.writer, b.release.info.primary
    data = states.collect(w)
    table = b.release.table("states")
    rows = table[(table["clock"] == p.clock) & (table["year"] == p.year)]
    if data is None or set(rows["group"]) != set(states.GROUPS) or not (rows["status"] == "released").any():
        return None
    status = {(r["group"], r["state"]): r["status"] for r in rows.to_dict("records")}
    body = []
    for state in data.states:
        pair = [data.get(group, p.year, state) for group in states.GROUPS]
        cells = []
        for group, value in zip(states.GROUPS, pair, strict=True):
            shown = status.get((group, state), "not_estimated")
            cells.append(Cell(w.numbers.decimal(value, 1)) if shown == "released" else hidden(w, shown))
        if any(status.get((g, state)) != "released" for g in states.GROUPS):
            bad = next(
                status.get((g, state), "not_estimated") for g in states.GROUPS if status.get((g, state)) != "released"
            )
            cells.append(hidden(w, bad))
        else:
            cells.append(Cell(w.numbers.signed(pair[0] - pair[1], 1)))
        body.append((head(w.label("state", state)), *cells))
    columns = (
        Column(w("head.state"), numeric=False, width=2),
        Column(w("head.participants")),
        Column(w("head.comparison")),
        Column(w("head.difference")),
    )
    caption = w("table.per100.caption", year=p.year, after=w.after(p.clock))
    meaning_of_states = w("front.states", established=w.label("defined", states.DEFINITION))
    notes = (meaning_of_states, w("front.states.plain"), w("front.rounded"), w("sign.note.sum"))
    return b.table(plain_table(w, "per100", caption, columns, body, csv=to_csv(rows), extra_notes=notes))
