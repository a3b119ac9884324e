"""The balance table: are the groups alike, before and after matching?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.errors import MatchingError, Problem
from evaluation.matching.balance_stats import Groups, effective_size, number_balance, share_balance
from evaluation.matching.columns import as_numbers, kind_of, levels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

THRESHOLD = 0.1  # |SMD| under which a covariate is usually called balanced (Austin 2009)


@dataclass(frozen=True)
class Balance:
    """Balance of covariates; no p values, as a policy.

    Attributes
    ----------
    table
        One row per covariate, or per level of a category: covariate, level, kind, treated_mean, treated_sd,
        control_mean_before, treated_mean_after, control_mean_after, difference_before, difference_after, smd_before,
        smd_after, variance_ratio_before, variance_ratio_after, ecdf_before, ecdf_after, ks_before, ks_after; led by
        ``subgroup`` where subgroups were asked for. ``treated_mean`` is over all treated, the target of the ATT.
    ess
        Effective sample size by subgroup: treated and control, before and after.
    """

    table: pd.DataFrame
    ess: pd.DataFrame
    labels: dict[str, str] = field(default_factory=dict)

    def max_smd(self, when: str = "after") -> float:
        """Largest absolute standardised mean difference of the covariates (the score not counted)."""
        rows = self.table[self.table["kind"] != "score"]
        return float(rows[f"smd_{when}"].abs().max())

    def worst(self, when: str = "after") -> str:
        """Name of the covariate (and level) with the largest absolute standardised mean difference."""
        rows = self.table[self.table["kind"] != "score"]
        sizes = rows[f"smd_{when}"].abs().round(9)  # so that rounding does not choose among those that are all 0
        return row_label(rows.loc[sizes.idxmax()], self.labels) if sizes.notna().any() else "none"

    def plot(self, ax: Axes | None = None, *, threshold: float = THRESHOLD) -> Axes:
        """Love plot: absolute standardised mean differences before and after."""
        from evaluation.matching.plots import love_plot

        return love_plot(self, ax, threshold)

    def __str__(self) -> str:
        n = int((self.table["kind"] != "score").sum())
        over = {
            w: int((self.table.loc[self.table["kind"] != "score", f"smd_{w}"].abs() > THRESHOLD).sum())
            for w in ("before", "after")
        }
        lines = [
            f"Balance of {n} covariates and levels",
            f"largest |SMD|: {self.max_smd('before'):.3f} before ({self.worst('before')}), "
            f"{self.max_smd('after'):.3f} after ({self.worst('after')})",
            f"over {THRESHOLD}: {over['before']} before, {over['after']} after",
        ]
        lines += [
            f"effective size{f' ({row.subgroup})' if row.subgroup != 'all' else ''}: {row.treated_after:.1f} treated, "
            f"{row.control_after:.1f} controls (of {row.treated_before:.0f} and {row.control_before:.0f})"
            for row in self.ess.itertuples()
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from evaluation.sortable import sortable

        names = (
            "treated_mean",
            "control_mean_before",
            "control_mean_after",
            "smd_before",
            "smd_after",
            "variance_ratio_after",
            "ks_after",
        )
        lead = ["subgroup"] if "subgroup" in self.table else []
        shown = self.table[[*lead, "covariate", "level", *names]]
        return sortable(
            shown, caption=str(self).splitlines()[1].capitalize(), formats={name: "{:.3f}" for name in names}
        )


def row_label(row: pd.Series, labels: dict[str, str]) -> str:
    """Text of one row of the table: the covariate's label, and its level."""
    name = labels.get(row["covariate"], row["covariate"])
    return f"{name}: {row['level']}" if row["level"] else str(name)


