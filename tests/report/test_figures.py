"""Figures: nothing leaves the canvas, numbers are in the reader's language, the same bytes every time, no hidden value."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from evaluation.errors import ReleaseError
from evaluation.report.content import build
from evaluation.report.figures import figure, figures, style
from evaluation.report.numbers import LANGUAGES
from evaluation.report.release import read_release
from tests.report.contrast import colours, contrast
from tests.report.figure_text import faults


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
            assert "-" not in re.sub(r"\w-\n?\w", "", text), (key, text)
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


def looked_at(release: Path, lang: str) -> dict[str, list[str]]:
    found = {}
    for key, draw in build(read_release(release), lang).drawings.items():
        with style.styled():
            found[key] = faults(draw())
    return found


@pytest.mark.parametrize("case", ["positive", "negative", "suppressed"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_cut_or_lies_on_another(release_of, case: str, lang: str) -> None:
    found = looked_at(release_of(case, ways="several"), lang)
    assert len(found) > 6
    assert {key: wrong for key, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_cut_in_the_study(study_report, lang: str) -> None:
    assert {key: wrong for key, wrong in looked_at(study_report, lang).items() if wrong} == {}


def test_the_look_finds_what_is_wrong() -> None:
    with style.styled():
        drawing, (ax,) = style.canvas(2.0)
        ax.bar([0, 1], [1, 1], width=0.3)
        ax.set_ylim(0, 2)
        ax.text(0, 0.5, "a text far too wide for its bar", ha="center")
        ax.text(1, 0.5, "fits", ha="center")
        ax.text(0.5, 1.5, "one word")
        ax.text(0.52, 1.52, "another word")
        drawing.text(0.97, 0.95, "cut by the edge")
        found = faults(drawing)
    assert sorted(text.split("'")[0] for text in found) == ["", "leaves its box: ", "leaves the canvas: "]
    assert "'one word' lies on 'another word'" in found


TEXT_ON = {"TEXT": ("white", "PALE", "SHADE"), "CONTEXT": ("white",)}
DRAWN_ON = {
    "PARTICIPANTS": ("white", "PALE", "SHADE"),
    "COMPARISON": ("white", "SHADE"),
    "CONTEXT": ("white", "SHADE"),
    "TEXT": ("white",),
}


def test_colours_of_figures_can_be_told_apart() -> None:
    """WCAG 1.4.3 and 1.4.11: 4.5 to 1 for text, 3 to 1 for what is drawn. Pale, shade and grid only set off what can be read without them."""
    named = {
        name: value
        for name, value in vars(style).items()
        if isinstance(value, str) and re.fullmatch("#[0-9A-Fa-f]{6}", value)
    }
    assert set(named) - set(DRAWN_ON) == {"PALE", "SHADE", "GRID"}, "a new colour needs a pair here"
    named["white"] = "#ffffff"
    for pairs, least in ((TEXT_ON, 4.5), (DRAWN_ON, 3.0)):
        for ink, grounds in pairs.items():
            for ground in grounds:
                assert contrast(named[ink], named[ground]) >= least, (ink, ground)
    assert style.MARKERS[style.PARTICIPANTS] != style.MARKERS[style.COMPARISON]
    assert style.DASHES[style.PARTICIPANTS] != style.DASHES[style.COMPARISON]


def test_colours_of_the_page_can_be_told_apart() -> None:
    named = colours(files("evaluation.report.html").joinpath("report.css").read_text(encoding="utf-8"))
    grounds = {"white": "#ffffff", "pale": named.pop("pale"), "warn": named.pop("warn")}
    faint = {name: named.pop(name) for name in ("line", "grid")}  # thin lines between what already stands apart
    assert set(named) == {"ink", "quiet", "blue", "strong", "amber", "dot"}, "a new colour needs a pair here"
    for ink in ("ink", "quiet", "blue"):
        for name, ground in grounds.items():
            assert contrast(named[ink], ground) >= 4.5, (ink, name)
    assert contrast(named["strong"], grounds["white"]) >= 4.5
    for ink in ("strong", "amber", "dot"):
        for name, ground in grounds.items():
            assert contrast(named[ink], ground) >= 3.0, (ink, name)
    assert all(contrast(colour, "#ffffff") < 3.0 for colour in faint.values()), "thick enough to be listed above"


def test_colours_of_the_pdf_are_those_of_the_page() -> None:
    source = files("evaluation.report.pdf").joinpath("report.typ").read_text(encoding="utf-8")
    page = colours(files("evaluation.report.html").joinpath("report.css").read_text(encoding="utf-8"))
    assert set(re.findall(r"#[0-9a-f]{6}", source)) <= {value.lower() for value in page.values()}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_any_figure_is_one_call(release_of, lang: str) -> None:
    folder = release_of("positive", ways="several")
    pictures = build(read_release(folder), lang).document.pictures()
    assert figures(folder, lang=lang) == {p.key: p.title for p in pictures}
    assert list(figures(folder, lang=lang)) == [p.key for p in pictures]
    for picture in pictures:
        drawing = figure(str(folder), picture.key, lang=lang)
        assert (drawing.title, drawing.alt) == (picture.title, picture.alt)
        shown = drawing._repr_html_()
        assert "<svg" in shown
        assert f"<title>{picture.title}".replace("&", "&amp;") in shown
    assert figure(read_release(folder), "love", lang=lang).alt == figure(folder, "love", lang=lang).alt


def test_a_figure_that_is_not_there_is_named(release_of) -> None:
    folder = release_of("gate_failed")
    assert "effects_by_year" not in figures(folder)
    with pytest.raises(ReleaseError, match="effects_by_year"):
        figure(folder, "effects_by_year")
    with pytest.raises(ReleaseError, match="sv or en"):
        figures(folder, lang="fi")  # type: ignore[arg-type]


def test_it_shows_itself_in_a_notebook(release_of) -> None:
    from IPython.core.formatters import HTMLFormatter

    shown = HTMLFormatter()(figure(release_of("positive"), "love", lang="sv"))
    assert shown.count("<svg") == 1
    assert 'role="img" aria-label="Punktdiagram' in shown
