"""The decisions in force, one paragraph a section: what the study file says, and the defaults where it says nothing."""

from __future__ import annotations

import textwrap
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from evaluation.study.file import StudyFile
from evaluation.study.shared import SHARED

SECTIONS = (
    "cohort",
    "score",
    "matching",
    "outcomes",
    "primary",
    "margins",
    "effects",
    "gates",
    "robustness",
    "disclosure",
)
WIDTH = 118


def decisions(spec: StudyFile) -> str:
    """Every decision of a study file; ``(default)`` stands behind what the file leaves out."""
    followers = {place for _, place in SHARED}
    paragraphs = []
    for section in SECTIONS:
        model = getattr(spec, section)
        if model is None:
            continue
        parts = [
            f"{key} = {_plain(value)}" + ("" if key in model.model_fields_set else " (default)")
            for key, value in model
            if (section, key) not in followers
        ]
        if section == "matching":
            parts.insert(3, f"strata = {_plain(spec.matching.strata)}")
        head = f"  {section:<11}"
        text = textwrap.fill("; ".join(parts), WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
        paragraphs.append(text)
    return "\n".join(["Decisions in force", *paragraphs])


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        named = [f"{name} {_plain(values)}" for name, values in value if values]
        return " × ".join(named) or "(none named)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        whole = all(isinstance(v, int) for v in value) and len(value) > 3
        if whole and all(b - a == 1 for a, b in pairwise(value)):
            return f"{value[0]} to {value[-1]}"
        return ", ".join(map(str, value)) if value else "(none named)"
    return str(value) if value != "" else "(empty)"
