"""What a study may ask for, and what its rows mean, without any register."""

from __future__ import annotations

import tomllib
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import EffectError, FlaggedMethodWarning, StudyError
from evaluation.outcomes import State
from evaluation.study.effects_clocks import complete_sets, months_meant, never_in_follow_up, own_starts, share_followed
from evaluation.study.effects_hazard import joined
from evaluation.study.effects_rows import not_estimated
from evaluation.study.effects_states import state_shares
from evaluation.study.estimands import INHERITED_CLOCKS, MAIN, SERVES, plan
from evaluation.study.estimators import ESTIMATORS
from evaluation.study.estimators_never import _rows_of
from evaluation.study.file import EffectsSection, parse_study
from evaluation.study.subgroups import subgroup_masks
from tests.proofs.delivery import STUDY


def study(**effects):
    raw = tomllib.loads(STUDY.read_text(encoding="utf-8"))
    raw["effects"].update(effects)
    return parse_study(raw)


def test_every_name_of_an_estimator_has_a_function() -> None:
    assert set(ESTIMATORS) == set(SERVES)
    for estimand, estimator in MAIN.items():
        assert estimand in SERVES[estimator].estimands


def test_the_plan_gives_each_estimand_its_main_estimator_first() -> None:
    asked = ("not_yet", "never", "never_in_follow_up"), ("matched_difference", "dynamic")
    assert plan(*asked, "start") == [
        ("not_yet", "matched_difference"),
        ("never", "dynamic_matched"),
        ("never", "dynamic"),
        ("never_in_follow_up", "matched_difference"),
    ]
    # exit clocks of never exist in matched sets only, and clocks of reruns for none of it
    assert ("never", "dynamic") not in plan(*asked, "exit_planned")
    assert plan(*asked, "exit_own") == [("not_yet", "matched_difference"), ("never_in_follow_up", "matched_difference")]
    assert plan(("never",), ("matched_difference",), "start") == [("never", "dynamic_matched")]


def test_the_study_file_names_estimands_and_estimators() -> None:
    spec = study(estimand="never", estimands=["not_yet", "never"])
    assert spec.effects.all_estimands == ("never", "not_yet")
    # every estimator that the file names answers one of its estimands; a file that names none has the main ones
    assert EffectsSection().estimators == ("matched_difference",)
    assert EffectsSection().all_estimands == ("not_yet",)
    with pytest.raises(StudyError, match="'dynamic' answers 'never', which is not among the estimands"):
        study(estimands=[], estimators=["dynamic"])
    with pytest.raises(StudyError, match="never_in_follow_up"):
        study(estimand="nevr")
    with pytest.raises(StudyError, match="dynamic_matched"):
        study(estimators=["no_such"])


def test_an_own_start_is_the_next_after_the_month_of_the_matching() -> None:
    jobs = pd.DataFrame({"person": [7, 7, 7, 8], "start": [10, 30, 50, 20]})
    members = pd.DataFrame(
        {"person": [7, 7, 7, 7, 8, 9, 7], "start": [5, 10, 29, 50, 25, 10, 5], "treated": [0, 0, 0, 0, 0, 0, 1]}
    )
    found = own_starts(SimpleNamespace(employments=jobs), members)
    np.testing.assert_array_equal(found, [10, 30, 30, np.nan, np.nan, np.nan, np.nan])


def test_who_begins_later_leaves_and_the_others_share_the_weight() -> None:
    sample = pd.DataFrame(
        {
            "set": [1, 1, 1, 2, 2], "unit": [1, 2, 3, 4, 5], "treated": [1, 0, 0, 1, 0], "weight": [1, 0.5, 0.5, 1, 1.0],
            "own_start": [np.nan, 90, np.nan, np.nan, 80],
        }
    )  # fmt: skip
    with pytest.warns(FlaggedMethodWarning, match="biased"):
        left, rows = never_in_follow_up(sample)
    assert left["unit"].tolist() == [1, 3]
    assert left["weight"].tolist() == [1, 1]
    assert rows.tolist() == [0, 2]
    assert list(left.columns) == list(complete_sets(sample).columns)


def test_a_year_is_over_in_december() -> None:
    labels = pd.DataFrame({"horizon": [1, 6, 1, -3], "horizon_unit": ["year", "month", "year", "month"]})
    until, horizon = months_meant(labels, np.array([24_108, 24_119]))  # January and December 2009
    np.testing.assert_array_equal(until[:, horizon[0]], [24_131, 24_131])
    np.testing.assert_array_equal(until[:, horizon[1]], [24_114, 24_125])
    np.testing.assert_array_equal(until[:, horizon[3]], [24_105, 24_116])
    assert horizon[0] == horizon[2]
    assert until.shape == (2, 3)


