"""What a reader of the PDF leans on: bookmarks, embedded fonts, tagged tables, and figures in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import page
import pikepdf
import pytest

from evaluation.report.content import build
from evaluation.report.model import Document
from evaluation.report.numbers import LANGUAGES
from evaluation.report.release import read_release
from tests.report.pdf_text import squeeze
from tests.report.test_render import LENGTH_RULE, lengths_are_right

FILES = {"sv": "rapport.pdf", "en": "report.pdf"}


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request, rendered) -> Iterator[tuple[pikepdf.Pdf, Document]]:
    """A PDF with every section, and the document it was set from."""
    folder = rendered("positive", ways="several")
    with pikepdf.open(folder / FILES[request.param]) as pdf:
        yield pdf, build(read_release(folder), request.param).document


def tagged(pdf: pikepdf.Pdf, kind: str) -> list[Any]:
    """Elements of the structure tree of a kind, in reading order."""
    found = []

    def walk(element: Any) -> None:
        if isinstance(element, pikepdf.Array):
            for below in element:
                walk(below)
        elif isinstance(element, pikepdf.Dictionary):
            if str(element.get("/S", "")) == f"/{kind}":
                found.append(element)
            walk(element.get("/K", pikepdf.Array()))

    walk(pdf.Root.StructTreeRoot.K)
    return found


def test_every_section_has_a_bookmark_that_leads_to_it(made) -> None:
    pdf, document = made
    with pdf.open_outline() as outline:
        entries = list(outline.root)
        titles = [squeeze(str(item.title)) for item in entries]
        assert all(item.destination is not None or item.action is not None for item in entries)
    wanted = [squeeze(f"{s.number}. {s.title}" if s.number else s.title) for s in document.sections]
    assert [title for title in titles if title in wanted] == wanted


def test_fonts_are_embedded(made) -> None:
    pdf, _ = made
    fonts = [
        o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and str(o.get("/Type", "")) == "/FontDescriptor"
    ]
    assert len(fonts) >= 2
    assert all(any(name in font for name in ("/FontFile", "/FontFile2", "/FontFile3")) for font in fonts)


def test_language_title_and_kind_are_told(made) -> None:
    pdf, document = made
    assert str(pdf.Root.Lang) == f"{document.lang}-{document.region}"
    assert str(pdf.docinfo["/Title"]) == document.title
    with pdf.open_metadata() as said:
        assert said["pdfuaid:part"] == "1"
        assert (said["pdfaid:part"], said["pdfaid:conformance"]) == ("2", "A")
        assert document.title in said["dc:title"]


def test_tables_are_tagged_with_their_heads(made) -> None:
    pdf, document = made
    tables = [t for t in tagged(pdf, "Table")]
    assert len(tables) == len(document.tables())
    expected = sum(len(t.columns) for t in document.tables())
    heads = tagged(pdf, "TH")
    assert len(heads) >= expected
    for head in heads:
        attributes = head.get("/A", pikepdf.Array())
        every = list(attributes) if isinstance(attributes, pikepdf.Array) else [attributes]
        assert any(str(a.get("/Scope", "")) in ("/Column", "/Row", "/Both") for a in every)


def test_figures_are_told_in_words(made) -> None:
    pdf, document = made
    said = {str(figure.Alt) for figure in tagged(pdf, "Figure") if "/Alt" in figure}
    assert {picture.alt for picture in document.pictures()} <= said
    assert all("/Alt" in figure for figure in tagged(pdf, "Figure"))


def test_headings_are_in_order(made) -> None:
    pdf, document = made
    assert len(tagged(pdf, "H1")) >= len(document.sections)
    assert not tagged(pdf, "H4")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_study_is_accessible_and_fit_for_archives(study_report, lang: str) -> None:
    path = study_report / FILES[lang]
    for profile in (page.ValidationProfile.PDF_UA_1, page.ValidationProfile.PDF_A_2A):
        failures = [f.rule_id for f in page.validate_pdf(str(path), profile=profile).failures]
        assert set(failures) <= {LENGTH_RULE}, profile
        if failures:
            assert lengths_are_right(path.read_bytes())
