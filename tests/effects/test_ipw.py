"""Weighting: points by hand, influences by brute differentiation, several rows a person, and what is refused."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evaluation.effects.regression.adjustment import ipw_ra
from evaluation.effects.weighting.aipw import aipw
from evaluation.effects.weighting.ipw import ipw, ipw_effects, ipw_many
from evaluation.effects.weighting.overlap import overlap, overlap_many
from evaluation.effects.weighting.rows import source_of
from evaluation.effects.weighting.score import GivenScore
from evaluation.errors import (
    DominantWeightWarning,
    EffectError,
    FewClustersWarning,
    MatchingError,
    OverlapWarning,
    SeparationWarning,
)
from evaluation.matching import match

X = ["a", "b", "kind"]
OPTIONS = {"treatment": "treat", "covariates": X, "unit": "person", "id": "id"}


def person_months(n=700, persons=260, seed=3):
    """Rows of persons at risk; starting depends on a, b and kind."""
    draw = np.random.Generator(np.random.Philox(key=seed))
    person = np.sort(draw.integers(0, persons, n))
    trait = draw.standard_normal(persons)
    a, b = trait[person] + draw.standard_normal(n), draw.integers(0, 2, n)
    kind = np.array(["x", "y", "z"])[draw.integers(0, 3, n)]
    p = 1 / (1 + np.exp(1.2 - 0.5 * a - 0.4 * b + 0.5 * (kind == "y")))
    treat = (draw.random(n) < p).astype(int)
    y = 1 + a + 0.5 * b + treat + trait[person] + draw.standard_normal(n)
    return pd.DataFrame(
        {
            "id": draw.permutation(n) + 1000,
            "person": person,
            "a": a,
            "b": b,
            "kind": kind,
            "treat": treat,
            "y": y,
            "high": (y > 1).astype(float),
            "gappy": np.where(draw.random(n) < 0.2, np.nan, y),
        }
    )


@pytest.fixture(scope="module")
def frame():
    return person_months()


def design(frame):
    return np.column_stack(
        [np.ones(len(frame)), frame["a"], frame["b"], frame["kind"] == "y", frame["kind"] == "z"]
    ).astype(float)


def by_hand(frame, y, estimand, by_person):
    """The estimator with each person's rows counted ``by_person`` times, written out with statsmodels."""
    v = by_person[frame["person"].to_numpy()]
    x, d = design(frame), frame["treat"].to_numpy() == 1
    e = sm.GLM(d.astype(float), x, family=sm.families.Binomial(), freq_weights=v).fit(tol=1e-13).predict()
    w = {
        "att": np.where(d, 1, e / (1 - e)),
        "atc": np.where(d, (1 - e) / e, 1),
        "ate": np.where(d, 1 / e, 1 / (1 - e)),
        "ato": np.where(d, 1 - e, e),
    }[estimand]
    seen = ~np.isnan(y)
    return [np.average(y[seen & g], weights=(v * w)[seen & g]) for g in (~d, d)]


@pytest.mark.parametrize("estimand", ["att", "atc", "ate", "ato"])
@pytest.mark.parametrize("outcome", ["y", "gappy"])
def test_means_and_influences_by_hand(frame, estimand, outcome):
    found = ipw_effects(frame, [outcome], estimand=estimand, small_sample="none", **OPTIONS)
    y = frame[outcome].to_numpy()
    ones = np.ones(frame["person"].max() + 1)
    control, treated = by_hand(frame, y, estimand, ones)
    row = found.table.iloc[0]
    assert (row["control_mean"], row["treated_mean"]) == pytest.approx((control, treated), abs=1e-9)
    assert row["estimate"] == pytest.approx(treated - control, abs=1e-9)
    # an influence is the derivative of the estimate by how often the person counts
    source = source_of(frame, treatment="treat", unit="person", id="id")
    for person in (3, 57, 120):
        step = 1e-4 * (np.arange(ones.size) == person)
        up, down = (np.diff(by_hand(frame, y, estimand, ones + s))[0] for s in (step, -step))
        unit = source.units[np.flatnonzero(frame["person"] == person)[0]]
        assert found.influence[0, unit] == pytest.approx((up - down) / 2e-4, abs=1e-7)
    assert row["std_error"] ** 2 == pytest.approx(np.sum(found.influence[0] ** 2), rel=1e-12)


