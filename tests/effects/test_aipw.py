"""Doubly robust estimates: influences by brute differentiation, cross-fitting by hand, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.base import BaseEstimator
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evaluation.effects.weighting.aipw import aipw, aipw_effects, aipw_many
from evaluation.effects.weighting.ipw import ipw
from evaluation.effects.weighting.learners import folds_of
from evaluation.effects.weighting.rows import source_of
from evaluation.errors import EffectError
from evaluation.matching import match
from tests.effects.test_ipw import OPTIONS, design, person_months


@pytest.fixture(scope="module")
def frame():
    return person_months()


def by_hand(frame, y, by_person, estimand, link, hajek, wnls):
    v = by_person[frame["person"].to_numpy()]
    x, d = design(frame), frame["treat"].to_numpy() == 1
    binomial = sm.families.Binomial()
    family = binomial if link == "logit" else sm.families.Gaussian()
    e = sm.GLM(d.astype(float), x, family=binomial, freq_weights=v).fit(tol=1e-13).predict()
    seen = ~np.isnan(y)
    target = seen & (d if estimand == "att" else np.ones(d.size, bool))
    out = []
    for arm in (~d, d):
        rows = seen & arm
        p = e if arm[d].all() else 1 - e
        w = 1 / p if estimand == "ate" else (np.ones(d.size) if arm[d].all() else e / (1 - e))
        fit_w = v * ((1 - p) / p**2 if wnls else 1)
        m = sm.GLM(y[rows], x[rows], family=family, freq_weights=fit_w[rows]).fit(tol=1e-13).predict(x)
        total = (v * w)[rows].sum() if hajek else v[target].sum()
        out.append(np.average(m[target], weights=v[target]) + ((v * w)[rows] * (y - m)[rows]).sum() / total)
    return out


@pytest.mark.parametrize(
    ("estimand", "link", "outcome", "hajek", "wnls"),
    [
        ("att", "linear", "gappy", True, False),
        ("att", "linear", "y", False, False),
        ("ate", "linear", "gappy", False, False),
        ("att", "logit", "high", True, False),
        ("ate", "logit", "high", True, True),
    ],
)
def test_means_and_influences_by_hand(frame, estimand, link, outcome, hajek, wnls):
    y = frame[outcome].to_numpy()
    how = (estimand, link, hajek, wnls)
    found = aipw_effects(
        frame,
        [outcome],
        estimand=estimand,
        outcome_model=link,
        normalise=hajek,
        outcome_weights="wnls" if wnls else "none",
        small_sample="none",
        **OPTIONS,
    )
    ones = np.ones(frame["person"].max() + 1)
    control, treated = by_hand(frame, y, ones, *how)
    row = found.table.iloc[0]
    assert (row["control_mean"], row["treated_mean"]) == pytest.approx((control, treated), abs=1e-9)
    source = source_of(frame, treatment="treat", unit="person", id="id")
    for person in (3, 120):
        step = 1e-4 * (np.arange(ones.size) == person)
        up, down = (np.diff(by_hand(frame, y, ones + s, *how))[0] for s in (step, -step))
        unit = source.units[np.flatnonzero(frame["person"] == person)[0]]
        assert found.influence[0, unit] == pytest.approx((up - down) / 2e-4, abs=1e-7)


def test_the_treated_mean_of_the_att_is_plain(frame):
    found = aipw(frame, "y", **OPTIONS)
    assert found.treated_mean == pytest.approx(frame.loc[frame["treat"] == 1, "y"].mean(), rel=1e-12)
    assert found.control_mean == pytest.approx(found.treated_mean - found.estimate, rel=1e-12)
    assert abs(found.estimate - 1) < 4 * found.std_error


@pytest.mark.parametrize("estimand", ["att", "ate"])
def test_cross_fitting_by_hand(frame, estimand):
    """Folds hold whole persons; the score and the outcome models of a row never saw its person."""
    found = aipw(
        frame,
        "gappy",
        estimand=estimand,
        score_model=LogisticRegression(C=1e6, max_iter=1000),
        outcome_model=LinearRegression(),
        folds=4,
        seed=9,
        **OPTIONS,
    )
    fold = folds_of(frame["person"], 4, 9)
    assert (pd.Series(fold).groupby(frame["person"]).nunique() == 1).all()
    sizes = frame.assign(fold=fold).groupby("fold")["person"].nunique()
    assert sizes.max() - sizes.min() <= 1
    x, d, y = design(frame)[:, 1:], frame["treat"].to_numpy() == 1, frame["gappy"].to_numpy()
    seen = ~np.isnan(y)
    e, m = np.empty(len(frame)), np.empty((2, len(frame)))
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    for f in range(4):
        out = fold == f
        e[out] = LogisticRegression(C=1e6, max_iter=1000).fit(z[~out], d[~out]).predict_proba(z[out])[:, 1]
        for arm in (0, 1):
            rows = ~out & seen & (d == arm)
            m[arm, out] = LinearRegression().fit(z[rows], y[rows]).predict(z[out])
    target = seen & (d | (estimand == "ate"))
    psi, means = np.zeros((2, len(frame))), np.zeros(2)
    for arm in (0, 1):
        rows = seen & (d == arm)
        w = 1 / (e if arm else 1 - e) if estimand == "ate" else (np.ones(d.size) if arm else e / (1 - e))
        rest = np.average((y - m[arm])[rows], weights=w[rows])
        means[arm] = m[arm, target].mean() + rest
        psi[arm, target] += (m[arm, target] - m[arm, target].mean()) / target.sum()
        psi[arm, rows] += w[rows] * ((y - m[arm])[rows] - rest) / w[rows].sum()
    assert found.estimate == pytest.approx(means[1] - means[0], abs=1e-5)
    persons = pd.Series(psi[1] - psi[0]).groupby(frame["person"].to_numpy()).sum()
    n = len(persons)
    assert found.std_error == pytest.approx(np.sqrt((persons**2).sum() * n / (n - 1)), rel=1e-3)


def test_boosting_is_the_same_in_any_order_of_rows(frame):
    options = {"score_model": "boosting", "outcome_model": "boosting", "folds": 2, **OPTIONS}
    first, second = (aipw_many(f, ["y", "high"], **options) for f in (frame, frame.sample(frac=1, random_state=2)))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert np.all(np.abs(first["estimate"].iloc[0] - 1) < 4 * first["std_error"].iloc[0])


def test_right_when_one_model_is_wrong():
    """The outcome bends; a straight outcome model with a right score, and a flat score with the bend, are both near 1."""
    f = person_months(20_000, 20_000, seed=8)
    f["bent"] = f["a"] ** 2
    f["y"] = f["y"] + 2 * f["bent"]
    by_score = aipw(f, "y", outcome_covariates=["b"], **OPTIONS)
    by_outcome = aipw(f, "y", **{**OPTIONS, "covariates": ["b"]}, outcome_covariates=["a", "b", "kind", "bent"])
    wrong = ipw(f, "y", **{**OPTIONS, "covariates": ["b"]})
    assert abs(by_score.estimate - 1) < 4 * by_score.std_error
    assert abs(by_outcome.estimate - 1) < 4 * by_outcome.std_error
    assert abs(wrong.estimate - 1) > 8 * wrong.std_error


def test_a_learned_score_of_a_matched_sample_is_used_with_its_folds(frame):
    matched = match(
        frame,
        treatment="treat",
        covariates=["a", "b", "kind"],
        id="id",
        unit="person",
        method="ipw",
        score_model="boosting",
    )
    found = aipw(matched, "y")
    d, y, e = frame["treat"].to_numpy() == 1, frame["y"].to_numpy(), matched.score
    x = design(frame)
    m = x @ np.linalg.lstsq(x[~d], y[~d], rcond=None)[0]
    expected = y[d].mean() - m[d].mean() - np.average((y - m)[~d], weights=(e / (1 - e))[~d])
    assert found.estimate == pytest.approx(expected, rel=1e-9)
    with pytest.raises(EffectError, match="aipw"):
        ipw(matched, "y")


def test_refusals(frame):
    for options in (
        {"outcome_model": "forest"},
        {"score_model": "forest"},
        {"score_model": LinearRegression()},
        {"outcome_model": "logit"},  # of an outcome that is no rate
        {"outcome_model": LogisticRegression()},
        {"outcome_weights": "wnls"},  # for the ATT
        {"estimand": "ato"},
        {"outcome_model": "boosting", "folds": 1},
    ):
        with pytest.raises(EffectError):
            aipw(frame, "y", **{**OPTIONS, **options})


class Learner(BaseEstimator):
    """A learner that does what it is told to."""

    def __init__(self, fails=None, shape="(n,)", value=0.0):
        self.fails, self.shape, self.value = fails, shape, value

    def fit(self, x, y):
        if self.fails:
            raise RuntimeError(f"{self.fails}\nquoting many rows")
        return self

    def predict(self, x):
        return np.full((len(x), 1) if self.shape == "(n, 1)" else len(x), self.value)


class Classifier(Learner):
    def predict_proba(self, x):
        return np.full((len(x), 1 if self.shape == "(n, 1)" else 2), self.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"outcome_model": Learner("no luck")},
            "outcome_model: Learner failed in y, controls, fold 1 of 3: RuntimeError: no luck",
        ),
        ({"outcome_model": Learner(shape="(n, 1)")}, r"predict gave shape \(\d+, 1\) in y, controls, fold 1 of 3"),
        (
            {"outcome_model": Learner(value=np.nan)},
            r"predict gave (\d+) missing or infinite values of \1 in y, controls, fold 1",
        ),
        (
            {"score_model": Classifier("no luck")},
            "score_model: Classifier failed in fold 1 of 3: RuntimeError: no luck",
        ),
        ({"score_model": Classifier(shape="(n, 1)")}, r"predict_proba gave shape \(\d+, 1\) in fold 1 of 3"),
        (
            {"score_model": Classifier(value=np.nan)},
            r"predict_proba gave (\d+) missing or infinite values of \1 in fold 1",
        ),
        ({"score_model": Classifier(value=1.5)}, "outside 0 to 1 in fold 1 of 3"),
        ({"outcome_model": LinearRegression}, "outcome_model: the class LinearRegression"),
        ({"outcome_model": object()}, "outcome_model: object has no get_params, no fit, no predict or predict_proba"),
        ({"seed": 2**70, "outcome_model": LinearRegression()}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"seed": None, "outcome_model": "boosting"}, "seed"),
    ],
)
def test_learners_that_fail_are_named(frame, options, said):
    with pytest.raises(EffectError, match=said) as error:
        aipw(frame, "y", folds=3, **{**OPTIONS, **options})
    assert "quoting" not in str(error.value)


def test_both_learners_are_told_of_at_once(frame):
    with pytest.raises(EffectError) as error:
        aipw(frame, "y", score_model=LogisticRegression, outcome_model=LinearRegression, **OPTIONS)
    assert len(error.value.problems) == 2


def test_learners_without_a_seed_get_one(frame):
    """A random learner gives the same numbers again, and others with another seed; one with a seed of its own keeps it."""
    small = {"n_estimators": 5, "subsample": 0.5, "max_depth": 2}
    score = make_pipeline(StandardScaler(), GradientBoostingClassifier(**small))
    options = {"score_model": score, "outcome_model": GradientBoostingRegressor(**small), "folds": 2, **OPTIONS}
    one, again, other = (aipw(frame, "y", seed=seed, **options).estimate for seed in (1, 1, 2))
    assert one == again != other
    assert options["outcome_model"].random_state is None  # the caller's learner is left as it was
    assert score.steps[1][1].random_state is None
    fixed = {"outcome_model": GradientBoostingRegressor(random_state=7, **small), "folds": 2, **OPTIONS}
    assert aipw(frame, "y", seed=2**63 - 1, **fixed).estimate == aipw(frame, "y", seed=2**63 - 1, **fixed).estimate