def test_participants_without_a_month_on_the_clock_were_not_followed() -> None:
    labels = pd.DataFrame({"horizon": [1, 4], "horizon_unit": ["year", "year"]})
    sample = pd.DataFrame({"treated": [1, 1, 0], "t0": [12 * 2010, 12 * 2014, 12 * 2010]})
    panel = SimpleNamespace(grid=SimpleNamespace(first_month=12 * 2009, n_months=84, last_year=2015))
    np.testing.assert_allclose(share_followed(sample, labels, panel, 4), [0.5, 0.25])


def test_states_count_persons() -> None:
    panel = SimpleNamespace(states_at=lambda unit, t0, year: np.where(unit == 9, State.DEAD, State.ESTABLISHED))
    sample = pd.DataFrame(
        {"unit": [1, 5, 5, 9], "treated": [1, 0, 0, 0], "weight": [1, 0.5, 0.25, 0.25], "t0": [0, 0, 0, 0]}
    )
    table = state_shares(panel, sample, (1,)).set_index(["group", "state"])
    assert table.loc[("comparison", "established"), "n"] == 1
    assert table.loc[("comparison", "established"), "share"] == 0.75
    weighed = state_shares(panel, sample, (1,), {1: np.array([1, 1, 0, 1.0])}).set_index(["group", "state"])
    assert weighed.loc[("comparison", "established"), "share"] == 0.5


def test_whose_length_is_unknown_is_in_no_group_of_lengths() -> None:
    table = pd.DataFrame(
        {
            "row": [0, 1, 2], "month": 100, "planned_exit": [np.nan, 104, 120], "education": ["compulsory"] * 3,
            "workplace_type": pd.Categorical(["regular", None, "created"]),
        }
    )  # fmt: skip
    members = pd.DataFrame({"set": [5, 6, 7], "id": [0, 1, 2], "treated": 1})
    masks = subgroup_masks(table, members, ["planned_length", "workplace_type"])
    assert {name: sets.tolist() for name, sets in masks.items()} == {
        "all": [5, 6, 7], "planned_length=long": [7], "planned_length=short": [6], "workplace_type=created": [7],
        "workplace_type=regular": [5],
    }  # fmt: skip


def test_a_person_month_that_the_cohort_lacks_is_refused() -> None:
    table = pd.DataFrame({"person": [7, 3, 7], "month": [101, 100, 100], "row": [10, 11, 12]})
    wanted = pd.DataFrame({"unit": [7, 7, 3], "month": [100, 101, 100]})
    assert _rows_of(table, wanted).tolist() == [12, 10, 11]
    for unit, month in ((7, 102), (3, 101), (1, 1)):
        with pytest.raises(EffectError, match="1 person-months at risk stand in no row"):
            _rows_of(table, pd.DataFrame({"unit": [7, unit], "month": [100, month]}))
    with pytest.raises(EffectError, match="3 person-months"):
        _rows_of(table.iloc[:0], wanted)


def test_an_estimate_that_could_not_be_made_says_whom_it_was_about() -> None:
    sample = pd.DataFrame({"unit": [1, 2, 2, 3], "treated": [1, 0, 0, 0]})
    rows = not_estimated(sample, np.array([[1.0, np.nan], [0.0, 1.0], [0.0, 1.0], [np.nan, 0.0]]))
    assert rows["n_treated"].tolist() == [1, 0]
    assert rows["n_controls"].tolist() == [1, 2]
    assert rows["estimate"].isna().all()


def test_joined_months_keep_the_levels_of_both() -> None:
    one = pd.DataFrame({"x": pd.Categorical(["b", "a"], categories=["b", "a"]), "y": [1, 2]})
    two = pd.DataFrame({"x": pd.Categorical(["c", "a"], categories=["a", "c"]), "y": [3, 4]})
    both = joined(one, two)
    assert both["x"].astype(str).tolist() == ["b", "a", "c", "a"]
    assert both["x"].cat.categories.tolist() == ["b", "a", "c"]
    assert both["y"].tolist() == [1, 2, 3, 4]


def test_inherited_clocks_are_those_of_the_design() -> None:
    from evaluation.study.design import INHERITED

    assert INHERITED_CLOCKS == INHERITED
