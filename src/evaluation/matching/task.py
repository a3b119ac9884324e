"""What a matching method gets, and what it gives back: arrays only, one position per row of the frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.matching.limits import Limits
from evaluation.matching.spec import MatchSpec


@dataclass(frozen=True)
class Intervals:
    """Risk sets from one row per unit: when each unit is at risk, and when the treated start; months as whole numbers.

    Attributes
    ----------
    start
        int32 (n,): month of the start of treatment; a number beyond every month for those who never start.
    first, last
        int32 (n,): first and last month at risk, inclusive; nobody is a control in or after the month of its own start.
    edges
        int32 (k,): lower ends of the classes of elapsed months (month - first) that must agree; empty for none.
    """

    start: np.ndarray
    first: np.ndarray
    last: np.ndarray
    edges: np.ndarray


@dataclass(frozen=True)
class Task:
    """A matching problem in arrays; n rows.

    Attributes
    ----------
    treated
        bool (n,).
    value
        float64 (n,): the one-dimensional distance axis (logit or probability of the score).
    stratum
        int32 (n,): code of the exact stratum; -1 for rows that may not be matched.
    tie
        uint64 (n,): seeded hash of the id; the lower wins a tie.
    lot
        uint64 (n,): a second hash, which draws the random order.
    caliper
        Largest distance allowed on the axis, inclusive; ``inf`` for none. Negative: the distance must exceed its size.
    gap_value, gap_limit
        float64 (c, n) and (c,): further columns with a limit each, read as the caliper is (columns that must differ hold
        codes and the limit -0.5).
    ratio, capacity, order
        Controls per treated unit; sets per control (0: without limit); order of the treated units.
    estimand
        "att" seeks controls for the treated, "atc" treated for the controls.
    want
        int64 (n,): matches that each row seeks where the ratio varies; else None, and everyone seeks ``ratio``.
    coordinates
        float64 (n, d): the distance is Euclidean in these; None on the axis.
    matrix
        float64 (treated, controls), in row order: the distance itself; None otherwise. ``inf`` forbids a pair.
    intervals
        Risk sets by month, else None.
    limits
        Limits on the sets of a full matching, else None.
    cap, period, person
        Uses of a person across periods at most (0: without limit), filled in the order of time; with it the period and the
        code of the person of each row, int64 (n,), where rows are person-periods.
    """

    treated: np.ndarray
    value: np.ndarray
    stratum: np.ndarray
    tie: np.ndarray
    lot: np.ndarray
    caliper: float
    gap_value: np.ndarray
    gap_limit: np.ndarray
    ratio: int
    capacity: int
    order: str
    estimand: str = "att"
    want: np.ndarray | None = None
    coordinates: np.ndarray | None = None
    matrix: np.ndarray | None = None
    intervals: Intervals | None = None
    limits: Limits | None = None
    cap: int = 0
    period: np.ndarray | None = None
    person: np.ndarray | None = None

    @property
    def focal(self) -> np.ndarray:
        """Rows that seek partners, bool (n,): the treated, or for the ATC the controls."""
        return ~self.treated if self.estimand == "atc" else self.treated

    def distances(self, treated: np.ndarray, control: np.ndarray) -> np.ndarray:
        """Distance of pairs of rows, float64 (p,); the same arithmetic as in the search, so the same bits."""
        if self.matrix is not None:
            place = np.cumsum(self.treated) - 1
            return self.matrix[place[treated], np.cumsum(~self.treated)[control] - 1]
        if self.coordinates is None:
            return np.abs(self.value[treated] - self.value[control])
        total = np.zeros(treated.size)
        for j in range(self.coordinates.shape[1]):
            total += (self.coordinates[treated, j] - self.coordinates[control, j]) ** 2
        return np.sqrt(total)


@dataclass(frozen=True)
class Pairs:
    """Matched pairs by row position: int64 (p,), int64 (p,), float64 (p,), and why rows stayed unmatched.

    ``reachable`` holds, for each row that seeks (``Task.focal``) in row order, whether any partner lies in its stratum
    within all calipers, used up or not; bool (n_focal,).

    Sets are led by the rows that seek, unless ``sets`` (int64 (p,)) names the set of each pair. Then every unit is in at
    most one set, and pairs are the links that hold a set together: one treated and its controls, or one control and its
    treated (full matching).
    """

    treated: np.ndarray
    control: np.ndarray
    distance: np.ndarray
    reachable: np.ndarray
    sets: np.ndarray | None = None


@dataclass(frozen=True)
class Sample:
    """What a weighting method reads; n rows.

    Attributes
    ----------
    frame, spec
        The data and the options.
    treated
        bool (n,).
    score, value
        float64 (n,): probability of treatment and matching axis; NaN where there is none.
    stratum
        int32 (n,): exact stratum, -1 for rows that may not be used.
    tie
        uint64 (n,): hash of the id.
    """

    frame: pd.DataFrame
    spec: MatchSpec
    treated: np.ndarray
    score: np.ndarray
    value: np.ndarray
    stratum: np.ndarray
    tie: np.ndarray


@dataclass(frozen=True)
class Weighting:
    """Weights without pairs.

    Attributes
    ----------
    weight
        float64 (n,): 0 for rows that are not used. Both groups sum to the same total, see ``evaluation.matching.weights``.
    sets
        int64 (n,): subclass or stratum of each row used, -1 for the rest; None where there are no sets.
    note
        What the method did, in one line.
    table
        What the method can show of its inside, or None.
    """

    weight: np.ndarray
    sets: np.ndarray | None
    note: str
    table: pd.DataFrame | None = None
