"""What sentences may say, and how long they may be: causes in one place only, no ranges with dashes, short enough to be read aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from evaluation.report.content import build
from evaluation.report.model import Block, Bullets, Document, Facts, Paragraph, Picture, texts
from evaluation.report.numbers import LANGUAGES, Numbers
from evaluation.report.release import Release, read_release
from evaluation.report.sentences import Writer
from evaluation.report.texts import labels, sentences
from tests.report.fake_outcomes import CASES

# the employment as a cause of what happened; sentences that deny or set a condition are named beside
CAUSE = {
    "sv": r"effekt(en)? av (anställning|visstids)|anställningens effekt|anställningen (gav|ger|ledde|leder|gjorde|gör|hjälpte|hjälper|bidrog|bidrar)"
    r"|(tack vare|på grund av|genom|orsakad av) anställningen",
    "en": r"effect of the (fixed-term )?employment|the employment (gave|gives|led|leads|made|makes|helped|helps|caused|contributed)"
    r"|(thanks to|due to|because of|by means of|caused by) the employment",
}
CONDITION = "any.interpretation.effect"  # the one sentence that says when a difference may be read as an effect
DENIALS = {
    "share.uncertain.open",
    "any.exploratory.text",
    "flag.never_in_follow_up.caution",
    "flag.exit_own.caution",
    "flag.exit_pseudo.caution",
    "ways.caution",
}
CHOSEN_BY_CASE = ("share.", "line.", "money.", "profile.", "clock.", "match.", "range.", "lockin.")
YEARS = r"\b(?:19|20)\d\d–(?:19|20)\d\d\b"
VERSIONS = ("provenance", "access", "target", "record")
LONGEST, MEAN, HEADING = 35, 20, 12


def running(document: Document, part: str = "") -> Iterator[tuple[str, str]]:
    """Running texts and the section of each."""
    for section in document.sections:
        if part and section.part != part:
            continue
        for block in section.blocks:
            if isinstance(block, Paragraph | Bullets | Facts):
                yield from ((section.key, text) for text in texts([block]))


def sentences_of(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?])\s+(?=[A-ZÅÄÖ”“])|(?<=:)\s", text) if s]


def test_only_one_sentence_speaks_of_an_effect_of_the_employment() -> None:
    for lang in LANGUAGES:
        found = {key for key, entry in sentences().items() if re.search(CAUSE[lang], entry[lang], re.IGNORECASE)}
        assert CONDITION in found
        assert found <= {CONDITION} | DENIALS, found - DENIALS - {CONDITION}
        denials = [sentences()[key][lang] for key in found - {CONDITION}]
        assert all(re.search(r"\b(inte|ingen|not|no|never)\b", text) for text in denials)


def test_sentences_that_a_case_chooses_state_no_cause() -> None:
    for key, entry in sentences().items():
        if key.startswith(CHOSEN_BY_CASE):
            assert not re.search(r"\b(effekt\w*|påverka\w*|bidr[ao]\w*|förbättra\w*)\b", entry["sv"], re.IGNORECASE), (
                key
            )
            assert not re.search(
                r"\b(effects?|impact\w*|affect\w*|improve\w*|contribut\w*)\b", entry["en"], re.IGNORECASE
            ), key


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_ranges_are_words_in_running_text(release_of, case: str, lang: str) -> None:
    document = build(read_release(release_of(case)), lang).document
    for key, text in running(document):
        assert not re.search(r"\d\s?[–-]\s?\d", re.sub(YEARS, "", text)), (key, text)
        if lang == "sv":
            assert not re.search(r"\d%", text), (key, text)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_first_pages_can_be_read_aloud(release_of, case: str, lang: str) -> None:
    document = build(read_release(release_of(case)), lang).document
    lengths = []
    question = read_release(release_of(case)).info.study.question(lang)
    for _, text in running(document, "front"):
        if " · " in text or text == question:
            continue  # the line of commissioner and date; the question is the study file's own
        lengths += [len(re.findall(r"[\w\d,.]+", s)) for s in sentences_of(text)]
        assert max(len(re.findall(r"[\w\d,.]+", s)) for s in sentences_of(text)) <= LONGEST, text
    assert sum(lengths) / len(lengths) <= MEAN


@pytest.mark.parametrize("lang", LANGUAGES)
def test_headings_are_short(release_of, lang: str) -> None:
    for case in CASES:
        document = build(read_release(release_of(case)), lang).document
        for section in document.sections:
            assert len(section.title.split()) <= HEADING, section.title
        for picture in document.pictures():
            assert len(picture.title) <= 120, picture.title


def outcomes_of(release: Release, lang: str) -> Iterator[tuple[Writer, object]]:
    writer = Writer.of(release, lang)
    for unit in ("year", "month"):
        yield from ((writer, row) for row in release.effects(horizon_unit=unit))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_result_of_a_release_has_a_sentence_of_its_case(release_of, case: str, lang: str) -> None:
    number = re.compile(r"\d")
    for writer, row in outcomes_of(read_release(release_of(case)), lang):
        line, found = writer.line(row), writer.case(row)
        assert bool(line) == found.shows_number
        for wrong in ("nan", "None", "{", "}", "  ", "-0", "−"):
            assert wrong not in line, line
        if row.unit == "share" and line:
            limits = Numbers(lang).limits100(row.low, row.high)
            assert number.search(line)
            assert all(limit in line for limit in limits if limit != "0"), line


@pytest.mark.parametrize("case", ["positive", "negative", "uncertain", "no_difference"])
def test_the_claim_has_the_case_of_its_row(release_of, case: str) -> None:
    """The first sentence of both languages says what the released limits allow, and no more."""
    release = read_release(release_of(case))
    words = {"positive": ("fler", "more"), "negative": ("färre", "fewer"), "uncertain": ("Osäkert", "Unclear"),
             "no_difference": ("Ungefär lika", "About as many")}  # fmt: skip
    for lang, word in zip(LANGUAGES, words[case], strict=True):
        document = build(release, lang).document
        headline = next(
            b.text for b in document.sections[0].blocks if isinstance(b, Paragraph) and b.kind == "headline"
        )
        assert word in headline
        assert headline == Writer.of(release, lang).claim(Writer.of(release, lang).primary).title


def test_labels_are_lower_case_words_without_signs() -> None:
    for group, entries in labels().items():
        for key, entry in entries.items():
            for text in entry.values():
                assert text == text.strip(), (group, key)
                assert not re.search(r"\s{2}|[{]nan|None", text), (group, key)


def no_text(block: Block) -> bool:
    return isinstance(block, Picture) and not (block.alt and block.reading and block.note)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_says_what_it_shows(release_of, lang: str) -> None:
    for case in CASES:
        for section in build(read_release(release_of(case)), lang).document.sections:
            assert not any(no_text(block) for block in section.blocks), section.key
