"""The page with the figures."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.calls import Figure, Measured
from tests.benchmarks.matchit import LIMIT, Peer, PeerFigure
from tests.benchmarks.population import SEED
from tests.benchmarks.processes import Peak, peak_memory

PACKAGES = ("numpy", "scipy", "pandas", "numba", "scikit-learn")

_FLOORS = """## What the floors are

Each floor is a computation on bare arrays in compiled loops, without a frame, an id, a tie rule, a check or a result.

- one pass over the data: the sum of every covariate of everybody
- sort the score: the score of everybody, sorted
- sort and scan: both groups sorted; every treated unit, largest score first, takes the nearest control left within the caliper
- sort and scan in strata: the same within the strata of education, district and sex
- sort and scan in rounds: the same with as many rounds as the engine makes: each treated unit takes exactly as many controls as the
  engine plans for it, 1 to 4 and 2 on average. Those numbers are given to the floor, the engine finds them
- sort and step outwards: the controls sorted; every treated unit takes the 5 nearest within the caliper, reuse allowed

For "nearest, closest first" and for all but the nearest matchings on the score the floor is a yardstick, not the same task: no floor
here finds a least sum of distances, searches in several dimensions, or weighs.
"""


@dataclass(frozen=True)
class Size:
    """The results of one population."""

    n_treated: int
    n_controls: int
    measured: Measured
    peer: Peer


def page(sizes: Sequence[Size], first: tuple[float, float], weighed: tuple[int, int], peaks: Sequence[Peak]) -> str:
    """The whole page; ``first`` is seconds of compiling and of a process's first calls, ``weighed`` the size of ``peaks``."""
    peer = sizes[-1].peer
    head = [
        "# How fast the matching engine is",
        "",
        "Seconds from a data frame to a full result (checked, with ids, sets and weights), median of up to seven warm calls in one",
        "process, in turns with a floor: what bare arrays need in the same run, explained below. `make bench` writes this page.",
        "",
        f"- machine: {platform.machine()}, {os.cpu_count()} cores, {_processor()}; Python {platform.python_version()}",
        f"- versions: {', '.join(f'{name} {version(name)}' for name in PACKAGES)}; "
        f"MatchIt {peer.version or f'not timed: {peer.reason}'}",
        f"- population: twelve covariates, seed {SEED}; caliper 0.2 SD; peak of memory of the timing process "
        f"{peak_memory():.1f} GB, the data included",
        f"- not in the tables: the first calls of a process, {first[1]:.1f} s, which read the kernels from their cache; and "
        f"compiling them into it, once per machine, {first[0]:.0f} s",
        "",
        _FLOORS,
        *_memory(weighed, peaks),
        *_peer_text(sizes),
    ]
    return "\n".join([*head, *(line for size in sizes for line in table(size))]).rstrip("\n") + "\n"


def table(size: Size) -> list[str]:
    """The lines of one population."""
    lines = [
        f"## {size.n_treated:,} treated, {size.n_controls:,} controls",
        "",
        "| call | seconds | floor | seconds | ratio | MatchIt, seconds | times the engine |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for f in size.measured.figures:
        ratio = f.seconds / f.floor_seconds
        lines.append(
            f"| {f.label} | {f.seconds:.3f} | {f.floor} | {f.floor_seconds:.5f} | {ratio:.1f} "
            f"| {' | '.join(_theirs(f, size.peer.figures.get(f.label)))} |"
        )
    return [*lines, ""]


def _theirs(ours: Figure, theirs: PeerFigure | None) -> tuple[str, str]:
    """MatchIt's seconds, and in units of the engine's."""
    if theirs is None:
        return "", ""
    if theirs.seconds is None:
        if theirs.note == "late":
            return f"over {LIMIT}", f"over {LIMIT / ours.seconds:.0f}"
        # a guess from a smaller size is no measurement, and gets no number
        return ("not tried" if theirs.note == "too long to try" else "error"), ""
    return f"{theirs.seconds:.2f}", f"{theirs.seconds / ours.seconds:.1f}"


def _memory(weighed: tuple[int, int], peaks: Sequence[Peak]) -> list[str]:
    return [
        "## Memory of optimal and full matching",
        "",
        f"{weighed[0]:,} treated, {weighed[1]:,} controls: largest resident memory (ru_maxrss, GB of 10^9 bytes) of a process of its own",
        "that reads the ready frame (twelve covariates and the score) and makes one match; libraries and kernels included.",
        "",
        "| call | with the frame read | at the end |",
        "| --- | ---: | ---: |",
        *(f"| {p.label} | {p.before:.2f} | {p.peak:.2f} |" for p in peaks),
        "",
    ]


def _peer_text(sizes: Sequence[Size]) -> list[str]:
    """What the columns of MatchIt hold, and whether its matches are the same."""
    if sizes[-1].peer.version is None:
        return ["## MatchIt", "", f"Its columns are empty: {sizes[-1].peer.reason}.", ""]
    lines = [
        f"## MatchIt {sizes[-1].peer.version}",
        "",
        "The same data, score and width of caliper, timed within R (proc.time, each call in a fork, after reading the data); median",
        "of up to three calls, of one where it takes longer than 1.5 s; not in turns with the engine. Its greedy order is largest first.",
        'Empty: a call that is not made in R here. The row "score" is R\'s glm, whose result MatchIt uses; "balance" is its summary, after',
        f"the match in exact strata, where the engine's is after the plain one. A call is ended after {LIMIT} seconds.",
        "",
    ]
    for size in sizes:
        lines += _notes(size)
    return [*lines, ""] if sizes else lines


def _notes(size: Size) -> list[str]:
    """Unfinished calls and loose calipers of one size."""
    figures, where = size.peer.figures, f"{size.n_treated:,}/{size.n_controls:,}"
    lines = [f"- {where}: {size.peer.reason}"] if size.peer.reason else []
    late = [k for k, f in figures.items() if f.note == "late"]
    untried = [k for k, f in figures.items() if f.note == "too long to try"]
    broken = {k: f.note for k, f in figures.items() if f.note and k not in (*late, *untried)}
    wide = [(k, f) for k, f in figures.items() if f.widest is not None and f.widest > 1]
    if late:
        lines.append(f"- {where}: ended at the limit: {'; '.join(late)}")
    if untried:
        lines.append(
            f"- {where}: not tried, as the time at the size before, times the growth of treated times controls, is over the "
            f"limit: {'; '.join(untried)}"
        )
    lines += [f"- {where}: {k} stopped: {note}" for k, note in broken.items()]
    if wide:
        calls = "; ".join(f"{k} ({f.matched:,} treated matched, widest pair {f.widest:.1f} calipers)" for k, f in wide)
        lines.append(
            f"- {where}: did not keep within the caliper (the engine matches {size.measured.matched:,} in it, 1:1), so these do "
            f"a slightly different task (the news of later versions of MatchIt say that such a defect was mended): {calls}"
        )
    return lines


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")), "unknown"
    )
