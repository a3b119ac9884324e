"""The new study file: its own [study] and [window], then the first study's decisions as they stand, and the options it leaves out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

from evaluation.template.options import options_left_out

OWN = ("study", "window")
#: Decisions that another programme, or other years, most likely change: section, key, and why.
MARKS: tuple[tuple[str, str, str], ...] = (
    ("cohort", "workplaces", "which employments are evaluated: kinds of definitions/employment_kinds.csv"),
    ("outcomes", "price_year", "the last year of the registers; definitions/prices.csv must hold it"),
    ("primary", "outcome", "the one result that is named before any outcome is read"),
    ("margins", "share", "what counts as a difference of practical importance, decided with whoever asked"),
)
MARK = "# CHANGE FIRST"


def study_text(head: str, first_study: str) -> str:
    """A study file: ``head``, then the sections of the first study that are not written anew.

    Parameters
    ----------
    head
        Comments, ``[study]`` and ``[window]`` of the new study.
    first_study
        Text of the first study's file.
    """
    written = tomllib.loads(first_study)
    parts = [head.rstrip() + "\n"]
    for section, text in _sections(first_study).items():
        if section not in OWN:
            left_out = options_left_out(section, _keys(written, section))
            parts.append("\n".join([_marked(section, text.rstrip()), *left_out]) + "\n")
    return "\n".join(parts)


def _sections(text: str) -> dict[str, str]:
    """Text of each section, from its heading to the next."""
    heads = [*re.finditer(r"(?m)^\[([a-z_]+)\]", text)]
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return {head[1]: text[head.start() : end] for head, end in zip(heads, ends, strict=True)}


def _keys(written: Mapping[str, Mapping[str, object]], section: str) -> list[str]:
    # the window's two months are keys of the cohort's section
    return [*written.get(section, ()), *(written.get("window", ()) if section == "cohort" else ())]


def _marked(section: str, text: str) -> str:
    for place, key, why in MARKS:
        if place == section:
            text = re.sub(rf"(?m)^{key} = ", f"{MARK}: {why}\n\\g<0>", text, count=1)
    return text
