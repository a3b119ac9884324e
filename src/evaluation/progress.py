"""Progress of long work, as one callback: ``progress(stage, done, total)``.

Rooms call it and know nothing of terminals; the command line draws a bar where there is a terminal and plain lines where
there is none (a batch job in a secure environment hangs when its output fills a buffer, so little is written).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Show nothing."""


@contextmanager
def terminal_progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Yield a progress callback that fits where standard error goes."""
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield bars
    else:
        yield _Lines()


class _Lines:
    """One line when a stage is finished."""

    def __init__(self) -> None:
        self.started: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        begun = self.started.setdefault(stage, time.perf_counter())
        if done >= total:
            print(f"  {stage}: done in {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
            self.started.pop(stage)


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, int] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=max(total, 1))
            bars.update(tasks[stage], completed=done if total else 1, total=max(total, 1))

        yield show
