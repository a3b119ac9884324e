"""The short indicator and the long outcome: a description with its case, never an effect, and nothing that is hidden."""

from __future__ import annotations

import itertools
import math

import pandas as pd
import pytest

from evaluation.report.cases import Case
from evaluation.report.content import build
from evaluation.report.figures import short_long as figure
from evaluation.report.model import Bullets, Paragraph, Picture, Section, Table, texts
from evaluation.report.numbers import LANGUAGES
from evaluation.report.pairs import foretells, together
from evaluation.report.release import read_release
from evaluation.report.sentences import Writer
from evaluation.report.texts import Catalogue
from tests.report.words import faults

MORE, FEWER, SAME, OPEN = Case("positive"), Case("negative"), Case("no_difference"), Case("uncertain", "open")
HIDDEN = (Case("suppressed"), Case("not_shown"), Case("not_observed"), Case("not_estimated"))


def section(folder, lang: str = "en") -> Section:
    return next(s for s in build(read_release(folder), lang).document.sections if s.key == "short_long")


def tables(part: Section) -> dict[str, Table]:
    return {block.key: block for block in part.blocks if isinstance(block, Table)}


def plain(text: str) -> str:
    """A text with every space an ordinary one."""
    return text.replace("\u00a0", " ")


def running(part: Section) -> str:
    return " ".join(b.text for b in part.blocks if isinstance(b, Paragraph))


@pytest.mark.parametrize(
    ("short", "long", "expected"),
    [
        (MORE, MORE, "same"), (FEWER, FEWER, "same"), (MORE, FEWER, "opposite"), (FEWER, MORE, "opposite"), (MORE, OPEN, "short_only"),
        (OPEN, FEWER, "long_only"), (OPEN, OPEN, ""), (SAME, SAME, ""), (MORE, SAME, ""), (SAME, MORE, ""),
    ],
)  # fmt: skip
def test_early_and_late_together(short: Case, long: Case, expected: str) -> None:
    assert together(short, long) == expected


