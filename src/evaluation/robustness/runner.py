"""Running specifications on matched samples: a design is matched once, and serves every outcome, clock and rule read on it.

Permutations exchange treatment inside matched sets. Each row of the data draws a number, the same in all specifications; in each set the
rows with the lowest numbers (as many as were treated) play the treated. Within one specification that is a uniform permutation within sets;
specifications whose sets hold the same rows permute alike, so that the joint distribution keeps how they go together. Sets themselves are
not formed anew.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.effects import kernels
from evaluation.effects.sample import HasMembers, Sample, outcome_of, sample_of
from evaluation.effects.variance import Cluster, clustered
from evaluation.effects.weighted import estimate_att
from evaluation.errors import EffectError, EvaluationError, Problem
from evaluation.matching import match
from evaluation.matching.ties import id_hash, mix
from evaluation.robustness.specifications import Choice, Spec, key_of

_STREAM = 7  # of the hash of ids; 0 breaks ties, 1 draws orders
_GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Reading:
    """What one specification compares.

    Attributes
    ----------
    members
        Memberships: set, unit, treated, weight, and ``id`` of the row.
    outcome
        float64 (m,); NaN where not observed, or where a rule leaves a membership out.
    estimate
        (estimate, standard error) where another estimator than the weighted difference made them; the specification then takes no part in
        permutations.
    """

    members: pd.DataFrame
    outcome: np.ndarray
    estimate: tuple[float, float] | None = None

    def __repr__(self) -> str:
        n = self.members["set"].nunique()
        return f"Reading of {len(self.members):,} memberships in {n:,} sets; {int(np.isfinite(self.outcome).sum()):,} outcomes observed"


class MatchedRunner:
    """Runs specifications: give it to :func:`evaluation.robustness.specification_curve`.

    Parameters
    ----------
    build
        Makes the matched sample of the choices that belong to the design. It is called once for each combination of them.
    read
        Reads, on a matched sample, what the other choices name: an array aligned to ``matched.members``, or a :class:`Reading`.
    design_choices
        Names of the choices that belong to the design.
    cluster
        Of the standard errors.
    keep
        Matched samples kept at once. A grid runs through the later choices fastest: name the design's first.
    """

    def __init__(
        self,
        build: Callable[[dict[str, Choice]], HasMembers],
        read: Callable[[HasMembers, dict[str, Choice]], np.ndarray | Reading],
        *,
        design_choices: Sequence[str],
        cluster: Cluster = "set+unit",
        keep: int = 4,
    ) -> None:
        self._build, self._read, self._design = build, read, frozenset(design_choices)
        self._cluster: Cluster = cluster
        self._keep = keep
        self._built: dict[object, HasMembers | EvaluationError] = {}
        self._readings: dict[object, Reading] = {}
        self.matches = 0

    def __call__(self, spec: Spec) -> tuple[float, float]:
        """Estimate and standard error of one specification."""
        reading = self.reading(spec)
        if reading.estimate is not None:
            return reading.estimate
        made = estimate_att(reading.members, reading.outcome, cluster=self._cluster)
        return made.estimate, made.std_error

    def reading(self, spec: Spec) -> Reading:
        """Memberships and outcome of one specification."""
        key = key_of(spec)
        if key not in self._readings:
            matched = self._matched({name: value for name, value in spec.items() if name in self._design})
            got = self._read(matched, {name: value for name, value in spec.items() if name not in self._design})
            self._readings[key] = (
                got if isinstance(got, Reading) else Reading(matched.members, outcome_of(matched, got))
            )
        return self._readings[key]

    def _matched(self, choices: dict[str, Choice]) -> HasMembers:
        key = key_of(choices)
        if key not in self._built:
            self.matches += 1
            try:
                self._built[key] = self._build(choices)
            except EvaluationError as error:  # a design that cannot be made is not tried again
                self._built[key] = error
            while len(self._built) > self._keep:
                self._built.pop(next(iter(self._built)))
        found = self._built[key]
        if isinstance(found, EvaluationError):
            raise found
        return found

    def permuted(self, specs: Sequence[Spec], *, seed: int, draws: int) -> tuple[np.ndarray, np.ndarray]:
        """Estimates and standard errors with treatment permuted within sets, float64 (draws, k) each.

        NaN for specifications without sets, with an estimator of their own, or that cannot be run.
        """
        estimate, error = np.full((draws, len(specs)), np.nan), np.full((draws, len(specs)), np.nan)
        shared: dict[bytes, tuple[_Shuffle, list[int], list[np.ndarray]]] = {}
        for place, spec in enumerate(specs):
            try:
                reading = self.reading(spec)
                sample = sample_of(reading.members)
            except EvaluationError:
                continue
            if reading.estimate is not None or not sample.has_sets:
                continue
            shuffle = _Shuffle.of(reading.members, sample, seed)
            _, places, outcomes = shared.setdefault(shuffle.signature, (shuffle, [], []))
            places.append(place)
            outcomes.append(outcome_of(reading.members, reading.outcome))
        for shuffle, places, outcomes in shared.values():
            values = np.array(outcomes)
            for draw in range(draws):
                estimate[draw, places], error[draw, places] = shuffle.run(values, draw, self._cluster)
        return estimate, error


@dataclass(frozen=True)
class _Shuffle:
    """Memberships, ready to be permuted within sets; ``start`` is where each set begins once they are sorted by set."""

    sample: Sample
    row_hash: np.ndarray
    n_treated: np.ndarray
    treated_weight: np.ndarray
    control_weight: np.ndarray
    start: np.ndarray

    @classmethod
    def of(cls, members: pd.DataFrame, sample: Sample, seed: int) -> _Shuffle:
        n = sample.n_sets
        ids = members["id"] if "id" in members else pd.Series(np.arange(len(members)))
        n_treated = np.bincount(sample.sets[sample.treated], minlength=n)
        n_control = np.bincount(sample.sets[~sample.treated], minlength=n)
        total = np.bincount(sample.sets, weights=np.where(sample.treated, sample.weight, 0.0), minlength=n)
        sizes = n_treated + n_control
        return cls(
            sample=sample,
            row_hash=id_hash(ids, seed=seed, stream=_STREAM),
            n_treated=n_treated,
            treated_weight=total / np.maximum(n_treated, 1),
            control_weight=total / np.maximum(n_control, 1),
            start=np.cumsum(sizes) - sizes,
        )

    @property
    def signature(self) -> bytes:
        """Equal for equal memberships in equal order."""
        s = self.sample
        parts = (self.row_hash, s.sets, s.units, s.treated, s.weight)
        return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)

    def treated(self, draw: int) -> np.ndarray:
        """Who plays the treated in one permutation, bool (m,)."""
        s = self.sample
        number = mix(self.row_hash, np.uint64(((draw + 1) * _GOLDEN) % 2**64))
        order = np.lexsort((number, s.sets))
        chosen = np.zeros(s.sets.size, bool)
        sets = s.sets[order]
        chosen[order] = np.arange(sets.size) - self.start[sets] < self.n_treated[sets]
        return chosen

    def run(self, values: np.ndarray, draw: int, cluster: str) -> tuple[np.ndarray, np.ndarray]:
        """Estimates and standard errors of all outcomes in one permutation."""
        s, treated = self.sample, self.treated(draw)
        weight = np.where(treated, self.treated_weight[s.sets], self.control_weight[s.sets])
        m = kernels.moments(values, s.sets, s.units, treated, weight, s.n_sets, s.n_units, True, s.third(cluster))
        by_set, by_unit, by_row = m[:, kernels.SQUARES : kernels.SQUARES + 3].T
        n_sets, n_units, n_rows = m[:, kernels.N_SETS], m[:, kernels.N_UNITS], m[:, kernels.N_ROWS]
        variance = clustered(by_set, by_unit, by_row, n_sets, n_units, n_rows, cluster)
        return m[:, kernels.TREATED_MEAN] - m[:, kernels.CONTROL_MEAN], np.sqrt(variance)


def matched_runner(
    frame: pd.DataFrame,
    *,
    outcomes: Mapping[str, str | np.ndarray | pd.Series],
    options: Mapping[str, object],
    named: Mapping[str, Mapping[str, object]] | None = None,
    outcome_choice: str = "outcome",
    cluster: Cluster = "set+unit",
    keep: int = 4,
) -> MatchedRunner:
    """A runner on a data frame: choices are options of :func:`evaluation.matching.match`, and the name of the outcome.

    Parameters
    ----------
    frame
        One row per unit, or per unit and period at risk.
    outcomes
        By name: a column, or one value per row of the frame (NaN where not observed). Several clocks, definitions or rules for those treated
        later are so many outcomes.
    options
        Options of ``match`` that all specifications share; a choice of the same name comes instead of them.
    named
        What the names of a choice mean where its values are no names, numbers or booleans: ``{"covariates": {"short": [...], "long": [...]}}``.
    outcome_choice
        The choice that names the outcome.

    Raises
    ------
    EffectError
        Outcomes that are no column and not one value per row.
    """
    arrays: dict[str, np.ndarray] = {}
    problems = []
    for name, value in outcomes.items():
        if isinstance(value, str) and value not in frame.columns:
            problems.append(Problem(f"outcomes, {name}", f'no column "{value}"', "a column, or one value per row"))
            continue
        values = frame[value] if isinstance(value, str) else value
        arrays[name] = np.asarray(values, dtype=np.float64)
        if arrays[name].shape != (len(frame),):
            problems.append(Problem(f"outcomes, {name}", f"shape {arrays[name].shape}", f"({len(frame)},)"))
    if problems:
        raise EffectError(problems)
    meanings = named or {}

    def build(choices: dict[str, Choice]) -> HasMembers:
        meant = {name: meanings.get(name, {}).get(str(value), value) for name, value in choices.items()}
        return match(frame, **{**options, **meant})  # type: ignore[arg-type, return-value]

    def read(matched: HasMembers, choices: dict[str, Choice]) -> np.ndarray:
        unknown = sorted(set(choices) - {outcome_choice})
        name = str(choices.get(outcome_choice, next(iter(arrays), "")))
        if unknown or name not in arrays:
            raise EffectError(
                Problem(
                    "specification", ", ".join(unknown) or f"outcome {name!r}", f"options of match; {', '.join(arrays)}"
                )
            )
        return arrays[name].take(matched.members["position"].to_numpy())

    design = [name for name in inspect.signature(match).parameters if name not in ("frame", outcome_choice)]
    return MatchedRunner(build, read, design_choices=design, cluster=cluster, keep=keep)
