"""Start another study: write its folder, read it back, say what to do next."""

from __future__ import annotations

import datetime
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import get_args

from evaluation.cohort.months import parse_month
from evaluation.errors import Problem, StudyError
from evaluation.outcomes.definitions import Definitions, load_definitions
from evaluation.study.file import StudyFile, read_study_file
from evaluation.template.source import FIRST_STUDY, folder_of, text_of
from evaluation.template.study_text import study_text
from evaluation.template.words import QUESTIONS, TITLES, Language

PROTOCOLS = {"en": "protocol.md", "sv": "protokoll.md"}
YEARLY = ("consumer_price_index", "established_from", "uka_limit", "price_base_amount")


class NewStudyError(StudyError):
    """A study that cannot be started as asked."""

    headline = "The new study cannot be started"


@dataclass(frozen=True)
class NewStudy:
    """A folder that was written.

    Attributes
    ----------
    folder
        Where it lies.
    files
        What it holds, by path from the folder, sorted.
    notes
        What must be seen to before it can be run on registers of its years.
    """

    folder: Path
    files: tuple[str, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        top = [name for name in self.files if "/" not in name] + ["definitions/", "notebooks/"]
        lines = [f"A new study lies in {self.folder}: {', '.join(top)}", *(f"  Note: {note}" for note in self.notes)]
        return "\n".join([*lines, "Read its README.md first: what to change, and the three commands that run it."])


def start_study(
    folder: str | Path,
    *,
    title: str | None = None,
    first: str = "2010-01",
    last: str = "2012-12",
    language: str = "en",
    date: str | None = None,
) -> NewStudy:
    """Write a folder for another study: another programme, other years, own registers.

    Parameters
    ----------
    folder
        A new folder, or an empty one.
    title
        The study's question as a title, in ``language``; the other language has a title of its own to be changed. None: both.
    first, last
        Window in which employments start, ``"YYYY-MM"``.
    language
        ``"en"`` or ``"sv"``: the language of ``title`` and of the README. The report is always written in both.
    date
        Date printed in the report, ``"YYYY-MM-DD"``; by default today's.

    Raises
    ------
    NewStudyError
        With everything that is wrong: a folder that is not empty, months that are none or in the wrong order, an unknown language.
    """
    folder = Path(folder)
    _refuse(folder, title, first, last, language, date)
    files = _texts(title, first, last, language, date or datetime.date.today().isoformat())
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        copied = [
            *_copy(folder_of("study") / "definitions", folder / "definitions", ("*.csv", "*.md")),
            *_copy(folder_of("notebooks"), folder / "notebooks", ("*.py",)),
        ]
    except OSError as error:
        raise NewStudyError(
            Problem(str(folder), f"cannot be written: {error.strerror}", mend="name a folder of your own")
        ) from None
    spec, definitions = read_study_file(folder / "study.toml"), load_definitions(folder / "definitions")
    return NewStudy(folder, tuple(sorted([*files, *copied])), _notes(spec, definitions))


def _refuse(folder: Path, title: str | None, first: str, last: str, language: str, date: str | None) -> None:
    problems = []
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        given = "is not empty" if folder.is_dir() else "is a file"
        problems.append(Problem(str(folder), given, "a new or an empty folder", "name another folder"))
    months: dict[str, int] = {}
    for option, text in (("--first", first), ("--last", last)):
        try:
            months[option] = parse_month(text)
        except ValueError as error:
            problems.append(Problem(option, str(error), mend="give the month as YYYY-MM"))
    if len(months) == 2 and months["--first"] > months["--last"]:
        problems.append(Problem("--first, --last", f"{first} is after {last}", mend="give them the other way round"))
    if language not in get_args(Language):
        problems.append(Problem("--language", repr(language), ", ".join(get_args(Language)), "name one of them"))
    if title is not None and (not title.strip() or not title.isprintable()):
        problems.append(Problem("--title", "is empty, or holds more than one line", "one line of text"))
    if date is not None and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        problems.append(Problem("date", repr(date), "YYYY-MM-DD"))
    if problems:
        raise NewStudyError(problems)


def _texts(title: str | None, first: str, last: str, language: str, date: str) -> dict[str, str]:
    """The files that are written anew, by name."""
    years = (first[:4], last[:4])
    period = years[0] if years[0] == years[1] else "–".join(years)
    titles = {key: words.format(period=period) for key, words in TITLES.items()}
    questions = {key: words.format(period=period) for key, words in QUESTIONS.items()}
    if title is not None:
        titles[language] = title.strip()
    quoted = {
        f"{name}_{key}": json.dumps(words, ensure_ascii=False)
        for name, by_language in (("title", titles), ("question", questions))
        for key, words in by_language.items()
    }
    head = Template(text_of("study_head.toml")).substitute(quoted, first=first, last=last, date=date)
    study = folder_of("study")
    out = {"study.toml": study_text(head, (study / FIRST_STUDY).read_text(encoding="utf-8"))}
    for key, name in PROTOCOLS.items():
        first_protocol = (study / name).read_text(encoding="utf-8")
        # the words before the table are the new study's; the table and what follows start from the first study's
        table = first_protocol[first_protocol.index("\n| ") + 1 :]
        before = Template(text_of(f"protocol_head.{key}.md"))
        out[name] = before.substitute(title=titles[key], question=questions[key], first=first, last=last) + table
    out["README.md"] = Template(text_of(f"README.{language}.md")).substitute(title=titles[language])
    return out


def _copy(source: Path, target: Path, patterns: tuple[str, ...]) -> list[str]:
    target.mkdir(parents=True, exist_ok=True)
    names = sorted(path.name for pattern in patterns for path in source.glob(pattern))
    for name in names:
        shutil.copyfile(source / name, target / name)
    return [f"{target.name}/{name}" for name in names]


def _notes(spec: StudyFile, definitions: Definitions) -> tuple[str, ...]:
    """Years that the study reads, and the definitions do not hold."""
    held = [set(definitions.series(name)) for name in YEARLY]
    last = spec.cohort.last // 12 + 1 + max(spec.outcomes.years)  # a start in the last month, planned for up to a year
    missing = [year for year in range(spec.cohort.years[0] - 3, last + 1) if not all(year in years for years in held)]
    if not missing:
        return ()
    return (
        f"definitions/ has no values yet for {', '.join(map(str, missing))}. Followed to {last}, as the study file asks, the study "
        "needs them for the years that the registers hold: add the rows, each with its source. Years beyond the registers need none.",
    )
