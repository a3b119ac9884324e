"""What a run has to say of its delivery: registers that are missing, participants without a planned end, groups of few clusters."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from evaluation.cohort import Cohort
from evaluation.cohort.catalogue import CATALOGUE
from evaluation.errors import CensoredHorizonWarning, DeliveryError, FewClustersWarning, Problem
from evaluation.registers import Ledger, contract
from evaluation.study.file import StudyFile

#: Optional registers that an outcome is made of: without them it would be zero for everybody. The group of covariates, and the outcomes.
READ_FROM = {"unemployment_insurance": ("insurance", ("unemployment_insurance",))}


def refuse_unread(absent: Iterable[str], spec: StudyFile) -> None:
    """Refuse a delivery without a register that the study reads as a covariate or an outcome.

    Raises
    ------
    DeliveryError
        Naming the registers, what is read from them, and how to do without.
    """
    problems = []
    for register in absent:
        group, outcomes = READ_FROM.get(register, ("", ()))
        covariates = [c.name for c in CATALOGUE if c.group == group and c.name in spec.score.covariates]
        asked = [name for name in outcomes if name in spec.outcomes.outcomes]
        if not covariates and not asked:
            continue
        places = [f"{', '.join(covariates)} in [score] covariates"] if covariates else []
        places += [f"{', '.join(asked)} in [outcomes] outcomes"] if asked else []
        one = contract(register)
        problems.append(
            Problem(
                f"{register} ({one.title})",
                f"no table {one.table}, although the study reads {' and '.join(places)}",
                f"a table named {one.table} or the like",
                f"add it to the delivery, or take {' and '.join(places)} out of the study file",
            )
        )
    if problems:
        raise DeliveryError(problems)


def said_of(ledger: Ledger, cohort: Cohort, spec: StudyFile) -> list[str]:
    """Lines for the terminal: whole registers without rows or missing, and participants who are not followed on a clock."""
    lines = [f"  Note: {note}" for note in ledger.notes]
    if cohort.without_planned_exit and "exit_planned" in spec.effects.clocks:
        lines.append(
            f"  Note: {cohort.without_planned_exit:,} participants have no planned end; they are not followed on the clock exit_planned"
        )
    return lines


_JOINED = (FewClustersWarning, CensoredHorizonWarning)


@contextmanager
def warnings_joined() -> Iterator[None]:
    """Make one warning of those of few clusters raised inside, and one of those of horizons not seen for all; other warnings pass.

    A study estimates for every clock and subgroup, and each that is small or ends late warns: so many warnings that nobody reads one.
    """
    with _caught() as caught:
        yield
    few = [w for w in caught if issubclass(w.category, FewClustersWarning)]
    part = [w for w in caught if issubclass(w.category, CensoredHorizonWarning)]
    if few:
        counts = [re.match(r"(\d+) of \d+ estimates", str(w.message)) for w in few]
        n = sum(int(m.group(1)) if m else 1 for m in counts)
        warnings.warn(
            f"{n:,} estimates, of small subgroups, rest on few clusters: their standard errors are too small; read them as rough",
            FewClustersWarning,
            stacklevel=3,
        )
    found = [re.match(r"\d+ horizons on the clock (\w+) are seen for ([\d.]+) %", str(w.message)) for w in part]
    for one, m in zip(part, found, strict=True):
        if m is None:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    seen = [m for m in found if m]
    if seen:
        clocks, least = ", ".join(sorted({m.group(1) for m in seen})), min(float(m.group(2)) for m in seen)
        warnings.warn(
            f"on {clocks}, some rows are about fewer than all participants ({least:g} % at least): the registers end first, or some have nobody to be compared "
            "with. They speak of those who are followed (n_treated)",
            CensoredHorizonWarning,
            stacklevel=3,
        )


@contextmanager
def warnings_as_notes() -> Iterator[list[str]]:
    """Collect the warnings of few clusters and of horizons not seen for all as lines for the terminal; other warnings pass."""
    lines: list[str] = []
    with _caught() as caught:
        yield lines
    lines += [f"  Note: {w.message}" for w in caught]


@contextmanager
def _caught() -> Iterator[list[warnings.WarningMessage]]:
    """Warnings of the kinds that are joined; others are raised again at the end."""
    kept: list[warnings.WarningMessage] = []
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            for kind in _JOINED:
                warnings.simplefilter("always", kind)
            yield kept
    finally:
        for one in caught:
            if issubclass(one.category, _JOINED):
                kept.append(one)
            else:
                warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
