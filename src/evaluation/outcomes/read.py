"""Reading the outcomes of given persons: behind the blind, with the hash of a frozen design."""

from __future__ import annotations

import re
from typing import Protocol

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from evaluation.errors import DesignError, Problem, StudyError
from evaluation.outcomes import annual, monthly
from evaluation.outcomes.definitions import Definitions
from evaluation.outcomes.dense import Grid, column
from evaluation.outcomes.measures import ESTABLISHMENT
from evaluation.outcomes.panel import Panel, key
from evaluation.outcomes.presence import presence_by_month, state_by_year
from evaluation.outcomes.spec import OutcomeSpec
from evaluation.progress import Progress, silent

Months = npt.NDArray[np.int8]


class RegisterSource(Protocol):
    """What is asked of the opened registers."""

    def table(self, name: str) -> ir.Table: ...

    def years(self, name: str) -> tuple[int, ...]: ...


def read_outcomes(
    registers: RegisterSource,
    persons: npt.ArrayLike,
    definitions: Definitions,
    spec: OutcomeSpec,
    *,
    design_hash: str,
    progress: Progress = silent,
) -> Panel:
    """Outcomes of ``persons``, year by year and month by month.

    Parameters
    ----------
    registers
        Opened registers: canonical tables by name, and the years of the income register.
    persons
        Ids, any order; doubles count once.
    definitions
        Limits and code lists, see :func:`evaluation.outcomes.load_definitions`.
    spec
        Which outcomes, by which rules.
    design_hash
        SHA-256 of the frozen design, 64 hexadecimal digits: what :meth:`evaluation.study.design.Design.require_frozen` gives, which looks it up in the
        journal. Here its form alone is checked.
    progress
        Called as ``progress("outcomes", done, total)``.

    Raises
    ------
    DesignError
        Without the hash of a frozen design.
    StudyError
        When the definitions have no value for a year that the registers cover.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", design_hash or ""):
        raise DesignError(
            Problem(
                "outcomes",
                "they were asked for without the hash of a frozen design",
                "64 hexadecimal digits",
                "assemble the cohort, match, check the balance and freeze the design first; then outcomes may be read",
            )
        )
    years = tuple(sorted(registers.years("lisa")))
    _check_years(definitions, spec, years)
    grid = Grid(np.unique(np.asarray(persons, dtype=np.int64)), years[0], years[-1])
    reader = _Reader(registers, grid, ibis.memtable(pa.table({"person": grid.persons})), definitions, spec)
    progress("outcomes", 0, 3)
    presence = reader.presence()
    progress("outcomes", 1, 3)
    lisa = reader.lisa(years)
    classes = grid.by_year(*_keys(lisa), column(lisa, "state"), dtype=np.int8, empty=-1)
    annual_arrays: dict[str, npt.NDArray] = reader.annual(lisa)
    progress("outcomes", 2, 3)
    monthly_arrays = reader.months()
    annual_arrays["social_assistance_months"] = grid.sum_in_year(monthly_arrays.pop("social_assistance"))
    annual_arrays["unemployment_insurance"] = grid.any_in_year(monthly_arrays["unemployment_insurance"])
    monthly_arrays[key("self_sufficient", "SF1")] *= presence == 0
    progress("outcomes", 3, 3)
    return Panel(
        grid=grid,
        spec=spec,
        design_hash=design_hash,
        state_year=state_by_year(grid, classes, presence),
        presence=presence,
        _annual=annual_arrays,
        _monthly=monthly_arrays,
    )


class _Reader:
    """One read of the registers for one set of persons."""

    def __init__(
        self, registers: RegisterSource, grid: Grid, persons: ir.Table, definitions: Definitions, spec: OutcomeSpec
    ) -> None:
        self.registers, self.grid, self.persons = registers, grid, persons
        self.definitions, self.spec = definitions, spec
        self.last_month = grid.first_month + grid.n_months - 1

    def presence(self) -> Months:
        deaths = self.registers.table("deaths").semi_join(self.persons, "person").select("person", "month")
        moves = self.registers.table("migration").semi_join(self.persons, "person").select("person", "month", "kind")
        return presence_by_month(self.grid, deaths.to_pyarrow(), moves.to_pyarrow())

    def lisa(self, years: tuple[int, ...]) -> pa.Table:
        rows = annual.person_years(self.registers.table("lisa"), self.persons, years, self.definitions)
        return annual.annual_outcomes(rows, self.spec, self.definitions).to_pyarrow()

    def annual(self, lisa: pa.Table) -> dict[str, npt.NDArray]:
        """Arrays by year of everything the income register alone decides; earnings in SEK of the price year."""
        grid, keys = self.grid, _keys(lisa)
        deflators = self.definitions.deflators(self.spec.price_year)
        factor = np.array([deflators[year] for year in range(grid.first_year, grid.last_year + 1)])
        flags = {key("established", name): name for name in ESTABLISHMENT}
        flags |= {key("self_sufficient", "SF2"): "SF2"} | {name: name for name in annual.PLAIN}
        arrays: dict[str, npt.NDArray] = {
            name: grid.by_year(*keys, column(lisa, source), dtype=np.int8) for name, source in flags.items()
        }
        arrays["earnings"] = grid.by_year(*keys, column(lisa, "earnings"), dtype=np.float64) * factor
        return arrays

    def months(self) -> dict[str, Months]:
        """Arrays by month, 0 or 1."""
        table, last = self.registers.table, self.last_month
        programme = self._paint(
            monthly.programme_spells(table("employments"), self.persons, self.spec.programme_kinds, last)
        )
        city = self._city_months(programme)
        elsewhere = self._paint(monthly.employed_spells(table("ku"), self.persons, city=False))
        unemployed = monthly.category_spells(table("af_categories"), self.persons, self.definitions, "unemployed", last)
        enrolled = monthly.new_enrolments(table("enrolments"), self.persons, self.spec.episode_gap_days, last)
        assistance = self._paint(monthly.marked_months(table("social_assistance"), self.persons))
        return {
            key("established", "E4_employed"): city | elsewhere,
            # the City pays ordinary wages too: its months count as other work outside a programme employment only
            "employed_elsewhere": elsewhere | (city & ~programme & 1),
            key("self_sufficient", "SF1"): 1 - assistance,
            "social_assistance": assistance,
            "unemployment_insurance": self._paint(monthly.marked_months(table("unemployment_insurance"), self.persons)),
            "registered_unemployed": self._paint(unemployed),
            "enrolment_begins": self._paint(enrolled),
        }

    def _city_months(self, programme: Months) -> Months:
        """Months with pay from the City.

        A statement without month marks counts as the whole year, which would make participants employed long after their employment
        ended. In a year with a programme employment the City's own dates are better: such a statement then counts in those months only.
        """
        ku = self.registers.table("ku")
        marked = self._paint(monthly.employed_spells(ku, self.persons, city=True, marked=True))
        unmarked = self._paint(monthly.employed_spells(ku, self.persons, city=True, marked=False))
        in_programme_year = np.repeat(self.grid.any_in_year(programme), 12, axis=1)
        return marked | (unmarked & (programme | ~in_programme_year & 1))

    def _paint(self, spells: ir.Table) -> Months:
        rows = spells.to_pyarrow()
        return self.grid.by_spell(column(rows, "person"), column(rows, "first"), column(rows, "last"))


def _keys(table: pa.Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return column(table, "person"), column(table, "year")


def _check_years(definitions: Definitions, spec: OutcomeSpec, years: tuple[int, ...]) -> None:
    wanted = ("established_from", "insecure_from", "uka_limit", "price_base_amount", "consumer_price_index")
    problems = [
        Problem(
            f"definitions, {name}",
            f"no value for {', '.join(map(str, gaps))}",
            f"a value for every year of the income register ({years[0]}-{years[-1]}) and the price year",
            "add the rows to study/definitions, with source and status",
        )
        for name in wanted
        if (
            gaps := sorted(
                ({*range(years[0], years[-1] + 1)} | ({spec.price_year} if name == "consumer_price_index" else set()))
                - set(definitions.series(name))
            )
        )
    ]
    if problems:
        raise StudyError(problems)
