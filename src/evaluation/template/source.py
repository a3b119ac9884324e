"""Where the first study lies: packed into the wheel beside this module, or in the checkout that it was installed from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from evaluation.errors import Problem, StudyError

FIRST_STUDY = "visstid_2009_2011.toml"
HERE = Path(__file__).parent


def folder_of(name: str) -> Path:
    """The folder ``study`` or ``notebooks`` of the first study."""
    packed, checkout = HERE / name, HERE.parents[2] / name
    for place in (packed, checkout):
        if place.is_dir():
            return place
    raise StudyError(
        Problem(
            "template",
            f"the installed package holds no {name}/ of the first study",
            "a wheel built with its template, or a checkout",
            "install the package again",
        )
    )


def text_of(name: str) -> str:
    """One of the texts written for new studies."""
    return files("evaluation.template").joinpath("files", name).read_text(encoding="utf-8")
