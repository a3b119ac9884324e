"""Cases of results that are read together. As for single results, a function decides and the texts never do."""

from __future__ import annotations

from typing import Literal

from evaluation.report.cases import Case

Shift = Literal["shift", "work", "unclear", ""]
Together = Literal["same", "opposite", "short_only", "long_only", ""]
Foretells = Literal["informative", "reverse", "weak", "uncertain", ""]


def cost_shift(assistance: Case, insurance: Case, work: Case | None) -> Shift:
    """Who paid, by the comparison of one year.

    Parameters
    ----------
    assistance
        Income support from the City: fewer is negative.
    insurance
        Unemployment insurance, paid by the state and the funds: more is positive.
    work
        Work in the same year; None where it is not told.

    Returns
    -------
    str
        ``shift``: less income support and more unemployment insurance. ``work``: less income support and more work, about as much insurance.
        ``unclear``: anything else that is told. Empty: one of the two is not told.
    """
    if not (assistance.shows_number and insurance.shows_number):
        return ""
    if assistance.direction < 0 and insurance.direction > 0:
        return "shift"
    more_work = work is not None and work.direction > 0
    if assistance.direction < 0 and insurance.name == "no_difference" and more_work:
        return "work"
    return "unclear"


def together(short: Case, long: Case) -> Together:
    """Whether the comparison points the same way early and late; empty where nothing is added to what each says by itself."""
    if short.direction and long.direction:
        return "same" if short.direction == long.direction else "opposite"
    if short.direction and long.name == "uncertain":
        return "short_only"
    if long.direction and short.name == "uncertain":
        return "long_only"
    return ""


def foretells(difference: Case) -> Foretells:
    """What the short indicator tells of the long outcome in a group, by the share with it less the share without it."""
    found: dict[str, Foretells] = {
        "positive": "informative",
        "negative": "reverse",
        "no_difference": "weak",
        "uncertain": "uncertain",
    }
    return found.get(difference.name, "")
