"""The matching methods by name: each takes a Task and gives Pairs; a further method is a further file and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from evaluation.matching.nearest import match_nearest
from evaluation.matching.task import Pairs, Task

METHOD: Mapping[str, Callable[[Task], Pairs]] = MappingProxyType({"nearest": match_nearest})
