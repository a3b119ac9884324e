"""Columns of one register table while it is built and damaged: numpy arrays, with text held as codes.

Names that start with an underscore are for the damage (person, event ...) and never reach a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

MISSING = np.iinfo(np.int64).min  # a missing value in a nullable integer column


@dataclass(frozen=True, eq=False)
class Text:
    """Text as positions in a list of words; -1 is missing."""

    codes: npt.NDArray[np.int32]
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, index: npt.NDArray[Any]) -> Text:
        return Text(self.codes[index], self.words)

    def equals(self, word: str) -> npt.NDArray[np.bool_]:
        """Where the text is ``word``."""
        return self.codes == self.words.index(word)

    def to_arrow(self) -> pa.DictionaryArray:
        """Dictionary array that holds the words in use only, each once, so that a file reveals no other.

        A word that stands twice among the words (a blank number) must not stand twice in the dictionary: Parquet
        would give up its own dictionary then, and write bytes that change from run to run.
        """
        used = np.zeros(len(self.words) + 1, dtype=bool)
        used[self.codes] = True  # -1 marks the spare last place
        kept = np.flatnonzero(used[:-1])
        place_of: dict[str, int] = {}
        place = np.zeros(len(self.words) + 1, dtype=np.int32)
        place[kept] = [place_of.setdefault(self.words[i], len(place_of)) for i in kept.tolist()]
        codes = pa.array(place[self.codes], mask=self.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(list(place_of), type=pa.string()))


def text(codes: npt.ArrayLike, words: Iterable[str]) -> Text:
    """Text column from codes and words."""
    return Text(np.asarray(codes).astype(np.int32), tuple(words))


def digits(values: npt.ArrayLike, *, low: int, high: int, width: int) -> Text:
    """Numbers as text with leading zeros; ``low``..``high`` bounds the values that may occur."""
    return text(np.asarray(values) - low, (f"{value:0{width}d}" for value in range(low, high + 1)))


def constant(word: str, n: int) -> Text:
    """The same word in ``n`` rows."""
    return Text(np.zeros(n, dtype=np.int32), (word,))


Column = np.ndarray | Text


@dataclass(frozen=True, eq=False)
class Frame:
    """Equally long columns by name. Methods return new frames; columns are never changed in place."""

    columns: dict[str, Column]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> Any:
        return self.columns[name]

    def take(self, index: npt.NDArray[Any]) -> Frame:
        """Rows at ``index`` (positions or a mask)."""
        index = np.flatnonzero(index) if index.dtype == bool else index
        return Frame({k: v.take(index) for k, v in self.columns.items()})

    def replace(self, **columns: Column) -> Frame:
        """Whole columns replaced or added."""
        return Frame({**self.columns, **columns})

    def put(self, index: npt.NDArray[np.int64], **values: Any) -> Frame:
        """Values written in the rows ``index``: an array, a scalar, or for text a code, codes or None (missing)."""
        new = dict(self.columns)
        for name, value in values.items():
            column = new[name]
            if isinstance(column, Text):
                codes = column.codes.copy()
                codes[index] = -1 if value is None else value
                new[name] = Text(codes, column.words)
            else:
                changed = column.copy()
                changed[index] = value
                new[name] = changed
        return Frame(new)

    def append(self, *others: Frame) -> Frame:
        """Rows of the others below; text columns must share their words."""
        if not others:
            return self
        new: dict[str, Column] = {}
        for name, column in self.columns.items():
            parts: list[Any] = [column, *(other.columns[name] for other in others)]
            if isinstance(column, Text):
                if any(part.words != column.words for part in parts):
                    raise ValueError(f"column {name}: the parts hold different lists of words")
                new[name] = Text(np.concatenate([part.codes for part in parts]), column.words)
            else:
                new[name] = np.concatenate(parts)
        return Frame(new)

    def sort(self, *names: str) -> Frame:
        """Rows in ascending order of the named columns (stable)."""
        keys = [self.columns[name] for name in reversed(names)]
        return self.take(np.lexsort([key.codes if isinstance(key, Text) else key for key in keys]))

    def to_arrow(self, schema: pa.Schema) -> pa.Table:
        """Arrow table with the columns of ``schema``, in its order; text stays dictionary arrays."""
        arrays = [_to_arrow(self.columns[field.name], field) for field in schema]
        fields = [pa.field(f.name, a.type, f.nullable) for f, a in zip(schema, arrays, strict=True)]
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _to_arrow(column: Column, field: pa.Field) -> pa.Array:
    if isinstance(column, Text):
        return column.to_arrow()
    if pa.types.is_integer(field.type):
        mask = column == MISSING if field.nullable else None
        if mask is not None:
            column = np.where(mask, 0, column)
        return pa.array(column.astype(field.type.to_pandas_dtype()), mask=mask)
    return pa.array(column, type=field.type)
