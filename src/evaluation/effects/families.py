"""Families of effects: subgroups and other sets of estimates, with Holm's p values and a joint test of equality.

Subgroups follow the treated: a set belongs to the subgroup of its treated unit. One person can be a control in several of them, so
the joint covariance is clustered by person across subgroups (:mod:`evaluation.effects.bands`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from evaluation.afterwards import KNOWN_AFTERWARDS
from evaluation.effects.bands import JointEstimate, _covariance, sup_t_bands
from evaluation.effects.panel.clusters import wald
from evaluation.effects.result import forest
from evaluation.effects.sample import HasMembers, Sample, outcome_of, sample_of
from evaluation.effects.variance import Cluster
from evaluation.effects.weighted import estimate_many
from evaluation.errors import EffectError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Equality:
    """Joint Wald test that all effects of a family are equal (chi-square)."""

    statistic: float
    freedom: int
    p: float


@dataclass(frozen=True)
class SubgroupEffects:
    """Effects inside subgroups.

    Attributes
    ----------
    table
        Columns :data:`evaluation.effects.result.COLUMNS`, ``subgroup``, ``p``, ``p_holm``, ``band_low`` and ``band_high``
        (simultaneous over the subgroups). Status "no_variation" where the outcome does not vary inside the subgroup: such a row
        has no p value and takes no part in the tests.
    equality
        Joint test of equal effects; None with fewer than two subgroups to compare.
    joint
        Covariance and bands; None where no subgroup can be tested.
    """

    table: pd.DataFrame
    equality: Equality | None
    joint: JointEstimate | None
    column: str | None
    level: float
    source: Any = field(repr=False, compare=False)

    def balance(self, covariates: Sequence[str] | None = None) -> Any:
        """Balance inside each subgroup, from the matched sample (``Matched.balance(subgroup=...)``)."""
        if self.column is None or not hasattr(self.source, "balance"):
            raise EffectError(
                Problem(
                    "balance",
                    "the subgroups are not a column of a matched sample",
                    "a matched sample, and subgroup= the name of a column of its frame",
                )
            )
        return self.source.balance(covariates, subgroup=self.column)

    def plot(self, ax: Axes | None = None) -> Axes:
        """A forest plot, one line per subgroup."""
        return forest(self.table.assign(outcome=self.table["subgroup"]), ax)

    def __str__(self) -> str:
        shown = self.table[["subgroup", "estimate", "std_error", "ci_low", "ci_high", "p_holm", "n_treated", "status"]]
        e = self.equality
        test = (
            "no test of equality"
            if e is None
            else f"equal effects: chi2({e.freedom}) = {e.statistic:.3f}, p = {e.p:.3g}"
        )
        return f"{shown.to_string(index=False, float_format='%.4g')}\n{test}"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format=lambda x: f"{x:.4g}")


def subgroup_effects(
    matched: HasMembers | pd.DataFrame,
    outcome: str | np.ndarray | pd.Series | Sequence[float],
    subgroup: str | np.ndarray | pd.Series,
    *,
    forbidden: Collection[str] = KNOWN_AFTERWARDS,
    level: float = 0.95,
    cluster: Cluster = "set+unit",
    rate: bool | None = None,
    seed: int = 1,
) -> SubgroupEffects:
    """The matched difference inside each subgroup of the treated.

    Parameters
    ----------
    matched, outcome, level, cluster, rate
        As in :func:`evaluation.effects.estimate_att`.
    subgroup
        A column of the frame that was matched, or values aligned to the memberships. Only the values of treated units count;
        sets whose treated unit has none are left out. Controls may lack it.
    forbidden
        Names of columns that must not define a subgroup, because they are only known after time zero; a series is known by its
        ``name``. By default what a cohort knows only from the exit or later.
    seed
        Of the draws behind the simultaneous bands.

    Raises
    ------
    EffectError
        A forbidden column, an unknown one, sets whose treated units differ in it, fewer than one subgroup.
    """
    name = subgroup if isinstance(subgroup, str) else getattr(subgroup, "name", None)
    if name in set(forbidden):
        raise EffectError(
            Problem(
                "subgroup",
                f'"{name}" is only known after time zero: it is itself an outcome of treatment',
                "what is known when treatment begins",
                "take the planned value, agreed at the start, where there is one",
            )
        )
    sample = sample_of(matched)
    values = outcome_of(matched, outcome)
    labels, code = _groups(matched, sample, subgroup)
    split = {label: np.where(code == i, values, np.nan) for i, label in enumerate(labels)}
    is_rate = bool(np.all((values == 0) | (values == 1) | np.isnan(values))) if rate is None else rate
    table = estimate_many(matched, split, level=level, cluster=cluster, rate=is_rate)
    flat = ((table["status"] == "estimated") & ~(table["std_error"] > 0)).to_numpy()
    table["status"] = np.where(flat, "no_variation", table["status"])
    tested = (table["status"] == "estimated").to_numpy()
    joint, equality = None, None
    low, high = np.full(len(table), np.nan), np.full(len(table), np.nan)
    if tested.any():
        rows = table[tested].reset_index(drop=True)
        kept = np.array([split[label] for label, ok in zip(labels, tested, strict=True) if ok])
        covariance = _covariance(sample, kept, rows["std_error"].to_numpy(), cluster)
        joint = sup_t_bands(rows, covariance, level=level, seed=seed)
        band = joint.table[joint.table["ci_kind"] == "simultaneous"]
        low[tested], high[tested] = band["ci_low"], band["ci_high"]
        if tested.sum() > 1:
            equality = equal_effects(joint.estimate, joint.covariance)
    table = with_holm(table.assign(subgroup=labels, outcome=outcome if isinstance(outcome, str) else "outcome"))
    table = table.assign(band_low=low, band_high=high)
    front = ["subgroup", *(column for column in table.columns if column != "subgroup")]
    column = subgroup if isinstance(subgroup, str) else None
    return SubgroupEffects(table[front], equality, joint, column, level, matched)


def equal_effects(estimate: np.ndarray, covariance: np.ndarray) -> Equality:
    """Wald test that k effects are equal, from their joint covariance (k, k).

    Effects that are known to differ without error (a difference without variance that is not 0) are unequal: p is 0.
    """
    estimate, covariance = np.asarray(estimate, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    k = len(estimate)
    if k < 2 or covariance.shape != (k, k):
        raise EffectError(
            Problem("estimate", f"{k} effects, covariance {covariance.shape}", "two or more, with their covariance")
        )
    contrast = np.eye(k)[1:] - np.eye(k)[0]
    off = np.einsum("ik,k->i", contrast, estimate)
    statistic, freedom = wald(off, np.einsum("ik,kl,jl->ij", contrast, covariance, contrast))
    return Equality(statistic, freedom, float(chi2.sf(statistic, freedom)))


def holm(p: np.ndarray | Sequence[float]) -> np.ndarray:
    """Holm's (1979) adjusted p values; NaN stays NaN and is no member of the family."""
    values = np.asarray(p, dtype=np.float64)
    if np.any((values < 0) | (values > 1)):
        raise EffectError(Problem("p", "values outside [0, 1]", "p values"))
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    adjusted = np.full(values.shape, np.nan)
    steps = values[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if order.size else steps
    return adjusted


def with_holm(table: pd.DataFrame) -> pd.DataFrame:
    """A table of estimates as one family: adds ``p`` (two-sided, normal) and ``p_holm``.

    Rows with status other than "estimated", "part_observed" or (in a study's table) "released", those without a standard error, and the limits of a
    simultaneous band (which repeat a row) have neither.
    """
    counted = table["status"].isin(["estimated", "part_observed", "released"]) & (table["std_error"] > 0)
    if "ci_kind" in table:
        counted &= table["ci_kind"] != "simultaneous"
    ratio = (table["estimate"] / table["std_error"].where(counted)).to_numpy(np.float64)
    p = 2 * norm.sf(np.abs(ratio))
    return table.assign(p=p, p_holm=holm(p))


def _groups(
    matched: HasMembers | pd.DataFrame, sample: Sample, subgroup: str | np.ndarray | pd.Series
) -> tuple[list[str], np.ndarray]:
    """Labels of the subgroups, and the one that each membership belongs to (-1 none)."""
    n = sample.weight.size
    if isinstance(subgroup, str):
        members = matched if isinstance(matched, pd.DataFrame) else matched.members
        frame = members if isinstance(matched, pd.DataFrame) else matched.frame
        if subgroup not in frame.columns:
            raise EffectError(Problem("subgroup", f'no column "{subgroup}"', "a column of the frame, or an array"))
        column = frame[subgroup]
        values = column if isinstance(matched, pd.DataFrame) else column.take(members["position"].to_numpy())
    else:
        values = pd.Series(subgroup)
    if len(values) != n:
        raise EffectError(
            Problem("subgroup", f"{len(values)} values", f"one per membership: {n}", "align it to .members")
        )
    own, levels = pd.factorize(values.reset_index(drop=True), sort=True)
    code = own.astype(np.int64)
    if sample.has_sets:
        code = _of_treated(sample, code)
    kept = np.unique(code[code >= 0])
    if kept.size == 0:
        raise EffectError(Problem("subgroup", "missing for every treated unit", "known values"))
    place = np.full(len(levels) + 1, -1)
    place[kept] = np.arange(kept.size)
    return [str(levels[i]) for i in kept], np.where(code >= 0, place[code], -1)


def _of_treated(sample: Sample, code: np.ndarray) -> np.ndarray:
    """Each membership's subgroup is that of its set's treated unit."""
    t = sample.treated
    highest, lowest = np.full(sample.n_sets, -2), np.full(sample.n_sets, np.iinfo(np.int64).max)
    np.maximum.at(highest, sample.sets[t], code[t])
    np.minimum.at(lowest, sample.sets[t], code[t])
    if mixed := int(np.sum((highest >= -1) & (highest != lowest))):
        raise EffectError(
            Problem(
                "subgroup",
                f"{mixed} sets hold treated units of different subgroups",
                "sets of one subgroup",
                "match exactly on the subgroup",
            )
        )
    return np.maximum(highest, -1)[sample.sets]
