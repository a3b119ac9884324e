"""Whole reports, from a release folder to HTML, PDF and SVG."""

from __future__ import annotations

import hashlib
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import page
import pandas as pd
import pikepdf
import pytest

from evaluation.report import LabelWarning, render
from evaluation.report.checklists import rows
from evaluation.report.numbers import LANGUAGES, Numbers
from tests.report import pdf_text
from tests.report.fake_release import write_release

FILES = {"sv": ("rapport", "Provrapport med påhittade uppgifter"), "en": ("report", "Trial report with invented data")}
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Reader(HTMLParser):
    """Elements, attributes and running text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.stack: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag, f"<{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if not {"style", "script", "svg"}.intersection(self.stack) and data.strip():
            self.words.append(data)


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    return reader


def test_files_and_bytes(rendered, tmp_path: Path) -> None:
    first = rendered("positive")
    second = write_release(tmp_path, case="positive")
    written = render(second)
    names = {p.relative_to(second).as_posix() for p in written}
    assert {"rapport.html", "rapport.pdf", "report.html", "report.pdf"} <= names
    assert {n.split(".")[1] for n in names if n.startswith("figures/")} == {"sv", "en"}
    for name in names:
        assert _hash(first / name) == _hash(second / name), name
    (second / "figures" / "old.sv.svg").write_text("<svg/>", encoding="utf-8")
    render(second)
    assert not (second / "figures" / "old.sv.svg").exists()


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_html_asks_no_network_and_is_well_formed(rendered, lang: str) -> None:
    page_ = read(rendered("positive") / f"{FILES[lang][0]}.html")
    assert page_.stack == []
    for tag, attributes in page_.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "video", "audio", "form"), tag
        for name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
            value = attributes.get(name, "")
            assert not re.match(r"\s*(https?:|//|ftp:)", value), (tag, value)
    text = (rendered("positive") / f"{FILES[lang][0]}.html").read_text(encoding="utf-8")
    assert "@import" not in text
    for fetching in ("eval(", "new Function", "fetch(", "XMLHttpRequest", "import(", "sendBeacon", "WebSocket"):
        assert fetching not in text, fetching
    assert not re.search(r"url\(\s*['\"]?(https?:|//)", text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_html_structure(rendered, lang: str) -> None:
    page_ = read(rendered("positive") / f"{FILES[lang][0]}.html")
    tags = [tag for tag, _ in page_.elements]
    found = dict(page_.elements)
    assert found["html"]["lang"] == lang
    for once in ("main", "h1", "header", "nav", "footer", "title"):
        assert [t for t in tags if t == once] == [once], once
    ids = [a["id"] for _, a in page_.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for tag, attributes in page_.elements:
        for name in ("href", "aria-labelledby", "xlink:href"):
            value = attributes.get(name, "")
            if name == "aria-labelledby" and value:
                assert value in ids
            elif value.startswith("#"):
                assert value[1:] in ids, (tag, value)
        if tag == "th":
            assert attributes["scope"] in ("row", "col")
        if tag == "svg":
            assert attributes["aria-hidden"] == "true"
        if attributes.get("role") == "img" and attributes.get("id") != "explorer-chart":  # named when it is drawn
            assert len(attributes["aria-label"]) > 40
    assert tags.count("table") == tags.count("caption")
    assert tags.count("figure") == tags.count("figcaption")
    heads = [int(t[1]) for t in tags if re.fullmatch(r"h\d", t)]
    assert all(b - a <= 1 for a, b in itertools.pairwise(heads))


def test_banner_of_an_invented_run(rendered) -> None:
    for name, banner in FILES.values():
        folder = rendered("positive")
        assert banner in " ".join(read(folder / f"{name}.html").words[:4])
        pages = pdf_text.pages(folder / f"{name}.pdf")
        assert len(pages) > 10
        assert all(pdf_text.squeeze(banner) in p for p in pages)
        real = rendered("positive", synthetic=False)
        assert banner not in (real / f"{name}.html").read_text(encoding="utf-8")
        assert not any(pdf_text.squeeze(banner) in p for p in pdf_text.pages(real / f"{name}.pdf"))


LENGTH_RULE = "PDFA2A-STREAM-LENGTH-001"


def lengths_are_right(content: bytes) -> bool:
    """Whether each stream of a PDF ends where its /Length says."""
    for match in re.finditer(rb"/Length (\d+)", content):
        start = content.find(b"stream\n", match.end()) + len(b"stream\n")
        if content[start + int(match[1]) :][:10] != b"\nendstream":
            return False
    return True


@pytest.mark.parametrize("case", ["positive", "suppressed", "gate_failed"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_pdf_is_accessible_and_fit_for_archives(rendered, case: str, lang: str) -> None:
    path = rendered(case) / f"{FILES[lang][0]}.pdf"
    for profile in (page.ValidationProfile.PDF_UA_1, page.ValidationProfile.PDF_A_2A):
        failures = [f.rule_id for f in page.validate_pdf(str(path), profile=profile).failures]
        if failures == [LENGTH_RULE]:
            # the validator takes a last data byte 0x0D for part of the end of line: the lengths are checked here instead
            assert lengths_are_right(path.read_bytes())
            continue
        assert not failures, profile
    with pikepdf.open(path) as pdf:
        assert str(pdf.Root.Lang).startswith(lang)
        assert str(pdf.docinfo["/Title"])
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert bool(pdf.Root.MarkInfo.Marked)


@pytest.mark.parametrize("case", ["positive", "uncertain", "suppressed", "gate_failed"])
def test_the_two_first_pages_stand_alone(rendered, case: str) -> None:
    for lang, (name, _) in FILES.items():
        pages = pdf_text.pages(rendered(case) / f"{name}.pdf")
        assert ("Svaret" if lang == "sv" else "Theanswer") in pages[0]
        assert ("Vaddetbetyder" if lang == "sv" else "Whatitmeans") in pages[1]
        assert ("Innehåll" if lang == "sv" else "Contents") in pages[2]
        assert all(len(p) > 300 for p in pages), "no page is nearly empty"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_number_comes_from_the_release(rendered, lang: str) -> None:
    folder = rendered("positive")
    allowed = released_numbers(folder, lang)
    reader = read(folder / f"{FILES[lang][0]}.html")
    versions = re.compile(r"\b[\w-]+ \d+\.\d+\.\d+\S*")  # of software
    for words in reader.words:
        for number in re.findall(
            r"(?<![\w.,])[−+]?\d[\d\u00a0]*(?:,\d{3})*(?:[.,]\d+)?(?![\w])", versions.sub("", words)
        ):
            plain = number.strip("\u00a0").lstrip("−+")
            assert plain in allowed, (number, words)


def released_numbers(folder: Path, lang: str) -> set[str]:
    """Every released number as the report may print it: rounded, per 100, as a difference between groups."""
    n = Numbers(lang)
    found: set[str] = {str(k) for k in range(61)}  # numbers of tables, sections, years of follow-up, days
    for path in sorted((folder / "tables").glob("*.csv")):
        table = pd.read_csv(path)
        for column in table.select_dtypes("number").columns:
            for value in table[column].dropna():
                found |= _printed(n, value)
    effects = pd.read_csv(folder / "tables" / "effects.csv").dropna(subset=["estimate"])
    for value in effects["treated_mean"] - effects["estimate"]:
        found |= _printed(n, float(f"{value:.6g}"))
    states = pd.read_csv(folder / "tables" / "states.csv").pivot_table(
        index=["clock", "year", "state"], columns="group", values="share"
    )
    for value in states["participants"] - states["comparison"]:
        found |= {n.decimal(abs(100 * v), 1) for v in (value, value + 1e-9, value - 1e-9)}
    record = (folder / "release.json").read_text(encoding="utf-8")
    for text in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", record):
        found |= _printed(n, float(text))
    found |= set(re.findall(r"\d+(?:\.\d+)*", record)) | {"95", "19", "100", "301", "549", "2.1", "0,1", "0.1", "90"}
    for name in ("definitions", "protocol", "ledger", "registers"):
        numbers = re.findall(r"\d+(?:\.\d+)?", (folder / "tables" / f"{name}.csv").read_text(encoding="utf-8"))
        found |= set(numbers) | {n.decimal(float(x), d) for x in numbers for d in range(3)}
    found |= {row["number"] for row in rows("record")}  # the checklist's own
    shares = re.findall(r"(?<=\D)(\d+) ", record)
    return found | set(shares) | {n.decimal(2987 - 2893), n.per100(0.9685), "2016"}


def _printed(n: Numbers, value: float) -> set[str]:
    made = {n.decimal(abs(value), d) for d in range(4)} | {n.decimal(abs(100 * np.float64(value)), d) for d in range(3)}
    made |= {n.per100(abs(value), d) for d in range(3)}
    if abs(value) > 50:
        made |= {n.decimal(round(abs(value) / step) * step) for step in (10, 100)}
    return made | {n.year(int(abs(value)))}


@pytest.mark.parametrize("case", ["suppressed", "gate_failed"])
def test_hidden_values_are_nowhere(rendered, case: str) -> None:
    folder = rendered(case)
    shown = write_values(rendered("positive"))
    for name in ("rapport.html", "report.html"):
        text = unquote((folder / name).read_text(encoding="utf-8"))
        for value in shown[case]:
            assert value not in text, (name, value)
    for svg in (folder / "figures").glob("*.svg"):
        described = re.findall(r"<(?:title|desc)>(.*?)</", svg.read_text(encoding="utf-8"), re.S)
        assert not any(value in text for text in described for value in shown[case]), svg.name
    for name in ("rapport.pdf", "report.pdf"):
        text = " ".join(pdf_text.pages(folder / name))
        assert not any(pdf_text.squeeze(value) in text for value in shown[case])
    if case == "gate_failed":
        assert not list((folder / "figures").glob("effects*"))


def write_values(folder: Path) -> dict[str, list[str]]:
    """What the same release would have shown, as it would be printed: the primary year, or every result."""
    effects = pd.read_csv(folder / "tables" / "effects.csv")
    primary = effects.query(
        "outcome == 'established' and definition == 'E2_scb' and clock == 'exit_planned' and horizon == 4 and horizon_unit == 'year'"
        " and estimator == 'matched_difference'"
    )
    raw = [f"{v:.6g}" for c in ("estimate", "ci_low", "ci_high", "treated_mean") for v in primary[c]]
    sv, en = (Numbers(lang) for lang in LANGUAGES)
    intervals = [
        numbers.interval100(low, high)
        for numbers in (sv, en)
        for low, high in zip(primary["ci_low"], primary["ci_high"], strict=True)
    ]
    return {"suppressed": raw + intervals, "gate_failed": raw + intervals}


def test_a_thing_without_a_name_is_told(tmp_path: Path) -> None:
    folder = write_release(tmp_path, case="gate_failed")
    path = folder / "tables" / "flow.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("resident", "unheard_of_step"), encoding="utf-8")
    with pytest.warns(LabelWarning, match="flow_step.unheard_of_step"):
        render(folder)


def test_data_behind_each_figure_can_be_taken_out(rendered) -> None:
    reader = read(rendered("positive") / "rapport.html")
    links = [a for tag, a in reader.elements if tag == "a" and a.get("href", "").startswith("data:text/csv")]
    assert len(links) >= 10
    for link in links:
        head, *rows = unquote(link["href"].split(",", 1)[1]).strip().split("\n")
        assert link["download"].endswith(".csv")
        assert "," in head
        assert rows
