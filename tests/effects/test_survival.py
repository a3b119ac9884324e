"""Cumulative incidence: hand examples, other packages, no censoring, bootstrap, and what must always hold."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight
from threadpoolctl import threadpool_limits

from evaluation.effects import Estimate, estimate_att, estimate_many
from evaluation.effects.survival.curves import curves
from evaluation.effects.survival.incidence import cumulative_incidence, kaplan_meier
from evaluation.errors import EffectError
from tests.effects.conftest import sample

CAUSES = {1: "established", 2: "died", 3: "emigrated"}


def spells(members, seed=7, censored=True):
    """Months to the end and what it was; sets share an end of the registers, persons a frailty."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    person = draw.gamma(4.0, 0.25, members["unit"].max() + 1)[members["unit"]]
    speed = 20 / person / np.where(members["treated"] == 1, 1.4, 1.0)
    time = np.ceil(draw.exponential(speed))
    event = draw.choice([1, 1, 1, 1, 2, 3], len(members))
    if censored:
        end = draw.integers(15, 60, members["set"].max() + 1)[members["set"]]
        event = np.where(time > end, 0, event)
        time = np.minimum(time, end)
    return time.astype(float), event


def curve(result, group, cause):
    c = result.curves
    return c[(c["group"] == group) & (c["cause"] == cause)].reset_index(drop=True)


def test_hand_example():
    """Five treated: event at 1, death at 2, censored at 2, event at 3, censored at 4. Controls: one event at 2 of two."""
    members = pd.DataFrame(
        {"set": [0, 1, 2, 3, 4, 0, 1], "unit": range(7), "treated": [1] * 5 + [0] * 2, "weight": 1.0}
    )
    members.loc[2:4, "set"] = [0, 1, 0]
    members.loc[5:, "weight"] = [3.0, 2.0]
    time, event = [1, 2, 2, 3, 4, 2, 5], [1, 2, 0, 1, 0, 1, 0]
    with pytest.warns(UserWarning, match="fewer than 30"):
        found = cumulative_incidence(members, time, event, causes={1: "job", 2: "death"}, at=[1, 2, 3, 4], horizon=4)
    job, death, free = (curve(found, "treated", name) for name in ("job", "death", "event_free"))
    np.testing.assert_allclose(job["incidence"], [1 / 5, 1 / 5, 1 / 5 + 3 / 5 / 2, 1 / 2])
    np.testing.assert_allclose(death["incidence"], [0, 4 / 5 / 4, 1 / 5, 1 / 5])
    np.testing.assert_allclose(free["incidence"], [4 / 5, 3 / 5, 3 / 10, 3 / 10])
    assert list(job["at_risk"]) == [5, 4, 2, 1]
    assert list(job["event"]) == [1, 0, 1, 0]
    assert list(free["event"]) == [1, 1, 1, 0]
    np.testing.assert_allclose(curve(found, "controls", "job")["incidence"], [0, 3 / 5, 3 / 5, 3 / 5])
    # area under the incidence of the treated: 0.2 from 1 to 3, 0.5 from 3 to 4
    assert found.restricted["treated_mean"][0] == pytest.approx(0.2 * 2 + 0.5)
    assert found.restricted["treated_mean"][1] == pytest.approx(1 + 0.8 + 0.6 + 0.3)
    assert found.table["estimate"].to_list() == pytest.approx([0.2, 0.2 - 0.6, 0.5 - 0.6, 0.5 - 0.6])


@pytest.mark.parametrize("cluster", ["set+unit", "set", "unit", "none"])
def test_without_censoring_all_numbers_are_those_of_indicators(members, cluster):
    time, event = spells(members, censored=False)
    at = [1, 6, 12, 30]
    found = cumulative_incidence(members, time, event, causes=CAUSES, at=at, cluster=cluster)
    indicators = np.column_stack([(time <= t) & (event == 1) for t in at]).astype(float)
    expected = estimate_many(members, indicators, cluster=cluster)
    for column in expected.columns.difference(["outcome", "estimator"]):
        if expected[column].dtype.kind == "f":
            np.testing.assert_allclose(found.table[column], expected[column], rtol=1e-9, err_msg=column)
        else:
            assert list(found.table[column]) == list(expected[column]), column
    # the area under the incidence is the mean time since the event
    since = estimate_att(members, np.where(event == 1, np.maximum(30 - time, 0), 0), cluster=cluster, rate=False)
    row = found.restricted.iloc[0]
    assert row["estimate"] == pytest.approx(since.estimate, rel=1e-9)
    assert row["std_error"] == pytest.approx(since.std_error, rel=1e-9)
    free = estimate_att(members, np.minimum(time, 30), cluster=cluster)
    assert found.restricted["estimate"][1] == pytest.approx(free.estimate, rel=1e-9)
    assert found.restricted["std_error"][1] == pytest.approx(free.std_error, rel=1e-9)


