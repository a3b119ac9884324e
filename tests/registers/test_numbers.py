"""Ways of writing a personal identity number, and reasons in caseworkers' own words."""

from __future__ import annotations

import ibis
import pytest

from evaluation.registers.keys import links, normal_number, other_form
from evaluation.registers.rules.enrolments import canonical_reason


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("198501020017", "198501020017"),
        ("  198501020017   ", "198501020017"),
        ("19850102-0017", "198501020017"),
        ("8501020017", "198501020017"),
        ("850102-0017", "198501020017"),
        ("0501020017", "200501020017"),
        ("501020017", "200501020017"),  # a leading zero lost
        ("1501020017", "201501020017"),
        ("1701020017", "191701020017"),
        ("170102+0017", "181701020017"),
        ("8501620017", "198501620017"),  # a coordination number stays one
        ("", None),
        ("            ", None),
        ("abc", None),
        ("12345", None),
        (None, None),
    ],
)
def test_normal_number(given, normal):
    table = ibis.memtable({"given": [given]}, schema={"given": "string"})
    result = table.select(n=normal_number(table.given, last_year=2016)).execute().n[0]
    assert (result == normal) if normal else result != result or result is None


def test_links_use_the_other_form_only_where_the_key_is_silent():
    key = ibis.memtable(
        {
            "number": ["198501020017", "198501620017", "197003050001", "196001010001", "196001010001"],
            "person": [1, 2, 3, 4, 5],
        }
    )
    found = links(key).execute().set_index("number")["person"].to_dict()
    assert found == {"198501020017": 1, "198501620017": 2, "197003050001": 3, "197003650001": 3}


def test_other_form_is_its_own_inverse():
    table = ibis.memtable({"n": ["198501020017", "198512310017"]})
    back = table.select(n=other_form(other_form(table.n))).execute().n
    assert back.tolist() == ["198501020017", "198512310017"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("arbete tillsvidare", "permanent_job"),
        ("STUDIER", "studies"),
        ("studier på komvux", "studies"),
        ("Visstidsanst. Sthlms stad", "fixed_term"),
        ("AF - jobbgarantin", "employment_service"),
        ("flyttat till annan kommun", "moved"),
        ("föräldraledighet", "parental_leave"),
        ("sjukskriven", "sick"),
        ("tillbaka till stadsdelen", "back_to_district"),
        ("arbte tilsvidare", "permanent_job"),
        ("zzz", "unknown"),
    ],
)
def test_canonical_reason(given, reason):
    assert canonical_reason(given) == reason
