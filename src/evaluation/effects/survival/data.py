"""What survival estimators read: time and cause of the end of follow-up, aligned to the memberships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.effects import kernels
from evaluation.effects.panel.clusters import Codes
from evaluation.effects.sample import HasMembers, check_order, index_of, sample_of
from evaluation.effects.values import numbers
from evaluation.errors import EffectError, Problem

EVENT_FREE = "event_free"


@dataclass(frozen=True)
class Spells:
    """Memberships with an observed end of follow-up, n rows.

    Attributes
    ----------
    time, event
        float64 and int64 (n,): time of the event or of censoring; 0 censored, 1 .. cause.
    treated, weight
        bool and float64 (n,); the controls of a set that are observed share the weight of its treated unit.
    codes
        Set and unit of each row, and what two-way clustering takes off once (:meth:`evaluation.effects.sample.Sample.third`).
    names
        Names of causes 1, 2, ...
    counts
        n_treated, n_controls, ess_treated, ess_controls, n_sets, n_units.
    fewest
        Persons of the smaller group.
    """

    time: np.ndarray
    event: np.ndarray
    treated: np.ndarray
    weight: np.ndarray
    codes: Codes
    names: tuple[str, ...]
    counts: dict[str, float]
    fewest: float

    @property
    def n_causes(self) -> int:
        return len(self.names)


def spells_of(
    matched: HasMembers | pd.DataFrame,
    time: np.ndarray | pd.Series | Sequence[float],
    event: np.ndarray | pd.Series | Sequence[int],
    causes: Mapping[int, str] | None,
    cluster: str = "set+unit",
) -> Spells:
    """Spells of a matched sample.

    Raises
    ------
    EffectError
        Values that are no numbers, wrong lengths, negative times, unknown causes, no set with both sides, or one person in a group.
    """
    sample = sample_of(matched)
    n = sample.weight.size
    for name, given in (("time", time), ("event", event)):
        check_order(given, index_of(matched), name)
    read = {
        name: numbers(given, name, "numbers; NaN in both where not followed")
        for name, given in (("time", time), ("event", event))
    }
    if problems := [problem for _, found in read.values() for problem in found]:
        raise EffectError(problems)
    times, codes = (np.array(found, dtype=np.float64) for found, _ in read.values())
    problems = [
        Problem(name, f"shape {array.shape}", f"one value per membership: ({n},)", "align it to .members")
        for name, array in (("time", times), ("event", codes))
        if array.shape != (n,)
    ]
    if problems:
        raise EffectError(problems)
    if negative := int(np.sum((times < 0) | np.isinf(times))):
        problems.append(
            Problem("time", f"{negative} values are negative or infinite", "time since time zero, 0 or more")
        )
    if unmatched := int(np.sum(np.isnan(times) != np.isnan(codes))):
        problems.append(
            Problem("event", f"{unmatched} rows have a time or an event, not both", "both, or both missing")
        )
    found = np.unique(codes[~np.isnan(codes)])
    names = _names(causes, found, problems)
    if problems:
        raise EffectError(problems)
    w, psi_t, psi_c = np.empty(n), np.empty(n), np.empty(n)
    arrays = (sample.sets, sample.units, sample.treated, sample.weight)
    mean_t, _ = kernels.weights_and_influence(times, *arrays, sample.n_sets, sample.has_sets, w, psi_t, psi_c)
    if np.isnan(mean_t):
        raise EffectError(
            Problem(
                "time",
                "no set holds both a treated unit and a control that are followed",
                "times for members of the same sets",
            )
        )
    rows = np.arange(n)
    m = kernels.moments(times[None, :], *arrays, sample.n_sets, sample.n_units, sample.has_sets, rows)[0]
    used = w > 0
    counts = {
        "n_treated": int(m[kernels.N_TREATED]),
        "n_controls": int(m[kernels.N_CONTROL_UNITS]),
        "ess_treated": float(m[kernels.ESS_TREATED]),
        "ess_controls": float(m[kernels.ESS_CONTROL]),
        "n_sets": int(m[kernels.N_SETS]),
        "n_units": int(m[kernels.N_UNITS]),
    }
    if min(m[kernels.N_TREATED_UNITS], m[kernels.N_CONTROL_UNITS]) < 2:
        raise EffectError(
            Problem(
                "time",
                f"{int(m[kernels.N_TREATED_UNITS])} treated and {int(m[kernels.N_CONTROL_UNITS])} controls are followed: no standard error",
                "two clusters, and two persons of each group, at least",
                "match more, or join groups",
            )
        )
    return Spells(
        times[used],
        codes[used].astype(np.int64),
        sample.treated[used],
        w[used],
        (sample.sets[used], sample.units[used], sample.third(cluster)[used]),
        names,
        counts,
        float(min(m[kernels.N_TREATED_UNITS], m[kernels.N_CONTROL_UNITS])),
    )


def _names(causes: Mapping[int, str] | None, found: np.ndarray, problems: list[Problem]) -> tuple[str, ...]:
    """Names of causes 1 .. n; collects what is wrong with the codes."""
    if causes is None:
        if np.any(found != np.round(found)) or np.any(found < 0):
            problems.append(Problem("event", "codes that are not whole numbers from 0", "0 censored, 1, 2, ... causes"))
            return ()
        top = max(int(found.max(initial=0)), 1)
        return ("event",) if top == 1 else tuple(f"cause_{k}" for k in range(1, top + 1))
    if sorted(causes) != list(range(1, len(causes) + 1)) or not causes:
        problems.append(Problem("causes", f"codes {sorted(causes)}", "1, 2, ... without gaps", "0 means censored"))
    if len(set(causes.values())) < len(causes) or EVENT_FREE in causes.values():
        problems.append(Problem("causes", "names that are not unique", f'different names, none of them "{EVENT_FREE}"'))
    if unknown := [f"{code:g}" for code in found if code != 0 and code not in causes]:
        problems.append(Problem("event", f"codes {', '.join(unknown)}", f"0 (censored) or {sorted(causes)}"))
    return tuple(causes[k] for k in sorted(causes))
