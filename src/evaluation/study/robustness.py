"""Would the primary result stand? The checks of a study as one result: the tables of the release, and the objects behind them to look at."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import pandas as pd

from evaluation.robustness import EValue, PartialR2, Placebo, RosenbaumBounds, SpecificationCurve
from evaluation.study.design import Design
from evaluation.study.robustness_tables import (
    PLACEBO_NUMBERS,
    SENSITIVITY_COLUMNS,
    SPECIFICATION_NUMBERS,
    blank,
    placebo_labels,
    specification_labels,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class StudyRobustness:
    """Checks of the primary result.

    Attributes
    ----------
    specifications
        ``tables/specification_curve.csv``: the primary result under other choices, and columns ``audit_…`` for disclosure control.
    placebo
        ``tables/placebo.csv``: differences in a year before everything that the groups were made alike in.
    sensitivity
        ``tables/sensitivity.csv``: how strong something unmeasured would have to be.
    design_hash
        Of the frozen design.
    curve, placebos, evalue, rosenbaum, partial_r2
        What the tables are made of; None where it was not asked for, or could not be made.
    """

    specifications: pd.DataFrame
    placebo: pd.DataFrame
    sensitivity: pd.DataFrame
    design_hash: str
    curve: SpecificationCurve | None = None
    placebos: Placebo | None = None
    evalue: EValue | None = None
    rosenbaum: RosenbaumBounds | None = None
    partial_r2: PartialR2 | None = None

    @classmethod
    def gate_failed(cls, design: Design) -> StudyRobustness:
        """What is released when the design does not meet its gates: every check by name, none by number."""
        spec = design.spec
        assert spec.robustness is not None, "asked for by a study without the section"
        checks, grid = spec.robustness.checks, spec.grid
        specifications = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
        curve = specification_labels(spec, specifications if "specifications" in checks else [])
        before = placebo_labels(spec, spec.robustness.placebo if "placebo" in checks else None)
        return cls(
            specifications=blank(curve, SPECIFICATION_NUMBERS, "gate_failed"),
            placebo=blank(before, PLACEBO_NUMBERS, "gate_failed"),
            sensitivity=pd.DataFrame(columns=list(SENSITIVITY_COLUMNS)),
            design_hash=design.hash,
        )

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables of the release by name, not yet protected; those without rows are left out."""
        found = {
            "specification_curve": self.specifications,
            "placebo": self.placebo,
            "sensitivity": self.sensitivity,
        }
        return {name: table for name, table in found.items() if len(table)}

    def plot(self) -> Figure:
        """The specification curve."""
        if self.curve is None:
            raise ValueError("no specification curve was made: see checks in [robustness] of the study file")
        return self.curve.plot()

    def __str__(self) -> str:
        parts = [self.curve, self.placebos, self.evalue]
        lines = [str(part) for part in parts if part is not None]
        if self.rosenbaum is not None:
            lines.append(f"Rosenbaum bounds: {self.rosenbaum.finding}")
        if self.partial_r2 is not None:
            lines.append(f"Robustness value: {self.partial_r2.robustness_value:.4f} of what is left of both")
        return "\n".join(lines) or f"Robustness of design {self.design_hash[:8]}: nothing was computed"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from evaluation.sortable import sortable

        shown = self.specifications[[c for c in self.specifications if not c.startswith("audit_")]]
        formats = {name: "{:.3f}" for name in SPECIFICATION_NUMBERS}
        table = sortable(shown, caption="The primary result under other choices", formats=formats) if len(shown) else ""
        return f"<pre>{self}</pre>{table}"
