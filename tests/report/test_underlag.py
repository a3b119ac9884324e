"""The page to paste into the officials' report: the City's own headings, the report's own sentences, and nobody's recommendation."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pikepdf
import pytest

from evaluation.report.content import build
from evaluation.report.model import Document, Facts, Paragraph, Section, texts
from evaluation.report.numbers import LANGUAGES
from evaluation.report.pdf import write_pdf
from evaluation.report.release import read_release
from evaluation.report.sentences import Writer
from tests.report.fake_outcomes import CASES
from tests.report.words import faults

HEADINGS = ["Sammanfattning", "Bakgrund", "Ärendet", "Ärendets beredning", "Förvaltningens synpunkter", "Bilagor"]


def page_of(document: Document) -> Section:
    return document.sections[-1]


def words(section: Section) -> str:
    return " ".join(texts(section.blocks))


def headings(section: Section) -> list[str]:
    return [block.text for block in section.blocks if isinstance(block, Paragraph) and block.kind == "heading"]


@pytest.mark.parametrize("case", CASES)
def test_headings_stand_in_the_citys_own_order(release_of, case: str) -> None:
    read = read_release(release_of(case))
    sv, en = (page_of(build(read, lang).document) for lang in LANGUAGES)
    assert (sv.key, en.key, sv.number) == ("underlag", "underlag", "I")
    assert headings(sv) == HEADINGS
    assert [re.search(r"\[(.+)\]", heading)[1] for heading in headings(en)] == HEADINGS
    for section, lang in ((sv, "sv"), (en, "en")):
        for text in texts(section.blocks):
            assert not faults(text.replace("[", "").replace("]", ""), lang), text


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_sentences_are_those_of_the_report(release_of, case: str, lang: str) -> None:
    read = read_release(release_of(case))
    document = build(read, lang).document
    page, claim = page_of(document), Writer.of(read, lang).claim(Writer.of(read, lang).primary)
    front = " ".join(t for s in document.sections[:2] for t in texts(s.blocks))
    assert claim.text in words(page)
    assert claim.text in front
    questions = next(block for block in page.blocks if isinstance(block, Facts)).items
    assert read.info.study.question(lang) in questions[0][0]
    assert len(questions) == 4
    numbers = {table.number for table in document.tables()}
    named = re.findall(r"\((?:Tabell|Table) (\w+) ", " ".join(answer for _, answer in questions))
    assert set(named) <= numbers
    assert named or case == "gate_failed"


def test_the_view_is_left_to_the_department(release_of) -> None:
    page = page_of(build(read_release(release_of("positive")), "sv").document)
    at = next(i for i, block in enumerate(page.blocks) if isinstance(block, Paragraph) and block.text == HEADINGS[4])
    assert page.blocks[at + 1] == Paragraph("[skrivs av förvaltningen]")
    assert isinstance(page.blocks[at + 2], Paragraph)
    assert page.blocks[at + 2].kind == "heading"
    for word in ("rekommender", "bör ", "föreslår", "borde"):
        assert word not in words(page).casefold(), word


def test_a_report_for_others_quotes_no_letter(release_of) -> None:
    study = {"commissioner": "En annan nämnd"}
    page = page_of(build(read_release(release_of("positive", study=study)), "sv").document)
    assert len(next(block for block in page.blocks if isinstance(block, Facts)).items) == 1


def test_what_is_not_known_is_left_to_be_filled_in(release_of) -> None:
    study = {"commissioner": "", "evaluator": "", "date": ""}
    page = page_of(build(read_release(release_of("positive", study=study)), "sv").document)
    assert words(page).count("[fylls i av utgivaren]") == 3


def test_an_invented_run_says_so_in_what_is_pasted(release_of) -> None:
    for synthetic in (True, False):
        document = build(read_release(release_of("positive", synthetic=synthetic)), "sv").document
        assert ("påhittade uppgifter" in words(page_of(document))) == synthetic


@pytest.mark.parametrize("case", ["positive", "uncertain", "no_difference", "gate_failed"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_one_page(release_of, case: str, lang: str) -> None:
    document = build(read_release(release_of(case)), lang).document
    alone = replace(document, sections=(page_of(document),), explorer=None)
    with pikepdf.open(io.BytesIO(write_pdf(alone, {}))) as pdf:
        assert len(pdf.pages) <= 2  # the title of the report, which a section alone puts first, and the page itself
