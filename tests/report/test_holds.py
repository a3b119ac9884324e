"""Does it hold? What the report says of other ways of calculating, of what came before, and of what is hidden."""

from __future__ import annotations

import re

import pytest

from evaluation.report.cases import stability
from evaluation.report.content import build, holds
from evaluation.report.content.builder import Builder
from evaluation.report.content.specifications import specifications
from evaluation.report.figures import sensitivity, specification
from evaluation.report.model import Paragraph, Picture, Section, Table, texts
from evaluation.report.numbers import LANGUAGES
from evaluation.report.release import Release, read_release
from evaluation.report.sentences import Writer
from evaluation.report.texts import labels, sentences
from evaluation.study.robustness_spec import Grid
from tests.report.fake_robustness import KINDS
from tests.report.words import faults


def release(release_of, case: str = "positive", **options: str) -> Release:
    return read_release(release_of(case, **options))


def section(read: Release, lang: str = "en") -> Section:
    found = holds.holds(Builder(Writer.of(read, lang)))
    assert found is not None
    return found


def paragraphs(found: Section, kind: str) -> list[str]:
    return [block.text for block in found.blocks if isinstance(block, Paragraph) and block.kind == kind]


def pictures(found: Section) -> dict[str, Picture]:
    return {block.key: block for block in found.blocks if isinstance(block, Picture)}


@pytest.mark.parametrize(
    ("same", "n", "case"), [(5, 5, "stable"), (4, 5, "mostly"), (2, 4, "fragile"), (0, 3, "fragile")]
)
def test_stability(same: int, n: int, case: str) -> None:
    assert stability(same, n) == case


def test_every_choice_has_its_words() -> None:
    for choice in Grid.model_fields:
        assert {f"choice.{choice}.{form}" for form in ("name", "when", "short")} <= set(sentences())
        assert f"head.choice.{choice}" in sentences()
    assert {"nearest", "optimal"} == set(labels()["method"])


def test_the_primary_result_is_not_counted_among_the_others(release_of) -> None:
    read = release(release_of)
    n = len(read.table("specification_curve"))
    lead = paragraphs(section(read), "lead")[0]
    assert lead == (
        f"The conclusion is the same in the {n - 1} other ways of calculating that were chosen before the analysis."
    )
    question, answer = holds.verdict(Builder(Writer.of(read, "sv")))
    assert (question, answer) == ("Står det sig?", f"Samma svar i {n - 1} av {n - 1} andra sätt")


def test_same_conclusion_means_same_case(release_of) -> None:
    for kind in KINDS:
        w = Writer.of(release(release_of, robustness=kind), "en")
        found = specifications(w)
        name = w.case(w.primary).name
        expected = [row for row in found.rows if not row.primary and row.case.shows_number and row.case.name == name]
        assert found.n_same == len(expected)
        assert found.main.estimate == w.primary.estimate
    fragile = specifications(Writer.of(release(release_of, robustness="fragile"), "en"))
    assert 2 * fragile.n_same < len(fragile.others)


def test_exceptions_are_named(release_of) -> None:
    lead = paragraphs(section(release(release_of, robustness="mostly")), "lead")[0]
    assert lead.endswith("but not when establishment is measured as the Higher Education Authority's establishment.")
    found = specifications(Writer.of(release(release_of, robustness="mostly"), "en"))
    assert found.exceptions() == [("definition", "E3_uka")]
    assert f"({found.n_same} of {len(found.others)})" in lead
    lead = paragraphs(section(release(release_of, robustness="plain")), "lead")[0]
    assert "no single change decides" in lead
    lead = paragraphs(section(release(release_of, robustness="choices")), "lead")[0]
    for words in (
        "from the start",
        "year 3",
        "compared with 1 at most",
        "no limit",
        "unlikeness is 0.05",
        "all at once",
        "one person may",
    ):
        assert words in lead


def test_what_is_hidden_is_counted_and_not_drawn(release_of) -> None:
    read = release(release_of, robustness="hidden")
    found = section(read)
    w = Writer.of(read, "en")
    specs = specifications(w)
    hidden = len(specs.rows) - len(specs.shown)
    assert hidden == 4
    assert any(f"{hidden} of the ways are not shown" in text for text in paragraphs(found, "text"))
    assert len(specification.collect(w, specs).dots) == len(specs.shown)
    table = pictures(found)["specification"].table
    assert len(table.rows) == len(specs.rows)
    assert sum(row[-1].text == "U" for row in table.rows) == 2


