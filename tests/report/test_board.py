"""What the board asked, and the sections that answer: background, workplaces, several ways in one figure, and the first two pages."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from evaluation.report.content import MAIN, build
from evaluation.report.content.background import QUESTIONS
from evaluation.report.figures import forest, states, style
from evaluation.report.figures import ways_by_year as several
from evaluation.report.model import Document, Paragraph, Picture, Section, Table, texts
from evaluation.report.numbers import LANGUAGES
from evaluation.report.release import read_release
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue
from tests.report import figure_text
from tests.report.fake_release import write_release
from tests.report.words import faults


def report(folder: Path, lang: str = "sv") -> Document:
    return build(read_release(folder), lang).document  # type: ignore[arg-type]


def section(document: Document, key: str) -> Section:
    return next(s for s in document.sections if s.key == key)


def words_of(part: Section) -> str:
    return " ".join(texts(part.blocks))


# --- background


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("ways", ["", "several"])
def test_each_question_points_to_sections_that_this_report_has(release_of, lang: str, ways: str) -> None:
    document = report(release_of("positive", ways=ways), lang)
    part = section(document, "background")
    assert part.number == "1"
    table = next(block for block in part.blocks if isinstance(block, Table))
    assert len(table.rows) == len(QUESTIONS)
    titles = {s.number: s.title for s in document.sections if s.part == "main"}
    word = {"sv": "avsnitt", "en": "section"}[lang]
    not_here = Catalogue(lang)("background.not_here")
    answered = 0
    for _, answer in table.rows:
        found = re.findall(rf"{word} (\d+) [”“](.*?)”", answer.text)
        assert all(titles[number] == title for number, title in found), answer.text
        answered += bool(found)
        assert bool(found) != answer.text.startswith(not_here)
        assert not faults(answer.text, lang)
    assert 3 <= answered < len(QUESTIONS)


def test_a_report_for_others_does_not_quote_the_letter(release_of) -> None:
    document = report(release_of("positive", study={"commissioner": "Någon annan"}))
    assert "background" not in {s.key for s in document.sections}
    assert {key for question in QUESTIONS for key in question.sections} - {"p1"} <= {
        *MAIN,
        "lasting",
        "short_long",
        "holds",
        "other",
    }


# --- workplaces


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("ways", "case"), [("several", "could_be_equal"), ("differ", "differ"), ("hidden", "unknown")])
def test_workplaces_are_claimed_to_differ_only_where_they_are_tested_to(
    release_of, lang: str, ways: str, case: str
) -> None:
    document, words = report(release_of("positive", ways=ways), lang), Catalogue(lang)
    part = section(document, "workplace")
    lead = next(b.text for b in part.blocks if isinstance(b, Paragraph) and b.kind == "lead")
    start = {
        key: words(f"workplace.{key}", **({} if key == "unknown" else {"when": "|"})).split("|")[0]
        for key in ("could_be_equal", "differ", "unknown")
    }
    assert {key for key, opening in start.items() if lead.startswith(opening)} == {case}
    assert words("workplace.caution") in words_of(part)
    short = {"could_be_equal", "differ"} & {case}
    for key in ("could_be_equal", "differ"):
        assert (words(f"front.workplace.{key}") in words_of(section(document, "p2"))) == (key in short)
    table = next(b for b in part.blocks if isinstance(b, Table))
    assert len(table.rows) == 4
    if case == "unknown":
        assert {row[2].text for row in table.rows} == {"U"}


# --- several ways in one figure


@pytest.mark.parametrize("lang", LANGUAGES)
def test_several_ways_stand_beside_the_main_one(release_of, lang: str) -> None:
    built = build(read_release(release_of("positive", ways="hidden")), lang)
    picture = next(p for p in built.document.pictures() if p.key == "ways_by_year")
    figure = built.drawings["ways_by_year"]()
    assert len(figure.axes) == 2
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    words = Catalogue(lang)
    assert words.label("estimator", "matched_difference") in legend[0]
    assert not any(words.label("estimator", "did") in name for name in legend)  # protected
    assert not any(words.label("estimand", "never_in_follow_up").casefold() in name.casefold() for name in legend)
    assert words("ways_by_year.flagged") in picture.reading
    years = len({row[0].text[-1] for row in picture.table.rows})
    assert years == 4


def test_one_way_alone_has_no_figure_of_several(release_of) -> None:
    assert "ways_by_year" not in {p.key for p in report(release_of("positive")).pictures()}
    flagged = report(release_of("positive", ways="several", estimand="never_in_follow_up"))
    assert "ways_by_year" not in {p.key for p in flagged.pictures()}
    writer = Writer.of(read_release(release_of("positive")), "sv")
    assert several.collect(writer, [("x", [("main", [writer.primary])])]) is None


def test_subgroups_keep_their_order_whatever_their_size(release_of) -> None:
    writer = Writer.of(read_release(release_of("positive", ways="hidden")), "sv")
    row = writer.primary
    data = forest.collect(writer, [("A", "a", row), ("A", "b", row), ("B", "c", row)])
    assert data is not None
    assert [line.name for line in data.lines[1:]] == ["a", "b", "c"]
    assert data.lines[0].family == ""
    assert forest.collect(writer, []) is None


# --- the first two pages


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", ["positive", "uncertain"])
def test_words_of_the_first_pages_are_explained_there(release_of, lang: str, case: str) -> None:
    document, words = report(release_of(case), lang), Catalogue(lang)
    defined = words.label("defined", "E2_scb")
    first, second = words_of(section(document, "p1")), words_of(section(document, "p2"))
    assert words("front.words_text", established=defined) in first
    assert words("front.states", established=defined) in second
    assert "front.multiplicity" in build(read_release(release_of(case)), lang).used
    running = " ".join(
        t
        for s in document.sections
        if s.part == "front"
        for b in s.blocks
        if not isinstance(b, Picture | Table)
        for t in texts([b])
    )
    # no abbreviation but that of the sign for a protected figure
    assert not set(re.findall(r"\b[A-ZÅÄÖ]{2,}\b", running)) - {"SEK"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_main_definition_is_not_counted_among_the_others(release_of, lang: str) -> None:
    strip = next(b for b in section(report(release_of("positive"), lang), "p1").blocks if getattr(b, "strip", False))
    assert len(strip.items) == 3


def test_one_quantity_has_one_number(tmp_path: Path) -> None:
    """A share released coarsely (10.344 as 10.35) is not printed as 10.4 where the next table says 10.3."""
    folder = write_release(tmp_path, case="positive")
    effects, shares = (pd.read_csv(folder / "tables" / f"{name}.csv") for name in ("effects", "states"))
    main = (
        effects["outcome"].eq("established") & effects["definition"].eq("E2_scb") & effects["clock"].eq("exit_planned")
    )
    main &= effects["horizon_unit"].eq("year") & effects["horizon"].eq(1)
    effects.loc[main, "treated_mean"] = 0.10344 + effects.loc[main, "estimate"]
    effects.loc[main, "control_mean"] = 0.10344
    own = (
        shares["clock"].eq("exit_planned")
        & shares["year"].eq(1)
        & shares["state"].eq("established")
        & shares["group"].eq("comparison")
    )
    shares.loc[own, "share"] = 0.1035
    effects.to_csv(folder / "tables" / "effects.csv", index=False)
    shares.to_csv(folder / "tables" / "states.csv", index=False)
    writer = Writer.of(read_release(folder), "en")
    data = states.collect(writer)
    assert data is not None
    assert writer.numbers.decimal(data.get("comparison", 1, "established"), 1) == "10.3"
    shares.loc[own, "share"] = 0.14  # another quantity keeps its own number
    shares.to_csv(folder / "tables" / "states.csv", index=False)
    data = states.collect(Writer.of(read_release(folder), "en"))
    assert data is not None
    assert writer.numbers.decimal(data.get("comparison", 1, "established"), 1) == "14.0"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("ways", ["several", "hidden"])
def test_no_text_of_the_figures_of_subgroups_is_cut(release_of, lang: str, ways: str) -> None:
    built = build(read_release(release_of("positive", ways=ways)), lang)
    for key in ("subgroups", "workplace", "ways_by_year"):
        with style.styled():
            assert figure_text.faults(built.drawings[key]()) == [], key
