"""Names of what is known only after the start: it is itself an outcome of the treatment, and may divide nobody into groups."""

from __future__ import annotations

KNOWN_AFTERWARDS = frozenset(
    {
        "actual_exit", "actual_length", "actual_end", "early_exit", "left_early", "extended", "until", "break_reason",
        "episode_end", "own_exit", "pseudo_exit", "exit_own", "exit_pseudo", "exit_actual", "first_start", "death_month",
        "first_absence", "last_month", "months",
    }
)  # fmt: skip
