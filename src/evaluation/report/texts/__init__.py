"""The catalogue: every sentence and label of the report, in Swedish and English, as data."""

from __future__ import annotations

import csv
import re
import string
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from evaluation.errors import EvaluationError, Problem
from evaluation.report.numbers import Language

LABEL_FILE = "labels.toml"
GLOSSARY_FILE = "glossary.csv"
DIVISIONS_FILE = "divisions.txt"
SOFT_HYPHEN = "\u00ad"


class CatalogueError(EvaluationError):
    """A text that does not exist, or was given the wrong placeholders."""

    headline = "A text of the report cannot be made"


@dataclass(frozen=True)
class Term:
    """A word and its explanation, in one language."""

    term: str
    definition: str


@dataclass(frozen=True)
class Catalogue:
    """Texts of one language. `catalogue("share.positive.text", lo=…)` gives a sentence, `catalogue.label` a name.

    `used` and `missing` record what was asked for: tests walk them, and `render` warns of labels it had to make up.
    """

    lang: Language
    used: set[str] = field(default_factory=set, compare=False)
    missing: set[str] = field(default_factory=set, compare=False)

    def __call__(self, key: str, /, **values: object) -> str:
        entry = sentences().get(key)
        if entry is None:
            raise CatalogueError(Problem(f"text {key}", "not in the catalogue", "a key of texts/*.toml"))
        template = entry[self.lang]
        wanted = placeholders(template)
        if wanted != set(values):
            raise CatalogueError(Problem(f"text {key}", f"given {sorted(values)}", f"placeholders {sorted(wanted)}"))
        self.used.add(key)
        return template.format(**values)

    def has(self, key: str) -> bool:
        """Whether the catalogue holds a sentence with this key."""
        return key in sentences()

    def label(self, group: str, key: str) -> str:
        """The name of a thing: covariate, level, state, step, rule. An unknown key is spelled out and recorded."""
        entry = labels().get(group, {}).get(key)
        if entry is None:
            self.missing.add(f"{group}.{key}")
            return key.replace("_", " ")
        return entry[self.lang]

    def has_label(self, group: str, key: str) -> bool:
        """Whether a label exists for this key."""
        return key in labels().get(group, {})

    def place(self, group: str, key: str) -> tuple[int, str]:
        """Sort key that puts things in the order of the labels; unknown ones last, by name."""
        known = list(labels().get(group, {}))
        return (known.index(key), "") if key in known else (len(known), key)

    def terms(self) -> list[Term]:
        """All glossary terms in the language's own alphabetical order."""
        found = [Term(row[f"term_{self.lang}"], row[f"definition_{self.lang}"]) for row in glossary()]
        return sorted(found, key=lambda t: (_alphabet(t.term), t.definition))


def placeholders(template: str) -> set[str]:
    """Names in braces in a template."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


_LAST_LETTERS = str.maketrans("åäöé", "{|}e")


def _alphabet(text: str) -> str:
    """Sort key that puts å, ä and ö last, as Swedish does."""
    return text.casefold().translate(_LAST_LETTERS)


@lru_cache
def sentences() -> dict[str, dict[str, str]]:
    """All sentences: dotted key to {sv, en}."""
    found: dict[str, dict[str, str]] = {}
    for name in sentence_files():
        for key, entry in _leaves(tomllib.loads(read_text(name))):
            if key in found:
                raise CatalogueError(Problem(name, f"{key} twice", "each key once"))
            found[key] = entry
    return found


def sentence_files() -> list[str]:
    """Files of sentences, a part of the report each: every TOML file here but the labels, by name."""
    names = sorted(file.name for file in files(__package__).iterdir() if file.name.endswith(".toml"))
    return [name for name in names if name != LABEL_FILE]


@lru_cache
def labels() -> dict[str, dict[str, dict[str, str]]]:
    """All labels: group, key, {sv, en}."""
    return tomllib.loads(read_text(LABEL_FILE))


@lru_cache
def glossary() -> tuple[dict[str, str], ...]:
    """Rows of the glossary as written."""
    return tuple(csv.DictReader(read_text(GLOSSARY_FILE).splitlines()))


@lru_cache
def _divisions() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, _divided()), key=len, reverse=True)), re.IGNORECASE)


@lru_cache
def _divided() -> dict[str, list[int]]:
    """Long words, and where each may be divided."""
    found = {}
    for line in read_text(DIVISIONS_FILE).split():
        parts = line.split("|")
        found["".join(parts)] = [sum(map(len, parts[:i])) for i in range(1, len(parts))]
    return found


def divide(text: str) -> str:
    """Soft hyphens where a long word of a table may be divided."""

    def mark(match: re.Match[str]) -> str:
        word = match.group()
        for at in reversed(_divided()[word.casefold()]):
            word = word[:at] + SOFT_HYPHEN + word[at:]
        return word

    return _divisions().sub(mark, text)


def read_text(name: str) -> str:
    """A file of the catalogue as written."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _leaves(tree: dict[str, Any], prefix: str = "") -> list[tuple[str, dict[str, str]]]:
    """Sentences of a tree; a key may hold a sentence and further keys below it."""
    own = {lang: text for lang, text in tree.items() if isinstance(text, str)}
    found = [(prefix, own)] if own else []
    for key, below in tree.items():
        if isinstance(below, dict):
            found += _leaves(below, f"{prefix}.{key}" if prefix else key)
    return found
