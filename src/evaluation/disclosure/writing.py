"""Tables and records as bytes that are the same on every run."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import numpy as np
import pandas as pd

from evaluation.disclosure.schema import TABLES

DIGITS = 6


def table_bytes(name: str, table: pd.DataFrame) -> bytes:
    """CSV of a release table: UTF-8, commas, numbers with six significant digits, missing values empty, rows in the table's order."""
    shape = TABLES[name]
    table = table[[column for column in shape.columns if column in table]]
    if shape.sort:
        table = table.sort_values([c for c in shape.sort if c in table], kind="stable", na_position="first")
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([cell(value) for value in row] for row in table.itertuples(index=False, name=None))
    return stream.getvalue().encode("utf-8")


def cell(value: Any) -> str:
    """One value: whole numbers without decimals and in full, other numbers with six significant digits and no exponent."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        if not math.isfinite(number):
            return ""
        if number == round(number) and abs(number) < 1e15:
            return str(round(number))
        text = np.format_float_positional(number, precision=DIGITS, unique=False, fractional=False, trim="-")
        return "0" if text in ("-0", "0") else text
    return str(value)


def json_bytes(content: Any) -> bytes:
    """JSON with sorted keys, and a line feed at the end."""
    text = json.dumps(_plain(content), ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {str(key): _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, np.generic):
        content = content.item()
    return None if isinstance(content, float) and not math.isfinite(content) else content
