"""Coarsened exact matching: numbers are cut into bins, categories stand as they are, and whole cells are compared.

``cutpoints`` says, per covariate, how it is coarsened (as MatchIt's): a list of cut points; a whole number of equally wide
bins over the range; 0 for the values as they are; 1 to leave it out; ``"sturges"``, ``"scott"`` or ``"fd"``; ``"q5"`` for
five quantile bins. A list of lists groups the levels of a category. By default numbers are cut by Sturges' rule,
ceil(log2(n) + 1) bins, and binaries are too (which leaves them as they are). A value on a cut belongs to the bin above.

Reference: Iacus, King & Porro (2012), Political Analysis 20.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable

import numpy as np
import pandas as pd

from evaluation.errors import MatchingError, Problem
from evaluation.matching.columns import as_numbers, kind_of
from evaluation.matching.task import Sample, Weighting
from evaluation.matching.weights import both_groups, set_weights

_RULES = ("sturges", "scott", "fd")


def weigh_cells(sample: Sample) -> Weighting:
    """Cells that hold both groups, and the weights they imply."""
    codes, used = coarsen(sample.frame, sample.spec.covariates, sample.spec.cutpoints)
    codes = np.where(sample.stratum >= 0, codes, -1)
    exact = sample.stratum.astype(np.int64)
    both = pd.factorize(codes * (int(exact.max(initial=0)) + 1) + exact)[0].astype(np.int64)
    sets = both_groups(np.where(codes >= 0, both, -1), sample.treated)
    if not np.any(sets >= 0):
        raise MatchingError(
            Problem(
                "cutpoints",
                "no cell holds both treated and controls",
                "coarser cells",
                "give fewer cutpoints, or match on fewer covariates",
            )
        )
    n_cells = int(np.unique(both[codes >= 0]).size)
    note = f"{int(sets.max()) + 1} of {n_cells} occupied cells hold both groups"
    return Weighting(set_weights(sets, sample.treated, sample.spec.estimand), sets, note, used)


def coarsen(
    frame: pd.DataFrame, covariates: tuple[str, ...], cutpoints: dict[str, object]
) -> tuple[np.ndarray, pd.DataFrame]:
    """Code of each row's cell, int64 (n,), and how each covariate was cut: covariate, rule, bins."""
    cell = np.zeros(len(frame), np.int64)
    how, problems = [], []
    for name in covariates:
        rule = cutpoints.get(name, "sturges")
        try:
            part, text = _bins(frame[name], rule, given=name in cutpoints)
        except ValueError as error:
            problems.append(Problem(f'cutpoints["{name}"]', str(error), _ALLOWED))
            continue
        n_bins = int(part.max(initial=0)) + 1
        cell = pd.factorize(cell * n_bins + part)[0].astype(np.int64)
        how.append({"covariate": name, "rule": text, "bins": int(np.unique(part).size)})
    if problems:
        raise MatchingError(problems)
    return cell, pd.DataFrame(how)


_ALLOWED = 'cut points, a number of bins, "sturges", "scott", "fd", "q5"; for a category a list of groups of levels'


def _bins(column: pd.Series, rule: object, *, given: bool) -> tuple[np.ndarray, str]:
    """Bin of each row from 0, and how it was found; ValueError for a rule that does not fit the column."""
    if kind_of(column) == "category":
        return _levels(column, rule if given else None)
    x = as_numbers(column)
    if isinstance(rule, bool) or rule is None:
        raise ValueError(f"{rule!r} was given")
    if isinstance(rule, str):
        return _by_rule(x, rule)
    if not _is_list(rule):
        n_bins = rule
        if not isinstance(n_bins, int | np.integer) or n_bins < 0:
            raise ValueError(f"{rule!r} was given")
        if n_bins == 0:
            return pd.factorize(x, sort=True)[0].astype(np.int64), "as it is"
        if n_bins == 1:
            return np.zeros(x.size, np.int64), "left out"
        return _even(x, int(n_bins)), f"{n_bins} even bins"
    try:
        cuts = np.unique(np.asarray(list(rule), dtype=np.float64))
    except (TypeError, ValueError):
        raise ValueError("the cut points are not numbers") from None
    if not np.all(np.isfinite(cuts)) or cuts.size == 0:
        raise ValueError("the cut points are not finite numbers")
    return np.searchsorted(cuts, x, side="right"), f"{cuts.size} cut points"


def _levels(column: pd.Series, groups: object) -> tuple[np.ndarray, str]:
    codes, levels = pd.factorize(column)
    if groups is None or groups == 0:
        return codes.astype(np.int64), "its levels"
    if not _is_list(groups) or not all(_is_list(group) for group in groups):
        raise ValueError(f"{groups!r} was given for a category")
    group_of = {level: i for i, group in enumerate(groups) for level in group}
    unknown = [level for level in group_of if level not in set(levels)]
    if unknown or len(group_of) < sum(len(g) for g in groups):
        raise ValueError(f"levels that do not occur, or stand twice: {', '.join(map(str, unknown)) or 'twice'}")
    place = np.array([group_of.get(level, len(groups) + i) for i, level in enumerate(levels)])
    return place[codes].astype(np.int64), f"{len(groups)} groups of levels"


def _is_list(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


def _by_rule(x: np.ndarray, rule: str) -> tuple[np.ndarray, str]:
    if rule.startswith("q") and rule[1:].isdigit() and int(rule[1:]) >= 2:
        q = int(rule[1:])
        cuts = np.unique(np.quantile(x, np.arange(1, q) / q))
        return np.searchsorted(cuts, x, side="right"), f"{q} quantile bins"
    if rule not in _RULES:
        raise ValueError(f'"{rule}" was given')
    return _even(x, _n_bins(x, rule)), rule


def _n_bins(x: np.ndarray, rule: str) -> int:
    """Number of bins by the rules of R's nclass functions."""
    n = x.size
    if rule == "sturges":
        return math.ceil(math.log2(n) + 1)
    spread = float(x.max() - x.min())
    if rule == "scott":
        width = 3.5 * float(np.std(np.sort(x), ddof=1)) * n ** (-1 / 3)
    else:
        q1, q3 = np.quantile(x, [0.25, 0.75])
        width = 2 * float(q3 - q1) * n ** (-1 / 3)
        if width == 0:
            warnings.warn("half of the values are equal: Scott's rule is used instead of fd", stacklevel=2)
            return _n_bins(x, "scott")
    return max(1, math.ceil(spread / width)) if width > 0 else 1


def _even(x: np.ndarray, n_bins: int) -> np.ndarray:
    inner = np.linspace(x.min(), x.max(), n_bins + 1)[1:-1]
    return np.searchsorted(inner, x, side="right")
