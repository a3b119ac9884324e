"""The primary result under other choices: variants of a frozen design, read beside it and counted apart in the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from evaluation.errors import EvaluationError, Problem, StudyError
from evaluation.outcomes import Panel
from evaluation.robustness import MatchedRunner, Reading, SpecificationCurve, specification_curve
from evaluation.study.design import Design
from evaluation.study.follow_up import FollowUp

READ_CHOICES = ("clock", "definition", "year")  # choices of what is read; all others are options of the matching


def study_curve(
    design: Design,
    build: Callable[..., Design],
    panel_of: Callable[[np.ndarray, str], Panel],
    grid: Mapping[str, Sequence[Any]],
    *,
    draws: int | None = None,
) -> SpecificationCurve:
    """Specification curve of the primary result.

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
    draws
        Permutations of the joint test; None for none.

    Raises
    ------
    StudyError
        Choices that are neither.
    DesignError
        When the design is not frozen, or fails a gate.
    """
    matching, primary = design.spec.matching.model_dump(), design.spec.primary
    own = {"clock": primary.clock, "definition": primary.definition, "year": primary.year}
    unknown = [name for name in grid if name not in own and name not in matching]
    if unknown:
        allowed = ", ".join((*READ_CHOICES, *matching))
        raise StudyError([Problem("grid", f"no choice {name!r}", allowed) for name in unknown])
    options = [name for name in grid if name not in READ_CHOICES]
    design_hash = design.require_frozen()
    built: dict[tuple[Any, ...], Design | EvaluationError] = {}
    for values in product(*(grid[name] for name in options)):
        built[values] = _variant(design, build, dict(zip(options, values, strict=True)))
    readable = [d for d in built.values() if isinstance(d, Design)]
    persons = np.unique(np.concatenate([design.persons(), *(d.persons() for d in readable)]))
    panel = panel_of(persons, design_hash)
    followed = {id(d.matched): FollowUp(d, panel) for d in readable}

    def make(choices: dict[str, Any]) -> Any:
        found = built[tuple(choices[name] for name in options)]
        if isinstance(found, EvaluationError):
            raise found
        return found.matched

    def read(matched: Any, choices: dict[str, Any]) -> Reading:
        asked = {**own, **choices}
        return followed[id(matched)].reading(definition=asked["definition"], clock=asked["clock"], year=asked["year"])

    # the design's choices first: the rest runs fastest, and each design is matched once
    ordered = {name: list(grid[name]) for name in (*options, *(n for n in READ_CHOICES if n in grid))}
    reference = {name: own[name] if name in own else matching[name] for name in ordered}
    for name, value in reference.items():
        if value not in ordered[name]:
            raise StudyError(
                Problem(f"grid, {name}", f"without the study's own {value!r}", "it among the values", "add it")
            )
    runner = MatchedRunner(make, read, design_choices=options, keep=len(built))
    return specification_curve(runner, ordered, reference=reference, margin=design.spec.margins.share, draws=draws or 0)


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
