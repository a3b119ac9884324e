"""What two rooms must agree on, decided in one place of the study file.

Each room's specification stands alone, so both carry the key; in a study one of them follows the other, and a contradiction is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from evaluation.cohort.spec import CohortSpec
from evaluation.errors import Problem
from evaluation.outcomes.spec import OutcomeSpec

Place = tuple[str, str]  # section, key

SHARED: tuple[tuple[Place, Place], ...] = (
    # covariates and outcomes are in kronor of one year
    (("outcomes", "price_year"), ("cohort", "price_year")),
    # the employments that are evaluated are those whose months are the programme's
    (("cohort", "workplaces"), ("outcomes", "programme_kinds")),
    # an enrolment is new after leaving as it is new before starting
    (("cohort", "episode_gap_days"), ("outcomes", "episode_gap_days")),
)
"""Where each is decided, and the key that follows."""
_MODELS: dict[str, type[BaseModel]] = {"cohort": CohortSpec, "outcomes": OutcomeSpec}


def follow(content: Mapping[str, Any], name: str) -> tuple[dict[str, Any], list[Problem]]:
    """Give each following key the value that was decided; what says otherwise is a problem."""
    out = {key: dict(value) if isinstance(value, Mapping) else value for key, value in content.items()}
    problems = []
    for (section, key), (other, follower) in SHARED:
        if not isinstance(out.get(section), dict) or not isinstance(out.get(other), dict):
            continue  # a section that is missing or no section is told elsewhere
        decided = out[section].get(key, _MODELS[section].model_fields[key].default)
        said = out[other].get(follower, decided)
        if _plain(said) != _plain(decided):
            problems.append(
                Problem(
                    f"{name} [{other}] {follower}",
                    f"{said!r} contradicts [{section}] {key}, which is {decided!r}",
                    f"one decision, in [{section}] {key}",
                    f"leave {follower} out of [{other}]",
                )
            )
        out[other][follower] = decided
    return out, problems


def without_followers(dump: dict[str, Any]) -> dict[str, Any]:
    """A dump of a study file without the keys that follow others."""
    for _, (other, follower) in SHARED:
        if isinstance(dump.get(other), dict):
            dump[other] = {key: value for key, value in dump[other].items() if key != follower}
    return dump


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
