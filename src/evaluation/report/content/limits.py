"""What to be careful with: each limitation that applies to this run, what it means, and which way an error is likely to go."""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.report.content.builder import Builder
from evaluation.report.model import Cell, Column, Section
from evaluation.report.tables import plain_table

LATER = {"not_yet": "later", "never": "weights", "never_in_follow_up": "removed"}
ALWAYS_LAST = ("displacement", "today", "supported")

Line = tuple[str, dict[str, str]]


def limits(b: Builder) -> Section | None:
    """A table of the limitations that the run chose."""
    w = b.writer
    body = [
        (Cell(w(f"limit.{key}.name")), Cell(w(f"limit.{key}.meaning", **words)), Cell(w(f"limit.{key}.direction")))
        for key, words in lines(b)
    ]
    columns = (
        Column(w("head.limit"), numeric=False, width=1.5),
        Column(w("head.meaning"), numeric=False, width=2.6),
        Column(w("head.direction"), numeric=False, width=1.4),
    )
    return b.section("limits", [b.table(plain_table(w, "limits", w("limits.caption"), columns, body))])


def lines(b: Builder) -> list[Line]:
    """Keys of the limitations that apply, with the words that their sentences ask for."""
    return [
        *_of_the_comparison(b),
        *_of_the_registers(b),
        *_of_the_results(b),
        *((key, _words(b, key)) for key in ALWAYS_LAST),
    ]


def _words(b: Builder, key: str) -> dict[str, str]:
    return {"period": b.period} if key == "today" else {}


def _of_the_comparison(b: Builder) -> Iterator[Line]:
    info, n = b.release.info, b.writer.numbers
    yield "hidden", {}
    if info.design.changes:
        yield "changed", {}
    if (later := LATER.get(info.primary.estimand)) is not None:
        yield later, {}
    eligible, matched = info.design.n_treated_eligible, info.design.n_treated_matched
    if eligible is None and matched is not None:
        yield "matched_hidden", {}
    elif (excluded := (eligible or 0) - (matched or 0)) > 0:
        yield "matched", {"n_excluded": n.decimal(excluded)}


def _of_the_registers(b: Builder) -> Iterator[Line]:
    info, definitions = b.release.info, b.release.table("definitions")
    yield "registers", {"place": b.place("sources")}
    linkage = next((gate.value for gate in info.gates if gate.name == "linkage"), None)
    if linkage is not None and linkage < 1:
        yield "linked", {"linked": b.writer.numbers.per100(linkage, 1)}
    dated = definitions["name"].str.contains(r" \(\d{4}-\d{2}-\d{2} to ", regex=True)
    if ((definitions["unit"] == "code") & dated).any():
        yield "codes", {"place": b.place("definitions")}
    if definitions["status"].isin(["derived", "assumed"]).any():
        yield "thresholds", {"place": b.place("definitions")}
    yield ("absent_excluded" if info.outcomes.absent == "excluded" else "absent"), {}


def _of_the_results(b: Builder) -> Iterator[Line]:
    """Limitations of what was found; none where nothing was."""
    info, w = b.release.info, b.writer
    if not b.release.gates_passed:
        return
    effects = b.release.table("effects")
    if "exit_actual" in set(effects["clock"]):
        yield "actual", {}
    mde, margin = info.design.mde, info.margins.share
    if mde is not None and margin is not None and mde > margin:
        yield "small", {"mde": w.plain_number(100 * mde), "margin": w.plain_number(100 * margin)}
    if effects["outcome"].nunique() > 1:
        yield "many", {}
