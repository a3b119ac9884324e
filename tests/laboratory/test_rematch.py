"""Re-matching without widgets: the same matching as the study's, scores kept, two choices compared, no outcome anywhere."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import evaluation.laboratory as room
from evaluation.cohort import Cohort
from evaluation.errors import CohortError, EvaluationError, OverlapWarning, StatisticalWarning, StudyError
from evaluation.laboratory import Bench, Choice, choose
from evaluation.laboratory.choices import METHODS, score_models
from evaluation.laboratory.scores import Scores
from evaluation.study.design import build_design
from evaluation.study.file import StudyFile
from tests.laboratory.fake_cohort import fake_cohort

CHANGES = [
    {},
    {"caliper": 0.05},
    {"caliper": None, "ratio": 1},
    {"exact": ("sex", "origin"), "ratio": 2},
    {"replace": True},
    {"method": "optimal", "ratio": 1},
    {"caliper_unit": "sd_pooled", "caliper": 0.1},
    {"distance": "probability"},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_a_rematch_is_the_design_that_the_study_would_make(
    cohort: Cohort, spec: StudyFile, bench: Bench, changes: dict[str, object]
) -> None:
    choice = choose(spec, **changes)
    bench.rematch(bench.studys)  # so that the score is a kept one
    mine = bench.rematch(choice)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)  # the panel's notes are tested below
        design = build_design(cohort, choice.within(spec), linked_share=1.0)
    assert mine.numbers["matched"] == design.counts["n_treated_matched"]
    assert mine.numbers["comparison_persons"] == design.counts["n_controls_matched"]
    assert mine.numbers["effective_size"] == pytest.approx(design.counts["ess_controls"], abs=1e-9)
    assert mine.numbers["detectable"] == pytest.approx(design.mde)
    theirs = design.balance().table.query("kind != 'score'").set_index(["covariate", "level"])
    ours = mine.balance.set_index(["covariate", "level"]).loc[theirs.index]
    for column in ("smd_before", "smd_after", "treated_mean", "control_mean_after"):
        pd.testing.assert_series_equal(ours[column], theirs[column], rtol=1e-9)


def test_rows_that_a_value_separates_are_never_matched(spec: StudyFile) -> None:
    cohort = fake_cohort(600, separated=True)
    assert (cohort.table.groupby("no_row_1")["treated"].sum() > 0).tolist() == [True, False]
    mine = Bench(cohort, spec).rematch(Choice.of(spec))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticalWarning)
        design = build_design(cohort, spec, linked_share=1.0)
    assert mine.numbers["participants"] == design.counts["n_treated_eligible"]
    assert mine.numbers["matched"] == design.counts["n_treated_matched"]
    assert mine.numbers["effective_size"] == pytest.approx(design.counts["ess_controls"])
    after = design.balance().table.query("kind != 'score'").set_index(["covariate", "level"])["smd_after"]
    ours = mine.balance.set_index(["covariate", "level"])["smd_after"]
    both = after.index.intersection(ours.index)
    assert len(both) > 40
    np.testing.assert_allclose(ours[both], after[both], atol=1e-9)
    assert any("no_row_1" in note for note in mine.notes)


def test_a_score_is_fitted_once(bench: Bench, spec: StudyFile) -> None:
    for changes in CHANGES:
        bench.rematch(choose(spec, **changes))
    assert bench.scores.fits == 1
    fewer = spec.score.covariates[:5]
    for ratio in (1, 2):
        bench.rematch(choose(spec, covariates=fewer, ratio=ratio))
    assert bench.scores.fits == 2


def test_a_choice_gone_back_to_is_at_hand(bench: Bench, spec: StudyFile) -> None:
    first = bench.rematch(bench.studys)
    bench.rematch(choose(spec, caliper=0.1))
    assert bench.rematch(Choice.of(spec)) is first


def test_the_slow_scores_are_those_of_the_matching_room(spec: StudyFile) -> None:
    from evaluation.matching import match

    cohort = fake_cohort(300)
    covariates = ("age", "woman", "zero_earnings_1")
    plain = choose(spec, covariates=covariates)

    class Boosted(Choice):
        model = "boosting"  # type: ignore[assignment]

    scored = Scores(cohort).of(Boosted(plain.score, plain.matching))
    frame = cohort.table.assign(**{name: cohort.table[name].astype("category") for name in spec.score.time})
    direct = match(
        frame, treatment="treated", covariates=[*covariates, *spec.score.time], id="row", unit="person",
        score_model="boosting", exact=["month"],
    )  # fmt: skip
    np.testing.assert_allclose(scored.frame["laboratory_score"], direct.score, rtol=1e-12)


def test_comparison_holds_both_choices_worst_first(bench: Bench, spec: StudyFile) -> None:
    other = choose(spec, covariates=("age", "education"), caliper=None)
    comparison = bench.compare(bench.studys, other)
    table = comparison.table
    assert list(table.columns) == [
        "covariate", "level", "label", "smd_unmatched", "smd_previous", "smd_now", "in_score",
    ]  # fmt: skip
    size = table[["smd_previous", "smd_now"]].abs().max(axis=1).to_numpy()
    assert (np.diff(size) <= 1e-9).all()
    # what was taken out of the score is still compared
    assert set(table["covariate"]) == set(bench.compared) >= set(spec.score.covariates)
    assert set(table.loc[table["in_score"], "covariate"]) == {"age", "education"}
    before, now = bench.rematch(bench.studys).balance, bench.rematch(other).balance
    key = ["covariate", "level"]
    both = table.merge(before[[*key, "smd_after"]], on=key).merge(now[[*key, "smd_after"]], on=key)
    assert (both["smd_previous"] == both["smd_after_x"]).all()
    assert (both["smd_now"] == both["smd_after_y"]).all()
    assert comparison.numbers.loc["matched", "previous"] == bench.rematch(bench.studys).numbers["matched"]
    numbers = comparison.numbers["now"]
    assert numbers["matched"] + numbers["unmatched"] == numbers["participants"]


def test_both_figures_show_both_choices(bench: Bench, spec: StudyFile) -> None:
    comparison = bench.compare(bench.studys, choose(spec, caliper=0.02))
    figure = comparison.plot()
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert sum(title.startswith("Overlap") for title in titles) == 2
    love = figure.axes[0]
    assert {text.get_text() for text in love.get_legend().get_texts()} == {"unmatched", "previous", "now"}

    svg = ElementTree.fromstring(comparison.image())
    words = " ".join(svg.itertext())
    for word in ("Overlap, previous", "Overlap, now", "unmatched"):
        assert word in words
    assert "largest absolute standardised difference" in svg.attrib["aria-label"]
    worst = comparison.table.iloc[0]
    for column, name in (("smd_previous", "previous"), ("smd_now", "now")):
        assert f"{worst['label']}, {name}: {abs(worst[column]):.3f}" in words
    # without a previous choice there is one series less, and one overlap
    alone = " ".join(ElementTree.fromstring(bench.compare(None, bench.studys).image()).itertext())
    assert "previous" not in alone


def test_html_says_which_gate_is_missed(bench: Bench, spec: StudyFile) -> None:
    comparison = bench.compare(bench.studys, choose(spec, caliper=0.001))
    assert comparison.now.numbers["matched"] < 0.8 * comparison.now.numbers["participants"]
    html = comparison._repr_html_()
    assert "under the limit 80% of participants" in html
    assert "under the limit" in str(comparison)
    assert any("unmatched" in note for note in comparison.now.notes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": "optimal", "replace": True}, "does not read it"),
        ({"method": "optimal", "max_reuse": 3}, "max_reuse"),
        ({"ratio": 0}, "greater than or equal to 1"),
        ({"method": "nearest_neighbour"}, "is not available"),
        ({"exact": ("planned_length",)}, "participants only"),
        ({"covariates": ("age", "actual_exit")}, "actual_exit"),
        ({"covariates": ("agee",)}, "did you mean 'age'"),
    ],
)
def test_wrong_combinations_are_refused_in_the_engines_words(
    spec: StudyFile, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(StudyError) as caught:
        choose(spec, **changes)
    assert words in str(caught.value)


def test_a_choice_that_matches_nobody_says_so(bench: Bench, spec: StudyFile) -> None:
    with pytest.raises(EvaluationError, match="none of the"):
        bench.rematch(choose(spec, caliper=1e-12, caliper_unit="raw"))


def test_a_covariate_known_afterwards_is_refused_whatever_made_the_choice(bench: Bench, spec: StudyFile) -> None:
    score = spec.score.model_copy(update={"covariates": ("age", "actual_exit")})
    with pytest.raises(CohortError, match="actual_exit"):
        bench.rematch(Choice(score, spec.matching))


def test_no_outcome_is_in_sight() -> None:
    """The room imports neither the outcomes nor the effects, and asks a study for nothing but its file."""
    for path in Path(room.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not any(module.startswith(("evaluation.outcomes", "evaluation.effects")) for module in modules), path
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not used & {"registers", "effects", "freeze", "read_outcomes"}, path


def test_offered_is_what_a_study_file_can_say(spec: StudyFile) -> None:
    assert "logit" in score_models()
    for method in METHODS:
        assert choose(spec, method=method).matching.method == method
