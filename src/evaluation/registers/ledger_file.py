"""Writing the flaw ledger to a file of the user's choice, and nothing over a file that is no ledger."""

from __future__ import annotations

import os
from pathlib import Path

from evaluation.errors import Problem
from evaluation.registers.ledger import Ledger

#: How every ledger written here begins.
HEAD = "register,rule,rows,share,action"


def refusal(path: Path) -> Problem | None:
    """Why the ledger cannot be written there; None where it can."""
    if path.is_dir():
        return Problem(str(path), "is a folder", "a file", "give the name of a file with --out")
    if path.exists():
        if not _is_ledger(path):
            return Problem(
                str(path),
                "exists, and is no flaw ledger",
                "a new file, or an earlier ledger",
                "give another with --out",
            )
        writable = os.access(path, os.W_OK)
    else:
        writable = os.access(_nearest_folder(path), os.W_OK | os.X_OK)
    if not writable:
        return Problem(str(path), "may not be written", "a place that may be written to", "give another with --out")
    return None


def write_ledger(ledger: Ledger, path: Path) -> Path:
    """Write the table of the ledger as CSV and give the whole path; see :func:`refusal` first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ledger.table.to_csv(path, index=False, lineterminator="\n")
    return path.resolve()


def _is_ledger(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as stream:
            return stream.readline().startswith(HEAD)
    except (OSError, UnicodeDecodeError):
        return False


def _nearest_folder(path: Path) -> Path:
    """The folder that exists and in which missing ones would be made."""
    return next(folder for folder in path.resolve().parents if folder.is_dir())
