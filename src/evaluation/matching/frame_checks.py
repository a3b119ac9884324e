"""Is the frame fit to be matched as asked? All problems at once, named by column and count."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.errors import MatchingError, Problem
from evaluation.matching.columns import FIT_VALUES, as_numbers, kind_of, unfit_values
from evaluation.matching.design_matrix import formula_variables
from evaluation.matching.options import PAIRING
from evaluation.matching.spec import MatchSpec, RiskSets, names

_MAX_LEVELS = 200  # a text column with more levels than this is an id or a free text, not a category


def check_frame(frame: pd.DataFrame, spec: MatchSpec) -> None:
    """Check everything about a frame that can be seen before it is matched.

    Raises
    ------
    MatchingError
        With every problem found.
    """
    if not isinstance(frame, pd.DataFrame):
        raise MatchingError(Problem("frame", f"a {type(frame).__name__} was given", "a pandas DataFrame"))
    missing = _missing_columns(frame, spec)
    if missing:
        raise MatchingError(missing)
    problems = [
        *_treatment_problems(frame[spec.treatment], spec.treatment),
        *_value_problems(frame, spec),
        *_id_problems(frame, spec),
    ]
    if problems:
        raise MatchingError(problems)


def model_columns(frame: pd.DataFrame, spec: MatchSpec) -> tuple[str, ...]:
    """Columns that the score is made of: the list, or the variables of the formula; none for a ready score."""
    if spec.formula is not None:
        return formula_variables(spec.formula, spec.treatment, frame)
    return spec.covariates


def read_treatment(column: pd.Series) -> np.ndarray:
    """The treatment as bool (n,)."""
    return as_numbers(column) == 1


def _missing_columns(frame: pd.DataFrame, spec: MatchSpec) -> list[Problem]:
    problems = []
    for option, columns in spec.columns().items():
        absent = [name for name in columns if name not in frame.columns]
        if absent:
            problems.append(
                Problem(
                    option,
                    f"no such columns: {', '.join(map(str, absent))}",
                    "columns of the frame",
                    "check the spelling",
                )
            )
        twice = [name for name in columns if name in frame.columns and isinstance(frame[name], pd.DataFrame)]
        if twice:
            problems.append(
                Problem(option, f"the frame holds these columns twice: {', '.join(twice)}", "one column per name")
            )
    return problems


def _treatment_problems(column: pd.Series, name: str) -> list[Problem]:
    where = f'treatment="{name}"'
    allowed = "0 and 1, or False and True, both occurring"
    if (n := int(column.isna().sum())) > 0:
        return [Problem(where, f"{n} missing values", allowed, "drop these rows, or say which group they belong to")]
    if kind_of(column) != "binary":
        return [Problem(where, f"{column.nunique()} different values", allowed, "recode it to 0 and 1")]
    n_treated = int(read_treatment(column).sum())
    if n_treated in (0, len(column)):
        return [Problem(where, f"{n_treated} treated of {len(column)} rows", allowed, "there must be both groups")]
    return []


def _value_problems(frame: pd.DataFrame, spec: MatchSpec) -> list[Problem]:
    """Missing or unfit values in covariates, score, exact and caliper columns."""
    problems = []
    roles = {
        "covariates": model_columns(frame, spec)
        if spec.formula is None
        else (*model_columns(frame, spec), *spec.covariates),
        "match_on": spec.match_on,
        "score": names(spec.score),
        "exact": spec.exact,
        "antiexact": spec.antiexact,
        "covariate_calipers": tuple(spec.covariate_calipers),
        "unit": names(spec.unit),
        "risk_set": names(spec.risk_set) if isinstance(spec.risk_set, str) else (),
    }
    for role, columns in roles.items():
        may_miss = spec.missing != "refuse" and role in ("covariates", "match_on")
        for name in dict.fromkeys(columns):
            column = frame[name].dropna() if may_miss else frame[name]
            problems += _column_problems(column, f'{role}["{name}"]', role)
    if isinstance(spec.risk_set, RiskSets):
        problems += _interval_problems(frame, spec.risk_set)
    return problems


def _interval_problems(frame: pd.DataFrame, risk: RiskSets) -> list[Problem]:
    problems = []
    for option in ("start", "eligible_from", "eligible_to"):
        name = getattr(risk, option)
        where = f'risk_set.{option}="{name}"'
        column = frame[name]
        if not pd.api.types.is_numeric_dtype(column.dtype) or isinstance(column.dtype, pd.CategoricalDtype):
            problems.append(Problem(where, f"holds {column.dtype}", "months as whole numbers, 12 · year + month - 1"))
            continue
        if option != "start" and (n := int(column.isna().sum())):
            problems.append(Problem(where, f"{n} missing values", "a month", "use a month far ahead for an open end"))
        values = as_numbers(column)
        values = values[np.isfinite(values)]
        if n := int(np.sum((values != np.round(values)) | (np.abs(values) > 10**8))):
            problems.append(Problem(where, f"{n} values are not months", "whole numbers"))
    return problems


def _column_problems(column: pd.Series, where: str, role: str) -> list[Problem]:
    if (n := int(column.isna().sum())) > 0:
        mend = {
            "covariates": 'use missing="indicator" or missing="category", or fill them by a rule of your own',
            "match_on": 'use missing="indicator" or missing="category", or fill them by a rule of your own',
            "exact": "give the missing a level of their own",
        }
        return [Problem(where, f"{n} missing values", "no missing values", mend.get(role, "drop these rows"))]
    numeric = pd.api.types.is_numeric_dtype(column.dtype) and not isinstance(column.dtype, pd.CategoricalDtype)
    if role in ("score", "covariate_calipers") and not numeric:
        return [Problem(where, f"holds {column.dtype}", "numbers")]
    if role in ("covariates", "match_on") and pd.api.types.is_datetime64_any_dtype(column.dtype):
        return [Problem(where, "holds dates", "numbers, 0/1 or categories", "turn it into a number of days or months")]
    if role in ("covariates", "match_on") and not numeric and not pd.api.types.is_bool_dtype(column.dtype):
        if (n := column.nunique()) > _MAX_LEVELS:
            return [Problem(where, f"{n} levels", f"at most {_MAX_LEVELS} levels", "group them, or take it out")]
    elif role in ("covariates", "match_on", "score", "covariate_calipers") and (what := unfit_values(column)):
        return [Problem(where, what, FIT_VALUES)]
    return []


def _id_problems(frame: pd.DataFrame, spec: MatchSpec) -> list[Problem]:
    ids = frame[spec.id] if spec.id is not None else frame.index
    where = f'id="{spec.id}"' if spec.id is not None else "the frame's index"
    if isinstance(ids, pd.MultiIndex):
        return [Problem(where, "has several levels", "a single value per row", "name a column in id=")]
    if (n := int(ids.isna().sum())) > 0:
        return [Problem(where, f"{n} missing values", "one id per row")]
    if not _all_different(ids):
        n = int(ids.duplicated().sum())
        mend = "name a column in id= that differs in every row; the person or other cluster goes into unit="
        return [Problem(where, f"{n} rows repeat an id", "one id per row", mend)]
    return []


def _all_different(ids: pd.Series | pd.Index) -> bool:
    if pd.api.types.is_integer_dtype(ids.dtype) and len(ids):
        values = ids.to_numpy(np.int64)
        low, high = int(values.min()), int(values.max())
        if high - low < 8 * len(values):
            seen = np.zeros(high - low + 1, bool)
            seen[values - low] = True
            return int(np.count_nonzero(seen)) == len(values)
    return bool(ids.is_unique)


def refuse_repeated_units(frame: pd.DataFrame, spec: MatchSpec, stratum: np.ndarray) -> None:
    """Refuse a cluster that stands twice in an exact stratum: it could be matched with itself, or fill a set alone."""
    if spec.unit is None or spec.method not in PAIRING:
        return
    if isinstance(spec.risk_set, str):
        stratum = pd.factorize(frame[spec.risk_set])[0]
    codes, units = pd.factorize(frame[spec.unit])
    cell = stratum.astype(np.int64) * max(len(units), 1) + codes
    cell.sort()
    repeated = int(np.sum(cell[1:] == cell[:-1]))
    if repeated:
        raise MatchingError(
            Problem(
                f'unit="{spec.unit}"',
                f"{repeated} rows repeat a unit within an exact stratum, where it could be matched with itself",
                "each unit once per exact stratum (and period of a risk set)",
                "put the period (month) into risk_set= or exact=, or keep one row per unit",
            )
        )


def refuse_broken_risk_sets(frame: pd.DataFrame, spec: MatchSpec, treated: np.ndarray) -> None:
    """Refuse risk sets in which somebody could be a control after its own start, or starts outside its own interval."""
    if spec.risk_set is None:
        return
    if isinstance(spec.risk_set, RiskSets):
        _refuse_broken_intervals(frame, spec, treated)
        return
    month, _ = pd.factorize(frame[spec.risk_set], sort=True)
    person, persons = pd.factorize(frame[spec.unit])
    begins = np.full(len(persons), np.iinfo(np.int64).max)
    np.minimum.at(begins, person[treated], month[treated])
    late = int(np.sum(month > begins[person]))
    if late:
        raise MatchingError(
            Problem(
                f'risk_set="{spec.risk_set}"',
                f"{late} rows of units that have begun treatment in an earlier period",
                "rows at risk: not begun before",
                "keep each unit's rows up to the period of its start",
            )
        )


def _refuse_broken_intervals(frame: pd.DataFrame, spec: MatchSpec, treated: np.ndarray) -> None:
    risk = spec.risk_set
    start, first, last = (as_numbers(frame[c]) for c in (risk.start, risk.eligible_from, risk.eligible_to))
    problems = []
    if n := int(np.sum(treated & np.isnan(start))):
        problems.append(Problem(f'risk_set.start="{risk.start}"', f"missing for {n} treated", "the month of the start"))
    if n := int(np.sum(treated & ((start < first) | (start > last)))):
        problems.append(
            Problem(
                "risk_set",
                f"{n} treated start outside their own interval",
                "eligible_from <= start <= eligible_to",
                "drop these rows, or mend their interval",
            )
        )
    if n := int(np.sum(last < first)):
        problems.append(Problem("risk_set", f"{n} rows end before they begin", "eligible_from <= eligible_to"))
    if problems:
        raise MatchingError(problems)
