"""The checks of a study: what the study file may ask for, what comes of it, and that it changes nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from evaluation.disclosure import Policy, protect, verify
from evaluation.disclosure.writing import table_bytes
from evaluation.errors import StudyError
from evaluation.study import Study
from evaluation.study.design import Design
from evaluation.study.file import parse_study
from evaluation.study.robustness import StudyRobustness
from evaluation.study.robustness_stage import placebo_table
from evaluation.study.robustness_tables import PLACEBO_NUMBERS, placebo_labels
from tests.proofs.delivery import study_on

pytestmark = [pytest.mark.study, pytest.mark.filterwarnings("ignore::evaluation.errors.StatisticalWarning")]

STUDY = Path(__file__).parents[2] / "study" / "visstid_2009_2011.toml"
GRID = {"ratio": [1], "caliper": [1e-9], "clock": ["start"], "definition": ["E1_raks"]}
SMALL: dict[str, dict[str, Any]] = {
    "outcomes": {"definitions": ["E2_scb"], "sustained_definitions": ["E2_scb"], "outcomes": ["established"]},
    "effects": {"estimands": (), "estimators": ["matched_difference"], "subgroups": [], "clocks": ["exit_planned"]},
    "robustness": {"grid": GRID, "placebo": ["E4_employed"]},
    "gates": {"max_smd": 0.3},  # so few persons are not balanced in pairs
}


def asked(robustness: dict[str, Any] | None, **sections: dict[str, Any]) -> Any:
    raw = tomllib.loads(STUDY.read_text(encoding="utf-8"))
    raw.pop("robustness")
    if robustness is not None:
        raw["robustness"] = robustness
    for section, values in sections.items():
        raw[section] = {**raw[section], **values}
    return parse_study(raw, name="s.toml")


def test_the_section_may_be_left_out() -> None:
    spec = asked(None)
    assert spec.robustness is None
    assert spec.grid == {}
    assert spec.digest("cohort", "matching") == asked({"grid": {"ratio": [1]}}).digest("cohort", "matching")


def test_the_study_s_own_values_always_belong_to_the_grid() -> None:
    spec = asked({"grid": {"ratio": [1], "caliper": [0.1, "none"], "clock": ["start"]}})
    assert spec.grid == {"ratio": [5, 1], "caliper": [0.2, 0.1, None], "clock": ["exit_planned", "start"]}
    assert asked({"grid": {"ratio": [1, 5]}}).grid == {"ratio": [5, 1]}


@pytest.mark.parametrize(
    ("robustness", "said"),
    [
        ({"grid": {"calliper": [0.1]}}, r"\[robustness\] grid.calliper: is not a known key"),
        ({"grid": {"clock": ["exit_own"]}}, r"\[robustness\] grid.clock"),
        ({"grid": {"definition": ["E9"]}}, r"\[robustness\] grid.definition"),
        ({"checks": ["evalues"], "grid": {"ratio": [1]}}, r"\[robustness\] checks"),
        ({"checks": ["specifications"]}, "no choice has other values to try"),
        ({"grid": {"caliper": [-0.1]}}, r"\[robustness\] grid.caliper"),
        ({"grid": {"ratio": [1, 2, 3, 4], "caliper": [0.1, 0.3], "definition": ["E1_raks", "E3_uka", "E4_employed", "E5_income"]}},
         "75 specifications, more than 60"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(robustness: dict, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        asked(robustness)


@pytest.fixture(scope="module")
def study(delivery: Path) -> Study:
    return study_on(delivery, **SMALL)


@pytest.fixture(scope="module")
def frozen(study: Study) -> Design:
    return study.design(study.cohort()).freeze()


@pytest.fixture(scope="module")
def robustness(study: Study, frozen: Design) -> StudyRobustness:
    return study.robustness(frozen)


def test_the_main_specification_is_the_primary_result(
    study: Study, frozen: Design, robustness: StudyRobustness
) -> None:
    table, primary = robustness.specifications, study.effects(frozen).primary
    own = table[table["primary"]]
    assert len(own) == 1
    for name in ("estimate", "std_error", "ci_low", "ci_high"):
        assert own[name].iloc[0] == primary[name]
    assert own["audit_n_treated"].iloc[0] == primary["n_treated"]
    assert robustness.curve.reference["estimate"] == primary["estimate"]


def test_every_combination_has_a_row_and_designs_that_fail_have_no_number(robustness: StudyRobustness) -> None:
    table = robustness.specifications
    assert len(table) == 16
    assert table["specification"].tolist() == list(range(1, 17))
    assert not table[["clock", "definition", "year", "method", "ratio", "caliper", "replace"]].duplicated().any()
    narrow = table["caliper"] == "1e-09"
    assert (table.loc[narrow, "status"] == "not_estimated").all()
    assert table.loc[narrow, "estimate"].isna().all()
    assert (table.loc[~narrow, "status"] == "released").all()


def test_estimates_are_those_of_the_curve(robustness: StudyRobustness) -> None:
    curve = robustness.curve.table
    shown = robustness.specifications.dropna(subset=["estimate"])
    assert sorted(curve["estimate"].dropna()) == sorted(shown["estimate"])
    np.testing.assert_allclose(sorted(curve["ci_low"].dropna()), sorted(shown["ci_low"]), atol=1e-12)


def test_a_specification_is_what_its_design_gives(study: Study, frozen: Design, robustness: StudyRobustness) -> None:
    """One row recomputed by hand: another design, another clock."""
    from evaluation.effects import estimate_att

    design = study.design(frozen.cohort, ratio=1).freeze()
    reading = study.follow_up(design).reading(clock="start")
    made = estimate_att(reading.members, reading.outcome)
    rows = robustness.specifications.set_index(["ratio", "clock", "definition", "caliper"])
    assert rows.loc[("1", "start", "E2_scb", "0.2"), "estimate"] == made.estimate


def test_placebos_and_strengths(robustness: StudyRobustness) -> None:
    assert robustness.placebo["definition"].tolist() == ["E2_scb", "E4_employed"]
    np.testing.assert_array_equal(robustness.placebo["estimate"], robustness.placebos.table["estimate"])
    value = robustness.sensitivity.drop_duplicates(["kind", "quantity"]).set_index(["kind", "quantity"])["value"]
    assert value["evalue", "estimate"] == robustness.evalue.point
    assert value["robustness_value", "estimate"] == robustness.partial_r2.robustness_value
    marks = robustness.sensitivity[robustness.sensitivity["kind"] == "benchmark"]
    assert marks["covariate"].nunique() == 5
    contour = robustness.sensitivity[robustness.sensitivity["kind"] == "contour"]
    start = contour[(contour["r2_treatment"] == 0) & (contour["r2_outcome"] == 0) & (contour["quantity"] == "estimate")]
    assert start["value"].iloc[0] == pytest.approx(robustness.partial_r2.regression.estimate)


def test_it_shows_itself(robustness: StudyRobustness) -> None:
    assert set(robustness.tables) == {"specification_curve", "placebo", "sensitivity"}
    assert "Specification curve: 8 of 16" in str(robustness)
    assert "audit_" not in robustness._repr_html_()
    assert len(robustness.plot().axes) == 2


def test_without_the_section_there_is_nothing_to_make(delivery: Path, study: Study, frozen: Design) -> None:
    bare = study_on(delivery, **{name: values for name, values in SMALL.items() if name != "robustness"})
    bare.spec = bare.spec.model_copy(update={"robustness": None})
    with pytest.raises(StudyError, match=r"has no \[robustness\]"):
        bare.robustness(bare.design(frozen.cohort).freeze())


def test_a_failed_design_is_told_by_name_alone(delivery: Path, study: Study) -> None:
    strict = study_on(delivery, **{**SMALL, "gates": {"max_smd": 1e-6}})
    made = StudyRobustness.gate_failed(strict.design(study.cohort()))
    assert set(made.specifications["status"]) == {"gate_failed"}
    assert len(made.specifications) == 16
    assert made.specifications["estimate"].isna().all()
    assert made.placebo["estimate"].isna().all()
    assert "sensitivity" not in made.tables


def test_a_placebo_that_cannot_be_made_leaves_by_name(study: Study) -> None:
    labels = placebo_labels(study.spec, ("E4_employed",))
    table = protect({"placebo": placebo_table(labels, None)}).tables["placebo"]
    assert len(table) == len(labels) > 0
    assert set(table["status"]) == {"not_estimated"}
    assert table[list(PLACEBO_NUMBERS)].isna().all(axis=None)


def test_later_treatment_has_its_own_curve(delivery: Path) -> None:
    """A study about ``never`` is tried with its own estimator: the main specification is still the primary result."""
    changes = {**SMALL, "robustness": {"grid": {"ratio": [1]}, "placebo": ["E4_employed"]}}
    changes["effects"] = {**SMALL["effects"], "estimand": "never"}
    study = study_on(delivery, **changes)
    design = study.design(study.cohort()).freeze()
    made = study.robustness(design)
    own = made.specifications[made.specifications["primary"]].iloc[0]
    primary = study.effects(design).primary
    assert own["estimate"] == pytest.approx(primary["estimate"], abs=1e-12)
    assert own["std_error"] == pytest.approx(primary["std_error"], abs=1e-12)
    assert made.sensitivity.empty  # those checks take the result to be a plain difference within sets


def test_the_tables_are_the_same_bytes_with_one_thread_and_with_two(
    delivery: Path, study: Study, frozen: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    effects = study.effects(frozen).table
    found = []
    for threads in (1, 2):
        monkeypatch.setenv("EVALUATION_THREADS", str(threads))
        with threadpool_limits(threads):  # linear algebra too
            other = study_on(delivery, **SMALL)  # reads anew
            made = other.robustness(other.design(frozen.cohort).freeze())
        tables = protect({"effects": effects, **made.tables}, Policy.model_validate({"min_count": 5})).tables
        found.append({name: table_bytes(name, tables[name]) for name in made.tables})
    assert found[0] == found[1]


def test_a_run_makes_them_a_part_of_the_release_and_keeps_them(delivery: Path, tmp_path: Path) -> None:
    study = study_on(delivery, work=tmp_path / "work", **SMALL)
    said = str(study.run(release=tmp_path / "release"))
    assert "Specification curve" in said
    assert verify(tmp_path / "release") == []
    tables = tmp_path / "release" / "tables"
    curve = pd.read_csv(tables / "specification_curve.csv")
    effects = pd.read_csv(tables / "effects.csv")
    primary = effects[(effects["role"] == "primary") & (effects["ci_kind"] == "pointwise")]
    assert curve.loc[curve["primary"], "estimate"].iloc[0] == primary["estimate"].iloc[0]
    assert (tables / "placebo.csv").exists()
    assert (tables / "sensitivity.csv").exists()
    before = (tmp_path / "work" / "robustness" / "robustness.pickle").stat().st_mtime_ns
    kept = study.robustness(study.design(study.cohort()).freeze())
    assert len(kept.specifications) == len(curve)
    assert (tmp_path / "work" / "robustness" / "robustness.pickle").stat().st_mtime_ns == before
    assert study.design(study.cohort()).changes == 0  # variants are no changes of the design
