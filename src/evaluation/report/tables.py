"""Tables: cells with the signs of Swedish official statistics, notes for the signs a table uses, and the rows as CSV.

`U` protected, `..` not available, `–` nothing to report. The sign never goes into a number column of the CSV: there the cell is
empty and `status` says why.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from evaluation.report import flags
from evaluation.report.model import Cell, Column, Table
from evaluation.report.numbers import capital
from evaluation.report.release import Effect
from evaluation.report.sentences import Writer


def hidden(writer: Writer, status: str) -> Cell:
    """The sign for a figure that is not shown, with its meaning for a screen reader."""
    sign = "sign.suppressed" if status == "suppressed" else "sign.missing"
    return Cell(writer(sign), writer.label("status", status))


def impossible(writer: Writer) -> Cell:
    """The sign for a cell that cannot hold a figure."""
    return Cell(writer("sign.impossible"), writer("sign.spoken.impossible"))


def count(writer: Writer, n: float, status: str = "released") -> Cell:
    """A count; a true zero is a dash. `about` where counts are rounded by disclosure control."""
    if status != "released":
        return hidden(writer, status)
    if math.isnan(n):
        return hidden(writer, "not_estimated")
    if n == 0:
        return Cell(writer("sign.zero"), writer("sign.spoken.zero"))
    return Cell(writer.numbers.decimal(n))


def notes(writer: Writer, rows: Iterable[Sequence[Cell]], *extra: str) -> tuple[str, ...]:
    """Explanations of the signs that stand in the rows, after other notes."""
    texts = {cell.text for row in rows for cell in row}
    found = [note for note in extra if note]
    for sign in ("suppressed", "missing", "impossible", "zero"):
        if writer(f"sign.{sign}") in texts:
            found.append(writer(f"sign.note.{sign}"))
    return tuple(found)


def to_csv(frame: pd.DataFrame) -> str:
    """The released rows behind a table, as they stand in the release."""
    return frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def head(text: str) -> Cell:
    """A row's head."""
    return Cell(capital(text))


def effect_cells(writer: Writer, row: Effect, *, both: bool = True) -> tuple[Cell, ...]:
    """Participants, comparison group, difference and interval of one result (the last two only with `both=False`)."""
    if not writer.case(row).shows_number:
        status = row.status if row.status != "released" else "gate_failed"
        return tuple(hidden(writer, status) for _ in range(4 if both else 2))
    n = writer.numbers
    digits = 0 if row.unit == "sek" else 1
    if row.unit == "share":
        result = (Cell(n.signed100(row.estimate)), Cell(n.interval100(row.low, row.high)))
    else:
        result = (Cell(n.signed(row.estimate, digits)), Cell(n.interval(row.low, row.high, digits)))
    if not both:
        return result  # a row beside the main one may be released without its means
    means = (row.treated, row.treated - row.estimate)
    return (*(Cell(n.per100(x, 1) if row.unit == "share" else n.decimal(x, digits)) for x in means), *result)


def interval_cell(writer: Writer, row: Effect | None) -> Cell:
    """Difference and interval of one result in one cell; a sign where there is none to show."""
    if row is None:
        return impossible(writer)
    difference, interval = effect_cells(writer, row, both=False)
    if not writer.case(row).shows_number:
        return difference
    return Cell(writer("ways.cell", difference=difference.text, interval=interval.text))


def effects_table(
    writer: Writer,
    key: str,
    caption: str,
    first: str,
    rows: Sequence[tuple[str, Effect]],
    *,
    extra: Sequence[tuple[str, dict[int, Effect]]] = (),
    wide: float = 2.2,
) -> Table:
    """A table of results, one row each.

    Parameters
    ----------
    first
        Head of the first column, whose share of the width is `wide`.
    rows
        Name of each row and its result.
    extra
        More columns: head, and by horizon the result whose interval (pointwise or simultaneous) or difference goes there.
    """
    columns = [
        Column(first, numeric=False, width=wide),
        Column(writer("head.participants")),
        Column(writer("head.comparison"), width=1.1),
        Column(writer("head.difference")),
        Column(writer("head.interval"), width=1.4),
    ]
    columns += [Column(title, width=1.4) for title, _ in extra]
    body = []
    for name, row in rows:
        cells = [head(name), *effect_cells(writer, row)]
        for title, found in extra:
            other = found.get(row.horizon)
            if other is None:
                cells.append(hidden(writer, "not_estimated"))
            else:
                difference, interval = effect_cells(writer, other, both=False)
                cells.append(difference if title == writer("head.unadjusted") else interval)
        body.append(tuple(cells))
    sources = [row for _, row in rows] + [other for _, found in extra for other in found.values()]
    csv = to_csv(effect_frame(writer, sources))
    extra_notes = list(flags.notes(writer, [row.clock for row in sources]))
    if any(title == writer("head.unadjusted") for title, _ in extra):
        extra_notes.append(writer.unadjusted())
    return Table(key, caption, tuple(columns), tuple(body), notes(writer, body, *extra_notes), csv)


def effect_frame(writer: Writer, rows: Sequence[Effect]) -> pd.DataFrame:
    """Results as the rows of effects.csv they come from; empty values where the number may not be shown."""
    records = []
    for row in rows:
        shown = writer.case(row).shows_number
        numbers = {
            "estimate": row.estimate,
            "ci_low": row.low,
            "ci_high": row.high,
            "treated_mean": row.treated,
            "control_mean": row.control,
            "n_treated": row.n_treated,
            "n_controls": row.n_controls,
        }
        record = {
            "outcome": row.outcome,
            "definition": row.definition,
            "clock": row.clock,
            "horizon": row.horizon,
            "horizon_unit": row.horizon_unit,
            "estimator": row.estimator,
            "ci_kind": row.ci_kind,
        }
        record |= {k: v if shown else math.nan for k, v in numbers.items()}
        records.append(record | {"unit": row.unit, "status": row.status})
    return pd.DataFrame(records)


def plain_table(
    writer: Writer,
    key: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    csv: str = "",
    extra_notes: Sequence[str] = (),
    small: bool = False,
) -> Table:
    """A table from ready cells, with notes for the signs it uses."""
    body = tuple(tuple(row) for row in rows)
    return Table(key, caption, tuple(columns), body, notes(writer, body, *extra_notes), csv, small=small)
