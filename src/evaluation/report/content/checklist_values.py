"""What the run itself answers an item of a checklist with: short phrases from the release; empty where it holds nothing to show."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from evaluation.report.content.builder import Builder
from evaluation.report.content.levels import stratum_names

ROW = "row."
WHOLE_REGISTER = ("not_delivered", "no_rows")  # rows of the ledger about a register, not about rows in it


def value(b: Builder, key: str) -> str:
    """The phrase of a key, `row.<element>` being a row of the protocol."""
    return _row(b, key.removeprefix(ROW)) if key.startswith(ROW) else VALUES[key](b)


def row_key(element: str) -> str:
    """The protocol's `Time zero` as a key: `time_zero`."""
    return element.strip().lower().replace(" ", "_").replace("-", "_")


def _row(b: Builder, element: str) -> str:
    table = b.release.table("protocol")
    found = {row_key(name) for name in table.loc[table["language"] == b.lang, "element"]}
    return b.writer("checklist.value.row", name=b.writer.label("protocol", element)) if element in found else ""


def _say(b: Builder, key: str, number: float | None, digits: int = 0) -> str:
    if number is None or number != number:
        return ""
    return b.writer(f"checklist.value.{key}", n=b.writer.numbers.decimal(number, digits))


def _registers(b: Builder) -> str:
    return _say(b, "registers", len(set(b.release.table("registers")["register"]) - {"key"}) or None)


def _linked(b: Builder) -> str:
    gate = next((gate for gate in b.release.info.gates if gate.name == "linkage"), None)
    return _say(b, "linked", None if gate is None or gate.value is None else 100 * gate.value, 1)


def _analysed(b: Builder) -> str:
    design, n = b.release.info.design, b.writer.numbers
    if design.n_treated_matched is None or design.n_treated_all is None:
        return ""
    return b.writer(
        "checklist.value.analysed", n=n.decimal(design.n_treated_matched), n_all=n.decimal(design.n_treated_all)
    )


def _primary(b: Builder) -> str:
    w = b.writer
    if not w.case(w.primary).shows_number:
        return ""
    return w("checklist.value.primary", range=w.range(w.primary.low, w.primary.high))


def _largest(b: Builder) -> str:
    return _say(b, "largest", b.release.info.design.max_smd_after, 2)


def _mde(b: Builder) -> str:
    mde = b.release.info.design.mde
    return _say(b, "mde", None if mde is None else 100 * mde, 1)


def _matching(b: Builder) -> str:
    names, ratio = stratum_names(b), b.release.info.design.ratio
    if not names or ratio is None:
        return ""
    return b.writer("checklist.value.matching", n=b.writer.plain_number(ratio), names=names)


def _flaws(b: Builder) -> str:
    """As many as the table of flaws has rows about rows: those whose number is protected stand there as well."""
    table = b.release.table("ledger")
    there = (table["rows"] > 0) | (table["status"] != "released")
    return _say(b, "flaws", float((there & ~table["rule"].isin(WHOLE_REGISTER)).sum()) or None)


def _assumed(b: Builder) -> str:
    table = b.release.table("definitions")
    return "" if table.empty else _say(b, "assumed", float(n_assumed(table)))


def n_assumed(definitions: pd.DataFrame) -> int:
    """Values that are assumed, thresholds and codes alike: the one number that the report gives of them."""
    return int((definitions["status"] == "assumed").sum())


def _end(b: Builder) -> str:
    return b.writer("checklist.value.end", date=b.writer.end_date) if b.release.info.end_of_data else ""


def _named(key: str, text: Callable[[Builder], str]) -> Callable[[Builder], str]:
    return lambda b: b.writer(f"checklist.value.{key}", text=text(b)) if text(b) else ""


VALUES: dict[str, Callable[[Builder], str]] = {
    "registers": _registers,
    "linked": _linked,
    "analysed": _analysed,
    "primary": _primary,
    "largest": _largest,
    "mde": _mde,
    "matching": _matching,
    "flaws": _flaws,
    "assumed": _assumed,
    "end": _end,
    "period": _named("period", lambda b: b.period),
    "hash": _named("hash", lambda b: b.release.info.design.hash[:8]),
    "software": _named("software", lambda b: str(b.release.info.software.get("evaluation", ""))),
    "commissioner": _named("commissioner", lambda b: b.release.info.study.commissioner),
}