def test_against_statsmodels(members):
    """Same points and (without clusters, less G / (G - 1)) the same standard errors, by its other formulas."""
    time, event = spells(members)
    found = cumulative_incidence(members, time, event, causes=CAUSES, cluster="none")
    treated = members["treated"] == 1
    shrink = np.sqrt((len(members) - 1) / len(members))
    theirs = CumIncidenceRight(time[treated], event[treated])
    for k, cause in enumerate(CAUSES.values()):
        own = curve(found, "treated", cause)
        own = own[own["incidence"].notna()]
        at = np.searchsorted(theirs.times, own["time"], side="right") - 1
        np.testing.assert_allclose(own["incidence"], np.r_[theirs.cinc[k], 0][at], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(own["std_error"] * shrink, np.r_[theirs.cinc_se[k], 0][at], rtol=1e-9, atol=1e-12)
    survival = kaplan_meier(members, time, event == 1, cluster="none")
    km = SurvfuncRight(time[treated], (event == 1)[treated].astype(int))
    own = curve(survival, "treated", "event_free").set_index("time").loc[km.surv_times]
    np.testing.assert_allclose(own["incidence"], km.surv_prob, rtol=1e-12)
    np.testing.assert_allclose(own["std_error"] * shrink, km.surv_prob_se, rtol=1e-9)


def test_weights_are_copies():
    """Whole weights give the curves of the rows written as many times."""
    draw = np.random.Generator(np.random.Philox(key=3))
    time, event = draw.integers(1, 9, 60).astype(float), draw.integers(0, 3, 60)
    weight = draw.integers(1, 5, 60)
    grid = np.arange(1.0, 9.0)
    weighted = [p.incidence for p in curves(time, event, weight.astype(float), grid, 2)]
    copies = np.repeat(np.arange(60), weight)
    plain = [p.incidence for p in curves(time[copies], event[copies], np.ones(copies.size), grid, 2)]
    np.testing.assert_allclose(weighted, plain, rtol=1e-12)


def test_influence_is_the_derivative():
    draw = np.random.Generator(np.random.Philox(key=4))
    time, event = draw.integers(1, 9, 40).astype(float), draw.integers(0, 3, 40)
    weight, grid, step = draw.random(40) + 0.5, np.arange(1.0, 9.0), 1e-6
    influence = np.array([p.influence for p in curves(time, event, weight, grid, 2)])
    for row in (0, 7, 23):
        up, down = weight.copy(), weight.copy()
        up[row] *= 1 + step
        down[row] *= 1 - step
        ends = [np.array([p.incidence for p in curves(time, event, w, grid, 2)]) for w in (up, down)]
        np.testing.assert_allclose(influence[:, :, row], (ends[0] - ends[1]) / (2 * step), atol=1e-8)


@pytest.mark.parametrize("cluster", ["set", "unit"])
def test_standard_errors_against_the_bootstrap(cluster):
    """Clusters drawn with replacement, 600 times: the spread of the difference is its standard error within a tenth."""
    members = sample(n_sets=300, n_persons=300)
    time, event = spells(members)
    found = cumulative_incidence(members, time, event, causes=CAUSES, at=[12, 24], cluster=cluster)
    code = pd.factorize(members[cluster])[0]
    treated, weight = members["treated"].to_numpy() == 1, members["weight"].to_numpy()
    draw = np.random.Generator(np.random.Philox(key=11))
    grid = np.unique(np.r_[time[event > 0][time[event > 0] <= 24], 12, 24])
    at = np.searchsorted(grid, [12, 24])
    differences = []
    for _ in range(600):
        times = np.bincount(draw.integers(0, code.max() + 1, code.max() + 1), minlength=code.max() + 1)[code]
        sides = []
        for side in (treated, ~treated):
            w = weight * times * side
            y = np.array([w[time >= u].sum() for u in grid])
            d = np.array([[w[(time == u) & (event == k)].sum() for k in (0, 1)] for u in grid])
            every = np.array([w[(time == u) & (event > 0)].sum() for u in grid])
            before = np.r_[1.0, np.cumprod(1 - every / y)[:-1]]
            sides.append(np.cumsum(before * d[:, 1] / y)[at])
        differences.append(sides[0] - sides[1])
    np.testing.assert_allclose(found.table["std_error"], np.std(differences, axis=0, ddof=1), rtol=0.1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=30),
)
def test_curves_always(rows):
    """Survival and incidences sum to 1; incidences grow; all inside [0, 1]; influences sum to 0."""
    time, event, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    grid = np.arange(0.0, 13.0)
    points = list(curves(time, event.astype(int), weight, grid, 3))
    value = np.array([p.incidence for p in points])
    followed = ~np.isnan(value[:, 0])
    np.testing.assert_allclose(value[followed].sum(axis=1), 1, rtol=1e-12)
    assert np.all(np.diff(value[followed, 1:], axis=0) >= -1e-15)
    assert np.all(np.diff(value[followed, 0]) <= 1e-15)
    assert value[followed].min() >= -1e-15
    sums = np.array([p.influence.sum(axis=1) for p in points])[followed]
    np.testing.assert_allclose(sums, 0, atol=1e-12)
    # nobody is followed beyond the last row, unless everybody had the event
    last = time.max()
    everybody = np.all(event[time == last] > 0)
    assert np.all(followed[grid <= last])
    assert np.all(followed[grid > last]) == (everybody or last >= grid[-1])


