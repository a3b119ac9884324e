"""What an adjustment can and cannot do in each scenario: the reason why the scenarios exist."""

from __future__ import annotations

import numpy as np

from tests.synthetic.risk_sets import SHARE_OF_CONTROLS
from tests.synthetic.test_truth import CHUNKS, SIZE, effect, truth_of

PEOPLE = CHUNKS * SIZE


def test_the_pool_is_as_large_as_the_study_needs():
    at_risk, truth = truth_of("default")
    table = truth.table()
    treated = table.loc[(table["subgroup"] == "all") & (table["clock"] == "start"), "n_treated"].max() / PEOPLE * 20_000
    assert 1000 <= treated <= 1500
    controls = np.bincount(at_risk.stratum[~at_risk.treated], minlength=180) / SHARE_OF_CONTROLS / PEOPLE * 20_000
    assert np.median(controls) > 850
    assert at_risk.later[~at_risk.treated].mean() < 0.25
    employed = np.nanmean(at_risk.outcomes[~at_risk.treated], axis=0)
    assert (employed > 0.22).all()
    assert (employed < 0.5).all()


def test_adjusting_for_what_is_visible_recovers_the_truth_without_effect():
    """Truth is exactly zero: the weighted difference of four years, judged jointly, is zero within its error."""
    at_risk, _ = truth_of("null_effect")
    odds = at_risk.odds()
    y = at_risk.outcomes.mean(axis=1)
    assert abs(at_risk.difference(y, odds)) < 3.3 * at_risk.standard_error(y, odds)


def test_unadjusted_differences_are_far_off_under_strong_selection():
    at_risk, truth = truth_of("strong_selection")
    true = effect(truth.table(), clock="start")
    y = at_risk.outcomes
    raw = np.array([100 * at_risk.difference(y[:, k], at_risk.as_in_strata()) for k in range(4)])
    odds = at_risk.odds()
    adjusted = np.array([100 * at_risk.difference(y[:, k], odds) for k in range(4)])
    assert (raw - true > 5).all()
    assert np.abs(adjusted - true).mean() < 4


def test_a_hidden_confounder_is_not_adjusted_away_and_shows_in_a_placebo():
    at_risk, truth = truth_of("hidden_confounder")
    odds = at_risk.odds()
    true = effect(truth.table(), clock="start")
    adjusted = np.array([100 * at_risk.difference(at_risk.outcomes[:, k], odds) for k in range(4)])
    assert (adjusted - true > 3).all()
    assert 100 * at_risk.difference(at_risk.before, odds) > 0.5


def test_starting_the_clock_of_controls_at_their_own_exit_is_grossly_biased():
    at_risk, truth = truth_of("default")
    months = effect(truth.table(), line=("established", "E4_employed", "month"))
    bias = 100 * at_risk.difference(at_risk.own_exit, at_risk.odds()) - months[6]
    assert bias < -10


def test_a_quarter_of_the_controls_start_later_in_intense():
    at_risk, _ = truth_of("intense", 1)
    assert at_risk.later[~at_risk.treated].mean() > 0.25


def test_selection_is_moderate_in_the_default():
    at_risk, truth = truth_of("default")
    true = effect(truth.table(), clock="start")
    raw = [100 * at_risk.difference(at_risk.outcomes[:, k], at_risk.as_in_strata()) for k in range(4)]
    assert 0.3 < np.mean(raw - true) < 4.5
