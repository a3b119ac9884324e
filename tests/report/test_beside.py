"""What stands beside the main result: measures that say otherwise, the time soon after the employment, signs of sources and tests."""

from __future__ import annotations

import math

import pytest

from evaluation.report.cases import Case, lock_in, of_other_measures
from evaluation.report.content import build, other_measures, soon_after, subgroups
from evaluation.report.content.builder import Builder
from evaluation.report.content.source_text import source_text
from evaluation.report.figures import flow
from evaluation.report.lines import line
from evaluation.report.model import Bullets
from evaluation.report.numbers import Numbers
from evaluation.report.release import read_release
from evaluation.report.sentences import Writer

NAMES = ("positive", "negative", "uncertain", "no_difference", "suppressed")


def builder(folder, lang: str = "en") -> Builder:
    return Builder(Writer.of(read_release(folder), lang))


def test_only_shown_measures_with_another_case_are_named() -> None:
    others = {name: Case(name) for name in NAMES}
    assert of_other_measures(Case("uncertain"), others) == ("positive", "negative", "no_difference")
    assert of_other_measures(Case("positive"), {"a": Case("positive"), "b": Case("not_observed")}) == ()


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("negative", "uncertain"), "present"),
        (("negative", "suppressed"), "present"),
        (("positive", "no_difference"), "absent"),
        (("positive", "uncertain"), "uncertain"),
        (("positive", "suppressed"), "uncertain"),
        (("suppressed",), "uncertain"),
        ((), "uncertain"),
    ],
)
def test_lock_in_is_told_from_what_is_shown(names: tuple[str, ...], told: str) -> None:
    assert lock_in([Case(name) for name in names]) == told


def test_a_measure_that_says_otherwise_stands_on_page_2_and_with_the_robustness(release_of) -> None:
    folder = release_of("no_difference")
    said = other_measures.sentences(builder(folder))
    assert any("employed in November" in text for text in said)
    sections = {s.key: s for s in build(read_release(folder), "en").document.sections}
    bullets = [item for block in sections["p2"].blocks if isinstance(block, Bullets) for item in block.items]
    assert set(said) <= set(bullets)
    assert said[0] in next(block.text for block in sections["holds"].blocks if getattr(block, "kind", "") == "lead")


def test_months_soon_after_are_those_past_the_employment(release_of) -> None:
    b = builder(release_of("negative"))
    length = soon_after.agreed_length(b.writer)
    start, end = soon_after.rows(b)
    assert start.clock == "start"
    assert length < start.horizon <= length + soon_after.STEP
    assert (end.clock, end.horizon) == ("exit_planned", 6)
    assert end.high < 0
    assert soon_after.sentences(b)[0].startswith("Soon after the employment fewer")
    alone = builder(release_of("negative", omit=("planned_length",)))
    assert [row.clock for row in soon_after.rows(alone)] == ["exit_planned"]
    assert soon_after.sentences(builder(release_of("gate_failed"))) == []


def test_no_difference_tells_its_margin_and_one_decimal(release_of) -> None:
    w = Writer.of(read_release(release_of("no_difference")), "en")
    assert w.case(w.primary).name == "no_difference"
    said = line(w, w.primary)
    assert f"below {w.margin(w.primary)} in every 100" in said
    low, high = (w.numbers.decimal(abs(100 * x), 1) for x in (w.primary.low, w.primary.high))
    assert f"from {low} fewer to {high} more" in said
    assert "." in low


def test_limits_may_be_asked_for_with_a_decimal() -> None:
    assert Numbers("sv").limits100(-0.02, 0.018, 1) == ("2,0", "1,8")
    assert Numbers("sv").limits100(-0.02, 0.018) == ("2", "2")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("general knowledge, not verified", "allmän kunskap, inte kontrollerad"),
        (
            "backcast from 2015 with Medlingsinstitutet's wage growth 2006-2015; growth before 2009 is general knowledge (not verified)",
            "tillbakaräknad från 2015 med Medlingsinstitutets löneökning 2006–2015; ökningen före 2009 är allmän kunskap (inte kontrollerad)",
        ),
        ("SCB, LISA Bakgrundsfakta 1990-2017, appendix 2", "SCB, LISA Bakgrundsfakta 1990-2017, appendix 2"),
    ],
)
def test_recurring_remarks_on_sources_are_translated(release_of, source: str, said: str) -> None:
    assert source_text(builder(release_of("positive"), "sv").writer, source) == said


def test_the_report_has_one_number_of_assumed_values(release_of) -> None:
    read = read_release(release_of("positive"))
    table = read.table("definitions")
    n = int((table["status"] == "assumed").sum())
    section = next(s for s in build(read, "en").document.sections if s.key == "definitions")
    assert any(getattr(block, "text", "").endswith(f": {n}.") for block in section.blocks)


def test_the_flow_ends_in_those_compared_where_it_does_not_tell_of_the_matching(release_of) -> None:
    folder = release_of("positive")
    w = Writer.of(read_release(folder), "en")
    assert flow.compared(w) is None  # the matching is told
    table = w.release.tables["flow"]
    w.release.tables["flow"] = table[table["group"] != flow.MATCHING]
    last = flow.compared(w)
    assert last["n_in"] - last["n_removed"] == last["n_out"] == w.release.info.design.n_controls_matched
    assert flow.collect(w).groups["enrolments"][-1].step == flow.COMPARED


def test_joint_tests_are_printed_with_the_limit_of_the_lowest(release_of) -> None:
    folder = release_of("positive", ways="hidden")
    b = builder(folder)
    tests = subgroups.joint_tests(b)
    section = next(s for s in build(read_release(folder), "en").document.sections if s.key == "subgroups")
    table = next(block for block in section.blocks if getattr(block, "key", "") == "joint")
    assert len(table.rows) == len(tests)
    told = sum(math.isfinite(p) for _, p in tests.values())
    assert told > 0
    assert sum(row[2].text[0].isdigit() or row[2].text.startswith("less") for row in table.rows) == told
