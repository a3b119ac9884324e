"""Limits on the sets of a full matching, read from the options."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from evaluation.errors import Problem
from evaluation.matching.spec_values import number, whole

if TYPE_CHECKING:
    from evaluation.matching.spec import MatchSpec

# A fraction 1/q may be written with this relative error, such as 0.333333
_CLOSE = 1e-5


@dataclass(frozen=True)
class Limits:
    """Limits on the sets of a full matching.

    Attributes
    ----------
    least, most
        Controls per treated unit that shares none of them; ``most`` None: without limit.
    shared
        Treated units per control; None: without limit. Above 1 only with ``least`` 1.
    mean
        Controls used per matched treated unit; None: as many as can be.
    """

    least: int = 1
    most: int | None = None
    shared: int | None = None
    mean: float | None = None

    @property
    def both(self) -> bool:
        """Whether sets are limited from both sides, so that neither group's part in them is known."""
        if self.most is None or self.most == self.least:
            return False
        return self.mean is not None or self.shared not in (None, 1)


def limits_of(spec: MatchSpec) -> Limits:
    """The limits that a checked specification sets."""
    low = spec.min_controls
    shared = None if low is None else 1 if low >= 1 else round(1 / low)
    return Limits(
        least=int(low) if low is not None and low >= 1 else 1,
        most=None if spec.max_controls is None else int(spec.max_controls),
        shared=shared,
        mean=None if spec.mean_controls is None else float(spec.mean_controls),
    )


def limit_problems(spec: MatchSpec) -> list[Problem]:
    """What is wrong with the limits of a full matching."""
    low, high, mean = spec.min_controls, spec.max_controls, spec.mean_controls
    problems = []
    if low is not None and not _whole_or_share(low):
        problems.append(
            Problem(
                "min_controls",
                f"{low!r}",
                "a whole number of controls, or 1 divided by the number of treated that may share a control",
                "1/3 lets up to three treated share a control",
            )
        )
    if high is not None and (not whole(high) or high < 1):
        problems.append(
            Problem(
                "max_controls",
                f"{high!r}",
                "a whole number of controls, 1 or more",
                "limit how many treated share a control by min_controls=1/3 and the like",
            )
        )
    if mean is not None and (not number(mean) or mean <= 0):
        problems.append(Problem("mean_controls", f"{mean!r}", "a number above 0", "drop it to use all controls"))
    if problems:
        return problems
    order = [(name, value) for name, value in _named(spec) if value is not None]
    if any(a[1] > b[1] for a, b in pairwise(order)):
        return [
            Problem(
                ", ".join(name for name, _ in order),
                ", ".join(f"{value:g}" for _, value in order),
                "min_controls <= mean_controls <= max_controls",
            )
        ]
    limits = limits_of(spec)
    return [refused_with_caliper(limits)] if spec.caliper is not None and limits.both else []


def refused_with_caliper(limits: Limits) -> Problem:
    """Why a caliper does not go together with limits from both sides."""
    other = "mean_controls" if limits.mean is not None else "min_controls below 1"
    return Problem(
        "caliper, max_controls",
        f"a caliper, max_controls and {other} together are not available in full matching",
        "any two of them",
        f"drop max_controls or {other}; or drop the caliper and match within narrow classes of the score by exact=",
    )


def _named(spec: MatchSpec) -> tuple[tuple[str, float | None], ...]:
    return (
        ("min_controls", spec.min_controls),
        ("mean_controls", spec.mean_controls),
        ("max_controls", spec.max_controls),
    )


def _whole_or_share(value: Any) -> bool:
    if not number(value) or value <= 0:
        return False
    part = value if value >= 1 else 1 / value
    return value == round(value) if value >= 1 else abs(part - round(part)) <= _CLOSE * part
