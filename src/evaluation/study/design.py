"""The design of a study: who is compared with whom, fixed before any outcome is read.

A design holds the score, the matched sets, balance, overlap and the smallest difference it would detect. Freezing gives it a hash; outcomes
are read for a frozen design only (the blind).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.cohort import Cohort, inherited, refuse_known_afterwards
from evaluation.errors import DesignError, Problem
from evaluation.matching import Balance, Matched, match
from evaluation.robustness import minimum_detectable_effect
from evaluation.study.file import StudyFile
from evaluation.study.journal import FROZEN, READ, VARIANT, Journal

INHERITED: tuple[Literal["start", "exit_planned", "exit_actual"], ...] = ("start", "exit_planned", "exit_actual")
UNADJUSTED = 0x554E414A  # name of the stream that draws the unadjusted comparison
DESIGN_SECTIONS = ("cohort", "score", "matching", "outcomes", "primary", "margins", "effects", "gates")


@dataclass(frozen=True)
class Gate:
    """One demand on a design, set in the study file; outcomes stay unread where it fails."""

    name: str
    value: float
    limit: float
    passed: bool


class Design:
    """A matched cohort, before (and when frozen, after) outcomes may be read.

    Parameters
    ----------
    cohort
        The person-months at risk.
    matched
        The matched sets.
    spec
        The study file the design follows, with any changes made in a notebook.
    linked_share
        Share of the City's rows that could be linked to a serial number.
    journal
        Remembers freezings and readings, in the protected folder; None keeps those of this design in memory only.
    inputs
        Hashes of what results rest on besides the study file: ``definitions`` and ``delivery``. They are part of the design's hash, so that a
        threshold or a delivery that is changed after outcomes were read counts as another design.
    """

    def __init__(
        self,
        cohort: Cohort,
        matched: Matched,
        spec: StudyFile,
        *,
        linked_share: float,
        journal: Journal | None = None,
        inputs: Mapping[str, str] | None = None,
    ) -> None:
        self.cohort, self.matched, self.spec, self.linked_share = cohort, matched, spec, linked_share
        self.inputs = dict(sorted((inputs or {}).items()))
        self._journal = journal if journal is not None else Journal()
        self._frozen = False

    @cached_property
    def members(self) -> pd.DataFrame:
        """One row per membership of a set: set, id (row of the cohort's table), person, treated, weight, and the clocks of its participant.

        ``start``, ``exit_planned`` and ``exit_actual`` are months of the participant, inherited by the whole set.
        """
        members = self.matched.members.rename(columns={"unit": "person"}).reset_index(drop=True)
        table = self.cohort.table
        # -1 where the registers give no such month: what numpy makes of a missing float differs between machines
        clocks = {
            clock: np.nan_to_num(inherited(members, table, clock=clock), nan=-1.0).astype(np.int64)
            for clock in INHERITED
        }
        return members[["set", "id", "person", "treated", "weight"]].assign(**clocks)

    def balance(self, **options: Any) -> Balance:
        """Balance of the covariates before and after matching, with ``.table`` and ``.plot()``; terms of time are exact and not shown."""
        return self.matched.balance(**{"covariates": list(self.spec.score.covariates), **options})

    def persons(self) -> npt.NDArray[np.int64]:
        """Everybody whose outcomes will be read: in a set, or drawn for the unadjusted comparison."""
        return np.unique(
            np.concatenate(
                [self.members["person"].to_numpy(dtype=np.int64), self.unmatched["person"].to_numpy(dtype=np.int64)]
            )
        )

    @property
    def unadjusted_participants(self) -> Literal["eligible", "matched"]:
        """Whom the unadjusted comparison is of."""
        left_over = self.counts["n_treated_eligible"] - self.counts["n_treated_matched"]
        return "matched" if 0 < left_over < self.spec.disclosure.min_count else "eligible"

    @cached_property
    def unmatched(self) -> pd.DataFrame:
        """Every eligible participant beside persons drawn at random among those at risk in the same month: the unadjusted comparison.

        Eligible, and not only matched: who found nobody comparable is part of what an unadjusted comparison shows. Where so few found nobody
        that the two numbers side by side would tell of them, it is of the matched (:attr:`unadjusted_participants`). The columns are
        those of :attr:`members`; ``set`` numbers the participants here and has nothing to do with the matched sets. A participant in a
        month without anybody else at risk is left out.
        """
        table = self.cohort.table
        rows = table.loc[table["treated"] == 1].sort_values("row")
        if self.unadjusted_participants == "matched":
            rows = rows[rows["row"].isin(self.members.loc[self.members["treated"] == 1, "id"])]
        exits = {
            clock: np.nan_to_num(rows[column].to_numpy(dtype=float), nan=-1.0).astype(np.int64)
            for clock, column in (("exit_planned", "planned_exit"), ("exit_actual", "actual_exit"))
        }
        participants = pd.DataFrame(
            {
                "set": np.arange(len(rows)),
                "id": rows["row"].to_numpy(dtype=np.int64),
                "person": rows["person"].to_numpy(dtype=np.int64),
                "treated": 1,
                "weight": 1.0,
                "start": rows["month"].to_numpy(dtype=np.int64),
                **exits,
            }
        )
        rng = np.random.Generator(np.random.Philox(key=[self.spec.matching.seed, UNADJUSTED]))
        at_risk = {
            month: rows["person"].to_numpy()
            for month, rows in table.loc[table["treated"] == 0, ["month", "person"]].groupby("month")
        }
        participants = participants[participants["start"].isin(at_risk.keys())].reset_index(drop=True)
        k = self.spec.effects.unadjusted_controls
        drawn = [at_risk[month][rng.integers(0, len(at_risk[month]), k)] for month in participants["start"].to_numpy()]
        controls = participants.loc[participants.index.repeat(k)].assign(
            person=np.concatenate(drawn or [np.empty(0, dtype=np.int64)]), treated=0, weight=1.0 / k, id=-1
        )
        return pd.concat([participants, controls], ignore_index=True)

    @cached_property
    def mde(self) -> float:
        """Smallest difference between two shares that the design would detect (level 5 %, power 80 %), without any outcome.

        Computed for a share of one half, where it is largest: (z_{0.975} + z_{0.8}) sqrt(0.25 (1/n + 1/ESS)).
        """
        counts = self.counts
        return minimum_detectable_effect((counts["n_treated_matched"], counts["ess_controls"])).effect

    @cached_property
    def counts(self) -> dict[str, float]:
        """Numbers of participants and comparison persons, before and after matching."""
        members = self.matched.members
        treated = members["treated"].to_numpy() == 1
        weights = members.loc[~treated].groupby("unit")["weight"].sum().to_numpy()
        return {
            "n_treated_eligible": int((self.cohort.table["treated"] == 1).sum()),
            "n_treated_matched": int(treated.sum()),
            "n_controls_matched": len(weights),
            "n_control_rows": int((~treated).sum()),
            "n_person_months": len(self.cohort.table),
            "ess_controls": float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0,
        }

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """Every gate of the study file with the value found."""
        limits, counts = self.spec.gates, self.counts
        smd = self.balance().max_smd()
        matched = counts["n_treated_matched"] / max(counts["n_treated_eligible"], 1)
        return (
            Gate("balance", smd, limits.max_smd, smd <= limits.max_smd),
            Gate("overlap", matched, limits.min_matched_share, matched >= limits.min_matched_share),
            Gate("linkage", self.linked_share, limits.min_linked_share, self.linked_share >= limits.min_linked_share),
            Gate("size", self.mde, limits.max_mde, self.mde <= limits.max_mde),
        )

    @property
    def passed(self) -> bool:
        """Whether every gate is met."""
        return all(gate.passed for gate in self.gates)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the study's decisions, its definitions, the delivery and every matched set."""
        digest = hashlib.sha256(self.spec.digest(*DESIGN_SECTIONS).encode())
        digest.update("".join(f"\0{name}={value}" for name, value in self.inputs.items()).encode())
        members = self.members.sort_values(["set", "treated", "person", "id"], ascending=[True, False, True, True])
        for column in ("set", "person", "start", "exit_planned"):
            digest.update(np.ascontiguousarray(members[column].to_numpy(dtype="<i8")).tobytes())
        digest.update(np.round(members["weight"].to_numpy(dtype="<f8"), 9).tobytes())
        return digest.hexdigest()

    @property
    def frozen(self) -> bool:
        """Whether the design is fixed."""
        return self._frozen

    @property
    def changes(self) -> int:
        """How many other designs were frozen or read after outcomes had first been read; see :attr:`Journal.changes`."""
        return self._journal.changes

    @property
    def variants(self) -> int:
        """How many variants outcomes were read for, to see whether a finding stands; see :attr:`Journal.variants`."""
        return self._journal.variants

    def freeze(self) -> Design:
        """Fix the design: write its hash to the journal, after which outcomes may be read for it."""
        if not self._frozen:
            self._journal.add(FROZEN, self.hash, self.inputs)
            self._frozen = True
        return self

    def require_frozen(self) -> str:
        """Give the hash of a frozen design, and note that outcomes are being read for it.

        Raises
        ------
        DesignError
            When the design is not frozen, or fails a gate of the study file.
        """
        if not self._frozen:
            raise DesignError(
                Problem(
                    "outcomes",
                    "the design is not frozen",
                    "outcomes are read for a frozen design only",
                    "look at design.balance() and design.gates, then call design.freeze()",
                )
            )
        self._refuse_failed()
        self._journal.add(READ, self.hash, self.inputs)
        return self.hash

    def read_as_variant(self, of: Design) -> str:
        """Note that outcomes are read for this design as a variant of a frozen one, to see whether its finding stands; give the hash of that one.

        Raises
        ------
        DesignError
            When the other design is not frozen, or either fails a gate.
        """
        own = of.require_frozen()
        self._refuse_failed()
        self._journal.add(VARIANT, self.hash, self.inputs)
        return own

    def _refuse_failed(self) -> None:
        if not self.passed:
            raise DesignError(
                [
                    Problem(
                        f"gate {gate.name}",
                        f"{gate.value:.3f}",
                        f"limit {gate.limit:g}",
                        "change the design until every gate is met; outcomes are not read before",
                    )
                    for gate in self.gates
                    if not gate.passed
                ]
            )

    def __str__(self) -> str:
        counts = self.counts
        gates = ", ".join(
            f"{g.name} {g.value:.3f} ({'met' if g.passed else 'NOT met'}, limit {g.limit:g})" for g in self.gates
        )
        return (
            f"Design {self.hash[:8]}{' (frozen)' if self.frozen else ''}\n"
            f"  compared within       {', '.join(self.spec.matching.strata)}\n"
            f"  participants matched  {counts['n_treated_matched']:,} of {counts['n_treated_eligible']:,}\n"
            f"  comparison persons    {counts['n_controls_matched']:,} (effective {counts['ess_controls']:,.0f})\n"
            f"  detectable difference {self.mde:.3f}\n"
            f"  gates                 {gates}"
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from evaluation.sortable import sortable

        gates = pd.DataFrame(
            [(gate.name, gate.value, gate.limit, "met" if gate.passed else "NOT met") for gate in self.gates],
            columns=["gate", "value", "limit", "said"],
        )
        head = str(self).rsplit("\n", 1)[0]
        formats = {"value": "{:.3f}", "limit": "{:g}"}
        return f"<pre>{head}</pre>{sortable(gates, caption='Gates: what a design must meet before outcomes are read', formats=formats)}"


def build_design(
    cohort: Cohort,
    spec: StudyFile,
    *,
    linked_share: float,
    journal: Journal | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Design:
    """Score the person-months at risk and match within risk sets.

    The score is the discrete-time hazard of starting (methods, section 3): all person-months at risk, covariates measured before the month,
    classes of elapsed time and calendar quarters. Matching acts inside month x class of elapsed time (and what else the study file asks to be
    exact); across months reuse is free.
    """
    known = set(cohort.table.columns)
    unknown = [name for name in (*spec.score.covariates, *spec.score.time, *spec.matching.strata) if name not in known]
    if unknown:
        raise DesignError(
            [
                Problem(
                    "study file", f"the cohort has no column {name!r}", ", ".join(c.name for c in cohort.covariates)
                )
                for name in unknown
            ]
        )
    refuse_known_afterwards(spec.score.covariates, role="covariate")
    refuse_known_afterwards(spec.matching.strata, role="stratum")
    frame = cohort.table.assign(**{name: cohort.table[name].astype("category") for name in spec.score.time})
    matched = match(
        frame,
        treatment="treated",
        covariates=[*spec.score.covariates, *spec.score.time],
        score_model=spec.score.model,
        id="row",
        unit="person",
        exact=[*spec.matching.strata],
        **spec.matching.options,
    )
    return Design(cohort, matched, spec, linked_share=linked_share, journal=journal, inputs=inputs)
