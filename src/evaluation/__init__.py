"""Evaluation of labour market programmes from registers: registers in, report out.

>>> from evaluation import Study                                        # doctest: +SKIP
>>> study = Study.open("study/visstid_2009_2011.toml", registers="run/delivery/registers")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluation.study import Study

__all__ = ["Study"]


def __getattr__(name: str) -> Any:
    # the scientific libraries take seconds to import; `evaluation --help` must not wait for them
    if name == "Study":
        from evaluation.study import Study

        return Study
    raise AttributeError(f"module 'evaluation' has no attribute {name!r}")
