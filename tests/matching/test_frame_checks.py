"""Frames that cannot be matched: what is wrong, named by column and count."""

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import MatchingError
from evaluation.matching import match


def broken(frame, options, **columns):
    with pytest.raises(MatchingError) as caught:
        match(frame.assign(**columns), **options)
    return str(caught.value)


def test_not_a_frame(options):
    with pytest.raises(MatchingError, match="a list was given"):
        match([1, 2], **options)


def test_missing_columns_are_all_named(frame):
    with pytest.raises(MatchingError) as caught:
        match(frame, treatment="nix", covariates=["age", "incom"], id="lopnr", exact="month")
    text = str(caught.value)
    assert len(caught.value.problems) == 4
    assert "incom" in text
    assert "lopnr" in text


def test_missing_values_are_refused_with_names(frame, options):
    income = frame["income"].mask(frame["age"] < 30)
    origin = frame["origin"].mask(frame["age"] > 60)
    text = broken(frame, options, income=income, origin=origin)
    assert f'covariates["income"]: {income.isna().sum()} missing values' in text
    assert f'covariates["origin"]: {origin.isna().sum()} missing values' in text
    assert "indicator" in text


def test_missing_values_of_a_formula(frame):
    gaps = frame.assign(age=frame["age"].mask(frame["woman"] == 1))
    with pytest.raises(MatchingError, match=r'covariates\["age"\]'):
        match(gaps, treatment="treat", formula="age + income", id="id")


@pytest.mark.parametrize(
    ("treat", "text"),
    [
        (lambda n: np.arange(n) % 3, "3 different values"),
        (lambda n: np.zeros(n, int), "0 treated of"),
        (lambda n: np.where(np.arange(n) == 0, np.nan, 1.0), "1 missing values"),
    ],
)
def test_treatment(frame, options, treat, text):
    assert text in broken(frame, options, treat=treat(len(frame)))


def test_repeated_ids(frame, options):
    text = broken(frame, options, id=frame["id"] // 2)
    assert "rows repeat an id" in text
    assert "unit=" in text


def test_repeated_ids_spread_far_apart(frame, options):
    assert "rows repeat an id" in broken(frame, options, id=(frame["id"] // 2) * 10**12)


def test_a_person_twice_in_a_stratum(frame, options):
    with pytest.raises(MatchingError, match="put the period"):
        match(frame.assign(person=frame["id"] // 2), **options, unit="person")


@pytest.mark.parametrize(
    ("values", "text"), [(1.2, "outside 0 to 1"), (1.0, "logit is infinite"), (0.0, "logit is infinite")]
)
def test_scores_that_are_none(frame, values, text):
    score = np.where(np.arange(len(frame)) == 3, values, 0.5)
    with pytest.raises(MatchingError, match=text):
        match(frame.assign(ps=score), treatment="treat", score="ps", id="id")


def test_odd_columns(frame, options):
    options["covariates"] = ["age", "when", "note", "wild"]
    text = broken(
        frame,
        options,
        when=pd.Timestamp("2010-01-01"),
        note=[f"n{i}" for i in range(len(frame))],
        wild=np.where(frame["age"] > 60, np.inf, 1.0),
    )
    assert "holds dates" in text
    assert "levels" in text
    assert "infinite values" in text


def test_a_formula_that_names_another_treatment(frame):
    with pytest.raises(MatchingError, match="left-hand side"):
        match(frame, treatment="treat", formula="woman ~ age", id="id")


def test_a_formula_with_unknown_columns(frame):
    with pytest.raises(MatchingError, match="no such columns: agge"):
        match(frame, treatment="treat", formula="agge + income", id="id")


def test_an_error_holds_no_id(frame, options):
    text = broken(frame, options, id=frame["id"] // 2)
    assert not any(str(i) in text for i in (frame["id"] // 2))
