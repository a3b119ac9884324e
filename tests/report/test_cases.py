"""The one function that says which case a result is."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evaluation.errors import ReleaseError
from evaluation.report.cases import Case, clocks_agree, decide, likeness, profile

limit = st.floats(-0.5, 0.5, allow_nan=False)
margins = st.one_of(st.none(), st.floats(0.001, 0.3))
MIRROR = {
    "positive": "negative",
    "negative": "positive",
    "no_large_loss": "no_large_gain",
    "no_large_gain": "no_large_loss",
}


def of(low: float, high: float, margin: float | None = None, **options: object) -> Case:
    return decide(estimate=(low + high) / 2, low=low, high=high, margin=margin, **options)


@pytest.mark.parametrize(
    ("low", "high", "margin", "expected"),
    [
        (0.003, 0.072, None, ("positive", "")),
        (-0.024, 0.066, None, ("uncertain", "open")),
        (0.0, 0.05, None, ("uncertain", "open")),
        (0.01, 0.018, 0.02, ("no_difference", "small")),
        (-0.019, 0.04, 0.02, ("uncertain", "no_large_loss")),
        (-0.04, 0.019, 0.02, ("uncertain", "no_large_gain")),
        (-0.012, 0.019, 0.02, ("no_difference", "")),
        (-0.03, -0.01, None, ("negative", "")),
        (-0.02, 0.02, 0.02, ("no_difference", "")),
        (-0.05, 0.05, 0.02, ("uncertain", "open")),
    ],
)
def test_table(low: float, high: float, margin: float | None, expected: tuple[str, str]) -> None:
    case = of(low, high, margin)
    assert (case.name, case.variant) == expected
    assert case.shows_number


def test_order_of_what_hides_a_number() -> None:
    nan = math.nan
    hidden = {"estimate": nan, "low": nan, "high": nan}
    assert decide(**hidden, status="suppressed", gate_passed=False).name == "not_shown"
    assert decide(**hidden, status="gate_failed").name == "not_shown"
    assert decide(**hidden, status="suppressed").name == "suppressed"
    assert decide(**hidden, status="not_observed").name == "not_observed"
    assert decide(**hidden, status="not_estimated").name == "not_estimated"
    assert not any(
        decide(**hidden, status=s).shows_number for s in ("gate_failed", "suppressed", "not_observed", "not_estimated")
    )


@pytest.mark.parametrize(
    "numbers",
    [(math.nan, 0.0, 1.0), (0.5, math.nan, 1.0), (0.5, 1.0, 0.0), (2.0, 0.0, 1.0), (math.inf, 0.0, math.inf)],
)
def test_numbers_that_make_no_sense_are_errors(numbers: tuple[float, float, float]) -> None:
    estimate, low, high = numbers
    with pytest.raises(ReleaseError):
        decide(estimate=estimate, low=low, high=high)


def test_bad_margin_and_status() -> None:
    with pytest.raises(ReleaseError, match="margin"):
        of(0, 1, -0.1)
    with pytest.raises(ReleaseError, match="status"):
        of(0, 1, status="secret")


def test_exploratory_is_kept_beside_the_case() -> None:
    assert of(0.1, 0.2, role="exploratory") == Case("positive", "", exploratory=True)
    assert of(0.1, 0.2, design_changed=True).exploratory


@given(limit, limit, margins, st.floats(0, 0.3))
def test_widening_never_makes_an_uncertain_result_certain(
    a: float, b: float, margin: float | None, more: float
) -> None:
    low, high = sorted((a, b))
    if of(low, high, margin).name == "uncertain":
        assert of(low - more, high + more, margin).name == "uncertain"


@given(limit, limit, margins)
def test_mirroring_the_sign_mirrors_the_case(a: float, b: float, margin: float | None) -> None:
    low, high = sorted((a, b))
    case, mirrored = of(low, high, margin), of(-high, -low, margin)
    assert mirrored.name == MIRROR.get(case.name, case.name)
    if not (margin is not None and low >= -margin and high <= margin):
        assert mirrored.variant == MIRROR.get(case.variant, case.variant)
    assert mirrored.direction == -case.direction


@given(limit, limit, st.floats(0.001, 0.3))
def test_a_margin_never_makes_a_clear_result_uncertain(a: float, b: float, margin: float) -> None:
    low, high = sorted((a, b))
    without, with_margin = of(low, high), of(low, high, margin)
    if without.direction:
        assert with_margin.name in (without.name, "no_difference")


@given(st.lists(st.tuples(limit, limit), min_size=4, max_size=4))
def test_profile_of_all_years(pairs: list[tuple[float, float]]) -> None:
    intervals = [(min(p), max(p)) for p in pairs]
    found = profile(intervals)
    above, below = [i[0] > 0 for i in intervals], [i[1] < 0 for i in intervals]
    assert (found == "all_positive") == all(above)
    assert (found == "all_negative") == all(below)
    assert (found == "none") == (not any(above) and not any(below))
    assert profile([None, *intervals[1:]]) == "incomplete"
    assert profile(intervals[:3]) == "incomplete"


def test_clocks_agree() -> None:
    up, unclear = Case("positive"), Case("uncertain", "open")
    assert clocks_agree([up, up, up], [0.03, 0.04, 0.05], low=0.01, high=0.07)
    assert not clocks_agree([up, up, unclear], [0.03, 0.04, 0.05], low=0.01, high=0.07)
    assert not clocks_agree([up, up, up], [0.03, 0.04, 0.09], low=0.01, high=0.07)


@given(st.floats(0, 1), st.floats(0, 1))
def test_likeness(largest: float, share: float) -> None:
    assume(largest == largest)
    good = likeness(largest=largest, matched_share=share, limit=0.1, share_limit=0.9, failed=False)
    assert good == ("good" if largest <= 0.1 and share >= 0.9 else "acceptable")
    assert likeness(largest=largest, matched_share=share, limit=0.1, share_limit=0.9, failed=True) == "poor"
