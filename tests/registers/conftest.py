"""Deliveries shared by the tests of the registers."""

from __future__ import annotations

import pandas as pd
import pytest

from evaluation.registers import Ledger, Registers, open_registers, validate
from tests.registers.delivery_factory import build_delivery, write_tables
from tests.registers.planted import plant_all

_YEARLY = ("lisa_individ_", "ku_", "sos_bistand_")


def some_years(tables: dict[str, pd.DataFrame], *years: int) -> dict[str, pd.DataFrame]:
    """The delivery with the yearly tables of some years only."""
    kept = {f"{stem}{year}" for stem in _YEARLY for year in years}
    return {name: table for name, table in tables.items() if name in kept or not name.startswith(_YEARLY)}


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    """Tables of a flawless delivery, 2009-2013; copy before changing one."""
    return some_years(build_delivery(persons=240), *range(2009, 2014))


@pytest.fixture(scope="session")
def registers(tables, tmp_path_factory) -> Registers:
    """The flawless delivery, opened."""
    path = tmp_path_factory.mktemp("flawless")
    write_tables(path, tables)
    return open_registers(path)


@pytest.fixture(scope="session")
def planted(tables, tmp_path_factory) -> tuple[Registers, Ledger, pd.DataFrame]:
    """A delivery with one flaw of each kind: opened, its ledger, and what was planted (register, rule, row_key)."""
    damaged = {name: table.copy() for name, table in tables.items()}
    expected = plant_all(damaged)
    path = tmp_path_factory.mktemp("planted")
    write_tables(path, damaged)
    opened = open_registers(path)
    return opened, validate(opened), expected