def test_a_placebo_is_read_by_its_case(release_of) -> None:
    text = " ".join(paragraphs(section(release(release_of)), "text"))
    assert "no practical importance" in text  # the first lies within the margin
    assert "does not rule one out" in text  # the second does not
    hidden = section(release(release_of, robustness="hidden"))
    assert any("differed already then" in text for text in paragraphs(hidden, "caution"))


def test_strength_is_spoken_of_only_where_there_is_a_finding(release_of) -> None:
    def said(case: str, **options: str) -> str:
        return " ".join(texts(section(release(release_of, case, **options)).blocks))

    assert "more than 1.34 times as likely" in said("positive")
    assert "more than 1.34 times as likely" in said("negative")
    assert "near the limit" in said("positive", robustness="weak")
    assert "uncertain as it stands" in said("uncertain")
    for case in ("uncertain", "no_difference"):
        assert "times as likely" not in said(case)
        assert "even with nothing hidden" in said(case)


@pytest.mark.parametrize("case", ["suppressed", "not_observed", "gate_failed"])
def test_nothing_is_told_where_the_primary_result_is_not(release_of, case: str) -> None:
    read = release(release_of, case)
    b = Builder(Writer.of(read, "en"))
    assert holds.holds(b) is None
    assert holds.verdict(b) is None
    document = build(read, "en").document
    found = next(s for s in document.sections if s.key == "holds")
    assert not any(isinstance(block, Table | Picture) for block in found.blocks)


def test_a_release_without_checks_has_no_section(release_of) -> None:
    document = build(release(release_of, robustness=""), "sv").document
    assert "holds" not in [s.key for s in document.sections]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_well(release_of, lang: str, kind: str) -> None:
    found = section(release(release_of, robustness=kind), lang)
    for block in found.blocks:
        if isinstance(block, Paragraph):
            assert not faults(block.text, lang), block.text
    for picture in pictures(found).values():
        assert not faults(picture.alt, lang)
        assert len(picture.alt) <= 300


def test_numbers_of_the_text_stand_in_the_release(release_of) -> None:
    read = release(release_of, "uncertain", robustness="fragile")
    found = specifications(Writer.of(read, "sv"))
    table = read.table("specification_curve")
    assert [row.estimate for row in found.shown] == sorted(table["estimate"])
    picture = pictures(section(read, "sv"))["specification"]
    low, high = table["estimate"].min(), table["estimate"].max()
    assert Writer.of(read, "sv").range(low, high) in picture.alt


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["stable", "choices"])
def test_names_in_the_figures_are_neither_clipped_nor_on_top_of_one_another(release_of, lang: str, kind: str) -> None:
    w = Writer.of(release(release_of, robustness=kind), lang)
    curve = specification.figure(specification.collect(w, specifications(w)), lang)
    contour = sensitivity.figure(sensitivity.collect(w), lang)
    for figure in (curve, contour):
        renderer = _renderer(figure)
        width, height = figure.bbox.width, figure.bbox.height
        boxes = []
        for ax in figure.axes:
            for text in [*ax.texts, ax.xaxis.label, ax.yaxis.label]:
                if text.get_text() and text.get_visible():
                    box = text.get_window_extent(renderer)
                    inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
                    assert inside, text.get_text()
                    boxes.append((text.get_text(), box))
        for i, (name, box) in enumerate(boxes):
            for other, there in boxes[i + 1 :]:
                across = box.x1 <= there.x0 + 1 or there.x1 <= box.x0 + 1
                apart = across or box.y1 <= there.y0 + 2 or there.y1 <= box.y0 + 2
                level = re.compile(r"[+−]?[\d,.]+")  # of a contour: names have a ground of their own
                assert apart or level.fullmatch(name) or level.fullmatch(other), (name, other)


def _renderer(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from evaluation.report.figures import style

    with style.styled():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return canvas.get_renderer()


def test_both_languages_hold_the_same_numbers(release_of) -> None:
    read = release(release_of)
    sv, en = (section(read, lang) for lang in LANGUAGES)
    for a, b in zip(pictures(sv).values(), pictures(en).values(), strict=True):
        assert a.table.csv == b.table.csv
        assert len(a.table.rows) == len(b.table.rows)
