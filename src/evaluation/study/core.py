"""A study: one file of decisions, one delivery of registers, and the way from the one to the other's answer."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evaluation.cohort import Cohort, assemble, load_cohort, refuse_known_afterwards
from evaluation.effects.dynamics.hazard import HazardPanel
from evaluation.errors import DeliveryError, DesignError, Problem, StudyError
from evaluation.outcomes import Definitions, Panel, load_definitions, read_outcomes
from evaluation.progress import Progress, silent
from evaluation.registers import Ledger, Registers, open_registers, validate
from evaluation.robustness import SpecificationCurve
from evaluation.study.delivery import refuse_unread, warnings_joined
from evaluation.study.describe import decisions
from evaluation.study.design import Design, build_design
from evaluation.study.effects import StudyEffects, estimate_study, later_months, needs_later_months, persons_to_read
from evaluation.study.effects_hazard import study_hazard
from evaluation.study.file import StudyFile, check_study, read_study_file
from evaluation.study.follow_up import FollowUp
from evaluation.study.journal import Journal
from evaluation.study.robustness import StudyRobustness
from evaluation.study.robustness_stage import study_robustness
from evaluation.study.running import RunSummary, run_study
from evaluation.study.stages import Stages, hash_delivery, key_of, source_hash
from evaluation.study.variants import study_curve

COVARIATE_YEARS = 3  # calendar years of income before the first start


class Study:
    """A study on a delivery of registers.

    Parameters
    ----------
    spec
        The decisions, from the study file.
    folder
        Where the study file lies, with ``definitions/`` and ``protocol.md`` beside it.
    registers
        A folder of parquet or CSV files, or a DuckDB file; may be None for a study that is only read.
    work
        The protected folder for person-level data; None keeps everything in memory.

    Examples
    --------
    >>> study = Study.open("study/visstid_2009_2011.toml", registers="run/delivery/registers")  # doctest: +SKIP
    >>> cohort = study.cohort()                                                                 # doctest: +SKIP
    >>> design = study.design(cohort, caliper=0.1)                                              # doctest: +SKIP
    >>> effects = study.effects(design.freeze())                                                # doctest: +SKIP
    """

    def __init__(
        self, spec: StudyFile, *, folder: Path, registers: Path | None = None, work: Path | None = None
    ) -> None:
        self.spec, self.folder, self.work = spec, folder, work
        self.registers_path = registers
        self._stages = Stages(work)
        self._journal = Journal(work / "design" / "journal.jsonl" if work is not None else None)

    @classmethod
    def open(cls, path: str | Path, registers: str | Path | None = None, work: str | Path | None = None) -> Study:
        """Read a study file and say where its registers are.

        Raises
        ------
        StudyError
            Naming all that is wrong with the file or its definitions.
        """
        path = Path(path)
        return cls(
            read_study_file(path),
            folder=path.resolve().parent,
            registers=Path(registers) if registers is not None else None,
            work=Path(work) if work is not None else None,
        )

    @cached_property
    def definitions(self) -> Definitions:
        """Thresholds, base amounts, prices and code lists."""
        return load_definitions(self.folder / "definitions")

    @cached_property
    def registers(self) -> Registers:
        """The delivery, opened and checked against its contracts.

        Raises
        ------
        DeliveryError
            When the delivery is broken beyond repair; all problems at once.
        """
        if self.registers_path is None:
            raise StudyError(
                Problem("registers", "no delivery was given", mend='give its folder: Study.open(..., registers="...")')
            )
        needed = (self.spec.cohort.years[0] - COVARIATE_YEARS, self.spec.cohort.years[-1] - 1)
        threads = int(os.environ.get("EVALUATION_THREADS", "2"))
        # what the engine spills to disk is person-level: it belongs in the protected folder
        made = self.work is not None and not self.work.exists()
        if self.work is not None:
            self.work.mkdir(parents=True, exist_ok=True)
        try:
            registers = open_registers(self.registers_path, years=needed, threads=threads, temp_dir=self.work)
            refuse_unread(registers.absent, self.spec)
            return registers
        except DeliveryError:
            if made and self.work is not None:
                shutil.rmtree(self.work, ignore_errors=True)
            raise

    @cached_property
    def linked_share(self) -> float:
        """Share of the City's enrolment rows whose person is known by a serial number."""
        kept = self.work / "cohort" / "linked_share.json" if self.work is not None else None
        if kept is not None and kept.exists() and self._stages.fresh("cohort", self._key("cohort")):
            return float(json.loads(kept.read_text()))
        linked = self.registers.linked("enrolments")
        share = float(self.registers.execute(linked.person.notnull().mean()))
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(share))
        return share

    def ledger(self, *, progress: Progress = silent) -> Ledger:
        """The flaw ledger of the delivery."""
        if "_ledger" not in self.__dict__:
            progress("flaw ledger", 0, 1)
            self._ledger = validate(self.registers)
            progress("flaw ledger", 1, 1)
        return self._ledger

    def cohort(self, *, progress: Progress = silent) -> Cohort:
        """The person-months at risk, with covariates measured before each month."""
        folder = self.work / "cohort" if self.work is not None else None
        key = self._key("cohort")
        if folder is not None and self._stages.fresh("cohort", key):
            return load_cohort(folder)
        cohort = assemble(
            self.registers,
            self.spec.cohort,
            prices=self.definitions.series("consumer_price_index"),
            categories={group: self.definitions.category_periods(group) for group in ("unemployed", "programme")},
            work=folder,
            progress=progress,
        )
        if folder is not None:
            cohort.save(folder)
        self._stages.finished("cohort", key)
        return cohort

    def design(self, cohort: Cohort, *, covariates: Sequence[str] | None = None, **changes: Any) -> Design:
        """Score and match; any option of the study file's ``[matching]`` may be changed here.

        Parameters
        ----------
        cohort
            The person-months at risk.
        covariates
            Covariates of the score, instead of the study file's.
        **changes
            Options of ``[matching]``, for instance ``caliper=0.1`` or ``exact=["sex"]`` (a risk set is always a month and a class of elapsed
            time; what is named here comes on top).
        """
        spec = self._changed(covariates, changes)
        if not isinstance(cohort, Cohort):
            raise DesignError(
                Problem("cohort", f"a {type(cohort).__name__}", "a Cohort", "give study.cohort(), not its table")
            )
        return build_design(
            cohort, spec, linked_share=self.linked_share, journal=self._journal, inputs=self._design_inputs
        )

    def describe(self) -> str:
        """The decisions in force, section by section, with the defaults marked."""
        return decisions(self.spec)

    def effects(self, design: Design, *, progress: Progress = silent) -> StudyEffects:
        """Read outcomes for a frozen design and estimate everything the study file asks for.

        Raises
        ------
        DesignError
            When the design is not frozen, or does not meet the gates of the study file.
        """
        design_hash = design.require_frozen()

        def make() -> StudyEffects:
            panel = self._panel(design, persons_to_read(design), design_hash, progress)
            with warnings_joined():
                return estimate_study(design, panel, later=self._later(design, progress), progress=progress)

        key = self._key_of(design, without=("robustness",))
        return self._stages.kept("effects", key, make, valid=lambda e: e.design_hash == design_hash)

    def robustness(self, design: Design, *, progress: Progress = silent) -> StudyRobustness:
        """Would the primary result of a frozen design stand? The checks of ``[robustness]`` in the study file.

        Raises
        ------
        StudyError
            When the study file has no such section.
        DesignError
            When the design is not frozen, or does not meet the gates of the study file.
        """
        asked = design.spec.robustness
        if asked is None:
            raise StudyError(
                Problem("study file", "has no [robustness]", "the checks to make", "add the section, for instance from study/visstid_2009_2011.toml")
            )  # fmt: skip
        design_hash = design.require_frozen()
        names = {*design.spec.outcomes.definitions, *asked.grid.definition, *asked.placebo}

        def make() -> StudyRobustness:
            return study_robustness(
                design,
                lambda **changes: self.design(design.cohort, **changes),
                lambda persons, of: self._panel(design, persons, of, progress, definitions=sorted(names)),
                hazard=self._hazard(design, progress),
                progress=progress,
            )

        return self._stages.kept("robustness", self._key_of(design), make, valid=lambda r: r.design_hash == design_hash)

    def follow_up(self, design: Design, *, everybody: bool = False, progress: Progress = silent) -> FollowUp:
        """Outcomes of a frozen design by person, for event studies, waiting times and checks of robustness.

        Parameters
        ----------
        everybody
            Read them for everybody at risk, not for the members of the matched sets only: what weighting the whole cohort needs.

        Raises
        ------
        DesignError
            When the design is not frozen, or does not meet the gates of the study file.
        """
        persons = design.persons()
        if everybody:
            persons = np.union1d(persons, design.cohort.persons["person"].to_numpy(dtype=np.int64))
        return FollowUp(design, self._panel(design, persons, design.require_frozen(), progress))

    def specification_curve(
        self,
        design: Design,
        grid: Mapping[str, Sequence[Any]],
        *,
        draws: int | None = None,
        progress: Progress = silent,
    ) -> SpecificationCurve:
        """The primary result under other choices; see :func:`evaluation.study.variants.study_curve`.

        Examples
        --------
        >>> study.specification_curve(design, {"caliper": [0.2, 0.1], "ratio": [5, 1], "clock": ["exit_planned", "start"]})  # doctest: +SKIP
        """

        def panel_of(persons: np.ndarray, design_hash: str) -> Panel:
            return self._panel(design, persons, design_hash, progress)

        hazard = self._hazard(design, progress)
        return study_curve(
            design, lambda **changes: self.design(design.cohort, **changes), panel_of, grid, hazard=hazard, draws=draws
        )

    def _panel(
        self,
        design: Design,
        persons: np.ndarray,
        design_hash: str,
        progress: Progress,
        definitions: Sequence[str] | None = None,
    ) -> Panel:
        spec = design.spec.outcomes
        if definitions is not None:
            spec = spec.model_copy(update={"definitions": tuple(definitions)})
        return read_outcomes(
            self.registers, persons, self.definitions, spec, design_hash=design_hash, progress=progress
        )

    def _later(self, design: Design, progress: Progress) -> pd.DataFrame | None:
        """Person-months at risk after the window, where an estimand needs them."""
        if not needs_later_months(design.spec):
            return None
        return later_months(self.registers, design.cohort, self.definitions, progress=progress)

    def _hazard(self, design: Design, progress: Progress) -> HazardPanel | None:
        """Hazard of beginning an employment later, where the primary result is about ``never``."""
        if design.spec.effects.estimand != "never":
            return None
        return study_hazard(design, self._later(design, progress))

    def _key_of(self, design: Design, *, without: Sequence[str] = ()) -> str:
        """What the results of a design depend on: its data, and the study file but for the sections named."""
        sections = [name for name in type(design.spec).model_fields if name not in without]
        return key_of(self._key("cohort"), design.hash, design.spec.digest(*sections))

    def run(self, *, release: str | Path, until: str = "release", progress: Progress = silent) -> RunSummary:
        """Do every stage up to ``until``: cohort, design, effects, robustness or release.

        Returns
        -------
        RunSummary
            A few lines for the terminal.
        """
        return run_study(self, Path(release), until, progress)

    def _changed(self, covariates: Sequence[str] | None, changes: dict[str, Any]) -> StudyFile:
        if covariates is None and not changes:
            return self.spec
        lists = {"covariates": covariates, "exact": changes.get("exact")}
        if text := [
            Problem(name, repr(v), "a list of names", f"{name}=[{v!r}]")
            for name, v in lists.items()
            if isinstance(v, str)
        ]:
            raise StudyError(text)
        refuse_known_afterwards(covariates or (), role="covariate")
        refuse_known_afterwards(changes.get("exact") or (), role="stratum")
        content = self.spec.model_dump()
        # what the study file says of the order does not carry over to another method, or to replacement, where it would mean nothing
        carried = (
            {**content["matching"], "order": None} if {"method", "replace"} & set(changes) else content["matching"]
        )
        content["matching"] = {**carried, **changes}
        if covariates is not None:
            content["score"] = {**content["score"], "covariates": tuple(covariates)}
        return check_study(content, name="design options")

    @cached_property
    def _design_inputs(self) -> dict[str, str]:
        """Hashes of what a design rests on besides the study file; of the definitions as they were read, not as the files stand now."""
        delivery = hash_delivery(self.registers_path) if self.registers_path is not None else ""
        return {"definitions": self.definitions.digest, "delivery": delivery}

    def _key(self, *sections: str) -> str:
        if "_fingerprint" not in self.__dict__:
            self._fingerprint = key_of(source_hash(), *self._design_inputs.values())
        return key_of(self._fingerprint, self.spec.digest(*sections))
