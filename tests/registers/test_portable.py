"""Expressions stay portable: no operation whose meaning differs between engines, and all compile for the others."""

from __future__ import annotations

import re
from pathlib import Path

import ibis
import pytest

import evaluation.registers
from evaluation.registers import contract
from evaluation.registers.casting import typed_table
from evaluation.registers.delivery import Source
from evaluation.registers.rules import CLEANING
from evaluation.registers.stacking import stacked

SOURCES = sorted(Path(evaluation.registers.__file__).parent.rglob("*.py"))
#: Differ between engines, are missing from some, or depend on the order of rows (median, quantile: not on all).
DENIED = r"\.(delta|asof_join|hash|median|quantile|approx_\w+|first|last|arbitrary|sample)\(|distinct\(on"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_denied_operation(source):
    code = re.sub(r'""".*?"""|#.*', "", source.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.findall(DENIED, code)


@pytest.mark.parametrize("name", ["social_assistance", "af_categories", "enrolments", "employments", "key"])
def test_compiles_for_other_engines(name, registers):
    source = registers.source(name)[0]
    table = ibis.table({given: "string" for given in source.columns.values()}, name="delivered")
    typed = typed_table(table, source)
    base = registers.linked(name) if contract(name).city and name != "key" else typed
    expressions = [typed, *(stage.judged(base, registers) for stage in CLEANING[name].stages)]
    for dialect in ("mssql", "postgres", "pyspark"):
        for expression in expressions:
            assert "SELECT" in ibis.to_sql(expression, dialect=dialect)


def test_compiles_for_other_engines_years_in_one():
    lisa = contract("lisa")
    parts = []
    for year in (2010, 2011, 2012):
        columns = {c.name: c.delivered for c in lisa.columns if c.in_year(year)}
        kinds = dict.fromkeys(columns.values(), "int32" if year == 2010 else "string")
        parts.append((Source(f"lisa_{year}", lisa, year, columns), ibis.table(kinds, name=f"lisa_{year}")))
    for dialect in ("mssql", "postgres", "pyspark"):
        assert "lisa_2012" in ibis.to_sql(stacked(parts), dialect=dialect)
