"""A whole run: every stage in order, what leaves written last."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.disclosure import Policy, protect, refuse_foreign, write_manifest, write_release
from evaluation.errors import Problem, StudyError
from evaluation.progress import Progress
from evaluation.registers import Ledger, summary
from evaluation.report import check_texts, render
from evaluation.study.delivery import said_of, warnings_as_notes
from evaluation.study.design import Design
from evaluation.study.effects import StudyEffects
from evaluation.study.record import release_record
from evaluation.study.robustness import StudyRobustness
from evaluation.study.tables import release_tables

if TYPE_CHECKING:
    from evaluation.study.core import Study

STAGES = ("cohort", "design", "effects", "robustness", "release")


@dataclass(frozen=True)
class RunSummary:
    """What a run did, for the terminal."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)


def run_study(study: Study, release: Path, until: str, progress: Progress) -> RunSummary:
    """Do every stage up to ``until``.

    Raises
    ------
    StudyError
        When there is no such stage, or when folders that must be apart lie in one another.
    ReleaseError
        When the folder of the release holds other files.
    """
    if until not in STAGES:
        raise StudyError(Problem("--until", f"{until!r}", ", ".join(STAGES), "name one of the stages"))
    check_texts()  # a broken text must not stop a run after its work is done
    _refuse_nested(study, release)
    wanted = STAGES[: STAGES.index(until) + 1]
    if "release" in wanted:
        refuse_foreign(release)  # nor may a folder in use
    ledger = study.ledger(progress=progress)
    cohort = study.cohort(progress=progress)
    lines = [
        study.describe(),
        f"Registers  {ledger.table['rows'].sum():,} flawed rows by {int((ledger.table['rows'] > 0).sum())} rules (see tables/ledger.csv)",
        *said_of(ledger, cohort, study.spec),
        str(cohort),
    ]
    if "design" in wanted:
        progress("design", 0, 1)
        design = study.design(cohort).freeze()
        progress("design", 1, 1)
        lines.append(str(design))
    if "effects" in wanted and not design.passed:
        effects = StudyEffects.gate_failed(design)
        lines.append("Outcomes were not read: the design does not meet its gates.")
    elif "effects" in wanted:
        with warnings_as_notes() as notes:
            effects = study.effects(design, progress=progress)
        lines += [str(effects), *notes]
    robustness = None
    if "robustness" in wanted and study.spec.robustness is not None:
        robustness = (
            study.robustness(design, progress=progress) if design.passed else StudyRobustness.gate_failed(design)
        )
        lines.append(str(robustness))
    if "release" in wanted:
        written = _release(study, release, design, effects, robustness, ledger, progress)
        lines += ["Report", *(f"  {path}" for path in written if path.suffix in {".html", ".pdf"})]
    return RunSummary(tuple(lines))


def _release(
    study: Study,
    out: Path,
    design: Design,
    effects: StudyEffects,
    robustness: StudyRobustness | None,
    ledger: Ledger,
    progress: Progress,
) -> list[Path]:
    progress("release", 0, 1)
    tables = release_tables(
        design,
        effects,
        ledger=ledger,
        registers=summary(study.registers),
        definitions=study.definitions.table,
        protocol=study.folder,
    )
    tables |= robustness.tables if robustness is not None else {}
    protected = protect(tables, Policy(**study.spec.disclosure.model_dump()))
    write_release(out, protected, _record(study, design, effects))
    progress("release", 1, 1)
    progress("report", 0, 1)
    written = render(out)
    write_manifest(out)
    progress("report", 1, 1)
    return written


def _refuse_nested(study: Study, release: Path) -> None:
    """What may leave, what may not, and what was delivered lie in folders of their own."""
    places = {"--release": release, "--work": study.work, "--registers": study.registers_path}
    named = [(name, place.resolve()) for name, place in places.items() if place is not None]
    problems = [
        Problem(f"{inner}, {outer}", "one lies in the other", "folders apart from one another", "name another folder")
        for inner, a in named
        for outer, b in named
        if inner != outer and a.is_relative_to(b) and not (a == b and inner > outer)
    ]
    if problems:
        raise StudyError(problems)


def _record(study: Study, design: Design, effects: StudyEffects) -> dict[str, Any]:
    return release_record(
        design,
        effects,
        synthetic=study.registers.synthetic,
        end_of_data=f"{max(study.registers.years('lisa'))}-12-31",
    )
