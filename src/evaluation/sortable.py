"""Tables for notebooks that sort when a column's heading is pressed: HTML and one line of script, nothing to load.

Where scripts do not run (a notebook that is not trusted, a printout) it is a plain table. Headings are buttons, so the keyboard reaches them,
and ``aria-sort`` says how the table is sorted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

import pandas as pd

STYLE = "text-align:{align};padding:.15rem .6rem"
BUTTON = "background:none;border:0;padding:0;font:inherit;color:inherit;cursor:pointer;text-decoration:underline dotted"
# one handler for the row of headings; numbers by their value, text by the reader's alphabet, empty cells last; pressed again it turns round.
# An attribute, and no script element: those do not run in what a widget shows.
HANDLER = (
    "var b=event.target.closest('button');if(!b)return;var h=b.parentNode,t=h.closest('table'),i=h.cellIndex,s=t.tBodies[0],"
    "up=h.getAttribute('aria-sort')!=='ascending';Array.from(h.parentNode.cells).forEach(function(o){o.removeAttribute('aria-sort')});"
    "h.setAttribute('aria-sort',up?'ascending':'descending');Array.from(s.rows).sort(function(p,q){"
    "var x=p.cells[i].dataset.v,y=q.cells[i].dataset.v;if(x===''||y==='')return (x==='')-(y==='');"
    "var c=x-y;if(isNaN(c))c=x.localeCompare(y);return up?c:-c}).forEach(function(r){s.appendChild(r)})"
)


def sortable(
    table: pd.DataFrame, *, caption: str, formats: Mapping[str, str] | None = None, index: bool = False
) -> str:
    """HTML of a table whose columns sort.

    Parameters
    ----------
    table
        Any frame; it is not changed. Missing values become empty cells, which stand last however it is sorted.
    caption
        What the table shows: read out before it.
    formats
        Format by column, for instance ``{"estimate": "{:.3f}"}``; others are written with ``str``, floats with four digits.
    index
        Whether the index is shown, as first columns.

    Returns
    -------
    str
        One table element; the same frame gives the same text.
    """
    shown = table.reset_index() if index else table
    formats = formats or {}
    numeric = [
        pd.api.types.is_numeric_dtype(shown.dtypes.iloc[j]) and not pd.api.types.is_bool_dtype(shown.dtypes.iloc[j])
        for j in range(shown.shape[1])
    ]
    heads = "".join(
        f'<th scope="col" style="{STYLE.format(align="right" if number else "left")}">'
        f'<button type="button" style="{BUTTON}">{escape(str(name))}</button></th>'
        for name, number in zip(shown.columns, numeric, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            _cell(value, number, formats.get(str(name)))
            for name, value, number in zip(shown.columns, row, numeric, strict=True)
        )
        + "</tr>"
        for row in shown.itertuples(index=False, name=None)
    )
    return (
        f'<table style="border-collapse:collapse"><caption style="text-align:left">{escape(caption)}</caption>'
        f'<thead><tr onclick="{HANDLER}">{heads}</tr></thead><tbody>{body}</tbody></table>'
    )


def _cell(value: object, number: bool, form: str | None) -> str:
    missing = value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    if missing:
        return f'<td data-v="" style="{STYLE.format(align="left")}"></td>'
    text = form.format(value) if form else f"{value:.4g}" if isinstance(value, float) else str(value)
    key = repr(float(value)) if number else str(value)  # type: ignore[arg-type]
    align = STYLE.format(align="right" if number else "left")
    return f'<td data-v="{escape(key, quote=True)}" style="{align}">{escape(text)}</td>'
