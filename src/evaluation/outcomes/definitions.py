"""The thresholds, base amounts, prices and code lists of ``study/definitions``, read and checked once.

Every row carries its ``source`` and a ``status`` (found, derived, assumed); the rows travel to the release unchanged, so a reader
of the report can see which values were found in a publication.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from evaluation.errors import Problem, StudyError

STATUSES = ("found", "derived", "assumed")
CATEGORY_GROUPS = ("unemployed", "part_time", "hourly", "supported", "programme", "hindered", "employed")
_YEARLY = {
    "base_amounts": ("price_base_amount", "income_base_amount"),
    "prices": ("consumer_price_index",),
    "establishment_limits": ("established_from", "insecure_from", "uka_limit"),
}
_RULES = ("weak_days_over", "sick_days_from")
_CODES = {
    "employment_service_categories": ("code", "valid_from", "valid_to", "group", "label"),
    "enrolment_end_reasons": ("text", "code"),
    "employment_kinds": ("text", "code"),
    "origin_groups": ("code", "label", "group"),
    "education_levels": ("code", "label", "group"),
    "deregistration_reasons": ("code", "label", "group"),
    "employers": ("number", "name"),
}
_TABLE_COLUMNS = ["table", "year", "name", "value", "unit", "source", "status"]


@dataclass(frozen=True, eq=False)
class Definitions:
    """Checked definition tables.

    Attributes
    ----------
    values
        ``{(name, year): value}`` of the tables with a value a year (SEK, or index points for prices).
    rules
        ``{name: value}`` of ``rules.csv``.
    codes
        ``{file stem: {first column: last mapped column}}``: code lists whose key is the code alone.
    categories
        Employment service categories as ``(code, valid_from, valid_to, group)``; dates are ISO text, both inclusive.
    """

    values: Mapping[tuple[str, int], float]
    rules: Mapping[str, float]
    codes: Mapping[str, Mapping[str, str]]
    categories: tuple[tuple[int, str, str, str], ...]
    _table: pd.DataFrame = field(repr=False)

    def series(self, name: str) -> dict[int, float]:
        """Values of ``name`` by year, in year order."""
        return {year: value for (found, year), value in sorted(self.values.items()) if found == name}

    def value(self, name: str, year: int) -> float:
        """Value of ``name`` in ``year``; a year without a row is a StudyError."""
        if (name, year) not in self.values:
            raise StudyError(
                Problem(
                    f"definitions, {name}",
                    f"no value for {year}",
                    f"years with a value: {', '.join(map(str, self.series(name))) or 'none'}",
                    "add the row to the table in study/definitions, with its source and status",
                )
            )
        return self.values[name, year]

    def deflators(self, price_year: int) -> dict[int, float]:
        """Factor by year that turns nominal SEK into SEK of ``price_year`` (consumer price index)."""
        base = self.value("consumer_price_index", price_year)
        return {year: base / index for year, index in self.series("consumer_price_index").items()}

    def category_periods(self, group: str) -> tuple[tuple[int, str, str], ...]:
        """``(code, valid_from, valid_to)`` of every employment service category in ``group``."""
        return tuple((code, start, end) for code, start, end, found in self.categories if found == group)

    @property
    def table(self) -> pd.DataFrame:
        """Tidy frame ``table, year, name, value, unit, source, status`` for the release; values as written in the files."""
        return self._table.copy()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of every value, rule and code: what decides a result. Sources and statuses are words about them, and no part of it."""
        content = (
            sorted(self.values.items()),
            sorted(self.rules.items()),
            sorted((name, sorted(codes.items())) for name, codes in self.codes.items()),
            sorted(self.categories),
        )
        return hashlib.sha256(repr(content).encode()).hexdigest()

    @property
    def assumed(self) -> pd.DataFrame:
        """The rows of :attr:`table` that rest on an assumption."""
        return self._table[self._table["status"] == "assumed"].reset_index(drop=True)

    def __str__(self) -> str:
        counts = self._table["status"].value_counts()
        return f"Definitions: {len(self._table)} rows ({', '.join(f'{counts.get(s, 0)} {s}' for s in STATUSES)})"


