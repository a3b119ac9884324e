"""The hazard of starting treatment, month by month: who is at risk when, and what it takes to weigh by it.

A row is a unit (person) and a period (month) at whose beginning the unit is at risk: enrolled and not begun. After it has left, a unit has no rows, so
nothing is multiplied (its weight is frozen); when it returns it has rows again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit

from evaluation.effects.dynamics import checks, kernels
from evaluation.effects.values import kind_of, plain
from evaluation.errors import EffectError, Problem
from evaluation.matching.design_matrix import Cell, CovariateDesign
from evaluation.matching.logit import fit_logit, independent_columns, linear_predictor
from evaluation.matching.threads import one_thread

NO_START = np.iinfo(np.int64).max
_SINGULAR = 1e-12
_BLOCK = 2048  # rows turned at a time, so that both sides stay in the cache


@dataclass(frozen=True, eq=False)
class HazardPanel:
    """Unit-months at risk with their fitted hazards, sorted by unit and month.

    Attributes
    ----------
    ids
        The units, sorted, (n,); other arrays name a unit by its place in it.
    unit, month
        int64 (r,).
    first
        int64 (n + 1,): the rows of unit u are ``first[u]`` to ``first[u + 1] - 1``.
    starts
        bool (r,): treatment starts in the month.
    hazard
        float64 (r,), the probability of starting; 1 where a value of a covariate decides it. Rows whose hazard is 0 are left out.
    x
        float64 (r, p): terms of the logistic model, the intercept first.
    names
        Names of the p terms.
    inverse
        Inverse information of the fit, float64 (p, p); None where the hazards were given, so that it is computed when asked for.
    cells
        Values that whole groups of rows share, by which a fit on some of the rows may be separated.
    until
        Month up to which the panel holds: whoever has no row in a month up to it cannot start then. By default the month of the last row; months after
        it are unknown, and outcomes that refer to them are refused.
    """

    ids: np.ndarray
    unit: np.ndarray
    month: np.ndarray
    first: np.ndarray
    starts: np.ndarray
    hazard: np.ndarray
    x: np.ndarray
    names: tuple[str, ...]
    inverse: np.ndarray | None = None
    cells: tuple[Cell, ...] = ()
    until: int | None = None

    def __post_init__(self) -> None:
        if self.until is None and self.month.size:
            object.__setattr__(self, "until", int(self.month.max()))

    @property
    def n_units(self) -> int:
        """Number of units."""
        return self.ids.size

    @cached_property
    def log_remaining(self) -> np.ndarray:
        """Sum of -log(1 - h) of a unit up to each row, float64 (r + 1,)."""
        return kernels.log_remaining(self.hazard, self.first)

    @cached_property
    def scores(self) -> np.ndarray:
        """U_i: sum of (D - h) x over each unit's rows, float64 (n, p)."""
        return kernels.unit_scores(self.starts - self.hazard, self.x, self.first)

    @cached_property
    def bread(self) -> np.ndarray:
        """Inverse of H = sum of h (1 - h) x x', float64 (p, p); terms without information are left out."""
        if self.inverse is not None:
            return self.inverse
        return inverse_information(kernels.information(self.hazard * (1 - self.hazard), self.x))

    @cached_property
    def meat(self) -> np.ndarray:
        """Sum of U_i U_i' over units, float64 (p, p)."""
        return kernels.information(np.ones(self.n_units), self.scores)

    @cached_property
    def _index(self) -> pd.Index:
        return _index_of(self.ids)

    @cached_property
    def _starts(self) -> tuple[np.ndarray, np.ndarray]:
        """Months of the starts, and where those of each unit begin, int64 (n + 1,)."""
        rows = np.flatnonzero(self.starts)
        return self.month[rows], np.searchsorted(rows, self.first).astype(np.int64)

    def places(self, ids: np.ndarray | pd.Series) -> np.ndarray:
        """Place of each id among the units, int64.

        Raises
        ------
        EffectError
            Units that are never at risk.
        """
        given = plain(ids)
        place = self._index.get_indexer(_index_of(given))
        if unknown := int((place < 0).sum()):
            kinds = kind_of(given), kind_of(self.ids)
            unlike = f" (ids here: {kinds[0]}; in the panel: {kinds[1]})" if kinds[0] != kinds[1] else ""
            raise EffectError(
                Problem("units", f"{unknown} rows of units that are never at risk{unlike}", "units of the panel of the hazard",
                        "give fit_hazard every unit-month at risk, also those after the window")
            )  # fmt: skip
        return place.astype(np.int64)

    def first_start(self, unit: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Month of the first start after a month, int64; ``NO_START`` where there is none."""
        months, first = self._starts
        last = kernels.last_rows(months, first, unit, after)
        at = np.where(last >= 0, last + 1, first[unit])
        found = at < first[unit + 1]
        return np.where(found, np.append(months, NO_START)[np.where(found, at, months.size)], NO_START)

    def at_risk(self, first: int | None = None, last: int | None = None) -> pd.DataFrame:
        """Rows of the months ``first`` to ``last``, as the pooled estimator takes them: unit, month, treated, own_start (NaN: none).

        Rows where a covariate decides the start are outside common support and left out.
        """
        inside = (self.hazard > 0) & (self.hazard < 1)
        inside &= (self.month >= first) if first is not None else True
        inside &= (self.month <= last) if last is not None else True
        unit, month = self.unit[inside], self.month[inside]
        own = self.first_start(unit, month).astype(np.float64)
        own[own == NO_START] = np.nan
        return pd.DataFrame(
            {"unit": self.ids[unit], "month": month, "treated": self.starts[inside].astype(np.int8), "own_start": own}
        )

    def __str__(self) -> str:
        return (
            f"Hazard of starting: {self.unit.size:,} unit-months of {self.n_units:,} units, {int(self.starts.sum()):,} starts, "
            f"{len(self.names)} terms, months {int(self.month.min())} to {int(self.month.max())}"
        )


def fit_hazard(
    frame: pd.DataFrame, covariates: Sequence[str], *, treatment: str, unit: str, month: str, until: int | None = None
) -> HazardPanel:
    """Fit the discrete-time hazard by logistic regression on all unit-months at risk.

    Parameters
    ----------
    frame
        One row per unit and month at risk, up to the last month that any outcome refers to; covariates as of the month before.
    covariates
        Columns, main effects; calendar time (a category of month or quarter) must be among them where the hazard moves with it.
    treatment, unit, month
        Columns: whether treatment starts in the month (0/1), the unit, and the month as an integer.
    until
        Month up to which no other starts are possible than in these rows; by default the month of the last row. A later one says that nobody is at risk
        after that row up to it, so that outcomes up to it may be read.

    Raises
    ------
    EffectError
        Columns that are not there, values that are missing, infinite or no months, a treatment that is not 0 or 1, two rows of a unit in one month, or
        ``until`` before the last row.
    """
    absent = [name for name in (*covariates, treatment, unit, month) if name not in frame.columns]
    if absent:
        raise EffectError(Problem("frame", f"no columns {', '.join(absent)}", "columns of the frame"))
    rows = _rows(
        frame[unit], frame[month], frame[treatment], until, [f'frame["{n}"]' for n in (unit, month, treatment)]
    )
    checks.raise_all([*rows.problems, *checks.covariates(frame, covariates)])
    frame = frame[list(dict.fromkeys(covariates))].take(rows.order).reset_index(drop=True)
    ids, codes, months, starts = rows.ids, rows.codes, rows.months, rows.starts
    design = CovariateDesign.of(frame, list(covariates))
    cells = design.cells(frame)
    undecided = undecided_rows(cells, starts, np.ones(starts.size, bool))
    columns = design.matrix(frame)
    hazard = starts.astype(np.float64)
    if not undecided.all():
        columns = np.ascontiguousarray(columns[:, undecided])
    fitted, x, names, inverse = _fit(columns, starts[undecided], design.labels)
    hazard[undecided] = fitted
    # rows whose hazard is 0 change no weight and no sum
    kept = undecided | starts
    if not undecided[kept].all():
        terms = x
        x = np.zeros((int(kept.sum()), len(names)))
        x[undecided[kept]] = terms
    codes = codes[kept]
    first = np.searchsorted(codes, np.arange(ids.size + 1)).astype(np.int64)
    shared = tuple(Cell(cell.name, cell.rows[kept]) for cell in cells)
    return HazardPanel(
        ids, codes, months[kept], first, starts[kept], hazard[kept], x, names, inverse, shared, rows.until
    )


def hazard_panel(
    unit: np.ndarray,
    month: np.ndarray,
    starts: np.ndarray,
    x: np.ndarray,
    *,
    hazard: np.ndarray | None = None,
    until: int | None = None,
) -> HazardPanel:
    """A panel from arrays, rows in any order.

    Parameters
    ----------
    unit, month, starts
        (r,): unit, month (integer) and whether treatment starts in it (0/1).
    x
        float64 (r, p), without an intercept.
    hazard
        float64 (r,): fitted by maximum likelihood on the same rows; by default fitted here.
    until
        As in :func:`fit_hazard`.

    Raises
    ------
    EffectError
        Arrays of unlike lengths; else as :func:`fit_hazard`, and hazards outside 0-1.
    """
    x = np.asarray(x, dtype=np.float64)
    given = None if hazard is None else np.asarray(hazard, dtype=np.float64)
    one = [("unit", unit), ("month", month), ("starts", starts), *([("hazard", given)] if given is not None else [])]
    n = np.shape(unit)[0] if np.ndim(unit) else 0
    shapes = [(name, np.shape(v)) for name, v in one if np.shape(v) != (n,)]
    shapes += [("x", x.shape)] if x.ndim != 2 or len(x) != n else []
    checks.raise_all([Problem(name, f"shape {s}", f"({n}, p)" if name == "x" else f"({n},)") for name, s in shapes])
    rows = _rows(unit, month, starts, until, ["unit", "month", "starts"])
    problems = [*rows.problems, *checks.matrix(x, "x")]
    if given is not None and (wrong := int(np.sum(~((given >= 0) & (given <= 1))))):
        problems.append(Problem("hazard", f"{wrong} values missing or outside 0 to 1", "probabilities of starting"))
    checks.raise_all(problems)
    columns = np.ascontiguousarray(x[rows.order].T)
    labels = [f"x{j}" for j in range(len(columns))]
    fitted, terms, names, inverse = _fit(columns, rows.starts, labels, None if given is None else given[rows.order])
    first = np.searchsorted(rows.codes, np.arange(rows.ids.size + 1)).astype(np.int64)
    return HazardPanel(
        rows.ids, rows.codes, rows.months, first, rows.starts, fitted, terms, names, inverse, until=rows.until
    )


@dataclass(frozen=True, eq=False)
class _Rows:
    """Unit-months in the order of unit and month; ``order`` are their places in what was given. Not to be used where there are problems."""

    ids: np.ndarray
    codes: np.ndarray
    months: np.ndarray
    starts: np.ndarray
    order: np.ndarray
    until: int | None
    problems: list[Problem]


def _rows(unit: object, month: object, starts: object, until: int | None, names: Sequence[str]) -> _Rows:
    ids, codes, wrong_units = checks.units(unit, names[0])
    months, wrong_months = checks.months(month, names[1])
    begins, wrong_starts = checks.flags(starts, names[2])
    problems = [*wrong_units, *wrong_months, *wrong_starts]
    order = np.lexsort((months, codes))
    codes, months, begins = codes[order], months[order], begins[order]
    if not codes.size:
        problems.append(Problem("frame", "no rows", "unit-months at risk"))
    elif not wrong_units and not wrong_months:
        if doubles := int(np.sum((codes[1:] == codes[:-1]) & (months[1:] == months[:-1]))):
            problems.append(Problem("frame", f"{doubles} rows repeat a unit and month", "one row per unit and month"))
        until, wrong_until = _until(until, int(months.max()))
        problems += wrong_until
    return _Rows(ids, codes, months, begins, order, until, problems)


def _until(until: int | None, last: int) -> tuple[int, list[Problem]]:
    """The month up to which a panel whose last row is of month ``last`` holds."""
    if until is None:
        return last, []
    month, problems = checks.months(np.asarray(until), "until")
    if not problems and (month.ndim or month < last):
        given = f"shape {month.shape}" if month.ndim else f"month {int(month)}, before the last row"
        problems = [Problem("until", given, f"one month, {last} or later", "leave it out: the month of the last row")]
    return (last if problems else int(month)), problems


def _index_of(ids: np.ndarray) -> pd.Index:
    """Ids to be looked up: numbers by value, everything else as it is, so that text and numbers never meet by chance."""
    return pd.Index(ids) if ids.dtype.kind in "iuf" else pd.Index(ids.astype(object), dtype=object)


def _fit(
    columns: np.ndarray, starts: np.ndarray, labels: Sequence[str], hazard: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...], np.ndarray | None]:
    """Hazards (r,), terms of the model (r, p) with the intercept first, their names, and the inverse information where the model is fitted.

    ``columns`` (k, r) are standardised in place.
    """
    for column in columns:
        column -= column.mean()
        spread = float(np.sqrt(np.mean(column**2)))
        if spread > 0:
            column /= spread
    kept = independent_columns(columns)
    if not kept.all():
        columns = np.ascontiguousarray(columns[kept])
    terms = np.empty((columns.shape[1], 1 + len(columns)))
    terms[:, 0] = 1
    for lo in range(0, len(terms), _BLOCK):
        terms[lo : lo + _BLOCK, 1:] = columns[:, lo : lo + _BLOCK].T
    names = ("intercept", *(label for label, keep in zip(labels, kept, strict=True) if keep))
    if hazard is not None:
        return hazard, terms, names, None
    if not starts.any() or starts.all():
        raise EffectError(Problem("hazard", f"{int(starts.sum())} starts in {starts.size} unit-months", "some of both"))
    fit = fit_logit(columns, starts.astype(np.float64))
    if not fit.converged:
        raise EffectError(
            Problem("hazard", "the covariates decide who starts", "a likelihood with a maximum", "coarsen or leave out covariates")
        )  # fmt: skip
    return expit(linear_predictor(columns, fit.coefficients)), terms, names, fit.covariance


def undecided_rows(cells: Sequence[Cell], starts: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Of the rows ``inside``, those at whose values some start and some do not; found again until none is left out, since that may decide others."""
    inside = inside.copy()
    moved = True
    while moved:
        moved = False
        for cell in cells:
            rows = cell.rows & inside
            n = int(rows.sum())
            if n and int((rows & starts).sum()) in (0, n):
                inside &= ~rows
                moved = True
    return inside


def inverse_information(information: np.ndarray) -> np.ndarray:
    """Inverse of a positive semi-definite matrix; directions without information give nothing."""
    scale = np.sqrt(np.diag(information).clip(min=np.finfo(float).tiny))
    with one_thread():  # LAPACK's last bits depend on its threads
        values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    good = values > _SINGULAR
    inverse = np.einsum("ik,k,jk->ij", vectors[:, good], 1 / values[good], vectors[:, good])
    return inverse / np.outer(scale, scale)
