"""Balance statistics against plain formulas, and subgroups."""

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import MatchingError
from evaluation.matching import match
from evaluation.matching.balance_stats import share_balance
from tests.matching.conftest import COVARIATES


@pytest.fixture(scope="module")
def matched(frame):
    return match(frame, treatment="treat", covariates=COVARIATES, id="id", caliper=0.2, ratio=3, replace=True)


def row(balance, covariate, level=""):
    table = balance.table
    return table[(table["covariate"] == covariate) & (table["level"] == level)].iloc[0]


def ecdf(x, w, at):
    return np.array([w[x <= value].sum() / w.sum() for value in at])


def test_numbers(frame, matched):
    units = matched.units
    t, w = units["treated"].to_numpy() == 1, units["weight"].to_numpy()
    one = np.ones(len(t))
    for name in ("age", "income"):
        x, found = frame[name].to_numpy(float), row(matched.balance(), name)
        means = {side: np.average(x[g], weights=w[g]) for side, g in (("t", t), ("c", ~t))}
        assert found["treated_mean"] == pytest.approx(x[t].mean())
        assert found["smd_before"] == pytest.approx((x[t].mean() - x[~t].mean()) / x[t].std(ddof=1))
        assert found["smd_after"] == pytest.approx((means["t"] - means["c"]) / x[t].std(ddof=1))
        assert found["difference_after"] == pytest.approx(means["t"] - means["c"])
        assert found["variance_ratio_before"] == pytest.approx(x[t].var(ddof=1) / x[~t].var(ddof=1))
        values = np.unique(x)
        for when, weights in (("before", one), ("after", w)):
            gaps = np.abs(ecdf(x[t], weights[t], values) - ecdf(x[~t], weights[~t], values))
            assert found[f"ks_{when}"] == pytest.approx(gaps.max())
            assert found[f"ecdf_{when}"] == pytest.approx(gaps.mean())


def test_binaries_and_levels(frame, matched):
    t = frame["treat"] == 1
    for found, x in (
        (row(matched.balance(), "woman"), frame["woman"]),
        (row(matched.balance(), "origin", "sweden"), frame["origin"] == "sweden"),
    ):
        p, q = x[t].mean(), x[~t].mean()
        assert found["smd_before"] == pytest.approx((p - q) / np.sqrt(p * (1 - p)))
        assert found["ks_before"] == found["ecdf_before"] == pytest.approx(abs(p - q))
        assert np.isnan(found["variance_ratio_before"])


def test_matching_improves_balance(matched):
    balance = matched.balance()
    assert balance.max_smd("after") < 0.1 < balance.max_smd("before")
    assert "largest |SMD|" in str(balance)
    assert "p_value" not in " ".join(balance.table.columns)


def test_squares_and_interactions(frame, matched):
    table = matched.balance(squares=True, interactions=True).table
    assert row(matched.balance(squares=True), "age²")["treated_mean"] == pytest.approx(
        (frame.loc[frame["treat"] == 1, "age"] ** 2).mean()
    )
    product = (frame["age"] * (frame["origin"] == "sweden"))[frame["treat"] == 1].mean()
    assert table.loc[table["covariate"] == "age × origin=sweden", "treated_mean"].iloc[0] == pytest.approx(product)
    assert not table["covariate"].str.contains("origin=abroad × origin").any()


def test_where_the_treated_do_not_vary():
    found = share_balance((1.0, 0.5), (1.0, 1.0))
    assert found["smd_before"] == pytest.approx(0.5 / np.sqrt(0.25 / 2))
    assert found["smd_after"] == 0.0
    assert np.isnan(share_balance((1.0, 1.0), (1.0, 0.9))["smd_after"])


def test_subgroups_of_everyone(frame, matched):
    """Before: treated and controls with the value; after: the sets of the treated with the value."""
    balance = matched.balance(subgroup="woman")
    assert balance.table["subgroup"].unique().tolist() == ["woman=0", "woman=1"]
    women = frame[frame["woman"] == 1]
    found = balance.table[(balance.table["subgroup"] == "woman=1") & (balance.table["covariate"] == "age")].iloc[0]
    assert found["treated_mean"] == pytest.approx(women.loc[women["treat"] == 1, "age"].mean())
    assert found["control_mean_before"] == pytest.approx(women.loc[women["treat"] == 0, "age"].mean())
    members = matched.members.assign(
        age=frame["age"].to_numpy()[matched.members["position"]],
        woman=frame["woman"].to_numpy()[matched.members["position"]],
    )
    leaders = members[(members["treated"] == 1) & (members["woman"] == 1)]["set"]
    controls = members[(members["treated"] == 0) & members["set"].isin(leaders)]
    assert found["control_mean_after"] == pytest.approx(np.average(controls["age"], weights=controls["weight"]))


def test_subgroups_of_the_treated_only(frame):
    kind = pd.Series(np.where(frame["age"] > 35, "regular", "created"), index=frame.index).where(frame["treat"] == 1)
    with_kind = frame.assign(kind=kind)
    matched = match(with_kind, treatment="treat", covariates=COVARIATES, id="id", caliper=0.2)
    table = matched.balance(["age"], subgroup="kind").table
    controls = frame.loc[frame["treat"] == 0, "age"].mean()
    assert table.loc[table["covariate"] == "age", "control_mean_before"].tolist() == pytest.approx([controls, controls])


def test_refuses_what_is_not_there_or_missing(frame, matched):
    with pytest.raises(MatchingError, match='no column "agge"'):
        matched.balance(["agge"])
    gaps = match(frame.assign(gap=frame["age"].mask(frame["age"] < 20)), treatment="treat", covariates=["age"], id="id")
    with pytest.raises(MatchingError, match="missing values"):
        gaps.balance(["gap"])
    with pytest.raises(MatchingError, match='no column "nix"'):
        matched.balance(subgroup="nix")


def test_plots(matched):
    import matplotlib.pyplot as plt

    ax = matched.balance().plot()
    assert [tick.get_text() for tick in ax.get_yticklabels()][-1] in ("score", "income", "age")
    assert (
        matched.balance(["age"], labels={"age": "Age at start"}).plot().get_yticklabels()[0].get_text()
        == "Age at start"
    )
    matched.balance(subgroup="woman").plot()
    matched.overlap().plot()
    matched.plot()
    plt.close("all")


def test_overlap(matched):
    table = matched.overlap(bins=10).table
    shares = table.groupby("group")["share"].sum()
    np.testing.assert_allclose(shares, 1.0)
    assert (table["n"].groupby(table["group"]).sum()["treated"]) == matched.counts.loc["all", "treated"]
    assert "outside the controls' range" in str(matched.overlap())
    assert "<table" in matched.overlap()._repr_html_()
    assert "<table" in matched.balance()._repr_html_()
