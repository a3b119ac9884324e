"""On registers without flaws, outcomes read back from the delivery equal those that the generator computes from its own histories."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.outcomes import OutcomeSpec, Panel, State, load_definitions, outcome_columns, read_outcomes
from evaluation.registers import open_registers
from synthetic_registers.annual import annual
from synthetic_registers.delivery.keys import serial_numbers
from synthetic_registers.history import Presence, World
from synthetic_registers.outcomes import LINES, Outcomes
from synthetic_registers.parameters import load_scenario
from synthetic_registers.simulate import simulate_chunk
from synthetic_registers.synthesize import synthesize
from tests.outcomes.stand_in import DEFINITIONS, HASH

PERSONS, SEED, SCENARIO = 1500, 1, "no_flaws"
KEY = ["outcome", "definition", "horizon", "horizon_unit"]


@dataclass
class Both:
    """The same persons, seen from both sides."""

    panel: Panel
    serial: np.ndarray
    world: World
    outcomes: Outcomes
    persons: pd.DataFrame

    def differing(self, rows: np.ndarray, zero: np.ndarray) -> pd.Series:
        """Share of persons whose value differs, by column of the outcomes."""
        labels, ours = outcome_columns(self.panel, self.serial[rows], zero)
        lines = [(line.outcome, line.definition, line.horizon, line.horizon_unit) for line in LINES]
        place = {key: j for j, key in enumerate(labels[KEY].itertuples(index=False, name=None))}
        assert set(lines) == set(place), "both sides know the same outcomes and horizons"
        ours = ours[:, [place[line] for line in lines]]
        unequal = ~np.isclose(ours, self.outcomes.at(rows, zero), rtol=1e-9, equal_nan=True)
        return pd.Series(unequal.mean(axis=0), index=pd.MultiIndex.from_tuples(lines, names=KEY))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    out = Path(tmp_path_factory.mktemp("synthetic"))
    synthesize(scenario=SCENARIO, persons=PERSONS, seed=SEED, out=out)
    world = simulate_chunk(load_scenario(SCENARIO), SEED, 0, PERSONS)
    serial = serial_numbers(world.people.person, persons=PERSONS, seed=SEED)
    registers = open_registers(out / "registers")
    panel = read_outcomes(registers, serial, load_definitions(DEFINITIONS), OutcomeSpec(), design_hash=HASH)
    registers.close()
    outcomes = Outcomes(world, annual(load_scenario(SCENARIO), world.people, world.history))
    persons = pd.read_parquet(out / "truth" / "persons.parquet")
    return Both(panel, serial, world, outcomes, persons)


def agree(differing: pd.Series) -> None:
    """Everything is equal but the months of employment, where a control statement holds only its first and last month."""
    marks = (differing.index.get_level_values("outcome") == "established") & (
        differing.index.get_level_values("horizon_unit") == "month"
    )
    assert (differing[~marks] == 0).all(), differing[~marks & (differing > 0)]
    assert differing[marks].max() <= 0.005


def test_everybody_at_any_time_zero(both: Both) -> None:
    rng = np.random.Generator(np.random.Philox(key=5))
    agree(both.differing(np.arange(PERSONS), rng.integers(12 * 2007, 12 * 2014, PERSONS)))


@pytest.mark.parametrize("clock", ["start", "planned_exit", "actual_exit"])
def test_participants_on_every_clock(both: Both, clock: str) -> None:
    treated = both.persons.dropna(subset=[clock])
    row = np.argsort(both.serial)[np.searchsorted(np.sort(both.serial), treated["lopnr"])]
    assert (both.serial[row] == treated["lopnr"]).all()
    assert len(row) > 30
    agree(both.differing(row, treated[clock].to_numpy(np.int64)))


def test_absence(both: Both) -> None:
    order = np.argsort(both.serial)
    presence = both.world.history.presence[order]
    np.testing.assert_array_equal(both.panel.presence, presence)
    december = presence[:, 11::12]
    state = both.panel.state_year
    np.testing.assert_array_equal(state == State.DEAD, december == Presence.DEAD)
    grown_up = both.outcomes.annual.in_register[order]
    np.testing.assert_array_equal(state < State.DEAD, grown_up)