def test_a_direction_is_claimed_only_of_what_is_told() -> None:
    for hidden, told in itertools.product(HIDDEN, (MORE, FEWER, SAME, OPEN)):
        assert together(hidden, told) == ""
        assert together(told, hidden) == ""
        assert foretells(hidden) == ""
    assert [foretells(c) for c in (MORE, FEWER, SAME, OPEN)] == ["informative", "reverse", "weak", "uncertain"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("pairs", ["", "weak", "reverse", "uncertain"])
def test_the_sentence_is_that_of_the_case(release_of, lang: str, pairs: str) -> None:
    folder = release_of("positive", pairs=pairs)
    w = Writer.of(read_release(folder), lang)
    rows = pd.read_csv(folder / "tables" / "short_long.csv")
    row = rows[(rows["month"] == 18) & (rows["group"] == "participants") & (rows["level"] == "difference")].iloc[0]
    case = pairs or "informative"
    said = w(f"short_long.foretells.{case}", range=w.range(row["ci_low"], row["ci_high"]))
    text = running(section(folder, lang))
    assert said in text
    assert not faults(text, lang)


def test_of_100_self_sufficient_so_many_were_established(release_of) -> None:
    text = running(section(release_of("positive")))
    assert (
        "Of every 100 participants who were self-sufficient 18 months after the agreed end of the employment, 41 were established in year 4."
        in text
    )
    assert "Of every 100 who were not, 22 were established." in text
    assert "41 in every 100 self-sufficient people were established, against 22" in text
    # 57 of 100 self-sufficient, of whom 59 of 100 not established; 43 of 100 not, of whom 22 of 100 established
    assert "34 in every 100 were self-sufficient after 18 months without being established" in text
    assert "9 in every 100 were established in year 4 without" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_says_that_it_describes_before_any_number_of_the_cross_table(release_of, lang: str) -> None:
    part = section(release_of("positive"), lang)
    caution = next(i for i, b in enumerate(part.blocks) if isinstance(b, Paragraph) and b.kind == "caution")
    cross = next(i for i, b in enumerate(part.blocks) if isinstance(b, Table) and b.key == "short_long_cross")
    picture = next(i for i, b in enumerate(part.blocks) if isinstance(b, Picture))
    assert caution < picture < cross
    assert part.blocks[caution].text == Catalogue(lang)("short_long.description")
    assert {"sv": "Det är en beskrivning", "en": "not an effect"}[lang] in part.blocks[cross].caption


def test_effects_stand_side_by_side(release_of) -> None:
    part = section(release_of("positive"))
    rows = [plain(row[0].text) for row in tables(part)["short_long"].rows]
    assert rows[:3] == ["Self-sufficient, month 6", "Self-sufficient, month 12", "Self-sufficient, month 18"]
    assert rows[-1] == "Established, year 4"
    lines = next(b.items for b in part.blocks if isinstance(b, Bullets))
    assert len(lines) == 2
    assert "18 months" in lines[0]
    assert "fourth year" in lines[1]


@pytest.mark.parametrize(("case", "pairs", "key"), [("positive", "", "same"), ("positive", "opposite", "opposite"),
                                                    ("uncertain", "", "short_only"), ("negative", "", "long_only")])  # fmt: skip
def test_whether_both_point_the_same_way(release_of, case: str, pairs: str, key: str) -> None:
    part = section(release_of(case, pairs=pairs))
    assert Catalogue("en")(f"short_long.together.{key}") in running(part)


def test_the_cross_table_prints_what_was_released(release_of) -> None:
    table = tables(section(release_of("positive")))["short_long_cross"]
    assert [plain(row[0].text) for row in table.rows][:3] == [f"Participants, month {m}" for m in (6, 12, 18)]
    cells = [cell.text for cell in table.rows[2][1:]]
    assert cells == ["1,649", "41.0 (37.0 to 45.0)", "1,244", "22.0 (18.0 to 26.0)", "+19.0", "15.0 to 23.0"]
    assert table.csv.splitlines()[0].startswith("clock,indicator,")


def test_what_is_drawn_adds_up_to_100(release_of) -> None:
    data = figure.collect(Writer.of(read_release(release_of("positive")), "sv"), 18)
    assert data is not None
    for flow in data.flows.values():
        assert sum(flow.of_100.values()) == pytest.approx(100)
    assert figure.collect(Writer.of(read_release(release_of("positive", pairs="one_protected")), "sv"), 18) is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_protected_group_is_a_sign_and_no_figure(release_of, lang: str) -> None:
    part = section(release_of("positive", pairs="one_protected"), lang)
    table = tables(part)["short_long_cross"]
    assert {cell.text for row in table.rows[:3] for cell in row[1:]} == {"U"}
    assert not [b for b in part.blocks if isinstance(b, Picture)]
    assert Catalogue(lang)("short_long.together.same") in running(part)
    assert "34" not in running(part)


def test_shares_without_numbers_of_people_are_shown_with_a_sign_for_them(release_of) -> None:
    part = section(release_of("positive", pairs="no_counts"))
    row = tables(part)["short_long_cross"].rows[0]
    assert [row[1].text, row[3].text] == ["U", "U"]
    assert row[2].text.startswith("41.0")
    assert "nan" not in " ".join(texts(part.blocks)).casefold().split()


@pytest.mark.parametrize(
    ("case", "pairs", "key"), [("not_observed", "", "not_followed"), ("positive", "protected", "protected")]
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_why_nothing_is_shown_is_said(release_of, lang: str, case: str, pairs: str, key: str) -> None:
    part = section(release_of(case, pairs=pairs), lang)
    assert Catalogue(lang)(f"short_long.{key}", year=4) in running(part)
    assert set(tables(part)) == {"short_long"}
    assert not [b for b in part.blocks if isinstance(b, Picture)]


def test_a_release_from_before_the_table_can_be_read(release_of) -> None:
    folder = release_of("positive", pairs="none")
    assert not (folder / "tables" / "short_long.csv").exists()
    release = read_release(folder)
    assert not release.holds("short_long")
    part = section(folder)
    assert set(tables(part)) == {"short_long"}
    assert "description" not in running(part)


def test_a_failed_design_tells_nothing(release_of) -> None:
    part = section(release_of("gate_failed"))
    assert len(part.blocks) == 1
    for text in texts(part.blocks):
        assert not any(c.isdigit() for c in text)


def test_alternative_text_tells_the_same_numbers(release_of) -> None:
    for lang in LANGUAGES:
        w = Writer.of(read_release(release_of("positive")), lang)
        data = figure.collect(w, 18)
        assert data is not None
        alt = figure.alt(data, w, table="D9")
        assert len(alt) <= 300
        assert all(x in alt for x in ("57", "41", "22", "54", "D9"))
        assert not math.isnan(sum(data.flows["comparison"].established.values()))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_method_known_to_err_is_named_at_the_foot_of_every_table(release_of, lang: str) -> None:
    part = section(release_of("positive", estimand="never_in_follow_up"), lang)
    note = {"sv": "Metod med kända fel", "en": "Method known to err"}[lang]
    for table in (*tables(part).values(), *(b.table for b in part.blocks if isinstance(b, Picture))):
        assert any(note in line for line in table.notes), table.key


def test_a_comparison_person_may_stand_twice_and_that_is_said(release_of) -> None:
    said = Catalogue("en")("short_long.cross.both")
    one, several = (
        tables(section(release_of("positive", design={"ratio": r})))["short_long_cross"].notes for r in (1, 5)
    )
    assert said not in one
    assert said in several


def test_employments_are_counted_as_such(release_of) -> None:
    part = section(release_of("positive", cohort={"unit": "employments"}))
    assert "participants by employment" in tables(part)["short_long_cross"].caption
    assert "participants counted by employment who were self-sufficient" in running(part)
