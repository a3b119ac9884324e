"""Tables written down in the engine: an expression is compiled once, and its rows keep the types it promises."""

from __future__ import annotations

import re
from itertools import count

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends import BaseBackend

_PREFIX = "registers_{}_"
_numbers = count(1)


def new_prefix() -> str:
    """What the names of one delivery's working tables begin with; two deliveries opened in one engine stay apart."""
    return _PREFIX.format(next(_numbers))


def write(backend: BaseBackend, name: str, expression: ir.Table, *, temp: bool) -> ir.Table:
    """Write the rows of an expression into a table of the engine, in place of one of that name.

    Ibis itself would compile, write under another name, copy and read the types back. On DuckDB the rows go straight
    into a table of the expression's own types, which saves most of that time on small deliveries.
    """
    if backend.name != "duckdb" or expression.op().find(ops.InMemoryTable):
        return backend.create_table(name, expression, temp=temp, overwrite=True)
    query = backend.compile(expression)
    schema = expression.schema()
    columns = ", ".join(column.sql("duckdb") for column in schema.to_sqlglot_column_defs("duckdb"))
    backend.raw_sql(f'CREATE OR REPLACE {"TEMP " if temp else ""}TABLE "{name}" ({columns})')
    backend.raw_sql(f'INSERT INTO "{name}" {query}')
    return ibis.table(schema, name=name)


def table_names(backend: BaseBackend) -> list[str]:
    """Names of the tables and views that a backend holds where it looks first, sorted; working tables left out."""
    # what Ibis 12 does to list the tables of DuckDB, DuckDB 2 no longer offers
    names = _duckdb_names(backend) if backend.name == "duckdb" else backend.list_tables()
    return sorted(name for name in names if not re.match(_PREFIX.format(r"\d+"), name))


def _duckdb_names(backend: BaseBackend) -> list[str]:
    rows = backend.raw_sql(
        "SELECT DISTINCT table_name FROM information_schema.tables WHERE table_catalog = 'temp' "
        "OR (table_catalog = current_database() AND table_schema = current_schema())"
    ).fetchall()
    return [name for (name,) in rows]
