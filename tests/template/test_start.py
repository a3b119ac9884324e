"""A new study: written from the first one, refused where it would overwrite, read as it was meant."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from evaluation.outcomes import load_definitions
from evaluation.study.file import StudyFile, read_study_file
from evaluation.study.shared import SHARED
from evaluation.study.tables import read_protocol
from evaluation.template import NewStudyError, start_study
from evaluation.template.options import model_of
from evaluation.template.study_text import MARK, MARKS

ROOT = Path(__file__).parents[2]
FIRST = ROOT / "study" / "visstid_2009_2011.toml"
DATE = "2026-01-31"


def test_it_holds_what_a_study_needs_and_says_what_to_do(tmp_path: Path) -> None:
    new = start_study(tmp_path / "mine", date=DATE)
    held = {path.relative_to(new.folder).as_posix() for path in new.folder.rglob("*") if path.is_file()}
    assert held == set(new.files)
    assert {"study.toml", "protocol.md", "protokoll.md", "README.md", "notebooks/3_matching.py"} <= held
    load_definitions(new.folder / "definitions")
    readme = (new.folder / "README.md").read_text()
    assert len(re.findall(r"(?m)^evaluation (validate|run) ", readme)) == 3
    assert "README.md" in str(new)


def test_what_it_repeats_of_the_first_study_agrees_with_it(tmp_path: Path) -> None:
    """The template is the first study: every decision but the words, the window and the date is the same."""
    first = read_study_file(FIRST)
    new = start_study(tmp_path / "mine", first=first.cohort.first_month, last=first.cohort.last_month, date=DATE)
    spec = read_study_file(new.folder / "study.toml")
    assert spec.model_copy(update={"study": first.study}) == first
    for kind in ("study/definitions", "notebooks"):
        for path in (ROOT / kind).iterdir():
            if path.suffix in (".csv", ".md", ".py"):
                assert (
                    new.folder / path.relative_to(ROOT / kind).parent / kind.split("/")[-1] / path.name
                ).read_bytes() == (path.read_bytes()), path.name
    theirs, ours = read_protocol(ROOT / "study"), read_protocol(new.folder)
    assert len(ours) > 10
    assert ours.equals(theirs)


def test_title_window_and_language_are_the_new_studys(tmp_path: Path) -> None:
    title = 'Hjälpte "Vägen in" \\ Norra?'
    new = start_study(tmp_path / "mine", title=title, language="sv", first="2012-03", last="2012-11", date=DATE)
    spec = read_study_file(new.folder / "study.toml")
    assert spec.study.title_sv == title
    assert spec.study.title_en == "What happened after the programme of 2012?"
    assert (spec.cohort.first_month, spec.cohort.last_month, spec.study.date) == ("2012-03", "2012-11", DATE)
    assert "Tre kommandon" in (new.folder / "README.md").read_text()
    assert title in (new.folder / "protokoll.md").read_text()
    # nothing of the first study's question is left in the words that are new
    words = " ".join(spec.study.model_dump().values())
    assert "2009" not in words


def test_what_to_change_first_is_marked_once_each(tmp_path: Path) -> None:
    text = (start_study(tmp_path / "mine").folder / "study.toml").read_text()
    marks = [line for line in text.splitlines() if line.startswith(MARK)]
    assert len(marks) == len(MARKS) + 2  # and the words of the question, and the window
    for _, key, why in MARKS:
        assert re.search(rf"(?m)^{MARK}: {re.escape(why)}\n{key} = ", text), key


def test_every_option_is_written_or_told(tmp_path: Path) -> None:
    text = (start_study(tmp_path / "mine").folder / "study.toml").read_text()
    followers = {place for _, place in SHARED}
    for section, field in StudyFile.model_fields.items():
        part = text.split(f"\n[{section}]")[1].split("\n[")[0]
        if section == "cohort":
            part += text.split("\n[window]")[1].split("\n[")[0]
        for key in model_of(field.annotation).model_fields:
            if (section, key) not in followers:
                assert re.search(rf"(?m)^(# )?{key}(:| =) ", part), f"[{section}] {key}"


def test_what_is_left_out_may_be_written_in(tmp_path: Path) -> None:
    """The commented options are right TOML, and the defaults: taken in, the study stays the same."""
    folder = start_study(tmp_path / "mine").folder
    before = read_study_file(folder / "study.toml")
    text = (folder / "study.toml").read_text()
    taken_in, n = re.subn(r"(?m)^# ([a-z_]+ = )", r"\1", text)
    assert n > 5
    assert tomllib.loads(taken_in) != tomllib.loads(text)
    (folder / "study.toml").write_text(taken_in)
    after = read_study_file(folder / "study.toml")
    # where a default depends on what else is written, the reader has filled it in the first time
    assert after.model_dump(exclude={"outcomes"}) == before.model_dump(exclude={"outcomes"})


def test_definitions_that_end_too_early_are_named(tmp_path: Path) -> None:
    early = start_study(tmp_path / "early", first="2009-01", last="2010-12")
    assert early.notes == ()
    late = start_study(tmp_path / "late", first="2014-01", last="2015-12")
    assert "2017, 2018, 2019, 2020" in late.notes[0]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    with pytest.raises(NewStudyError, match="is not empty") as caught:
        start_study(tmp_path)
    assert "name another folder" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.md"]
    with pytest.raises(NewStudyError, match="is a file"):
        start_study(tmp_path / "notes.md")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(NewStudyError) as caught:
        start_study(tmp_path / "mine", title="two\nlines", first="2012-13", last="tomorrow", language="fi")
    assert len(caught.value.problems) == 4
    with pytest.raises(NewStudyError, match="is after"):
        start_study(tmp_path / "mine", first="2012-05", last="2012-04")
    assert not (tmp_path / "mine").exists()


def test_an_empty_folder_will_do_and_the_same_call_writes_the_same(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    one, two = (start_study(tmp_path / name, date=DATE) for name in ("one", "two"))
    assert one.files == two.files
    assert all((one.folder / name).read_bytes() == (two.folder / name).read_bytes() for name in one.files)
