"""Reads a release folder: tables as frames, release.json as a typed object. Nothing else feeds a report.

A value that stands in a row whose status says that it must not be shown is an error here, before any text or figure is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from evaluation.errors import Problem, ReleaseError
from evaluation.report.record import SCHEMA, Gate, ReleaseInfo

STATUSES = ("released", "suppressed", "not_observed", "gate_failed", "not_estimated")
_TEXT = "text"
_NUMBER = "number"
_WHOLE = "whole"


@dataclass(frozen=True)
class TableSpec:
    """Columns of a released table: name to `text`, `number` or `whole`; which of them a row's status governs; whether a release may do without."""

    columns: Mapping[str, str]
    values: tuple[str, ...] = ()
    optional: bool = False


def _spec(columns: str, *, values: str = "", optional: bool = False) -> TableSpec:
    kinds = {"#": _NUMBER, "%": _WHOLE}
    parsed = {c.rstrip("#%"): kinds.get(c[-1], _TEXT) for c in columns.split()}
    return TableSpec(parsed, tuple(values.split()), optional)


TABLES: dict[str, TableSpec] = {
    "effects": _spec(
        "outcome definition subgroup clock horizon% horizon_unit estimand estimator estimate# std_error# ci_low# ci_high#"
        " ci_kind treated_mean# control_mean# n_treated% n_controls% ess_controls# unit margin# role status",
        values="estimate std_error ci_low ci_high treated_mean control_mean n_treated n_controls ess_controls",
    ),
    "flow": _spec("group step unit n_in% n_removed% n_out% status", values="n_in n_removed n_out"),
    "population": _spec("characteristic level group sex value# kind n% status", values="value n"),
    "balance": _spec(
        "covariate level kind treated_mean# control_mean_before# control_mean_after# smd_before# smd_after#"
        " variance_ratio_before# variance_ratio_after# ks_before# ks_after# status",
        values="treated_mean control_mean_before control_mean_after smd_before smd_after variance_ratio_before"
        " variance_ratio_after ks_before ks_after",
    ),
    "overlap": _spec("bin_low# bin_high# group share# n% status", values="share n"),
    "states": _spec("clock year% group state share# n% status", values="share n"),
    "later_treated": _spec("clock estimand year% share# n% status", values="share n"),
    "families": _spec(
        "family subgroup estimand estimator clock estimate# std_error# p# p_holm# equal_statistic# equal_freedom# equal_p# status",
        values="estimate std_error p p_holm equal_statistic equal_freedom equal_p",
        optional=True,
    ),
    "short_long": _spec(
        "clock indicator indicator_definition month% outcome definition year% group level n% share_of_group# share# ci_low# ci_high# status",
        values="n share_of_group share ci_low ci_high",
        optional=True,
    ),
    "specification_curve": _spec(
        "specification% clock definition year% method ratio% caliper replace primary estimate# std_error# ci_low# ci_high# status",
        values="estimate std_error ci_low ci_high",
        optional=True,
    ),
    "placebo": _spec(
        "kind outcome definition clock horizon% horizon_unit unit margin# estimate# std_error# ci_low# ci_high# status",
        values="estimate std_error ci_low ci_high",
        optional=True,
    ),
    "sensitivity": _spec(
        "kind quantity covariate gamma# r2_treatment# r2_outcome# value# status", values="value", optional=True
    ),
    "ledger": _spec("register rule rows% share# action status", values="rows share"),
    "registers": _spec("register first_year% last_year% rows% persons% status", values="rows persons"),
    "definitions": _spec("table year name value unit source status"),
    "disclosure": _spec("object rule cells% suppressed% note"),
    "protocol": _spec("language element ideal study deviation"),
}


# what a reader of effects.csv fixes before choosing outcomes, definitions, clocks and horizons
_KIND = ("subgroup", "estimand", "estimator", "ci_kind", "horizon_unit")


