"""Reports for people: from a release folder, and nothing else, to HTML, PDF and figures in Swedish and English."""

from __future__ import annotations

import warnings
from pathlib import Path

from evaluation.report.numbers import LANGUAGES
from evaluation.report.texts.checks import check_texts

__all__ = ["LabelWarning", "check_texts", "render"]


class LabelWarning(UserWarning):
    """A thing in the release has no name in the catalogue; its key was spelled out instead."""


def render(release: Path) -> list[Path]:
    """Write rapport.html, rapport.pdf, report.html, report.pdf and figures/*.svg into a release folder.

    Only the folder is read. The same folder gives the same bytes.

    Returns
    -------
    list of Path
        The files written, in order of their names.

    Raises
    ------
    ReleaseError
        With every problem of the folder: missing files or columns, numbers where none may be shown.
    """
    from evaluation.report.content import FILES, build
    from evaluation.report.figures.style import svg
    from evaluation.report.html import write_html
    from evaluation.report.pdf import STANDARDS, write_pdf
    from evaluation.report.release import read_release

    path = Path(release)
    read = read_release(path)
    outputs: dict[Path, bytes] = {}
    missing: set[str] = set()
    for lang in LANGUAGES:
        built = build(read, lang, pdf_standards=STANDARDS)
        missing |= built.missing
        figures = {}
        for picture in built.document.pictures():
            text = svg(built.drawings[picture.key](), title=picture.title, description=picture.alt)
            figures[picture.key] = text
            outputs[path / "figures" / f"{picture.key}.{lang}.svg"] = text.encode()
        outputs[path / f"{FILES[lang]}.html"] = write_html(built.document, figures).encode()
        outputs[path / f"{FILES[lang]}.pdf"] = write_pdf(built.document, figures)
    if missing:
        warnings.warn(f"no label in texts/labels.toml: {', '.join(sorted(missing))}", LabelWarning, stacklevel=2)
    (path / "figures").mkdir(exist_ok=True)
    for stale in sorted((path / "figures").glob("*.svg")):
        if stale not in outputs:
            stale.unlink()
    for file, content in outputs.items():
        file.write_bytes(content)
    return sorted(outputs)
