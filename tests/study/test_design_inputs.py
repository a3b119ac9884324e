"""What a design rests on: decisions, definitions and delivery are in its hash and in the journal; who it compares, and on which clocks."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import evaluation.study.core as core
from evaluation.cohort import Cohort
from evaluation.errors import DeliveryError, FewClustersWarning, FlaggedMethodWarning, StudyError
from evaluation.study import Study
from evaluation.study.delivery import refuse_unread, said_of, warnings_as_notes, warnings_joined
from evaluation.study.design import Design
from evaluation.study.effects import StudyEffects
from evaluation.study.file import read_study_file
from evaluation.study.journal import FROZEN, READ, Journal
from evaluation.study.running import _record
from evaluation.study.stages import hash_delivery
from evaluation.study.subgroups import subgroup_masks
from evaluation.study.tables import flow, population
from tests.proofs.delivery import STUDY, changed, deliver

GATES = {"max_smd": 9.0, "min_matched_share": 0.0, "min_linked_share": 0.0, "max_mde": 9.0}
SPEC = changed(read_study_file(STUDY), gates=GATES, matching={"caliper": 0.02, "ratio": 1})


@pytest.fixture(scope="module")
def registers(deliveries: Path) -> Path:
    """A small delivery in which every sixth employment has no planned end."""
    made = deliver(deliveries / "parquet", scenario="default", persons=1_500, seed=4)
    copy = deliveries / "without_planned_ends" / "registers"
    shutil.copytree(made / "registers", copy)
    table = pq.read_table(copy / "jobbtorg_visstid.parquet")
    ends = table.column("TomDatumPlan").to_pylist()
    column = pa.array(
        [None if i % 6 == 0 else end for i, end in enumerate(ends)], type=table.schema.field("TomDatumPlan").type
    )
    place = table.column_names.index("TomDatumPlan")
    pq.write_table(table.set_column(place, "TomDatumPlan", column), copy / "jobbtorg_visstid.parquet")
    return copy


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def study(registers: Path, work: Path) -> Study:
    return Study(SPEC, folder=STUDY.parent, registers=registers, work=work)


@pytest.fixture(scope="module")
def cohort(study: Study) -> Cohort:
    return study.cohort()


@pytest.fixture(scope="module")
def design(study: Study, cohort: Cohort) -> Design:
    return study.design(cohort)


def with_definitions(folder: Path, old: str, new: str) -> Path:
    shutil.copytree(STUDY.parent, folder)
    limits = folder / "definitions" / "establishment_limits.csv"
    text = limits.read_text(encoding="utf-8")
    assert old in text
    limits.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def a_limit() -> tuple[str, str]:
    """A threshold of the definitions, as written, and with another value."""
    lines = (STUDY.parent / "definitions" / "establishment_limits.csv").read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith("2014,established_from,"))
    year, name, value, rest = row.split(",", 3)
    return row, f"{year},{name},{int(float(value)) - 5_000},{rest}"


def test_a_threshold_changed_after_reading_is_another_design(
    design: Design, cohort: Cohort, registers: Path, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")

    def designed(folder: Path) -> Design:
        # the same persons, matched alike: only what is read of them differs
        inputs = Study(SPEC, folder=folder, registers=registers)._design_inputs
        return Design(cohort, design.matched, SPEC, linked_share=1.0, journal=journal, inputs=inputs)

    first = designed(STUDY.parent).freeze()
    first.require_frozen()
    assert first.hash == design.hash
    old, new = a_limit()
    other = designed(with_definitions(tmp_path / "other", old, new)).freeze()
    assert other.hash != first.hash
    assert other.changes == first.changes == 1
    events = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert events[0]["definitions"] != events[-1]["definitions"]
    assert events[0]["delivery"] == events[-1]["delivery"]
    # words about a value are no part of it
    reworded = designed(with_definitions(tmp_path / "reworded", old, old.rsplit(",", 1)[0] + ",assumed"))
    assert reworded.hash == first.hash


def test_the_delivery_is_part_of_the_design(registers: Path, tmp_path: Path) -> None:
    before = hash_delivery(registers)
    copy = tmp_path / "registers"
    shutil.copytree(registers, copy)
    (copy / "README.md").write_text("a note beside the tables")
    assert hash_delivery(copy) == before
    table = pq.read_table(copy / "scb_doda.parquet")
    pq.write_table(table.slice(1), copy / "scb_doda.parquet")
    assert hash_delivery(copy) != before
    inputs = [Study(SPEC, folder=STUDY.parent, registers=path)._design_inputs for path in (registers, copy)]
    assert inputs[0]["delivery"] != inputs[1]["delivery"]


def test_designs_are_counted_not_switches() -> None:
    def changes(*events: tuple[str, str]) -> int:
        journal = Journal()
        for event, name in events:
            journal.add(event, name)
        return journal.changes

    start = ((FROZEN, "a"), (READ, "a"))
    assert changes((FROZEN, "b"), (FROZEN, "a")) == 0  # nothing was read
    assert changes((FROZEN, "b"), *start) == 0  # chosen blind
    assert changes(*start, (FROZEN, "b"), (FROZEN, "a")) == 1
    assert changes(*start, (FROZEN, "b"), (READ, "b"), (FROZEN, "a"), (READ, "a"), (FROZEN, "b")) == 1
    assert changes(*start, (FROZEN, "b"), (FROZEN, "c")) == 2
    assert changes((FROZEN, "b"), *start, (READ, "b")) == 1  # frozen before, but read after


def test_designs_of_one_study_share_their_journal_in_memory(registers: Path, cohort: Cohort, study: Study) -> None:
    other = Study(SPEC, folder=STUDY.parent, registers=registers)
    other.__dict__["linked_share"] = study.linked_share  # opening the registers again would tell the same
    one = other.design(cohort).freeze()
    one.require_frozen()
    two = other.design(cohort, ratio=2).freeze()
    assert one.changes == two.changes == 1


def test_cached_effects_are_of_the_same_design(study: Study, design: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def outcomes(*arguments: object, design_hash: str, **options: object) -> str:
        read.append(design_hash)
        return design_hash

    monkeypatch.setattr(core, "read_outcomes", outcomes)
    monkeypatch.setattr(core, "estimate_study", lambda design, panel, **_: SimpleNamespace(design_hash=panel))
    frozen = design.freeze()
    assert study.effects(frozen).design_hash == study.effects(frozen).design_hash == frozen.hash
    assert len(read) == 1
    other = Design(
        design.cohort, design.matched, SPEC, linked_share=1.0, inputs={**design.inputs, "definitions": "others"}
    ).freeze()
    assert study.effects(other).design_hash == other.hash
    assert len(read) == 2


def test_a_change_of_the_checks_leaves_the_effects_as_they_are(
    study: Study, design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def make(design: Design, panel: object, **_: object) -> SimpleNamespace:
        asked.append(design.hash)
        return SimpleNamespace(design_hash=design.hash)

    monkeypatch.setattr(core, "read_outcomes", lambda *_, **__: None)
    monkeypatch.setattr(core, "estimate_study", make)
    assert SPEC.robustness is not None
    checks = SPEC.robustness.model_copy(update={"checks": ("evalue",)})
    levels = SPEC.effects.model_copy(update={"level": 0.9})
    for spec, times in (
        (SPEC, 1),
        (SPEC.model_copy(update={"robustness": checks}), 1),
        (SPEC.model_copy(update={"robustness": None}), 1),
        (SPEC.model_copy(update={"effects": levels}), 2),
    ):
        other = Study(spec, folder=STUDY.parent, registers=study.registers_path, work=study.work)
        varied = Design(design.cohort, design.matched, spec, linked_share=1.0, inputs=design.inputs).freeze()
        other.effects(varied)
        assert len(asked) == times


def test_everybody_eligible_is_in_the_unadjusted_comparison(design: Design, cohort: Cohort) -> None:
    table = cohort.table
    eligible = table[table["treated"] == 1]
    unmatched = design.unmatched
    participants = unmatched[unmatched["treated"] == 1]
    matched = design.counts["n_treated_matched"]
    assert matched < len(eligible)
    assert list(participants["person"]) == list(eligible.sort_values("row")["person"])
    assert participants["set"].is_unique
    np.testing.assert_array_equal(participants["start"], eligible.sort_values("row")["month"])
    controls = unmatched[unmatched["treated"] == 0]
    assert (controls.groupby("set")["weight"].sum().round(9) == 1).all()
    at_risk = set(zip(table["person"], table["month"], table["treated"], strict=True))
    assert {(p, m, 0) for p, m in zip(controls["person"], controls["start"], strict=True)} <= at_risk
    assert set(participants["person"]) <= set(design.persons())


def test_missing_planned_ends_are_told_and_belong_to_no_length(study: Study, design: Design, cohort: Cohort) -> None:
    table, members = cohort.table, design.members
    treated = members[members["treated"] == 1]
    undated = treated[treated["exit_planned"] < 0]
    assert len(undated) > 0
    masks = subgroup_masks(table, members, ["planned_length"])
    assert set(masks) == {"all", "planned_length=long", "planned_length=short"}
    placed = np.concatenate([masks["planned_length=long"], masks["planned_length=short"]])
    assert set(placed) == set(treated["set"]) - set(undated["set"])
    rows = flow(design).set_index(["group", "step"])
    assert rows.loc[("clocks", "planned_exit_known"), "n_removed"] == len(undated)
    length = population(design).set_index(["characteristic", "sex"]).loc[("planned_length", "all")]
    assert np.isfinite(length["value"])
    assert length["n"] == len(treated) - len(undated)
    ledger = study.ledger()
    found = ledger.table.set_index(["register", "rule"]).loc[("employments", "missing_planned_end")]
    assert found["rows"] > 0
    assert f"{cohort.without_planned_exit:,} participants have no planned end" in "\n".join(
        said_of(ledger, cohort, study.spec)
    )


def test_strata_are_told_even_where_none_is_asked_for(study: Study, cohort: Cohort) -> None:
    design = study.design(cohort, exact=[])
    assert "compared within       month, elapsed_class\n" in str(design)
    record = _record(study, design, StudyEffects.gate_failed(design))["design"]
    assert (record["exact"], record["strata"]) == ([], ["month", "elapsed_class"])


def test_options_of_a_notebook_are_checked_before_matching(study: Study) -> None:
    with pytest.raises(StudyError, match="did you mean 'earnings_1'"):
        study.design(None, covariates=["earnigs_1"])  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="max_reuse"):
        study.design(None, max_reuse=2)  # type: ignore[arg-type]


def test_a_register_that_is_read_must_be_there() -> None:
    refuse_unread(["steps", "attendance"], SPEC)  # said, not refused
    with pytest.raises(DeliveryError, match="insurance_12 in") as error:
        refuse_unread(["unemployment_insurance"], SPEC)
    assert "unemployment_insurance in [outcomes] outcomes" in str(error.value)
    spec = changed(
        SPEC,
        score={"covariates": ["age", "woman"]},
        outcomes={"outcomes": ["established"]},
    )
    refuse_unread(["unemployment_insurance"], spec)


def test_few_clusters_are_one_line_and_other_warnings_pass() -> None:
    def run() -> list[str]:
        with warnings_as_notes() as lines, warnings_joined():
            for n in (3, 4):
                warnings.warn(f"{n} of 9 estimates rest on fewer than 30 clusters", FewClustersWarning, stacklevel=1)
            warnings.warn("biased", FlaggedMethodWarning, stacklevel=1)
        return lines

    with pytest.warns(FlaggedMethodWarning, match="biased") as passed:
        lines = run()
    assert len(passed) == 1
    assert len(lines) == 1
    assert "7 estimates" in lines[0]
    with warnings_as_notes() as none, warnings_joined():
        pass
    assert none == []


def test_a_mark_among_the_registers_is_found_by_the_study(study: Study, registers: Path) -> None:
    assert not (registers.parent / "SYNTHETIC").exists()  # only the registers were copied
    assert study.registers.synthetic == "default"
    design = study.design(study.cohort())
    assert _record(study, design, StudyEffects.gate_failed(design))["synthetic"] is True


def test_few_left_over_are_not_told_by_the_unadjusted_comparison(study: Study, cohort: Cohort) -> None:
    design = study.design(cohort)
    left_over = design.counts["n_treated_eligible"] - design.counts["n_treated_matched"]
    assert left_over >= 3  # the least that a minimum count may be
    for min_count, whom in ((left_over, "eligible"), (left_over + 1, "matched")):
        spec = changed(design.spec, disclosure={"min_count": min_count})
        other = Design(design.cohort, design.matched, spec, linked_share=1.0)
        assert other.unadjusted_participants == whom
        assert (other.unmatched["treated"] == 1).sum() == design.counts[f"n_treated_{whom}"]
