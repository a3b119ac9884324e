"""The person bootstrap: the same as copying sets, close to clustered errors, refused where it does not hold."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from evaluation.effects import estimate_many
from evaluation.effects.bootstrap.draws import plan_of
from evaluation.effects.bootstrap.person import person_bootstrap
from evaluation.effects.bootstrap.weighting import bootstrap_weighting
from evaluation.effects.result import COLUMNS
from evaluation.errors import DominantWeightWarning, EffectError, FewClustersWarning
from evaluation.matching import match
from tests.effects.conftest import outcomes, sample


def apart(n_sets=150, ratio=3, seed=1):
    """Sets whose persons stand in one set only."""
    members = sample(n_sets, ratio, 150, seed)
    return members.assign(unit=np.arange(len(members)))


def test_a_draw_is_the_estimate_of_copied_sets():
    """Multinomial weights of sets against estimates on frames in which the sets stand that many times."""
    members = apart(40)
    y = outcomes(members, 3)
    found = person_bootstrap(members, y, draws=20, seed=3, scheme="multinomial")
    plan = plan_of(members, None, False)
    times = np.concatenate([of_sets for _, of_sets, _ in plan.draw(20, 3, "multinomial")])
    for d in range(20):
        parts = [
            (members[members["set"] == s].assign(set=1000 * s + i), y[members["set"] == s])
            for s in range(40)
            for i in range(int(times[d, s]))
        ]
        copied = pd.concat([part for part, _ in parts], ignore_index=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FewClustersWarning)
            expected = estimate_many(copied, np.vstack([values for _, values in parts]), cluster="set")["estimate"]
        assert found.draws[d] == pytest.approx(expected.to_numpy(), abs=1e-12)


@pytest.mark.parametrize("scheme", ["exponential", "multinomial"])
def test_close_to_clustered_errors(scheme):
    members = apart(200)
    y = outcomes(members, 6)
    found = person_bootstrap(members, y, draws=2000, scheme=scheme)
    clustered = estimate_many(members, y)
    assert list(found.table.columns) == list(COLUMNS)
    assert found.estimate == pytest.approx(clustered["estimate"].to_numpy())
    assert found.std_error == pytest.approx(clustered["std_error"].to_numpy(), rel=0.07)
    assert np.mean(found.std_error / clustered["std_error"]) == pytest.approx(1, abs=0.03)
    assert found.percentile == pytest.approx(found.normal, abs=0.35 * found.std_error.max())
    assert np.all(found.percentile[:, 0] < found.estimate)


def test_persons_in_several_sets_widen_the_errors():
    members = sample(300, 3, 60)  # a person stands in ten sets
    y = outcomes(members, 4, missing=0.0)
    both, sets = person_bootstrap(members, y), person_bootstrap(members, y, resample="set")
    clustered = estimate_many(members, y)["std_error"].to_numpy()
    assert np.all(sets.std_error < both.std_error)
    # what sets and persons share is counted once too often, never too seldom
    assert np.all((both.std_error > 0.97 * clustered) & (both.std_error < 1.3 * clustered))


def test_draws_depend_on_the_seed_only():
    members = sample()
    y = outcomes(members, 4)
    first, again = (person_bootstrap(members, y, draws=130, seed=7) for _ in range(2))
    assert first.draws.tobytes() == again.draws.tobytes()
    assert person_bootstrap(members, y[:, 2:], draws=130, seed=7).draws == pytest.approx(first.draws[:, 2:], abs=1e-12)
    assert person_bootstrap(members, y, draws=64, seed=7).draws.tobytes() == first.draws[:64].tobytes()
    assert not np.allclose(person_bootstrap(members, y, draws=130, seed=8).draws, first.draws)


def test_rates_stay_inside_and_unobserved_outcomes_stay_missing():
    members = apart(100)
    y = np.column_stack([outcomes(members, 1, missing=0.0)[:, 0] > 12, np.full(len(members), np.nan)]).astype(float)
    found = person_bootstrap(members, y, draws=200)
    assert list(found.table["status"]) == ["estimated", "not_observed"]
    assert np.isnan(found.std_error[1])
    assert np.isnan(found.percentile[1]).all()
    assert 0 <= found.table["control_low"][0] < found.table["control_high"][0] <= 1


def matched_frame(n=300, seed=5):
    draw = np.random.Generator(np.random.Philox(key=seed))
    x = draw.standard_normal(n)
    treat = (draw.random(n) < 1 / (1 + np.exp(1.5 - x))).astype(int)
    y = x + treat + draw.standard_normal(n)
    return pd.DataFrame({"id": np.arange(n), "x": x, "treat": treat, "y": y})


def test_matching_with_replacement_is_refused():
    frame = matched_frame()
    again = match(frame, treatment="treat", covariates=["x"], id="id", replace=True)
    with pytest.raises(EffectError, match="abadie_imbens"):
        person_bootstrap(again, {"y": frame["y"].take(again.members["position"])})
    with pytest.raises(EffectError, match="Abadie & Imbens 2008"):
        person_bootstrap(again.members, {"y": frame["y"].take(again.members["position"])})
    once = match(frame, treatment="treat", covariates=["x"], id="id")
    assert person_bootstrap(once, {"y": frame["y"].take(once.members["position"])}, draws=50).resample == "set+unit"
    # months by design: the same row in several sets
    months = person_bootstrap(
        again.members, {"y": frame["y"].take(again.members["position"])}, risk_sets=True, draws=200
    )
    assert months.std_error[0] > 0


def test_persons_are_not_drawn_out_of_sets():
    members = sample()
    with pytest.raises(EffectError, match="would break the sets"):
        person_bootstrap(members, outcomes(members, 1), resample="unit")


def test_subclasses_and_weighted_samples_draw_persons():
    frame = matched_frame(1500)
    for method in ("subclass", "ipw"):
        matched = match(frame, treatment="treat", covariates=["x"], id="id", method=method)
        y = {"y": frame["y"].take(matched.members["position"])}
        found = person_bootstrap(matched, y, draws=1500)
        assert found.resample == "unit"
        assert found.std_error == pytest.approx(
            estimate_many(matched, y, cluster="unit")["std_error"].to_numpy(), rel=0.1
        )
        with pytest.raises(EffectError, match="without sets of one leader"):
            person_bootstrap(matched, y, resample="set")


def test_warnings_of_few_sets_and_of_one_heavy_person():
    members = sample(20, 2, 30)
    with pytest.warns(FewClustersWarning):
        person_bootstrap(members, outcomes(members, 1), draws=10)
    heavy = apart(60)
    heavy.loc[heavy["treated"] == 0, "unit"] = np.where(
        heavy.loc[heavy["treated"] == 0, "set"] < 30, -1, heavy["unit"].max() + 1
    )
    with pytest.warns(DominantWeightWarning, match="weight of the 2 controls"):
        person_bootstrap(heavy, outcomes(heavy.assign(unit=heavy["unit"] + 1), 1), draws=10)


@pytest.mark.parametrize(
    "options", [{"draws": 1}, {"draws": 10.5}, {"seed": -1}, {"scheme": "normal"}, {"resample": "pair"}, {"level": 95}]
)
def test_options_that_make_no_sense(options):
    members = sample()
    with pytest.raises(EffectError):
        person_bootstrap(members, outcomes(members, 1), **options)


def weighting(n=1500, seed=2):
    draw = np.random.Generator(np.random.Philox(key=seed))
    x = sm.add_constant(draw.standard_normal((n, 3)))
    d = (draw.random(n) < 1 / (1 + np.exp(1 - 0.6 * x[:, 1] - 0.4 * x[:, 2]))).astype(int)
    y = x[:, [1]] + x[:, [2]] ** 2 + d[:, None] + draw.standard_normal((n, 2))
    return x, d, sm.Logit(d, x).fit(disp=0, tol=1e-12), y


def weights_of(estimand, d, p):
    return {
        "att": np.where(d == 1, 1, p / (1 - p)),
        "ate": np.where(d == 1, 1 / p, 1 / (1 - p)),
        "ato": np.where(d == 1, 1 - p, p),
    }[estimand]


@pytest.mark.parametrize("estimand", ["att", "ate", "ato"])
def test_one_newton_step_is_all_but_a_new_fit(estimand):
    x, d, fit, y = weighting()
    p = fit.predict()
    found = bootstrap_weighting(x, d, p, y, estimand=estimand, draws=40, seed=4)
    frozen, refitted = [], []
    generator = np.random.Generator(np.random.Philox(key=[4, 3]))
    for b in generator.standard_exponential((40, len(d))):
        again = sm.GLM(d, x, family=sm.families.Binomial(), freq_weights=b).fit(tol=1e-12).predict()
        for keep, q in ((frozen, p), (refitted, again)):
            w = b * weights_of(estimand, d, q)
            keep.append(
                np.average(y[d == 1], axis=0, weights=w[d == 1]) - np.average(y[d == 0], axis=0, weights=w[d == 0])
            )
    off = np.abs(found.draws - np.array(refitted)).mean(axis=0)
    assert np.all(off < 0.15 * np.abs(np.array(frozen) - np.array(refitted)).mean(axis=0))
    assert np.all(off < 0.05 * found.std_error)


def test_weighting_errors_equal_the_stacked_influence():
    """ATT: the influence with the score's part, clustered by person; persons have two rows each."""
    x, d, fit, y = weighting(2000)
    p, unit = fit.predict(), np.repeat(np.arange(1000), 2)
    found = bootstrap_weighting(x, d, p, y, unit=unit, draws=2000)
    w = weights_of("att", d, p)
    for c in range(2):
        mean = [np.average(y[d == g, c], weights=w[d == g]) for g in (0, 1)]
        controls = np.where(d == 0, w * (y[:, c] - mean[0]), 0) / w[d == 0].sum()
        part = -(controls[:, None] * x).sum(axis=0) @ fit.cov_params() @ ((d - p)[:, None] * x).T
        influence = np.where(d == 1, (y[:, c] - mean[1]) / d.sum(), 0) - controls + part
        assert found.estimate[c] == pytest.approx(mean[1] - mean[0])
        assert found.std_error[c] == pytest.approx(np.sqrt((np.bincount(unit, influence) ** 2).sum()), rel=0.06)


def test_a_score_that_is_no_fit_is_refused():
    x, d, fit, y = weighting(400)
    with pytest.raises(EffectError, match="not the maximum-likelihood fit"):
        bootstrap_weighting(x, d, 0.9 * fit.predict(), y)
    with pytest.raises(EffectError, match="strictly between"):
        bootstrap_weighting(x, d, np.round(fit.predict()), y)
    with pytest.raises(EffectError, match="shapes"):
        bootstrap_weighting(x[1:], d, fit.predict(), y)
