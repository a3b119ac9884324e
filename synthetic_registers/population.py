"""Draws the people of a chunk: traits that do not change, each from a stream of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtri

from synthetic_registers.history import NO_MONTH, People
from synthetic_registers.parameters import Scenario
from synthetic_registers.sections import Population
from synthetic_registers.streams import Stream, uniforms

JANUARY_2010 = 12 * 2010
_AGES = np.array([17, 25, 40, 55, 63])  # bounds of the age classes, years in January 2010
_MAX_CHILDREN = 3


def draw_people(scenario: Scenario, *, seed: int, first: int, n: int) -> People:
    """People number ``first`` to ``first + n - 1`` of the population with this seed.

    A person's traits depend on the seed and the person's number only.
    """
    p = scenario.section(Population)
    person = np.arange(first, first + n, dtype=np.int64)

    def draw(stream: Stream, number: int = 0) -> npt.NDArray[np.float64]:
        return uniforms(seed, person, stream, month=number)

    woman = draw(Stream.SEX) < p.woman
    age = _age(p, draw(Stream.AGE))
    birth_month = (JANUARY_2010 - np.floor(12 * age)).astype(np.int32)
    origin = _pick(p.origin, draw(Stream.ORIGIN)).astype(np.int8)
    foreign = origin != 0
    ability = ndtri(np.clip(draw(Stream.ABILITY), 1e-12, 1 - 1e-12))
    married = draw(Stream.MARRIED) < expit(
        p.married[0] + p.married[1] * foreign + p.married[2] * (age - 40) / 10 - 3.0 * (age < 22)
    )
    partner = married | (draw(Stream.PARTNER) < p.partner_unmarried)
    return People(
        person=person,
        birth_month=birth_month,
        birth_day=(1 + np.floor(28 * draw(Stream.BIRTH))).astype(np.int8),
        woman=woman,
        origin=origin,
        immigration_month=_immigration(p, draw(Stream.IMMIGRATION), foreign, birth_month),
        education=_education(p, draw(Stream.EDUCATION), draw(Stream.EDUCATION, 1), ability, foreign),
        married=married,
        partner=partner,
        children_birth_month=_children(p, draw, woman, partner, birth_month),
        district=(1 + _pick(p.districts, draw(Stream.DISTRICT))).astype(np.int8),
        household=person.copy(),
        ability=ability,
        health=ndtri(np.clip(draw(Stream.HEALTH), 1e-12, 1 - 1e-12)),
        motivation=ndtri(np.clip(draw(Stream.MOTIVATION), 1e-12, 1 - 1e-12)),
    )


def _pick(shares: npt.NDArray[np.float64], u: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Index of the class in which each uniform number falls."""
    edges = np.cumsum(shares)
    return np.minimum(np.searchsorted(edges / edges[-1], u, side="right"), len(shares) - 1)


def _age(p: Population, u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Age in January 2010, years; even within the classes."""
    edges = np.concatenate([[0.0], np.cumsum(p.age) / p.age.sum()])
    return np.interp(u, edges, _AGES.astype(np.float64))


def _immigration(
    p: Population, u: npt.NDArray[np.float64], foreign: npt.NDArray[np.bool_], birth_month: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Month of immigration, never before birth; the latest arrive some years after January 2010."""
    years = -p.years_in_sweden * np.log1p(-u) - p.arrivals_after_2010
    month = np.maximum(JANUARY_2010 - np.floor(12 * years), birth_month + 12)
    return np.where(foreign, month, NO_MONTH).astype(np.int32)


def _education(
    p: Population,
    u: npt.NDArray[np.float64],
    u_missing: npt.NDArray[np.float64],
    ability: npt.NDArray[np.float64],
    foreign: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int8]:
    """Level of education, correlated with ability; 0 where the registers do not know it."""
    weight = p.education_ability / np.sqrt(1 + p.education_ability**2)
    rank = weight * ability + np.sqrt(1 - weight**2) * ndtri(np.clip(u, 1e-12, 1 - 1e-12))
    edges = ndtri(np.cumsum(p.education)[:-1] / p.education.sum())
    level = 1 + np.searchsorted(edges, rank)
    missing = u_missing < np.where(foreign, p.education_missing[1], p.education_missing[0])
    return np.where(missing, 0, level).astype(np.int8)


def _children(p, draw, woman, partner, birth_month) -> npt.NDArray[np.int32]:  # type: ignore[no-untyped-def]
    """Birth months of the children in the household, oldest first; born when the parent is 19 to 39."""
    mean = np.where(partner, p.children[2], np.where(woman, p.children[1], p.children[0]))
    u = draw(Stream.CHILDREN)
    number = np.zeros(len(u), dtype=np.int64)
    term = np.exp(-mean)
    below = term.copy()
    for k in range(1, _MAX_CHILDREN + 1):  # Poisson by inversion, cut at three
        number += u > below
        term = term * mean / k
        below = below + term
    ages = np.column_stack([19 * 12 + np.floor(draw(Stream.CHILD_BIRTH, k) * 20 * 12) for k in range(_MAX_CHILDREN)])
    months = birth_month[:, None] + ages.astype(np.int32)
    months = np.where(np.arange(_MAX_CHILDREN) < number[:, None], months, np.iinfo(np.int32).max)
    months = np.sort(months, axis=1)
    return np.where(months == np.iinfo(np.int32).max, NO_MONTH, months).astype(np.int32)
