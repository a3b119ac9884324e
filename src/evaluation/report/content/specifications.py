"""The primary result under other choices, as the release tells them: each with its case, and what the choices are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.report.cases import Case, decide
from evaluation.report.sentences import Writer

CHOICES = ("clock", "definition", "year", "ratio", "caliper", "method", "replace")


@dataclass(frozen=True)
class Specification:
    """One way of calculating. Numbers are NaN where it may not be shown."""

    choices: Mapping[str, str]
    primary: bool
    estimate: float
    low: float
    high: float
    status: str
    case: Case


@dataclass(frozen=True)
class Specifications:
    """Every way of calculating of the release, in its order; ``varied`` are the choices that differ between them."""

    rows: tuple[Specification, ...]
    varied: tuple[str, ...]

    @property
    def shown(self) -> tuple[Specification, ...]:
        """Those whose number may be shown, the smallest difference first."""
        return tuple(sorted((r for r in self.rows if r.case.shows_number), key=lambda r: (r.estimate, not r.primary)))

    @property
    def main(self) -> Specification | None:
        """The primary result among them, where it may be shown."""
        return next((r for r in self.shown if r.primary), None)

    @property
    def others(self) -> tuple[Specification, ...]:
        """Those beside the primary result whose number may be shown."""
        return tuple(r for r in self.shown if not r.primary)

    @property
    def n_same(self) -> int:
        """How many of the others have the case of the primary result."""
        return sum(self._same(r) for r in self.others)

    def exceptions(self) -> list[tuple[str, str]]:
        """Choices and values with which the case is never that of the primary result, which has another value."""
        found = []
        for choice in self.varied:
            own = self.main.choices[choice] if self.main else ""
            for value in dict.fromkeys(r.choices[choice] for r in self.others):
                rows = [r for r in self.others if r.choices[choice] == value]
                if value != own and not any(self._same(r) for r in rows):
                    found.append((choice, value))
        return found

    def _same(self, row: Specification) -> bool:
        return self.main is not None and row.case.name == self.main.case.name


def specifications(w: Writer) -> Specifications | None:
    """The specifications of the release; None where it has none, or the primary one and another may not be shown."""
    table = w.release.table("specification_curve")
    rows = tuple(_row(w, row) for row in table.to_dict("records"))
    varied = tuple(name for name in CHOICES if len({r.choices[name] for r in rows}) > 1)
    found = Specifications(rows, varied)
    return found if found.main is not None and found.others else None


def named(w: Writer, choice: str, value: str) -> str:
    """A value of a choice in words."""
    if choice in ("clock", "definition", "method"):
        return w.label(choice, value)
    if choice == "replace":
        return w.label("may", value)
    if choice == "caliper":
        return w("choice.caliper.none") if value == "none" else w.plain_number(float(value))
    return w.numbers.year(int(value)) if choice == "year" else w.numbers.decimal(int(value))


def phrase(w: Writer, form: str, choice: str, value: str) -> str:
    """A choice with its value: ``when`` continues "not when …", ``short`` stands beside a figure."""
    if value == "none":
        return w(f"choice.{choice}.{form}_none")
    return w(f"choice.{choice}.{form}", value=named(w, choice, value))


def _row(w: Writer, row: Mapping[str, Any]) -> Specification:
    primary = row["primary"] == "true"
    case = decide(
        estimate=row["estimate"],
        low=row["ci_low"],
        high=row["ci_high"],
        margin=w.release.info.margins.share,
        status=row["status"],
        gate_passed=w.release.gates_passed,
        role="primary" if primary else "secondary",
        design_changed=w.release.info.design.changes > 0,
    )
    choices = {name: _text(row[name]) for name in CHOICES}
    return Specification(choices, primary, row["estimate"], row["ci_low"], row["ci_high"], row["status"], case)


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)
