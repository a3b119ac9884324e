"""What does not change of a person comes from the earliest row that tells it."""

from __future__ import annotations

import pandas as pd

from evaluation.cohort import CohortSpec, assemble
from evaluation.cohort.risksets import constant_traits
from tests.cohort.standin import PRICES, Standin, make_tables

TABLES = make_tables(120, seed=4)
ROWS = {
    # person: (year, sex, birth_year, origin) in order
    1: [(2006, None, None, None), (2007, 2, 1970, "07"), (2008, 1, 1971, "00")],
    2: [(2006, 9, 19, "11"), (2007, 9, 1980, "11"), (2008, 1, 1981, "04")],
    3: [(2006, 9, 1960, "11"), (2007, 9, 1960, "99")],
}


def lisa() -> pd.DataFrame:
    rows = [(person, *row) for person, found in ROWS.items() for row in found]
    frame = pd.DataFrame(rows, columns=["person", "year", "sex", "birth_year", "origin"])
    frame = frame.astype({"sex": "Int32", "birth_year": "Int32"})
    return frame.reindex(columns=TABLES["lisa"].columns)


def test_the_earliest_readable_value_counts() -> None:
    table = Standin({"lisa": lisa()}).table("lisa")
    found = constant_traits(table).order_by("person").to_pandas().set_index("person")
    assert found["birth_year"].tolist() == [1970, 1980, 1960]
    assert found["origin"].tolist() == ["07", "04", "11"]
    assert found["woman"].iloc[:2].tolist() == [1, 0]
    assert pd.isna(found["woman"].iloc[2])  # not a man because the code is unknown


def test_nobody_of_unknown_sex_is_at_risk_and_the_flow_says_so() -> None:
    plain = assemble(Standin(TABLES), CohortSpec(covariates=("woman",)), prices=PRICES)
    assert "sex_known" not in set(plain.attrition["step"])
    someone = plain.table.loc[plain.table["treated"] == 1, "person"].iloc[0]
    rows = TABLES["lisa"].copy()
    rows.loc[rows["person"] == someone, "sex"] = 9
    cohort = assemble(Standin(TABLES | {"lisa": rows}), CohortSpec(covariates=("woman",)), prices=PRICES)
    assert someone not in set(cohort.table["person"])
    assert cohort.target == plain.target - 1 == int((cohort.table["treated"] == 1).sum())
    lost = cohort.attrition[cohort.attrition["step"] == "sex_known"]
    assert lost["n_removed"].tolist() == [1, 1]
    # one unreadable year alone loses nobody
    rows = TABLES["lisa"].copy()
    first = rows[rows["person"] == someone]["year"].min()
    rows.loc[(rows["person"] == someone) & (rows["year"] == first), "sex"] = 9
    again = assemble(Standin(TABLES | {"lisa": rows}), CohortSpec(covariates=("woman",)), prices=PRICES)
    pd.testing.assert_frame_equal(again.table, plain.table)
