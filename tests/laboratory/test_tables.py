"""Sortable tables: the same text every time, values that sort as numbers, nothing unescaped."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.sortable import sortable


def test_cells_carry_their_values_and_are_escaped() -> None:
    frame = pd.DataFrame({"a<b": ["x & y", None], "n": [0.123456, np.nan], "k": [3, 1000], "yes": [True, False]})
    html = sortable(frame, caption="<caption>", formats={"n": "{:.2f}"})
    assert "a&lt;b" in html
    assert "x &amp; y" in html
    assert "&lt;caption&gt;" in html
    assert 'data-v="0.123456"' in html
    assert ">0.12<" in html
    assert html.count('data-v=""') == 2
    assert 'data-v="True"' in html
    assert "<script" not in html
    assert html == sortable(frame.copy(), caption="<caption>", formats={"n": "{:.2f}"})


def test_headings_are_buttons_and_the_index_can_lead() -> None:
    frame = pd.DataFrame({"v": [1.5]}, index=pd.Index(["first"], name="name"))
    html = sortable(frame, caption="c", index=True)
    assert html.count('<button type="button"') == 2
    assert html.index("name</button>") < html.index("v</button>")
    assert html.count('scope="col"') == 2