def load_definitions(folder: str | Path) -> Definitions:
    """Read and check every table in ``folder``.

    Raises
    ------
    StudyError
        With all problems at once: missing files or columns, unknown statuses, values that are no positive numbers,
        years or names without a row, doubles, an upper limit that is not above the lower one, overlapping code periods.
    """
    folder = Path(folder)
    problems: list[Problem] = []
    frames = {name: _read(folder, name, problems) for name in (*_YEARLY, "rules", *_CODES)}
    values = {key: value for name in _YEARLY for key, value in _yearly(name, frames[name], problems).items()}
    rules = _rules(frames["rules"], problems)
    _check_order(values, problems)
    categories = _categories(frames["employment_service_categories"], problems)
    codes = {name: _codes(name, frames[name], problems) for name in _CODES if name != "employment_service_categories"}
    if problems:
        raise StudyError(problems)
    return Definitions(
        values=MappingProxyType(values),
        rules=MappingProxyType(rules),
        codes=MappingProxyType({name: MappingProxyType(code) for name, code in codes.items()}),
        categories=categories,
        _table=_tidy(frames),
    )


def _read(folder: Path, name: str, problems: list[Problem]) -> pd.DataFrame:
    """One table as text; an empty frame with the right columns where it cannot be used."""
    first = ("year", "name", "value", "unit") if name in _YEARLY else ("name", "value", "unit")
    columns = [*(_CODES.get(name, first)), "source", "status"]
    where = f"definitions, {name}.csv"
    empty = pd.DataFrame(columns=columns, dtype=str)
    try:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            head, *rows = [row for row in csv.reader(stream) if row] or [[]]
    except FileNotFoundError:
        problems.append(Problem(where, "the file is missing", mend=f"put it in {folder}"))
        return empty
    except (UnicodeDecodeError, csv.Error) as error:
        problems.append(Problem(where, f"cannot be read: {error}", "UTF-8 text with commas", "save it as UTF-8 CSV"))
        return empty
    if uneven := [str(number) for number, row in enumerate(rows, 2) if len(row) != len(head)]:
        problems.append(
            Problem(
                where,
                f"rows {', '.join(uneven)} do not have {len(head)} fields",
                mend="put text that holds a comma in quotes",
            )
        )
        return empty
    frame = pd.DataFrame(rows, columns=head, dtype=str)
    if missing := [column for column in columns if column not in frame]:
        problems.append(Problem(where, f"no column {', '.join(missing)}", f"columns {', '.join(columns)}"))
        return empty
    frame = frame[columns].apply(lambda column: column.str.strip())
    if frame.empty:
        problems.append(Problem(where, "no rows", "at least one row", "fill the table"))
    if unknown := sorted(set(frame["status"]) - set(STATUSES)):
        problems.append(Problem(where, f"status {', '.join(map(repr, unknown))}", ", ".join(STATUSES)))
    if n := int((frame["source"] == "").sum()):
        problems.append(Problem(where, f"{n} rows without a source", mend="say where each value comes from"))
    return frame


def _numbers(where: str, frame: pd.DataFrame, column: str, problems: list[Problem]) -> pd.Series:
    number = pd.to_numeric(frame[column], errors="coerce")
    if n := int((~(number > 0)).sum()):
        problems.append(
            Problem(where, f"{n} values in column {column} that are no positive number", "e.g. 39400 or 280.40")
        )
    return number


def _yearly(name: str, frame: pd.DataFrame, problems: list[Problem]) -> dict[tuple[str, int], float]:
    where = f"definitions, {name}.csv"
    if frame.empty:
        return {}
    value = _numbers(where, frame, "value", problems)
    year = _numbers(where, frame, "year", problems).fillna(0).astype(int)
    if unknown := sorted(set(frame["name"]) - set(_YEARLY[name])):
        problems.append(Problem(where, f"name {', '.join(unknown)}", ", ".join(_YEARLY[name])))
    if doubles := int(pd.DataFrame({"name": frame["name"], "year": year}).duplicated().sum()):
        problems.append(Problem(where, f"{doubles} rows for a name and year that has one already", mend="keep one"))
    for wanted in _YEARLY[name]:
        years = sorted(year[frame["name"] == wanted])
        if not years:
            problems.append(Problem(where, f"no rows for {wanted}", mend="add a row a year"))
        elif gaps := sorted(set(range(years[0], years[-1] + 1)) - set(years)):
            problems.append(
                Problem(where, f"{wanted} has no value for {', '.join(map(str, gaps))}", mend="add the rows")
            )
    return {(str(n), int(y)): float(v) for n, y, v in zip(frame["name"], year, value, strict=True)}


