"""Makes the checks of a study: the primary result under other choices, before everything, and against something unmeasured."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pandas as pd

from evaluation.disclosure import moved_between_clocks
from evaluation.effects.dynamics.hazard import HazardPanel
from evaluation.errors import EvaluationError, FlaggedMethodWarning, StatisticalWarning
from evaluation.progress import Progress, silent
from evaluation.robustness import Placebo
from evaluation.study.design import Design
from evaluation.study.effects_clocks import share_followed
from evaluation.study.effects_rows import MIN_OBSERVED
from evaluation.study.follow_up import FollowUp
from evaluation.study.robustness import StudyRobustness
from evaluation.study.robustness_tables import (
    PLACEBO_NUMBERS,
    blank,
    placebo_labels,
    placebo_rows,
    sensitivity_rows,
    specification_labels,
    specification_rows,
)
from evaluation.study.variants import PanelOf, Variants, study_variants

CONTOUR = 21  # points along each axis
MATCHED_ONLY = (
    "not_yet"  # the estimand whose result is a plain difference within the sets, as these checks take it to be
)

T = TypeVar("T")


def study_robustness(
    design: Design,
    build: Callable[..., Design],
    panel_of: PanelOf,
    *,
    hazard: HazardPanel | None = None,
    progress: Progress = silent,
) -> StudyRobustness:
    """Every check that the study file asks for.

    Parameters
    ----------
    design, build, panel_of, hazard
        As in :func:`evaluation.study.variants.study_variants`.
    """
    spec = design.spec
    asked = spec.robustness
    assert asked is not None, "asked for by a study without the section"
    grid = spec.grid if "specifications" in asked.checks else {}
    variants = study_variants(design, build, panel_of, grid, hazard=hazard)
    with warnings.catch_warnings():
        for told in (FlaggedMethodWarning, StatisticalWarning):  # with the effects
            warnings.simplefilter("ignore", told)
        curve = variants.curve(draws=asked.draws, progress=progress) if grid else None
        table = _specifications(variants) if curve is not None else specification_labels(spec, [])
    follow_up = FollowUp(design, variants.panel)
    before = placebo_labels(spec, asked.placebo if "placebo" in asked.checks else None)
    placebos = _made(lambda: follow_up.placebo(*asked.placebo)) if len(before) else None
    plain = spec.effects.estimand == MATCHED_ONLY
    ev = _made(follow_up.evalue) if plain and "evalue" in asked.checks else None
    bounds = _made(follow_up.rosenbaum_bounds) if plain and "rosenbaum" in asked.checks else None
    r2 = (
        _made(lambda: follow_up.partial_r2(grid=CONTOUR, multiples=(1.0,)))
        if plain and "partial_r2" in asked.checks
        else None
    )
    return StudyRobustness(
        specifications=table,
        placebo=placebo_table(before, placebos),
        sensitivity=sensitivity_rows(ev, bounds, r2, asked.benchmarks),
        design_hash=design.hash,
        curve=curve,
        placebos=placebos,
        evalue=ev,
        rosenbaum=bounds,
        partial_r2=r2,
    )  # fmt: skip


def placebo_table(labels: pd.DataFrame, placebos: Placebo | None) -> pd.DataFrame:
    """The table of the release; by name alone where the differences could not be made."""
    if placebos is None:
        return blank(labels, PLACEBO_NUMBERS, "not_estimated")
    return pd.concat([labels, placebo_rows(placebos)], axis=1)


def _specifications(variants: Variants) -> pd.DataFrame:
    """The table of the release, in the order of the grid, which tells nothing of the results."""
    made = [_made(partial(variants.row, choices)) for choices in variants.specifications]
    beside = [
        _beside(variants, choices) if row is not None else (0.0, float("nan"))
        for choices, row in zip(variants.specifications, made, strict=True)
    ]
    labels = specification_labels(variants.design.spec, variants.specifications)
    rows = specification_rows(made, [followed for followed, _ in beside], MIN_OBSERVED)
    return pd.concat([labels, rows], axis=1).assign(audit_n_moved=[moved for _, moved in beside])


def _beside(variants: Variants, choices: dict[str, Any]) -> tuple[float, float]:
    """Share of the participants whose year lies inside the registers; and how many have another time zero on the twin clock of the exit."""
    full = {**variants.design.spec.own_choices, **choices}
    sample = variants.runner.reading(choices).members
    labels = pd.DataFrame({"horizon": [full["year"]], "horizon_unit": ["year"]})
    n = int(variants.of(choices).design.counts["n_treated_matched"])
    followed = float(share_followed(sample, labels, variants.panel, n)[0])
    if full["clock"] != "exit_actual":
        return followed, float("nan")
    own = sample[sample["treated"] == 1]
    return followed, float(moved_between_clocks(own["exit_planned"], own["exit_actual"], "year"))


def _made(make: Callable[[], T]) -> T | None:
    """The result; None where it cannot be had. What its statistics warn of stands with the effects."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticalWarning)
        try:
            return make()
        except EvaluationError:
            return None
