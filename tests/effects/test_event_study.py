"""Event studies: closed forms on complete panels, other engines on incomplete ones, the test of trends before."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.panel import PanelOLS
from scipy.stats import chi2
from threadpoolctl import threadpool_limits

from evaluation.effects import estimate_many
from evaluation.effects.panel.clusters import covariance_of, wald
from evaluation.effects.panel.event_study import event_study
from evaluation.effects.panel.many import event_study_many
from evaluation.errors import EffectError, PreTrendWarning
from tests.effects.conftest import sample

YEARS = list(range(-3, 5))
BASE = YEARS.index(-1)


def panel(members, missing=0.0, seed=3, trend=0.0):
    draw = np.random.Generator(np.random.Philox(key=seed))
    years = np.array(YEARS)
    level = draw.standard_normal(members["unit"].max() + 1)[members["unit"]]
    y = level[:, None] + 0.2 * years + draw.standard_normal((len(members), years.size))
    treated = members["treated"].to_numpy()[:, None]
    y += treated * (0.5 * (years >= 0) + trend * years)
    y[draw.random(y.shape) < missing] = np.nan
    return y


def long(members, y):
    """The rows of the panel, by the rule of the room: a year of a set counts with both sides observed."""
    frame = members.reset_index(drop=True)
    rows = pd.DataFrame(
        {
            "member": np.repeat(np.arange(len(frame)), len(YEARS)),
            "year": np.tile(YEARS, len(frame)),
            "y": y.ravel(),
            **{c: np.repeat(frame[c].to_numpy(), len(YEARS)) for c in ("set", "unit", "treated", "weight")},
        }
    ).dropna()
    sides = rows.groupby(["set", "year"])["treated"].transform("nunique")
    return rows[sides == 2]


def test_complete_panel_is_the_matched_difference_of_changes(members):
    """Without missing years the effect of year k is the matched difference in y_k - y_base, with its standard error."""
    y = panel(members)
    study = event_study(members, y)
    change = estimate_many(members, y - y[:, [BASE]])
    rows = np.array(YEARS) != -1
    for column in ("estimate", "std_error", "ci_low", "ci_high", "n_treated", "n_controls", "ess_controls", "n_sets"):
        np.testing.assert_allclose(study.table[column][rows], change[column][rows], rtol=1e-9, err_msg=column)
    levels = estimate_many(members, y)
    np.testing.assert_allclose(study.table["treated_mean"], levels["treated_mean"], rtol=1e-12)
    np.testing.assert_allclose(study.table["treated_std_error"], levels["treated_std_error"], rtol=1e-12)
    base = study.table[study.table["event_year"] == -1].iloc[0]
    assert (base["estimate"], base["std_error"], base["ci_low"], base["ci_high"], base["status"]) == (
        0,
        0,
        0,
        0,
        "base",
    )


@pytest.mark.parametrize("cluster", ["set+unit", "set", "unit", "none"])
def test_comparison_level_s_error_on_a_complete_panel(members, cluster):
    """The level is the treated mean in the base year plus the controls' change: its influence is known row by row."""
    y = panel(members)
    study = event_study(members, y, cluster=cluster)
    t, w = members["treated"].to_numpy() == 1, members["weight"].to_numpy()
    k = YEARS.index(2)
    level, change = y[t, BASE].mean(), np.average((y[:, k] - y[:, BASE])[~t], weights=w[~t])
    psi = np.where(t, (y[:, BASE] - level) * w / w[t].sum(), (y[:, k] - y[:, BASE] - change) * w / w[~t].sum())
    codes = (members["set"].to_numpy(), members["unit"].to_numpy(), np.arange(len(t)))
    assert study.table["control_mean"][k] == pytest.approx(level + change, rel=1e-10)
    assert study.table["control_std_error"][k] ** 2 == pytest.approx(
        covariance_of(psi[None], codes, cluster)[0, 0], rel=1e-9
    )


