"""The controls of the panel: one widget an option, each with a label of its own, all native and so reached by the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from evaluation.laboratory.choices import METHODS, score_models
from evaluation.laboratory.rematch import Bench
from evaluation.laboratory.words import GROUPS, MODELS, UNITS, label_of, named
from evaluation.laboratory.words import METHODS as METHOD_NAMES
from evaluation.matching.options import CALIPER_UNITS
from evaluation.study.file import RISK_SET

STYLE = {"description_width": "110px"}
WIDE = {"width": "310px"}
SEX = "sex"  # what study files call the column woman
MOST_RATIO = 50


class Controls:
    """Every control, and the options they stand for.

    Parameters
    ----------
    bench
        Where choices start from, and the covariates there are.
    on_change
        Called with :attr:`options` whenever the user has changed a control.
    """

    def __init__(self, bench: Bench, on_change: Callable[[dict[str, Any]], None]) -> None:
        self._bench, self._on_change, self._quiet = bench, on_change, False
        self.method = _dropdown("Method", {named(METHOD_NAMES, key): key for key in METHODS})
        self.ratio = widgets.BoundedIntText(description="Ratio", min=1, max=MOST_RATIO, style=STYLE, layout=WIDE)
        self.ratio.tooltip = "Comparison persons for each participant"
        self.replace = _checkbox("With replacement inside a risk set")
        self.use_caliper = _checkbox("Use a caliper")
        self.caliper = widgets.BoundedFloatText(
            description="Caliper", min=0.001, max=100, step=0.05, style=STYLE, layout=WIDE
        )
        self.unit = _dropdown("Caliper unit", {named(UNITS, key): key for key in CALIPER_UNITS})
        self.model = _dropdown("Score model", {named(MODELS, key): key for key in score_models()})
        self.exact = {name: _checkbox(f"Exact: {SEX if name == SEX else label_of(name)}") for name in self._strata()}
        self.groups = {
            group: _checkbox(f"Score: {named(GROUPS, group)} ({len(names)})", "\n".join(map(label_of, names)))
            for group, names in bench.groups.items()
        }
        self.reset()
        for control in self._all():
            control.observe(self._heard, "value")
        self.box = widgets.VBox(
            [
                _title("How to match"),
                self.method,
                self.ratio,
                self.replace,
                self.use_caliper,
                self.caliper,
                self.unit,
                _title("Must agree, besides month and time since enrolment"),
                *self.exact.values(),
                _title("What the score is made of"),
                self.model,
                *self.groups.values(),
            ]
        )

    @property
    def options(self) -> dict[str, Any]:
        """The controls as keywords of :func:`evaluation.laboratory.choices.choose`; what they do not show stays as the study file has it."""
        matching = self._bench.spec.matching
        exact = tuple(name for name, box in self.exact.items() if box.value)
        before = tuple(name for name in matching.exact if name not in RISK_SET)
        held = tuple(name for name in matching.exact if name in RISK_SET)
        return {
            "method": self.method.value,
            "ratio": self.ratio.value,
            "replace": self.replace.value,
            "caliper": self.caliper.value if self.use_caliper.value else None,
            "caliper_unit": self.unit.value,
            "exact": matching.exact if set(exact) == set(before) else held + exact,
            "covariates": self._covariates(),
            "model": self.model.value,
        }

    def reset(self) -> None:
        """Set every control to the study file, without telling anybody."""
        spec, matching = self._bench.spec, self._bench.spec.matching
        self._quiet = True
        try:
            self.method.value, self.ratio.value, self.replace.value = matching.method, matching.ratio, matching.replace
            self.use_caliper.value = matching.caliper is not None
            self.caliper.value = matching.caliper if matching.caliper is not None else 0.2
            self.unit.value = matching.caliper_unit if matching.caliper_unit in CALIPER_UNITS else CALIPER_UNITS[0]
            self.model.value = self._bench.studys.model
            for name, box in self.exact.items():
                box.value = name in matching.exact
            for group, box in self.groups.items():
                box.value = bool(set(self._bench.groups[group]) & set(spec.score.covariates))
            self._enable()
        finally:
            self._quiet = False

    def _covariates(self) -> tuple[str, ...]:
        """Covariates of the groups ticked, in the study file's order where they are in it."""
        ticked = {name for group, box in self.groups.items() if box.value for name in self._bench.groups[group]}
        asked = tuple(name for name in self._bench.spec.score.covariates if name in ticked)
        return asked + tuple(name for name in self._bench.compared if name in ticked and name not in asked)

    def _strata(self) -> tuple[str, ...]:
        """Columns offered as exact strata: categories and main traits of the person, and what the study file names."""
        offered = [SEX] + [c.name for c in self._bench.cohort.covariates if c.kind == "category" or c.name == "married"]
        asked = [name for name in self._bench.spec.matching.exact if name not in RISK_SET]
        return tuple(dict.fromkeys([*asked, *offered]))

    def _all(self) -> list[Any]:
        return [
            self.method,
            self.ratio,
            self.replace,
            self.use_caliper,
            self.caliper,
            self.unit,
            self.model,
            *self.exact.values(),
            *self.groups.values(),
        ]

    def _enable(self) -> None:
        self.caliper.disabled = self.unit.disabled = not self.use_caliper.value

    def _heard(self, _: Any) -> None:
        if self._quiet:
            return
        self._enable()
        self._on_change(self.options)


def _dropdown(label: str, options: dict[str, str]) -> widgets.Dropdown:
    return widgets.Dropdown(description=label, options=options, style=STYLE, layout=WIDE)


def _checkbox(label: str, tooltip: str = "") -> widgets.Checkbox:
    return widgets.Checkbox(
        description=label, indent=False, tooltip=tooltip or label, layout={"width": "310px", "margin": "0 2px"}
    )


def _title(words: str) -> widgets.HTML:
    return widgets.HTML(f'<h4 style="margin:.5rem 0 .1rem">{words}</h4>')
