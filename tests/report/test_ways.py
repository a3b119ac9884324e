"""Several ways of calculating, and subgroups: what the report says of them, and when it says nothing."""

from __future__ import annotations

import math
from typing import get_args

import pandas as pd
import pytest

from evaluation.report.cases import equality
from evaluation.report.content import build
from evaluation.report.content.levels import level_name
from evaluation.report.content.ways import ways_of
from evaluation.report.model import Bullets, Paragraph, Picture, Section, Table, texts
from evaluation.report.numbers import LANGUAGES, Numbers
from evaluation.report.release import read_release
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue, labels, sentences
from evaluation.study.estimands import Estimand, Estimator
from evaluation.study.subgroups import RULES
from tests.report.fake_release import EQUAL_P, SUBGROUPS, WAYS
from tests.report.words import faults


def sections(folder, lang: str = "en") -> dict[str, Section]:
    return {section.key: section for section in build(read_release(folder), lang).document.sections}


def tables(section: Section) -> dict[str, Table]:
    return {block.key: block for block in section.blocks if isinstance(block, Table)}


def pictures(section: Section) -> dict[str, Picture]:
    return {block.key: block for block in section.blocks if isinstance(block, Picture)}


def bullets(section: Section) -> list[str]:
    return [item for block in section.blocks if isinstance(block, Bullets) for item in block.items]


def cautions(section: Section) -> list[str]:
    return [block.text for block in section.blocks if isinstance(block, Paragraph) and block.kind == "caution"]


def test_everything_a_study_may_ask_for_has_a_name() -> None:
    known = labels()
    assert set(get_args(Estimand)) <= set(known["estimand"])
    assert {*get_args(Estimator), "unadjusted"} <= set(known["estimator"])
    assert set(RULES) <= set(known["family"])
    assert {f"ways.rule.{name}" for name in get_args(Estimand)} <= set(sentences())


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ({}, []),
        ({"a": 0.05}, ["differ"]),
        ({"a": 0.0501}, ["could_be_equal"]),
        ({"a": 0.03, "b": 0.5}, ["could_be_equal", "could_be_equal"]),
        ({"a": 0.02, "b": 0.05}, ["differ", "differ"]),
        ({"a": 0.04, "b": 0.001, "c": 0.3}, ["could_be_equal", "differ", "could_be_equal"]),
        ({"a": 0.03, "b": math.nan}, ["could_be_equal", "unknown"]),
        ({"a": 0.02, "b": math.nan}, ["differ", "unknown"]),
        ({"a": 0.026, "b": 0.001, "c": 0.05}, ["could_be_equal", "differ", "could_be_equal"]),
    ],
)
def test_which_families_could_be_equal(tests: dict[str, float], expected: list[str]) -> None:
    assert list(equality(tests).values()) == expected
    assert list(equality(tests)) == list(tests)


def test_one_way_and_no_subgroups_leave_no_section(release_of) -> None:
    for options in ({}, {"estimand": "never"}):
        assert not {"ways", "subgroups", "workplace"} & set(sections(release_of("positive", **options)))


def test_ways_stand_side_by_side_the_primary_first(release_of) -> None:
    section = sections(release_of("positive", ways="several"))["ways"]
    table = tables(section)["ways"]
    names = [row[0].text for row in table.rows]
    assert len(names) == len(WAYS) + 1
    assert names[0] == "Against not starting an employment then: matched comparison"
    assert names[-1].startswith("Against those who started no employment at all")
    assert [c.head for c in table.columns][1:] == ["The start", "The agreed end", "The actual end"]
    assert table.rows[0][2].text.startswith("+5.3 (")
    weighted = next(row for row in table.rows if "weighting instead" in row[0].text)
    assert [cell.text for cell in weighted[2:]] == [".", "."]
    assert "estimand" in table.csv.splitlines()[0]
    assert len(bullets(section)) == 3
    assert sum("older reports" in text for text in cautions(section)) == 1


def test_later_employments_stand_rule_by_rule(release_of) -> None:
    section = sections(release_of("positive", ways="hidden"))["ways"]
    table = tables(section)["ways_later"]
    assert len(table.columns) >= 3
    assert [row[0].text for row in table.rows] == [f"Year {k}" for k in range(1, 5)]
    assert table.rows[0][1].text == "4.3"
    assert table.rows[0][2].text == Catalogue("en")("sign.suppressed")
    assert not any(
        "change from before" in row[0].text for row in tables(section)["ways"].rows
    )  # a way of which nothing is shown
    assert any("left out" in text for text in texts(section.blocks))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_row_without_means_still_tells_its_difference(release_of, lang: str) -> None:
    found = sections(release_of("positive", ways="hidden"), lang)
    name = Catalogue(lang).label("estimator", "ipw")
    row = next(row for row in tables(found["ways"])["ways"].rows if row[0].text.endswith(name))
    assert row[1].text[0] == "+"
    for text in texts([block for section in found.values() for block in section.blocks]):
        assert "nan" not in text.casefold().split()


