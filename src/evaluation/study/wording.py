"""What is wrong with a study file, in words: what was given, what is allowed, how to mend it."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from evaluation.errors import Problem


def unreadable(path: Path, error: OSError) -> Problem:
    """What is wrong with a path that gives no file, with the study files that lie in it or beside it."""
    folder = path if path.is_dir() else path.parent
    near = sorted(p.name for p in folder.glob("*.toml")) if folder.is_dir() else []
    given = "is a folder, not a study file" if path.is_dir() else "there is no such file"
    if path.is_file():
        given = f"cannot be read: {error.strerror or error}"
    example = (folder / near[0]).as_posix() if near else "study/visstid_2009_2011.toml"
    return Problem(
        str(path),
        given,
        f"study files there: {', '.join(near) or 'none'}",
        f"give the path of a study file, for instance {example}",
    )


def problem_of(detail: Mapping[str, Any], name: str, model: type[BaseModel]) -> Problem:
    """A problem of a study file in words, from what pydantic found; a key that is not known comes with the nearest of ``model``."""
    location = [str(part) for part in detail["loc"]]
    section = location[0] if location else ""
    key = ".".join(location[1:])
    where = f"{name} [{section}] {key}".strip() if section else name
    kind = detail["type"]
    if kind == "missing":
        return Problem(where, "is missing", mend="add it to the study file")
    if kind == "extra_forbidden":
        known = _known_keys(location[:-1], model)
        near = difflib.get_close_matches(location[-1], known, n=1)
        return Problem(
            where,
            "is not a known key",
            ", ".join(known),
            f"did you mean {near[0]!r}?" if near else "remove it, or look it up in the study template",
        )
    given = detail.get("input")
    message = str(detail["msg"]).removeprefix("Value error, ")
    if isinstance(given, (dict, BaseModel)):
        return Problem(where, message)
    allowed = str(detail.get("ctx", {}).get("expected", "")) or message
    return Problem(where, f"{given!r}", allowed, "change the value in the study file")


def _known_keys(path: list[str], model: type[BaseModel]) -> list[str]:
    for part in path:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        options = (
            typing.get_args(annotation)
            if typing.get_origin(annotation) in (typing.Union, types.UnionType)
            else (annotation,)
        )
        models = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
        if not models:
            return []
        model = models[0]
    return sorted(model.model_fields)


def unknown_value(where: str, given: object, known: Iterable[str]) -> Problem:
    """The problem of a value that is not among those known, with the nearest of them."""
    names = [str(name) for name in known]
    near = difflib.get_close_matches(str(given), names, n=1)
    return Problem(where, repr(given), ", ".join(names), f"did you mean {near[0]!r}?" if near else "name one of them")
