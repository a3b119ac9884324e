"""Every way of calculating speaks of the same participants: those whom the main design compares, outcome by outcome."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.disclosure import Policy, protect
from evaluation.effects import ipw_many
from evaluation.outcomes import outcome_columns, read_outcomes
from evaluation.study.design import Design
from evaluation.study.effects import StudyEffects, estimate_study, later_months, persons_to_read
from evaluation.study.effects_participants import are_in, of_compared, same_participants
from evaluation.study.tables import population
from tests.proofs.delivery import deliver, study_on

pytestmark = [pytest.mark.study, pytest.mark.filterwarnings("ignore::evaluation.errors.StatisticalWarning")]

WAYS = {("not_yet", e) for e in ("matched_difference", "matched_regression", "ipw", "aipw")} | {
    ("never", e) for e in ("dynamic_matched", "dynamic")
}
KEY = ["outcome", "definition", "horizon", "horizon_unit"]


@pytest.fixture(scope="module")
def made(deliveries: Path) -> tuple[Design, StudyEffects, pd.DataFrame, np.ndarray]:
    """A design that leaves a few participants without a set: a narrow caliper. The outcomes of all person-months stand beside it."""
    place = deliver(deliveries / "estimands", scenario="default", persons=2_500, seed=5)
    study = study_on(
        place,
        matching={"caliper": 0.05},
        gates={"max_smd": 1.0, "min_matched_share": 0.3, "max_mde": 1.0},
        outcomes={"definitions": ["E2_scb"], "sustained_definitions": ["E2_scb"], "outcomes": ["established", "earnings"]},
        effects={
            "estimands": ["never"], "subgroups": [], "clocks": ["start", "exit_planned"],
            "estimators": ["matched_difference", "matched_regression", "ipw", "aipw", "dynamic"],
        },
    )  # fmt: skip
    design = study.design(study.cohort()).freeze()
    panel = read_outcomes(
        study.registers, persons_to_read(design), study.definitions, study.spec.outcomes, design_hash=design.hash
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        effects = estimate_study(design, panel, later=later_months(study.registers, design.cohort, study.definitions))
    table = design.cohort.table
    labels, values = outcome_columns(panel, table["person"].to_numpy(), table["month"].to_numpy(), study.spec.outcomes)
    return design, effects, labels, values


def test_some_participants_are_left_over(made) -> None:
    counts = made[0].counts
    assert 0 < counts["n_treated_matched"] < counts["n_treated_eligible"]


def test_every_way_is_about_the_same_participants(made) -> None:
    table = made[1].select(clock="start", subgroup="all", ci_kind="pointwise")
    table = table[table["estimator"] != "unadjusted"]
    assert set(zip(table["estimand"], table["estimator"], strict=True)) == WAYS
    for _, rows in table.groupby(KEY):
        assert len(rows) == len(WAYS)
        assert rows["n_treated"].nunique() == 1
        np.testing.assert_allclose(rows["treated_mean"], rows["treated_mean"].iloc[0], rtol=1e-12)
    # the earnings of those who died or left are no earnings
    assert table.groupby("outcome")["n_treated"].max()["earnings"] < made[0].counts["n_treated_matched"]


def test_nothing_is_hidden_for_the_sake_of_other_participants(made) -> None:
    effects = protect({"effects": made[1].table, "population": population(made[0])}, Policy()).tables["effects"]
    rows = effects[
        (effects["clock"] == "start") & (effects["ci_kind"] == "pointwise") & (effects["estimator"] != "unadjusted")
    ]
    for _, ways in rows.groupby(KEY):
        assert ways["status"].nunique() == 1
    assert (rows["status"] == "released").mean() > 0.5


def test_weights_target_the_matched_by_a_score_fitted_on_the_rows_kept(made) -> None:
    design, effects, labels, values = made
    matched = design.matched
    matched_rows = set(design.members.loc[design.members["treated"] == 1, "id"])
    frame = matched.frame
    kept = ((frame["treated"] == 0) | frame["row"].isin(matched_rows)).to_numpy()
    spec = design.spec.score
    year = (
        (labels["outcome"] == "established").to_numpy()
        & (labels["horizon"] == 2).to_numpy()
        & (labels["horizon_unit"] == "year").to_numpy()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = ipw_many(
            frame[kept].reset_index(drop=True), values[kept][:, year], treatment="treated", unit="person", id="row",
            covariates=[*spec.covariates, *spec.time],
        )  # fmt: skip
    row = effects.select(
        outcome="established", estimator="ipw", horizon=2, horizon_unit="year", ci_kind="pointwise"
    ).iloc[0]
    for column in ("estimate", "std_error", "control_mean", "n_controls"):
        assert row[column] == pytest.approx(expected[column].iloc[0])


def test_of_compared_leaves_out_sets_without_one_side() -> None:
    sample = pd.DataFrame(
        {"set": [0, 0, 0, 1, 1, 2, 2], "treated": [1, 0, 0, 1, 0, 1, 0], "weight": [1, 0.5, 0.5, 1, 1, 1, 1.0]}
    )
    values = np.array([[1.0], [0.0], [np.nan], [1.0], [np.nan], [np.nan], [0.0]])
    np.testing.assert_array_equal(of_compared(sample, values)[:, 0], [1, 0, np.nan, np.nan, np.nan, np.nan, np.nan])
    whole = np.ones((7, 1))
    assert of_compared(sample, whole) is whole


def test_same_participants_touches_no_control() -> None:
    main = pd.DataFrame({"id": [10, 11, 12, 99], "treated": [1, 1, 1, 0]})
    main_values = np.array([[1.0, 0.0], [np.nan, 1.0], [0.0, 0.0], [5.0, 5.0]])
    rows, treated = np.array([12, 99, 11, 7]), np.array([True, False, True, True])
    found = same_participants(main, main_values, rows, treated, np.ones((4, 2)))
    np.testing.assert_array_equal(found, [[1, 1], [1, 1], [np.nan, 1], [np.nan, np.nan]])
    np.testing.assert_array_equal(are_in(main, rows), [True, False, True, False])
