"""What a delivery is made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Seed, size of the whole population, and rate of each flaw ``"register.kind"``."""

    seed: int
    persons: int
    rates: Mapping[str, float]