def test_incomplete_panel_against_least_squares_with_dummies():
    members = sample(n_sets=25, n_persons=30)
    y = panel(members, missing=0.15)
    study = event_study(members, y)
    rows = long(members, y)
    names = [k for k in YEARS if k != -1]
    design = pd.concat(
        [
            pd.DataFrame({k: ((rows["year"] == k) & (rows["treated"] == 1)).astype(float) for k in names}),
            pd.get_dummies(rows["member"], prefix="m", dtype=float),
            pd.get_dummies(rows["year"], prefix="t", dtype=float).iloc[:, 1:],
        ],
        axis=1,
    )
    fit = sm.WLS(rows["y"], design, weights=rows["weight"]).fit()
    estimated = study.table.set_index("event_year").loc[names, "estimate"]
    np.testing.assert_allclose(estimated, fit.params[names], rtol=1e-7)


@pytest.mark.parametrize("cluster", ["set+unit", "set", "unit", "none"])
def test_incomplete_panel_influences_give_the_covariance_of_linearmodels(members, cluster):
    y = panel(members, missing=0.15)
    study = event_study(members, y, cluster=cluster)
    codes = (study.panel.sets, study.panel.units, study.panel.member)
    own = covariance_of(study.model.influence, codes, cluster)
    np.testing.assert_allclose(own, study.model.covariance, rtol=1e-8, atol=1e-12)


def test_standard_errors_do_not_count_memberships_as_parameters(members):
    """linearmodels' own default is wider by n / (n - effects): said in the docstring, and held here."""
    y = panel(members)
    rows = long(members, y).set_index(["member", "year"])
    years = rows.index.get_level_values("year")
    design = pd.DataFrame({f"y{k}": ((years == k) & (rows["treated"] == 1)).astype(float) for k in YEARS if k != -1})
    model = PanelOLS(rows["y"], design, weights=rows["weight"], entity_effects=True, time_effects=True)
    default = model.fit(cov_type="clustered", clusters=rows[["set", "unit"]], group_debias=True, debiased=False)
    study = event_study(members, y)
    rows_used, memberships = len(rows), len(members)
    counted = rows_used - memberships - (len(YEARS) - 1)
    expected = default.std_errors.to_numpy() * np.sqrt(counted / rows_used) * np.sqrt(rows_used / (rows_used - 1))
    own = study.table["std_error"][np.array(YEARS) != -1]
    np.testing.assert_allclose(own, expected, rtol=2e-3)


def test_trends_before(members):
    with warnings.catch_warnings():
        warnings.simplefilter("error", PreTrendWarning)
        calm = event_study(members, panel(members))
    assert calm.pretrend.years == (-3, -2)
    before = calm.table["event_year"].isin([-3, -2]).to_numpy()
    b, v = calm.table["estimate"][before].to_numpy(), calm.covariance[np.ix_(before, before)]
    assert calm.pretrend.statistic == pytest.approx(b @ np.linalg.solve(v, b), rel=1e-9)
    assert calm.pretrend.freedom == 2
    assert calm.pretrend.p == pytest.approx(chi2.sf(calm.pretrend.statistic, 2), rel=1e-12)
    with pytest.warns(PreTrendWarning, match=r"years -3, -2: p = .*match on the outcome's earlier values"):
        moved = event_study(members, panel(members, trend=0.4))
    assert moved.pretrend.p < 0.001


def test_no_years_before_the_base(members):
    study = event_study(members, panel(members)[:, BASE:], years=range(-1, 5))
    assert study.pretrend is None
    assert "no years before the base" in str(study)


def test_years_and_sets_that_are_not_observed(members):
    y = panel(members)
    y[:, -1] = np.nan
    treated = members["treated"].to_numpy() == 1
    y[treated & (members["set"] == 0).to_numpy(), 0] = np.nan
    y[~treated & (members["set"] == 1).to_numpy(), 0] = np.nan
    study = event_study(members, y)
    last, first = study.table.iloc[-1], study.table.iloc[0]
    assert last["status"] == "not_observed"
    assert np.isnan([last["estimate"], last["std_error"], last["ci_low"], last["treated_mean"]]).all()
    assert np.isnan(study.covariance[-1]).all()
    assert first["n_sets"] == members["set"].nunique() - 2
    assert study.table["estimate"][:-1].notna().all()


def test_rates_stay_inside(members):
    y = (panel(members) > 0.3).astype(float)
    study = event_study(members, y)
    assert study.table["rate"].all()
    assert study.table[["ci_low", "ci_high"]].abs().to_numpy().max() <= 1
    assert study.table[["treated_low", "treated_high"]].to_numpy().min() >= 0


