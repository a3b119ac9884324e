"""Checks of the catalogue: cheap enough to be done before a run begins, so that a broken text stops it at once."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from evaluation.errors import Problem
from evaluation.report.context import WORDS
from evaluation.report.numbers import LANGUAGES
from evaluation.report.texts import (
    DIVISIONS_FILE,
    GLOSSARY_FILE,
    LABEL_FILE,
    CatalogueError,
    placeholders,
    read_text,
    sentence_files,
)

_GLOSSARY = tuple(f"{column}_{lang}" for column in ("term", "definition") for lang in LANGUAGES)
_MEND = "mend the file, or install the package again"


def check_texts() -> None:
    """Load and check every text of the report: a few milliseconds.

    Raises
    ------
    CatalogueError
        Naming every file that cannot be read, every text that lacks a language, and every text whose languages ask for different things.
    """
    if problems := text_problems(read_text):
        raise CatalogueError(problems)


def text_problems(read: Callable[[str], str]) -> list[Problem]:
    """What is wrong with the catalogue whose files ``read`` gives, by name."""
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for name in (*sentence_files(), LABEL_FILE):
        try:
            tree = tomllib.loads(read(name))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            problems.append(Problem(name, f"cannot be read: {error}", "TOML in UTF-8", _MEND))
            continue
        for key, entry in _entries(tree):
            problems += _of_entry(f"{name} {key}", entry)
            if name != LABEL_FILE and key in seen:
                problems.append(Problem(f"{name} {key}", f"stands in {seen[key]} too", "each key once", _MEND))
            seen.setdefault(key, name)
    return problems + _of_glossary(read) + _of_divisions(read)


def _entries(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    own = {key: value for key, value in tree.items() if not isinstance(value, dict)}
    if own:
        yield prefix, own
    for key, below in tree.items():
        if isinstance(below, dict):
            yield from _entries(below, f"{prefix}.{key}" if prefix else key)


def _of_entry(where: str, entry: Mapping[str, Any]) -> list[Problem]:
    if set(entry) != set(LANGUAGES) or not all(isinstance(text, str) and text for text in entry.values()):
        return [Problem(where, f"has {', '.join(sorted(entry))}", f"a text in each of {', '.join(LANGUAGES)}", _MEND)]
    try:
        # words that the study decides may be asked for in one language alone: grammar differs
        asked = {lang: placeholders(text) - set(WORDS) for lang, text in entry.items()}
    except ValueError as error:
        return [Problem(where, f"is no template: {error}", "names in braces", _MEND)]
    if len({frozenset(names) for names in asked.values()}) > 1:
        given = "; ".join(f"{lang}: {', '.join(sorted(names)) or 'none'}" for lang, names in sorted(asked.items()))
        return [Problem(where, f"asks for different things ({given})", "the same names in braces", _MEND)]
    return []


def _of_glossary(read: Callable[[str], str]) -> list[Problem]:
    try:
        rows = list(csv.DictReader(read(GLOSSARY_FILE).splitlines(), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return [Problem(GLOSSARY_FILE, f"cannot be read: {error}", "CSV in UTF-8", _MEND)]
    return [
        Problem(f"{GLOSSARY_FILE} line {line}", "a cell is empty, missing or too many", ", ".join(_GLOSSARY), _MEND)
        for line, row in enumerate(rows, 2)
        if set(row) != set(_GLOSSARY) or not all(row.values())
    ] or ([] if rows else [Problem(GLOSSARY_FILE, "has no rows", ", ".join(_GLOSSARY), _MEND)])


def _of_divisions(read: Callable[[str], str]) -> list[Problem]:
    try:
        words = read(DIVISIONS_FILE).split()
    except (OSError, UnicodeDecodeError) as error:
        return [Problem(DIVISIONS_FILE, f"cannot be read: {error}", "text in UTF-8", _MEND)]
    bad = [word for word in words if not all(word.split("|")) or "|" not in word]
    return [Problem(DIVISIONS_FILE, f"{len(bad)} words without a place to divide", "two|parts", _MEND)] if bad else []
