"""The yearly tables of a register as one: those of the same types are put under one another, then typed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from evaluation.registers.casting import typed_table
from evaluation.registers.delivery import Source

Part = tuple[Source, ir.Table]


@dataclass
class _Pile:
    """Delivered tables whose columns have the same types; a column may be absent from some of them."""

    types: dict[str, dt.DataType] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def takes(self, types: dict[str, dt.DataType]) -> bool:
        return all(self.types.get(name, kind) == kind for name, kind in types.items())


def stacked(parts: Sequence[Part]) -> ir.Table:
    """Typed rows of all delivered tables of a register.

    Parameters
    ----------
    parts
        The delivered tables, each with what is known of it.

    Returns
    -------
    Table
        The columns of the contract, as :func:`evaluation.registers.casting.typed_table` gives them. How a value is
        read depends on the type it was delivered in, so tables that differ in that are typed on their own.
    """
    if len(parts) == 1:
        source, table = parts[0]
        return typed_table(table, source)
    piles: list[_Pile] = []
    for source, table in parts:
        types = {name: table[given].type().copy(nullable=True) for name, given in source.columns.items()}
        pile = next((pile for pile in piles if pile.takes(types)), None)
        if pile is None:
            piles.append(pile := _Pile())
        pile.types |= types
        pile.parts.append((source, table))
    return _under_one_another([_typed(pile) for pile in piles])


def _typed(pile: _Pile) -> ir.Table:
    delivered = []
    for source, table in pile.parts:
        columns = {
            name: table[source.columns[name]].cast(kind) if name in source.columns else ibis.null(kind)
            for name, kind in pile.types.items()
        }
        delivered.append(table.select(**columns, year=ibis.literal(source.year, type="int64")))
    first = pile.parts[0][0]
    whole = Source(first.contract.register, first.contract, None, {name: name for name in pile.types})
    return typed_table(_under_one_another(delivered), whole)


def _under_one_another(tables: list[ir.Table]) -> ir.Table:
    return ibis.union(*tables) if len(tables) > 1 else tables[0]
