"""The same participants in every way of calculating: those whom the main design compares, in each outcome.

The main design finds nobody comparable for some participants, and in an outcome that leaves out the dead and those abroad a set may hold nobody who was
followed. Its effect is therefore about the others: the participants matched. An estimator that weighs everybody at risk could speak of every participant, and
then two things would happen. Side by side the two ways would differ for two reasons, the method and whom it is about; and where those left over
are a few, the two means would give them away, so that disclosure control would have to hide the one or the other.

So every way of calculating is asked for the effect on the participants that the main design compares (the ATT among the matched):

- The rows in which other participants start are left out, as treated and from the score. Whoever they are, their earlier months at risk stay among
  the controls, and their starts still count as later employments of their own for ``never``.
- In each outcome, participants whom the main design does not compare there are not observed.

Standard errors are those given who is matched. That depends on the score as it was estimated, which no term of the sandwich covers, and scores are fitted
once for all outcomes, though an outcome may leave out a few more participants. Both matter little while those left out are few, as the gate on overlap asks.
An estimator may leave out a participant more, where a covariate's value alone decides who starts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


def of_compared(sample: pd.DataFrame, values: Floats) -> Floats:
    """Outcomes (m, k), NaN for a participant in whose set no comparison person is observed in that outcome, and for those of a set without its participant.

    The matched difference leaves such sets out by itself; here they are left out for every estimator on the same sets.
    """
    if not np.isnan(values).any():
        return values
    _, sets = np.unique(sample["set"].to_numpy(), return_inverse=True)
    treated = sample["treated"].to_numpy() == 1
    seen = np.isfinite(values) & (sample["weight"].to_numpy() > 0)[:, None]
    n_sets = int(sets.max(initial=-1)) + 1
    sides = []
    for side in (treated, ~treated):
        there = np.zeros((n_sets, values.shape[1]), dtype=bool)
        rows, columns = np.nonzero(seen & side[:, None])
        there[sets[rows], columns] = True
        sides.append(there)
    return np.where((sides[0] & sides[1])[sets], values, np.nan)


def same_participants(
    main: pd.DataFrame, main_values: Floats, rows: npt.NDArray[np.int64], treated: npt.NDArray[np.bool_], values: Floats
) -> Floats:
    """Outcomes (n, k) of other rows, NaN for participants whom the main design does not compare in that outcome.

    Parameters
    ----------
    main, main_values
        Memberships of the main design on the clock, and their outcomes as :func:`of_compared` gives them.
    rows, treated
        (n,): row of the cohort's table, and whether its person starts in its month.
    values
        float64 (n, k); not changed.
    """
    own = (main["treated"] == 1).to_numpy()
    ids = main["id"].to_numpy()[own]
    order = np.argsort(ids, kind="stable")
    ids, compared = ids[order], np.isfinite(main_values[own][order])
    at = np.searchsorted(ids, rows[treated]).clip(max=max(ids.size - 1, 0))
    known = (ids[at] == rows[treated]) if ids.size else np.zeros(int(treated.sum()), dtype=bool)
    values = values.copy()
    values[treated] = np.where(known[:, None] & compared[at], values[treated], np.nan)
    return values


def are_in(main: pd.DataFrame, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which rows of the cohort's table are those of participants of the main design."""
    return np.isin(rows, main.loc[main["treated"] == 1, "id"].to_numpy())
