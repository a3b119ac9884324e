"""Confidence intervals that stay where the quantity can be.

Means and differences have normal intervals. For rates (0/1 outcomes) a mean's interval is formed on the logit scale, so it
stays inside [0, 1]; at 0 or 1 exactly it is Wilson's with the effective sample size. A difference of rates is clipped to
[-1, 1]; where its standard error is 0, its limits combine those of the two rates (Newcombe 1998, method 10).

A model may put the mean of a rate outside [0, 1], where it has no logit and is no 0 or 1 that was seen: its interval is the normal
one cut to [0, 1], and the mean stays as the model gives it, with a warning (:func:`warn_of_impossible`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from evaluation.errors import EffectError, ImpossibleRateWarning, Problem

# Nearer to 0 or 1 than this, a mean is 0 or 1 to the rounding of the sums behind it
_ROUNDING = 1e-9
_NAMED = 5


def critical_value(level: float) -> float:
    """Two-sided normal critical value of a confidence level between 0 and 1."""
    if not isinstance(level, float) or not 0 < level < 1:
        raise EffectError(Problem("level", f"{level!r}", "a share between 0 and 1", "0.95 for 95 %"))
    return float(norm.ppf(0.5 + level / 2))


def mean_interval(
    mean: np.ndarray, error: np.ndarray, n_effective: np.ndarray, rate: np.ndarray, z: float
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of means; ``rate`` says which are rates. All arrays (k,)."""
    low, high = mean - z * error, mean + z * error
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        logit = np.log(mean / (1 - mean))
        width = z * error / (mean * (1 - mean))
        wilson = z**2 / (n_effective + z**2)
        inner = rate & (mean > 0) & (mean < 1)
        low = np.where(inner, 1 / (1 + np.exp(-(logit - width))), low)
        high = np.where(inner, 1 / (1 + np.exp(-(logit + width))), high)
    low = np.where(rate & (mean <= 0), 0.0, np.where(rate & (mean >= 1), 1 - wilson, low))
    high = np.where(rate & (mean <= 0), wilson, np.where(rate & (mean >= 1), 1.0, high))
    return low, high


def difference_interval(
    difference: np.ndarray,
    error: np.ndarray,
    rate: np.ndarray,
    z: float | np.ndarray,
    treated: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
    control: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of differences of means, clipped for rates; ``treated`` and ``control`` are (mean, low, high) of the two."""
    low, high = difference - z * error, difference + z * error
    if treated is not None and control is not None:
        (t, t_low, t_high), (c, c_low, c_high) = treated, control
        flat = rate & (error == 0)
        low = np.where(flat, difference - np.hypot(t - t_low, c_high - c), low)
        high = np.where(flat, difference + np.hypot(t_high - t, c - c_low), high)
    # both limits at both bounds: a modelled difference may lie beyond a bound with all of its interval
    return np.where(rate, np.clip(low, -1.0, 1.0), low), np.where(rate, np.clip(high, -1.0, 1.0), high)


def is_rate(outcomes: np.ndarray) -> np.ndarray:
    """Which outcomes hold only 0 and 1 where observed, bool (k,); outcomes are (k, m)."""
    return np.all((outcomes == 0) | (outcomes == 1) | np.isnan(outcomes), axis=1)


def limit_columns(
    *,
    difference: tuple[np.ndarray, np.ndarray],
    treated: tuple[np.ndarray, np.ndarray, np.ndarray],
    control: tuple[np.ndarray, np.ndarray, np.ndarray],
    rate: np.ndarray,
    z: float,
    modelled: bool = False,
) -> dict[str, np.ndarray]:
    """The six limits of a table of estimates, by the names of its columns.

    Parameters
    ----------
    difference
        Values and standard errors, (k,) each.
    treated, control
        Means, standard errors and effective sizes.
    modelled
        Whether a mean may be one that a model puts outside [0, 1]: its interval is then the normal one, cut to [0, 1]. Means that are no
        model's can leave it by rounding only, and count as 0 or 1.
    """
    limits = {}
    for name, (mean, error, n_effective) in (("treated", treated), ("control", control)):
        outside = rate & impossible(mean) if modelled else np.zeros(mean.shape, bool)
        low, high = mean_interval(mean, error, n_effective, rate & ~outside, z)
        limits[name] = (
            np.where(outside, np.clip(low, 0.0, 1.0), low),
            np.where(outside, np.clip(high, 0.0, 1.0), high),
        )
    low, high = difference_interval(
        *difference, rate, z, (treated[0], *limits["treated"]), (control[0], *limits["control"])
    )
    return {
        "ci_low": low,
        "ci_high": high,
        "treated_low": limits["treated"][0],
        "treated_high": limits["treated"][1],
        "control_low": limits["control"][0],
        "control_high": limits["control"][1],
    }


def impossible(mean: np.ndarray) -> np.ndarray:
    """Which means no rate can have, bool (k,): outside [0, 1] by more than rounding; False for NaN."""
    return (mean < -_ROUNDING) | (mean > 1 + _ROUNDING)


def warn_of_impossible(
    labels: Sequence[object],
    rate: np.ndarray,
    treated: np.ndarray,
    control: np.ndarray,
    mend: str,
    *,
    stacklevel: int,
) -> None:
    """Say which rates (k,) have a modelled mean that no rate can have; ``mend`` says what model has none."""
    outside = rate & (impossible(treated) | impossible(control))
    if not outside.any():
        return
    names = [str(label) for label, bad in zip(labels, outside, strict=True) if bad]
    more = f" and {len(names) - _NAMED} others" if len(names) > _NAMED else ""
    warnings.warn(
        f"The model puts a mean of {', '.join(names[:_NAMED])}{more} outside 0 to 1, where no rate can be: it is carried over to people "
        f"unlike those it was fitted on. The estimate is left as it is, its limits are cut to what is possible. {mend}",
        ImpossibleRateWarning,
        stacklevel=stacklevel + 1,
    )


def limits_of_table(
    table: pd.DataFrame, rate: np.ndarray, z: float, *, modelled: bool = False
) -> dict[str, np.ndarray]:
    """:func:`limit_columns` from the means, errors and effective sizes that a table of estimates holds."""

    def numbers(*names: str) -> tuple[np.ndarray, ...]:
        return tuple(table[name].to_numpy(np.float64) for name in names)

    value, error = numbers("estimate", "std_error")
    treated_mean, treated_error, treated_size = numbers("treated_mean", "treated_std_error", "ess_treated")
    control_mean, control_error, control_size = numbers("control_mean", "control_std_error", "ess_controls")
    return limit_columns(
        difference=(value, error),
        treated=(treated_mean, treated_error, treated_size),
        control=(control_mean, control_error, control_size),
        rate=rate,
        z=z,
        modelled=modelled,
    )
