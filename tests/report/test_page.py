"""The report as a page: in a real browser, with axe-core, at the widths people have, by keyboard, and on paper."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from evaluation.report.html.order import sort_value
from evaluation.report.numbers import LANGUAGES, Numbers
from tests.report.browser import opened, overflow, violations

FILES = {"sv": "rapport.html", "en": "report.html"}


@pytest.fixture(scope="module")
def page_of(rendered):
    """The file of a language, in a report that has every section."""

    def give(lang: str, case: str = "positive") -> Path:
        return rendered(case, ways="several") / FILES[lang]

    return give


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_nothing(chromium, page_of, lang: str, width: int) -> None:
    with opened(chromium, page_of(lang), width=width) as (page, seen):
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert violations(page) == []
        assert seen.complaints == []
        assert seen.requests == []


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_nothing_in_the_study(chromium, study_report, lang: str, width: int) -> None:
    with opened(chromium, study_report / FILES[lang], width=width) as (page, seen):
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert violations(page) == []
        assert overflow(page) == 0
        assert seen.complaints == []
        assert seen.requests == []


@pytest.mark.parametrize("case", ["suppressed", "gate_failed"])
def test_axe_finds_nothing_where_little_may_be_shown(chromium, rendered, case: str) -> None:
    with opened(chromium, rendered(case) / FILES["sv"], width=360) as (page, seen):
        assert violations(page) == []
        assert seen.complaints == []


@pytest.mark.parametrize(
    "setting", [{"color_scheme": "dark"}, {"forced_colors": "active"}, {"java_script_enabled": False}]
)
def test_other_settings(chromium, page_of, setting: dict) -> None:
    with opened(chromium, page_of("sv"), width=360, **setting) as (page, seen):
        assert seen.complaints == []
        assert seen.requests == []
        assert overflow(page) == 0
        if setting == {"color_scheme": "dark"}:
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            assert violations(page) == []
        if "java_script_enabled" in setting:
            assert page.locator("th button").count() == 0
            assert page.locator("#explorer").is_hidden()
            assert page.locator("#explore noscript").is_visible()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [320, 360, 768])
def test_the_page_never_scrolls_sideways(chromium, page_of, lang: str, width: int) -> None:
    with opened(chromium, page_of(lang), width=width) as (page, _):
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert overflow(page) == 0
        cut = """[...document.querySelectorAll('main p, main li, main dd, h1, h2, h3, caption span, select')]
          .filter(e => !e.closest('.spoken, [hidden]') && e.getBoundingClientRect().width > innerWidth).map(e => e.outerHTML.slice(0, 80))"""
        assert page.evaluate(cut) == []


def test_headings_and_landmarks(chromium, page_of) -> None:
    with opened(chromium, page_of("sv")) as (page, _):
        heads = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(h => Number(h.tagName[1]))")
        assert heads[0] == 1
        assert heads.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(heads))
        assert page.get_by_role("banner").count() == page.get_by_role("main").count() == 1
        contents = page.evaluate(
            "[...document.querySelectorAll('nav a')].map(a => document.querySelector(a.getAttribute('href'))?.tagName)"
        )
        assert set(contents) == {"SECTION"}
        assert len(contents) == page.locator("main > section").count()


def test_everything_by_keyboard(chromium, page_of) -> None:
    with opened(chromium, page_of("en"), width=360) as (page, _):
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to content")
        assert skip.evaluate("e => e === document.activeElement && e.getBoundingClientRect().left >= 0")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
        reachable = """[...document.querySelectorAll('a[href], button, select, summary, [tabindex="0"]')]
          .filter(e => e.checkVisibility() && !e.closest('.skip'))"""
        expected = page.evaluate(f"{reachable}.length")
        reached, unseen = 0, []
        page.evaluate("document.querySelector('.skip').focus()")
        look = """() => { const e = document.activeElement, s = getComputedStyle(e);
          return [e.tagName, e.matches('a[href], button, select, summary, [tabindex="0"]'), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2] }"""
        for _ in range(expected):
            page.keyboard.press("Tab")
            tag, counted, outlined = page.evaluate(look)
            reached += counted
            if not outlined:
                unseen.append(tag)
        assert expected > 60
        assert reached == expected
        assert unseen == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_tables_sort_by_number_and_word(chromium, page_of, lang: str) -> None:
    with opened(chromium, page_of(lang)) as (page, _):
        table = page.locator("#tab-registers")
        own = table.locator("tbody th").all_inner_texts()
        for column, kind in ((0, "word"), (2, "number")):
            head = table.locator("thead th").nth(column)
            head.get_by_role("button").focus()
            for key, direction in (("Enter", "ascending"), ("Space", "descending")):
                page.keyboard.press(key)
                assert head.get_attribute("aria-sort") == direction
                assert head.inner_text().strip().split("\n")[0] in page.locator("#said").inner_text()
                shown = table.locator(f"tbody tr > :nth-child({column + 1})").all_inner_texts()
                keys = (
                    [float(sort_value(t, lang) or "nan") for t in shown]
                    if kind == "number"
                    else [_alphabet(t) for t in shown]
                )
                known = [k for k in keys if k == k]
                assert known == sorted(known, reverse=direction == "descending")
                assert keys[: len(known)] == known, "cells without a number stand last"
                assert len(known) > 3
            page.keyboard.press("Enter")
            assert head.get_attribute("aria-sort") is None
            assert table.locator("tbody th").all_inner_texts() == own


def _alphabet(text: str) -> str:
    return text.casefold().translate(str.maketrans("åäö", "{|}"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_cell_is_sorted_by(lang: str) -> None:
    n = Numbers(lang)
    for value, digits in ((-2.14, 1), (0.0, 1), (12345.0, 0), (1234567.25, 2), (0.05, 3)):
        assert float(sort_value(n.decimal(value, digits), lang)) == pytest.approx(value, abs=10**-digits)
        assert float(sort_value(n.signed(value, digits), lang)) == pytest.approx(value, abs=10**-digits)
    assert sort_value(n.interval(-2.1, 7.3), lang) == "-2.1"
    assert sort_value(n.percent(0.38), lang) == "38"
    assert sort_value(n.years(2009, 2011), lang) == "2009"
    assert [sort_value(sign, lang) for sign in ("U", "..", ".", "\u2013", "")] == ["", "", "", "0", ""]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_on_paper(chromium, page_of, lang: str) -> None:
    with opened(chromium, page_of(lang)) as (page, seen):
        page.emulate_media(media="print")
        assert page.locator("nav").is_hidden()
        assert page.locator(".skip").is_hidden()
        behind = page.locator("figure details table")
        assert behind.count() > 5
        heights = behind.evaluate_all("found => found.map(e => e.getBoundingClientRect().height)")
        assert min(heights) > 20, "the figures' numbers are printed though they are folded away"
        assert page.locator("figure details summary").first.is_hidden()
        assert seen.complaints == []
        printed = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 10
