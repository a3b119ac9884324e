"""Specifications: every reasonable way to do an analysis, as one set of named choices each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Literal, get_args

from evaluation.errors import EffectError, Problem

Choice = str | int | float | bool | None
Spec = Mapping[str, Choice]
Combine = Literal["product", "each"]


def specifications(
    grid: Mapping[str, Sequence[Choice]] | Sequence[Spec],
    *,
    reference: Spec | None = None,
    combine: Combine = "product",
) -> tuple[list[dict[str, Choice]], dict[str, Choice]]:
    """All specifications of a grid, and the reference among them.

    Parameters
    ----------
    grid
        Values by choice; or the specifications themselves. Values are names, numbers, booleans or None: what a name means is known to
        the function that runs a specification.
    reference
        The specification that was decided beforehand; by default the first value of every choice (the first specification). It is
        added where it is not among the others.
    combine
        "product": every combination. "each": the reference, and what differs from it in one choice.

    Returns
    -------
    list, dict
        Specifications without repetitions, in the order of the grid, all with the same choices in the same order.

    Raises
    ------
    EffectError
        Empty or uneven grids, values that cannot be told apart, a reference with other choices.
    """
    if combine not in get_args(Combine):
        raise EffectError(Problem("combine", f"{combine!r}", ", ".join(get_args(Combine))))
    if isinstance(grid, Mapping):
        _check_grid(grid)
        first = {name: values[0] for name, values in grid.items()}
        base = _completed(reference, first)
        if combine == "product":
            made = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
        else:
            made = [base, *({**base, name: value} for name, values in grid.items() for value in values)]
    else:
        made = [dict(spec) for spec in grid]
        names = list(made[0]) if made else []
        uneven = sum(set(spec) != set(names) for spec in made)
        if not names or uneven:
            raise EffectError(
                Problem(
                    "grid", f"{uneven} of {len(made)} specifications have other choices", "one set of choices for all"
                )
            )
        made = [{name: spec[name] for name in names} for spec in made]
        base = _completed(reference, made[0])
    unique = list({key_of(spec): spec for spec in made}.values())
    if key_of(base) not in {key_of(spec) for spec in unique}:
        unique = [base, *unique]
    return unique, base


def key_of(spec: Spec) -> tuple[tuple[str, str, str], ...]:
    """A specification as something to look up by: 1, 1.0 and True differ, the order of choices does not matter."""
    return tuple(sorted((name, type(value).__name__, str(value)) for name, value in spec.items()))


def _completed(reference: Spec | None, first: Spec) -> dict[str, Choice]:
    unknown = sorted(set(reference or {}) - set(first))
    if unknown:
        raise EffectError(Problem("reference", f"no such choices: {', '.join(unknown)}", ", ".join(first)))
    return {**first, **(reference or {})}


def _check_grid(grid: Mapping[str, Sequence[Choice]]) -> None:
    problems = []
    if not grid:
        problems.append(Problem("grid", "is empty", "at least one choice with its values"))
    for name, values in grid.items():
        if isinstance(values, str) or len(values) == 0:
            problems.append(Problem(f"grid, {name}", f"{values!r}", "a list of at least one value"))
            continue
        odd = [type(v).__name__ for v in values if not (v is None or isinstance(v, (str, int, float, bool)))]
        if odd:
            problems.append(
                Problem(f"grid, {name}", f"holds {', '.join(sorted(set(odd)))}", "names, numbers, booleans, None",
                        "give the value a name that the function knows")
            )  # fmt: skip
    if problems:
        raise EffectError(problems)
