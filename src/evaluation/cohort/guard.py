"""Names that must not define a covariate, a stratum or a subgroup, because they are only known after the start.

The actual exit is itself an outcome of the employment: people leave early *into* jobs. A subgroup by actual length looks like an
effect where there is none. The planned exit is agreed at the start, and may define subgroups of the treated; it exists for nobody
else, so it is no covariate.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from evaluation.afterwards import KNOWN_AFTERWARDS
from evaluation.errors import CohortError, Problem

Role = Literal["covariate", "stratum", "subgroup"]

TREATED_ONLY = frozenset({"planned_exit", "planned_length", "workplace_type", "exit_planned"})
MENDS = {"actual_exit": "planned_exit", "actual_length": "planned_length", "exit_actual": "exit_planned"}


def refuse_known_afterwards(names: Iterable[str], *, role: Role) -> None:
    """Refuse columns that are computed from the actual exit or from other things after the start.

    Raises
    ------
    CohortError
        Naming each of them; for covariates and strata also those that exist for the treated only.
    """
    problems = []
    for name in dict.fromkeys(names):
        if name in KNOWN_AFTERWARDS:
            problems.append(
                Problem(
                    f"{role} {name!r}",
                    "is known only after the start: it is an outcome of the employment",
                    f"what is known in the month before the start, to define a {role}",
                    f"use {MENDS[name]!r} instead, for subgroups" if name in MENDS else "leave it out",
                )
            )
        elif name in TREATED_ONLY and role != "subgroup":
            problems.append(
                Problem(
                    f"{role} {name!r}",
                    "exists for participants only",
                    f"what is known of everybody at risk, to define a {role}",
                    "use it to define a subgroup",
                )
            )
    if problems:
        raise CohortError(problems)