@dataclass(frozen=True)
class Effect:
    """One row of effects.csv. Numbers are NaN where the status is not `released`."""

    outcome: str
    definition: str
    clock: str
    horizon: int
    horizon_unit: str
    estimate: float
    low: float
    high: float
    treated: float
    control: float
    n_treated: float
    n_controls: float
    unit: str
    margin: float | None
    role: str
    status: str
    estimator: str = "matched_difference"
    ci_kind: str = "pointwise"
    estimand: str = ""
    subgroup: str = "all"


@dataclass(frozen=True)
class Release:
    """A release folder that has been read and checked."""

    path: Path
    info: ReleaseInfo
    tables: Mapping[str, pd.DataFrame]

    def table(self, name: str) -> pd.DataFrame:
        """A released table; no rows where the release does not hold it."""
        return self.tables[name]

    def holds(self, name: str) -> bool:
        """Whether a table has rows."""
        return not self.tables[name].empty

    @cached_property
    def matched_share(self) -> float | None:
        """Matched participants as a share of the eligible: from the counts, else from the requirement on overlap."""
        design = self.info.design
        if design.n_treated_eligible and design.n_treated_matched is not None:
            return design.n_treated_matched / design.n_treated_eligible
        gate = self._overlap
        return None if gate is None else gate.value

    @property
    def matched_at_least(self) -> bool:
        """Whether :attr:`matched_share` is a lower bound, since the exact share would give a small count away."""
        design = self.info.design
        known = design.n_treated_eligible and design.n_treated_matched is not None
        return not known and self._overlap is not None and self._overlap.bound == "at_least"

    @property
    def _overlap(self) -> Gate | None:
        return next((gate for gate in self.info.gates if gate.name == "overlap"), None)

    @cached_property
    def gates_passed(self) -> bool:
        """Whether every requirement of the design was met."""
        return all(gate.passed for gate in self.info.gates)

    def effects(
        self,
        *,
        outcome: str | None = None,
        definition: str | None = None,
        clock: str | None = None,
        horizon_unit: str = "year",
        estimator: str | None = None,
        ci_kind: str = "pointwise",
        subgroup: str = "all",
        estimand: str | None = None,
    ) -> list[Effect]:
        """Rows of effects.csv in order of outcome, definition, clock and horizon.

        Options left out stand for: every outcome, definition and clock; the primary estimand and its main estimator.
        """
        kind = (
            subgroup, estimand or self.info.primary.estimand, estimator or self.info.primary.estimator, ci_kind, horizon_unit
        )  # fmt: skip
        return [
            row
            for row in self._of_kind(kind)
            if outcome in (None, row.outcome) and definition in (None, row.definition) and clock in (None, row.clock)
        ]

    def _of_kind(self, kind: tuple[str, ...]) -> list[Effect]:
        """Rows with these values of :data:`_KIND`, made when they are first asked for: a report asks hundreds of times."""
        if kind not in self._effects:
            rows = self._places.get(kind)
            table = self.tables["effects"].iloc[[] if rows is None else rows]
            table = table.sort_values(["outcome", "definition", "clock", "horizon"], kind="stable")
            self._effects[kind] = [_effect({str(k): v for k, v in row.items()}) for row in table.to_dict("records")]
        return self._effects[kind]

    @cached_property
    def _effects(self) -> dict[tuple[str, ...], list[Effect]]:
        return {}

    @cached_property
    def _places(self) -> dict[tuple[str, ...], np.ndarray]:
        return dict(self.tables["effects"].groupby(list(_KIND), sort=False).indices)

    def effect(self, *, horizon: int, **wanted: Any) -> Effect | None:
        """The one row with this horizon, or None."""
        found = [row for row in self.effects(**wanted) if row.horizon == horizon]
        if len(found) > 1:
            problem = Problem("tables/effects.csv", f"{len(found)} rows for {wanted}, horizon {horizon}", "one row")
            raise ReleaseError(problem)
        return found[0] if found else None


