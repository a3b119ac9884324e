"""IAF: unemployment insurance paid per person and month, only months with a payment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.frame import Frame
from synthetic_registers.history import FIRST_MONTH, World

_DAY_AMOUNT = 680  # SEK, about the highest sum a day; gives a plausible number of days
_MOST_DAYS = 23


def payments(world: World, *, serial: npt.NDArray[np.int64]) -> Frame:
    """Payments of one chunk, ordered by serial number and month."""
    paid = world.history.unemployment_insurance
    row, place = np.nonzero(paid > 0)
    amount = paid[row, place].astype(np.int64)
    month = FIRST_MONTH + place
    return Frame(
        {
            "_person": world.people.person[row],
            "_event": month,
            "PersonLopNr": serial[row],
            "Ar": month // 12,
            "Manad": month % 12 + 1,
            "Ersdagar": np.clip((amount + _DAY_AMOUNT // 2) // _DAY_AMOUNT, 1, _MOST_DAYS),
            "Belopp": amount,
        }
    ).sort("PersonLopNr", "_event")
