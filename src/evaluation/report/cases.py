"""Which case a result is: the one function that decides it. The texts never decide.

The first rule that holds wins: design gate failed, suppressed, not observed, not estimated, no practical difference,
positive or negative, uncertain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evaluation.errors import Problem, ReleaseError

CaseName = Literal[
    "not_shown", "suppressed", "not_observed", "not_estimated", "no_difference", "positive", "negative", "uncertain"
]
Variant = Literal["", "small", "open", "no_large_loss", "no_large_gain"]
Equality = Literal["could_be_equal", "differ", "unknown"]
Stability = Literal["stable", "mostly", "fragile"]
LockIn = Literal["present", "absent", "uncertain"]
Profile = Literal["all_positive", "all_negative", "some", "mixed", "none", "incomplete"]

_HIDDEN: dict[str, CaseName] = {
    "gate_failed": "not_shown",
    "suppressed": "suppressed",
    "not_observed": "not_observed",
    "not_estimated": "not_estimated",
}


@dataclass(frozen=True)
class Case:
    """A case, its variant, and whether the interpretation must be the exploratory one."""

    name: CaseName
    variant: Variant = ""
    exploratory: bool = False

    @property
    def shows_number(self) -> bool:
        """Whether a number of this result may be printed anywhere."""
        return self.name in ("no_difference", "positive", "negative", "uncertain")

    @property
    def direction(self) -> int:
        """1 and −1 where the interval lies on one side of zero by rule, else 0."""
        return {"positive": 1, "negative": -1}.get(self.name, 0)


def decide(
    *,
    estimate: float,
    low: float,
    high: float,
    margin: float | None = None,
    status: str = "released",
    gate_passed: bool = True,
    role: str = "primary",
    design_changed: bool = False,
    flagged: bool = False,
) -> Case:
    """The case of one result.

    Parameters
    ----------
    estimate, low, high
        The estimate and the limits of its interval, unrounded; may be NaN only where the number is not shown.
    margin
        The difference of practical importance set beforehand, in the same unit, or None.
    status
        The release's status of the row.
    gate_passed
        Whether the design met its requirements.
    role
        `primary`, `secondary` or `exploratory`.
    design_changed
        Whether the design was changed after outcomes had been read.
    flagged
        Whether the method is known to go wrong and is offered for reruns only.

    Raises
    ------
    ReleaseError
        When a number that should be there is missing, or the interval is upside down or does not hold the estimate.
    """
    exploratory = role == "exploratory" or design_changed or flagged
    hidden: CaseName | None = "not_shown" if not gate_passed else _HIDDEN.get(status)
    if hidden is not None:
        return Case(hidden, exploratory=exploratory)
    if status != "released":
        raise ReleaseError(Problem("status", status, f"released, {', '.join(_HIDDEN)}", "release the folder again"))
    _check(estimate, low, high)
    if margin is not None and not math.isnan(margin):
        if not margin > 0:
            raise ReleaseError(Problem("margin", str(margin), "a number above zero, or empty", "mend the study file"))
        if -margin <= low and high <= margin:
            return Case("no_difference", "small" if low > 0 or high < 0 else "", exploratory)
    else:
        margin = None
    if low > 0:
        return Case("positive", "", exploratory)
    if high < 0:
        return Case("negative", "", exploratory)
    variant: Variant = "open"
    if margin is not None and low >= -margin:
        variant = "no_large_loss"
    elif margin is not None and high <= margin:
        variant = "no_large_gain"
    return Case("uncertain", variant, exploratory)


def profile(intervals: Sequence[tuple[float, float] | None], *, years: int = 4) -> Profile:
    """What may be said of all years at once, from their SIMULTANEOUS intervals (None: not shown)."""
    if len(intervals) != years or any(interval is None for interval in intervals):
        return "incomplete"
    signs = [1 if low > 0 else -1 if high < 0 else 0 for low, high in (i for i in intervals if i is not None)]
    if all(s == 1 for s in signs):
        return "all_positive"
    if all(s == -1 for s in signs):
        return "all_negative"
    if all(signs):
        return "mixed"
    return "some" if any(signs) else "none"


def of_other_measures(main: Case, others: Mapping[str, Case]) -> tuple[str, ...]:
    """Names of those among the other measures whose number is shown and whose case is not that of the main one, in their own order."""
    return tuple(name for name, case in others.items() if case.shows_number and case.name != main.name)


def lock_in(cases: Sequence[Case]) -> LockIn:
    """What is told of lock-in, from the share in work soon after the employment: fewer at any time, at none, or not known."""
    shown = [case for case in cases if case.shows_number]
    if any(case.name == "negative" for case in shown):
        return "present"
    told = shown and len(shown) == len(cases) and all(case.name in ("positive", "no_difference") for case in shown)
    return "absent" if told else "uncertain"


def clocks_agree(cases: Sequence[Case], estimates: Sequence[float], *, low: float, high: float) -> bool:
    """Whether results on several clocks say the same: one case name, and every estimate inside the main interval."""
    return len({case.name for case in cases}) == 1 and all(low <= e <= high for e in estimates)


def stability(n_same: int, n: int) -> Stability:
    """How the conclusion fares in other ways of calculating: in all of them, in most, or in no more than half."""
    if n_same == n:
        return "stable"
    return "mostly" if 2 * n_same > n else "fragile"


def equality(tests: Mapping[str, float], *, level: float = 0.05) -> dict[str, Equality]:
    """For each family of subgroups, whether their effects could all be equal, by the joint test of each and Holm's steps over all of them.

    Parameters
    ----------
    tests
        p value of the joint test by family, NaN where it is not told. Such a family counts among those tested all the same, so that what is
        said of the others never depends on what is hidden.
    level
        Chance of saying that any family differs where none does.
    """
    found: dict[str, Equality] = dict.fromkeys(tests, "unknown")
    told = sorted((p, name) for name, p in tests.items() if math.isfinite(p))
    hidden = len(tests) - len(told)
    rejecting = True
    for place, (p, name) in enumerate(told):
        rejecting = rejecting and p <= level / (hidden + len(told) - place)
        found[name] = "differ" if rejecting else "could_be_equal"
    return found


def likeness(*, largest: float, matched_share: float, limit: float, share_limit: float, failed: bool) -> str:
    """How alike the groups are: `good`, `acceptable` (a reservation must be named) or `poor` (a gate failed)."""
    if failed:
        return "poor"
    return "good" if largest <= limit and matched_share >= share_limit else "acceptable"


def _check(estimate: float, low: float, high: float) -> None:
    problems = []
    if any(not math.isfinite(x) for x in (estimate, low, high)):
        problems.append(Problem("estimate", "a released row without estimate or limits", "three finite numbers"))
    elif low > high:
        problems.append(Problem("interval", f"lower limit {low:g} above upper limit {high:g}", "low ≤ high"))
    elif not low <= estimate <= high:
        problems.append(
            Problem("interval", f"estimate {estimate:g} outside {low:g} to {high:g}", "low ≤ estimate ≤ high")
        )
    if problems:
        raise ReleaseError(problems)
