"""The primary result under other choices: variants of a frozen design, read beside it and counted apart in the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from evaluation.effects import estimate_many
from evaluation.effects.dynamics.hazard import HazardPanel
from evaluation.errors import EvaluationError, Problem, StudyError
from evaluation.matching.spec_values import whole
from evaluation.outcomes import Panel
from evaluation.outcomes.measures import ESTABLISHMENT
from evaluation.progress import Progress, silent
from evaluation.robustness import MatchedRunner, Reading, SpecificationCurve, specification_curve
from evaluation.robustness.specifications import Spec
from evaluation.study.design import Design
from evaluation.study.effects_clocks import never_in_follow_up
from evaluation.study.effects_task import Task
from evaluation.study.estimands import ALL_CLOCKS, MAIN
from evaluation.study.estimators import ESTIMATORS
from evaluation.study.follow_up import FollowUp
from evaluation.study.robustness_spec import READ_CHOICES
from evaluation.study.wording import unknown_value

PanelOf = Callable[[np.ndarray, str], Panel]


@dataclass(frozen=True, eq=False)
class Variants:
    """A grid of choices, ready to be run.

    Attributes
    ----------
    grid
        Values by choice, options of the matching first: the rest runs fastest, and each design is matched once.
    reference
        The study's own choices.
    panel
        Outcomes of everybody in any of the designs.
    followed
        Outcomes by design, for the options of the matching; without the designs that could not be made or fail a gate.
    rows
        Estimates that were made so far, by specification: everything that one row of a table of estimates holds.
    """

    design: Design
    runner: MatchedRunner
    grid: dict[str, list[Any]]
    reference: dict[str, Any]
    panel: Panel
    followed: dict[tuple[Any, ...], FollowUp]
    rows: dict[tuple[Any, ...], pd.Series]

    @property
    def specifications(self) -> list[dict[str, Any]]:
        """Every combination, in the order of the grid."""
        return [dict(zip(self.grid, values, strict=True)) for values in product(*self.grid.values())]

    def of(self, spec: Spec) -> FollowUp:
        """Outcomes of the design of a specification that can be estimated."""
        return self.followed[tuple(spec[name] for name in self.grid if name not in READ_CHOICES)]

    def curve(self, *, draws: int = 0, progress: Progress = silent) -> SpecificationCurve:
        """The specification curve."""
        return specification_curve(
            self.runner,
            self.grid,
            reference=self.reference,
            level=self.design.spec.effects.level,
            margin=self.design.spec.margins.share,
            draws=draws,
            progress=progress,
        )

    def row(self, spec: Spec) -> pd.Series:
        """One specification's estimate with its counts and means; those that cannot be estimated raise."""
        key = tuple(spec[name] for name in self.grid)
        if key not in self.rows:
            reading = self.runner.reading(spec)
            if key not in self.rows:  # an estimator of its own leaves its row itself
                made = estimate_many(reading.members, reading.outcome[:, None], level=self.design.spec.effects.level)
                self.rows[key] = made.iloc[0]
        return self.rows[key]


def study_curve(
    design: Design,
    build: Callable[..., Design],
    panel_of: PanelOf,
    grid: Mapping[str, Sequence[Any]],
    *,
    hazard: HazardPanel | None = None,
    draws: int | None = None,
) -> SpecificationCurve:
    """Specification curve of the primary result; see :func:`study_variants`.

    Parameters
    ----------
    draws
        Permutations of the joint test; None for none.
    """
    return study_variants(design, build, panel_of, grid, hazard=hazard).curve(draws=draws or 0)


