"""What holds for all tests."""

from __future__ import annotations

import pytest

# whole runs of the study: begun first, so that no worker is left with them when the others are done
LONG = ("tests/study/test_end_to_end.py", "tests/study/test_command_line.py", "tests/template/test_run.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; the order within a file stays."""
    items.sort(key=lambda item: LONG.index(name) if (name := item.nodeid.split("::")[0]) in LONG else len(LONG))
