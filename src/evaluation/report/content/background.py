"""Why the question was asked: what the board's letter and the department's reply say, and where this report answers."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.report.content.builder import Builder
from evaluation.report.model import Cell, Column, Section
from evaluation.report.tables import plain_table

COMMITTEE = "arbetsmarknadsnämnden"  # the letter was written to this committee: a report for others does not quote it


@dataclass(frozen=True)
class Question:
    """A question, the sections that answer it where the report has them (`partly`: some of it only), and the key of what must be added."""

    key: str
    sections: tuple[str, ...] = ()
    partly: bool = False
    note: str = ""


# those of the department's commission and of the letter first, then what the reply takes up beside them
QUESTIONS = (
    Question("establishment", ("p1", "by_year", "lasting", "holds")),
    Question("policy", ("short_long",), partly=True, note="policy"),
    Question("individuals", ("who",), partly=True, note="individuals"),
    Question("pace", note="pace"),
    Question("employers", ("workplace",), partly=True, note="employers"),
    Question("selfsuff", ("short_long",), partly=True, note="employments_only"),
    Question("later", ("by_year", "by_month", "where"), partly=True, note="employments_only"),
    Question("employments", note="city"),
    Question("steps", note="city"),
    Question("registration", note="city"),
    Question("supported", note="supported"),
)


def there(b: Builder) -> bool:
    """Whether the report is for the committee that the letter was written to."""
    return COMMITTEE in b.release.info.study.commissioner.casefold()


def background(b: Builder) -> Section | None:
    """Why asked, and each question with the section that answers it, or that this report does not."""
    w = b.writer
    body = [(Cell(w(f"background.question.{q.key}")), Cell(_answer(b, q))) for q in QUESTIONS]
    columns = (
        Column(w("head.question"), numeric=False, width=1.5),
        Column(w("head.answered_here"), numeric=False, width=1.2),
    )
    text = w("background.table", table=b.table_number())
    table = b.table(plain_table(w, "background", w("background.caption"), columns, body, small=True))
    return b.section("background", [w("background.why"), w("background.reply"), text, table])


def _answer(b: Builder, question: Question) -> str:
    """Where the answer stands, and what is left out of it."""
    w = b.writer
    places = [b.numbered_place(key) for key in question.sections if key == "p1" or key in b.keys]
    if not places:
        said = w("background.not_here")
    else:
        said = w("background.partly" if question.partly else "background.see", places=w.numbers.listing(places))
    return f"{said} {w(f'background.note.{question.note}')}" if question.note else said
