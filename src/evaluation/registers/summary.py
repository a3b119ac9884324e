"""What was delivered, in one table for the release."""

from __future__ import annotations

import pandas as pd

from evaluation.registers.contracts import CONTRACTS
from evaluation.registers.registers import Registers

#: Column from which the years of a register without yearly tables are read: a date, or an absolute month.
_WHEN = {
    "af_periods": "start",
    "af_categories": "start",
    "unemployment_insurance": "month",
    "migration": "month",
    "deaths": "month",
    "enrolments": "start",
    "measures": "start",
    "employments": "start",
    "attendance": "date",
    "steps": "date",
}


def summary(registers: Registers) -> pd.DataFrame:
    """Extent of each delivered register.

    Returns
    -------
    DataFrame
        ``register``, ``first_year``, ``last_year`` (of the tables, else of the cleaned rows; missing for the key),
        ``rows`` (delivered), ``persons`` (in the cleaned table).
    """
    out = []
    for contract in CONTRACTS:
        name = contract.register
        if name not in registers.names:
            continue
        table = registers.table(name)
        wanted = {"persons": table.person.nunique()}
        if name in _WHEN:
            when = table[_WHEN[name]]
            year = when.year() if when.type().is_date() else (when / 12).floor()
            wanted |= {"first": year.min(), "last": year.max()}
        row = registers.execute(table.agg(**wanted)).iloc[0]
        years = registers.years(name)
        first, last = (years[0], years[-1]) if years else (row.get("first"), row.get("last"))
        out.append(
            {
                "register": name,
                "first_year": first,
                "last_year": last,
                "rows": registers.rows_count(name),
                "persons": int(row["persons"]),
            }
        )
    frame = pd.DataFrame(out)
    return frame.astype({"first_year": "Int64", "last_year": "Int64", "rows": "int64", "persons": "int64"})
