"""Statistics Sweden's moves in and out of the country, a row a move."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.frame import Frame, Text, text
from synthetic_registers.history import FIRST_MONTH, LAST_YEAR, NO_MONTH, Presence, World

_FIRST_YEAR = 1900
IN, OUT = 0, 1
_KINDS = ("Inv", "Utv")


def moves(world: World, *, serial: npt.NDArray[np.int64]) -> Frame:
    """Moves of one chunk, ordered by serial number, month and kind: the first immigration and every later move."""
    presence = world.history.presence
    was, now = presence[:, :-1], presence[:, 1:]
    out_row, out_place = np.nonzero((was == Presence.RESIDENT) & (now == Presence.ABROAD))
    in_row, in_place = np.nonzero((was == Presence.ABROAD) & (now == Presence.RESIDENT))
    first = np.flatnonzero(world.people.immigration_month != NO_MONTH)
    row = np.concatenate([first, in_row, out_row])
    month = np.concatenate(
        [world.people.immigration_month[first], FIRST_MONTH + 1 + in_place, FIRST_MONTH + 1 + out_place]
    ).astype(np.int64)
    kind = np.repeat([IN, IN, OUT], [len(first), len(in_row), len(out_row)])
    # A first immigration within the window is also a change of presence: one row.
    _, once = np.unique(np.stack([row, month, kind]), axis=1, return_index=True)
    row, month, kind = row[once], month[once], kind[once]
    return Frame(
        {
            "_person": world.people.person[row],
            "_event": 2 * month + kind,
            "_month": month,
            "Lopnr_PersonNr": serial[row],
            "InvUtvManad": _month_text(month),
            "Posttyp": text(kind, _KINDS),
        }
    ).sort("Lopnr_PersonNr", "_event")


def _month_text(month: npt.NDArray[np.int64]) -> Text:
    words = (f"{year}{m:02d}" for year in range(_FIRST_YEAR, LAST_YEAR + 1) for m in range(1, 13))
    return text(month - 12 * _FIRST_YEAR, words)
