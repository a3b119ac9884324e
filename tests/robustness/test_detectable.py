import math

import numpy as np
import pytest
from scipy.stats import norm

from evaluation.errors import EffectError
from evaluation.matching import match
from evaluation.robustness import Planned, minimum_detectable_effect

from .worlds import units

Z = norm.ppf(0.975) + norm.ppf(0.8)


def test_a_share_of_any_level_is_the_cautious_formula():
    made = minimum_detectable_effect((300, 800.0))
    assert made.effect == pytest.approx(Z * math.sqrt(0.25 * (1 / 300 + 1 / 800)))
    assert minimum_detectable_effect((0, 0.0)).effect == math.inf


def test_a_share_with_a_level_solves_its_own_variance():
    made = minimum_detectable_effect((300, 800.0), Planned("e", "share", 0.2), Planned("half", "share", 0.5))
    p1 = 0.2 + made.effect
    assert made.effect == pytest.approx(Z * math.sqrt(p1 * (1 - p1) / 300 + 0.16 / 800))
    assert made.effect < made.table["effect"][1] < minimum_detectable_effect((300, 800.0)).effect
    assert minimum_detectable_effect((3, 3.0), Planned("e", "share", 0.9)).effect == math.inf


def test_means_and_hazards():
    made = minimum_detectable_effect((300, 700.0), Planned("k", "mean", sd=2.0), Planned("t", "hazard", 0.4))
    assert made.table["effect"].tolist() == pytest.approx(
        [Z * 2 * math.sqrt(1 / 300 + 1 / 700), Z / math.sqrt(400 * 0.3 * 0.7)]
    )


def test_a_mean_of_that_size_is_found_four_times_in_five():
    effect = minimum_detectable_effect((80, 160.0), Planned("k", "mean", sd=1.0)).effect
    draw = np.random.Generator(np.random.Philox(key=1))
    difference = draw.standard_normal((4000, 80)).mean(axis=1) + effect - draw.standard_normal((4000, 160)).mean(axis=1)
    found = np.abs(difference) > norm.ppf(0.975) * math.sqrt(1 / 80 + 1 / 160)
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_reads_a_matched_sample_and_more_controls_find_more():
    effects = [
        minimum_detectable_effect(match(units(), treatment="d", covariates=["x"], id="id", ratio=k)).effect
        for k in (1, 2)
    ]
    assert effects[1] < effects[0]
    stricter = minimum_detectable_effect((100, 100.0), confidence=0.99)
    assert stricter.effect > minimum_detectable_effect((100, 100.0)).effect


def test_refuses_what_is_missing_and_prints():
    with pytest.raises(EffectError) as caught:
        minimum_detectable_effect(
            (10, 10.0), Planned("a", "mean"), Planned("b", "hazard"), Planned("c", "share", 1.2), Planned("d", "count")
        )
    assert len(caught.value.problems) == 4
    made = minimum_detectable_effect((300, 800.0), Planned("e", "share", 0.2), Planned("k", "mean", sd=1.0))
    assert "power 80 %" in str(made)
    assert len(made.plot().get_yticks()) == 2
