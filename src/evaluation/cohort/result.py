"""A cohort: who was at risk when, what was known of them the month before, and how many were lost on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.cohort.catalogue import Covariate, chosen
from evaluation.cohort.flow import Flow
from evaluation.cohort.frame import table_of
from evaluation.cohort.months import NEVER
from evaluation.cohort.spec import CohortSpec
from evaluation.cohort.store import ParquetStore, Store
from evaluation.errors import CohortError, Problem

_FRAMES = ("attrition", "person_months", "persons", "employments", "episodes")


@dataclass(frozen=True, eq=False)
class Cohort:
    """An assembled cohort.

    Attributes
    ----------
    spec
        What it was assembled from.
    covariates
        Covariates of the table, in order.
    attrition
        group (employments, enrolments), step, unit, n_in, n_removed, n_out, from the rows delivered.
    person_months
        The same for enrolled person-months of the window.
    persons
        One row per person at risk at least once; see ``people.describe_persons``.
    employments
        Every fixed-term employment in the registers: person, number, start, planned_exit, actual_exit, kind, rows.
    episodes
        Enrolment episodes of these persons: person, episode, start, end (NaN while open).
    """

    spec: CohortSpec
    covariates: tuple[Covariate, ...]
    attrition: pd.DataFrame
    person_months: pd.DataFrame
    persons: pd.DataFrame
    employments: pd.DataFrame
    episodes: pd.DataFrame
    store: Store = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.episodes) and (self.episodes["end"] == NEVER).any():
            ends = self.episodes["end"].astype(np.float64)
            object.__setattr__(self, "episodes", self.episodes.assign(end=ends.where(ends < NEVER)))

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per person-month at risk, sorted by month and person; loaded at the first use.

        Columns: row (0, 1, ...), person, month, treated, elapsed (months since enrolment), elapsed_class, episode, enrolment (month),
        quarter (4 * year + quarter), year, then for treated rows planned_exit, actual_exit (months), workplace_type and planned_length
        (months), then the covariates.
        """
        return table_of(self.store.column, self.covariates, self.spec.workplaces)

    @cached_property
    def rows(self) -> int:
        """Number of person-months at risk."""
        return int(self.person_months["n_out"].iloc[-1])

    @cached_property
    def target(self) -> int:
        """Number of treated rows: eligible employments that start in the window."""
        return int(self.attrition.loc[self.attrition["group"] == "employments", "n_out"].iloc[-1])

    @cached_property
    def without_planned_exit(self) -> int:
        """Number of treated rows whose employment has no planned end: they are followed from the start, not from the planned exit."""
        return int(self.table.loc[self.table["treated"] == 1, "planned_exit"].isna().sum())

    def flow(self) -> Flow:
        """Attrition as a labelled table and a diagram."""
        return Flow.of(self.attrition)

    def save(self, folder: str | Path) -> None:
        """Write the cohort to a protected folder; ``load_cohort`` reads it."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if not isinstance(self.store, ParquetStore) or self.store.folder.resolve() != (folder / "months").resolve():
            store = ParquetStore.create(folder / "months")
            names = self.store.names
            store.add({name: self.store.column(name) for name in names})
        for name in _FRAMES:
            getattr(self, name).to_parquet(folder / f"{name}.parquet", index=False)
        (folder / "spec.json").write_text(self.spec.model_dump_json(indent=1), encoding="utf-8")

    def __str__(self) -> str:
        window = f"{self.spec.first_month} to {self.spec.last_month}"
        lines = [
            f"Cohort {window}, counted by {self.spec.unit}",
            f"  {self.target:,} treated of {self.rows:,} person-months at risk, {len(self.persons):,} persons",
            f"  {len(self.covariates)} covariates in {len(dict.fromkeys(c.group for c in self.covariates))} groups",
        ]
        return "\n".join([*lines, str(self.flow())])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = str(self).splitlines()[:3]
        return "<p>" + "<br>".join(head) + "</p>" + self.flow()._repr_html_()


def load_cohort(folder: str | Path) -> Cohort:
    """A cohort that ``Cohort.save`` wrote.

    Raises
    ------
    CohortError
        Files that are missing.
    """
    folder = Path(folder)
    needed = ["spec.json", *(f"{name}.parquet" for name in _FRAMES), "months"]
    missing = [name for name in needed if not (folder / name).exists()]
    if missing:
        raise CohortError(Problem("saved cohort", f"{', '.join(missing)} missing", mend="assemble the cohort again"))
    spec = CohortSpec.model_validate(json.loads((folder / "spec.json").read_text(encoding="utf-8")))
    frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in _FRAMES}
    return Cohort(spec=spec, covariates=chosen(spec.covariates), store=ParquetStore(folder / "months"), **frames)
