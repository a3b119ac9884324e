"""Difference in differences: the two-way coefficient on complete panels, and its parts."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from linearmodels.panel import PanelOLS

from evaluation.effects import Estimate, estimate_att
from evaluation.effects.panel.did import did, did_of
from evaluation.effects.panel.event_study import event_study
from evaluation.effects.panel.many import did_many
from evaluation.errors import EffectError, PreTrendWarning
from tests.effects.test_event_study import YEARS, panel

AFTER, BEFORE = slice(4, 8), slice(0, 3)


def test_complete_panel(members):
    """The matched difference in (mean after - mean before), with its standard error; year 0 is on neither side."""
    y = panel(members)
    found = did(members, y)
    change = estimate_att(members, y[:, AFTER].mean(axis=1) - y[:, BEFORE].mean(axis=1))
    assert isinstance(found, Estimate)
    assert found.estimator == "did"
    assert found.estimate == pytest.approx(change.estimate, rel=1e-9)
    assert found.std_error == pytest.approx(change.std_error, rel=1e-9)
    assert found.ci == pytest.approx(change.ci, rel=1e-8)
    assert (found.n_treated, found.n_controls) == (change.n_treated, change.n_controls)
    assert found.pre == (-3, -2, -1)
    assert found.post == (1, 2, 3, 4)
    after = estimate_att(members, y[:, AFTER].mean(axis=1))
    assert found.treated_mean == pytest.approx(after.treated_mean, rel=1e-10)
    assert found.table["treated_std_error"][0] == pytest.approx(after.table["treated_std_error"][0], rel=1e-10)
    assert found.treated_mean - found.control_mean == pytest.approx(found.estimate, rel=1e-10)


def test_coefficient_of_treated_after(members):
    y = panel(members)
    index = pd.MultiIndex.from_product([range(len(members)), YEARS])
    rows = pd.DataFrame({"y": y.ravel(), "w": np.repeat(members["weight"].to_numpy(), 8)}, index=index)
    years = index.get_level_values(1)
    rows["d"] = np.repeat(members["treated"].to_numpy(), 8) * (years > 0).astype(float)
    rows = rows[years != 0]
    fit = PanelOLS(rows["y"], rows[["d"]], weights=rows["w"], entity_effects=True, time_effects=True).fit()
    assert did(members, y).estimate == pytest.approx(fit.params["d"], rel=1e-9)


def test_named_years(members):
    y = panel(members, missing=0.1)
    study = event_study(members, y)
    effect = study.table.set_index("event_year")["estimate"]
    found = did(members, y, pre=[-2, -1], post=[0, 1])
    assert found.estimate == pytest.approx(effect[[0, 1]].mean() - effect[[-2, -1]].mean(), rel=1e-9)
    again = did_of(study, pre=[-2, -1], post=[0, 1])
    assert again.estimate == pytest.approx(found.estimate, rel=1e-9)
    assert again.std_error == pytest.approx(found.std_error, rel=1e-9)


def test_truth_and_coverage_of_its_interval(members):
    """The effect is 0.5 by construction: in 20 draws the intervals hold it about 19 times."""
    held = 0
    for seed in range(20):
        low, high = did(members, panel(members, seed=100 + seed), alpha=0.0).ci
        held += low <= 0.5 <= high
    assert held >= 17


def test_trends_before_warn(members):
    with pytest.warns(PreTrendWarning):
        found = did(members, panel(members, trend=0.4))
    assert found.pretrend.p < 0.001
    ax = found.plot()
    plt.close(ax.figure)
    assert "ATT (did)" in str(found)


def test_many(members):
    table = did_many(members, {"a": panel(members), "b": panel(members, seed=4)})
    assert list(table["outcome"]) == ["a", "b"]
    assert table["estimate"][0] == did(members, panel(members)).estimate


def test_refusals(members):
    y = panel(members)
    with pytest.raises(EffectError, match="stand in both"):
        did(members, y, pre=[-1, 0], post=[0, 1])
    with pytest.raises(EffectError, match="pre: no years"):
        did(members, y[:, 3:], years=range(0, 5))
    y[:, -1] = np.nan
    with pytest.raises(EffectError, match=r"post: \[4\]"):
        did(members, y)
    assert did(members, y, post=[1, 2, 3]).post == (1, 2, 3)