def test_formula_of_the_design_document(frame):
    """IF = D(Y - m1)/n - w(Y - m0)/W + G'H^-1 U, with G = -sum w(Y - m0)X/W: written out with explicit matrices."""
    x, d, y = design(frame), frame["treat"].to_numpy() == 1, frame["y"].to_numpy()
    e = sm.Logit(d.astype(float), x).fit(disp=0, tol=1e-13, method="newton").predict()
    w = np.where(d, 0, e / (1 - e))
    m1, m0 = y[d].mean(), np.average(y, weights=w)
    g = -(w * (y - m0)) @ x / w.sum()
    h = (x * (e * (1 - e))[:, None]).T @ x
    psi = d * (y - m1) / d.sum() - w * (y - m0) / w.sum() + (x * (d - e)[:, None]) @ np.linalg.solve(h, g)
    persons = pd.Series(psi).groupby(frame["person"].to_numpy()).sum()
    n = len(persons)
    found = ipw(frame, "y", **OPTIONS)
    assert found.std_error == pytest.approx(np.sqrt((persons**2).sum() * n / (n - 1)), rel=1e-9)
    assert ipw(frame, "y", small_sample="none", **OPTIONS).std_error == pytest.approx(
        np.sqrt((persons**2).sum()), rel=1e-9
    )


def test_overlap_is_the_ato_and_balances(frame):
    found = overlap(frame, "y", **OPTIONS)
    assert found.estimate == ipw(frame, "y", estimand="ato", **OPTIONS).estimate
    assert found.estimator == "overlap"
    assert str(found).startswith("ATO")
    # means of the score's own covariates agree exactly: no difference, and no uncertainty about it
    balance = overlap_many(frame, ["a", "b"], **OPTIONS)
    assert balance["estimate"].to_numpy() == pytest.approx([0, 0], abs=1e-9)
    assert balance["std_error"].to_numpy() == pytest.approx([0, 0], abs=1e-9)


def test_many_outcomes_have_the_numbers_of_each(frame):
    table = ipw_many(frame, ["y", "gappy", "high"], **OPTIONS)
    for i, name in enumerate(table["outcome"]):
        pd.testing.assert_frame_equal(
            ipw(frame, name, **OPTIONS).table, table.iloc[[i]].reset_index(drop=True), rtol=1e-12
        )
    assert table["rate"].tolist() == [False, False, True]
    assert table["n_treated"].iloc[1] == int((frame["treat"].eq(1) & frame["gappy"].notna()).sum())


def test_order_of_rows_changes_no_bit(frame):
    shuffled = frame.sample(frac=1, random_state=4)
    first, second = (ipw_many(f, ["y", "gappy"], **OPTIONS) for f in (frame, shuffled))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_a_matched_sample_gives_its_score(frame):
    matched = match(frame, treatment="treat", covariates=X, id="id", unit="person", method="ipw")
    direct, through = ipw(frame, "y", **OPTIONS), ipw(matched, "y")
    assert (direct.estimate, direct.std_error) == (through.estimate, through.std_error)
    position = matched.members["position"].to_numpy()
    values = frame["y"].to_numpy()[position]
    assert ipw(matched, values, aligned="members").estimate == direct.estimate
    assert (
        ipw(frame, "y", treatment="treat", unit="person", id="id", score=matched.score_model).estimate
        == direct.estimate
    )


def test_scores_given(frame):
    x, d = design(frame), frame["treat"].to_numpy()
    e = sm.Logit(d, x).fit(disp=0, tol=1e-13, method="newton").predict()
    roles = {"treatment": "treat", "unit": "person", "id": "id"}
    direct = ipw(frame, "y", **OPTIONS)
    given = ipw(frame, "y", score=GivenScore(x[:, 1:], e), **roles)
    assert (given.estimate, given.std_error) == pytest.approx((direct.estimate, direct.std_error), rel=1e-9)
    known = ipw(frame.assign(e=e), "y", score="e", **roles)
    assert known.estimate == pytest.approx(direct.estimate, rel=1e-9)
    assert known.std_error > direct.std_error  # as if the score were known: too wide
    with pytest.raises(EffectError, match="do not solve the score equations"):
        ipw(frame, "y", score=GivenScore(x[:, 1:], np.clip(e + 0.05, 0, 0.99)), **roles)


