"""The methods by name: a further method is a further file and a line here.

Pairing methods take a Task and give Pairs; weighting methods take a Sample and give a Weighting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from evaluation.matching.cem import weigh_cells
from evaluation.matching.entropy import weigh_by_entropy
from evaluation.matching.full import match_full
from evaluation.matching.ipw import weigh_by_inverse_probability
from evaluation.matching.nearest import match_nearest
from evaluation.matching.optimal import match_optimal
from evaluation.matching.overlap_weights import weigh_overlap
from evaluation.matching.subclass import weigh_subclasses
from evaluation.matching.task import Pairs, Sample, Task, Weighting

METHOD: Mapping[str, Callable[[Task], Pairs]] = MappingProxyType(
    {"nearest": match_nearest, "optimal": match_optimal, "full": match_full}
)

WEIGHTING: Mapping[str, Callable[[Sample], Weighting]] = MappingProxyType(
    {
        "subclass": weigh_subclasses,
        "cem": weigh_cells,
        "entropy": weigh_by_entropy,
        "overlap": weigh_overlap,
        "ipw": weigh_by_inverse_probability,
    }
)
