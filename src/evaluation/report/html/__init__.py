"""The HTML report: one file with its style, figures and data inside; it asks nothing of any network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from urllib.parse import quote

from evaluation.report.model import Document
from evaluation.report.texts import divide

TEMPLATE = "report.html.j2"
STYLE = "report.css"


def write_html(document: Document, figures: Mapping[str, str]) -> str:
    """The page as text.

    Parameters
    ----------
    figures
        SVG text by figure key.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined

    sources = {name: files(__package__).joinpath(name).read_text(encoding="utf-8") for name in (TEMPLATE, STYLE)}
    env = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters["data_link"] = data_link
    env.filters["divide"] = divide
    inline = {key: inline_svg(text, key) for key, text in figures.items()}
    return (
        env.get_template(TEMPLATE).render(doc=document, words=document.words, figures=inline, style=sources[STYLE])
        + "\n"
    )


def data_link(csv: str) -> str:
    """CSV as a data link: the reader gets the file out of the page itself."""
    return f"data:text/csv;charset=utf-8,{quote(csv)}"


def inline_svg(text: str, key: str) -> str:
    """An SVG to stand inside a page: no XML head, ids of its own, size left to the page.

    The page's figure names it (`aria-labelledby`), so the title and description inside are taken out of the way of tooltips.
    """
    text = re.sub(r"<\?xml[^>]*\?>\s*", "", text)
    text = re.sub(r"\s*<title>.*?</title>\s*<desc>.*?</desc>", "", text, count=1, flags=re.S)
    text = re.sub(r'(<svg\b[^>]*?) width="([\d.]+)pt" height="([\d.]+)pt"', r"\1", text, count=1)
    text = re.sub(r'(<svg\b[^>]*?) role="img"', r'\1 aria-hidden="true" focusable="false"', text, count=1)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{key}-\1"', text)
    text = re.sub(r'(xlink:href|href)="#([^"]+)"', rf'\1="#{key}-\2"', text)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{key}-\1)", text)
