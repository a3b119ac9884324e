from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, wilcoxon

from evaluation.errors import EffectError
from evaluation.matching import match
from evaluation.robustness import amplify, rosenbaum_bounds
from evaluation.robustness.gamma_bounds import _extreme

from .worlds import sets, units


def pairs(both):
    """Pairs with these (treated, control) outcomes."""
    members, _ = sets([2] * len(both))
    return members, np.array(both, dtype=float).ravel()


def discordant(treated_only, control_only, neither=20):
    return pairs([(1, 0)] * treated_only + [(0, 1)] * control_only + [(0, 0)] * neither)


def test_binary_pairs_are_mcnemar_with_a_binomial_bound():
    made = rosenbaum_bounds(*discordant(40, 22), gammas=[1, 1.3, 2], alternative="greater")
    for gamma, low, high in made.table.itertuples(index=False):
        assert high == pytest.approx(binom.sf(39, 62, gamma / (1 + gamma)), rel=1e-10)
        assert low == pytest.approx(binom.sf(39, 62, 1 / (1 + gamma)), rel=1e-10)
    assert (made.statistic, made.n_sets, made.n_informative, made.exact) == ("mcnemar", 82, 62, True)


def test_one_sided_pairs_turn_where_the_binomial_does():
    # 122 discordant pairs, 110 one way
    made = rosenbaum_bounds(*discordant(110, 12), gammas=[4, 5, 6], alternative="greater")
    assert made.table["p_high"].tolist() == pytest.approx(
        [binom.sf(109, 122, g / (1 + g)) for g in (4, 5, 6)], rel=1e-10
    )
    turn = made.gamma_turn
    assert 5 < turn < 6
    assert binom.sf(109, 122, turn / (1 + turn)) == pytest.approx(0.05, abs=1e-6)


def test_two_sided_doubles_the_side_of_the_finding_and_sides_mirror():
    members, y = discordant(40, 22)
    one = rosenbaum_bounds(members, y, alternative="greater").table["p_high"]
    assert np.allclose(rosenbaum_bounds(members, y).table["p_high"], np.minimum(1, 2 * one))
    mirrored = rosenbaum_bounds(members, 1 - y, alternative="less")
    assert np.allclose(mirrored.table["p_high"], one)
    assert rosenbaum_bounds(members, 1 - y).direction == "less"


def exact_tail(members, y, gamma, chooser):
    """P(events among treated at least as many as seen), by running through who leads each set, with hidden u chosen by ``chooser``."""
    total = {0: 1.0}
    observed = int(y[members["treated"].to_numpy() == 1].sum())
    for _, rows in members.groupby("set"):
        values, treated = y[rows.index], rows["treated"].to_numpy()
        odds = gamma ** chooser(values, treated)
        step = {}
        for lead in range(len(rows)):
            events = values[lead] if treated.sum() == 1 else values.sum() - values[lead]
            step[int(events)] = step.get(int(events), 0) + odds[lead] / odds.sum()
        total_next = {}
        for (a, p), (b, q) in product(total.items(), step.items()):
            total_next[a + b] = total_next.get(a + b, 0) + p * q
        total = total_next
    return sum(p for events, p in total.items() if events >= observed)


@pytest.mark.parametrize("gamma", [1.0, 1.7, 3.0])
def test_sets_of_several_against_running_through_every_assignment(gamma):
    members, draw = sets([2, 3, 3, 4, 5, 3, 4, 2], flipped=(2, 6), seed=3)
    y = (draw.random(len(members)) < 0.3 + 0.4 * members["treated"]).to_numpy().astype(float)
    made = rosenbaum_bounds(members, y, gammas=[gamma], alternative="greater").table.iloc[0]

    def worst(values, treated):
        # one treated: it falls on events; one control: it falls on non-events
        return values if treated.sum() == 1 else 1 - values

    assert made["p_high"] == pytest.approx(exact_tail(members, y, gamma, worst))
    assert made["p_low"] == pytest.approx(exact_tail(members, y, 1 / gamma, worst))
    draws = np.random.Generator(np.random.Philox(key=5))
    for _ in range(40):  # no other hidden covariate goes beyond
        tail = exact_tail(members, y, gamma, lambda values, treated: draws.random(values.size))
        assert made["p_low"] - 1e-12 <= tail <= made["p_high"] + 1e-12


def test_signed_ranks_at_gamma_one_are_wilcoxons():
    draw = np.random.Generator(np.random.Philox(key=2))
    d = draw.standard_normal(25) + 0.4
    members, y = pairs([(v, 0.0) for v in d])
    made = rosenbaum_bounds(members, y, gammas=[1], alternative="greater")
    assert (made.statistic, made.exact) == ("signed_rank", True)
    assert made.table["p_high"][0] == pytest.approx(wilcoxon(d, alternative="greater", method="exact").pvalue)
    d = draw.standard_normal(300) + 0.1
    made = rosenbaum_bounds(*pairs([(v, 0.0) for v in d]), gammas=[1])
    assert not made.exact
    assert made.table["p_high"][0] == pytest.approx(wilcoxon(d, method="asymptotic", correction=False).pvalue)


