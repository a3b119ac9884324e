"""The panel without a browser: its controls, what it says and shows, and what stands in its place where there are no widgets."""

from __future__ import annotations

import tomllib

import ipywidgets as widgets
import pytest

from evaluation.cohort import Cohort
from evaluation.errors import StudyError
from evaluation.laboratory import Bench, Choice, laboratory
from evaluation.laboratory.panel import STUDY, Laboratory
from evaluation.study import Study
from evaluation.study.file import StudyFile, check_study
from tests.laboratory.conftest import STUDY as STUDY_FILE


@pytest.fixture
def panel(bench: Bench) -> Laboratory:
    return Laboratory(bench)


def test_it_opens_on_a_study_without_registers(cohort: Cohort) -> None:
    study = Study.open(STUDY_FILE)  # no delivery: whatever read a register or an outcome would fail
    panel = laboratory(study, cohort)
    assert panel.now == Choice.of(study.spec)
    with pytest.raises(StudyError):
        _ = study.registers


def test_a_change_is_matched_and_shown_beside_the_one_before(panel: Laboratory, spec: StudyFile) -> None:
    panel.controls.caliper.value = 0.05
    assert panel.now.matching.caliper == 0.05
    assert panel.comparison.previous.choice == Choice.of(spec)
    assert "caliper: 0.2 → 0.05" in panel.status.value
    panel.controls.ratio.value = 2
    assert panel.comparison.previous.choice.matching.ratio == 5
    assert panel.comparison.previous.choice.matching.caliper == 0.05
    panel.against.value = STUDY
    assert panel.comparison.previous.choice == Choice.of(spec)
    for words in ("Participants matched", "previous", "now"):
        assert words in panel.tables.value
    assert panel.figure.value.startswith("<svg")


def test_groups_and_strata_change_score_and_sets(panel: Laboratory) -> None:
    panel.controls.groups["annual_income"].value = False
    assert not any(name.startswith("log_earnings") for name in panel.now.score.covariates)
    assert "Fitted and matched" in panel.status.value
    panel.controls.exact["origin"].value = True
    assert panel.now.matching.exact == ("month", "elapsed_class", "sex", "origin")
    assert "not in the score" in panel.tables.value


def test_a_wrong_combination_is_told_and_the_panel_stays(panel: Laboratory) -> None:
    panel.controls.replace.value = True
    shown = panel.now
    panel.controls.method.value = "optimal"
    assert "method=&quot;optimal&quot; does not read it" in panel.error.value
    assert "Traceback" not in panel.error.value
    assert panel.now == shown
    assert panel.use.disabled
    panel.controls.replace.value = False
    assert panel.error.value == ""
    assert not panel.use.disabled
    assert panel.now.matching.method == "optimal"


def test_nobody_matched_is_told(panel: Laboratory) -> None:
    panel.controls.unit.value = "raw"
    panel.controls.caliper.min = 1e-13
    panel.controls.caliper.value = 1e-12
    assert "none of the" in panel.error.value


def test_what_was_not_foreseen_names_no_value(panel: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Choice) -> None:
        raise KeyError("a value of somebody's")

    monkeypatch.setattr(panel.bench, "rematch", broken)
    with pytest.raises(KeyError):
        panel.controls.ratio.value = 3
    assert "KeyError" in panel.error.value
    assert "somebody" not in panel.error.value


def test_use_this_gives_text_that_the_study_reads(panel: Laboratory, spec: StudyFile) -> None:
    assert panel.toml == ""
    panel.controls.use_caliper.value = False
    panel.controls.ratio.value = 3
    panel.use.click()
    read = check_study({**spec.model_dump(), **tomllib.loads(panel.toml)}, name="pasted")
    assert Choice.of(read) == panel.now
    assert panel.text.layout.display is None
    panel.controls.ratio.value = 4  # the text would be that of another choice
    assert panel.toml == ""


def test_back_to_the_study_file(panel: Laboratory, spec: StudyFile) -> None:
    panel.controls.caliper.value = 0.5
    panel.controls.exact["education"].value = True
    panel.controls.groups["insurance"].value = False
    panel.back.click()
    assert panel.now == Choice.of(spec)
    assert panel.controls.caliper.value == 0.2


def test_every_control_has_a_label_of_its_own(panel: Laboratory) -> None:
    inputs = [w for w in _all(panel) if isinstance(w, widgets.Widget) and not isinstance(w, widgets.Box | widgets.HTML)]
    labels = [w.description for w in inputs if isinstance(w, widgets.DOMWidget)]
    assert len(labels) > 20
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_a_page_without_widgets_shows_figure_and_tables(panel: Laboratory) -> None:
    bundle = panel._repr_mimebundle_()
    assert "<svg" in bundle["text/html"]
    assert "Participants matched" in bundle["text/plain"]
    assert repr(panel) == bundle["text/plain"]


def _all(widget: widgets.Widget) -> list[widgets.Widget]:
    children = getattr(widget, "children", ())
    return [widget, *(found for child in children for found in _all(child))]
