"""Which stages of a run are done: a stage is fresh when the hash of all it depends on is the hash it was done with."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from evaluation.registers import delivered_files

T = TypeVar("T")


class Stages:
    """The record of finished stages in a protected work folder.

    Parameters
    ----------
    folder
        The work folder; None remembers nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._file = folder / "stages.json" if folder is not None else None
        self._done: dict[str, str] = (
            json.loads(self._file.read_text()) if self._file is not None and self._file.exists() else {}
        )

    def fresh(self, stage: str, key: str) -> bool:
        """Whether the stage was finished with this key."""
        return self._done.get(stage) == key

    def finished(self, stage: str, key: str) -> None:
        """Remember a stage as finished."""
        self._done[stage] = key
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(self._done, indent=1, sort_keys=True) + "\n")

    def kept(self, stage: str, key: str, make: Callable[[], T], *, valid: Callable[[T], bool]) -> T:
        """The result of a stage: the one in the folder where it is fresh and ``valid``, else made anew and kept there."""
        file = self.folder / stage / f"{stage}.pickle" if self.folder is not None else None
        if file is not None and file.exists() and self.fresh(stage, key):
            found: T = pickle.loads(file.read_bytes())
            if valid(found):
                return found
        made = make()
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(pickle.dumps(made))
            self.finished(stage, key)
        return made


def key_of(*parts: str) -> str:
    """One hash of many."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def hash_files(root: Path, pattern: str = "*") -> str:
    """Hash of the names and contents of a file, or of all matching files under a folder, in the order of their names."""
    digest = hashlib.sha256()
    paths = [root] if root.is_file() else sorted(p for p in root.rglob(pattern) if p.is_file())
    for path in paths:
        digest.update(path.relative_to(root).as_posix().encode() if path != root else path.name.encode())
        with path.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()


def hash_delivery(path: Path) -> str:
    """Hash of the names, sizes and contents of the files that a delivery is read from; other files in the folder do not matter."""
    digest = hashlib.sha256()
    for file in delivered_files(path):
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()


def source_hash() -> str:
    """Hash of all source of the package: any change of code makes every stage stale."""
    return hash_files(Path(__file__).parents[1], "*.py")
