"""What an estimate may not do: one cluster, one dominating person, rows that stand twice, small draws, what is known only afterwards."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from evaluation.effects import estimate_att, estimate_many
from evaluation.effects.bands import estimate_jointly, sup_t_bands
from evaluation.effects.bootstrap.person import person_bootstrap
from evaluation.effects.cautions import dominance, dominant
from evaluation.effects.families import subgroup_effects
from evaluation.effects.panel.event_study import event_study
from evaluation.effects.quantile import quantile_effects
from evaluation.effects.survival.incidence import cumulative_incidence
from evaluation.effects.unadjusted import unadjusted
from evaluation.errors import DominantWeightWarning, EffectError, FewClustersWarning


def pairs(n: int = 60, *, reuse: bool = False) -> pd.DataFrame:
    """n sets of one treated and one control; with ``reuse`` one control serves all but five."""
    control = np.arange(n) + 1_000
    if reuse:
        control[5:] = control[5]
    unit = np.column_stack([np.arange(n), control]).ravel()
    return pd.DataFrame({"set": np.repeat(np.arange(n), 2), "unit": unit, "treated": np.tile([1, 0], n), "weight": 1.0})


def outcome(members: pd.DataFrame, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=len(members))


def test_one_cluster_has_no_standard_error():
    members = pairs(1)
    with pytest.raises(EffectError, match="no standard error"):
        estimate_att(members, outcome(members))
    row = estimate_many(members, outcome(members)[:, None]).iloc[0]
    assert row["status"] == "too_few_clusters"
    assert np.isnan(row[["estimate", "std_error", "ci_low", "treated_mean"]].astype(float)).all()
    assert row["n_treated"] == 1


def test_one_control_person_for_all_sets_has_no_standard_error():
    members = pairs(40)
    members.loc[members["treated"] == 0, "unit"] = 9_999
    with pytest.raises(EffectError, match="1 controls"):
        estimate_att(members, outcome(members))


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_treated_among_many_controls_are_told(n: int):
    frame = pd.DataFrame({"treated": np.r_[np.ones(n), np.zeros(2_000)], "y": outcome(pairs(1_010))[: n + 2_000]})
    if n == 1:
        with pytest.raises(EffectError, match="no standard error"):
            unadjusted(frame, "y", treatment="treated")
        return
    with pytest.warns(FewClustersWarning, match=f"the fewest: {n}"):
        unadjusted(frame, "y", treatment="treated")


def test_panels_and_curves_refuse_one_cluster():
    members = pairs(1)
    with pytest.raises(EffectError, match="two clusters"):
        event_study(members, np.random.default_rng(1).normal(size=(2, 3)), years=(-1, 0, 1))
    with pytest.raises(EffectError, match="two clusters"):
        cumulative_incidence(members, [3, 4], [1, 0], at=(2,))
    with pytest.raises(EffectError, match="to draw from"):
        quantile_effects(members, outcome(members)[:, None], draws=50)


def test_one_person_who_serves_nearly_all_sets_is_told():
    members = pairs(60, reuse=True)
    with pytest.warns(DominantWeightWarning, match="92 % of the weight of the 6 controls"):
        estimate_att(members, outcome(members))
    with warnings.catch_warnings():
        warnings.simplefilter("error", DominantWeightWarning)
        estimate_att(pairs(60), outcome(pairs(60)))


@pytest.mark.parametrize(
    ("by_unit", "found", "of_few"),
    [
        ([1.0] * 100, None, None),
        ([11.0] + [1.0] * 89, (0.11, 90), (0.11, 90)),  # over a tenth, and ten times a fair share
        ([2.0] + [1.0] * 8, None, None),  # a fifth, but less than twice a fair share
        ([0.0, 3.0, 1.0], None, (0.75, 2)),  # of two, neither can have five times a fair share
        ([0.0, 4.0], None, (1.0, 1)),
        ([], None, None),
    ],
)
def test_which_unit_dominates(by_unit, found, of_few):
    weight = np.array(by_unit)
    assert dominant(weight) == (found and pytest.approx(found))
    assert dominant(weight, of_few=True) == (of_few and pytest.approx(of_few))
    assert dominance(weight, "controls") == (
        [f"one unit carries {100 * found[0]:.0f} % of the weight of the {found[1]} controls"] if found else []
    )


def test_rows_that_stand_twice_are_refused():
    members = pairs(40).assign(position=np.arange(80))
    twice = pd.concat([members, members.iloc[:7]])
    with pytest.raises(EffectError, match="4 treated rows stand twice"):
        estimate_att(twice, outcome(twice))


def test_treated_must_be_known_as_zero_and_one():
    members = pairs(40)
    members.loc[members["set"] < 5, "treated"] *= 2
    with pytest.raises(EffectError, match="5 values other than 0 and 1"):
        estimate_att(members, outcome(members))


@pytest.mark.parametrize(
    "given",
    [
        pd.DataFrame({"y": ["a"] * 80}),
        {"y": np.array(["a"] * 80)},
        np.array([["a"]] * 80),
        {"y": ["1"] * 80},  # nor are digits written as text
    ],
)
def test_words_are_no_outcomes(given: object):
    with pytest.raises(EffectError, match="numbers"):
        estimate_many(pairs(40), given)  # type: ignore[arg-type]


def test_a_band_is_never_narrower_than_the_pointwise_interval():
    members = pairs(60)
    y = outcome(members)
    for seed in range(1, 8):
        joint = estimate_jointly(members, np.column_stack([y, y]), seed=seed)
        assert joint.critical >= 1.9599639
    with pytest.raises(EffectError, match="draws"):
        sup_t_bands(joint.table.iloc[:2], joint.covariance, draws=1)


def test_a_subgroup_by_the_actual_exit_is_refused_by_name():
    members = pairs(60).assign(actual_exit=1)
    with pytest.raises(EffectError, match="only known after time zero"):
        subgroup_effects(members, outcome(members), "actual_exit")


def test_restricted_means_end_where_follow_up_ends():
    members = pairs(40)
    rng = np.random.default_rng(3)
    time, event = rng.integers(1, 11, 80), rng.integers(0, 2, 80)
    time[event == 0] = 10
    for at in ((6,), (48,), (6, 48)):
        found = cumulative_incidence(members, time, event, at=at, horizon=48)
        assert (found.restricted["status"] == "not_observed").all()
    assert (cumulative_incidence(members, time, event, at=(6,), horizon=8).restricted["status"] == "estimated").all()


def test_reuse_is_seen_without_positions_too():
    members = pairs(60, reuse=True)
    with pytest.raises(EffectError, match="with replacement"):
        person_bootstrap(members, outcome(members)[:, None], draws=20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        person_bootstrap(members, outcome(members)[:, None], draws=20, risk_sets=True)


def test_matching_with_replacement_stays_refused_whatever_is_said_of_months():
    from evaluation.matching import match

    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.normal(size=300), "d": rng.random(300) < 0.2, "y": rng.normal(size=300)})
    matched = match(frame.astype({"d": int}), treatment="d", covariates=["x"], replace=True)
    for risk_sets in (False, True):
        with pytest.raises(EffectError, match="with replacement"):
            person_bootstrap(matched, frame["y"].to_numpy()[matched.members["position"]][:, None], risk_sets=risk_sets)
