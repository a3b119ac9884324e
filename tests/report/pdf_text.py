"""The text of a PDF's pages without any other program: glyph codes back to letters by the fonts' own tables."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pikepdf


@lru_cache
def pages(path: Path) -> tuple[str, ...]:
    """Text of each page, all blanks left out (a PDF does not say where a line breaks)."""
    with pikepdf.open(path) as pdf:
        return tuple(_page(p) for p in pdf.pages)


def squeeze(text: str) -> str:
    """Text as `pages` gives it."""
    return re.sub(r"\s", "", text)


def _page(page: pikepdf.Page) -> str:
    fonts = {name: _table(font) for name, font in page.Resources.get("/Font", {}).items()}
    table: dict[int, str] = {}
    found: list[str] = []
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            table = fonts[str(operands[0])]
        elif str(operator) in ("Tj", "TJ"):
            parts = operands[0] if str(operator) == "TJ" else [operands[0]]
            for part in parts:
                if isinstance(part, pikepdf.String):
                    codes = bytes(part)
                    found += [table.get(int.from_bytes(codes[i : i + 2], "big"), "") for i in range(0, len(codes), 2)]
    return squeeze("".join(found))


def _table(font: pikepdf.Object) -> dict[int, str]:
    """Glyph code to letters, from the font's ToUnicode table."""
    text = font.ToUnicode.read_bytes().decode("latin-1")
    found: dict[int, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", text, re.S):
        for code, letters in re.findall(r"<(\w+)>\s*<(\w+)>", block):
            found[int(code, 16)] = bytes.fromhex(letters).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", text, re.S):
        for first, last, letters in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            start = int(letters, 16)
            for code in range(int(first, 16), int(last, 16) + 1):
                found[code] = chr(start + code - int(first, 16))
    return found
