"""Earnings, income support and unemployment insurance: who paid is decided by a function, and the figures agree with the table."""

from __future__ import annotations

import itertools

import pytest

from evaluation.report.cases import Case
from evaluation.report.content import build
from evaluation.report.figures import money as figure
from evaluation.report.model import Bullets, Picture, Section, Table, texts
from evaluation.report.numbers import LANGUAGES, Numbers
from evaluation.report.pairs import cost_shift
from evaluation.report.release import read_release
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue
from tests.report.words import faults

FEWER, MORE, SAME, OPEN = Case("negative"), Case("positive"), Case("no_difference"), Case("uncertain", "open")
TOLD = (FEWER, MORE, SAME, OPEN)
HIDDEN = (Case("suppressed"), Case("not_shown"), Case("not_observed"), Case("not_estimated"))


def section(folder, lang: str = "en") -> Section:
    return next(s for s in build(read_release(folder), lang).document.sections if s.key == "money")


def bullets(part: Section, title: str) -> tuple[str, ...]:
    return next((b.items for b in part.blocks if isinstance(b, Bullets) and b.title == title), ())


@pytest.mark.parametrize(
    ("assistance", "insurance", "work", "expected"),
    [
        (FEWER, MORE, MORE, "shift"),
        (FEWER, MORE, OPEN, "shift"),
        (FEWER, MORE, None, "shift"),
        (FEWER, SAME, MORE, "work"),
        (FEWER, SAME, SAME, "unclear"),
        (FEWER, SAME, OPEN, "unclear"),
        (FEWER, SAME, None, "unclear"),
        (FEWER, OPEN, MORE, "unclear"),
        (FEWER, FEWER, MORE, "unclear"),
        (SAME, MORE, MORE, "unclear"),
        (OPEN, MORE, MORE, "unclear"),
        (MORE, MORE, FEWER, "unclear"),
        (OPEN, OPEN, OPEN, "unclear"),
    ],
)
def test_who_paid(assistance: Case, insurance: Case, work: Case | None, expected: str) -> None:
    assert cost_shift(assistance, insurance, work) == expected


def test_cost_is_said_to_move_only_where_both_intervals_lie_on_their_side_of_zero() -> None:
    for assistance, insurance, work in itertools.product(TOLD, TOLD, (*TOLD, None)):
        moved = cost_shift(assistance, insurance, work) == "shift"
        assert moved == (assistance is FEWER and insurance is MORE)


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda c: c.name)
def test_nothing_is_said_where_one_of_the_two_is_hidden(hidden: Case) -> None:
    for told in TOLD:
        assert cost_shift(hidden, told, MORE) == ""
        assert cost_shift(told, hidden, MORE) == ""
    assert cost_shift(FEWER, SAME, hidden) == "unclear"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("pairs", "first", "last"), [("", "shift", "unclear"), ("work", "work", "work")])
def test_each_year_has_the_sentence_of_its_case(release_of, lang: str, pairs: str, first: str, last: str) -> None:
    words = Writer.of(read_release(release_of("positive", pairs=pairs)), lang)
    lines = bullets(section(release_of("positive", pairs=pairs), lang), words("costshift.words"))
    assert lines == tuple(
        words("costshift.line", year=year, text=words(f"costshift.{case}")) for year, case in ((1, first), (4, last))
    )


def test_a_year_that_is_not_followed_has_no_sentence(release_of) -> None:
    lines = bullets(section(release_of("not_observed")), "Who paid?")
    assert [line[:7] for line in lines] == ["Year 1:"]


def test_the_words_are_those_of_the_year_named_beforehand(release_of) -> None:
    folder = release_of("positive")
    w = Writer.of(read_release(folder), "sv")
    lines = bullets(section(folder, "sv"), w("money.words", year=4))
    assert len(lines) == 3
    assert lines[0].startswith("Arbetsinkomsten var mellan ")
    assert "2016 års priser" in lines[0]
    assert all("fjärde året" in line for line in lines)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_figure_draws_what_the_table_prints(release_of, lang: str) -> None:
    folder = release_of("positive")
    table = next(b for b in section(folder, lang).blocks if isinstance(b, Table) and b.key == "money")
    assert len(table.rows) == 12
    data = figure.collect_earnings(Writer.of(read_release(folder), lang))
    assert data is not None
    numbers = Numbers(lang)
    for row, treated, control in zip(table.rows, data.treated, data.control, strict=False):
        printed = [float("".join(c for c in cell.text if c.isdigit())) / 1000 for cell in row[1:3]]
        assert printed == pytest.approx([treated, control], abs=0.001)
        assert numbers.decimal(treated) == numbers.decimal(printed[0])


def test_amounts_stand_in_their_own_units(release_of) -> None:
    pair = figure.collect_support(Writer.of(read_release(release_of("positive")), "sv"))
    assert pair is not None
    assistance, insurance = pair
    assert (assistance.unit, insurance.unit) == ("months", "share")
    assert max(assistance.control) < 12
    assert insurance.treated[0] == pytest.approx(100 * (0.11 + 0.061 - 0.011))
    assert assistance.high[0] - assistance.control[0] == pytest.approx(-7.3 * 0.0527 - 0.08 + 1.96 * 0.1342)


def test_the_section_stands_once_and_reads_well(release_of) -> None:
    for lang in LANGUAGES:
        document = build(read_release(release_of("positive")), lang).document
        part = next(s for s in document.sections if s.key == "money")
        pictures = [b for b in part.blocks if isinstance(b, Picture)]
        assert [p.key for p in pictures] == ["earnings", "support"]
        name = Catalogue(lang).label("outcome", "earnings").casefold()
        elsewhere = [s.key for s in document.sections if s.part == "main" and s.key != "money"
                     for b in s.blocks if isinstance(b, Table) for row in b.rows if name in row[0].text.casefold()]  # fmt: skip
        assert not elsewhere
        for block in part.blocks:
            if not isinstance(block, Table | Picture):
                for text in texts([block]):
                    assert not faults(text, lang), text


def test_a_failed_design_tells_no_amounts(release_of) -> None:
    part = section(release_of("gate_failed"))
    assert len(part.blocks) == 1
    assert not any(c.isdigit() for text in texts(part.blocks) for c in text)
