"""Risk sets: intervals against a plain search over person-months, the two forms against each other, and caps."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import FlaggedMethodWarning, MatchingError, OverlapWarning
from evaluation.matching import RiskSets, match
from evaluation.matching.invariants import violations
from evaluation.matching.search_risk import sd_within_risk_sets
from tests.matching.brute import brute_pairs

RISK = {"start": "start", "eligible_from": "first", "eligible_to": "last"}


def people(seed, n=300, n_months=8, grid=None):
    """One row per person: months at risk, start of the treated, a score, a sex."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    first = draw.integers(0, n_months, n)
    last = first + draw.integers(0, n_months, n)
    treat = draw.random(n) < 0.3
    start = first + draw.integers(0, 1000, n) % (last - first + 1)
    score = draw.random(n) * 0.8 + 0.1 if grid is None else (draw.integers(1, grid, n) / (grid + 1))
    frame = pd.DataFrame({"id": draw.permutation(n) + 500, "treat": treat.astype(int), "first": first, "last": last})
    return frame.assign(start=np.where(treat, start, np.nan), ps=score, woman=draw.integers(0, 2, n))


def person_months(frame, elapsed=()):
    """The same as one row per person and month at risk, treated in the month of the start, and nothing after."""
    until = frame["start"].fillna(10**6).clip(upper=frame["last"]).astype(int)
    rows = frame.loc[frame.index.repeat(until - frame["first"] + 1)].copy()
    rows["month"] = rows["first"] + rows.groupby("id").cumcount()
    rows["treat"] = (rows["month"] == rows["start"]).astype(int)
    rows["class"] = np.searchsorted(np.array(elapsed), rows["month"] - rows["first"], side="right") if elapsed else 0
    return rows.reset_index(drop=True).assign(row=lambda d: np.arange(len(d)))


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OverlapWarning)
        yield


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    order=st.sampled_from(["largest", "smallest", "closest", "random"]),
    ratio=st.integers(1, 3),
    elapsed=st.sampled_from([(), (0, 2, 5)]),
    caliper=st.sampled_from([0.3, -0.1, None]),
    grid=st.sampled_from([None, 6]),
)
def test_intervals_equal_a_plain_search_of_person_months(seed, order, ratio, elapsed, caliper, grid):
    frame = people(seed, n=40, n_months=4, grid=grid)
    unit = {"caliper": caliper, "caliper_unit": "raw"} if caliper else {}
    options = {
        "treatment": "treat",
        "score": "ps",
        "id": "id",
        "order": order,
        "ratio": ratio,
        "exact": "woman",
        **unit,
    }
    try:
        matched = match(frame, **options, risk_set=RiskSets(**RISK, elapsed=elapsed))
    except MatchingError:
        return
    assert violations(matched) == []
    months = person_months(frame, elapsed)
    place = months.groupby("id")["row"].first()
    task = match(months, **options | {"id": "row", "exact": ["woman", "class"]}, unit="id", risk_set="month").task
    # ties fall by the person's hash, as they do with one row per person
    person = frame.set_index("id").index.get_indexer(months["id"])
    own = matched.task
    task = type(task)(**{**task.__dict__, "tie": own.tie[person], "lot": own.lot[person]})
    expected = {(int(months.loc[t, "id"]), int(months.loc[c, "id"])) for t, c in brute_pairs(task)}
    assert place.size
    assert set(zip(matched.pairs["treated"], matched.pairs["control"], strict=True)) == expected


@pytest.mark.parametrize("elapsed", [(), (0, 2, 5)])
def test_both_forms_have_the_same_caliper(elapsed):
    frame = people(3)
    one = match(frame, treatment="treat", score="ps", id="id", caliper=0.2, risk_set=RiskSets(**RISK, elapsed=elapsed))
    other = match(
        person_months(frame, elapsed),
        treatment="treat",
        score="ps",
        id="row",
        unit="id",
        caliper=0.2,
        risk_set="month",
        exact="class",
    )
    assert one.spec.caliper_unit == other.spec.caliper_unit == "sd_strata"
    assert one.task.caliper == pytest.approx(other.task.caliper, rel=1e-10)
    intervals = one.task.intervals
    assert sd_within_risk_sets(one.task.stratum, one.task.value, one.task.treated, intervals) * 0.2 == one.task.caliper


