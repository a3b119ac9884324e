import numpy as np
import pytest

from evaluation.effects import estimate_att
from evaluation.effects.ratio import risk_ratio
from evaluation.errors import EffectError
from evaluation.matching import match
from evaluation.robustness import evalue
from evaluation.robustness.evalue import e_value

from .worlds import units


@pytest.mark.parametrize(
    ("ratio", "low", "high", "point", "limit", "digits"),
    [
        (3.9, 1.8, 8.7, 7.26, 3.0, 2),  # maternal smoking example of VanderWeele & Ding (2017)
        (0.80, 0.71, 0.91, 1.8, 1.4, 1),  # breastfeeding and leukaemia, the same
        (10.73, 8.02, 14.36, 20.9, 15.5, 1),  # smoking and lung cancer
    ],
)
def test_published_examples(ratio, low, high, point, limit, digits):
    made = evalue(ratio, low=low, high=high)
    assert made.point == pytest.approx(point, abs=0.6 * 10**-digits)
    assert made.limit == pytest.approx(limit, abs=0.6 * 10**-digits)


def test_the_factor_of_two_equal_associations_is_the_ratio():
    for ratio in (1.0, 1.2, 4.0, 30.0):
        e = e_value(ratio)
        assert e * e / (2 * e - 1) == pytest.approx(ratio)
        assert e_value(1 / ratio) == pytest.approx(e)


def test_an_interval_that_holds_the_null_needs_no_confounding():
    made = evalue(1.3, low=0.9, high=1.8)
    assert made.limit == 1.0
    assert made.point > 1
    assert np.isnan(evalue(1.3).limit)
    assert evalue(2.0, low=1.5, high=2.6, null=1.6).limit == 1.0
    assert evalue(2.0, null=1.6).point == pytest.approx(e_value(2.0 / 1.6))


def test_rates_and_estimates_give_their_ratio_with_the_interval_of_the_ratio():
    matched = match(units(effect=1.0), treatment="d", covariates=["x", "z"], id="id", ratio=2)
    ratio = risk_ratio(matched, "b")
    made = evalue(estimate_att(matched, "b"))
    assert (made.ratio, made.low, made.high) == pytest.approx(tuple(ratio[["risk_ratio", "ratio_low", "ratio_high"]]))
    assert evalue(ratio).limit == pytest.approx(made.limit)
    assert evalue((0.6, 0.3)).ratio == pytest.approx(2.0)
    assert evalue(estimate_att(matched, "b"), level=0.8).low > made.low


def test_conversions_of_common_outcomes():
    assert evalue(4.0, kind="odds_ratio_common").ratio == pytest.approx(2.0)
    assert evalue(1.0, kind="hazard_ratio_common").ratio == pytest.approx(1.0)
    assert 1 < evalue(2.0, kind="hazard_ratio_common").ratio < 2
    assert evalue(0.0, kind="standardised_difference").point == pytest.approx(1.0)
    assert evalue(-0.5, low=-0.8, high=-0.2, kind="standardised_difference").limit == pytest.approx(
        e_value(np.exp(-0.182))
    )


@pytest.mark.parametrize("source", [-1.0, 0.0, np.nan, (0.0, 0.5), (0.5, 1.2)])
def test_refuses_what_is_no_ratio(source):
    with pytest.raises(EffectError):
        evalue(source)


def test_refuses_limits_on_one_side_and_numbers_without_errors():
    with pytest.raises(EffectError, match="either side"):
        evalue(2.0, low=2.5, high=3.0)
    with pytest.raises(EffectError, match="control_std_error"):
        evalue(
            estimate_att(match(units(), treatment="d", covariates=["x"]), "b").table.iloc[0].drop("control_std_error")
        )


def test_prints_and_draws():
    made = evalue(3.9, low=1.8, high=8.7)
    assert str(made).startswith("Risk ratio 3.9 [1.8, 8.7]\nE-value: 7.26")
    assert list(made.table["e_value"]) == [made.point, made.limit]
    texts = [t.get_text() for t in made.plot().texts]
    assert "estimate: 7.26" in texts
    assert "7.26" in made.alt_text()
