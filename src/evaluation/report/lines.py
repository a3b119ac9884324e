"""Short forms: one line for each of many results, and one for all four years at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.report.cases import Case, profile
from evaluation.report.release import Effect

if TYPE_CHECKING:
    from evaluation.report.sentences import Writer


def line(w: Writer, row: Effect) -> str:
    """One short line on one of many results; empty where nothing may be said."""
    case = w.case(row)
    if not case.shows_number:
        return ""
    when = w.when(row)
    if row.unit == "sek":
        return _money(w, row, case, when)
    if row.unit == "months":
        return _months(w, row, case, when)
    words: dict[str, str] = {"vp": w.verb(row), "when": when}
    if case.direction:
        words["lo"], words["hi"] = w.numbers.limits100(row.low, row.high)
    else:
        # one decimal where the limits are measured against a margin: whole numbers may read as the margin itself on both sides of it
        words["range"] = w.range(row.low, row.high, 1 if case.name == "no_difference" else 0)
    if case.name == "no_difference":
        words["margin"] = w.margin(row)
    return w(f"line.{case.name}", **words)


def other_measure(w: Writer, measure: str, row: Effect) -> str:
    """One sentence on the main result by another measure of establishment; empty where nothing may be said."""
    case = w.case(row)
    if not case.shows_number:
        return ""
    digits = 1 if case.name == "no_difference" else 0
    return w(f"measure.{case.name}", measure=measure, range=w.range(row.low, row.high, digits))


def _money(w: Writer, row: Effect, case: Case, when: str) -> str:
    words = {"when": when, "price_year": str(w.release.info.price_year)}
    if case.name == "no_difference":
        return w("money.no_difference", margin=w.margin(row), **words)
    lo, hi = w.numbers.money_limits(row.low, row.high)
    return w(f"money.{case.name}", lo=lo, hi=hi, **words)


def _months(w: Writer, row: Effect, case: Case, when: str) -> str:
    words = {"when": when, "what": w.label("months_what", row.outcome)}
    if case.name == "no_difference":
        return w("line.months.no_difference", margin=w.margin(row), **words)
    lo, hi = w.numbers.decimal(abs(row.low), 1), w.numbers.decimal(abs(row.high), 1)
    if case.name == "negative":
        lo, hi = hi, lo
    return w(f"line.months.{case.name}", lo=lo, hi=hi, **words)


def all_years(w: Writer, bands: list[Effect]) -> str:
    """What may be said of all four years at once, from simultaneous intervals; empty where one is not shown."""
    shown = [(row.low, row.high) if w.case(row).shows_number else None for row in bands]
    kind = profile(shown)
    if kind == "incomplete":
        return ""
    row = bands[0]
    if kind in ("all_positive", "all_negative"):
        return w(f"profile.{kind}", vp=w.verb(row), after=w.after(row.clock))
    if kind == "some":
        clear = [str(b.horizon) for b in bands if b.low > 0 or b.high < 0]
        unclear = [str(b.horizon) for b in bands if b.low <= 0 <= b.high]
        return w("profile.some", years_clear=_years(w, clear), years_unclear=_years(w, unclear))
    return w(f"profile.{kind}")


def _years(w: Writer, years: list[str]) -> str:
    word = "år" if w.lang == "sv" else "year" if len(years) == 1 else "years"
    return f"{word} {w.numbers.listing(years)}"
