"""Dominance rules for magnitudes: a mean of earnings must not be about one or two persons."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evaluation.disclosure.policy import Policy


def magnitude_safe(contributions: npt.ArrayLike, policy: Policy) -> bool:
    """Whether a total (or mean) of non-negative contributions may be released.

    (n, k) rule: the ``dominance_n`` largest contributors hold at most ``dominance_percent`` of the total. p % rule: what the second
    largest contributor can compute of the largest one's value, total less the two largest, is at least ``p_percent`` of it.
    Source: Hundepool et al., *Statistical Disclosure Control* (2012), ch. 4.

    Parameters
    ----------
    contributions
        Value (times weight) of each person; NaN is left out, a negative value counts by its size.
    """
    size = np.abs(np.asarray(contributions, dtype=float))
    size = np.sort(size[np.isfinite(size)])[::-1]
    total = float(size.sum())
    if total == 0:
        return True
    dominated = float(size[: policy.dominance_n].sum()) > total * policy.dominance_percent / 100
    return not dominated and total - float(size[:2].sum()) >= size[0] * policy.p_percent / 100


def magnitude_flags(
    values: npt.ArrayLike, treated: npt.ArrayLike, weight: npt.ArrayLike, policy: Policy
) -> npt.NDArray[np.bool_]:
    """:func:`magnitude_safe` for each outcome column of a matched sample, in both groups.

    Give the result to :func:`evaluation.disclosure.protect` as the column ``audit_magnitude_safe`` of the effects table.

    Parameters
    ----------
    values
        ``(members, columns)``, NaN where not observed.
    treated
        0/1, shape ``(members,)``.
    weight
        Weight of each membership.
    """
    values = np.asarray(values, dtype=float) * np.asarray(weight, dtype=float)[:, None]
    group = np.asarray(treated) == 1
    return np.array(
        [magnitude_safe(column[group], policy) and magnitude_safe(column[~group], policy) for column in values.T],
        dtype=bool,
    )
