"""The options that a study file leaves out, written as comments: read from the sections' own models, so that none is ever forgotten."""

from __future__ import annotations

import json
import textwrap
import types
import typing
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from evaluation.study.file import StudyFile
from evaluation.study.shared import SHARED

WIDTH = 118
LONG = 12  # a list with more entries than this is told by its ends


def options_left_out(section: str, written: Iterable[str]) -> list[str]:
    """Comment lines for the keys of a section that are not written, with their defaults and what else may stand there.

    Parameters
    ----------
    section
        Name of the section, for instance ``cohort``.
    written
        Keys that the section has already.
    """
    model = model_of(StudyFile.model_fields[section].annotation)
    followers = {key for _, (other, key) in SHARED if other == section}
    skipped = {*written, *followers}
    fields = {name: field for name, field in model.model_fields.items() if name not in skipped}
    if not fields:
        return []
    lines = ["# Left out, with the defaults:"]
    for name, field in fields.items():
        line = (
            f"# {name} = {_written(field.default)}"
            if _can_be_written(field.default)
            else f"# {name}: {_told(field.default)}"
        )
        said = field.description or _choices(field)
        if said and len(line) + len(said) < WIDTH - 4:
            line = f"{line:<40} # {said}"
        elif said:
            lines += textwrap.wrap(said, WIDTH, initial_indent="#   ", subsequent_indent="#   ")
        lines.append(line)
    return lines


def model_of(annotation: Any) -> type[BaseModel]:
    """The model of a section, also of one that may be left out altogether."""
    parts = typing.get_args(annotation) or (annotation,)
    return typing.cast(type[BaseModel], next(part for part in parts if part is not type(None)))


def _can_be_written(value: Any) -> bool:
    """Whether a default is short, and something that TOML can say."""
    return value is not None and not (isinstance(value, tuple) and len(value) > LONG)


def _told(value: Any) -> str:
    return "none" if value is None else f"{value[0]}, {value[1]} and so on to {value[-1]}"


def _written(value: Any) -> str:
    """A default as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _choices(field: FieldInfo) -> str:
    names = [json.dumps(name) if isinstance(name, str) else str(name) for name in _literals(field.annotation)]
    if not names:
        return ""
    many = typing.get_origin(field.annotation) is tuple
    return f"{'any of' if many else 'one of'}: {', '.join(names)}"


def _literals(annotation: Any) -> list[Any]:
    """Names that an annotation allows, however deep they stand in it."""
    if typing.get_origin(annotation) is typing.Literal:
        return list(typing.get_args(annotation))
    if typing.get_origin(annotation) in (tuple, typing.Union, types.UnionType):
        found = [name for part in typing.get_args(annotation) for name in _literals(part)]
        return list(dict.fromkeys(found))
    return []
