"""The mark of synthetic registers: whoever reads them must be able to tell that nobody in them exists.

The mark is a table of its own among the registers, so that it goes with them wherever they are copied: as a file of the folder, or as a
table of a database that the files were loaded into.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

from ibis.backends import BaseBackend

from evaluation.errors import DeliveryError
from evaluation.registers.contents import UNREADABLE
from evaluation.registers.engine import Opener

#: Name of the marking table, in any case; its column ``scenario`` names the scenario.
MARK = "SYNTHETIC"
UNNAMED = "unnamed"  # a mark that cannot be read marks all the same


def take_mark(backend: BaseBackend, tables: MutableMapping[str, Opener], path: Path | None) -> str | None:
    """Take the mark out of the tables of a delivery, and give the scenario it names; None for registers without a mark.

    A plain text file ``SYNTHETIC`` in the folder, or beside the folder or database file, marks as well.
    """
    names = [name for name in tables if name.upper() == MARK]
    found = [_scenario(backend, tables.pop(name)) for name in names]
    if path is not None:
        beside = [path / MARK, path.parent / MARK] if path.is_dir() else [path.parent / MARK]
        found += [_first_line(file) for file in beside if file.is_file()]
    return next((scenario for scenario in found if scenario != UNNAMED), found[0] if found else None)


def _scenario(backend: BaseBackend, opener: Opener) -> str:
    try:
        table = opener()
        column = next((name for name in table.columns if name.lower() == "scenario"), None)
        if column is None:
            return UNNAMED
        rows = backend.execute(table.select(scenario=table[column]).limit(1))
    except (DeliveryError, *UNREADABLE):
        return UNNAMED
    return str(rows["scenario"].iloc[0]).strip() if len(rows) else UNNAMED


def _first_line(file: Path) -> str:
    text = file.read_text(encoding="utf-8", errors="replace").strip()
    return text.splitlines()[0].strip() if text else UNNAMED
