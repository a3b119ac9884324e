"""Does it last? What the section counts, what it says of returns to Jobbtorg, and when it says nothing."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from evaluation.report.content import build
from evaluation.report.figures import lasting as figure
from evaluation.report.model import Document, Paragraph, Picture, Section, Table, texts
from evaluation.report.numbers import LANGUAGES
from evaluation.report.release import read_release
from evaluation.report.sentences import Writer
from tests.report.words import faults


def document(folder, lang: str = "en") -> Document:
    return build(read_release(folder), lang).document


def section(folder, key: str, lang: str = "en") -> Section:
    return next(s for s in document(folder, lang).sections if s.key == key)


def tables(part: Section) -> dict[str, Table]:
    return {block.key: block for block in part.blocks if isinstance(block, Table)}


def plain(text: str) -> str:
    """A text with every space an ordinary one."""
    return text.replace("\u00a0", " ")


def test_every_year_of_every_definition_stands_in_the_table_the_primary_one_first(release_of) -> None:
    folder = release_of("positive")
    table = tables(section(folder, "lasting"))["lasting"]
    names = [plain(row[0].text) for row in table.rows]
    assert names[:4] == [
        f"Statistics Sweden's established position, {span}"
        for span in ("year 1", "years 1 to 2", "years 1 to 3", "years 1 to 4")
    ]
    assert names[4].startswith("Employed in November")
    effects = pd.read_csv(folder / "tables" / "effects.csv")
    row = effects[(effects["outcome"] == "sustained_established") & (effects["definition"] == "E2_scb") & (effects["horizon"] == 4)
                  & (effects["clock"] == "exit_planned")].iloc[0]  # fmt: skip
    assert table.rows[3][1].text == f"{100 * row['treated_mean']:.1f}"
    assert table.rows[3][2].text == f"{100 * (row['treated_mean'] - row['estimate']):.1f}"


def test_the_figure_shows_the_band_of_the_difference_around_the_participants(release_of) -> None:
    data = figure.collect(Writer.of(read_release(release_of("positive")), "sv"))
    assert data is not None
    assert data.years == (1, 2, 3, 4)
    for treated, control, low, high in zip(data.treated, data.control, data.low, data.high, strict=True):
        assert low < treated < high
        assert low - control == pytest.approx(100 * (0.6 * 0.0527 - 1.96 * 0.0109))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_returns_are_explained_wherever_they_are_shown(release_of, lang: str) -> None:
    part = section(release_of("positive"), "lasting", lang)
    at = next(i for i, block in enumerate(part.blocks) if isinstance(block, Table) and block.key == "returned")
    before = part.blocks[at - 1]
    assert isinstance(before, Paragraph)
    assert before.kind == "caution"
    assert re.search({"sv": r"redan inskriven", "en": r"already enrolled"}[lang], before.text)
    assert len(part.blocks[at].rows) == 6
    for text in texts([b for b in part.blocks if isinstance(b, Paragraph)]):
        assert not faults(text, lang)


def test_without_returns_nothing_is_said_of_them(release_of, tmp_path) -> None:
    part = section(_without(release_of("positive"), tmp_path, "returned_to_jobbtorg"), "lasting")
    assert set(tables(part)) == {"lasting"}
    assert "already enrolled" not in " ".join(texts(part.blocks))


def test_without_lasting_establishment_returns_stand_alone(release_of, tmp_path) -> None:
    part = section(_without(release_of("positive"), tmp_path, "sustained_established"), "lasting")
    assert set(tables(part)) == {"returned"}
    assert not [block for block in part.blocks if isinstance(block, Picture)]


def _without(folder, tmp_path, outcome: str):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    effects = pd.read_csv(copy / "tables" / "effects.csv", dtype=str, keep_default_na=False)
    effects[effects["outcome"] != outcome].to_csv(copy / "tables" / "effects.csv", index=False)
    return copy


def test_a_year_that_is_not_followed_is_a_gap(release_of) -> None:
    folder = release_of("not_observed")
    data = figure.collect(Writer.of(read_release(folder), "sv"))
    assert data is not None
    assert data.shown == [0, 1, 2]
    table = tables(section(folder, "lasting", "sv"))["lasting"]
    assert [cell.text for cell in table.rows[3][1:]] == [".."] * 4


def test_a_failed_design_says_nothing_of_what_lasted(release_of) -> None:
    part = section(release_of("gate_failed"), "lasting")
    assert len(part.blocks) == 1
    assert "not reported" in " ".join(texts(part.blocks))


def test_nothing_of_it_is_said_again_among_the_other_results(release_of) -> None:
    other = tables(section(release_of("positive"), "other"))["other"]
    assert [plain(row[0].text) for row in other.rows] == [
        "Registered as unemployed",
        "Studying",
        "On long-term sick leave or disability benefit",
    ]
