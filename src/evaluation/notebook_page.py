"""An executed notebook as a page to read: one file, no script, no request to anywhere, and markup that screen readers and keyboards manage."""

from __future__ import annotations

import html
import re
from typing import Any

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'unsafe-inline'">
<meta name="color-scheme" content="light"><title>{title}</title><style>
body {{ font: 16px/1.55 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word; }}
h1, h2, h3 {{ line-height: 1.25; text-wrap: balance; }} h2 {{ margin-top: 2.2rem; }} p, li {{ max-width: 46rem; }} a {{ color: #00538a; }}
.highlight pre, .output pre {{ font: 13px/1.45 ui-monospace, monospace; padding: .8rem 1rem; overflow-x: auto; }}
.highlight pre {{ background: #fff; border: 1px solid #d5d8db; }}
.output pre {{ border-left: 3px solid #c8ccd0; }}
:focus-visible {{ outline: 3px solid #00538a; outline-offset: 2px; }}
table {{ border-collapse: collapse; font-size: 14px; }} th, td {{ padding: .25rem .6rem; border-bottom: 1px solid #d5d8db; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }} .output {{ overflow-x: auto; margin: .5rem 0 1.2rem; }}
figure {{ margin: 0; }} img, svg {{ max-width: 100%; height: auto; }}
button {{ min-height: 24px; }}
@media print {{ body {{ margin: 0; max-width: none; }} .output, pre {{ overflow: visible; white-space: pre-wrap; }} img, svg, tr {{ break-inside: avoid; }} }}
{style}</style></head><body><main>
{body}
</main></body></html>
"""
HEADING = re.compile(r"^#+\s+(.+)$", re.MULTILINE)


def describe(notebook: Any) -> None:
    """Say of each picture under which heading it stands; what it shows is in the text and the table beside it."""
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = (HEADING.findall(cell.source) or [heading])[-1]
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.metadata.setdefault("image/png", {})["alt"] = f"Figure under the heading “{heading}”"


def to_html(notebook: Any, *, title: str) -> str:
    """Readable HTML of an executed notebook: one file that asks nothing of any network."""
    from nbconvert import HTMLExporter
    from pygments.formatters import HtmlFormatter

    exporter = HTMLExporter(
        template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True, exclude_anchor_links=True
    )
    body, _ = exporter.from_notebook_node(notebook)
    style = HtmlFormatter(style="default").get_style_defs(".highlight")
    return PAGE.format(title=html.escape(title), style=style, body=_reachable(body))


def _reachable(body: str) -> str:
    """What the exporter leaves out: boxes that scroll are reached by the keyboard, and an empty corner of a table is no heading."""
    body = re.sub(r"<pre(?=[ >])(?![^>]*tabindex)", '<pre tabindex="0"', body)
    body = re.sub(r'<div class="output">', '<div class="output" tabindex="0">', body)
    return re.sub(r"<th(?=[ >])[^>]*>\s*</th>", "<td></td>", body)