def read_release(path: Path) -> Release:
    """Read and check a release folder.

    Raises
    ------
    ReleaseError
        With every problem found: missing files or columns, values that are not numbers, unknown statuses, and values in
        rows that must not be shown.
    """
    path = Path(path)
    problems: list[Problem] = []
    info = _read_info(path / "release.json", problems)
    tables = {name: _read_table(path, name, spec, problems) for name, spec in TABLES.items()}
    if problems or info is None:
        raise ReleaseError(problems)
    return Release(path, info, tables)


def _read_info(path: Path, problems: list[Problem]) -> ReleaseInfo | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(Problem("release.json", "missing", "a file written by the release stage", "release again"))
        return None
    except ValueError as error:
        problems.append(Problem("release.json", f"not JSON ({error})", "JSON", "release again"))
        return None
    if raw.get("schema") != SCHEMA:
        problems.append(
            Problem("release.json", f"schema {raw.get('schema')}", str(SCHEMA), "use the version that wrote it")
        )
        return None
    try:
        return ReleaseInfo.model_validate(raw)
    except ValidationError as error:
        for item in error.errors():
            where = f"release.json {'.'.join(str(x) for x in item['loc'])}"
            problems.append(Problem(where, item["msg"], "see the release contract", "release again"))
        return None


def _read_table(path: Path, name: str, spec: TableSpec, problems: list[Problem]) -> pd.DataFrame:
    file = path / "tables" / f"{name}.csv"
    where = f"tables/{name}.csv"
    empty = pd.DataFrame({c: pd.Series(dtype=object if k == _TEXT else float) for c, k in spec.columns.items()})
    if not file.exists() and spec.optional:
        return empty
    if not file.exists():
        problems.append(Problem(where, "missing", "a table of every release, if only its head", "release again"))
        return empty
    raw = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    missing = [c for c in spec.columns if c not in raw.columns]
    if missing:
        problems.append(
            Problem(where, f"columns missing: {', '.join(missing)}", ", ".join(spec.columns), "release again")
        )
        return empty
    table = raw.astype(object)
    for column, kind in spec.columns.items():
        if kind != _TEXT:
            number = pd.to_numeric(raw[column].where(raw[column] != ""), errors="coerce").astype(float)
            bad = int((number.isna() & (raw[column] != "")).sum())
            if bad:
                problems.append(Problem(f"{where} {column}", f"{bad} values are not numbers", "numbers or nothing"))
            table[column] = number
    if "status" in spec.columns and spec.values:
        _check_status(table, spec, where, problems)
    return table


def _check_status(table: pd.DataFrame, spec: TableSpec, where: str, problems: list[Problem]) -> None:
    unknown = sorted(set(table["status"]) - set(STATUSES))
    if unknown:
        problems.append(Problem(f"{where} status", ", ".join(map(repr, unknown)), ", ".join(STATUSES), "release again"))
    hidden = table["status"] != "released"
    leaking = [c for c in spec.values if table.loc[hidden, c].notna().any()]
    if leaking:
        given = f"values in rows that must not be shown: {', '.join(leaking)}"
        problems.append(
            Problem(where, given, "empty cells where the status is not released", "do not publish; release again")
        )


def _effect(row: Mapping[str, Any]) -> Effect:
    margin = row["margin"]
    return Effect(
        outcome=row["outcome"],
        definition=row["definition"],
        clock=row["clock"],
        horizon=int(row["horizon"]),
        horizon_unit=row["horizon_unit"],
        estimate=row["estimate"],
        low=row["ci_low"],
        high=row["ci_high"],
        treated=row["treated_mean"],
        control=row["control_mean"],
        n_treated=row["n_treated"],
        n_controls=row["n_controls"],
        unit=row["unit"],
        margin=None if np.isnan(margin) else float(margin),
        role=row["role"],
        status=row["status"],
        estimator=row["estimator"],
        ci_kind=row["ci_kind"],
        estimand=row["estimand"],
        subgroup=row["subgroup"],
    )
