"""Each rule finds the flaw planted for it, and only that."""

from __future__ import annotations

from evaluation.registers import validate


def test_flawless_delivery_has_no_flaws(registers):
    ledger = validate(registers)
    assert ledger.rows.empty
    assert (ledger.table["rows"] == 0).all()
    assert str(ledger).startswith("Flaw ledger: 0 rules found 0 flawed rows")


def test_each_planted_flaw_is_found_and_nothing_else(planted):
    _, ledger, expected = planted
    both = expected.merge(ledger.rows, how="outer", indicator=True)
    wrong = both[both["_merge"] != "both"]
    assert wrong.empty, wrong.to_string()
    assert len(ledger.rows) == len(expected)


def test_table_counts_the_rows(planted):
    registers, ledger, _ = planted
    assert list(ledger.table.columns) == ["register", "rule", "rows", "share", "action", "description"]
    assert list(ledger.rows.columns) == ["register", "rule", "row_key"]
    counted = ledger.rows.groupby(["register", "rule"]).size()
    told = ledger.table.set_index(["register", "rule"])["rows"]
    assert (told[told > 0].sort_index() == counted.sort_index()).all()
    lisa = ledger.table[(ledger.table["register"] == "lisa") & (ledger.table["rule"] == "missing_row")].iloc[0]
    assert lisa["share"] == lisa["rows"] / registers.rows_count("lisa")


def test_prints_for_people_without_row_keys(planted):
    _, ledger, _ = planted
    text = str(ledger)
    assert "  enrolments: bulk_closed" in text
    assert "LopNr" not in text
    assert "LopNr=" not in ledger._repr_html_()
    assert ">Flaw ledger</caption>" in ledger._repr_html_()