def test_truncation_moves_weights_only_above_the_quantile(frame):
    plain, cut = (ipw(frame, "y", truncate=q, **OPTIONS) for q in (None, 0.9))
    assert cut.ess_controls > plain.ess_controls
    assert ipw(frame, "y", truncate=0.99999, **OPTIONS).estimate == pytest.approx(plain.estimate, rel=1e-12)


def test_rates_stay_where_rates_can_be(frame):
    rare = frame.assign(rare=(frame["id"] < 1003).astype(float), never=0.0)
    table = ipw_many(rare, ["rare", "never"], estimand="ate", **OPTIONS)
    assert (table[["treated_low", "control_low"]] >= 0).all(axis=None)
    assert (table[["treated_high", "control_high"]] <= 1).all(axis=None)
    assert table["ci_low"].ge(-1).all()
    assert table["ci_high"].le(1).all()
    assert (table["estimate"].iloc[1], table["std_error"].iloc[1]) == (0, 0)


def test_joint_bands(frame):
    found = ipw_effects(frame, ["y", "gappy", "high"], **OPTIONS)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(found.table["std_error"].to_numpy(), rel=1e-12)
    assert found.jointly().critical > 1.96


def test_standard_error_tells_the_spread():
    """Mean standard error against the spread over samples of rows with a random score."""
    estimates, errors = [], []
    for seed in range(150):
        f = person_months(400, 400, seed=100 + seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OverlapWarning)
            found = ipw(f, "y", **OPTIONS)
        estimates.append(found.estimate)
        errors.append(found.std_error)
    assert 0.85 < np.mean(errors) / np.std(estimates, ddof=1) < 1.15
    assert np.mean(estimates) == pytest.approx(1, abs=4 * np.std(estimates) / np.sqrt(150))


def test_refusals(frame):
    with pytest.raises(EffectError, match="no such columns: nothing"):
        ipw(frame, "y", treatment="treat", covariates=["nothing"])
    with pytest.raises(EffectError, match="not observed in one of the groups"):
        ipw(frame, frame["y"].where(frame["treat"] == 0), **OPTIONS)
    with pytest.raises(EffectError, match="estimand"):
        ipw(frame, "y", estimand="late", **OPTIONS)
    with pytest.raises(EffectError, match="truncate"):
        ipw(frame, "y", truncate=0.1, **OPTIONS)
    with pytest.raises(EffectError, match="aipw"):
        ipw(frame, "y", treatment="treat")
    with pytest.raises(EffectError, match="missing values"):
        ipw(frame.assign(a=frame["a"].where(frame["a"] > 0)), "y", **OPTIONS)
    with pytest.raises(EffectError, match="small_sample"):
        ipw(frame, "y", small_sample="hc3", **OPTIONS)
    status = ipw_many(frame.assign(gone=np.nan), ["y", "gone"], **OPTIONS)["status"]
    assert status.tolist() == ["estimated", "not_observed"]
    with pytest.raises(MatchingError, match="complete separation"):
        ipw(frame.assign(told=frame["treat"]), "y", treatment="treat", covariates=["told"])
    with pytest.raises(EffectError, match="no overlap"):
        ipw(frame.assign(e=np.where(frame["id"] < 1100, 1.0, 0.5)), "y", treatment="treat", score="e")


