"""Where participants and comparison persons are year by year, and how many of the latter had an employment of their own later."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.outcomes import Panel, State
from evaluation.study.design import INHERITED, Design
from evaluation.study.effects_clocks import own_starts


def state_shares(
    panel: Panel,
    sample: pd.DataFrame,
    years: tuple[int, ...],
    weights: Mapping[int, np.ndarray] | None = None,
) -> pd.DataFrame:
    """Shares of participants and comparison persons in each state, by year after time zero.

    ``n`` counts persons in the state, each once in a year and group. ``weights`` (by year, aligned to ``sample``) stand in for those of the sets.
    """
    rows = []
    own = sample["weight"].to_numpy(dtype=float)
    unit = sample["unit"].to_numpy()
    for year in years:
        weight = own if weights is None else weights[year]
        code = panel.states_at(unit, sample["t0"].to_numpy(), year)
        for group, flag in (("participants", 1), ("comparison", 0)):
            inside = (sample["treated"] == flag).to_numpy() & (code >= 0) & (weight > 0)
            total = weight[inside].sum()
            for state in State:
                chosen = inside & (code == state)
                share = weight[chosen].sum() / total if total else np.nan
                rows.append((year, group, state.name.lower(), share, int(np.unique(unit[chosen]).size)))
    return pd.DataFrame(rows, columns=["year", "group", "state", "share", "n"])


def later_treated(design: Design, years: tuple[int, ...], estimands: tuple[str, ...]) -> pd.DataFrame:
    """Share of the comparison group that began a fixed-term employment of its own after the matching, by the end of year k after each time zero.

    Columns: clock, estimand, year, share (of the weight), n (persons, each once). It says what each rule acts on: ``not_yet`` keeps these
    persons, ``never`` leaves them out from then on and weighs up others like them, ``never_in_follow_up`` leaves out all who ever began one,
    whatever the year.
    """
    members = design.members
    controls = members[members["treated"] == 0]
    own = own_starts(design.cohort, controls)
    person = controls["person"].to_numpy()
    weight = controls["weight"].to_numpy(dtype=float)
    rows = []
    for clock in INHERITED:
        t0 = controls[clock].to_numpy()
        known = t0 >= 0
        for estimand in estimands:
            for year in years:
                end = (t0 // 12 + year) * 12 + 11
                began = known & (np.isfinite(own) if estimand == "never_in_follow_up" else own <= end)
                total = weight[known].sum()
                share = weight[began].sum() / total if total else np.nan
                rows.append((clock, estimand, year, share, int(np.unique(person[began]).size)))
    return pd.DataFrame(rows, columns=["clock", "estimand", "year", "share", "n"])
