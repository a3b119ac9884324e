"""Scores by learners, and covariates with missing values."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from evaluation.errors import MatchingError, SeparationWarning
from evaluation.matching import match
from evaluation.matching.learners import fold_of
from tests.matching.conftest import COVARIATES


def test_folds_follow_the_id():
    ids = pd.Series(np.repeat(np.arange(100), 3))
    folds = fold_of(ids, 4)
    assert pd.Series(folds).groupby(ids).nunique().eq(1).all()
    assert np.bincount(folds).tolist() == [75, 75, 75, 75]
    order = np.random.Generator(np.random.Philox(key=1)).permutation(300)
    np.testing.assert_array_equal(fold_of(ids[order].reset_index(drop=True), 4), folds[order])


def test_lasso_shrinks_towards_the_logit(frame, options):
    logit = match(frame, **options).score
    matched = match(frame, **options, score_model="lasso")
    assert np.corrcoef(matched.score, logit)[0, 1] > 0.95
    noise = np.random.Generator(np.random.Philox(key=2)).standard_normal((len(frame), 8))
    wide = frame.assign(**{f"n{i}": noise[:, i] for i in range(8)})
    chosen = match(wide, **options | {"covariates": [*COVARIATES, *(f"n{i}" for i in range(8))]}, score_model="lasso")
    table = chosen.score_model.table.set_index("term")["coefficient"]
    assert (table.filter(regex="^n[0-9]") == 0).any()
    assert abs(table["income"]) > 0.1
    assert "fitted once" in str(chosen.score_model)


def test_cross_fitting_never_sees_its_own_fold(frame, options):
    """A learner that remembers its training rows knows nothing about new ones."""
    forest = RandomForestClassifier(n_estimators=20, random_state=0, n_jobs=1)
    t = frame["treat"] == 1
    with pytest.warns(SeparationWarning, match="probabilities of RandomForestClassifier are 0 or 1"):
        crossed = match(frame, **options, score_model=forest)
    with pytest.warns(SeparationWarning):
        seen = match(frame, **options, score_model=forest, cross_fit=False)
    gap = [m.score[t].mean() - m.score[~t].mean() for m in (crossed, seen)]
    assert gap[1] > 3 * gap[0]
    assert len(crossed.score_model.models) == 5
    assert len(seen.score_model.models) == 1


def test_a_classifier_given_is_the_classifier_used(frame, options):
    plain = LogisticRegression(C=1e10, max_iter=2000, tol=1e-10)
    scaled = frame.assign(age=frame["age"] / 10, income=frame["income"] / 100)
    given = match(scaled, **options, score_model=plain, cross_fit=False)
    np.testing.assert_allclose(given.score, match(scaled, **options).score, atol=1e-4)


class Fails(LogisticRegression):
    """A learner that cannot fit."""

    def fit(self, x, y):
        raise ValueError("no luck\nand more")


class Wild(LogisticRegression):
    """A learner whose probabilities are none."""

    def predict_proba(self, x):
        return super().predict_proba(x) * 3 - 1


@pytest.mark.parametrize(
    ("learner", "changes", "said"),
    [
        (Fails(), {}, "Fails failed in fold 1 of 5: ValueError: no luck"),
        (Fails(), {"cross_fit": False}, "Fails failed in all rows: ValueError"),
        (Wild(max_iter=500), {}, "outside 0 to 1 in fold 1 of 5"),
        (LogisticRegression, {}, "the class LogisticRegression, not a learner made of it"),
    ],
)
def test_a_learner_that_fails_is_named(frame, options, learner, changes, said):
    with pytest.raises(MatchingError, match=said) as raised:
        match(frame, **options, score_model=learner, **changes)
    assert "and more" not in str(raised.value)  # what else a learner says may quote data


def test_a_learner_without_a_seed_gives_the_same_score_again(frame, options):
    forest = RandomForestClassifier(n_estimators=40, min_samples_leaf=20, n_jobs=1)
    first, again = (match(frame, **options, score_model=forest).score for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_boosting_finds_what_is_not_linear(frame, options):
    draw = np.random.Generator(np.random.Philox(key=3))
    bend = frame.assign(treat=(draw.random(len(frame)) < np.where(abs(frame["age"] - 40) < 10, 0.5, 0.1)).astype(int))
    boosted = match(bend, **options, score_model="boosting").score
    middle = abs(bend["age"] - 40) < 10
    assert boosted[middle].mean() - boosted[~middle].mean() > 0.25


@pytest.mark.parametrize("rule", ["indicator", "category"])
def test_missing_covariates(frame, options, rule):
    draw = np.random.Generator(np.random.Philox(key=4))
    gaps = frame.assign(
        age=frame["age"].mask(draw.random(len(frame)) < 0.1),
        origin=frame["origin"].mask(draw.random(len(frame)) < 0.1),
    )
    before = gaps.copy(deep=True)
    matched = match(gaps, **options, missing=rule, caliper=0.2)
    pd.testing.assert_frame_equal(gaps, before)
    assert np.isfinite(matched.score).all()
    names = matched.score_model.names
    assert "origin[missing]" in names
    if rule == "indicator":
        assert "age missing" in names
        assert matched.covariates == ("age", "age missing", "income", "woman", "origin")
        filled = matched.filled["age"][gaps["age"].isna()]
        assert filled.nunique() == 1
        assert filled.iloc[0] == pytest.approx(gaps["age"].mean())
    else:
        assert "age[missing]" in names
        assert "age[class 5]" in names
    assert matched.balance().table["smd_after"].notna().all()
    for method in ("cem", "entropy", "ipw"):
        match(gaps, **options, missing=rule, method=method)
    again = match(gaps.sample(frac=1, random_state=1), **options, missing=rule, caliper=0.2)
    pd.testing.assert_frame_equal(matched.pairs, again.pairs)