def test_the_primary_rule_has_its_caution_once(release_of) -> None:
    section = sections(release_of("positive", ways="several", estimand="never_in_follow_up"))["ways"]
    assert len(cautions(section)) == 1


def test_look_ups_are_of_the_primary_rule(release_of) -> None:
    folder = release_of("positive", ways="several", estimand="never")
    release = read_release(folder)
    assert {row.estimand for row in release.effects()} == {"never"}
    later = tables(sections(folder)["comparable"])["later_treated"]
    assert len(later.rows) == 4
    assert "Of every 100" in Writer.of(release, "en").estimand()
    other = release.effects(estimand="never_in_follow_up", outcome="established")
    assert {row.estimand for row in other} == {"never_in_follow_up"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_statement_names_every_trait_where_nothing_differs(release_of, lang: str) -> None:
    section = sections(release_of("positive", ways="hidden"), lang)["subgroups"]
    words = Catalogue(lang)
    said = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    named = {family: words.label("family", family) for family in EQUAL_P}
    no_difference = next(
        text for text in said if text.startswith(words("groups.no_difference_shown", families="|").split("|")[0])
    )
    assert {family for family, name in named.items() if name in no_difference} == {
        "sex",
        "age",
        "planned_length",
        "start_year",
    }
    differs = [text for text in said if text.startswith(named["origin"].capitalize())]
    assert len(differs) == 1
    unknown = words("groups.unknown", families=Numbers(lang).listing([named["education"], named["workplace_type"]]))
    assert unknown in said
    for text in texts(section.blocks):
        assert not faults(text, lang) or "csv" in text or text[0] in "+−-"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_figure_claims_what_the_tests_allow(release_of, lang: str) -> None:
    words = Catalogue(lang)
    for options, title in (
        ({"ways": "several"}, words("groups.differ.title", families=words.label("family", "origin"))),
        ({"ways": "equal"}, words("groups.no_difference_shown.title")),
        ({"ways": "several", "omit": ("families",)}, words("groups.plain.title")),
    ):
        picture = pictures(sections(release_of("positive", **options), lang)["subgroups"])["subgroups"]
        assert picture.title == title
        assert title in picture.alt


def test_subgroups_have_names_and_hidden_ones_a_sign(release_of) -> None:
    folder = release_of("positive", ways="hidden")
    table = pictures(sections(folder)["subgroups"])["subgroups"].table
    assert len(table.rows) == sum(map(len, SUBGROUPS.values()))
    rows = {row[0].text: row for row in table.rows}
    assert rows["Age: 18 to 29 years"][3].text.startswith("+")
    assert {cell.text for cell in rows["Education: compulsory school"][1:]} == {Catalogue("en")("sign.suppressed")}
    assert "subgroup" in table.csv.splitlines()[0]


@pytest.mark.parametrize("case", ["gate_failed", "suppressed", "not_observed"])
def test_sections_say_so_where_nothing_may_be_shown(release_of, case: str) -> None:
    found = sections(release_of(case, ways="several"))
    for key in (
        "ways",
        "subgroups",
        *(["workplace"] if case == "gate_failed" else []),
    ):  # workplaces show the other years
        assert len(found[key].blocks) == 1
        assert "not reported" in found[key].blocks[0].text


def test_a_release_without_families_can_be_read_and_has_no_sentences(release_of, tmp_path) -> None:
    release = read_release(release_of("positive"))
    assert not (release.path / "tables" / "families.csv").exists()
    assert not release.holds("families")


def test_registers_that_were_not_delivered_are_named(release_of) -> None:
    section = sections(release_of("positive"))["sources"]
    rows = {row[0].text: row for row in tables(section)["ledger"].rows}
    row = rows["Steps (Jobbtorg): register not delivered"]
    assert [cell.text for cell in row[1:3]] == [".", "."]
    assert any(text.startswith("1 of 11 rules") for text in texts(section.blocks))


def test_the_flow_ends_with_those_matched_where_some_have_no_agreed_end(release_of) -> None:
    plain, dated = (
        next(p for p in build(read_release(release_of("positive", **o)), "en").document.pictures() if p.key == "flow")
        for o in ({}, {"flow": "clocks"})
    )
    assert plain.alt == dated.alt
    assert len(dated.table.rows) == len(plain.table.rows) + 1
    assert pd.Series([row[0].text for row in dated.table.rows]).str.startswith("Follow-up").sum() == 1


def test_primary_way_is_first_whatever_it_is(release_of) -> None:
    from evaluation.report.content.builder import Builder

    for estimand in get_args(Estimand):
        release = read_release(release_of("positive", ways="several", estimand=estimand))
        b = Builder(Writer.of(release, "sv"))
        assert ways_of(b)[0] == (estimand, "matched_difference")
        assert level_name(b, "start_year", "2009") == "startår: 2009"
