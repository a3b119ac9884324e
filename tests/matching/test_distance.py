"""Widths of calipers by their named conventions."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from evaluation.errors import MatchingError
from evaluation.matching import match
from evaluation.matching.distance import axis_from_score, caliper_width


@pytest.fixture
def data():
    draw = np.random.Generator(np.random.Philox(key=2))
    n = 400
    stratum = draw.integers(0, 5, n).astype(np.int32)
    treated = (draw.random(n) < 0.3) & (stratum != 4)
    return pd.DataFrame({"x": draw.standard_normal(n) + 3 * stratum, "t": treated, "k": stratum})


def width(data, unit, caliper=0.5):
    return caliper_width(
        caliper, unit, data["x"].to_numpy(), data["t"].to_numpy(), data["k"].to_numpy(np.int32), where="caliper"
    )


def test_conventions(data):
    s_t, s_c = data.loc[data["t"], "x"].std(), data.loc[~data["t"], "x"].std()
    assert width(data, "sd_pooled") == pytest.approx(0.5 * np.sqrt((s_t**2 + s_c**2) / 2), rel=1e-12)
    assert width(data, "sd_all") == pytest.approx(0.5 * data["x"].std(), rel=1e-12)
    assert width(data, "raw") == 0.5
    assert width(data, "raw", None) == np.inf


def test_within_strata(data):
    """Pooled within stratum and group, over strata with both groups: stratum 4 has no treated and does not count."""
    both = data[data["k"] != 4]
    variances = []
    for _, group in both.groupby("t"):
        cells = group.groupby("k")["x"]
        variances.append(((cells.count() - 1) * cells.var()).sum() / (cells.count() - 1).sum())
    assert width(data, "sd_strata") == pytest.approx(0.5 * np.sqrt(np.mean(variances)), rel=1e-12)
    assert width(data, "sd_strata") < 0.5 * width(data, "sd_pooled")


def test_one_stratum_is_the_pooled_convention(data):
    assert width(data.assign(k=0), "sd_strata") == pytest.approx(width(data, "sd_pooled"), rel=1e-12)


def test_rows_outside_common_support_do_not_count(data):
    inside = data[data["x"] < 9]
    outside = data.assign(k=np.where(data["x"] < 9, data["k"], -1), x=data["x"].where(data["x"] < 9))
    for unit in ("sd_pooled", "sd_all", "sd_strata"):
        assert width(outside, unit) == pytest.approx(width(inside, unit), rel=1e-12)


def test_a_caliper_without_width(data):
    with pytest.raises(MatchingError, match="do not vary"):
        width(data.assign(x=1.0), "sd_pooled")


def test_axis():
    score = np.array([0.1, 0.5, 0.9])
    np.testing.assert_array_equal(axis_from_score(score, "probability", where="score"), score)
    np.testing.assert_array_equal(axis_from_score(score, "logit", where="score"), logit(score))


def test_calipers_are_inclusive_and_bind(frame, options):
    options["covariates"] = ["woman", "income"]
    matched = match(frame, **options, covariate_calipers={"age": 2}, caliper_unit="raw", replace=True)
    age = frame.set_index("id")["age"]
    apart = (age[matched.pairs["treated"]].to_numpy() - age[matched.pairs["control"]].to_numpy()).__abs__()
    assert apart.max() == 2