def study_variants(
    design: Design,
    build: Callable[..., Design],
    panel_of: PanelOf,
    grid: Mapping[str, Sequence[Any]],
    *,
    hazard: HazardPanel | None = None,
) -> Variants:
    """The primary result under the choices of a grid.

    Every design of the grid is made first; outcomes are read once, for those that meet the gates. A design that does not stands in the table
    without an estimate.

    Parameters
    ----------
    design
        The frozen design.
    build
        Makes a design from changed options of ``[matching]``.
    panel_of
        Reads outcomes of persons for a design's hash.
    grid
        Values by choice: ``clock``, ``definition``, ``year``; and options of ``[matching]``. The study's own choices are the reference.
    hazard
        Of beginning an employment later, where the study's estimand is ``never``.

    Raises
    ------
    StudyError
        Choices that are neither, clocks and definitions that there are not, or values without the study's own.
    DesignError
        When the design is not frozen, or fails a gate.
    """
    own = design.spec.own_choices
    _check(design, grid)
    options = [name for name in grid if name not in READ_CHOICES]
    ordered = {name: list(grid[name]) for name in (*options, *(n for n in READ_CHOICES if n in grid))}
    reference = {name: own[name] for name in ordered}
    for name, value in reference.items():
        if value not in ordered[name]:
            raise StudyError(
                Problem(f"grid, {name}", f"without the study's own {value!r}", "it among the values", "add it")
            )
    design_hash = design.require_frozen()
    built: dict[tuple[Any, ...], Design | EvaluationError] = {}
    for values in product(*(grid[name] for name in options)):
        built[values] = _variant(design, build, dict(zip(options, values, strict=True)))
    readable = [d for d in built.values() if isinstance(d, Design)]
    persons = np.unique(np.concatenate([design.persons(), *(d.persons() for d in readable)]))
    panel = panel_of(persons, design_hash)
    followed = {values: FollowUp(d, panel) for values, d in built.items() if isinstance(d, Design)}
    values_of = {id(f.design.matched): values for values, f in followed.items()}
    rows: dict[tuple[Any, ...], pd.Series] = {}

    def make(choices: dict[str, Any]) -> Any:
        found = built[tuple(choices[name] for name in options)]
        if isinstance(found, EvaluationError):
            raise found
        return found.matched

    def read(matched: Any, choices: dict[str, Any]) -> Reading:
        values = values_of[id(matched)]
        reading, row = _reading(followed[values], {**own, **choices}, hazard)
        if row is not None:
            rows[(*values, *(choices[name] for name in ordered if name in READ_CHOICES))] = row
        return reading

    runner = MatchedRunner(make, read, design_choices=options, keep=len(built))
    return Variants(design, runner, ordered, reference, panel, followed, rows)


def _check(design: Design, grid: Mapping[str, Sequence[Any]]) -> None:
    """Refuse choices that there are not, single values in place of lists, and clocks, definitions and years that cannot be read."""
    own = design.spec.own_choices
    allowed = ", ".join((*READ_CHOICES, *design.spec.matching.model_dump()))
    problems = [Problem("grid", f"no choice {name!r}", allowed) for name in grid if name not in own]
    for name, values in grid.items():
        if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
            problems.append(Problem(f"grid, {name}", f"{values!r}", "a list of values", f"[{values!r}]"))
        elif name in ("clock", "definition"):
            known = ALL_CLOCKS if name == "clock" else ESTABLISHMENT
            problems += [unknown_value(f"grid, {name}", value, known) for value in values if value not in known]
        elif name == "year":
            problems += [Problem("grid, year", f"{value!r}", "whole numbers") for value in values if not whole(value)]
    if problems:
        raise StudyError(problems)


def _reading(
    follow_up: FollowUp, asked: Mapping[str, Any], hazard: HazardPanel | None
) -> tuple[Reading, pd.Series | None]:
    """What one specification compares, for the estimand of the study; with the estimate where it is no plain difference."""
    spec = follow_up.design.spec
    reading = follow_up.read("established", asked["definition"], clock=asked["clock"], year=asked["year"])
    if spec.effects.estimand == "never_in_follow_up":
        left, kept = never_in_follow_up(reading.members)
        return Reading(left, reading.outcome[kept]), None
    if spec.effects.estimand == "not_yet":
        return reading, None
    labels = pd.DataFrame(
        [("established", asked["definition"], asked["year"], "year")],
        columns=["outcome", "definition", "horizon", "horizon_unit"],
    )
    task = Task(
        follow_up.design, reading.members, labels, reading.outcome[:, None], follow_up.panel, spec.effects.level, hazard
    )
    row = ESTIMATORS[MAIN[spec.effects.estimand]].many(task).iloc[0]
    return Reading(reading.members, reading.outcome, (float(row["estimate"]), float(row["std_error"]))), row


def _variant(design: Design, build: Callable[..., Design], changes: dict[str, Any]) -> Design | EvaluationError:
    current = design.spec.matching.model_dump()
    if all(current[name] == value for name, value in changes.items()):
        return design
    try:
        made = build(**changes)
        made.read_as_variant(design)
    except EvaluationError as error:
        return error
    return made