def compute_balance(
    frame: pd.DataFrame,
    covariates: Sequence[str],
    groups: dict[str, Groups],
    *,
    score: np.ndarray | None = None,
    squares: bool = False,
    interactions: bool = False,
    labels: dict[str, str] | None = None,
    standard: str = "treated",
) -> Balance:
    """Balance table of named groups (one called "all", or one per subgroup).

    Parameters
    ----------
    frame, covariates
        The data and the columns to compare; none may hold missing values in the rows compared.
    groups
        Rows and weights by name.
    score
        The matching axis, float64 (n,), for a first row of kind "score"; rows without a score (NaN) are left out of it.
    squares, interactions
        Also compare squares of numbers, and products of each two columns (dummies of one category excepted).
    labels
        Texts for names of covariates, used by the plot.
    standard
        Group whose standard deviation before matching divides a difference: "treated", "control", "pooled".
    """
    refuse_unfit(frame, covariates)
    variables = list(variables_of(frame, covariates, squares, interactions))
    tables = []
    for name, group in groups.items():
        rows = []
        if score is not None:
            rows.append(
                {
                    "covariate": "score",
                    "level": "",
                    "kind": "score",
                    **number_balance(score, _scored(group, score), standard),
                }
            )
        for covariate, level, kind, values in variables:
            head = {"covariate": covariate, "level": level, "kind": kind}
            if kind in ("binary", "category"):
                rows.append({**head, **_shares(values, group, standard)})
            else:
                rows.append({**head, **number_balance(values, group, standard)})
        table = pd.DataFrame(rows)
        if list(groups) != ["all"]:
            table.insert(0, "subgroup", name)
        tables.append(table)
    ess = pd.DataFrame([{"subgroup": name, **_sizes(group)} for name, group in groups.items()])
    return Balance(pd.concat(tables, ignore_index=True), ess, dict(labels or {}))


def refuse_unfit(frame: pd.DataFrame, covariates: Sequence[str]) -> None:
    problems = []
    for name in covariates:
        if name not in frame.columns:
            problems.append(Problem("covariates", f'no column "{name}" in the frame', "columns of the frame"))
        elif (missing := int(frame[name].isna().sum())) > 0:
            problems.append(
                Problem(
                    f'covariates["{name}"]',
                    f"{missing} missing values",
                    "no missing values",
                    "fill them by a rule of your own and add an indicator, or make them a category",
                )
            )
    if problems:
        raise MatchingError(problems)


def variables_of(
    frame: pd.DataFrame, covariates: Sequence[str], squares: bool, interactions: bool
) -> Iterable[tuple[str, str, str, np.ndarray]]:
    """(covariate, level, kind, values) of each row of the table."""
    columns: list[tuple[str, str, str, np.ndarray]] = []
    for name in covariates:
        kind = kind_of(frame[name])
        if kind == "category":
            levels, codes = levels_of(frame[name])
            columns += [(name, str(level), kind, codes == i) for i, level in enumerate(levels)]
        else:
            columns.append((name, "", kind, as_numbers(frame[name])))
    yield from columns
    if squares:
        yield from ((f"{name}²", "", "square", x**2) for name, _, kind, x in columns if kind == "number")
    if interactions:
        for (a, la, _, x), (b, lb, _, y) in combinations(columns, 2):
            if a != b:
                yield (
                    f"{a}{f'={la}' if la else ''} × {b}{f'={lb}' if lb else ''}",
                    "",
                    "interaction",
                    x.astype(float) * y,
                )


def _shares(values: np.ndarray, group: Groups, standard: str) -> dict[str, float]:
    before = (float(np.mean(values[group.treated])), float(np.mean(values[group.control])))
    after = (
        _share(values[group.treated_after], group.treated_weight),
        _share(values[group.control_after], group.control_weight),
    )
    return share_balance(before, after, standard)


def _share(values: np.ndarray, weight: np.ndarray) -> float:
    return float(np.sum(weight * values) / np.sum(weight)) if values.size else float("nan")


def _scored(group: Groups, score: np.ndarray) -> Groups:
    """The group without rows that have no score; matched rows always have one."""
    seen = np.isfinite(score)
    if seen.all():
        return group
    return Groups(
        group.treated[seen[group.treated]],
        group.control[seen[group.control]],
        group.treated_after,
        group.treated_weight,
        group.control_after,
        group.control_weight,
    )


def _sizes(group: Groups) -> dict[str, float]:
    return {
        "treated_before": float(group.treated.size),
        "control_before": float(group.control.size),
        "treated_after": effective_size(group.treated_weight),
        "control_after": effective_size(group.control_weight),
    }
