"""Files: the same bytes again, the columns of the contract, the same rows in every chunking and in both forms."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from synthetic_registers.delivery import DeliveryWriter
from synthetic_registers.delivery.flaws.kinds import KINDS
from synthetic_registers.delivery.schema import TABLES
from tests.delivery.conftest import KEY_RATES, ROW_RATES, Deliver, Delivered
from tests.delivery.fake_world import FakeScenario

MIXED = ROW_RATES | KEY_RATES


def hashes(path: Path) -> dict[str, str]:
    return {
        str(p.relative_to(path)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(path.rglob("*"))
        if p.is_file()
    }


@pytest.mark.parametrize("fmt", ["parquet", "csv"])
def test_same_bytes_again(deliver: Deliver, fmt: str) -> None:
    first = hashes(deliver(MIXED, fmt=fmt, chunks=2).path)
    assert first == hashes(deliver(MIXED, fmt=fmt, chunks=2).path)
    assert len(first) == len(TABLES) + 1


def test_another_seed_gives_other_files(deliver: Deliver, clean: Delivered) -> None:
    other, same = hashes(deliver({}, seed=8).path), hashes(clean.path)
    assert all(other[name] != same[name] for name in same if name.startswith("registers"))


def test_every_rate_zero_gives_the_bytes_of_no_flaws_at_all(deliver: Deliver, clean: Delivered) -> None:
    zero = deliver(dict.fromkeys(KINDS, 0.0) | {"employments.extension_row": 1.0})
    assert hashes(zero.path) == hashes(clean.path)
    assert set(clean.flaws()["kind"]) == {"extension_row"}


def test_tables_and_types(clean: Delivered) -> None:
    names = {p.stem for p in (clean.path / "registers").iterdir()}
    assert names == set(TABLES)
    for name, schema in TABLES.items():
        found = clean.arrow(name).schema
        assert found.names == schema.names, name
        assert found.types == schema.types, name
        assert [f.nullable for f in found] == [f.nullable for f in schema], name


def test_columns_of_lisa_change_as_the_register_does(clean: Delivered) -> None:
    assert clean.arrow("lisa_individ_2010").column_names[0] == "P1105_LopNr_PersonNr"
    assert clean.arrow("lisa_individ_2011").column_names[0] == "P1105_LOPNR_PERSONNR"
    has = {
        y: set(clean.arrow(f"lisa_individ_{y}").column_names) & {"SyssStatJ", "SyssStat11"} for y in (2010, 2011, 2012)
    }
    assert has == {2010: {"SyssStatJ"}, 2011: {"SyssStatJ", "SyssStat11"}, 2012: {"SyssStat11"}}


def test_chunks_hold_the_rows_of_one_chunk(deliver: Deliver) -> None:
    whole, parts = deliver(MIXED), deliver(MIXED, chunks=3)
    for name in TABLES:
        columns = TABLES[name].names
        one = whole.table(name).sort_values(columns, ignore_index=True)
        three = parts.table(name).sort_values(columns, ignore_index=True)
        pd.testing.assert_frame_equal(one, three)
    columns = ["register", "kind", "row_key"]
    pd.testing.assert_frame_equal(
        whole.flaws().sort_values(columns, ignore_index=True), parts.flaws().sort_values(columns, ignore_index=True)
    )


def test_flaws_are_sorted_within_the_chunk(damaged: Delivered) -> None:
    rows = list(damaged.flaws().itertuples(index=False, name=None))
    assert rows == sorted(rows)
    assert len(rows) == len(set(rows))


def test_csv_says_the_same_as_parquet(deliver: Deliver, damaged: Delivered) -> None:
    text = deliver(ROW_RATES, fmt="csv")
    for name in TABLES:
        path = text.path / "registers" / f"{name}.csv"
        read = pd.read_csv(path, sep=";", encoding="cp1252", dtype=str, keep_default_na=False, skipinitialspace=False)
        expected = pd.DataFrame(
            {k: _as_text(v) for k, v in zip(TABLES[name].names, damaged.arrow(name).columns, strict=True)}
        )
        pd.testing.assert_frame_equal(read, expected.astype(read.dtypes), obj=name)


def _as_text(column: pa.ChunkedArray) -> list[str]:
    return ["" if value is None else str(value) for value in column.to_pylist()]


def test_swedish_letters_are_one_byte(deliver: Deliver) -> None:
    raw = (deliver({}, fmt="csv").path / "registers" / "jobbtorg_visstid.csv").read_bytes()
    assert "Stockholmsvärd".encode("cp1252") in raw
    assert "Stockholmsvärd".encode() not in raw


def test_a_delivery_without_chunks_has_every_file(tmp_path: Path) -> None:
    DeliveryWriter(tmp_path, scenario=FakeScenario(), seed=1, persons=10).close()
    assert {p.stem for p in (tmp_path / "registers").iterdir()} == set(TABLES)


def test_a_delivery_in_another_form_replaces_the_earlier_one(tmp_path: Path) -> None:
    for fmt in ("csv", "parquet"):
        DeliveryWriter(tmp_path, scenario=FakeScenario(), seed=1, persons=10, fmt=fmt).close()
    assert {p.suffix for p in (tmp_path / "registers").iterdir()} == {".parquet"}


def test_mistakes_are_named(tmp_path: Path, deliver: Deliver) -> None:
    with pytest.raises(ValueError, match=r"lisa\.mising_row: unknown kind of flaw, did you mean lisa\.missing_row"):
        DeliveryWriter(tmp_path, scenario=FakeScenario({"lisa.mising_row": 0.1}), seed=1, persons=10)
    with pytest.raises(ValueError, match=r"rate 2; a rate is a share"):
        DeliveryWriter(tmp_path, scenario=FakeScenario({"lisa.missing_row": 2}), seed=1, persons=10)
    with pytest.raises(ValueError, match="allowed are parquet, csv"):
        DeliveryWriter(tmp_path, scenario=FakeScenario(), seed=1, persons=10, fmt="sas")  # type: ignore[arg-type]