def test_signed_ranks_with_ties_against_every_outcome_of_the_signs():
    d = np.array([1.0, 1.0, -2.0, 3.0, 3.0, 3.0, -0.5, 4.0, 0.0, 2.0])
    made = rosenbaum_bounds(*pairs([(v, 0.0) for v in d]), gammas=[1.5], alternative="greater").table.iloc[0]
    d = d[d != 0]
    size = np.abs(d)
    rank = np.array([(size < s).sum() + ((size == s).sum() + 1) / 2 for s in size])
    signs = np.array(list(product([0, 1], repeat=d.size)))
    beyond = signs @ rank >= rank[d > 0].sum()
    for p, name in ((0.6, "p_high"), (0.4, "p_low")):
        assert made[name] == pytest.approx(np.sum(np.prod(np.where(signs == 1, p, 1 - p), axis=1)[beyond]))


def test_the_best_cut_is_the_largest_mean_over_all_hidden_covariates():
    draw = np.random.Generator(np.random.Philox(key=4))
    q = draw.integers(1, 30, (6, 5)).astype(float)
    for gamma in (1.4, 2.5):
        mean, variance = _extreme(q, gamma)
        lowest, _ = _extreme(q, 1 / gamma)
        for row in range(len(q)):
            means = [np.average(q[row], weights=gamma ** np.array(u)) for u in product([0.0, 1.0], repeat=5)]
            assert mean[row] == pytest.approx(max(means))
            assert lowest[row] == pytest.approx(min(means))
        assert (variance >= 0).all()


@pytest.mark.parametrize("outcome", ["b", "y"])
@pytest.mark.parametrize("ratio", [1, 3])
def test_bounds_widen_with_gamma_and_turn_where_they_say(outcome, ratio):
    matched = match(units(500, effect=0.8), treatment="d", covariates=["x", "z"], id="id", ratio=ratio)
    made = rosenbaum_bounds(matched, outcome)
    assert (np.diff(made.table["p_high"]) >= 0).all()
    assert (np.diff(made.table["p_low"]) <= 0).all()
    assert made.table["p_high"][0] == pytest.approx(made.table["p_low"][0])
    at, beyond = made.gamma_turn, made.gamma_turn * 1.001
    table = rosenbaum_bounds(matched, outcome, gammas=[at, beyond]).table
    assert table["p_high"][0] <= 0.05 < table["p_high"][1]


def test_the_order_of_rows_changes_nothing():
    members, draw = sets([2, 3, 4] * 15, seed=6)
    y = draw.standard_normal(len(members)) + members["treated"].to_numpy()
    shuffled = draw.permutation(len(members))
    a = rosenbaum_bounds(members, y).table
    b = rosenbaum_bounds(members.iloc[shuffled].reset_index(drop=True), y[shuffled]).table
    assert a.equals(b)


def test_no_finding_has_nothing_to_turn_and_missing_outcomes_leave():
    made = rosenbaum_bounds(*discordant(20, 20))
    assert np.isnan(made.gamma_turn)
    assert "no finding" in made.finding
    members, y = discordant(30, 10)
    y[0] = np.nan
    assert rosenbaum_bounds(members, y).n_sets == len(y) // 2 - 1


def test_refuses_samples_without_such_sets():
    frame = units()
    with pytest.raises(EffectError, match="without sets"):
        rosenbaum_bounds(match(frame, treatment="d", covariates=["x"], method="ipw"), "b")
    with pytest.raises(EffectError, match="several treated and several controls"):
        rosenbaum_bounds(match(frame, treatment="d", covariates=["x"], method="subclass"), "b")
    with pytest.raises(EffectError, match="without replacement"):
        rosenbaum_bounds(match(frame, treatment="d", covariates=["x"], replace=True), "b")
    members, y = discordant(3, 2)
    with pytest.raises(EffectError, match="varies within sets"):
        rosenbaum_bounds(members, np.zeros_like(y))
    with pytest.raises(EffectError, match="gammas"):
        rosenbaum_bounds(members, y, gammas=[0.5])


def test_amplification():
    assert amplify(1.25, 2.0) == pytest.approx(2.0)  # Rosenbaum & Silber (2009)
    lam, delta = 3.0, amplify(1.5, 3.0)
    assert (lam * delta + 1) / (lam + delta) == pytest.approx(1.5)
    with pytest.raises(EffectError):
        amplify(2.0, 1.5)


def test_prints_and_draws():
    made = rosenbaum_bounds(*discordant(40, 12))
    assert str(made).startswith("Rosenbaum bounds (mcnemar, two-sided, exact): 52 informative of 72 sets")
    texts = [t.get_text() for t in made.plot().texts]
    assert f"turns at Γ = {made.gamma_turn:.2f}" in texts
    assert made.finding in made.alt_text()
