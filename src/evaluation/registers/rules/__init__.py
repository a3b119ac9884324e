"""Rules that find the flaws of a delivery and repair them, register by register."""

from evaluation.registers.rules.agencies import AF_CATEGORIES, AF_PERIODS, DEATHS, MIGRATION, UNEMPLOYMENT_INSURANCE
from evaluation.registers.rules.annual import KU, LISA, SOCIAL_ASSISTANCE
from evaluation.registers.rules.base import Check, Cleaning, Copies, Rule, Stage
from evaluation.registers.rules.employments import EMPLOYMENTS
from evaluation.registers.rules.enrolments import ENROLMENTS
from evaluation.registers.rules.key import KEY
from evaluation.registers.rules.records import ATTENDANCES, MEASURES, STEPS

#: How each register is cleaned, by its name.
CLEANING: dict[str, Cleaning] = {
    cleaning.register: cleaning
    for cleaning in (
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
}

__all__ = ["CLEANING", "Check", "Cleaning", "Copies", "Rule", "Stage"]
