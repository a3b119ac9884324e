"""Values that no model can take are refused by column and count: they would drop the column, and adjust for nothing, unseen."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from evaluation.effects import few_clusters
from evaluation.effects.neighbours.estimator import abadie_imbens
from evaluation.effects.neighbours.matched import abadie_imbens_matched
from evaluation.effects.regression.adjustment import ipw_ra, regression_adjustment
from evaluation.effects.regression.g_computation import matched_regression
from evaluation.effects.weighting.aipw import aipw
from evaluation.effects.weighting.ipw import ipw
from evaluation.effects.weighting.overlap import overlap
from evaluation.effects.weighting.score import GivenScore
from evaluation.errors import EffectError, EvaluationError, MatchingError
from evaluation.matching import match
from evaluation.matching.columns import LARGEST, unfit_values
from evaluation.matching.design_matrix import CovariateDesign, FormulaDesign

ROLES = {"treatment": "treat"}


@pytest.fixture(scope="module")
def frame():
    draw = np.random.Generator(np.random.Philox(key=5))
    x, z = draw.standard_normal((2, 300))
    treat = (draw.random(300) < 1 / (1 + np.exp(0.5 - 0.6 * x))).astype(int)
    y = 10 * x + 5 * z + treat + draw.standard_normal(300)
    return pd.DataFrame(
        {"id": np.arange(300), "x": x, "z": z, "treat": treat, "y": y, "kind": np.where(z > 0, "a", "b")}
    )


@pytest.fixture(scope="module")
def members():
    """60 sets of one treated and two controls, with two covariates."""
    draw = np.random.Generator(np.random.Philox(key=6))
    n = 180
    x = draw.standard_normal(n)
    return pd.DataFrame(
        {
            "set": np.arange(n) // 3,
            "unit": np.arange(n),
            "treated": (np.arange(n) % 3 == 0).astype(int),
            "weight": np.where(np.arange(n) % 3 == 0, 1.0, 0.5),
            "x": x,
            "z": draw.standard_normal(n),
            "y": 10 * x + draw.standard_normal(n),
        }
    )


def spoilt(frame, how, column="x"):
    """The frame with an unfit column, and what is said of it."""
    values = frame[column].to_numpy(np.float64).copy()
    if how == "infinite":
        values[[3, 70]] = np.inf, -np.inf
        return frame.assign(**{column: values}), "2 infinite values"
    return frame.assign(**{column: values * 1e160}), f"{len(frame)} values larger than 1e\\+150"


WAYS = {
    "ipw": lambda f: ipw(f, "y", covariates=["x", "z"], **ROLES),
    "overlap": lambda f: overlap(f, "y", covariates=["x", "z"], **ROLES),
    "formula": lambda f: ipw(f, "y", formula="x + z", **ROLES),
    "aipw": lambda f: aipw(f, "y", covariates=["x", "z"], **ROLES),
    "aipw, outcome model": lambda f: aipw(f, "y", covariates=["z"], outcome_covariates=["x"], **ROLES),
    "aipw, learners": lambda f: aipw(
        f, "y", covariates=["x"], score_model="boosting", outcome_model="boosting", **ROLES
    ),
    "regression_adjustment": lambda f: regression_adjustment(f, "y", covariates=["x", "z"], **ROLES),
    "ipw_ra": lambda f: ipw_ra(f, "y", covariates=["z"], outcome_covariates=["z", "x"], **ROLES),
    "abadie_imbens": lambda f: abadie_imbens(f, "y", covariates=["x", "z"], **ROLES),
    "abadie_imbens, score": lambda f: abadie_imbens(f, "y", score="x", **ROLES),
    "abadie_imbens, fitted score": lambda f: abadie_imbens(f, "y", covariates=["x"], metric="score", **ROLES),
    "abadie_imbens, bias": lambda f: abadie_imbens(f, "y", covariates=["z"], bias_adjust=["x"], **ROLES),
    "given score": lambda f: ipw(f, "y", score=GivenScore(f[["x"]].to_numpy(), np.full(len(f), 0.5)), **ROLES),
}


@pytest.mark.parametrize("how", ["infinite", "huge"])
@pytest.mark.parametrize("way", WAYS)
def test_every_estimator_refuses_what_it_cannot_adjust_for(frame, way, how):
    bad, said = spoilt(frame, how)
    with pytest.raises(EffectError, match=said) as error:
        WAYS[way](bad)
    assert way == "given score" or "x" in str(error.value)


@pytest.mark.parametrize("how", ["infinite", "huge"])
@pytest.mark.parametrize("estimator", [matched_regression, few_clusters])
def test_regressions_on_matched_samples_refuse_it_too(members, estimator, how):
    bad, said = spoilt(members, how)
    with pytest.raises(EffectError, match=rf'covariates\["x"\]: {said}'):
        estimator(bad, "y", covariates=["x", "z"])


def test_a_bias_adjustment_on_a_matched_sample_refuses_it(frame):
    matched = match(frame, treatment="treat", covariates=["z"], id="id", replace=True)
    bad = matched.frame.assign(x=spoilt(frame, "infinite")[0]["x"].to_numpy())
    with pytest.raises(EffectError, match='"w" has 2 infinite values'):
        abadie_imbens_matched(
            match(bad.rename(columns={"x": "w"}), treatment="treat", covariates=["z"], id="id", replace=True),
            "y",
            bias_adjust=["w"],
        )


def test_all_columns_are_told_of_at_once(frame, members):
    two = frame.assign(x=np.where(frame["id"] == 3, np.inf, frame["x"]), z=frame["z"].where(frame["id"] > 1))
    for call in (
        lambda: ipw(two, "y", covariates=["x", "z"], **ROLES),
        lambda: abadie_imbens(two, "y", covariates=["x", "z"], **ROLES),
        lambda: regression_adjustment(two, "y", covariates=["x", "z"], **ROLES),
    ):
        with pytest.raises(EffectError) as error:
            call()
        assert len(error.value.problems) == 2
        assert "1 infinite values" in str(error.value)
        assert "2 missing values" in str(error.value)
    both = members.assign(
        x=np.where(members["unit"] == 3, np.inf, members["x"]), z=members["z"].where(members["unit"] > 1)
    )
    with pytest.raises(EffectError) as error:
        matched_regression(both, "y", covariates=["x", "z"])
    assert len(error.value.problems) == 2


def test_the_design_itself_refuses(frame):
    for how in ("infinite", "huge"):
        bad, said = spoilt(frame, how)
        with pytest.raises(MatchingError, match=rf'covariates\["x"\]: {said}'):
            CovariateDesign.of(bad, ["x", "kind"])
        with pytest.raises(MatchingError, match=said):
            FormulaDesign.of(bad, "x + z", "treat")
    with pytest.raises(MatchingError, match=r'covariates\["kind"\]: 2 missing values'):
        CovariateDesign.of(frame.assign(kind=frame["kind"].where(frame["id"] > 1)), ["kind"])
    logged = frame.assign(w=np.where(frame["id"] == 0, 0.0, 2 + frame["z"] ** 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's own, of log(0)
        with pytest.raises(MatchingError, match=r'the term "log\(w\)" has 1 infinite values'):
            FormulaDesign.of(logged, "log(w)", "treat")


def test_matching_refuses_what_overflows(frame):
    with pytest.raises(MatchingError, match="values larger than"):
        match(spoilt(frame, "huge")[0], treatment="treat", covariates=["x"], id="id")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (pd.Series([1, 2**62]), ""),
        (pd.Series([True, False]), ""),
        (pd.Series([LARGEST, -LARGEST, 0.0]), ""),
        (pd.Series([], dtype=float), ""),
        (pd.Series([1, None], dtype="Int64"), "1 missing values"),
        (pd.Series([True, None], dtype="boolean"), "1 missing values"),
        (pd.Series(["a", None, None]), "2 missing values"),
        (pd.Series([1, np.inf], dtype="float32"), "1 infinite values"),
        (pd.Series([np.nan, np.inf, -1e160]), "1 missing values, 1 infinite values, 1 values larger than 1e+150"),
    ],
)
def test_what_is_unfit_in_a_column(values, said):
    assert unfit_values(values) == said


def test_large_values_whose_squares_fit_are_taken_and_their_unit_changes_nothing(frame):
    plain = regression_adjustment(frame, "y", covariates=["x", "z"], **ROLES)
    large = regression_adjustment(frame.assign(x=frame["x"] * 1e100), "y", covariates=["x", "z"], **ROLES)
    assert large.estimate == pytest.approx(plain.estimate, rel=1e-9)


def test_no_id_is_ever_told(frame):
    bad = spoilt(frame.assign(id=[f"person-{i}" for i in range(300)]), "infinite")[0]
    with pytest.raises(EvaluationError) as error:
        ipw(bad, "y", covariates=["x"], id="id", **ROLES)
    assert "person-" not in str(error.value)
