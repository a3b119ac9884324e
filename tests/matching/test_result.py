"""Units, members, weights, counts: they all say the same."""

import dataclasses
import pickle
import warnings

import numpy as np
import pytest

from evaluation.errors import OverlapWarning
from evaluation.matching import match
from evaluation.matching.invariants import violations
from evaluation.matching.task import Pairs
from tests.matching.conftest import COVARIATES


@pytest.fixture(scope="module")
def matched(frame):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        return match(
            frame, treatment="treat", covariates=COVARIATES, id="id", caliper=0.05, ratio=3, replace=True, exact="woman"
        )


def test_members_and_weights(matched):
    members, units = matched.members, matched.units.set_index("id")
    controls = members[members["treated"] == 0]
    assert members.loc[members["treated"] == 1, "weight"].eq(1).all()
    assert members["set"].is_monotonic_increasing
    np.testing.assert_allclose(controls.groupby("set")["weight"].sum(), 1.0)
    np.testing.assert_allclose(
        members.groupby("id")["weight"].sum(), units.loc[sorted(members["id"].unique()), "weight"]
    )
    assert units.loc[~units["matched"], "weight"].eq(0).all()
    assert members.groupby("set")["treated"].first().eq(1).all()


def test_sets_are_numbered_by_the_id_of_their_treated(matched):
    leaders = matched.members[matched.members["treated"] == 1]
    assert leaders["id"].is_monotonic_increasing
    assert leaders["set"].tolist() == list(range(matched.n_sets))


def test_units_name_the_set_of_those_in_one(matched):
    units, members = matched.units.set_index("id"), matched.members
    number = members.groupby("id")["set"].agg(["size", "first"])
    alone = number[number["size"] == 1]
    assert (units.loc[alone.index, "set"].to_numpy(int) == alone["first"].to_numpy()).all()
    assert units["set"].isna().sum() == len(units) - len(alone)
    assert list(matched.units.columns) == ["id", "treated", "score", "weight", "set", "matched"]


def test_pairs(matched):
    assert list(matched.pairs.columns) == ["set", "treated", "control", "distance"]
    ordered = matched.pairs.sort_values(["set", "distance"], kind="stable")
    assert ordered.index.tolist() == list(range(len(ordered)))


def test_counts_and_flow_add_up(frame, matched):
    counts, flow = matched.counts, matched.flow()
    assert counts.loc["all", "treated"] == frame["treat"].sum()
    assert (counts.loc["all"] == counts.loc["matched"] + counts.loc["unmatched"]).all()
    assert flow["n_in"].iloc[0] == counts.loc["all", "treated"]
    assert flow["n_out"].iloc[-1] == counts.loc["matched", "treated"]
    assert (flow["n_in"] - flow["n_removed"] == flow["n_out"]).all()
    assert matched.ess["control"] == pytest.approx(counts.loc["effective", "control"])


def test_ess_is_kish(matched):
    w = matched.units.loc[matched.units["treated"] == 0, "weight"]
    assert matched.ess["control"] == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_survives_storage(matched):
    again = pickle.loads(pickle.dumps(matched))
    assert again.members.equals(matched.members)
    assert str(again) == str(matched)


BROKEN = {
    "a pair crosses exact strata": lambda p, m: (p.treated, _with_other(m, p, stratum=True), p.distance),
    "a distance is not the one between its units": lambda p, m: (p.treated, p.control, p.distance + 1e-9),
    "a pair is not one treated and one control": lambda p, m: (p.treated, p.treated, p.distance * 0),
    "a pair occurs twice": lambda p, m: (p.treated, _doubled(p), p.distance),
}


def _with_other(matched, pairs, stratum):
    task, control = matched.task, pairs.control.copy()
    other = np.flatnonzero(~task.treated & (task.stratum != task.stratum[pairs.treated[0]]))
    control[0] = other[0]
    return control


def _doubled(pairs):
    control = pairs.control.copy()
    control[1] = control[0]
    return control


@pytest.mark.parametrize("name", BROKEN)
def test_the_checker_sees_what_is_broken(matched, name):
    treated, control, distance = BROKEN[name](matched.pair_rows, matched)
    broken = dataclasses.replace(matched, pair_rows=Pairs(treated, control, distance, matched.pair_rows.reachable))
    assert name in violations(broken)
    with pytest.raises(AssertionError, match="breaks its invariants"):
        broken.check()


def test_the_checker_sees_limits(matched):
    for text, change in {
        "a pair lies outside the caliper": {"caliper": 0.0},
        "a control was used more often than allowed": {"capacity": 1},
    }.items():
        task = dataclasses.replace(matched.task, **change)
        spec = matched.spec if "capacity" not in change else dataclasses.replace(matched.spec, max_reuse=1)
        assert text in violations(dataclasses.replace(matched, task=task, spec=spec))
    few = dataclasses.replace(matched.spec, ratio=1)
    assert "a treated unit has more controls than the ratio" in violations(dataclasses.replace(matched, spec=few))
