"""What an estimator reads: memberships as arrays, and outcomes aligned to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd

from evaluation.effects.values import OUTCOME, infinite, numbers
from evaluation.effects.variance import cells_of
from evaluation.errors import EffectError, Problem

MEMBER_COLUMNS = ("set", "unit", "treated", "weight")


class HasMembers(Protocol):
    """A matched sample: its memberships, and the frame they point into by ``position``."""

    members: pd.DataFrame
    frame: pd.DataFrame


@dataclass(frozen=True)
class Sample:
    """Memberships in arrays, m rows.

    Attributes
    ----------
    sets, units
        int64 (m,): dense codes of the matched set and of the cluster (person).
    treated
        bool (m,).
    weight
        float64 (m,), above zero.
    has_sets
        Whether sets exist; without them weights are never renormalised.
    """

    sets: np.ndarray
    units: np.ndarray
    treated: np.ndarray
    weight: np.ndarray
    has_sets: bool = True

    @property
    def n_sets(self) -> int:
        return int(self.sets.max(initial=-1)) + 1

    @property
    def n_units(self) -> int:
        return int(self.units.max(initial=-1)) + 1

    @cached_property
    def cells(self) -> np.ndarray:
        """int64 (m,): codes of the persons in their sets, the intersections of the two clusterings; each row its own where nobody stands twice in a set."""
        return cells_of(self.sets, self.units) if self.has_sets else np.arange(self.weight.size)

    def third(self, cluster: str) -> np.ndarray:
        """Codes of the part that two-way clustering takes off once (:attr:`cells`); rows for other clusterings."""
        return self.cells if cluster == "set+unit" else np.arange(self.weight.size)


def sample_of(matched: HasMembers | pd.DataFrame) -> Sample:
    """Memberships of a matched sample, or of a frame with columns set, unit, treated, weight.

    Raises
    ------
    EffectError
        Missing columns or values, weights that are not positive, or only one group.
    """
    members = matched if isinstance(matched, pd.DataFrame) else matched.members
    absent = [name for name in MEMBER_COLUMNS if name not in members.columns]
    if absent:
        raise EffectError(Problem("members", f"no columns {', '.join(absent)}", ", ".join(MEMBER_COLUMNS)))
    # weighting has no sets: each membership is then a set of its own, and two-way clustering comes down to the units
    weighted = len(members) > 0 and bool(members["set"].isna().all())
    problems = [
        Problem(
            f'members["{name}"]', f"{n} missing values", "none, or all (a weighted sample)" if name == "set" else "none"
        )
        for name in MEMBER_COLUMNS
        if (n := int(members[name].isna().sum())) > 0 and not (name == "set" and weighted)
    ]
    weight = np.array(members["weight"].to_numpy(np.float64, na_value=np.nan))
    if (n := int(np.sum(~(weight > 0) | ~np.isfinite(weight)))) and not problems:
        problems.append(
            Problem('members["weight"]', f"{n} weights are not above zero", "positive weights", "drop these rows")
        )
    if problems:
        raise EffectError(problems)
    if (n := int((~members["treated"].isin([0, 1])).sum())) and not problems:
        problems.append(Problem('members["treated"]', f"{n} values other than 0 and 1", "0 and 1", "recode it"))
    problems += _repeated(members)
    if problems:
        raise EffectError(problems)
    treated = members["treated"].to_numpy() == 1
    if not treated.any() or treated.all():
        raise EffectError(
            Problem(
                "members",
                f"{int(treated.sum())} treated and {int((~treated).sum())} controls: no overlap",
                "both groups",
                "match with a wider caliper or fewer exact columns",
            )
        )
    sets = np.arange(len(members), dtype=np.int64) if weighted else _codes(members["set"])
    return Sample(sets, _codes(members["unit"]), treated, weight, has_sets=not weighted)


def _repeated(members: pd.DataFrame) -> list[Problem]:
    """Treated rows of the frame that stand twice in a set: memberships were joined twice.

    Controls may have been drawn several times. Without a column that names the row nothing is said: in a stratum a person may stand with several months.
    """
    name = next((name for name in ("position", "id") if name in members.columns), None)
    if name is None or not (n := int(members[members["treated"] == 1].duplicated(["set", name]).sum())):
        return []
    return [Problem("members", f"{n} treated rows stand twice in their set", "each once in a set", "drop_duplicates()")]


def outcome_of(
    matched: HasMembers | pd.DataFrame, outcome: str | np.ndarray | pd.Series | Sequence[float]
) -> np.ndarray:
    """An outcome aligned to the memberships, float64 (m,): a column of the frame, or values aligned to ``members``."""
    members = matched if isinstance(matched, pd.DataFrame) else matched.members
    if isinstance(outcome, str):
        frame = members if isinstance(matched, pd.DataFrame) else matched.frame
        if outcome not in frame.columns:
            raise EffectError(Problem("outcome", f'no column "{outcome}"', "a column of the frame, or an array"))
        column = (
            frame[outcome] if isinstance(matched, pd.DataFrame) else frame[outcome].take(members["position"].to_numpy())
        )
        return _finite(_numbers(column, f'outcome "{outcome}"')[:, None], [outcome])[:, 0]
    check_order(outcome, index_of(matched), "outcome")
    values = _numbers(outcome, "outcome")
    if values.shape != (len(members),):
        raise EffectError(
            Problem(
                "outcome",
                f"shape {values.shape}",
                f"one value per membership: ({len(members)},)",
                "align it to .members",
            )
        )
    return _finite(values[:, None], ["outcome"])[:, 0]


def index_of(matched: HasMembers | pd.DataFrame) -> pd.Index | None:
    """The index that labels memberships; None of a matched sample, whose memberships are known by their place."""
    return matched.index if isinstance(matched, pd.DataFrame) else None


def check_order(given: object, index: pd.Index | None, where: str) -> None:
    """Refuse a series or frame with the labels of the rows it is for, in another order. With others, or numbered anew, it is taken by position.

    Raises
    ------
    EffectError
        The same index in another order.
    """
    if index is None or not isinstance(given, pd.Series | pd.DataFrame) or len(given) != len(index):
        return
    if given.index.equals(index) or given.index.equals(pd.RangeIndex(len(index))):
        return
    if given.index.is_unique and given.index.isin(index).all():
        raise EffectError(
            Problem(
                where,
                f"a {type(given).__name__} with the index of its rows in another order",
                "their order",
                "reindex it, or give .to_numpy() where it stands in their order already",
            )
        )


def outcomes_of(
    outcomes: np.ndarray | pd.DataFrame | Mapping[str, np.ndarray], n_rows: int, index: pd.Index | None = None
) -> tuple[list[object], np.ndarray]:
    """Labels and values of several outcomes, float64 (k, n_rows): one row per outcome, for the kernels.

    An array has one outcome per column, as a frame has; a mapping has one per key. With ``index`` series and frames must have it
    (:func:`check_order`).
    """
    if index is not None:
        check_order(outcomes, index, "outcomes")
        for label, values in outcomes.items() if isinstance(outcomes, Mapping) else ():
            check_order(values, index, str(label))
    if isinstance(outcomes, pd.DataFrame):
        outcomes = {name: outcomes[name] for name in outcomes.columns}
    if isinstance(outcomes, Mapping):
        labels: list[object] = list(outcomes)
        columns = [_numbers(outcomes[label], str(label)) for label in labels]
        wrong = [str(label) for label, column in zip(labels, columns, strict=True) if column.shape != (n_rows,)]
        if wrong:
            raise EffectError(Problem("outcomes", f"not of length {n_rows}: {', '.join(wrong)}", "one value per row"))
        values = np.column_stack(columns) if columns else np.empty((n_rows, 0))
    else:
        values = _numbers(outcomes, "outcomes")
        labels = list(range(values.shape[1])) if values.ndim == 2 else []
    if values.ndim != 2 or values.shape[0] != n_rows:
        raise EffectError(
            Problem(
                "outcomes", f"shape {values.shape}", f"({n_rows}, number of outcomes)", "align the rows to .members"
            )
        )
    # a fresh array: kernels are compiled once, for writable arrays
    return labels, np.array(_finite(values, labels).T, order="C")


def _numbers(values: object, name: str) -> np.ndarray:
    found, problems = numbers(values, name, OUTCOME)
    if found is None:
        raise EffectError(problems)
    return np.asarray(found, dtype=np.float64)


def _finite(values: np.ndarray, labels: Sequence[object]) -> np.ndarray:
    if problems := infinite(values, labels):
        raise EffectError(problems)
    return values


def _codes(column: pd.Series) -> np.ndarray:
    return pd.factorize(column)[0].astype(np.int64)
