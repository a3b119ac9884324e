"""Files of the delivery: Parquet or Swedish-style CSV, written one chunk at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

Format = Literal["parquet", "csv"]
FORMATS: tuple[Format, ...] = ("parquet", "csv")
ENCODING = "cp1252"


class TableFile(Protocol):
    """One file of the delivery, open for appending."""

    def write(self, table: pa.Table) -> None:
        """Append a chunk; text may be dictionary arrays."""

    def close(self) -> None:
        """Finish the file."""


def open_table(folder: Path, name: str, schema: pa.Schema, fmt: Format) -> TableFile:
    """File ``name`` in the folder, empty so far (it exists even if nothing is written)."""
    if fmt == "parquet":
        return _Parquet(folder / f"{name}.parquet", schema)
    return _Csv(folder / f"{name}.csv", schema)


class _Parquet:
    """A row group a chunk; text is dictionary-encoded in the file and plain text to the reader."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        fields = [
            pa.field(f.name, pa.dictionary(pa.int32(), pa.string()), f.nullable) if pa.types.is_string(f.type) else f
            for f in schema
        ]
        self._schema = pa.schema(fields)
        self._writer = pa.parquet.ParquetWriter(path, self._schema, compression="zstd", store_schema=False)

    def write(self, table: pa.Table) -> None:
        if len(table):
            self._writer.write_table(table.cast(self._schema), row_group_size=len(table))

    def close(self) -> None:
        self._writer.close()


class _Csv:
    """Semicolons, a header, CRLF-free lines, empty for missing, the encoding of Swedish Windows."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._file = path.open("wb")
        self._file.write((";".join(schema.names) + "\n").encode(ENCODING))

    def write(self, table: pa.Table) -> None:
        columns = [pc.cast(column, field.type) for column, field in zip(table.columns, self._schema, strict=True)]
        plain = pa.Table.from_arrays(columns, schema=self._schema)
        sink = pa.BufferOutputStream()
        options = pa.csv.WriteOptions(include_header=False, delimiter=";", quoting_style="none")
        pa.csv.write_csv(plain, sink, options)
        self._file.write(sink.getvalue().to_pybytes().decode("utf-8").encode(ENCODING))

    def close(self) -> None:
        self._file.close()