def test_warnings(frame):
    with pytest.warns(SeparationWarning, match="outside common support"):
        found = ipw(
            frame.assign(never=(frame["treat"] == 0) & (frame["a"] > 0.5)),
            "y",
            treatment="treat",
            covariates=["never", "b"],
        )
    assert found.n_controls == int(((frame["treat"] == 0) & ~(frame["a"] > 0.5)).sum())
    e = np.full(len(frame), 0.5)
    e[np.flatnonzero(frame["treat"] == 0)[0]] = 1 - 1e-4
    with pytest.warns(DominantWeightWarning, match="one unit carries"):
        ipw(frame.assign(e=e), "y", treatment="treat", score="e")
    with pytest.warns(OverlapWarning, match="above every control's"):
        ipw(frame.assign(e=0.1 + 0.7 * frame["treat"]), "y", treatment="treat", score="e")
    with pytest.warns(FewClustersWarning, match="fewer than 30"):
        ipw(frame.assign(person=frame["person"] % 10), "y", **OPTIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ipw(frame, "y", **OPTIONS)


KNOWN = {"treatment": "treat", "score": "e"}


@pytest.mark.parametrize("call", [ipw, overlap, aipw, ipw_ra])
def test_known_scores_that_are_no_probabilities_are_refused(frame, call):
    """Weights of a score above 1 or below 0 are negative: the answer would look like any other."""
    more = {"outcome_covariates": ["a"]} if call in (aipw, ipw_ra) else {}
    e = np.full(len(frame), 0.5)
    e[:3], e[3:5], e[5] = 1.5, -0.2, np.nan
    with pytest.raises(EffectError) as error:
        call(frame.assign(e=e), "y", **KNOWN, **more)
    assert [p.given for p in error.value.problems] == ["1 missing values", "5 values below 0 or above 1"]
    with pytest.raises(EffectError, match="holds"):
        call(frame.assign(e="0.5"), "y", **KNOWN, **more)
    with pytest.raises(EffectError, match="no such columns: e"):
        call(frame, "y", **KNOWN, **more)


def test_scores_of_0_and_1_are_for_overlap_weights_only(frame):
    e = np.full(len(frame), 0.5)
    e[:4] = frame["treat"].iloc[:4]
    for estimand in ("att", "atc", "ate"):
        with pytest.raises(EffectError, match="4 rows have a score of exactly 0 or 1"):
            ipw(frame.assign(e=e), "y", estimand=estimand, **KNOWN)
    rest = frame.assign(e=0.5).iloc[4:]
    # such rows have no overlap weight
    assert overlap(frame.assign(e=e), "y", **KNOWN).estimate == pytest.approx(overlap(rest, "y", **KNOWN).estimate)


def test_a_score_that_is_the_treatment_is_said_to_be_that(frame):
    told = frame.assign(e=frame["treat"].astype(float))
    with pytest.raises(EffectError, match="score of exactly 0 or 1"):
        ipw(told, "y", **KNOWN)
    with pytest.raises(EffectError, match="no weight is left in any of"):
        overlap(told, "y", **KNOWN)


@pytest.mark.filterwarnings("ignore::evaluation.errors.DominantWeightWarning")
def test_scores_beyond_common_support_may_be_anything(frame):
    """Of a matched sample only rows within support count."""
    e = frame["a"].rank().to_numpy() / (len(frame) + 1)
    sample = match(frame.assign(e=e), treatment="treat", score="e", id="id", method="ipw", discard="minmax")
    outside = sample.task.stratum < 0
    assert outside.any()
    gaps = sample.frame.assign(e=np.where(outside, np.nan, e))
    assert ipw(replace(sample, frame=gaps, filled=gaps), "y").estimate == ipw(sample, "y").estimate


@pytest.mark.parametrize("n", [2, 5])
def test_a_group_of_a_handful_is_warned_of(frame, n):
    few = frame.assign(treat=(np.arange(len(frame)) < n).astype(int), e=0.3)
    with (
        pytest.warns(DominantWeightWarning, match=f"rests on {n} units? among the treated"),
        pytest.warns(FewClustersWarning, match=f"the fewest: {n}, of both groups or of one"),
    ):
        ipw(few, "y", **KNOWN)


def test_one_of_a_group_has_no_standard_error(frame):
    one = frame.assign(treat=(np.arange(len(frame)) < 1).astype(int), e=0.3)
    with pytest.warns(DominantWeightWarning), pytest.raises(EffectError, match="no standard error"):
        ipw(one, "y", **KNOWN)


def test_few_of_one_group_are_few_however_many_the_other_has(frame):
    few = frame.assign(treat=(np.arange(len(frame)) < 12).astype(int), e=0.3)
    with pytest.warns(FewClustersWarning, match="the fewest: 12"):
        ipw(few, "y", **KNOWN)
