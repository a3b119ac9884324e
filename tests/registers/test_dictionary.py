"""The data dictionary in docs is the one the contracts make."""

from __future__ import annotations

from pathlib import Path

from evaluation.registers import CONTRACTS
from evaluation.registers.dictionary import dictionary_markdown

PAGE = Path(__file__).parents[2] / "docs" / "data_dictionary.md"


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == dictionary_markdown(CONTRACTS), (
        "run: python -m evaluation.registers.dictionary > docs/data_dictionary.md"
    )


def test_every_column_is_described():
    page = dictionary_markdown(CONTRACTS)
    for contract in CONTRACTS:
        assert f"## {contract.register}\n" in page
        names = [column.name for column in contract.columns]
        assert len(names) == len(set(names))
        for column in contract.columns:
            assert column.description
            assert f"`{column.name}`" in page
