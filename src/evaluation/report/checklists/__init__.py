"""Items of reporting checklists, in our own words, and where a report of ours answers each: data, read and checked here.

A row of a file: what the item asks (`item_sv`, `item_en`), how a report answers it when everything it points at is there (`answer`), at
which places (`where`: a section or `section#block`, several with spaces between, a choice with `|`), with which values of the run
(`value`), and why not in full (`note_sv`, `note_en`). `verified` tells whether number and wording were compared with the source.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

from evaluation.errors import EvaluationError, Problem
from evaluation.report.numbers import Language

Checklist = Literal["target", "record"]
Answer = Literal["yes", "partly", "no"]
CHECKLISTS: tuple[Checklist, ...] = get_args(Checklist)
COLUMNS = ("slug", "part", "number", "verified", "answer", "where", "value", "item_sv", "item_en", "note_sv", "note_en")


class ChecklistError(EvaluationError):
    """A file of a checklist that cannot be used."""

    headline = "A checklist of the report cannot be used"


@dataclass(frozen=True)
class Item:
    """What a checklist asks for. `where`: places, each a choice of anchors; `number` is empty where none is known."""

    slug: str
    part: str
    number: str
    verified: bool
    answer: Answer
    where: tuple[tuple[str, ...], ...]
    values: tuple[str, ...]
    text: str
    note: str


def items(checklist: Checklist, lang: Language) -> tuple[Item, ...]:
    """The items of a checklist in a language."""
    return tuple(
        Item(
            row["slug"],
            row["part"],
            row["number"],
            row["verified"] == "yes",
            row["answer"],  # type: ignore[arg-type]
            tuple(tuple(place.split("|")) for place in row["where"].split()),
            tuple(row["value"].split()),
            row[f"item_{lang}"],
            row[f"note_{lang}"],
        )
        for row in rows(checklist)
    )


@lru_cache
def rows(checklist: Checklist) -> tuple[dict[str, str], ...]:
    """Rows of a checklist as written.

    Raises
    ------
    ChecklistError
        With every row that cannot be used.
    """
    name = f"{checklist}.csv"
    found = tuple(
        csv.DictReader(files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines(), strict=True)
    )
    if problems := [p for line, row in enumerate(found, 2) for p in row_problems(f"{name} line {line}", row)]:
        raise ChecklistError(problems)
    return found


def row_problems(where: str, row: dict[str, str]) -> list[Problem]:
    """What is wrong with a row: a cell too many or too few, an answer without a place, less than yes without a reason."""
    if tuple(row) != COLUMNS or None in row.values():
        return [Problem(where, f"{len(row)} cells", f"{len(COLUMNS)} cells: {', '.join(COLUMNS)}")]
    problems = []
    if row["answer"] not in get_args(Answer):
        problems.append(Problem(f"{where} answer", row["answer"], ", ".join(get_args(Answer))))
    if row["verified"] not in ("yes", "no"):
        problems.append(Problem(f"{where} verified", row["verified"], "yes or no"))
    if not (row["slug"] and row["part"] and row["item_sv"] and row["item_en"]):
        problems.append(Problem(where, "an empty slug, part or item", "a text in each"))
    if (row["answer"] == "no") == bool(row["where"]):
        problems.append(Problem(f"{where} where", row["where"] or "nothing", "a place for yes and partly, none for no"))
    if (row["answer"] == "yes") == bool(row["note_sv"] or row["note_en"]) or bool(row["note_sv"]) != bool(
        row["note_en"]
    ):
        problems.append(
            Problem(f"{where} note", row["note_en"] or "nothing", "a reason for partly and no, in both languages")
        )
    return problems
