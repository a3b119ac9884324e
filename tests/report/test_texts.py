"""The catalogue: both languages say the same, every text is used, and none says what it must not."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import pytest

import evaluation.report
from evaluation.report.content import build
from evaluation.report.context import WORDS
from evaluation.report.lines import other_measure
from evaluation.report.model import Bullets, Facts, Paragraph, Table, texts
from evaluation.report.numbers import LANGUAGES
from evaluation.report.release import Effect, Release, read_release
from evaluation.report.sentences import Writer
from evaluation.report.texts import (
    SOFT_HYPHEN,
    Catalogue,
    CatalogueError,
    divide,
    glossary,
    labels,
    placeholders,
    sentence_files,
    sentences,
)
from tests.report import fake_robustness
from tests.report.fake_outcomes import CASES
from tests.report.words import faults, lix

PACKAGE = Path(evaluation.report.__file__).parent
OPEN_KEYS = ("figure.overlap", "figure.legend.unadjusted")  # made from the name of a group
SHARES = ("established", "sustained_established", "self_sufficient", "unemployment_insurance", "registered_unemployed",
          "studying", "sick_or_retired", "returned_to_jobbtorg")  # fmt: skip
INTERVALS = {
    "positive": (0.0231, 0.0724),
    "tiny_positive": (0.0003, 0.004),
    "negative": (-0.0724, -0.0231),
    "open": (-0.0512, 0.0724),
    "no_large_loss": (-0.0112, 0.0724),
    "no_large_gain": (-0.0724, 0.0112),
    "no_difference": (-0.0112, 0.0119),
    "small": (0.0012, 0.0119),
    "to_zero": (-0.0724, 0.0),
    "from_zero": (0.0, 0.0724),
}


def effect(low: float, high: float, **changes: object) -> Effect:
    middle = (low + high) / 2
    base = Effect("established", "E2_scb", "exit_planned", 4, "year", middle, low, high, 0.384, 0.384 - middle, 2893, 2644,
                  "share", 0.02, "primary", "released")  # fmt: skip
    return dataclasses.replace(base, **changes)


@pytest.fixture(scope="module")
def release(release_of) -> Release:
    return read_release(release_of("positive"))


def every_case(writer: Writer) -> list[str]:
    """Sentences for each case of each outcome."""
    found = []
    for low, high in INTERVALS.values():
        for outcome in SHARES:
            for unit, horizon in (*(("year", k) for k in (1, 2, 3, 4)), ("month", 18), ("month", 0)):
                row = effect(low, high, outcome=outcome, horizon_unit=unit, horizon=horizon)
                claim = writer.claim(row)
                found += [claim.title, claim.text, claim.numbers, writer.line(row)]
        found.append(other_measure(writer, "sysselsatt i november", effect(low, high)))
        for outcome, unit, factor, margin in (
            ("earnings", "sek", 2e5, 5000),
            ("social_assistance_months", "months", 20, 0.5),
        ):
            for limit in (margin, None, 1e6):
                row = effect(low * factor, high * factor, outcome=outcome, definition="", unit=unit, margin=limit)
                found.append(writer.line(row))
    for status in ("suppressed", "not_observed", "not_estimated", "gate_failed"):
        row = effect(math.nan, math.nan, status=status)
        claim = writer.claim(row)
        found += [claim.title, claim.text, claim.numbers, writer.line(row)]
    found += [writer.range(low, high) for low, high in (*INTERVALS.values(), (0.0, 0.0))]
    found += [writer.of_100(share) for share in (0.0, 0.0004, 0.5, 0.9996, 1.0)]
    for bands in (
        [(0.1, 0.2)] * 4, [(-0.2, -0.1)] * 4, [(-0.1, 0.1)] * 4, [(0.1, 0.2), (-0.2, -0.1)] * 2, [(0.1, 0.2), (-0.1, 0.1)] * 2,
        [(0.1, 0.2)] * 3 + [(-0.1, 0.1)],
    ):  # fmt: skip
        found.append(writer.profile([effect(*band, horizon=i + 1) for i, band in enumerate(bands)]))
    return [text for text in found if text]


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    for key, entry in sentences().items():
        assert set(entry) == {"sv", "en"}, key
        # nouns and times that the study decides may stand in one language alone
        assert placeholders(entry["sv"]) - set(WORDS) == placeholders(entry["en"]) - set(WORDS), key
    for group, entries in labels().items():
        for key, entry in entries.items():
            assert set(entry) == {"sv", "en"}, f"{group}.{key}"
            assert all(entry.values()), f"{group}.{key}"
    for row in glossary():
        assert all(row[k] for k in ("term_sv", "term_en", "definition_sv", "definition_en")), row


def test_no_text_says_what_it_must_not() -> None:
    for key, entry in sentences().items():
        for lang in LANGUAGES:
            text = entry[lang]
            for name in placeholders(text):
                text = text.replace("{" + name + "}", "7")
            if not key.startswith("sign."):
                assert not faults(text, lang), (key, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_case_of_every_outcome_reads_well(release: Release, lang: str) -> None:
    for text in every_case(Writer.of(release, lang)):
        assert not faults(text, lang)
        assert text[-1] in ".0123456789" or " " in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hidden_results_print_no_number(release: Release, lang: str) -> None:
    writer = Writer.of(release, lang)
    for status in ("suppressed", "not_observed", "not_estimated"):
        row = effect(math.nan, math.nan, status=status)
        claim = writer.claim(row)
        assert claim.numbers == ""
        assert writer.line(row) == ""


def test_both_languages_state_the_same_case(release: Release) -> None:
    sv, en = (Writer.of(release, lang) for lang in LANGUAGES)
    for low, high in INTERVALS.values():
        assert sv.claim(effect(low, high)).case == en.claim(effect(low, high)).case


def test_wrong_placeholders_and_keys_are_errors() -> None:
    words = Catalogue("sv")
    with pytest.raises(CatalogueError, match="not in the catalogue"):
        words("no.such.text")
    with pytest.raises(CatalogueError, match="placeholders"):
        words("range.across", lo="1")
    assert words.label("covariate", "unheard_of") == "unheard of"
    assert words.missing == {"covariate.unheard_of"}


def test_every_text_is_used_and_every_label_exists(release_of) -> None:
    used: set[str] = set()
    missing: set[str] = set()
    variants: list[tuple[str, dict]] = [(case, {}) for case in CASES]
    variants += [("positive", options) for options in VARIANTS] + [("suppressed", {"ways": "several"})]
    for case, options in variants:
        read = read_release(release_of(case, **options))
        for lang in LANGUAGES if not options else LANGUAGES[:1]:
            built = build(read, lang, pdf_standards=("ua-1", "a-2a"))
            used |= built.used
            missing |= built.missing
    for lang in LANGUAGES:
        writer = Writer.of(read_release(release_of("positive")), lang)
        every_case(writer)
        used |= writer.catalogue.used
    assert not missing
    drawn = "".join(p.read_text(encoding="utf-8") for p in (PACKAGE / "figures").glob("*.py"))
    unused = {
        key
        for key in set(sentences()) - used
        if not re.search(rf"""["']{re.escape(key)}["']""", drawn) and key.rpartition(".")[0] not in OPEN_KEYS
    }
    assert not unused, " ".join(sorted(unused))