def test_order_threads_and_inputs(members):
    y = panel(members, missing=0.1)
    kept = members.copy(), y.copy()
    with threadpool_limits(1):
        one = event_study(members, y)
    with threadpool_limits(2):
        two = event_study(members, y)
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    np.testing.assert_array_equal(one.covariance, two.covariance)
    order = np.random.Generator(np.random.Philox(key=9)).permutation(len(members))
    turned = event_study(members.iloc[order], pd.DataFrame(y[order], columns=YEARS)[YEARS[::-1]])
    pd.testing.assert_frame_equal(one.table, turned.table, rtol=1e-9)
    pd.testing.assert_frame_equal(members, kept[0])
    np.testing.assert_array_equal(y, kept[1])


def test_without_sets(members):
    weighted = members.assign(set=np.nan)
    y = panel(members, missing=0.1)
    by_unit = event_study(weighted, y, cluster="unit")
    np.testing.assert_allclose(event_study(weighted, y).table["std_error"], by_unit.table["std_error"], rtol=1e-9)


def test_flat_outcome_has_no_test(members):
    study = event_study(members, np.tile(np.arange(8.0), (len(members), 1)))
    assert study.pretrend is None
    assert (study.table[["estimate", "std_error", "ci_low", "ci_high"]] == 0).all(axis=None)
    with pytest.raises(EffectError, match="no variation"):
        study.bands()
    # flat before, moving after: the years after are as they would be
    y = panel(members)
    y[:, :3] = 1.0
    found = event_study(members, y)
    assert found.pretrend is None
    assert (found.table["std_error"][3:] > 0).all()
    assert found.bands().estimate.size == 5


def test_wald_leaves_directions_without_variance():
    statistic, freedom = wald(np.array([1.0, 1.0, 2.0]), np.array([[1.0, 1.0, 0], [1.0, 1.0, 0], [0, 0, 4.0]]))
    assert (statistic, freedom) == (pytest.approx(2.0), 2)


def test_result_prints_plots_and_bands(members):
    study = event_study(members, panel(members))
    assert "equal trends before: chi2(2)" in str(study)
    assert study._repr_html_().startswith("<table")
    ax = study.plot()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [str(k).replace("-", "−") for k in YEARS]
    plt.close(ax.figure)
    bands = study.bands()
    assert bands.estimate.size == 7
    assert bands.critical > 1.96
    both = event_study_many(members, {"a": panel(members), "b": panel(members, seed=5)})
    assert both.groupby("outcome").size().to_dict() == {"a": 8, "b": 8}
    np.testing.assert_array_equal(both["estimate"][:8], study.table["estimate"])
    assert both["pretrend_p"][0] == study.pretrend.p


@pytest.mark.parametrize(
    ("years", "base", "change", "text"),
    [
        (YEARS, 9, None, "one of the years"),
        ([0, 0, 1], 0, None, "increasing"),
        (YEARS, -1, (slice(None), slice(0, 7)), r"shape \(.*, 7\)"),
        (YEARS, -1, "base missing", "no set is observed in event year -1"),
        (YEARS, -1, "only base", "only event year -1 is observed"),
        (YEARS, -1, "infinite", "1 infinite"),
        (YEARS, -1, "alone", "cannot be told"),
    ],
)
def test_refusals(members, years, base, change, text):
    y = panel(members)
    if change == "base missing":
        y[:, BASE] = np.nan
    elif change == "only base":
        y[:, np.arange(8) != BASE] = np.nan
    elif change == "infinite":
        y[0, 0] = np.inf
    elif change == "alone":
        # nobody is observed in more than one year
        half = members["set"].to_numpy() % 2 == 0
        y[:, 2:] = np.where(np.arange(2, 8) == BASE, y[:, 2:], np.nan)
        y[half, BASE], y[half, 1] = np.nan, np.nan
        y[~half, :2] = np.nan
    elif change is not None:
        y = y[change]
    with pytest.raises(EffectError, match=text):
        event_study(members, y, years=years, base=base)
    with pytest.raises(EffectError, match="no columns"):
        event_study(members, pd.DataFrame(panel(members)[:, :4], columns=YEARS[:4]))
