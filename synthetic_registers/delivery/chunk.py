"""All register tables of one chunk: built by the authorities' modules, then damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery import (
    deaths,
    employment_service,
    ku,
    migration,
    social_assistance,
    unemployment_insurance,
)
from synthetic_registers.delivery.city import city_tables
from synthetic_registers.delivery.flaws import employment_service as af_flaws
from synthetic_registers.delivery.flaws import statistics_sweden as scb_flaws
from synthetic_registers.delivery.flaws.marks import Found, KeyText, Marks
from synthetic_registers.delivery.frame import Frame
from synthetic_registers.delivery.keys import NumberBook, serial_numbers
from synthetic_registers.delivery.lisa import LisaTables
from synthetic_registers.delivery.places import municipality
from synthetic_registers.delivery.settings import Settings
from synthetic_registers.history import FIRST_YEAR, YEARS, Annual, World


@dataclass
class ChunkTables:
    """Damaged tables of one chunk; ``found`` is complete when all frames have been taken."""

    world: World
    annual: Annual
    settings: Settings
    book: NumberBook
    found: Found = field(default_factory=Found)

    def frames(self) -> Iterator[tuple[str, Frame]]:
        """Every table of the delivery by name, one at a time."""
        s, people = self.settings, self.world.people
        serial = serial_numbers(people.person, persons=s.persons, seed=s.seed)
        places = municipality(self.world, seed=s.seed)
        yield from self._yearly(serial, places)
        yield from self._events(serial)
        yield from city_tables(self.world, serial=serial, settings=s, book=self.book, found=self.found)

    def marks(self, register: str, frame: Frame, key: KeyText) -> Marks:
        """Damage of one register of this chunk."""
        s = self.settings
        return Marks(register, frame, key=key, rates=s.rates, found=self.found, seed=s.seed)

    def _yearly(self, serial: npt.NDArray[np.int64], places: npt.NDArray[np.int8]) -> Iterator[tuple[str, Frame]]:
        world, seed = self.world, self.settings.seed
        lisa = LisaTables(world, self.annual, serial=serial, places=places, seed=seed)
        for year in YEARS:
            rows = lisa.rows(year)
            frame = lisa.table(year, rows)
            before = self.annual.in_register[:, max(year - 1 - FIRST_YEAR, 0)]
            marks = self.marks("lisa", frame, scb_flaws.LISA_KEY)
            yield f"lisa_individ_{year}", scb_flaws.damage_lisa(lisa, year, rows, frame, marks, before)

        pay = ku.statements(world, serial=serial, seed=seed)
        pay = scb_flaws.damage_ku(pay, self.marks("ku", pay, scb_flaws.KU_KEY), serial=serial, seed=seed)
        for year in YEARS:
            yield f"ku_{year}", pay.take(pay["_year"] == year)

        for year in YEARS:
            frame = social_assistance.assistance(world, year, serial=serial, places=places, seed=seed)
            marks = self.marks("social_assistance", frame, scb_flaws.ASSISTANCE_KEY)
            yield f"sos_bistand_{year}", scb_flaws.damage_assistance(frame, marks)

    def _events(self, serial: npt.NDArray[np.int64]) -> Iterator[tuple[str, Frame]]:
        world, seed = self.world, self.settings.seed
        periods, categories = employment_service.registrations(world, serial=serial, seed=seed)
        marks = self.marks("af_periods", periods, af_flaws.PERIODS_KEY)
        yield "af_insper", af_flaws.damage_periods(periods, marks)
        marks = self.marks("af_categories", categories, af_flaws.CATEGORIES_KEY)
        yield "af_sokatper", af_flaws.damage_categories(categories, marks)
        yield "iaf_ersattning", unemployment_insurance.payments(world, serial=serial)
        frame = migration.moves(world, serial=serial)
        yield "scb_invutv", scb_flaws.damage_migration(frame, self.marks("migration", frame, scb_flaws.MIGRATION_KEY))
        frame = deaths.dead(world, serial=serial, seed=seed)
        yield "scb_doda", scb_flaws.damage_deaths(frame, self.marks("deaths", frame, scb_flaws.DEATHS_KEY))


def chunk_tables(world: World, annual: Annual, *, settings: Settings, book: NumberBook) -> ChunkTables:
    """Tables of one chunk, made when asked for."""
    return ChunkTables(world, annual, settings, book)