VARIANTS: list[dict] = [
    {"changes": 1},
    {"changes": 3},
    {"synthetic": False},
    {"rounding": 5},
    {"omit": ("flow_steps", "later_treated", "registers", "planned_length")},
    {"omit": ("states", "later_treated", "overlap", "ledger", "definitions", "protocol")},
    {"clocks": "flagged"},
    {"clocks": "one"},
    {"estimand": "never_in_follow_up"},
    {"estimand": "never", "weights": {"least": 0.981, "greatest": 1.017}},
    {"estimand": "never", "omit": ("later_treated",)},
    {"cohort": {"unit": "employments"}},
    {"outcomes": {"absent": "excluded"}},
    {"unadjusted": {"participants": "eligible"}},
    {"balance": "bound_good"},
    {"balance": "bound_poor"},
    {"gates": "bound_failed"},
    {"gates": "all_failed"},
    {"gates": "unnamed_failed"},
    {"gates": "other_failed"},
    {"balance": "reservations"},
    {"balance": "few_matched"},
    {"estimand": "never"},
    {"role": "exploratory"},
    {"clocks": "differ"},
    {"flow": "hidden"},
    {"flow": "clocks"},
    {"ways": "several"},
    {"ways": "hidden"},
    {"ways": "differ"},
    {"ways": "equal"},
    {"ways": "several", "omit": ("families",)},
    {"ways": "several", "estimand": "never_in_follow_up"},
    *({"pairs": name} for name in ("work", "opposite", "weak", "reverse", "uncertain", "protected", "none")),
    *({"robustness": kind} for kind in ("", *fake_robustness.KINDS)),
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_running_text_of_whole_reports(release_of, case: str, lang: str) -> None:
    document = build(read_release(release_of(case)), lang).document
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Paragraph | Bullets | Facts) and section.key not in ("provenance", "access"):
                for text in texts([block]):
                    assert not faults(text.replace("[", "").replace("]", ""), lang), (section.key, text)
    for picture in document.pictures():
        assert not faults(picture.alt, lang), picture.alt
        assert len(picture.alt) <= 300, (picture.key, len(picture.alt))


def test_first_two_pages_are_easy_to_read(release_of) -> None:
    for case in ("positive", "uncertain", "gate_failed"):
        document = build(read_release(release_of(case)), "sv").document
        blocks = [b for s in document.sections if s.part == "front" for b in s.blocks if not isinstance(b, Table)]
        running = " ".join(f"{t.rstrip('.')}." for b in blocks if b.type != "picture" for t in texts([b]))
        assert lix(running) < 45, lix(running)


def test_first_two_pages_hold_no_jargon(release_of) -> None:
    document = build(read_release(release_of("positive")), "sv").document
    text = " ".join(t for s in document.sections if s.part == "front" for t in texts(s.blocks)).casefold()
    for word in (
        "propensity",
        "logit",
        "kaliper",
        "estimand",
        "konfidens",
        "kausal",
        "endogen",
        "signifikan",
        "kovariat",
        "p-värde",
    ):
        assert word not in text, word


def test_long_words_are_divided_where_they_may_be() -> None:
    assert divide("Jämförelsegrupp") == f"Jämförelse{SOFT_HYPHEN}grupp"
    assert divide("participants") == "participants"
    assert divide("Osäkerhetsintervall").replace(SOFT_HYPHEN, "") == "Osäkerhetsintervall"


def test_languages_differ_only_in_words(release_of) -> None:
    read = read_release(release_of("positive"))
    sv, en = (build(read, lang).document for lang in LANGUAGES)
    assert [s.key for s in sv.sections] == [s.key for s in en.sections]
    for a, b in zip(sv.tables(), en.tables(), strict=True):
        if a.key != "glossary":
            assert (a.key, len(a.rows), len(a.columns), a.csv) == (b.key, len(b.rows), len(b.columns), b.csv)


def test_no_path_of_the_texts_is_lost() -> None:
    found = {p.name for p in (PACKAGE / "texts").glob("*.*") if p.suffix != ".py"}
    assert found == {*sentence_files(), "divisions.txt", "glossary.csv", "labels.toml"}
    assert {"report.toml", "sentences.toml"} < found
