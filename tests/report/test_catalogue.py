"""Texts are checked before a run begins, and every data file of these rooms can be read."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import evaluation
from evaluation.report import check_texts
from evaluation.report.texts import CatalogueError, checks, read_text

ROOT = Path(evaluation.__file__).parent
DATA = sorted(path for room in ("disclosure", "report") for path in (ROOT / room).rglob("*.toml"))


@pytest.mark.parametrize("path", DATA, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_packaged_toml_can_be_read(path: Path) -> None:
    assert tomllib.loads(path.read_text(encoding="utf-8"))


def test_the_packaged_texts_are_right() -> None:
    check_texts()


def broken(name: str, change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda asked: change(read_text(asked)) if asked == name else read_text(asked)


def missing(asked: str) -> str:
    if asked == "labels.toml":
        raise FileNotFoundError(asked)
    return read_text(asked)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("sentences.toml", lambda s: s.replace("[range.across]", "[range.across"), "sentences.toml: cannot be read"),
        ("report.toml", lambda s: s + '\n[only]\nsv = "bara svenska"\n', "report.toml only: has sv"),
        ("report.toml", lambda s: s + '\n[empty]\nsv = ""\nen = "x"\n', "report.toml empty: has en, sv"),
        (
            "report.toml",
            lambda s: s + '\n[uneven]\nsv = "{a}"\nen = "{b}"\n',
            r"uneven: asks for different things \(en: b; sv: a\)",
        ),
        ("figures.toml", lambda s: s + '\n[half]\nsv = "{a"\nen = "{a}"\n', "half: is no template"),
        (
            "report.toml",
            lambda s: s + '\n[range.across]\nsv = "x"\nen = "x"\n',
            "range.across: stands in report.toml too",
        ),
        ("labels.toml", lambda s: s + '\n[new]\nkey = { sv = "ny" }\n', "labels.toml new.key: has sv"),
        ("glossary.csv", lambda s: s + "ord,word,förklaring,\n", "glossary.csv line"),
        ("divisions.txt", lambda s: s + "odelbart\n", "1 words without a place to divide"),
    ],
)
def test_what_is_broken_is_named(
    name: str, change: Callable[[str], str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "read_text", broken(name, change))
    with pytest.raises(CatalogueError, match=said):
        check_texts()


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [p.where for p in checks.text_problems(missing)] == ["labels.toml"]
    twice = broken("report.toml", lambda s: s + '\n[a]\nsv = "x"\n[b]\nen = "x"\n')
    assert len(checks.text_problems(twice)) == 2
