"""Kinds of flaw, and the checked rates of a scenario."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

KINDS: tuple[str, ...] = (
    "lisa.duplicate_person_year",
    "lisa.missing_row",
    "ku.missing_month_marks",
    "ku.pay_next_year",
    "af_categories.end_before_start",
    "af_categories.overlap",
    "af_categories.open_past_deregistration",
    "af_periods.end_before_start",
    "social_assistance.duplicate_row",
    "social_assistance.missing_household",
    "deaths.incomplete_date",
    "migration.duplicate_row",
    "enrolments.duplicate_row",
    "enrolments.overlapping_transfer",
    "enrolments.missing_end",
    "enrolments.bulk_closed",
    "enrolments.end_before_start",
    "enrolments.day_month_swap",
    "enrolments.free_text_reason",
    "enrolments.missing_district",
    "employments.extension_row",
    "employments.end_before_start",
    "employments.day_month_swap",
    "employments.no_enrolment_cover",
    "employments.enrolment_after_start",
    "employments.holiday_job_as_fixed_term",
    "employments.sheltered_as_fixed_term",
    "employments.duplicate_row",
    "employments.missing_actual_end",
    "steps.out_of_range",
    "attendance.duplicate_row",
    "key.coordination_number",
    "key.changed_number",
    "key.ten_digit",
    "key.trailing_blanks",
    "key.protected_identity",
    "key.no_consent",
)
EXTENSION_ROW = "employments.extension_row"


def checked_rates(flaws: Mapping[str, float]) -> dict[str, float]:
    """Rate of every kind; a kind the scenario leaves out has rate 0, extension rows have rate 1.

    Raises
    ------
    ValueError
        If a kind is unknown or a rate is not a share; every problem is named.
    """
    problems = []
    for kind, rate in flaws.items():
        if kind not in KINDS:
            near = difflib.get_close_matches(kind, KINDS, n=1)
            problems.append(f"{kind}: unknown kind of flaw" + (f", did you mean {near[0]}?" if near else ""))
        elif not 0 <= rate <= 1:
            problems.append(f"{kind}: rate {rate:g}; a rate is a share from 0 to 1")
    if problems:
        raise ValueError("\n  ".join(["The flaws of the scenario cannot be made:", *problems]))
    return {kind: 1.0 if kind == EXTENSION_ROW else 0.0 for kind in KINDS} | dict(flaws)
