"""The expressions keep to what engines agree on: they compile for SQL Server and PostgreSQL, and name no trap."""

from __future__ import annotations

import re
from pathlib import Path

import ibis
import pytest

import evaluation.cohort
from evaluation.cohort import CohortSpec
from evaluation.cohort.catalogue import CATALOGUE
from evaluation.cohort.covariates.read import raw_values
from evaluation.cohort.eligibility import enrolment_counts
from evaluation.cohort.employments import find_employments
from evaluation.cohort.episodes import find_episodes, number_episodes
from evaluation.cohort.risksets import People, at_risk, constant_traits, enrolled_months, flag_months
from tests.cohort.standin import SCHEMAS

SOURCE = Path(evaluation.cohort.__file__).parent
# engines differ on these: boundary or whole months, arbitrary rows, hashes, missing functions, floating sums
TRAPS = (
    r"\.delta\(|asof_join|\.hash\(|\.median\(|\.quantile\(|distinct\(on|\.mean\(|\.std\(|\.first\(|\.last\(|range=\("
)


@pytest.fixture(scope="module")
def expressions() -> dict[str, ibis.Table]:
    """Every query of a cohort over tables that stand in no engine."""
    tables = {name: ibis.table(schema, name=name) for name, schema in SCHEMAS.items()}
    spec = CohortSpec()
    employments = find_employments(tables["employments"], spec)
    numbered = number_episodes(tables["enrolments"], spec)
    episodes = find_episodes(numbered)
    people = People(constant_traits(tables["lisa"]), tables["migration"], tables["deaths"])
    held = {
        name: ibis.table(part.schema(), name=name)
        for name, part in (("found", employments), ("numbered", numbered), ("episodes", episodes))
    }
    flagged = flag_months(enrolled_months(held["numbered"], held["episodes"], spec), held["found"], people, spec)
    base = ibis.table(at_risk(flagged).schema(), name="base")
    return {
        "employments": employments,
        "numbered": numbered,
        "episodes": episodes,
        "flagged": flagged,
        "raw": raw_values(base, tables.__getitem__, CATALOGUE, spec, {}),
        "counts": enrolment_counts(tables["enrolments"], held["episodes"], flagged, spec),
    }


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "mssql", "pyspark"])
def test_compiles(expressions: dict[str, ibis.Table], dialect: str) -> None:
    for name, expression in expressions.items():
        sql = ibis.to_sql(expression, dialect=dialect)
        assert "ASOF" not in sql, name
        if dialect == "mssql":
            assert not re.search(r"\b(GREATEST|LEAST)\b", sql), name


def test_no_trap_in_the_source() -> None:
    for path in sorted(SOURCE.rglob("*.py")):
        if path.name in ("clocks.py", "frame.py", "finish.py", "flow.py", "people.py", "result.py"):
            continue  # frames, not the engine
        assert not re.findall(TRAPS, path.read_text(encoding="utf-8")), path.name
