"""Choosing among every released result: what is offered, what is shown, what is said, and what stays hidden."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from evaluation.report.content import build
from evaluation.report.content.explorer import CHOICES
from evaluation.report.numbers import LANGUAGES, Numbers
from evaluation.report.release import read_release
from tests.report.browser import opened, violations

FILES = {"sv": "rapport.html", "en": "report.html"}
EARNINGS = {"sv": "Arbetsinkomst, kronor per år", "en": "Earnings, SEK per year"}


@pytest.fixture(scope="module")
def folder(rendered) -> Path:
    return rendered("positive", ways="hidden")


def table(page) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in page.locator("#explorer-rows tr").all()]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_begins_at_the_primary_result(chromium, folder: Path, lang: str) -> None:
    release, n = read_release(folder), Numbers(lang)
    p = release.info.primary
    rows = release.effects(outcome=p.outcome, definition=p.definition, clock=p.clock)
    with opened(chromium, folder / FILES[lang]) as (page, seen):
        shown = table(page)
        assert seen.complaints == []
    assert [line[1:5] for line in shown] == [
        [n.per100(r.treated, 1), n.per100(r.treated - r.estimate, 1), n.signed100(r.estimate), n.interval100(r.low, r.high)]
        for r in rows
    ]  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
def test_choosing_by_keyboard_alone(chromium, folder: Path, lang: str) -> None:
    n = Numbers(lang)
    effects = pd.read_csv(folder / "tables" / "effects.csv")
    wanted = effects.query(
        "outcome == 'earnings' and clock == 'exit_planned' and horizon_unit == 'year' and estimator == 'matched_difference'"
        " and subgroup == 'all' and estimand == 'not_yet' and ci_kind == 'pointwise'"
    )
    with opened(chromium, folder / FILES[lang], width=360) as (page, seen):
        outcome = page.locator("#choice-outcome")
        before, said = table(page), page.locator("#said")
        assert said.inner_text() == ""
        outcome.focus()
        page.keyboard.type(EARNINGS[lang][:8])
        assert outcome.locator("option:checked").inner_text() == EARNINGS[lang]
        after = table(page)
        assert after != before
        assert [line[3] for line in after] == [n.signed(x) for x in wanted["estimate"]]
        assert [line[4] for line in after] == [
            n.interval(a, b, 0) for a, b in zip(wanted["ci_low"], wanted["ci_high"], strict=True)
        ]
        assert EARNINGS[lang] in said.inner_text()
        assert re.search(rf"\b{len(wanted)}\b", said.inner_text())
        assert page.locator("#choice-definition").is_hidden(), "an outcome with one measure leaves no choice"
        chart = page.locator("#explorer-chart")
        assert EARNINGS[lang] in chart.get_attribute("aria-label")
        assert chart.locator("circle").count() == len(wanted)
        points = chart.locator("title").all_text_contents()
        assert all(line[3] in text and line[4] in text for line, text in zip(after, points, strict=True))
        assert violations(page) == []
        assert seen.complaints == []


def test_every_row_is_written_as_the_tables_write_it(chromium, folder: Path) -> None:
    """The script only places signs: each number it writes is the one that the report's own formats give."""
    for lang in LANGUAGES:
        n = Numbers(lang)
        found = build(read_release(folder), lang).document.explorer.data
        with opened(chromium, folder / FILES[lang]) as (page, _):
            for i, series in enumerate(found["series"]):
                if i % 17:
                    continue
                for name, choice in zip(CHOICES, series, strict=False):
                    if page.locator(f"#choice-{name}").is_visible():
                        page.locator(f"#choice-{name}").select_option(str(choice))
                unit, rows = series[len(CHOICES) :]
                digits = found["units"][unit]["digits"]
                for line, row in zip(table(page), rows, strict=True):
                    if len(row) == 2:
                        assert set(line[1:]) == {found["hidden"][row[1]]}
                        continue
                    _, difference, low, high, *means, count = row
                    scale = 10**digits
                    assert line[1:] == [
                        *(".." if x is None else n.decimal(x / scale, digits) for x in means), n.signed(difference / scale, digits),
                        n.interval(low / scale, high / scale, digits), ".." if count is None else n.decimal(count),
                    ]  # fmt: skip


def test_protected_rows_say_so_in_words(chromium, folder: Path) -> None:
    found = build(read_release(folder), "sv").document.explorer.data
    series = next(s for s in found["series"] if any(len(row) == 2 for row in s[-1]))
    words = found["hidden"][next(row for row in series[-1] if len(row) == 2)[1]]
    with opened(chromium, folder / FILES["sv"]) as (page, _):
        for name, choice in zip(CHOICES, series, strict=False):
            if page.locator(f"#choice-{name}").is_visible():
                page.locator(f"#choice-{name}").select_option(str(choice))
        assert any(set(line[1:]) == {words} for line in table(page))
        assert words in page.locator("#said").inner_text()
        assert page.locator("#explorer-chart circle").count() == sum(len(row) > 2 for row in series[-1])
        link = page.locator("#explorer-download").get_attribute("href")
    taken = list(csv.DictReader(io.StringIO(unquote(link.split(",", 1)[1]))))
    for row, line in zip(series[-1], taken, strict=True):
        assert (line["note"] == words) == (len(row) == 2)
        assert (line["estimate"] == "") == (len(row) == 2)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_released_series_can_be_reached(folder: Path, lang: str) -> None:
    effects = pd.read_csv(folder / "tables" / "effects.csv", keep_default_na=False)
    effects = effects[effects["ci_kind"] == "pointwise"]
    key = ["outcome", "definition", "subgroup", "clock", "horizon_unit", "estimand", "estimator"]
    data = build(read_release(folder), lang).document.explorer.data
    assert len(data["series"]) == len(effects.groupby(key))
    assert sum(len(series[-1]) for series in data["series"]) == len(effects)
    places = [tuple(series[: len(CHOICES)]) for series in data["series"]]
    assert len(set(places)) == len(places)
    for i, name in enumerate(CHOICES):
        labels = data["choices"][name]
        assert len(set(labels)) == len(labels), name
        assert {place[i] for place in places} == set(range(len(labels))), name


def test_there_is_nothing_to_choose_among_where_nothing_may_be_shown(rendered) -> None:
    folder = rendered("gate_failed", ways="several")
    assert build(read_release(folder), "sv").document.explorer is None
    assert 'id="explorer-data"' not in (folder / FILES["sv"]).read_text(encoding="utf-8")
