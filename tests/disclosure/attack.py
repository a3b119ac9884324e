"""An attacker who holds the protected tables only, and solves for what was hidden.

Written apart from the rules it tests: one linear programme over everything that the tables of a release say about the same persons.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import coo_matrix


class Attack:
    """Unknown counts, equations among them, and the interval of each that agrees with all."""

    def __init__(self) -> None:
        self.index: dict[Hashable, int] = {}
        self.equations: list[tuple[dict[int, float], float]] = []
        self.upper: list[float] = []

    def unknown(self, key: Hashable, upper: float) -> int:
        if key not in self.index:
            self.index[key] = len(self.index)
            self.upper.append(upper)
        self.upper[self.index[key]] = min(self.upper[self.index[key]], upper)
        return self.index[key]

    def equation(self, terms: dict[int, float], total: float) -> None:
        self.equations.append((terms, total))

    def intervals(self) -> dict[Hashable, tuple[float, float]]:
        """Least and greatest value of each unknown; counts printed with six digits leave a little room."""
        n, slack = len(self.upper), len(self.equations)
        rows, columns, values, totals = [], [], [], []
        for i, (terms, total) in enumerate(self.equations):
            for j, value in terms.items():
                rows.append(i)
                columns.append(j)
                values.append(value)
            rows.append(i)
            columns.append(n + i)
            values.append(1.0)
            totals.append(total)
        a = coo_matrix((values, (rows, columns)), shape=(slack, n + slack))
        room = [(-1e-3 - 1e-5 * abs(t), 1e-3 + 1e-5 * abs(t)) for t in totals]
        bounds = [(0.0, u) for u in self.upper] + room
        found = {}
        for key, place in self.index.items():
            ends = []
            for sign in (1.0, -1.0):
                goal = np.zeros(n + slack)
                goal[place] = sign
                result = linprog(goal, A_eq=a if slack else None, b_eq=totals or None, bounds=bounds, method="highs")
                assert result.status == 0, result.message
                ends.append(sign * result.fun)
            found[key] = (ends[0], ends[1])
        return found


def exposed(attack: Attack, min_count: int) -> list[Hashable]:
    """Hidden counts that are pinned below the minimum, or whose complement is.

    A hidden count that can be computed and is large enough tells on nobody: it was hidden for the sake of another, which still cannot be.
    """
    return [
        key
        for key, (low, high) in attack.intervals().items()
        if high < min_count - 0.5 or attack.upper[attack.index[key]] - low < min_count - 0.5
    ]


def attack_states(states: pd.DataFrame, effects: pd.DataFrame | None = None) -> Attack:
    """States sum to the group; the effects tell the size of the group and, where shown, the number established."""
    attack = Attack()
    for (clock, year, group), rows in states.groupby(["clock", "year", "group"]):
        terms, rest = {}, 0.0
        size = rows["n"].sum() + 1e4
        for row in rows.itertuples():
            if row.status == "released":
                rest -= row.n
            else:
                terms[attack.unknown((clock, year, group, row.state), size)] = 1.0
        if effects is None or not terms:
            continue
        side = "treated" if group == "participants" else "control"
        match = effects[
            (effects["clock"] == clock) & (effects["horizon"] == year) & (effects["subgroup"] == "all")
            & (effects["status"] == "released") & (effects["estimator"] == "matched_difference")
        ]  # fmt: skip
        if len(match):
            total = float(match[f"n_{side}{'s' if side == 'control' else ''}"].max())
            attack.equation(terms, total + rest)
            known = match[(match["outcome"] == "established")]
            key = (clock, year, group, "established")
            if len(known) and key in attack.index and side == "treated":
                attack.equation({attack.index[key]: 1.0}, float(known[f"{side}_mean"].iloc[0]) * total)
    return attack


def attack_effects(effects: pd.DataFrame) -> tuple[Attack, Attack]:
    """Persons of each subgroup, and those with the outcome, sum to the whole, in every family of subgroups."""
    persons, positives = Attack(), Attack()
    rows = effects[
        (effects["estimator"] == "matched_difference")
        & (effects["ci_kind"] == "pointwise")
        & (effects["unit"] == "share")
    ]
    sizes: dict[str, float] = {}
    for row in rows[rows["status"] == "released"].itertuples():
        sizes[row.clock, row.horizon, row.subgroup] = row.n_treated
    for cell, group in rows.groupby(["outcome", "definition", "clock", "horizon"]):
        whole = group[group["subgroup"] == "all"].iloc[0]
        for family in {s.split("=")[0] for s in group["subgroup"] if "=" in s}:
            part = group[group["subgroup"].str.startswith(f"{family}=")]
            if whole["status"] != "released" or (part["status"] == "released").all():
                continue
            n_terms, c_terms = {}, {}
            n_rest, c_rest = float(whole["n_treated"]), float(whole["n_treated"] * whole["treated_mean"])
            for row in part.itertuples():
                if row.status == "released":
                    n_rest -= row.n_treated
                    c_rest -= row.n_treated * row.treated_mean
                    continue
                known = sizes.get((cell[2], cell[3], row.subgroup))
                if known is None:
                    n_terms[persons.unknown((cell[2], cell[3], row.subgroup), 1e5)] = 1.0
                else:
                    n_rest -= known
                c_terms[positives.unknown((*cell, row.subgroup), known or 1e5)] = 1.0
            if n_terms:
                persons.equation(n_terms, n_rest)
            positives.equation(c_terms, c_rest)
    return persons, positives


def attack_traits(population: pd.DataFrame, balance: pd.DataFrame) -> Attack:
    """Levels sum to the group, women and men to all; the balance table repeats the shares of both groups."""
    attack = Attack()
    sizes = population.dropna(subset=["n"]).groupby(["group", "sex"])["n"].max()
    known: dict[tuple, float] = {}
    keys = set()
    for row in population[population["kind"] == "share"].itertuples():
        key = (row.characteristic, row.level, row.group, row.sex)
        keys.add(key)
        if row.status == "released":
            known[key] = row.value * row.n
    for row in balance[balance["kind"] != "number"].itertuples():
        for column, group in (("treated_mean", "participants"), ("control_mean_after", "comparison_after")):
            key = (row.covariate, row.level if isinstance(row.level, str) and row.level else "yes", group, "all")
            if row.status == "released" and (group, "all") in sizes.index:
                known[key] = getattr(row, column) * sizes[group, "all"]
    lines: dict[tuple, list[tuple]] = {}
    for key in keys:
        lines.setdefault((key[0], key[2], key[3]), []).append(key)
    for (_, group, sex), parts in sorted(lines.items()):
        total = float(sizes.get((group, sex), np.nan))
        if np.isfinite(total) and len(parts) > 1:  # a characteristic of one level has its complement in no row
            _line(attack, known, dict.fromkeys(sorted(parts), 1.0), total, total)
    for name, level, group, _ in sorted(keys):
        trio = {(name, level, group, s): (-1.0 if s == "all" else 1.0) for s in ("women", "men", "all")}
        _line(attack, known, trio, 0.0, float(sizes.get((group, "all"), 1e5)))
    return attack


def _line(attack: Attack, known: dict[tuple, float], parts: dict[tuple, float], total: float, upper: float) -> None:
    terms = {attack.unknown(key, upper): sign for key, sign in parts.items() if key not in known}
    if terms:
        attack.equation(terms, total - sum(sign * known[key] for key, sign in parts.items() if key in known))


def attack_flow(flow: pd.DataFrame) -> Attack:
    """Steps follow one another: what one leaves, the next takes in; the last stock is known from the rest of the report."""
    attack = Attack()
    for group, rows in flow.groupby("group", sort=False):
        rows = rows.reset_index(drop=True)
        hidden = (rows["status"] != "released").to_numpy()
        start = 0
        while start < len(rows):
            if not hidden[start]:
                start += 1
                continue
            stop = start
            while stop < len(rows) and hidden[stop]:
                stop += 1
            terms = {attack.unknown((group, i), 1e6): 1.0 for i in range(start, stop)}
            if start > 0 and stop < len(rows):
                attack.equation(terms, float(rows["n_out"][start - 1] - rows["n_in"][stop]))
            start = stop
    return attack


def small_differences(effects: pd.DataFrame, min_count: int) -> list[tuple]:
    """Pairs of printed outcomes, one of which holds the other, whose numbers of participants differ by a few: by subtraction alone.

    Written by hand for the outcomes it reads: ever returned by a month, and established in each of the years so far.
    """
    rows = effects[
        (effects["status"] == "released") & (effects["unit"] == "share") & (effects["ci_kind"] == "pointwise")
    ]
    found = []
    for key, group in rows.groupby(["subgroup", "clock", "estimand", "estimator"]):
        count = {(r.outcome, r.horizon): (r.n_treated * r.treated_mean, r.n_treated) for r in group.itertuples()}
        for (outcome, horizon), (wide, n) in count.items():
            for (other, later), (narrow, m) in count.items():
                ever = outcome == other == "returned_to_jobbtorg" and later < horizon
                each = other == "sustained_established" and outcome in ("established", other) and horizon <= later
                if (ever or each) and n == m and 0.5 < wide - narrow < min_count - 0.5:
                    found.append((*key, outcome, horizon, other, later))
    return found


def attack_nested(effects: pd.DataFrame) -> Attack:
    """All printed counts of returned (ever by a month) at once: months hold one another, and subgroups sum to the whole.

    Unknowns are the hidden counts, and the persons who first returned between two months, one after the other.
    """
    attack = Attack()
    rows = effects[(effects["outcome"] == "returned_to_jobbtorg") & (effects["ci_kind"] == "pointwise")]
    sizes = rows.groupby("subgroup")["n_treated"].max()
    known, horizons = {}, sorted(rows["horizon"].unique())
    for row in rows.itertuples():
        if row.status == "released":
            known[row.subgroup, row.horizon] = row.n_treated * row.treated_mean

    def terms(parts: dict[tuple, float], total: float, upper: float) -> None:
        unknown = {attack.unknown(key, upper): sign for key, sign in parts.items() if key not in known}
        if unknown:
            attack.equation(unknown, total - sum(sign * known[key] for key, sign in parts.items() if key in known))

    for subgroup in sizes.index:
        n = float(sizes[subgroup]) if np.isfinite(sizes[subgroup]) else 1e4
        for one, two in pairwise(horizons):
            terms({(subgroup, one): 1.0, ("between", subgroup, one, two): 1.0, (subgroup, two): -1.0}, 0.0, n)
    for horizon in horizons:
        for family in sorted({s.split("=")[0] for s in sizes.index if "=" in s}):
            parts = {(s, horizon): 1.0 for s in sizes.index if s.startswith(f"{family}=")}
            terms(parts | {("all", horizon): -1.0}, 0.0, 1e4)
    return attack
