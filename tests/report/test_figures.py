"""Figures: nothing leaves the canvas, numbers are in the reader's language, the same bytes every time, no hidden value."""

from __future__ import annotations

import re

import pytest

from evaluation.report.content import build
from evaluation.report.figures import style
from evaluation.report.numbers import LANGUAGES
from evaluation.report.release import read_release


@pytest.mark.parametrize("case", ["positive", "suppressed"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_stays_on_its_canvas_and_in_its_language(release_of, case: str, lang: str) -> None:
    built = build(read_release(release_of(case)), lang)
    assert set(built.drawings) == {p.key for p in built.document.pictures()}
    for key, draw in built.drawings.items():
        with style.styled():
            figure = draw()
            figure.draw_without_rendering()
            box = figure.get_tightbbox()
            width, height = figure.get_size_inches()
        assert box.x0 >= -0.02, key
        assert box.y0 >= -0.02, key
        assert box.x1 <= width + 0.02, key
        assert box.y1 <= height + 0.02, key
        words = _texts(figure)
        for text in words:
            assert "-" not in re.sub(r"\w-\w", "", text), (key, text)
            if lang == "sv":
                assert not re.search(r"\d\.\d", text), (key, text)
                assert not re.search(r"\d,\d{3}", text), (key, text)
            else:
                assert not re.search(r"\d,\d(?!\d\d)", text), (key, text)
        sizes = [t.get_fontsize() for ax in figure.axes for t in ax.texts]
        assert min(sizes, default=10) >= 8.5, key


def _texts(figure: object) -> list[str]:
    found = []
    for ax in figure.axes:  # type: ignore[attr-defined]
        found += [t.get_text() for t in ax.texts]
        if ax.axison:
            found += [t.get_text() for axis in (ax.xaxis, ax.yaxis) for t in axis.get_ticklabels()]
            found += [ax.get_xlabel(), ax.get_ylabel(), ax.get_title(loc="left")]
        legend = ax.get_legend()
        found += [t.get_text() for t in legend.get_texts()] if legend else []
    return [t for t in found if t]


def test_svg_has_the_same_bytes_and_no_trace_of_its_making(release_of) -> None:
    built = build(read_release(release_of("positive")), "sv")
    draw = built.drawings["effects_by_year"]
    first, second = (style.svg(draw(), title="a & b", description="minus <5>") for _ in range(2))
    assert first == second
    assert "<title>a &amp; b</title>" in first
    assert "<desc>minus &lt;5&gt;</desc>" in first
    for trace in ("matplotlib v", "<metadata", "dc:date", "creator"):
        assert trace not in first.lower()


def test_settings_of_the_caller_are_left_alone(release_of) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    build(read_release(release_of("positive")), "en").drawings["states"]()
    assert dict(mpl.rcParams) == before


def test_hidden_year_is_a_gap_with_a_sign(release_of) -> None:
    built = build(read_release(release_of("suppressed")), "sv")
    assert "U" in _texts(built.drawings["effects_by_year"]())
    assert "U" in _texts(built.drawings["rates_by_year"]())
