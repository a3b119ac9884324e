"""The dynamic estimators against a world whose effects are known, a formula written out by hand, and a bootstrap."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from evaluation.effects.dynamics.bootstrap import dynamic_bootstrap
from evaluation.effects.dynamics.estimators import WeightTotalWarning, dynamic, dynamic_many, dynamic_matched
from evaluation.effects.dynamics.hazard import HazardPanel, fit_hazard, hazard_panel
from evaluation.effects.dynamics.jointly import dynamic_jointly
from evaluation.effects.weighted import estimate_att
from evaluation.errors import EffectError
from tests.effects.dynamic_world import HORIZON, WINDOW, World, by_hand, matched_sets, simulate, truth

# the weights of one small world add up to the number of treated only roughly
pytestmark = pytest.mark.filterwarnings("ignore::evaluation.effects.dynamics.estimators.WeightTotalWarning")


def panel_of(world: World) -> HazardPanel:
    return fit_hazard(
        world.rows.assign(month_level=world.rows["month"].astype("category")),
        ["x", "elapsed", "month_level"], treatment="starts", unit="unit", month="month",
    )  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return simulate()


@pytest.fixture(scope="module")
def panel(world) -> HazardPanel:
    return panel_of(world)


@pytest.fixture(scope="module")
def members(panel) -> pd.DataFrame:
    return panel.at_risk(*WINDOW)


@pytest.fixture(scope="module")
def sets(world, members) -> pd.DataFrame:
    return matched_sets(world, members)


def outcome(world: World, rows: pd.DataFrame, horizon: int = HORIZON) -> np.ndarray:
    return world.seen[rows["unit"], rows["month"] + horizon]


def until(rows: pd.DataFrame, horizon: int = HORIZON) -> np.ndarray:
    return (rows["month"] + horizon).to_numpy()


def test_both_forms_find_never_where_not_yet_differs() -> None:
    off, not_yet, totals = [], [], []
    for seed in range(1, 17):
        world = simulate(2_500, seed=seed)
        panel = panel_of(world)
        rows = panel.at_risk(*WINDOW)
        sets = matched_sets(world, rows, seed=seed)
        true = [truth(world, frame[frame["treated"] == 1]) for frame in (rows, sets)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WeightTotalWarning)
            found = [
                dynamic(rows, outcome(world, rows), until(rows), panel=panel),
                dynamic_matched(sets, outcome(world, sets), until(sets), panel=panel),
            ]
        off.append([f.estimate - t for f, t in zip(found, true, strict=True)])
        totals.append([f.weight_total for f in found])
        not_yet.append(estimate_att(sets, outcome(world, sets)).estimate - true[1])
    error = np.std(off, axis=0, ddof=1) / np.sqrt(len(off))
    assert (np.abs(np.mean(off, axis=0)) < 3 * error).all()
    assert np.mean(not_yet) < -0.08 < np.mean(off, axis=0).min()
    assert (np.abs(np.mean(totals, axis=0) - 1) < 0.03).all()


def test_weights_are_those_of_the_formula(world, panel, members, sets) -> None:
    hazard = {(panel.ids[u], m): h for u, m, h in zip(panel.unit, panel.month, panel.hazard, strict=True)}
    for rows, estimator in ((members, dynamic), (sets, dynamic_matched)):
        odds = np.array([hazard[u, m] / (1 - hazard[u, m]) for u, m in zip(rows["unit"], rows["month"], strict=True)])
        base = odds if estimator is dynamic else rows["weight"].to_numpy()
        w = by_hand(world, rows, hazard, base=base)
        y, treated = outcome(world, rows), rows["treated"].to_numpy() == 1
        found = estimator(rows, y, until(rows), panel=panel)
        np.testing.assert_allclose(found.control_mean, np.average(y[~treated], weights=w[~treated]), rtol=1e-12)
        np.testing.assert_allclose(found.treated_mean, y[treated].mean(), rtol=1e-12)
        np.testing.assert_allclose(found.weight_total, w[~treated].sum() / treated.sum(), rtol=1e-12)
        # the own start that the panel knows of is the one that was given
        again = estimator(rows.drop(columns="own_start"), y, until(rows), panel=panel)
        assert again.estimate == found.estimate


def test_wrong_variants_are_off() -> None:
    wrong: dict[str, list[tuple[float, float]]] = {"right": [], "from s": [], "not frozen": []}
    for seed in range(1, 7):
        world = simulate(2_500, seed=seed)
        rows = panel_of(world).at_risk(*WINDOW)
        hazard = {(r.unit, r.month): r.hazard for r in world.rows.itertuples()}
        odds = np.array([hazard[u, m] / (1 - hazard[u, m]) for u, m in zip(rows["unit"], rows["month"], strict=True)])
        y, treated = outcome(world, rows), rows["treated"].to_numpy() == 1
        for name, options in (("right", {}), ("from s", {"from_s": True}), ("not frozen", {"frozen": False})):
            w = by_hand(world, rows, hazard, base=odds, **options)
            estimate = y[treated].mean() - np.average(y[~treated], weights=w[~treated])
            wrong[name].append((estimate - truth(world, rows[rows["treated"] == 1]), w[~treated].sum() / treated.sum()))
    bias = {name: np.array(values)[:, 0] for name, values in wrong.items()}
    total = {name: np.mean([t for _, t in values]) for name, values in wrong.items()}
    assert abs(total["right"] - 1) < 0.03
    assert total["from s"] > 1.1
    assert total["not frozen"] > 1.5
    # on the same draws the variants differ from the right one by far more than those differences vary
    for name, least in (("from s", 0.003), ("not frozen", 0.03)):
        apart = bias[name] - bias["right"]
        assert (apart < 0).all()
        assert apart.mean() < -least


def test_standard_errors_agree_with_the_bootstrap(world, panel, members, sets) -> None:
    for rows, pooled in ((members, True), (sets, False)):
        y, t = outcome(world, rows), until(rows)
        drawn = dynamic_bootstrap(rows, y, t, panel=panel, pooled=pooled, draws=600, seed=2)
        found = dynamic(rows, y, t, panel=panel) if pooled else dynamic_matched(rows, y, t, panel=panel, cluster="unit")
        # the standard deviation of 600 draws is itself known to 3 %
        assert abs(found.std_error / drawn.std_error - 1) < 0.07, pooled


def test_two_way_clustering_adds_what_sets_share(world, panel, sets) -> None:
    y, t = outcome(world, sets), until(sets)
    both = dynamic_matched(sets, y, t, panel=panel)
    assert both.std_error > 0
    assert both.std_error != dynamic_matched(sets, y, t, panel=panel, cluster="unit").std_error
    assert both.ci[0] < both.estimate < both.ci[1]


def test_many_at_once_give_the_same_numbers(world, panel, members, sets) -> None:
    for rows, pooled, one in ((members, True, dynamic), (sets, False, dynamic_matched)):
        horizons = [2, HORIZON]
        y = np.column_stack([outcome(world, rows, h) for h in (2, HORIZON)] + [rows["month"].to_numpy(float)])
        y[::7, 0] = np.nan
        t = np.column_stack([until(rows, h) for h in horizons])
        table = dynamic_many(rows, y, t, [0, 1, 1], panel=panel, pooled=pooled)
        for column, h in ((0, 0), (1, 1), (2, 1)):
            single = one(rows, y[:, column], t[:, h], panel=panel)
            row = table.table.iloc[column]
            assert row["estimate"] == single.estimate
            assert row["std_error"] == single.std_error
            assert row["n_controls"] == single.n_controls
        assert list(table.diagnostics["horizon"]) == [0, 1]
        band = dynamic_jointly(rows, y[:, :2], t, [0, 1], panel=panel, pooled=pooled, draws=2_000)
        np.testing.assert_allclose(np.sqrt(np.diag(band.covariance)), table.table["std_error"][:2], rtol=1e-10)
        assert 1.96 < band.critical < 2.4


def test_a_horizon_before_the_start_asks_nothing(world, panel, sets) -> None:
    y = outcome(world, sets, -3)
    before = dynamic_matched(sets, y, until(sets, -3), panel=panel)
    plain = estimate_att(sets, y)
    assert before.estimate == pytest.approx(plain.estimate, abs=1e-14)
    assert before.std_error == pytest.approx(plain.std_error, rel=0.01)


def test_truncation_cuts_and_says_so(world, panel, members) -> None:
    y, t = outcome(world, members), until(members)
    plain, cut = dynamic(members, y, t, panel=panel), dynamic(members, y, t, panel=panel, truncate=0.95)
    assert plain.n_truncated == 0 < cut.n_truncated
    assert cut.largest_weight < plain.largest_weight


def test_a_hazard_that_stops_too_early_is_refused(world, sets) -> None:
    short = world.rows[world.rows["month"] <= WINDOW[1]]
    panel = panel_of(World(short, world.start, world.never, world.seen))
    with pytest.raises(EffectError, match=r"(?s)up to month 21.*months up to 13"):
        dynamic_matched(sets, outcome(world, sets), until(sets), panel=panel)


def test_a_hazard_said_to_hold_further_than_it_does_is_warned_of(world, sets) -> None:
    short = world.rows[world.rows["month"] <= WINDOW[1]]
    panel = fit_hazard(
        short.assign(month_level=short["month"].astype("category")),
        ["x", "elapsed", "month_level"], treatment="starts", unit="unit", month="month", until=WINDOW[1] + HORIZON,
    )  # fmt: skip
    with pytest.warns(WeightTotalWarning, match="every month at risk up to the outcome"):
        dynamic_matched(sets, outcome(world, sets), until(sets), panel=panel)


def test_order_of_rows_changes_nothing(world, sets) -> None:
    shuffled = world.rows.sample(frac=1, random_state=4)
    one = dynamic_matched(sets, outcome(world, sets), until(sets), panel=panel_of(world))
    two = dynamic_matched(
        sets, outcome(world, sets), until(sets), panel=panel_of(World(shuffled, world.start, world.never, world.seen))
    )
    assert (one.estimate, one.std_error) == (two.estimate, two.std_error)


def test_arrays_and_frame_give_one_panel(world) -> None:
    rows = world.rows
    dummies = pd.get_dummies(rows["month"], drop_first=True).to_numpy(float)
    x = np.column_stack([rows["x"], rows["elapsed"], dummies])
    made = hazard_panel(rows["unit"].to_numpy(), rows["month"].to_numpy(), rows["starts"].to_numpy(), x)
    np.testing.assert_allclose(made.hazard, panel_of(world).hazard, atol=1e-9)


def test_a_value_without_starts_has_no_hazard(world) -> None:
    rows = world.rows[world.rows["month"] < 20].assign(never=lambda f: np.where(f["month"] == 19, "yes", "no"))
    rows.loc[rows["month"] == 19, "starts"] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        panel = fit_hazard(rows, ["x", "never"], treatment="starts", unit="unit", month="month")
    assert not (panel.month == 19).any()
    assert panel.n_units == rows["unit"].nunique()
    shorter = fit_hazard(rows[rows["month"] < 19], ["x"], treatment="starts", unit="unit", month="month")
    np.testing.assert_allclose(panel.hazard, shorter.hazard, atol=1e-10)


def test_what_cannot_be_is_refused(world, panel, sets) -> None:
    y, t = outcome(world, sets), until(sets)
    with pytest.raises(EffectError, match="no columns month"):
        dynamic_matched(sets.drop(columns="month"), y, t, panel=panel)
    with pytest.raises(EffectError, match="never at risk"):
        dynamic_matched(sets.assign(unit=sets["unit"] + 10**6), y, t, panel=panel)
    with pytest.raises(EffectError, match="align it to members"):
        dynamic_matched(sets, y, t[:-1], panel=panel)
    with pytest.raises(EffectError, match="in or before the month"):
        dynamic_matched(sets.assign(own_start=sets["month"]), y, t, panel=panel)
    with pytest.raises(EffectError, match="repeat a unit and month"):
        fit_hazard(pd.concat([world.rows] * 2), ["x"], treatment="starts", unit="unit", month="month")
