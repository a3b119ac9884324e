"""The panel: controls for a choice, and what it leads to beside the choice before. Widgets only; :mod:`.rematch` does the work."""

from __future__ import annotations

import time
from html import escape
from typing import Any

import ipywidgets as widgets

from evaluation.errors import EvaluationError, Problem, StudyError
from evaluation.laboratory.choices import Choice, choose
from evaluation.laboratory.comparison import Comparison
from evaluation.laboratory.controls import Controls
from evaluation.laboratory.rematch import Bench
from evaluation.laboratory.toml_text import toml_of

PREVIOUS, STUDY = "the choice before", "the study file"


class Laboratory(widgets.VBox):
    """The matching laboratory as a widget.

    Parameters
    ----------
    bench
        The cohort and the study file.

    Attributes
    ----------
    now
        The choice whose result is shown.
    comparison
        What is shown; in a notebook without widgets (an exported page) it stands in the panel's place.
    toml
        The text of the last "Use this"; empty before.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.now: Choice = bench.studys
        self._before: Choice | None = None
        self.comparison: Comparison = bench.compare(None, self.now)
        self.controls = Controls(bench, on_change=self._changed)
        self.against = widgets.ToggleButtons(
            options=[PREVIOUS, STUDY], description="Compare with", style={"description_width": "110px"}
        )
        self.use = widgets.Button(
            description="Use this", icon="check", tooltip="Write the choice as text for the study file"
        )
        self.back = widgets.Button(
            description="Back to the study file", tooltip="Set every control to what the study file says"
        )
        self.status, self.error = widgets.HTML(), widgets.HTML()
        self.figure, self.tables = widgets.HTML(), widgets.HTML()
        self.text = widgets.Textarea(
            description="For the study file",
            layout=widgets.Layout(width="98%", height="24em", display="none"),
            style={"description_width": "110px"},
        )
        self.against.observe(lambda _: self._show(), "value")
        self.use.on_click(lambda _: self._write())
        self.back.on_click(lambda _: self._return())
        for box in (self.back, self.use):
            box.layout.width = "auto"
        left = widgets.VBox(
            [self.controls.box, widgets.HBox([self.use, self.back])],
            layout=widgets.Layout(width="330px", flex="0 0 330px"),
        )
        shown = [self.status, self.error, self.text, self.against, self.figure, self.tables]
        right = widgets.VBox(shown, layout=widgets.Layout(flex="1 1 560px", min_width="0"))
        super().__init__([widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap"))])
        self._say("This is what the study file says. Change a control and see what follows.")
        self._show()

    @property
    def toml(self) -> str:
        """Text for the study file, after "Use this"."""
        return self.text.value

    def _changed(self, options: dict[str, Any]) -> None:
        """A control was changed: match again, or say why that cannot be."""
        began = time.perf_counter()
        try:
            choice = choose(self.bench.spec, **options)
            if choice == self.now:
                self._accept("This is the choice shown.")
                return
            fitted = not self.bench.scores.ready(choice)
            if fitted:
                covariates = len(choice.score.covariates)
                self._say(
                    f"Fitting the score ({choice.model}, {covariates} covariates); it is kept for the next time …"
                )
            self.bench.rematch(choice)
        except EvaluationError as error:
            self._refuse(error)
            return
        except Exception as error:
            # the type alone: what an unforeseen error says may hold a value of somebody's
            self._refuse(StudyError(Problem("laboratory", f"an error that was not foreseen: {type(error).__name__}")))
            raise
        self._before, self.now = self.now, choice
        self._hide_text()
        self._show()
        seconds = time.perf_counter() - began
        changed = "; ".join(self.now.differences(self._before))
        self._accept(f"{changed}. {'Fitted and matched' if fitted else 'Matched'} in {seconds:.1f} s.")

    def _show(self) -> None:
        other = self.bench.studys if self.against.value == STUDY else self._before
        self.comparison = self.bench.compare(other if other != self.now else None, self.now)
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.comparison.now.notes)
        said = f"<p>The matching says:</p><ul>{notes}</ul>" if notes else ""
        self.figure.value = self.comparison.image()
        self.tables.value = f'<div style="display:flex;flex-wrap:wrap;gap:0 2.5rem">{self.comparison.summary()}{self.comparison.worst()}</div>{said}'

    def _accept(self, words: str) -> None:
        self.error.value, self.use.disabled = "", False
        self._say(words)

    def _refuse(self, error: EvaluationError) -> None:
        words = "\n\n".join(str(problem) for problem in error.problems)
        self.error.value = (
            '<div role="alert" style="border-left:4px solid #b00020;padding:.3rem .8rem"><strong>This cannot be matched; below is '
            f'still the choice before.</strong><pre style="white-space:pre-wrap;margin:.3rem 0">{escape(words)}</pre></div>'
        )
        self.use.disabled = True  # the controls say one thing, and what is shown another
        self._say("Not matched.")

    def _say(self, words: str) -> None:
        self.status.value = f'<div role="status" aria-live="polite">{escape(words)}</div>'

    def _write(self) -> None:
        try:
            text = toml_of(self.now, self.bench.spec)
        except EvaluationError as error:
            self._refuse(error)
            return
        self.text.value = text
        self.text.layout.display = None
        self._say("Paste the text below into the study file, in place of its sections [score] and [matching].")

    def _hide_text(self) -> None:
        self.text.value = ""
        self.text.layout.display = "none"

    def _return(self) -> None:
        self.controls.reset()
        self._changed(self.controls.options)

    def __repr__(self) -> str:
        return str(self.comparison)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(**kwargs) or {}
        # what a page without widgets shows instead: the figure and the tables as they stand
        return {**bundle, "text/plain": str(self.comparison), "text/html": self.comparison._repr_html_()}
