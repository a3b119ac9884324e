"""Horizons that part of the sample cannot be followed to: said in the table, and in a warning.

A set is beyond the registers at a horizon when nobody in it is observed there: its members share a clock, so the end of the
registers takes all of them at once. A single missing member is something else (died, emigrated), and counts as observed here.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.effects.sample import HasMembers, outcomes_of, sample_of
from evaluation.errors import CensoredHorizonWarning, EffectError, Problem

STATUS = "part_observed"


def observed_share(
    matched: HasMembers | pd.DataFrame, outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """How much of the treated each outcome is observed for.

    Parameters
    ----------
    matched, outcomes
        As in :func:`evaluation.effects.estimate_many`.

    Returns
    -------
    DataFrame
        One row per outcome: ``outcome``; ``followed``, the share of the treated (weighted) in sets where somebody is observed;
        ``observed``, the share of the treated who are observed themselves. Without sets the two are the same.
    """
    sample = sample_of(matched)
    labels, values = outcomes_of(outcomes, sample.weight.size)
    seen = ~np.isnan(values)
    weight = sample.weight[sample.treated]
    followed = np.array(
        [(np.bincount(sample.sets, weights=row, minlength=sample.n_sets) > 0)[sample.sets] for row in seen]
    ).reshape(seen.shape)
    return pd.DataFrame(
        {
            "outcome": labels,
            "followed": np.sum(followed[:, sample.treated] * weight, axis=1) / weight.sum(),
            "observed": np.sum(seen[:, sample.treated] * weight, axis=1) / weight.sum(),
        }
    )


def mark_censored(table: pd.DataFrame, shares: pd.DataFrame, *, least: float = 1.0) -> pd.DataFrame:
    """The table with ``followed``, and status "part_observed" where less than ``least`` of the treated are followed.

    Parameters
    ----------
    table
        Estimates with columns outcome and status, in the order of ``shares``; only status "estimated" is changed.
    shares
        From :func:`observed_share`.

    Warns
    -----
    CensoredHorizonWarning
        Where an estimate speaks of part of the treated only.
    """
    if list(table["outcome"]) != list(shares["outcome"]):
        raise EffectError(Problem("shares", "other outcomes than the table's", "the same outcomes in the same order"))
    followed = shares["followed"].to_numpy()
    part = (table["status"] == "estimated").to_numpy() & (followed < least)
    if part.any():
        named = ", ".join(
            f"{label} ({100 * share:.0f} %)"
            for label, share in zip(table["outcome"][part], followed[part], strict=True)
        )
        warnings.warn(
            f"Not all treated are followed to these horizons, the rest lie beyond the registers: {named}. The estimates speak of "
            "those followed: do not compare them with shorter horizons as if the same persons stood behind both.",
            CensoredHorizonWarning,
            stacklevel=2,
        )
    return table.assign(status=np.where(part, STATUS, table["status"]), followed=followed)
