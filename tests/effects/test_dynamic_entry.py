"""The pooled dynamic estimator for some of the treated: odds for them alone, later starts of everybody."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from evaluation.effects.dynamics.bootstrap import dynamic_bootstrap
from evaluation.effects.dynamics.entry import entry_panel
from evaluation.effects.dynamics.estimators import dynamic, dynamic_many
from evaluation.effects.dynamics.hazard import HazardPanel, fit_hazard
from evaluation.effects.dynamics.jointly import dynamic_jointly
from evaluation.effects.dynamics.sample import dynamic_sample
from evaluation.errors import EffectError
from tests.effects.dynamic_world import HORIZON, WINDOW, World, simulate, truth

pytestmark = pytest.mark.filterwarnings("ignore::evaluation.effects.dynamics.estimators.WeightTotalWarning")


def panel_of(world: World) -> HazardPanel:
    rows = world.rows.assign(month_level=world.rows["month"].astype("category"))
    return fit_hazard(rows, ["x", "elapsed", "month_level"], treatment="starts", unit="unit", month="month")


def some(world: World, panel: HazardPanel, keep_x: float, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows at risk without most starts at x = 1, and which rows of the panel those left out are: the effect is for others than all treated."""
    rows = panel.at_risk(*WINDOW)
    x = rows.merge(world.rows[["unit", "month", "x"]], on=["unit", "month"], how="left")["x"].to_numpy()
    draw = np.random.Generator(np.random.Philox(key=[seed, 9])).random(len(rows))
    out = (rows["treated"] == 1).to_numpy() & (x == 1) & (draw > keep_x)
    place = {(u, m): r for r, (u, m) in enumerate(zip(panel.ids[panel.unit], panel.month, strict=True))}
    left_out = np.zeros(panel.month.size, dtype=bool)
    left_out[[place[u, m] for u, m in rows.loc[out, ["unit", "month"]].itertuples(index=False)]] = True
    return rows[~out].reset_index(drop=True), left_out


def seen(world: World, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return world.seen[rows["unit"], rows["month"] + HORIZON], (rows["month"] + HORIZON).to_numpy()


def test_nobody_left_out_changes_nothing() -> None:
    world = simulate(2_000)
    panel = panel_of(world)
    rows = panel.at_risk(*WINDOW)
    y, t = seen(world, rows)
    months = int(panel.month.min()), int(panel.month.max())
    same = entry_panel(panel, np.zeros(panel.month.size, dtype=bool), *months)
    np.testing.assert_allclose(same.hazard, panel.hazard, atol=1e-9)
    one, two = dynamic(rows, y, t, panel=panel), dynamic(rows, y, t, panel=panel, entry=same)
    assert one.estimate == pytest.approx(two.estimate, abs=1e-9)
    assert one.std_error == pytest.approx(two.std_error, rel=1e-6)


def test_the_effect_is_that_of_the_treated_who_are_left() -> None:
    off, naive = [], []
    for seed in range(1, 13):
        world = simulate(2_500, seed=seed)
        panel = panel_of(world)
        rows, left_out = some(world, panel, 0.25, seed)
        y, t = seen(world, rows)
        true = truth(world, rows[rows["treated"] == 1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            off.append(dynamic(rows, y, t, panel=panel, entry=entry_panel(panel, left_out, *WINDOW)).estimate - true)
            naive.append(dynamic(rows, y, t, panel=panel).estimate - true)
    assert abs(np.mean(off)) < 3 * np.std(off, ddof=1) / np.sqrt(len(off))
    # odds of all who start make the controls look like others than those the effect speaks of
    assert abs(np.mean(naive)) > 0.05


def test_the_standard_error_knows_both_fits() -> None:
    world = simulate(3_000, seed=4)
    panel = panel_of(world)
    rows, left_out = some(world, panel, 0.4, 4)
    y, t = seen(world, rows)
    entry = entry_panel(panel, left_out, *WINDOW)
    found = dynamic(rows, y, t, panel=panel, entry=entry)
    drawn = dynamic_bootstrap(rows, y, t, panel=panel, entry=entry, pooled=True, draws=500, seed=2)
    assert abs(found.std_error / drawn.std_error - 1) < 0.08
    table = dynamic_many(rows, y[:, None], t[:, None], [0], panel=panel, entry=entry, pooled=True).table
    band = dynamic_jointly(rows, y[:, None], t[:, None], [0], panel=panel, entry=entry, pooled=True, draws=1_000)
    assert table["std_error"].iloc[0] == pytest.approx(found.std_error)
    assert np.sqrt(band.covariance[0, 0]) == pytest.approx(found.std_error)


def test_the_matched_form_has_no_odds() -> None:
    world = simulate(500)
    panel = panel_of(world)
    rows = panel.at_risk(*WINDOW).assign(set=0, weight=1.0)
    left_out = panel.starts & (np.arange(panel.month.size) % 2 == 0)
    assert dynamic_sample(rows, panel, pooled=False, entry=entry_panel(panel, left_out, *WINDOW)).entry is None


def test_what_is_left_out_must_be_starts() -> None:
    panel = panel_of(simulate(500))
    with pytest.raises(EffectError, match="without a start"):
        entry_panel(panel, ~panel.starts, *WINDOW)
    with pytest.raises(EffectError, match="every start"):
        entry_panel(panel, panel.starts.copy(), *WINDOW)
    with pytest.raises(EffectError, match="one value per row of the panel"):
        entry_panel(panel, panel.starts[:-1], *WINDOW)


def test_odds_of_another_panel_are_refused() -> None:
    world, other = simulate(500), simulate(500, seed=2)
    panel = panel_of(world)
    rows = panel.at_risk(*WINDOW)
    y, t = seen(world, rows)
    with pytest.raises(EffectError, match="other rows than panel"):
        dynamic(rows, y, t, panel=panel, entry=panel_of(other))


def test_a_level_all_of_whose_starts_are_left_out_weighs_nothing() -> None:
    world = simulate(3_000, seed=3)
    units = world.rows["unit"].to_numpy()
    rare = np.random.default_rng(0).random(units.max() + 1) < 0.03
    rows = world.rows.assign(level=pd.Categorical(np.where(rare[units], "rare", "other")))
    panel = fit_hazard(rows, ["x", "level"], treatment="starts", unit="unit", month="month")
    inside = (panel.month >= WINDOW[0]) & (panel.month <= WINDOW[1])
    here = rare[panel.ids[panel.unit]]
    left_out = panel.starts & inside & here
    assert left_out.any()
    assert (panel.starts & ~inside & here).any()
    entry = entry_panel(panel, left_out, *WINDOW)
    assert (entry.hazard[inside & here & ~left_out] == 0).all()
    others = entry.hazard[inside & ~here]
    assert ((others > 0) & (others < 1)).all()
