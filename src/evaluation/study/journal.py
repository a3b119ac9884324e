"""The journal of a study: which designs were frozen, and for which outcomes were read, in order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

READ = "outcomes read"
FROZEN = "frozen"
VARIANT = "variant read"


class Journal:
    """What was frozen and read, in order; kept in a file of the protected folder where one is given.

    An event is ``{"event": ..., "design": hash}`` and, for reading by people, the hashes of what the design rests on.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._memory: list[dict[str, str]] = []

    @property
    def events(self) -> list[dict[str, str]]:
        """All events so far. The file is read anew each time: other designs, and other processes, write to it too."""
        if self.path is None:
            return self._memory
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        return [json.loads(line) for line in lines]

    def add(self, event: str, design: str, inputs: Mapping[str, str] | None = None) -> None:
        """Append an event unless it is the last one already; nothing written is ever rewritten."""
        entry = {"event": event, "design": design, **(inputs or {})}
        events = self.events
        if events and events[-1] == entry:
            return
        if self.path is None:
            self._memory.append(entry)
        else:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(entry) + "\n")

    @property
    def changes(self) -> int:
        """How many *other* designs were frozen or read after outcomes had first been read.

        Designs are counted, not switches: A, then B, then A again is one other design; A, B, C are two. Freezing the design that was read
        first once more changes nothing, and what was frozen before the first reading only was chosen blind. Variants, read beside a frozen design to see whether
        its finding stands, are counted apart.
        """
        events = [e for e in self.events if e["event"] != VARIANT]
        first = next((i for i, e in enumerate(events) if e["event"] == READ), None)
        if first is None:
            return 0
        return len({e["design"] for e in events[first:]} - {events[first]["design"]})

    @property
    def variants(self) -> int:
        """How many variants of a frozen design outcomes were read for."""
        return len({e["design"] for e in self.events if e["event"] == VARIANT})
