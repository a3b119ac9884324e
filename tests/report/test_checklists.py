"""The checklists: whoever says yes points at something that stands in this very report, with a value of the run."""

from __future__ import annotations

import re

import pytest

from evaluation.report.checklists import CHECKLISTS, Checklist, ChecklistError, items, row_problems, rows
from evaluation.report.content import build
from evaluation.report.content.builder import Builder
from evaluation.report.content.checklists import Answered, answers
from evaluation.report.model import Document, Picture, Table
from evaluation.report.numbers import LANGUAGES
from evaluation.report.release import Release, read_release
from evaluation.report.sentences import Writer
from tests.report.fake_outcomes import CASES

# the items of the two lists, by the sections that the lists name
RECORD = ["1.1", "1.2", "1.3", "6.1", "6.2", "6.3", "7.1", "12.1", "12.2", "12.3", "13.1", "19.1", "22.1"]
VERIFIED = {"1.1", "1.2", "1.3", "6.1"}
BOTH = ("eligibility", "strategies", "assignment", "follow_up", "outcomes", "contrast", "assumptions", "analysis")


def answered(release: Release, checklist: Checklist, lang: str = "sv") -> tuple[Document, list[Answered]]:
    document = build(release, lang).document
    return document, answers(Builder(Writer.of(release, lang)), checklist, document.sections)


def body(document: Document, checklist: Checklist) -> list[list[str]]:
    section = next(s for s in document.sections if s.key == checklist)
    table = next(block for block in section.blocks if isinstance(block, Table))
    return [[cell.text for cell in row] for row in table.rows]


def test_the_lists_hold_every_item() -> None:
    record = rows("record")
    assert [r["number"] for r in record if r["part"] == "record"] == RECORD
    assert [r["number"] for r in record if r["part"] == "strobe"] == [str(k) for k in range(1, 23)]
    target = [r["slug"] for r in rows("target")]
    assert {f"methods.{part}.{name}" for part in ("trial", "emulation") for name in BOTH} < set(target)
    assert len(target) == len(set(target)) == 20 + 2 * len(BOTH)


def test_numbers_that_nobody_compared_are_marked(release_of) -> None:
    assert {r["number"] for r in rows("record") if r["verified"] == "yes"} == VERIFIED
    assert not any(r["number"] or r["verified"] == "yes" for r in rows("target"))
    document, found = answered(read_release(release_of("positive")), "record")
    for row, item in zip(body(document, "record"), [a.item for a in found], strict=True):
        assert bool(re.match(r"\w+ [\d.]+ o: ", row[0])) != item.verified
    text = " ".join(t for s in document.sections if s.key == "target" for t in [str(s.blocks[0])])
    assert "okontrollerade" in text


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("checklist", CHECKLISTS)
def test_whoever_says_yes_can_show_it(release_of, case: str, checklist: Checklist) -> None:
    for lang in LANGUAGES:
        document, found = answered(read_release(release_of(case)), checklist, lang)
        anchors = {s.key for s in document.sections}
        anchors |= {f"{s.key}#{x.key}" for s in document.sections for x in s.blocks if isinstance(x, Picture | Table)}
        titles = {s.title for s in document.sections}
        for row, one in zip(body(document, checklist), found, strict=True):
            if one.answer == "no":
                continue
            assert one.places
            for place in one.places:
                anchor = place.section.key + (f"#{place.block.key}" if place.block else "")
                assert anchor in anchors
                assert place.section.title in titles
                assert place.section.title in row[2]
                assert not place.block or place.block.number in row[2]
            assert len(one.values) == len(one.item.values)
            assert all(value[1:] in row[2] for value in one.values)
            assert one.answer == "partly" or len(one.places) == len(one.item.where)


@pytest.mark.parametrize("checklist", CHECKLISTS)
def test_no_and_partly_give_a_reason(release_of, checklist: Checklist) -> None:
    document, found = answered(read_release(release_of("positive")), checklist)
    for row, one in zip(body(document, checklist), found, strict=True):
        assert row[1] == {"yes": "ja", "partly": "delvis", "no": "nej"}[one.answer]
        if one.answer != "yes":
            assert row[2].endswith(
                (one.item.note, "redovisas inte i den här rapporten.", "Redovisas inte i den här rapporten.")
            )
            assert one.item.note or one.missing


def by_slug(release: Release, checklist: Checklist) -> dict[str, Answered]:
    return {a.item.slug: a for a in answered(release, checklist)[1]}


def test_a_release_that_lacks_something_answers_no(release_of) -> None:
    full, less = (
        by_slug(read_release(release_of("positive", omit=omit)), "target")
        for omit in ((), ("protocol", "ledger", "registers", "states", "definitions"))
    )
    for slug in ("methods.trial.eligibility", "methods.data_sources", "intro.why_emulate"):
        assert (full[slug].answer, less[slug].answer) == ("yes", "no"), slug
    assert (full["results.outcome_counts"].answer, less["results.outcome_counts"].answer) == ("yes", "partly")
    assert less["results.outcome_counts"].missing
    record = by_slug(
        read_release(
            release_of("positive", omit=("states", "later_treated", "overlap", "ledger", "definitions", "protocol"))
        ),
        "record",
    )
    assert record["record.12.2"].answer == record["record.7.1"].answer == "no"


def test_results_that_may_not_be_shown_are_not_reported(release_of) -> None:
    for case in ("gate_failed", "suppressed"):
        found = by_slug(read_release(release_of(case)), "target")
        assert found["abstract.methods_results"].answer == "no"
        assert found["results.effects"].answer == "no"
    assert by_slug(read_release(release_of("gate_failed")), "target")["results.outcome_counts"].answer == "no"


def test_the_sum_counts_the_rows(release_of) -> None:
    document, found = answered(read_release(release_of("positive")), "target")
    section = next(s for s in document.sections if s.key == "target")
    count = {answer: sum(a.answer == answer for a in found) for answer in ("yes", "partly", "no")}
    assert (
        f"Av {len(found)} punkter besvaras {count['yes']} helt, {count['partly']} delvis och {count['no']} inte alls."
        == section.blocks[1].text
    )


def test_rows_that_cannot_be_used_are_told() -> None:
    good = dict(rows("target")[0])
    assert not row_problems("here", good)
    bad = {
        "answer": good | {"answer": "maybe", "note_sv": "x", "note_en": "x"},
        "verified": good | {"verified": ""},
        "where": good | {"where": ""},
        "note": good | {"answer": "partly"},
        "slug, part or item": good | {"item_en": ""},
        "cells": {k: v for k, v in good.items() if k != "where"},
    }
    for word, row in bad.items():
        assert word in str(ChecklistError(row_problems("here", row))), word


def test_both_languages_have_the_same_items() -> None:
    for checklist in CHECKLISTS:
        sv, en = (items(checklist, lang) for lang in LANGUAGES)
        assert [(i.slug, i.answer, i.where, i.values) for i in sv] == [
            (i.slug, i.answer, i.where, i.values) for i in en
        ]
        assert not {i.text for i in sv} & {i.text for i in en}