def test_beyond_the_follow_up(members):
    time, event = spells(members)
    found = cumulative_incidence(members, time, event, causes=CAUSES, at=[12, 200], horizon=12)
    assert list(found.table["status"]) == ["estimated", "not_observed"]
    assert found.table[["estimate", "std_error", "ci_low", "treated_mean"]].iloc[1].isna().all()
    assert np.isnan(found.covariance[1]).all()
    assert isinstance(found.at(12), Estimate)
    with pytest.raises(EffectError, match=r"one of \[12.0\]"):
        found.at(200)
    assert (cumulative_incidence(members, time, event, at=[200]).restricted["status"] == "not_observed").all()


def test_members_that_are_not_followed_leave_their_weight(members):
    time, event = spells(members)
    event = event.astype(float)
    drop = (members["set"] < 4).to_numpy() & (members["treated"] == 1).to_numpy()
    time[drop], event[drop] = np.nan, np.nan
    found = cumulative_incidence(members, time, event, causes=CAUSES, at=[12])
    rest = (members["set"] >= 4).to_numpy()
    expected = cumulative_incidence(members[rest], time[rest], event[rest], causes=CAUSES, at=[12])
    pd.testing.assert_frame_equal(found.table, expected.table)


def test_intervals_stay_inside(members):
    time, event = spells(members)
    found = cumulative_incidence(members, time, event, causes=CAUSES, at=[1, 12, 48])
    seen = found.curves.dropna(subset="incidence")
    assert seen["ci_low"].min() >= 0
    assert seen["ci_high"].max() <= 1
    assert (seen["ci_low"] <= seen["incidence"] + 1e-12).all()
    assert (seen["ci_high"] >= seen["incidence"] - 1e-12).all()
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), found.table["std_error"])


def test_order_threads_and_inputs(members):
    time, event = spells(members)
    kept = members.copy()
    with threadpool_limits(1):
        one = cumulative_incidence(members, time, event, causes=CAUSES)
    with threadpool_limits(2):
        two = cumulative_incidence(members, time, event, causes=CAUSES)
    pd.testing.assert_frame_equal(one.curves, two.curves, check_exact=True)
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    order = np.random.Generator(np.random.Philox(key=9)).permutation(len(members))
    turned = cumulative_incidence(members.iloc[order], time[order], event[order], causes=CAUSES)
    pd.testing.assert_frame_equal(one.curves, turned.curves, rtol=1e-9)
    pd.testing.assert_frame_equal(members, kept)


def test_result_prints_and_plots(members):
    time, event = spells(members)
    found = cumulative_incidence(members, time, event, causes=CAUSES)
    assert "cumulative incidence of established" in str(found)
    assert found._repr_html_().startswith("<table")
    assert list(found.table["outcome"][:2]) == ["established by 12", "established by 24"]
    for ax in (found.plot(), found.plot(cause="event_free"), found.forest()):
        plt.close(ax.figure)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"time": [1.0]}, r"time: shape \(1,\)"),
        ({"time": -1.0}, "negative or infinite"),
        ({"event": 7.0}, r"codes 7"),
        ({"event": np.nan}, "not both"),
        ({"event": 0.5, "causes": None}, "not whole numbers"),
        ({"causes": {1: "a", 3: "b"}}, "without gaps"),
        ({"causes": {1: "a", 2: "a", 3: "b"}}, "not unique"),
        ({"cause": 4}, "a code from 1 to 3"),
        ({"at": []}, "at least one"),
        ({"horizon": 0}, "a time above 0"),
        ({"cluster": "month"}, "set\\+unit"),
    ],
)
def test_refusals(members, change, text):
    time, event = spells(members)
    given_ = {"time": time, "event": event.astype(float), "causes": CAUSES, **change}
    for name, whole in (("time", time), ("event", event)):
        if isinstance(given_[name], float):
            value = given_[name]
            given_[name] = np.array(whole, dtype=float)
            given_[name][0] = value
    with pytest.raises(EffectError, match=text):
        cumulative_incidence(members, **given_)
