"""Up to which month the months after the window hold."""

from __future__ import annotations

import pytest

from evaluation.cohort import CohortSpec, assemble
from evaluation.cohort.later_risk import last_month, later_risk
from evaluation.errors import CohortError
from tests.cohort.standin import PRICES, Standin, make_tables


class Years:
    """A delivery that only says which years its registers hold."""

    def __init__(self, **years: range) -> None:
        self._years = years

    def years(self, name: str) -> tuple[int, ...]:
        return tuple(self._years.get(name, ()))


def test_the_earliest_end_of_the_yearly_registers_counts() -> None:
    assert last_month(Years(lisa=range(2005, 2017))) == 12 * 2016 + 11
    together = {"lisa": range(2005, 2017), "ku": range(2006, 2017), "social_assistance": range(2006, 2016)}
    assert last_month(Years(**together)) == 12 * 2015 + 11


def test_registers_that_do_not_say_their_years_are_refused() -> None:
    for registers in (object(), Years(ku=range(2005, 2017))):
        with pytest.raises(CohortError, match="which years they cover"):
            last_month(registers)


def test_the_table_says_up_to_which_month_it_holds() -> None:
    registers = Standin(make_tables(120, seed=3))
    cohort = assemble(registers, CohortSpec(first_month="2009-07", last_month="2011-06"), prices=PRICES)
    later = later_risk(registers, cohort, until=12 * 2011 + 11, prices=PRICES)
    assert later.attrs["until"] == 12 * 2011 + 11 >= later["month"].max()
    assert later_risk(registers, cohort, until=12 * 2011, prices=PRICES).attrs["until"] == cohort.spec.last
    assert "until" not in cohort.table.attrs
