"""The whole study on a small synthetic delivery: registers in, report out, the same bytes every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.disclosure import verify
from evaluation.errors import CohortError, DeliveryError, DesignError, ReleaseError, StudyError
from evaluation.report import LabelWarning
from evaluation.study.design import Journal
from evaluation.study.effects import COLUMNS
from evaluation.study.stages import hash_files
from tests.proofs.delivery import STUDY, deliver, study_on, truth

pytestmark = pytest.mark.study


@pytest.fixture(scope="module")
def release(delivery: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    with warnings.catch_warnings():
        warnings.simplefilter("error", LabelWarning)  # everything a run names has a label in both languages
        study_on(delivery, work=folder / "work").run(release=folder / "release")
    return folder / "release"


def test_the_release_holds_the_public_surface(release: Path) -> None:
    for name in (
        "rapport.html",
        "rapport.pdf",
        "report.html",
        "report.pdf",
        "release.json",
        "manifest.json",
        "tables/effects.csv",
    ):
        assert (release / name).stat().st_size > 0, name
    assert list((release / "figures").glob("*.svg"))
    effects = pd.read_csv(release / "tables" / "effects.csv")
    assert tuple(effects.columns) == COLUMNS
    assert set(effects["status"]) <= {"released", "suppressed", "not_observed", "gate_failed", "not_estimated"}
    assert set(effects["clock"]) == {"start", "exit_planned", "exit_actual"}
    assert (effects["role"] == "primary").sum() >= 1


def test_the_record_tells_whom_and_how_it_counts(release: Path) -> None:
    record = json.loads((release / "release.json").read_text())
    assert record["synthetic"] is True
    assert record["scenario"] == "default"
    assert record["cohort"] == {"unit": "individuals"}
    assert record["outcomes"] == {"absent": "counted"}
    assert record["unadjusted"] == {"participants": "eligible"}
    assert record["design"]["strata"] == ["month", "elapsed_class", "woman"]
    assert record["design"]["changes"] == 0


def test_every_true_effect_has_an_estimate(delivery: Path, release: Path) -> None:
    key = ["outcome", "definition", "subgroup", "clock", "horizon", "horizon_unit"]
    effects = pd.read_csv(release / "tables" / "effects.csv", keep_default_na=False)
    true = truth(delivery).query("estimand == 'not_yet'")
    missing = set(map(tuple, true[key].values.tolist())) - set(map(tuple, effects[key].values.tolist()))
    assert not {row for row in missing if row[2] == "all"}


def test_verify_tells_what_was_altered(release: Path, tmp_path: Path) -> None:
    import shutil

    assert verify(release) == []
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    table = copy / "tables" / "balance.csv"
    table.write_text(table.read_text() + "\n")
    (copy / "report.pdf").unlink()
    (copy / "extra.csv").write_text("x\n")
    text = "\n".join(map(str, verify(copy)))
    assert len(verify(copy)) == 3
    for name in ("tables/balance.csv", "report.pdf", "extra.csv"):
        assert name in text


def test_a_second_run_and_other_threads_give_the_same_bytes(delivery: Path, release: Path, tmp_path: Path) -> None:
    code = "from evaluation.cli import main; main()"
    threads = {
        name: "1"
        for name in (
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "NUMBA_NUM_THREADS",
            "EVALUATION_THREADS",
        )
    }
    arguments = [
        "run",
        STUDY,
        "--registers",
        delivery / "registers",
        "--work",
        tmp_path / "work",
        "--release",
        tmp_path / "release",
        "-q",
    ]
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, **threads},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    first, second = (
        json.loads((release / "manifest.json").read_text()),
        json.loads((tmp_path / "release" / "manifest.json").read_text()),
    )
    assert first == second
    # resuming changes nothing either
    again = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], env=os.environ.copy(), capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr
    assert hash_files(release) == hash_files(tmp_path / "release")


def test_nothing_at_person_level_is_released(delivery: Path, release: Path) -> None:
    persons = pd.read_parquet(delivery / "truth" / "persons.parquet")
    numbers = {str(n) for n in persons["lopnr"].head(200)}
    for path in (release / "tables").glob("*.csv"):
        words = set(path.read_text().replace("\n", ",").split(","))
        assert not words & numbers, path.name


def test_small_counts_are_suppressed(release: Path) -> None:
    effects = pd.read_csv(release / "tables" / "effects.csv")
    shown = effects[effects["status"] == "released"]
    assert (shown["n_treated"].dropna() >= 5).all()
    hidden = effects[effects["status"] == "suppressed"]
    assert hidden[["estimate", "std_error", "treated_mean", "control_mean", "n_treated"]].isna().all(axis=None)


def test_outcomes_wait_for_a_frozen_design(delivery: Path) -> None:
    study = study_on(delivery)
    design = study.design(study.cohort())
    with pytest.raises(DesignError, match="not frozen"):
        study.effects(design)


def test_a_design_that_fails_its_gates_reads_no_outcomes(delivery: Path, tmp_path: Path) -> None:
    study = study_on(delivery, work=tmp_path / "work", gates={"max_smd": 1e-6})
    study.run(release=tmp_path / "release")
    effects = pd.read_csv(tmp_path / "release" / "tables" / "effects.csv")
    assert set(effects["status"]) == {"gate_failed"}
    assert effects[["estimate", "treated_mean", "control_mean"]].isna().all(axis=None)
    lines = (tmp_path / "work" / "design" / "journal.jsonl").read_text().splitlines()
    journal = [json.loads(line) for line in lines]
    assert {event["event"] for event in journal} == {"frozen"}


def test_without_flaws_the_participants_are_those_of_the_truth(clean_delivery: Path) -> None:
    cohort = study_on(clean_delivery).cohort()
    treated = cohort.table.query("treated == 1")[["person", "month", "planned_exit", "actual_exit"]]
    persons = pd.read_parquet(clean_delivery / "truth" / "persons.parquet")
    first, last = cohort.spec.first, cohort.spec.last
    expected = persons.loc[
        persons["start"].between(first, last), ["lopnr", "start", "planned_exit", "actual_exit"]
    ].set_axis(treated.columns, axis=1)
    pd.testing.assert_frame_equal(
        treated.sort_values("person", ignore_index=True).astype("int64"),
        expected.sort_values("person", ignore_index=True).astype("int64"),
    )


def test_a_delivery_in_csv_gives_the_same_cohort(deliveries: Path) -> None:
    tables = []
    for fmt in ("parquet", "csv"):
        place = deliver(deliveries / fmt, scenario="default", persons=1_500, seed=4, fmt=fmt)
        tables.append(study_on(place).cohort().table)
    assert (deliveries / "csv" / "registers" / "lisa_individ_2009.csv").read_bytes().count(b";") > 0
    pd.testing.assert_frame_equal(*tables)


def test_what_is_known_afterwards_cannot_enter_the_design(delivery: Path) -> None:
    study = study_on(delivery)
    cohort = study.cohort()
    with pytest.raises(CohortError, match="actual_exit"):
        study.design(cohort, covariates=["age", "actual_exit"])
    with pytest.raises(CohortError, match="planned_length"):
        study.design(cohort, exact=["planned_length"])


def test_flaws_change_the_cohort_only_where_rows_are_damaged(delivery: Path, clean_delivery: Path) -> None:
    damaged, clean = study_on(delivery).cohort().table, study_on(clean_delivery).cohort().table
    flaws = pd.read_csv(delivery / "truth" / "flaws.csv")
    both = clean.merge(damaged, on=["person", "month"], how="outer", suffixes=("", "_damaged"), indicator=True)
    # most person-months are untouched, and those that differ are no more than the damaged rows can explain
    assert (both["_merge"] == "both").mean() > 0.9
    same = both[both["_merge"] == "both"]
    covariates = ["age", "woman", "earnings_1", "social_assistance_12", "unemployed_12", "work_months_1"]
    for name in covariates:
        assert (same[name] == same[f"{name}_damaged"]).mean() > 0.97, name
    assert len(flaws) > 0


def test_ledger_finds_the_damage(delivery: Path) -> None:
    ledger = study_on(delivery).ledger()
    flaws = pd.read_csv(delivery / "truth" / "flaws.csv")
    found = flaws.merge(
        ledger.rows.drop_duplicates(),
        left_on=["register", "kind", "row_key"],
        right_on=["register", "rule", "row_key"],
        how="left",
    )
    share = found.groupby(["register", "kind"])["rule"].apply(lambda rule: rule.notna().mean())
    always = [
        "employments: duplicate_row",
        "enrolments: missing_end",
        "af_categories: end_before_start",
        "lisa: duplicate_person_year",
        "deaths: incomplete_date",
    ]
    for name in always:
        register, kind = name.split(": ")
        if (register, kind) in share.index:
            assert share[(register, kind)] > 0.95, (name, share[(register, kind)])
    assert np.average(share) > 0.6


def test_a_notebook_cannot_read_outcomes_past_a_failed_gate(delivery: Path) -> None:
    study = study_on(delivery, gates={"max_smd": 1e-6})
    design = study.design(study.cohort()).freeze()
    with pytest.raises(DesignError, match="gate balance"):
        study.effects(design)


def test_the_journal_keeps_what_other_designs_wrote(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    one, two = Journal(path), Journal(path)  # both opened before anything is written, as two designs of a notebook are
    one.add("frozen", "a")
    one.add("outcomes read", "a")
    two.add("frozen", "b")
    two.add("outcomes read", "b")
    assert [e["design"] for e in Journal(path).events] == ["a", "a", "b", "b"]
    assert one.changes == two.changes == 1


def test_report_does_not_sign_what_was_altered(release: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    table = copy / "tables" / "effects.csv"
    table.write_text(table.read_text().replace("0.", "0.9", 1))
    before = (copy / "manifest.json").read_bytes()
    code = "from evaluation.cli import main; main()"
    result = subprocess.run([sys.executable, "-c", code, "report", str(copy), "-q"], capture_output=True, text=True)
    assert result.returncode == 2
    assert "tables/effects.csv" in result.stderr
    assert (copy / "manifest.json").read_bytes() == before


def test_a_release_clears_only_its_own_files(release: Path, delivery: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    (copy / "notes.md").write_text("mine")
    with pytest.raises(ReleaseError, match=r"notes\.md"):
        study_on(delivery).run(release=copy)
    assert (copy / "notes.md").read_text() == "mine"
    assert (copy / "report.html").exists()
    with pytest.raises(StudyError, match="one lies in the other"):
        study_on(delivery, work=tmp_path / "out" / "work").run(release=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_horizons_seen_for_few_are_not_observed(delivery: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(delivery / "registers", tmp_path / "registers")
    for year in range(2013, 2017):
        for table in ("lisa_individ", "ku", "sos_bistand"):
            (tmp_path / "registers" / f"{table}_{year}.parquet").unlink()
    study = study_on(tmp_path)
    effects = study.effects(study.design(study.cohort()).freeze())
    late = effects.select(clock="exit_planned", horizon_unit="year", subgroup="all", estimator="matched_difference")
    late = late[late["horizon"] >= 2]
    assert set(late["status"]) == {"not_observed"}
    assert late["estimate"].isna().all()


def test_a_mean_of_hardly_anybody_does_not_leave(delivery: Path, tmp_path: Path) -> None:
    study_on(delivery, matching={"caliper": 2e-4}).run(release=tmp_path / "release")
    record = json.loads((tmp_path / "release" / "release.json").read_text())
    matched = record["design"]["n_treated_matched"]
    assert matched is None or matched < 10  # the least number in a group that a figure is about
    balance = pd.read_csv(tmp_path / "release" / "tables" / "balance.csv")
    assert set(balance["status"]) == {"suppressed"}


@pytest.mark.parametrize("table", ["lisa_individ_2015", "sos_bistand_2013", "ku_2016"])
def test_a_hole_in_the_outcome_years_is_refused(delivery: Path, tmp_path: Path, table: str) -> None:
    import shutil

    shutil.copytree(delivery / "registers", tmp_path / "registers")
    (tmp_path / "registers" / f"{table}.parquet").unlink()
    with pytest.raises(DeliveryError, match=table):
        _ = study_on(tmp_path).registers
