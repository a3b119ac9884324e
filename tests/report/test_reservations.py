"""What a reader must not miss: a changed design, flagged methods, what is counted, who is left out, and what is not shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from evaluation.report.cases import decide
from evaluation.report.content import build
from evaluation.report.model import Document, Paragraph, Section, Table, texts
from evaluation.report.numbers import LANGUAGES
from evaluation.report.release import read_release
from tests.report.words import faults

RESULTS = ("p1", "p2", "by_year", "by_month", "clocks", "lasting", "short_long", "money", "where", "other")
Make = Callable[..., Path]


def report(release_of: Make, lang: str, case: str = "positive", **options: object) -> Document:
    return build(read_release(release_of(case, **options)), lang).document  # type: ignore[arg-type]


def section(document: Document, key: str) -> Section:
    return next(s for s in document.sections if s.key == key)


def cautions(part: Section) -> str:
    return " ".join(b.text for b in part.blocks if isinstance(b, Paragraph) and b.kind == "caution")


def everything(document: Document) -> str:
    return " ".join(t for s in document.sections for t in [s.title, *texts(s.blocks)])


BEFORE = {
    "sv": r"före analysen|innan något utfall|först då lästes",
    "en": r"before the analysis|before any outcome|only then were outcomes",
}
TIMES = {"sv": "ändrades 3 gånger efter att utfallen", "en": "changed 3 times after outcomes"}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", ["positive", "gate_failed"])
def test_a_changed_design_is_said_and_nothing_else_claims_the_opposite(release_of: Make, lang: str, case: str) -> None:
    changed = report(release_of, lang, case, changes=3)
    assert not re.search(BEFORE[lang], everything(changed), re.IGNORECASE)
    for key in ("p1", "p2", "method", "protocol", "provenance", *(RESULTS if case == "positive" else ())):
        assert TIMES[lang] in cautions(section(changed, key)), key
    if case == "positive":
        assert re.search(BEFORE[lang], everything(report(release_of, lang)), re.IGNORECASE)
        label = next(b for b in section(changed, "p1").blocks if isinstance(b, Paragraph))
        assert (label.kind, label.text) == ("label", {"sv": "Utforskande", "en": "Exploratory"}[lang])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_estimand_known_to_err_bears_a_caution_wherever_its_results_stand(release_of: Make, lang: str) -> None:
    document = report(release_of, lang, estimand="never_in_follow_up")
    words = {
        "sv": "tagits bort som själva fick en anställning senare",
        "en": "have been taken out of the comparison group",
    }[lang]
    note = {"sv": "Metod med kända fel", "en": "Method known to err"}[lang]
    for key in RESULTS:
        assert (note if key == "p2" else words) in cautions(section(document, key)), key
    for key in ("by_year", "clocks", "other"):
        for block in section(document, key).blocks:
            if isinstance(block, Table):
                assert any(note in line for line in block.notes), block.key
    for picture in document.pictures():
        assert (note in picture.note) == (picture.key not in ("flow", "love", "overlap", "timeline")), picture.key
    text = everything(document)
    for wrong in (
        "De räknas ändå till jämförelsegruppen",
        "still counted",
        "kan tolkas som en effekt",
        "can be read as an effect",
    ):
        assert wrong not in text
    for block in section(document, "comparable").blocks:
        if isinstance(block, Paragraph):
            assert not faults(block.text, lang)


def test_a_flagged_method_is_exploratory_by_the_case_picker() -> None:
    assert decide(estimate=0.1, low=0.05, high=0.15, flagged=True).exploratory
    assert not decide(estimate=0.1, low=0.05, high=0.15).exploratory


@pytest.mark.parametrize("lang", LANGUAGES)
def test_flagged_clocks_have_words_and_cautions(release_of: Make, lang: str) -> None:
    document = report(release_of, lang, clocks="flagged")
    part = section(document, "clocks")
    table = next(b for b in part.blocks if isinstance(b, Table))
    names = {"sv": ("Vars och ens eget slut", "Draget slut"), "en": ("Each person's own end", "An end drawn by lot")}[
        lang
    ]
    for name in names:
        assert any(row[0].text.startswith(name) for row in table.rows), name
        assert sum(name.casefold() in line.casefold() for line in table.notes) == 1
        assert name.casefold() in cautions(part).casefold()
    assert cautions(section(document, "by_year")) == ""
    assert not re.search(r"exit_|exit (own|pseudo|planned|actual)|not_yet", everything(document))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_clock_alone_is_said(release_of: Make, lang: str) -> None:
    document = report(release_of, lang, clocks="one")
    words = {"sv": "Tiden räknas bara från avtalat slut", "en": "Time is counted only from the agreed end"}[lang]
    assert words in " ".join(texts(section(document, "clocks").blocks))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_estimand_says_what_is_compared(release_of: Make, lang: str) -> None:
    said = {}
    for estimand in ("not_yet", "never", "never_in_follow_up"):
        document = report(release_of, lang, estimand=estimand, weights={"least": 0.981, "greatest": 1.017})
        said[estimand] = (
            " ".join(texts(section(document, "p1").blocks)),
            " ".join(texts(section(document, "comparable").blocks)),
        )
    never = {"sv": "bara fram till dess", "en": "only until then"}[lang]
    assert never in said["never"][0]
    assert never in said["never"][1]
    between = {"sv": "mellan 0,98 och 1,02", "en": "between 0.98 and 1.02"}[lang]
    assert between in said["never"][1]
    assert never not in said["not_yet"][0] + said["never_in_follow_up"][0]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_employments_are_not_called_people(release_of: Make, lang: str) -> None:
    document = report(release_of, lang, cohort={"unit": "employments"})
    people = {
        "sv": r"personer som började|100 personer|\d deltagare(?! räknade)",
        "en": r"people who started|100 people|\d participants(?! counted)",
    }[lang]
    counted = {"sv": "räknar anställningar, inte personer", "en": "counts employments, not people"}[lang]
    for part in document.sections:
        for block in part.blocks:
            for text in texts([block]):
                assert not re.search(people, text), (part.key, text)
                if not isinstance(block, Table):
                    assert "  " not in text
    for key in ("p1", "who", "method"):
        assert counted in " ".join(texts(section(document, key).blocks)), key
    flow = next(p for p in document.pictures() if p.key == "flow")
    units = {
        row[1].text
        for row in flow.table.rows
        if "matchning" in row[0].text.casefold() or "matching" in row[0].text.casefold()
    }
    assert units == {{"sv": "anställningar", "en": "employments"}[lang]}
    assert re.search(people, everything(report(release_of, lang)))


def test_either_name_of_the_key_is_read(release_of: Make) -> None:
    assert read_release(release_of(cohort={"unit_of_count": "employments"})).info.cohort.unit == "employments"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_absent_are_said_to_be_excluded_where_they_are(release_of: Make, lang: str) -> None:
    document = report(release_of, lang, outcomes={"absent": "excluded"})
    text = everything(document)
    for wrong in (
        "De räknas inte som etablerade",
        "De räknas som inte etablerade",
        "not counted as established",
        "counted as not established",
    ):
        assert wrong not in text
    right = {"sv": "uteslutits", "en": "were excluded"}[lang]
    for key in ("by_year", "by_month", "where", "other"):
        assert right in " ".join(texts(section(document, key).blocks)), key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_unmatched_difference_says_whom_it_is_about(release_of: Make, lang: str) -> None:
    words = {
        "eligible": {"sv": "alla deltagare som uppfyllde villkoren", "en": "all participants who met the conditions"},
        "matched": {"sv": "samma deltagare som den matchade", "en": "the same participants as the matched"},
    }
    short = {
        "eligible": {"sv": "alla som uppfyllde villkoren", "en": "all who met the conditions"},
        "matched": {"sv": "samma deltagare", "en": "the same participants"},
    }
    for whom, other in (("eligible", "matched"), ("matched", "eligible")):
        document = report(release_of, lang, unadjusted={"participants": whom})
        figure = build(read_release(release_of(unadjusted={"participants": whom})), lang).drawings["effects_by_year"]()
        legend = " ".join(t.get_text() for t in figure.axes[0].get_legend().get_texts())
        assert short[whom][lang] in legend
        assert any(
            words[whom][lang] in n for b in section(document, "clocks").blocks if isinstance(b, Table) for n in b.notes
        )
        assert words[other][lang] not in everything(document)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_strata_really_used_are_named(release_of: Make, lang: str) -> None:
    document = report(release_of, lang, design={"exact": [], "strata": ["month", "elapsed_class", "district"]})
    names = {
        "sv": "kalendermånad, tid sedan inskrivning och stadsdelsområde",
        "en": "calendar month, time since enrolment and city district",
    }[lang]
    for key in ("method", "comparable"):
        assert names in " ".join(texts(section(document, key).blocks)), key
    asked = report(release_of, lang, design={"exact": ["month", "sex"]})
    assert {"sv": "kalendermånad och kön", "en": "calendar month and sex"}[lang] in " ".join(
        texts(section(asked, "method").blocks)
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_section_without_results_says_so(release_of: Make, lang: str) -> None:
    failed, full = report(release_of, lang, "gate_failed"), report(release_of, lang)
    assert [s.key for s in failed.sections] == [s.key for s in full.sections]
    words = {"sv": "Avsnittet redovisas inte, eftersom", "en": "This section is not reported, because"}[lang]
    for key in ("by_year", "by_month", "clocks", "where", "other"):
        assert words in " ".join(texts(section(failed, key).blocks)), key
    empty = report(
        release_of, lang, omit=("states", "later_treated", "overlap", "ledger", "registers", "definitions", "protocol")
    )
    words = {"sv": "Avsnittet redovisas inte: det som", "en": "This section is not reported: what"}[lang]
    for key in ("where", "definitions", "protocol"):
        assert words in " ".join(texts(section(empty, key).blocks)), key
    for key, words in (
        ("comparable", {"sv": "senare redovisas inte", "en": "later is not reported"}),
        ("sources", {"sv": "framgår inte", "en": "not told"}),
    ):
        assert words[lang] in " ".join(texts(section(empty, key).blocks)), key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_share_told_as_a_bound_reads_as_one(release_of: Make, lang: str) -> None:
    good = report(release_of, lang, balance="bound_good")
    assert {"sv": "minst 90 av 100", "en": "at least 90 in every 100"}[lang] in " ".join(
        texts(section(good, "comparable").blocks)
    )
    poor = " ".join(texts(section(report(release_of, lang, balance="bound_poor"), "comparable").blocks))
    assert {"sv": "högst 20 av 100", "en": "at most 20 in every 100"}[lang] in poor
    assert {"sv": "Minst 80 av 100", "en": "At least 80 in every 100"}[lang] in poor


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rounding_is_explained(release_of: Make, lang: str) -> None:
    words = {"sv": "avrundade till närmaste 5", "en": "rounded to the nearest 5"}[lang]
    assert words in " ".join(texts(section(report(release_of, lang, rounding=5), "disclosure").blocks))
    assert words not in everything(report(release_of, lang))


def test_later_treatment_of_a_failed_design_is_shown_nowhere(release_of: Make) -> None:
    folder = release_of("gate_failed")
    assert json.loads((folder / "release.json").read_text(encoding="utf-8"))["gates"][0]["passed"] is False
    document = report(release_of, "en", "gate_failed")
    assert not any(table.key == "later_treated" for table in document.tables())


@pytest.mark.parametrize(("lang", "word"), [("sv", "av {n} andra"), ("en", "of {n} others")])
def test_other_definitions_are_counted_without_the_main_one(release_of: Make, lang: str, word: str) -> None:
    folder = release_of("positive", omit=("specification_curve",))  # else the first page counts ways of calculating
    release = read_release(folder)
    p = release.info.primary
    rows = release.effects(outcome=p.outcome, clock=p.clock, horizon_unit="year")
    named = {row.definition for row in rows if row.horizon == p.year}
    assert p.definition in named
    assert word.format(n=len(named) - 1) in everything(build(release, lang).document)


def test_a_range_of_weights_has_two_ends(release_of: Make) -> None:
    near = everything(report(release_of, "en", weights={"least": 0.9957, "greatest": 1.0031}))
    assert "between 0.996 and 1.003" in near
