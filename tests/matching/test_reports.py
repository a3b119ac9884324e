"""Comparison with the target, prognostic balance, spread over ties, distributions, and a ratio that varies."""

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import MatchingError, OverlapWarning
from evaluation.matching import match
from evaluation.matching.plots_distribution import distribution
from tests.matching.conftest import COVARIATES


@pytest.fixture(scope="module")
def narrow(frame):
    with pytest.warns(OverlapWarning):
        return match(frame, treatment="treat", covariates=COVARIATES, id="id", caliper=0.02, exact="origin")


def test_target(frame, narrow):
    target = narrow.target()
    row = target.table.set_index("covariate").loc["age"]
    treated = frame.loc[frame["treat"] == 1, "age"]
    used = frame.loc[(narrow.units["treated"] == 1) & narrow.units["matched"], "age"]
    assert row["target_mean"] == pytest.approx(treated.mean())
    assert row["used_mean"] == pytest.approx(used.mean())
    assert row["dropped_mean"] == pytest.approx(treated.drop(used.index).mean())
    assert row["smd"] == pytest.approx((used.mean() - treated.mean()) / treated.std())
    assert (target.n_target, target.n_used) == (len(treated), len(used))
    assert "dropped" in str(target)
    everyone = match(frame, treatment="treat", covariates=COVARIATES, id="id", method="ipw", estimand="ate").target()
    assert everyone.table["target_mean"].iloc[0] == pytest.approx(frame["age"].mean())


def test_prognosis_reads_no_treated_outcome(frame, narrow):
    balance = narrow.prognosis("outcome")
    hidden = frame["outcome"].where(frame["treat"] == 0).to_numpy()
    pd.testing.assert_frame_equal(
        balance.table.drop(columns="covariate"), narrow.prognosis(hidden).table.drop(columns="covariate")
    )
    assert balance.table["covariate"].tolist() == ["prognosis of outcome"]
    assert abs(balance.max_smd("after")) < abs(balance.max_smd("before")) + 0.2
    income = narrow.prognosis("income", covariates=["age"])
    assert np.isfinite(income.max_smd())
    with pytest.raises(MatchingError, match='no column "nix"'):
        narrow.prognosis("nix")


def test_tie_spread(frame):
    free = match(frame, treatment="treat", covariates=COVARIATES, id="id", caliper=0.2)
    coarse = match(frame, treatment="treat", covariates=["woman", "origin"], id="id", caliper=0.2)
    own = free.units
    t = own["treated"] == 1
    difference = [np.average(frame.loc[g, "outcome"], weights=own.loc[g, "weight"]) for g in (t, ~t)]
    assert free.tie_spread("outcome", draws=2).estimate == pytest.approx(difference[0] - difference[1])
    spread = coarse.tie_spread("outcome", draws=20)
    assert len(spread.table) == 20
    assert spread.sd > free.tie_spread("outcome", draws=20).sd
    assert spread.range[0] <= spread.table["estimate"].min() < spread.table["estimate"].max() <= spread.range[1]
    assert spread.table["pairs_changed"].mean() > 0.5
    seed = int(spread.table["seed"].iloc[0])
    other = match(frame, treatment="treat", covariates=["woman", "origin"], id="id", caliper=0.2, seed=seed)
    assert other.tie_spread("outcome", draws=1).estimate == pytest.approx(spread.table["estimate"].iloc[0])
    weighted = match(frame, treatment="treat", covariates=COVARIATES, id="id", method="ipw").tie_spread("outcome")
    assert weighted.sd == 0
    assert "No tie decides" in str(weighted)


def test_distributions(frame, narrow):
    import matplotlib.pyplot as plt

    parts = distribution(frame, "age", narrow._groups)
    values, share = parts["controls after"]
    weight = narrow.units["weight"].where(frame["treat"] == 0, 0)
    assert (values * share).sum() == pytest.approx(np.average(frame["age"], weights=weight))
    for kind in ("ecdf", "histogram"):
        for name in ("age", "woman", "origin"):
            assert narrow.plot_distribution(name, kind=kind).get_xlabel() == name
    plt.close("all")
    with pytest.raises(MatchingError, match='"violin" is not available'):
        narrow.plot_distribution("age", kind="violin")


def test_a_ratio_that_varies(frame, options):
    """Its mean is the ratio; those most like the treated get the fewest (Ming & Rosenbaum 2000)."""
    matched = match(frame, **options, ratio=2, min_controls=1, max_controls=4)
    t = np.flatnonzero(frame["treat"] == 1)
    want = matched.task.want[t]
    assert want.sum() == 2 * t.size
    falling = want[np.argsort(-matched.task.value[t])]
    assert (np.diff(falling) >= 0).all()
    assert set(falling) <= {1, 2, 3, 4}
    assert ((falling > 1) & (falling < 4)).sum() <= 1
    sizes = matched.pairs.groupby("treated").size()
    assert sizes.loc[frame["id"].iloc[t]].tolist() == want.tolist()
    text = str(matched)
    assert "1 to 4 per treated, 2 on average" in text


def test_the_atc_exchanges_the_roles(frame, options):
    one = match(frame, **options, estimand="atc", replace=True, ratio=2)
    other = match(frame.assign(treat=1 - frame["treat"]), **options, replace=True, ratio=2)
    assert set(zip(one.pairs["control"], one.pairs["treated"], strict=True)) == set(
        zip(other.pairs["treated"], other.pairs["control"], strict=True)
    )
    assert one.weights[frame["treat"] == 0].tolist() == [1.0] * int((frame["treat"] == 0).sum())
    ours, theirs = one.balance().table, other.balance().table
    np.testing.assert_allclose(ours["smd_after"][1:], -theirs["smd_after"][1:], atol=1e-9)
