"""Design matrices of the score: from a list of covariates, or from a formula.

Matrices are stored one row per *column of the model*, shape (k, n), because the kernels read one variable at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import formulaic
import numpy as np
import pandas as pd

from evaluation.errors import MatchingError, Problem
from evaluation.matching.columns import (
    FIT_VALUES,
    MEND_VALUES,
    Kind,
    as_numbers,
    kind_of,
    levels_of,
    unfit_numbers,
    unfit_values,
)


@dataclass(frozen=True)
class Cell:
    """A value that a whole group of rows shares, by which separation can be named: covariate, level, rows (bool)."""

    name: str
    rows: np.ndarray


@dataclass(frozen=True)
class Encoder:
    """How one covariate becomes columns: itself, or a dummy for each level but the first."""

    name: str
    kind: Kind
    levels: tuple[object, ...] = ()

    @property
    def labels(self) -> list[str]:
        return [f"{self.name}[{level}]" for level in self.levels[1:]] if self.kind == "category" else [self.name]

    def codes(self, column: pd.Series) -> np.ndarray:
        """Codes among the levels, for a categorical covariate.

        Raises
        ------
        MatchingError
            Levels that the score was not fitted on.
        """
        found, codes = levels_of(column)
        if tuple(found) == self.levels:
            return codes
        place = {level: i for i, level in enumerate(self.levels)}
        new = [level for level in found if level not in place]
        if new:
            raise MatchingError(
                Problem(self.name, f"{len(new)} levels that the score was not fitted on", "the levels of the fit")
            )
        return np.array([*(place[level] for level in found), -1])[codes]


@dataclass(frozen=True)
class CovariateDesign:
    """Main effects of a list of covariates: numbers as they are, binaries as 0/1, categories as dummies.

    The reference level of a category is its first: the first category of a categorical column that occurs, else the
    smallest value.
    """

    encoders: tuple[Encoder, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, covariates: Sequence[str]) -> CovariateDesign:
        """The design of a frame's covariates.

        Raises
        ------
        MatchingError
            Missing, infinite or overflow-large values, by column and count.
        """
        encoders, unfit = [], {}
        for name in covariates:
            kind = kind_of(frame[name])
            levels: tuple[object, ...] = ()
            if kind == "category":
                found, codes = levels_of(frame[name])
                levels = tuple(found)
                # missing would pass for the reference level
                unfit[name] = f"{n} missing values" if (n := int(np.count_nonzero(codes < 0))) else ""
            else:
                unfit[name] = unfit_values(frame[name])
            encoders.append(Encoder(name, kind, levels))
        problems = [
            Problem(f'covariates["{name}"]', what, FIT_VALUES, MEND_VALUES) for name, what in unfit.items() if what
        ]
        if problems:
            raise MatchingError(problems)
        return cls(tuple(encoders))

    @property
    def labels(self) -> list[str]:
        return [label for encoder in self.encoders for label in encoder.labels]

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(encoder.name for encoder in self.encoders)

    def matrix(self, frame: pd.DataFrame, order: np.ndarray | None = None) -> np.ndarray:
        """Columns without the intercept, float64 (k, n), rows of the frame taken in ``order``."""
        n = len(frame) if order is None else len(order)
        out = np.empty((len(self.labels), n))
        at = 0
        for encoder in self.encoders:
            column = frame[encoder.name]
            if encoder.kind == "category":
                # narrow codes are compared and fetched faster
                narrow = np.int16 if len(encoder.levels) < 2**15 else np.int32
                codes = _taken(encoder.codes(column).astype(narrow), order)
                for level in range(1, len(encoder.levels)):
                    out[at] = codes == level
                    at += 1
            else:
                # taking rows first keeps small integers small while they are fetched from all over memory
                out[at] = as_numbers(column if order is None else column.take(order))
                at += 1
        return out

    def cells(self, frame: pd.DataFrame) -> list[Cell]:
        """Both values of each binary and all levels of each category, as rows of the frame."""
        cells = []
        for encoder in self.encoders:
            if encoder.kind == "category":
                codes = encoder.codes(frame[encoder.name])
                cells += [Cell(f"{encoder.name}={level}", codes == i) for i, level in enumerate(encoder.levels)]
            elif encoder.kind == "binary":
                one = as_numbers(frame[encoder.name]) == 1
                cells += [Cell(f"{encoder.name}=1", one), Cell(f"{encoder.name}=0", ~one)]
        return cells


@dataclass(frozen=True)
class FormulaDesign:
    """A formula's design matrix (formulaic): treatment coding, reference level first, intercept always in."""

    formula: str
    labels: list[str]
    variables: tuple[str, ...]
    model_spec: formulaic.ModelSpec

    @classmethod
    def of(cls, frame: pd.DataFrame, formula: str, treatment: str) -> FormulaDesign:
        """The design of a formula on a frame.

        Raises
        ------
        MatchingError
            A formula that cannot be read, or terms with infinite or overflow-large values (a logarithm of 0), by term and count.
        """
        right = right_side(formula, treatment)
        try:
            found = formulaic.model_matrix(right, frame, na_action="raise")
        except Exception as error:
            raise MatchingError(
                Problem("formula", f"cannot be read: {error}", "a formula of the frame's columns")
            ) from error
        labels = [name for name in found.columns if name != "Intercept"]
        problems = [
            Problem("formula", f'the term "{label}" has {what}', FIT_VALUES, MEND_VALUES)
            for label in labels
            if (what := unfit_numbers(as_numbers(found[label])))
        ]
        if problems:
            raise MatchingError(problems)
        return cls(right, labels, formula_variables(formula, treatment, frame), found.model_spec)

    def matrix(self, frame: pd.DataFrame, order: np.ndarray | None = None) -> np.ndarray:
        """Columns without the intercept, float64 (k, n), rows of the frame taken in ``order``."""
        found = self.model_spec.get_model_matrix(frame)
        return np.ascontiguousarray([_taken(as_numbers(found[name]), order) for name in self.labels])

    def cells(self, frame: pd.DataFrame) -> list[Cell]:
        """Both values of each column that only holds 0 and 1, as rows of the frame."""
        cells = []
        for label, values in zip(self.labels, self.matrix(frame), strict=True):
            if np.all((values == 0) | (values == 1)):
                cells += [Cell(f"{label}=1", values == 1), Cell(f"{label}=0", values == 0)]
        return cells


