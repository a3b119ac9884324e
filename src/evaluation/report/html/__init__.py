"""The HTML report: one file with its style, script, figures and data inside; it asks nothing of any network, and says so to the browser."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from evaluation.report.html.order import sort_value
from evaluation.report.model import Document
from evaluation.report.texts import divide

TEMPLATE = "report.html.j2"
STYLE = "report.css"
SCRIPT = "report.js"
# nothing is fetched, and no script runs but the page's own
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{hash}'; base-uri 'none'; "
    "form-action 'none'"
)


def write_html(document: Document, figures: Mapping[str, str]) -> str:
    """The page as text.

    Parameters
    ----------
    figures
        SVG text by figure key.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined

    sources = {
        name: files(__package__).joinpath(name).read_text(encoding="utf-8") for name in (TEMPLATE, STYLE, SCRIPT)
    }
    env = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters |= {"data_link": data_link, "divide": divide, "sort_value": sort_value, "json": json_text}
    env.globals["lang"] = document.lang
    inline = {key: inline_svg(text, key) for key, text in figures.items()}
    script = sources[SCRIPT]
    policy = POLICY.format(hash=b64encode(sha256(script.encode()).digest()).decode())
    page = env.get_template(TEMPLATE).render(
        doc=document, words=document.words, figures=inline, style=sources[STYLE], script=script, policy=policy
    )
    return page + "\n"


def json_text(data: Any) -> Any:
    """Data for the page's script: JSON that cannot end the element it stands in."""
    from markupsafe import Markup

    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=False)
    return Markup(text.replace("<", "\\u003c"))


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