def _rules(frame: pd.DataFrame, problems: list[Problem]) -> dict[str, float]:
    if frame.empty:
        return {}
    value = _numbers("definitions, rules.csv", frame, "value", problems)
    rules = {str(name): float(v) for name, v in zip(frame["name"], value, strict=True)}
    if missing := [name for name in _RULES if name not in rules]:
        problems.append(Problem("definitions, rules.csv", f"no row for {', '.join(missing)}", mend="add it"))
    return rules


def _check_order(values: Mapping[tuple[str, int], float], problems: list[Problem]) -> None:
    for (name, year), upper in sorted(values.items()):
        lower = values.get(("insecure_from", year))
        if name == "established_from" and lower is not None and not lower < upper:
            problems.append(
                Problem(
                    "definitions, establishment_limits.csv",
                    f"{year}: insecure_from {lower:g} is not below established_from {upper:g}",
                    "the lower limit under the upper one",
                )
            )


def _categories(frame: pd.DataFrame, problems: list[Problem]) -> tuple[tuple[int, str, str, str], ...]:
    where = "definitions, employment_service_categories.csv"
    if frame.empty:
        return ()
    code = _numbers(where, frame, "code", problems).fillna(0).astype(int)
    if unknown := sorted(set(frame["group"]) - set(CATEGORY_GROUPS)):
        problems.append(Problem(where, f"group {', '.join(unknown)}", ", ".join(CATEGORY_GROUPS)))
    iso = r"\d{4}-\d{2}-\d{2}"
    if n := int((~frame["valid_from"].str.fullmatch(iso) | ~frame["valid_to"].str.fullmatch(iso)).sum()):
        problems.append(
            Problem(where, f"{n} rows whose dates are not written YYYY-MM-DD", "valid_from and valid_to, inclusive")
        )
    rows = sorted(zip(code.tolist(), frame["valid_from"], frame["valid_to"], frame["group"], strict=True))
    for earlier, later in itertools.pairwise(rows):
        if earlier[0] == later[0] and later[1] <= earlier[2]:
            problems.append(Problem(where, f"code {later[0]} has two meanings on {later[1]}", "one meaning a date"))
    if backward := [str(row[0]) for row in rows if row[1] > row[2]]:
        problems.append(Problem(where, f"valid_from after valid_to for code {', '.join(backward)}", "the other order"))
    return tuple(rows)


def _codes(name: str, frame: pd.DataFrame, problems: list[Problem]) -> dict[str, str]:
    key, target = _CODES[name][0], _CODES[name][-1]
    if doubles := sorted(frame.loc[frame[key].duplicated(), key].unique()):
        problems.append(Problem(f"definitions, {name}.csv", f"{key} {', '.join(doubles)} twice", "one row each"))
    return dict(zip(frame[key], frame[target], strict=True))


def _tidy(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    parts = []
    for table, frame in frames.items():
        part = pd.DataFrame({"table": table, "source": frame["source"], "status": frame["status"]})
        if table in _CODES:
            part["name"] = frame[_CODES[table][0]]
            part["value"] = frame[_CODES[table][-1]] if table != "employment_service_categories" else frame["group"]
            part["unit"] = "code"
            if "valid_from" in frame:
                part["name"] += " (" + frame["valid_from"] + " to " + frame["valid_to"] + ")"
        else:
            part[["name", "value", "unit"]] = frame[["name", "value", "unit"]]
        part["year"] = frame.get("year", "")
        parts.append(part[_TABLE_COLUMNS])
    return pd.concat(parts, ignore_index=True).sort_values(["table", "name", "year"], ignore_index=True)