def test_later_treated_are_controls_until_their_start():
    frame = people(5, n=400)
    matched = match(frame, treatment="treat", score="ps", id="id", ratio=3, risk_set=RiskSets(**RISK))
    start = frame.set_index("id")["start"]
    later = start[matched.pairs["control"]].to_numpy()
    assert np.isfinite(later).any()
    assert np.all(~np.isfinite(later) | (later > start[matched.pairs["treated"]].to_numpy()))
    units = matched.units.set_index("id")
    assert (units.loc[units["control_weight"] > 0, "treated"] == 1).any()
    assert units["control_weight"].sum() == pytest.approx(matched.n_sets)
    assert set(matched.members["treated"]) == {0, 1}
    table = matched.balance(["woman"]).table
    assert np.isfinite(table["smd_after"]).all()
    assert (matched.counts.loc["all"] == matched.counts.loc["matched"] + matched.counts.loc["unmatched"]).all()


def test_rows_in_any_order_give_the_same_pairs():
    frame = people(6, n=500, grid=8)
    options = {"treatment": "treat", "score": "ps", "id": "id", "caliper": 0.5, "ratio": 2}
    one = match(frame, **options, risk_set=RiskSets(**RISK, elapsed=(0, 3)))
    other = match(frame.sample(frac=1, random_state=3), **options, risk_set=RiskSets(**RISK, elapsed=(0, 3)))
    pd.testing.assert_frame_equal(one.pairs, other.pairs)
    assert one.task.caliper == other.task.caliper


@pytest.mark.parametrize("cap", [1, 2])
def test_a_cap_is_filled_in_the_order_of_time_and_flagged(cap):
    frame = people(7, n=200, n_months=5)
    months = person_months(frame)
    with pytest.warns(FlaggedMethodWarning, match="depletes the pool"):
        one = match(frame, treatment="treat", score="ps", id="id", max_reuse=cap, risk_set=RiskSets(**RISK))
    with pytest.warns(FlaggedMethodWarning, match="depletes the pool"):
        other = match(months, treatment="treat", score="ps", id="row", unit="id", max_reuse=cap, risk_set="month")
    free = match(months, treatment="treat", score="ps", id="row", unit="id", risk_set="month")
    uses = other.members[other.members["treated"] == 0].groupby("unit").size()
    assert uses.max() <= cap < free.members[free.members["treated"] == 0].groupby("unit").size().max()
    assert one.pairs["control"].value_counts().max() <= cap
    np.testing.assert_allclose(np.sort(one.pairs["distance"]), np.sort(other.pairs["distance"]), atol=1e-12)
    # the first month is not touched by the cap
    first = months["month"].min()
    started = months.loc[(months["treat"] == 1) & (months["month"] == first), "row"]
    pairs = [m.pairs[m.pairs["treated"].isin(started)][["treated", "control"]].to_numpy() for m in (other, free)]
    np.testing.assert_array_equal(*pairs)


def test_broken_risk_sets_are_refused():
    frame = people(8, n=100)
    options = {"treatment": "treat", "score": "ps", "id": "id"}
    with pytest.raises(MatchingError, match="start outside their own interval"):
        match(frame.assign(start=frame["start"] - 50), **options, risk_set=RiskSets(**RISK))
    with pytest.raises(MatchingError, match="not months"):
        match(frame.assign(first=frame["first"] + 0.5), **options, risk_set=RiskSets(**RISK))
    months = person_months(frame)
    after = months.loc[months["treat"] == 1].assign(
        month=lambda d: d["month"] + 1, treat=0, row=lambda d: d["row"] + 10**6
    )
    with pytest.raises(MatchingError, match=f"{len(after)} rows of units that have begun"):
        match(pd.concat([months, after]), treatment="treat", score="ps", id="row", unit="id", risk_set="month")
    twice = pd.concat([months, months[months["treat"] == 0].head(2).assign(row=lambda d: d["row"] + 10**6)])
    with pytest.raises(MatchingError, match="2 rows repeat a unit"):
        match(twice, treatment="treat", score="ps", id="row", unit="id", risk_set="month")
