"""Expressions stay portable: no operation whose meaning differs between engines, and all compile for the others."""

from __future__ import annotations

import re
from pathlib import Path

import ibis
import pytest

import evaluation.registers
from evaluation.registers import contract
from evaluation.registers.casting import typed_table
from evaluation.registers.rules import CLEANING

SOURCES = sorted(Path(evaluation.registers.__file__).parent.rglob("*.py"))
#: Differ between engines, are missing from some, or depend on the order of rows (median, quantile: not on all).
DENIED = r"\.(delta|asof_join|hash|median|quantile|approx_\w+|first|last|arbitrary|sample)\(|distinct\(on"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_denied_operation(source):
    code = re.sub(r'""".*?"""|#.*', "", source.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.findall(DENIED, code)


@pytest.mark.parametrize("dialect", ["mssql", "postgres", "pyspark"])
@pytest.mark.parametrize("name", ["social_assistance", "af_categories", "enrolments", "employments", "key"])
def test_compiles_for_other_engines(name, dialect, registers):
    source = registers.source(name)[0]
    table = ibis.table({given: "string" for given in source.columns.values()}, name="delivered")
    typed = typed_table(table, source)
    assert "SELECT" in ibis.to_sql(typed, dialect=dialect)
    base = registers.linked(name) if contract(name).city and name != "key" else typed
    for stage in CLEANING[name].stages:
        judged = stage.prepare(base, registers) if stage.prepare else base
        judged = judged.mutate(**{f"flag_{i}": rule.flag(judged) for i, rule in enumerate(stage.rules)})
        assert "SELECT" in ibis.to_sql(judged, dialect=dialect)
