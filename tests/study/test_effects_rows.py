"""Rows of the study's table: horizons seen for a part of the participants."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from evaluation.errors import CensoredHorizonWarning
from evaluation.study.delivery import warnings_as_notes, warnings_joined
from evaluation.study.effects_rows import _warn_of_censored


def test_a_horizon_that_some_are_not_followed_to_is_told():
    with pytest.warns(CensoredHorizonWarning, match="1 horizons on the clock exit_actual are seen for 96.0 %"):
        _warn_of_censored(np.array([1.0, 0.96, 0.4]), "exit_actual")


def test_nothing_is_said_where_all_are_followed_or_the_row_is_not_shown():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _warn_of_censored(np.array([1.0, 0.89, 0.0]), "start")


def test_a_run_tells_of_them_in_one_line():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with warnings_as_notes() as lines, warnings_joined():
            for least in (0.96, 0.99):
                _warn_of_censored(np.array([1.0, least]), "exit_actual")
    assert len(lines) == 1
    assert "exit_actual" in lines[0]
    assert "96 %" in lines[0]
