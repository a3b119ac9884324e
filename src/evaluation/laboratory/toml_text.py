"""A choice as text for the study file: the sections [score] and [matching], ready to paste."""

from __future__ import annotations

import json
import textwrap
import tomllib
from typing import Any

from pydantic import BaseModel

from evaluation.errors import Problem, StudyError
from evaluation.laboratory.choices import Choice
from evaluation.study.file import StudyFile, check_study

WIDTH = 100
NOTES = {
    "time": "always in the score, never in the balance table",
    "exact": "a risk set is always a month and a class of elapsed time",
    "caliper_unit": "sd_strata, sd_pooled, sd_all, raw",
}


def toml_of(choice: Choice, spec: StudyFile) -> str:
    """TOML of ``[score]`` and ``[matching]``, which the study file's reader reads back as the same choice.

    Parameters
    ----------
    choice
        What was chosen.
    spec
        The study file it shall be pasted into.

    Raises
    ------
    StudyError
        What the study file's reader says of it, where it would not take it.
    """
    text = "\n".join(_section(name, getattr(choice, name)) for name in ("score", "matching"))
    found = Choice.of(check_study({**spec.model_dump(), **tomllib.loads(text)}, name="text for the study file"))
    if found != choice:
        raise StudyError(
            Problem(
                "text for the study file",
                f"is read back as another choice: {'; '.join(found.differences(choice))}",
                mend="write the options into the study file by hand",
            )
        )
    return text


def _section(name: str, section: BaseModel) -> str:
    lines = [f"[{name}]"]
    for key, value in section:
        if value is None:
            if type(section).model_fields[key].default is None:
                continue  # left out means the same, and TOML has no null
            value = "none"
        line = f"{key} = {_value(value)}"
        note = NOTES.get(key)
        lines.append(f"{line:<30} # {note}" if note and "\n" not in line else line)
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        parts = [_value(part) for part in value]
        short = f"[{', '.join(parts)}]"
        if len(short) <= WIDTH - 20:
            return short
        body = textwrap.fill(", ".join(parts) + ",", WIDTH, initial_indent="    ", subsequent_indent="    ")
        return f"[\n{body}\n]"
    if isinstance(value, bool):
        return "true" if value else "false"
    # a JSON string is a TOML string; floats keep their shortest exact form
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
