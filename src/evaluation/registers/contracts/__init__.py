"""Contracts of the registers: what a delivery has to hold, and under which names."""

from evaluation.registers.contracts.agencies import (
    AF_CATEGORIES,
    AF_PERIODS,
    DEATHS,
    KU,
    MIGRATION,
    SOCIAL_ASSISTANCE,
    UNEMPLOYMENT_INSURANCE,
)
from evaluation.registers.contracts.base import Column, Contract
from evaluation.registers.contracts.city import ATTENDANCES, EMPLOYMENTS, ENROLMENTS, KEY, MEASURES, STEPS
from evaluation.registers.contracts.lisa import LISA

#: All registers, in the order of the data dictionary.
CONTRACTS: tuple[Contract, ...] = (
    LISA,
    KU,
    AF_PERIODS,
    AF_CATEGORIES,
    SOCIAL_ASSISTANCE,
    UNEMPLOYMENT_INSURANCE,
    MIGRATION,
    DEATHS,
    ENROLMENTS,
    MEASURES,
    EMPLOYMENTS,
    ATTENDANCES,
    STEPS,
    KEY,
)

__all__ = ["CONTRACTS", "Column", "Contract", "contract"]


def contract(register: str) -> Contract:
    """The contract of a register by its name.

    Raises
    ------
    KeyError
        When there is no register of that name.
    """
    for found in CONTRACTS:
        if found.register == register:
            return found
    raise KeyError(f"no register {register!r}; there are {', '.join(c.register for c in CONTRACTS)}")
