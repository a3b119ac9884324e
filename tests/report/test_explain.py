"""Limits that the run chooses, the method for everyone with its time line, and what the report says of itself."""

from __future__ import annotations

import pytest

from evaluation.report.content import build
from evaluation.report.content.builder import Builder
from evaluation.report.content.limits import lines
from evaluation.report.figures import timeline
from evaluation.report.model import Picture, Section, Table, texts
from evaluation.report.numbers import LANGUAGES
from evaluation.report.release import Release, read_release
from evaluation.report.sentences import Writer
from evaluation.report.texts import sentences


def chosen(release: Release) -> list[str]:
    return [key for key, _ in lines(Builder(Writer.of(release, "sv")))]


def section(release: Release, key: str, lang: str = "sv") -> Section:
    return next(s for s in build(release, lang, pdf_standards=("ua-1",)).document.sections if s.key == key)


def words(found: Section) -> str:
    return " ".join(texts(found.blocks))


@pytest.mark.parametrize(
    ("options", "there", "not_there"),
    [
        ({}, {"hidden", "later", "matched", "registers", "linked", "codes", "thresholds", "absent", "actual", "small", "many"}, {"changed"}),
        ({"changes": 2}, {"changed"}, set()),
        ({"estimand": "never"}, {"weights"}, {"later", "removed"}),
        ({"estimand": "never_in_follow_up"}, {"removed"}, {"later"}),
        ({"balance": "bound_good"}, {"matched_hidden"}, {"matched"}),
        ({"outcomes": {"absent": "excluded"}}, {"absent_excluded"}, {"absent"}),
        ({"clocks": "one"}, set(), {"actual"}),
        ({"margins": {"share": 0.05}}, set(), {"small"}),
        ({"omit": ("definitions",)}, set(), {"codes", "thresholds"}),
        ({"case": "gate_failed"}, {"hidden"}, {"actual", "small", "many"}),
    ],
)  # fmt: skip
def test_limits_are_those_of_the_run(release_of, options: dict, there: set[str], not_there: set[str]) -> None:
    found = chosen(read_release(release_of(**{"case": "positive", **options})))
    assert len(found) == len(set(found))
    assert there | {"displacement", "today", "supported"} <= set(found)
    assert not not_there & set(found)


def test_every_limit_has_a_direction() -> None:
    keys = {key.split(".")[1] for key in sentences() if key.startswith("limit.")}
    for key in keys:
        assert {f"limit.{key}.{part}" for part in ("name", "meaning", "direction")} <= set(sentences()), key


@pytest.mark.parametrize("clock", ["start", "exit_planned", "exit_actual"])
def test_the_pair_is_followed_on_the_clock_that_counts(release_of, clock: str) -> None:
    release = read_release(release_of("positive", primary={"clock": clock}))
    data = timeline.collect(Writer.of(release, "sv"))
    assert data.primary == clock
    zero = data.clocks[clock]
    assert 0 == data.clocks["start"] < data.clocks["exit_actual"] < data.clocks["exit_planned"] == data.agreed
    # year k is the k:th calendar year after that of time zero
    year_of_zero = (timeline.MONTH_OF_START + zero) // 12
    for k, month in data.years.items():
        assert (month + timeline.MONTH_OF_START) % 12 == 0
        assert (month + timeline.MONTH_OF_START) // 12 == year_of_zero + k


def test_the_pair_has_only_the_clocks_of_the_study(release_of) -> None:
    data = timeline.collect(Writer.of(read_release(release_of("positive", clocks="one")), "sv"))
    assert set(data.clocks) == {"exit_planned"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_time_line_says_that_the_pair_is_invented(release_of, lang: str) -> None:
    found = section(read_release(release_of("positive")), "method", lang)
    picture = next(block for block in found.blocks if isinstance(block, Picture))
    assert picture.key == "timeline"
    for text in (picture.subtitle, picture.alt, picture.note, picture.table.caption):
        assert {"sv": "påhitta", "en": "invented"}[lang] in text
    assert picture.table.csv.count("\n") == len(picture.table.rows) + 1


def test_requirements_are_told_in_words(release_of) -> None:
    text = words(section(read_release(release_of("positive")), "method"))
    for said in ("högst 0,1 standardavvikelser", "Minst 80 av 100", "Minst 90 av 100", "högst 5 av 100"):
        assert said in text
    assert text.count(": uppfyllt") == 4
    assert "Falskprov: inte uppfyllt" in words(
        section(read_release(release_of("positive", gates="other_failed")), "method")
    )


def test_accessibility_never_claims_more_than_was_done(release_of) -> None:
    real, invented = (read_release(release_of("positive", synthetic=synthetic)) for synthetic in (False, True))
    for release in (real, invented):
        text = words(section(release, "access"))
        for said in (
            "WCAG 2.1 nivå AA",
            "EN 301 549 V3.2.1",
            "PDF/UA-1",
            "inte granskat av någon människa",
            "inte prövad för sig",
            "Kända brister",
            "digg.se",
        ):
            assert said in text
        assert "helt förenlig" not in text
    assert "[fylls i av utgivaren]" in words(section(invented, "access"))
    assert "utvardering@example.org" in words(section(real, "access"))


@pytest.mark.parametrize(("changes", "said"), [(0, "Inga ändringar"), (3, "3")])
def test_provenance_tells_the_run_and_what_changed(release_of, changes: int, said: str) -> None:
    release = read_release(release_of("positive", changes=changes))
    found = section(release, "provenance")
    table = next(block for block in found.blocks if isinstance(block, Table))
    facts = {name.text: given.text for name, given in table.rows}
    assert facts["Ändringar efter låsningen"] == said
    assert facts["Uppläggets kontrollsumma"] == release.info.design.hash
    assert facts["Slumpfrö"] == "1"
    assert "numpy 2.4.6" in facts["Programvara"]
    assert facts["Rapportens datum"] == "24 november 2016"
    assert "läser ingen klocka" in facts["Dag för låsning och körning"]
    assert "påhittade registren" in words(found)
    real = words(section(read_release(release_of("positive", synthetic=False)), "provenance"))
    assert "omfattas av sekretess" in real