Design = CovariateDesign | FormulaDesign


def right_side(formula: str, treatment: str) -> str:
    """The right-hand side of a formula; a left-hand side, if any, must be the treatment."""
    left, tilde, right = formula.partition("~")
    if not tilde:
        return formula.strip()
    if left.strip() not in ("", treatment):
        raise MatchingError(
            Problem(
                "formula",
                f'its left-hand side is "{left.strip()}"',
                f'"{treatment}", or none',
                "name the treatment there",
            )
        )
    return right.strip()


def formula_variables(formula: str, treatment: str, frame: pd.DataFrame) -> tuple[str, ...]:
    """Columns of the frame that the formula uses, in the order of the frame."""
    try:
        used = {str(name) for name in formulaic.Formula(right_side(formula, treatment)).required_variables}
    except MatchingError:
        raise
    except Exception as error:
        raise MatchingError(
            Problem("formula", f"cannot be read: {error}", "a formula of the frame's columns")
        ) from error
    unknown = sorted(used - set(frame.columns))
    if unknown:
        raise MatchingError(Problem("formula", f"no such columns: {', '.join(unknown)}", "columns of the frame"))
    return tuple(name for name in frame.columns if name in used)


def _taken(values: np.ndarray, order: np.ndarray | None) -> np.ndarray:
    return values if order is None else values[order]
