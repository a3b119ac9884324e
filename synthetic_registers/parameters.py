"""Scenarios: every number of the simulation, with where it comes from.

A scenario is a TOML file in ``scenarios/``. A parameter is written as ``name = { value = 0.1, status = "assumed", note = "..." }`` in the table of
its section (see :mod:`synthetic_registers.sections`); ``extends = "default"`` takes every parameter the file does not state from another scenario.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from synthetic_registers import sections

STATUSES = ("found", "derived", "assumed")
FOLDER = Path(__file__).parent / "scenarios"
_FLAWS = "flaws"
Section = TypeVar("Section", bound=tuple[Any, ...])


class ScenarioError(ValueError):
    """A scenario that does not exist or whose file makes no sense; lists every problem with what is allowed."""


@dataclass(frozen=True)
class Parameter:
    """A number (or a list of numbers) and where it comes from.

    Attributes
    ----------
    value
        The number, or numbers in the order the section's comment gives.
    status
        ``found`` in a published source, ``derived`` from one, or ``assumed``.
    note
        The source, the derivation, or what the assumption rests on.
    """

    value: float | tuple[float, ...]
    status: str
    note: str


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    Attributes
    ----------
    name, title
        Name as on the command line, and what the scenario is for.
    parameters
        ``{"section.name": Parameter}``, everything the simulation uses.
    flaws
        ``{"register.kind": rate}``, what the delivery damages.
    """

    name: str
    title: str
    parameters: Mapping[str, Parameter] = field(repr=False)
    flaws: Mapping[str, float] = field(repr=False)

    def section(self, kind: type[Section]) -> Section:
        """The parameters of one section as the named tuple the simulation reads: floats, and float arrays for lists."""
        prefix = sections.title(kind)
        values = [self.parameters[f"{prefix}.{name}"].value for name in kind._fields]  # type: ignore[attr-defined]
        return kind(*(np.array(v, dtype=np.float64) if isinstance(v, tuple) else float(v) for v in values))

    def record(self, kind: type[Section]) -> np.void:
        """The same as one record, as the compiled rules read it.

        A list inside a record is read in place. As an array of its own it would have its references counted, under a lock, each time a rule
        looks at it: three quarters of the time of a simulation.
        """
        fields: dict[str, Any] = self.section(kind)._asdict()  # type: ignore[attr-defined]
        dtype = np.dtype([(name, np.float64, np.shape(value)) for name, value in fields.items()])
        return np.array([tuple(fields.values())], dtype)[0]

    @property
    def changes_nothing(self) -> bool:
        """Whether the employment leaves every history as it would have been."""
        return bool(self.parameters["employment.changes_nothing"].value)


def scenario_names() -> tuple[str, ...]:
    """Names of the scenarios on file, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def load_scenario(name: str) -> Scenario:
    """Read a scenario and the scenarios it extends.

    Raises
    ------
    ScenarioError
        The name is unknown; a parameter is missing, unknown, without status or note, or of the wrong length.
    """
    if name not in scenario_names():
        near = difflib.get_close_matches(name, scenario_names(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ScenarioError(f"There is no scenario {name!r}.{hint} Scenarios are {', '.join(scenario_names())}.")
    title, tables = _merged(name)
    problems: list[str] = []
    found = {
        f"{section}.{key}": parameter
        for section, table in tables.items()
        for key, entry in table.items()
        if (parameter := _parameter(f"{section}.{key}", entry, problems)) is not None
    }
    flaws = {key.removeprefix("flaws."): p for key, p in found.items() if key.startswith("flaws.")}
    parameters = {key: p for key, p in found.items() if not key.startswith("flaws.")}
    _check(parameters, flaws, problems)
    if problems:
        raise ScenarioError("\n  ".join([f"Scenario {name!r} cannot be used:", *problems]))
    rates = {key: float(p.value) for key, p in flaws.items()}  # type: ignore[arg-type]
    return Scenario(name, title, MappingProxyType(parameters), MappingProxyType(rates))


def _merged(name: str, seen: tuple[str, ...] = ()) -> tuple[str, dict[str, dict[str, Any]]]:
    """Title and tables of a scenario, laid over those of the scenario it extends."""
    if name in seen or name not in scenario_names():
        raise ScenarioError(f"Scenario {seen[-1]!r} extends {name!r}, which is itself or no scenario.")
    content = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    title = str(content.pop("title", name))
    base = content.pop("extends", None)
    tables = _merged(base, (*seen, name))[1] if base else {}
    for section, table in content.items():
        tables[section] = {**tables.get(section, {}), **table}
    return title, tables


def _parameter(key: str, entry: Any, problems: list[str]) -> Parameter | None:
    if not isinstance(entry, dict) or set(entry) != {"value", "status", "note"}:
        problems.append(f"{key}: write {{ value = ..., status = ..., note = ... }}")
        return None
    if entry["status"] not in STATUSES:
        problems.append(f"{key}: status {entry['status']!r}; allowed are {', '.join(STATUSES)}")
    if not str(entry["note"]).strip():
        problems.append(f"{key}: say in note where the value comes from")
    value = entry["value"]
    numbers = tuple(value) if isinstance(value, list) else (value,)
    if not numbers or not all(isinstance(v, int | float) for v in numbers):
        problems.append(f"{key}: value must be a number, true or false, or a list of numbers")
        return None
    return Parameter(
        tuple(map(float, numbers)) if isinstance(value, list) else float(value), entry["status"], entry["note"]
    )


def _check(parameters: Mapping[str, Parameter], flaws: Mapping[str, Parameter], problems: list[str]) -> None:
    """Every parameter of every section is there with the right length, nothing else is, and rates are shares."""
    wanted = {
        f"{sections.title(kind)}.{name}": kind.__annotations__[name] for kind in sections.ALL for name in kind._fields
    }
    for key in sorted(set(wanted) - set(parameters)):
        problems.append(f"{key}: missing")
    for key in sorted(set(parameters) - set(wanted)):
        near = difflib.get_close_matches(key, wanted, n=1)
        problems.append(f"{key}: unknown" + (f", did you mean {near[0]}?" if near else ""))
    for key in sorted(set(parameters) & set(wanted)):
        is_list = isinstance(parameters[key].value, tuple)
        length = sections.LENGTHS.get(key)
        if is_list != (length is not None):
            problems.append(f"{key}: must be {'a number' if length is None else f'a list of {length} numbers'}")
        elif length is not None and len(parameters[key].value) != length:  # type: ignore[arg-type]
            problems.append(f"{key}: has {len(parameters[key].value)} numbers, must have {length}")  # type: ignore[arg-type]
    for key, p in sorted(flaws.items()):
        if isinstance(p.value, tuple) or not 0 <= p.value <= 1:
            problems.append(f"{_FLAWS}.{key}: a rate is a share from 0 to 1")
