"""What is drawn in a bootstrap, and what may not be: weights of sets and persons, from seeded named generators."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from evaluation.effects import kernels as mean_kernels
from evaluation.effects.neighbours.checks import warn_of_dominance, warn_of_few
from evaluation.effects.result import without_numbers
from evaluation.effects.sample import HasMembers, Sample, sample_of
from evaluation.errors import EffectError, FewClustersWarning, Problem

Scheme = Literal["exponential", "multinomial"]
Resample = Literal["set+unit", "set", "unit"]
EMPTY_DRAWS = "not_estimated"
"""Status where some draw gives a group no weight at all: without those draws the spread would be of the lucky ones."""
_CHUNK = 64  # draws held in memory at a time
_SETS, _UNITS = 1, 2  # streams of a seed


def mark_empty_draws(table: pd.DataFrame, whole: np.ndarray) -> pd.DataFrame:
    """A table of estimates without the numbers of those with a draw that leaves a group without weight; ``whole``, bool (k,), says which have none.

    Warns
    -----
    FewClustersWarning
        How many they are.
    """
    empty = (table["status"] == "estimated").to_numpy() & ~whole
    if empty.any():
        warnings.warn(
            f"{int(empty.sum())} of {empty.size} outcomes have draws in which a group has no weight: they rest on few sets or persons, and no "
            'error is given. Take scheme="exponential", whose weights are never 0, or join groups.',
            FewClustersWarning,
            stacklevel=4,
        )
    return without_numbers(table.assign(status=table["status"].where(~empty, EMPTY_DRAWS)), empty)


@dataclass(frozen=True)
class Plan:
    """What is drawn for a sample; rows are ordered treated first.

    Attributes
    ----------
    order
        int64 (m,): memberships, treated first.
    sets, units
        int64 (m,): codes of what is drawn, in that order.
    recurs
        bool (units,): units whose own weight is drawn too.
    n_treated
        Rows that are treated.
    n_sets, n_units, n_clusters
        Numbers of codes; and of the clusters that the draws rest on.
    resample
        What is drawn.
    """

    order: np.ndarray
    sets: np.ndarray
    units: np.ndarray
    recurs: np.ndarray
    n_treated: int
    n_sets: int
    n_units: int
    n_clusters: int
    resample: str
    sample: Sample

    def weights(self, values: np.ndarray) -> np.ndarray:
        """Weights of the rows for each outcome (k, m), in the plan's order; 0 where it is not observed."""
        s = self.sample
        out, t, c = np.empty(values.shape), np.empty(values.shape[1]), np.empty(values.shape[1])
        for i in range(len(values)):
            mean_kernels.weights_and_influence(
                values[i], s.sets, s.units, s.treated, s.weight, s.n_sets, s.has_sets, out[i], t, c
            )
        return np.ascontiguousarray(out[:, self.order])

    def draw(self, draws: int, seed: int, scheme: Scheme) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Weights of sets and of units, (chunk, n) each, a chunk of draws at a time."""
        sets, units = (np.random.Generator(np.random.Philox(key=[seed, stream])) for stream in (_SETS, _UNITS))
        for lo in range(0, draws, _CHUNK):
            n = min(_CHUNK, draws - lo)
            of_sets = chance(sets, n, self.n_sets, scheme)
            of_units = chance(units, n, self.n_units, scheme) if self.recurs.any() else np.ones((n, self.n_units))
            yield slice(lo, lo + n), of_sets, of_units


def chance(generator: np.random.Generator, draws: int, n: int, scheme: Scheme) -> np.ndarray:
    """Weights of mean 1 and variance 1 (all but), float64 (draws, n)."""
    if scheme == "exponential":
        return generator.standard_exponential((draws, n))
    return generator.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)


def check_draws(draws: int, seed: int, scheme: str) -> None:
    """Numbers and names that make sense."""
    problems = []
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 2:
        problems.append(Problem("draws", repr(draws), "a whole number from 2", "1000 for intervals"))
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        problems.append(Problem("seed", repr(seed), "a whole number from 0, below 2**63"))
    if scheme not in get_args(Scheme):
        problems.append(Problem("scheme", repr(scheme), ", ".join(get_args(Scheme))))
    if problems:
        raise EffectError(problems)


def plan_of(matched: HasMembers | pd.DataFrame, resample: Resample | None, risk_sets: bool) -> Plan:
    """What to draw for a matched or weighted sample.

    Raises
    ------
    EffectError
        Matching with replacement, or units to be drawn where sets were formed.
    """
    if resample is not None and resample not in get_args(Resample):
        raise EffectError(Problem("resample", repr(resample), ", ".join(get_args(Resample))))
    sample = sample_of(matched)
    _refuse_reuse(matched, sample, risk_sets)
    led = sample.has_sets and not _subclasses(sample)
    if resample is None:
        resample = "set+unit" if led else "unit"
    if led and resample == "unit":
        raise EffectError(
            Problem(
                "resample",
                "persons of matched sets, one by one: a draw would break the sets, and the spread of such draws is not that "
                "of the estimate",
                '"set+unit" or "set"',
                "draw whole sets, or use clustered errors (estimate_att)",
            )
        )
    if not led and resample != "unit":
        raise EffectError(Problem("resample", f'"{resample}" of a sample without sets of one leader', '"unit"'))
    order = np.argsort(~sample.treated, kind="stable")
    sets = sample.sets if led else sample.units
    n_sets = int(sets.max()) + 1
    if n_sets < 2:
        raise EffectError(
            Problem(
                "matched", f"{n_sets} set or person to draw from", "two at least", "without spread there is no interval"
            )
        )
    recurs = np.zeros(sample.n_units, bool)
    if resample == "set+unit":
        stands = np.unique(sample.units * np.int64(sample.n_sets) + sample.sets) // sample.n_sets
        recurs = np.bincount(stands, minlength=sample.n_units) > 1
    by_unit = [np.bincount(sample.units, weights=sample.weight * (sample.treated == arm)) for arm in (False, True)]
    warn_of_dominance(by_unit[0], "controls")
    warn_of_dominance(by_unit[1], "treated")
    warn_of_few(n_sets, "sets or persons to draw from")
    return Plan(
        order=order,
        sets=sets[order],
        units=sample.units[order],
        recurs=recurs,
        n_treated=int(sample.treated.sum()),
        n_sets=n_sets,
        n_units=sample.n_units,
        n_clusters=n_sets,
        resample=resample,
        sample=sample,
    )


def _subclasses(sample: Sample) -> bool:
    """Whether sets are strata: one of them holds several treated and several controls."""
    n = sample.n_sets
    treated = np.bincount(sample.sets[sample.treated], minlength=n)
    return bool(np.any((treated > 1) & (np.bincount(sample.sets[~sample.treated], minlength=n) > 1)))


def _refuse_reuse(matched: HasMembers | pd.DataFrame, sample: Sample, risk_sets: bool) -> None:
    """A row that is a control in several sets, unless in risk sets of different months."""
    members = matched if isinstance(matched, pd.DataFrame) else matched.members
    task = getattr(matched, "task", None)
    spec = getattr(matched, "spec", None)
    drawn_again = spec is not None and spec.method == "nearest" and spec.replace
    months = task is not None and task.intervals is not None
    # months by design may be told of memberships alone; of a sample that was matched it is known
    if not sample.has_sets or months or (risk_sets and not drawn_again):
        return
    name = next((name for name in ("position", "id", "unit") if name in members.columns), "unit")
    drawn_again |= bool(members.loc[~sample.treated, name].duplicated().any()) and not _subclasses(sample)
    if drawn_again:
        raise EffectError(
            Problem(
                "matched",
                "nearest-neighbour matching with replacement, where the bootstrap is not valid (Abadie & Imbens 2008)",
                "matching without replacement, or weights",
                "abadie_imbens (its errors hold with replacement) or clustered errors (estimate_att); "
                "risk_sets=True where controls recur across months by design",
            )
        )
