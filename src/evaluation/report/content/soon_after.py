"""The share in work soon after the employment. While it lasts nothing can be told of lock-in: the employment itself counts as work."""

from __future__ import annotations

from evaluation.report.cases import lock_in
from evaluation.report.content.builder import Builder
from evaluation.report.figures.rates import agreed_length
from evaluation.report.release import Effect

WORK = "E4_employed"
STEP = 6  # months are told by half-years, as in the tables


def rows(b: Builder) -> list[Effect]:
    """From the start the first half-year after the mean agreed length, where that is known, and a half-year from the primary clock.

    On the primary clock only where that is the end of the employment, agreed or actual.
    """
    length, clock = agreed_length(b.writer), b.release.info.primary.clock
    wanted = []
    if length is not None:
        wanted.append(("start", STEP * (int(length // STEP) + 1)))
    if clock != "start":
        wanted.append((clock, STEP))
    found = [
        b.release.effect(outcome="established", definition=WORK, clock=name, horizon=month, horizon_unit="month")
        for name, month in wanted
    ]
    return [row for row in found if row is not None and b.writer.case(row).shows_number]


def sentences(b: Builder) -> list[str]:
    """What is told of lock-in, then a line for each of the months; nothing where none of them may be shown."""
    w, found = b.writer, rows(b)
    if not found:
        return []
    return [w(f"lockin.{lock_in([w.case(row) for row in found])}"), *(w.line(row) for row in found)]


def short(b: Builder) -> list[str]:
    """One line for the first pages: the month counted from the end of the employment where it is told, else from the start."""
    found = rows(b)
    return [b.writer.line(found[-1])] if found else []
