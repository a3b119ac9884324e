"""How much the estimate owes to the way ties fell: ties are drawn anew, and the weighted difference is taken each time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.errors import MatchingError, Problem
from evaluation.matching.columns import as_numbers
from evaluation.matching.memberships import Memberships
from evaluation.matching.ties import id_hash

if TYPE_CHECKING:
    from evaluation.matching.result import Matched


@dataclass(frozen=True)
class TieSpread:
    """Weighted differences over draws of the ties.

    Attributes
    ----------
    table
        One row per draw: seed, estimate, pairs_changed (share of the pairs that are not in the sample itself).
    estimate
        That of the sample itself.
    """

    table: pd.DataFrame
    estimate: float

    @property
    def sd(self) -> float:
        """Standard deviation over the draws."""
        return float(self.table["estimate"].std(ddof=1)) if len(self.table) > 1 else 0.0

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest estimate, the sample's own included."""
        every = [*self.table["estimate"], self.estimate]
        return float(min(every)), float(max(every))

    def __str__(self) -> str:
        low, high = self.range
        if self.table.empty:
            return f"No tie decides: the estimate is {self.estimate:.6g} however they fall"
        changed = float(self.table["pairs_changed"].mean())
        return (
            f"Ties drawn {len(self.table)} times: estimate {self.estimate:.6g}, from {low:.6g} to {high:.6g}, "
            f"SD {self.sd:.3g}; on average {changed:.1%} of the pairs change"
        )


def weighted_difference(members: Memberships, outcome: np.ndarray) -> float:
    """Difference of the weighted means of treated and controls; memberships with a missing outcome do not count."""
    y = outcome[members.position]
    seen = np.isfinite(y)
    means = []
    for role in (1, 0):
        here = seen & (members.treated == role)
        means.append(np.sum(members.weight[here] * y[here]) / np.sum(members.weight[here]))
    return float(means[0] - means[1])


def tie_spread(matched: Matched, outcome: str | np.ndarray, draws: int) -> TieSpread:
    """Draw the ties anew; see :meth:`Matched.tie_spread`."""
    from evaluation.matching.engine import number_sets
    from evaluation.matching.methods import METHOD

    values = _outcome(matched, outcome)
    estimate = weighted_difference(matched.memberships, values)
    spec, n = matched.spec, len(matched.frame)
    if spec.method not in METHOD:
        return TieSpread(pd.DataFrame({"seed": [], "estimate": [], "pairs_changed": []}), estimate)
    own = np.sort(matched.pair_rows.treated * n + matched.pair_rows.control)
    rows = []
    for i in range(1, draws + 1):
        seed = (spec.seed + i) % 2**63
        tie = id_hash(matched.ids, seed=seed)
        lot = id_hash(matched.ids, seed=seed, stream=1) if spec.order == "random" else tie
        task = replace(matched.task, tie=tie, lot=lot)
        pairs, pair_set = number_sets(METHOD[spec.method](task), matched.ids, tie, atc=spec.estimand == "atc")
        other = replace(matched, task=task, pair_rows=pairs, pair_set=pair_set)
        kept = np.isin(pairs.treated * n + pairs.control, own).mean()
        rows.append((seed, weighted_difference(other.memberships, values), 1.0 - float(kept)))
    return TieSpread(pd.DataFrame(rows, columns=["seed", "estimate", "pairs_changed"]), estimate)


def _outcome(matched: Matched, outcome: str | np.ndarray) -> np.ndarray:
    if isinstance(outcome, str):
        if outcome not in matched.frame.columns:
            raise MatchingError(Problem("outcome", f'no column "{outcome}"', "a column of the frame, or an array"))
        return as_numbers(matched.frame[outcome])
    values = np.asarray(outcome, dtype=np.float64)
    if values.shape != (len(matched.frame),):
        raise MatchingError(Problem("outcome", f"shape {values.shape}", f"one value per row: ({len(matched.frame)},)"))
    return values
