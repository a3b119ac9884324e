"""The matching laboratory: change the matching in a notebook and see at once how alike the groups become. No outcome is read here.

>>> from evaluation.laboratory import laboratory
>>> laboratory(study, cohort)  # doctest: +SKIP

Without a notebook, the same by hand:

>>> bench = Bench(cohort, study.spec)  # doctest: +SKIP
>>> bench.compare(bench.studys, choose(study.spec, caliper=0.05)).table  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.laboratory.choices import Choice, choose
from evaluation.laboratory.comparison import Comparison
from evaluation.laboratory.rematch import Bench, Rematch
from evaluation.laboratory.toml_text import toml_of

if TYPE_CHECKING:
    from evaluation.cohort import Cohort
    from evaluation.laboratory.panel import Laboratory
    from evaluation.study import Study

__all__ = ["Bench", "Choice", "Comparison", "Rematch", "choose", "laboratory", "toml_of"]


def laboratory(study: Study, cohort: Cohort) -> Laboratory:
    """A panel of controls for the matching, with what each choice does to balance, overlap and numbers.

    Parameters
    ----------
    study
        The study: its file is where the panel starts. Nothing is frozen, and no register is opened.
    cohort
        The person-months at risk.

    Returns
    -------
    Laboratory
        A widget; the last expression of a cell shows it. Its ``now`` is the choice made, its ``comparison`` what is shown.
    """
    from evaluation.laboratory.panel import Laboratory  # widgets load when they are asked for

    return Laboratory(Bench(cohort, study.spec))
