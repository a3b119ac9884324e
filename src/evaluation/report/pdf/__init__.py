"""The PDF report: typeset with Typst, tagged for screen readers, the same bytes on every run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from evaluation.errors import Problem, ReleaseError
from evaluation.report.model import Document
from evaluation.report.texts import SOFT_HYPHEN, divide

TEMPLATE = "report.typ"
Standard = Literal["ua-1", "a-2a"]
STANDARDS: tuple[Standard, ...] = ("ua-1", "a-2a")
# millimetres: a letter of a table, the air between columns, the widest table that is narrow, and the widest that is not broken into lines
_LETTER, _BETWEEN, _NARROW, _WIDE = 1.75, 4.5, 116.0, 172.0


def write_pdf(document: Document, figures: Mapping[str, str]) -> bytes:
    """The typeset report.

    Parameters
    ----------
    figures
        SVG text by figure key.

    Raises
    ------
    ReleaseError
        When the typesetter warns: a missing glyph or an overfull place is a fault of the report.
    """
    import typst

    standards: list[Any] = list(STANDARDS)

    with TemporaryDirectory() as folder:
        room = Path(folder)
        (room / "figures").mkdir()
        for key, text in figures.items():
            (room / "figures" / f"{key}.svg").write_text(text, encoding="utf-8")
        (room / "data.json").write_text(json.dumps(_data(document), ensure_ascii=False), encoding="utf-8")
        source = room / TEMPLATE
        source.write_text(files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8"), encoding="utf-8")
        compiled, warnings = typst.compile_with_warnings(
            source,
            root=room,
            format="pdf",
            font_paths=[_fonts()],
            ignore_system_fonts=True,
            pdf_standards=standards,
        )
    if warnings:
        raise ReleaseError(
            [Problem("report.pdf", str(w), "a report without warnings of the typesetter") for w in warnings]
        )
    return compiled


def _data(document: Document) -> dict:
    """The document as plain data; the tables behind figures are set together at the end."""
    data = asdict(replace(document, explorer=None, page_words={}))  # for pages with a script
    blocks = [block for section in data["sections"] for block in section["blocks"]]
    behind = [block["table"] for block in blocks if block["type"] == "picture"]
    for table in [block for block in blocks if block["type"] == "table"] + behind:
        table["widths"], table["narrow"] = widths(table)
        for column in table["columns"]:
            column["head"] = divide(column["head"])
        for row in table["rows"]:
            for cell in row:
                cell["text"] = divide(cell["text"])
    return {"document": data, "figure_tables": behind}


def widths(table: Mapping[str, Any]) -> tuple[list[float], bool]:
    """What a table's columns need in millimetres, and whether that is so little that it takes no more: the eye need not cross an empty page.

    Empty where the text has to break into lines anyway; then the columns' own shares of the width hold.
    """
    letter = _LETTER * (0.9 if table["small"] else 1.0)
    needs = []
    for i, column in enumerate(table["columns"]):
        cells = max((len(row[i]["text"].replace(SOFT_HYPHEN, "")) for row in table["rows"]), default=0)
        word = max(len(word) for word in column["head"].replace(SOFT_HYPHEN, " ").split() or [""])
        needs.append(round(letter * max(cells, word, len(column["head"]) / 2) + _BETWEEN, 1))
    return (needs if sum(needs) <= _WIDE else []), sum(needs) <= _NARROW


def _fonts() -> Path:
    """The folder of the typeface that the figures use too."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"
