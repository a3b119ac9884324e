"""The record of a release: what the report needs to know beside the tables."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

from evaluation.cohort import Cohort
from evaluation.study.design import Design
from evaluation.study.effects_result import StudyEffects
from evaluation.study.estimands import MAIN

SOFTWARE = (
    "numpy",
    "pandas",
    "scipy",
    "statsmodels",
    "scikit-learn",
    "numba",
    "duckdb",
    "ibis-framework",
    "matplotlib",
    "typst",
)


def release_record(design: Design, effects: StudyEffects, *, synthetic: str | None, end_of_data: str) -> dict[str, Any]:
    """Content of ``release.json``, before disclosure control.

    Parameters
    ----------
    design
        The frozen design.
    effects
        What was estimated for it.
    synthetic
        Scenario of a synthetic delivery; None for real registers.
    end_of_data
        Last day that the registers cover, ISO.
    """
    spec = design.spec
    counts = design.counts
    return {
        "schema": 1,
        "synthetic": synthetic is not None,
        "scenario": synthetic,
        "study": {**spec.study.model_dump(), "period": _period(spec.cohort.years)},
        "window": {"first": spec.cohort.first, "last": spec.cohort.last},
        "primary": {
            **spec.primary.model_dump(),
            "estimand": spec.effects.estimand,
            "estimator": MAIN[spec.effects.estimand],
        },
        "weights": dict(zip(("least", "greatest"), effects.weight_totals or (None, None), strict=True)),
        "margins": spec.margins.model_dump(),
        "price_year": spec.outcomes.price_year,
        "cohort": {"unit": spec.cohort.unit},
        "outcomes": {"absent": spec.outcomes.absent},
        "unadjusted": {"participants": design.unadjusted_participants},
        "end_of_data": end_of_data,
        "design": {
            "hash": design.hash,
            "frozen": design.frozen,
            "changes": design.changes,
            "n_treated_all": _started(design.cohort),
            "n_treated_eligible": counts["n_treated_eligible"],
            "n_treated_matched": counts["n_treated_matched"],
            "n_controls_matched": counts["n_controls_matched"],
            "n_person_months": counts["n_person_months"],
            "ess_controls": round(counts["ess_controls"], 1),
            "max_smd_after": round(design.gates[0].value, 4),
            "n_covariates": len(spec.score.covariates),
            "linked_share": round(design.linked_share, 4),
            "caliper": spec.matching.caliper,
            "ratio": spec.matching.ratio,
            "exact": list(spec.matching.exact),
            "strata": list(spec.matching.strata),
            "mde": round(design.mde, 4),
        },
        "gates": [
            # a finer share of those matched or linked would tell a small count
            {
                "name": g.name,
                "value": round(g.value, 2 if g.name in ("overlap", "linkage") else 4),
                "limit": g.limit,
                "passed": g.passed,
            }
            for g in design.gates
        ],
        "min_count": spec.disclosure.min_count,
        "rounding": spec.disclosure.rounding,
        "software": {
            "python": platform.python_version(),
            "evaluation": version("evaluation"),
            **{name: version(name) for name in SOFTWARE},
        },
        "seed": spec.matching.seed,
    }


def _started(cohort: Cohort) -> int:
    """Everybody the question is about: first fixed-term employments begun in the window by the registers, or all that began in it."""
    starts = cohort.employments["start"]
    first = cohort.employments.groupby("person")["start"].min() if cohort.spec.unit == "individuals" else starts
    return int(first.between(cohort.spec.first, cohort.spec.last).sum())


def _period(years: range) -> str:
    """The window in years, as "2009–2011" or "2010"."""
    return f"{years[0]}–{years[-1]}" if len(years) > 1 else str(years[0])
