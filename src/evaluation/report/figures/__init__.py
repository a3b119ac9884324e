"""Figures of the report: each module collects its data from a release, draws it in a language, and says in words what it shows.

Any of them is one call to get, as the report draws it::

    from evaluation.report.figures import figure, figures

    figures("reports/visstid_2009_2011")          # {"effects_by_year": "The difference between ...", ...}
    figure("reports/visstid_2009_2011", "love")   # shows itself in a notebook; .alt says it in words, .savefig keeps it
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from evaluation.report.numbers import LANGUAGES, Language

if TYPE_CHECKING:
    from evaluation.report.content import Built
    from evaluation.report.figures.drawing import Drawing
    from evaluation.report.release import Release

__all__ = ["figure", "figures"]


def figures(release: str | Path | Release, *, lang: Language = "en") -> dict[str, str]:
    """The figures of a release's report.

    Parameters
    ----------
    release
        A release folder, or one that has been read.
    lang
        `sv` or `en`.

    Returns
    -------
    dict
        Title by key, in the order of the report. A figure whose numbers may not be shown is not there.

    Raises
    ------
    ReleaseError
        With every problem of the folder.
    """
    return {picture.key: picture.title for picture in _built(release, lang).document.pictures()}


def figure(release: str | Path | Release, key: str, *, lang: Language = "en") -> Drawing:
    """One figure as the report draws it.

    Parameters
    ----------
    release
        A release folder, or one that has been read.
    key
        One of :func:`figures`, for instance `love` or `effects_by_year`.
    lang
        `sv` or `en`.

    Returns
    -------
    Drawing
        A matplotlib figure with `.title` and `.alt`.

    Raises
    ------
    ReleaseError
        With every problem of the folder, or when the report has no such figure.
    """
    from evaluation.errors import Problem, ReleaseError
    from evaluation.report.figures.drawing import Drawing

    built = _built(release, lang)
    found = {picture.key: picture for picture in built.document.pictures()}
    if key not in found:
        raise ReleaseError(Problem("figure", repr(key), ", ".join(found) or "none: the release shows no figure"))
    drawing = cast(Drawing, built.drawings[key]())
    drawing.title, drawing.alt = found[key].title, found[key].alt
    return drawing


def _built(release: str | Path | Release, lang: Language) -> Built:
    from evaluation.errors import Problem, ReleaseError
    from evaluation.report.content import build
    from evaluation.report.release import Release, read_release

    if lang not in LANGUAGES:
        raise ReleaseError(Problem("lang", repr(lang), " or ".join(LANGUAGES)))
    return build(release if isinstance(release, Release) else read_release(Path(release)), lang)
