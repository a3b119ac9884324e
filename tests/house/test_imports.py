"""Imports go one way, and the toolkit never imports the generator that knows the truth."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "evaluation"

# what a room may import, besides itself and the errors and progress that everybody shares
MAY_IMPORT = {
    "registers": set(),
    "cohort": {"registers"},
    "outcomes": {"registers"},
    "matching": set(),
    "effects": {"matching"},
    "robustness": {"matching", "effects"},
    "disclosure": set(),
    "report": {"disclosure"},
    # looks at designs and takes the report's words; never at outcomes or effects, so that it stays in the blind
    "laboratory": {"cohort", "matching", "study", "report"},
    # makes study files, and reads the specifications that they are checked by
    "template": {"cohort", "outcomes", "study"},
}
SHARED = {"errors", "progress", "sortable", "afterwards"}
SEE_EVERYTHING = {"study", "cli", "notebooks", "__init__"}


def imported_rooms(path: Path) -> set[str]:
    """First-level modules of the package that a file imports, wherever in the file."""
    rooms: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            names = [
                f"{node.module}.{alias.name}" if node.module == "evaluation" else str(node.module)
                for alias in node.names
            ]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("evaluation.")}
    return rooms


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_go_one_way(path: Path) -> None:
    room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if room in SEE_EVERYTHING:
        return
    allowed = MAY_IMPORT.get(room, set()) | SHARED | {room}
    assert imported_rooms(path) <= allowed


def test_every_room_is_ruled() -> None:
    rooms = {p.name for p in SOURCE.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    assert rooms <= set(MAY_IMPORT) | SEE_EVERYTHING


def test_the_toolkit_never_imports_the_generator() -> None:
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            assert not any(name.split(".")[0] == "synthetic_registers" for name in names), path


def test_the_generator_knows_nothing_of_the_toolkit() -> None:
    # but for the command it plugs in, which borrows the progress bar
    for path in (ROOT / "synthetic_registers").rglob("*.py"):
        assert imported_rooms(path) <= ({"progress"} if path.name == "command.py" else set()), path
