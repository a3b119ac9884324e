"""Deliveries of one small world, made once: without flaws, and with damaged rows (numbers of persons left alone)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthetic_registers.delivery import DeliveryWriter
from synthetic_registers.delivery.flaws.kinds import KINDS
from synthetic_registers.history import Annual, World
from tests.delivery.fake_world import FakeScenario, cut, fake_annual, fake_world

PERSONS = 1200
SEED = 7
RATE = 0.08
ROW_RATES = {kind: RATE for kind in KINDS if not kind.startswith("key.")} | {
    "employments.extension_row": 1.0,
    "employments.holiday_job_as_fixed_term": 0.5,
    "employments.sheltered_as_fixed_term": 0.5,
    "ku.pay_next_year": 0.5,
    "deaths.incomplete_date": 0.5,
}
KEY_RATES = {kind: 0.1 for kind in KINDS if kind.startswith("key.")}


@dataclass(frozen=True)
class Delivered:
    """A delivery on disk with the world it shows."""

    path: Path
    world: World
    annual: Annual

    def arrow(self, table: str) -> pa.Table:
        return pq.read_table(self.path / "registers" / f"{table}.parquet")

    def table(self, table: str) -> pd.DataFrame:
        return self.arrow(table).to_pandas(date_as_object=False)

    def flaws(self) -> pd.DataFrame:
        return pd.read_csv(self.path / "truth" / "flaws.csv", dtype=str)


Deliver = Callable[..., Delivered]


@pytest.fixture(scope="session")
def world() -> World:
    return fake_world(PERSONS, seed=3)


@pytest.fixture(scope="session")
def annual(world: World) -> Annual:
    return fake_annual(world)


@pytest.fixture(scope="session")
def deliver(world: World, annual: Annual, tmp_path_factory: pytest.TempPathFactory) -> Deliver:
    """Writes the world with some rates, form and chunking."""

    def write(rates: dict[str, float], *, fmt: str = "parquet", chunks: int = 1, seed: int = SEED) -> Delivered:
        out = tmp_path_factory.mktemp("delivery")
        edges = [PERSONS * i // chunks for i in range(chunks + 1)]
        with DeliveryWriter(out, scenario=FakeScenario(rates), seed=seed, persons=PERSONS, fmt=fmt) as writer:
            for i in range(chunks):
                writer.write(*cut(world, annual, edges[i], edges[i + 1]), i)
        return Delivered(out, world, annual)

    return write


@pytest.fixture(scope="session")
def clean(deliver: Deliver) -> Delivered:
    return deliver({})


@pytest.fixture(scope="session")
def damaged(deliver: Deliver) -> Delivered:
    return deliver(ROW_RATES)


@pytest.fixture(scope="session")
def damaged_keys(deliver: Deliver) -> Delivered:
    return deliver(KEY_RATES)
