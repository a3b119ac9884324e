"""The economy by month: how easily jobs are found and lost, and what they pay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthetic_registers.constants import yearly
from synthetic_registers.history import N_MONTHS, N_YEARS, YEARS
from synthetic_registers.parameters import Scenario
from synthetic_registers.sections import Macro


@dataclass(frozen=True)
class Economy:
    """Series over the months of a history, shape ``(N_MONTHS,)``, and over its years, ``(N_YEARS,)``."""

    finding: npt.NDArray[np.float64]  # log odds of finding a job
    loss: npt.NDArray[np.float64]  # log odds of losing one
    wages: npt.NDArray[np.float64]  # wage level by year, 2009 = 1
    norm: npt.NDArray[np.float64]  # social assistance norm of a single adult by year, SEK a month


def economy(scenario: Scenario) -> Economy:
    """The economy of a scenario; values of a year hold in its middle and are joined by straight lines."""
    macro = scenario.section(Macro)
    months = np.arange(N_MONTHS, dtype=np.float64)
    middles = 12.0 * np.arange(N_YEARS) + 5.5
    levels = np.cumprod(1.0 + macro.wage_growth)
    return Economy(
        finding=np.interp(months, middles, macro.finding),
        loss=np.interp(months, middles, macro.loss),
        wages=levels / levels[YEARS.index(2009)],
        norm=yearly("base_amounts", "single_adult_norm").copy(),
    )
