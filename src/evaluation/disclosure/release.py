"""The release folder: protected tables, the record, and checksums that show any later change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.disclosure.chain import count_problems
from evaluation.disclosure.differences import difference_problems
from evaluation.disclosure.figures_of_design import protect_release
from evaluation.disclosure.guard import record_problems, table_problems, text_problems
from evaluation.disclosure.protect import Protected
from evaluation.disclosure.writing import json_bytes, table_bytes
from evaluation.errors import Problem, ReleaseError

MANIFEST = "manifest.json"
_TEXT = {".csv", ".json", ".svg", ".html", ".md", ".txt", ".xml", ".typ"}


def write_release(
    out: str | Path, protected: Protected, release: Mapping[str, Any], *, extra_files: Mapping[str, bytes] | None = None
) -> Path:
    """Write ``tables/*.csv``, ``release.json``, the extra files, and the manifest.

    Parameters
    ----------
    out
        The release folder: new, empty, or holding an earlier release, whose files are removed.
    protected
        What :func:`evaluation.disclosure.protect` gave.
    release
        The record of ``release.json``; its counts are protected here.
    extra_files
        Further files by relative path.

    Raises
    ------
    ReleaseError
        When anything at person level is found, a hidden row holds a value, a table has no rule, or the folder holds other files.
    """
    out = Path(out)
    content = protect_release(release, protected.policy, protected.tables)
    files: dict[str, bytes] = dict(extra_files or {})
    problems = table_problems(protected.tables) + record_problems("release.json", content)
    problems += count_problems(content, protected.tables, protected.policy)
    problems += difference_problems(protected.tables, protected.policy)
    for name, data in files.items():
        if Path(name).is_absolute() or ".." in Path(name).parts or name == MANIFEST:
            problems.append(Problem(f"extra file {name}", "does not lie inside the release", "a relative path"))
        if Path(name).suffix in _TEXT:
            problems += text_problems(name, data)
    if problems:
        raise ReleaseError(problems)
    files |= {f"tables/{name}.csv": table_bytes(name, table) for name, table in protected.tables.items()}
    files["release.json"] = json_bytes(content)
    _clear(out)
    for name, data in sorted(files.items()):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    write_manifest(out)
    return out


def write_manifest(out: str | Path) -> Path:
    """Write ``manifest.json``: the SHA-256 of every file of the folder except itself.

    Raises
    ------
    ReleaseError
        When a text file of the folder holds what looks like a personal number.
    """
    out = Path(out)
    paths = _files(out)
    problems = [
        p for name, path in paths.items() if path.suffix in _TEXT for p in text_problems(name, path.read_bytes())
    ]
    if problems:
        raise ReleaseError(problems)
    manifest = out / MANIFEST
    manifest.write_bytes(json_bytes({"files": {name: _hash(path) for name, path in paths.items()}}))
    return manifest


def verify(out: str | Path) -> list[Problem]:
    """Recompute every checksum; one problem for each file that is missing, altered or not in the manifest. Empty when all is well."""
    out = Path(out)
    mend = "make the release anew, or ask for the folder as it was written"
    try:
        listed = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]
        listed = {str(name): str(checksum) for name, checksum in listed.items()}
    except FileNotFoundError:
        return [Problem(MANIFEST, "is missing", "a release folder holds one", mend)]
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        return [Problem(MANIFEST, "cannot be read", '{"files": {path: sha256}}', mend)]
    found = _files(out)
    problems = []
    for name in sorted(listed.keys() | found.keys()):
        if name not in found:
            problems.append(Problem(name, "is missing", mend=mend))
        elif name not in listed:
            problems.append(Problem(name, "is not in the manifest", "files that the release was written with", mend))
        elif _hash(found[name]) != listed[name]:
            problems.append(Problem(name, "was altered: its checksum differs from the manifest", mend=mend))
    return problems


def _files(out: Path) -> dict[str, Path]:
    found = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    found.pop(MANIFEST, None)
    return dict(sorted(found.items()))


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refuse_foreign(out: str | Path) -> dict[str, Path]:
    """Files of an earlier release in a folder, by name; nothing where the folder does not exist.

    Raises
    ------
    ReleaseError
        The folder holds anything else.
    """
    out = Path(out)
    if not out.exists():
        return {}
    found = _files(out)
    try:
        listed = set(json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        listed = set()
    foreign = sorted(set(found) - listed)
    if foreign:
        raise ReleaseError(
            Problem(
                "release folder",
                f"{len(foreign)} files that are no release, for instance {foreign[0]}",
                "a new or empty folder, or one that holds an earlier release and nothing else",
                "name another folder, or move these files",
            )
        )
    return found


def _clear(out: Path) -> None:
    """Remove an earlier release, file by file as its manifest lists them; refuse a folder that holds anything else."""
    for path in refuse_foreign(out).values():
        path.unlink()
    (out / MANIFEST).unlink(missing_ok=True)
