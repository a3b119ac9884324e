"""The study file: what is wrong with it is told at once, with the nearest known name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from evaluation.errors import StudyError
from evaluation.study.describe import decisions
from evaluation.study.file import check_study, parse_study, read_study_file

STUDY = Path(__file__).parents[2] / "study" / "visstid_2009_2011.toml"


@pytest.fixture
def raw() -> dict:
    return tomllib.loads(STUDY.read_text(encoding="utf-8"))


def test_the_study_of_the_client_reads() -> None:
    spec = read_study_file(STUDY)
    assert spec.primary.definition == "E2_scb"
    assert spec.matching.strata == ("month", "elapsed_class", "woman")


def test_all_problems_are_told_at_once(raw: dict) -> None:
    raw["matching"]["caliber"] = 0.2
    raw["matching"]["ratio"] = 0
    raw["primary"]["clock"] = "exit"
    del raw["study"]["title_sv"]
    del raw["window"]
    with pytest.raises(StudyError) as error:
        parse_study(raw, name="my_study.toml")
    text = str(error.value)
    assert len(error.value.problems) == 5
    assert "my_study.toml [matching] caliber: is not a known key" in text
    assert "did you mean 'caliper'?" in text
    assert "[study] title_sv: is missing" in text
    assert "[window]: is missing" in text
    assert "'start', 'exit_planned'" in text


def test_primary_must_be_among_what_is_estimated(raw: dict) -> None:
    raw["outcomes"]["definitions"] = ["E4_employed"]
    raw["outcomes"]["sustained_definitions"] = ["E4_employed"]
    with pytest.raises(StudyError, match="is not among outcomes"):
        parse_study(raw)


def test_a_file_that_is_not_there_names_its_neighbours() -> None:
    with pytest.raises(StudyError, match=r"visstid_2009_2011\.toml"):
        read_study_file(STUDY.with_name("visstid.toml"))


def test_exact_strata_always_hold_the_risk_set(raw: dict) -> None:
    raw["matching"]["exact"] = ["district"]
    assert parse_study(raw).matching.strata == ("month", "elapsed_class", "district")


def test_digest_follows_the_decisions(raw: dict) -> None:
    before = parse_study(raw)
    raw["matching"]["caliper"] = 0.1
    after = parse_study(raw)
    assert before.digest("cohort") == after.digest("cohort")
    assert before.digest("matching") != after.digest("matching")


def test_no_caliper_can_be_asked_for(raw: dict) -> None:
    raw["matching"]["caliper"] = "none"
    spec = parse_study(raw)
    assert spec.matching.caliper is None
    assert "caliper_unit" not in spec.matching.options  # it would mean nothing
    assert check_study(spec.model_dump(), name="again").matching.caliper is None
    raw["matching"]["caliper"] = "nothing"
    with pytest.raises(StudyError, match=r"\[matching\] caliper"):
        parse_study(raw)


def test_decisions_in_force_tell_the_defaults(raw: dict) -> None:
    for key in ("caliper", "caliper_unit", "order"):
        del raw["matching"][key]
    raw["matching"]["exact"] = []
    text = decisions(parse_study(raw))
    matching = " ".join(text[text.index("  matching") :].split("\n  outcomes")[0].split())
    for expected in ("caliper = 0.2 (default)", "strata = month, elapsed_class;", "ratio = 5;", "exact = (none named)"):
        assert expected in matching
    assert "ratio = 5 (default)" not in matching
    assert "price_year = 2016" in text
    assert text.count("price_year") == text.count("episode_gap_days") == 1


def test_names_and_options_are_checked_when_the_file_is_read(raw: dict) -> None:
    raw["score"]["covariates"] = ["age", "earnigs_1", "actual_exit"]
    raw["score"]["time"] = ["quartr"]
    raw["matching"] |= {"exact": ["sexx", "planned_length"], "max_reuse": 3, "distance": "logitt"}
    raw["gates"]["max_smd"] = -1
    with pytest.raises(StudyError) as error:
        parse_study(raw, name="s.toml")
    text = str(error.value)
    for expected in (
        "s.toml [score] covariates: 'earnigs_1' is no column that the cohort will have",
        "did you mean 'earnings_1'?",
        "s.toml [score] covariates: covariate 'actual_exit': is known only after the start",
        "s.toml [score] time: 'quartr'",
        "did you mean 'quarter'?",
        "s.toml [matching] exact: 'sexx'",
        "s.toml [matching] exact: stratum 'planned_length': exists for participants only",
        "[matching] max_reuse: 3 was given, but without replacement a control is used once",
        "[matching] distance",
        "[gates] max_smd",
    ):
        assert expected in text, expected
    assert len(error.value.problems) == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replace": True}, "the order changes nothing"),
        ({"method": "full"}, "no comparison persons of their own"),
        ({"method": "ipw"}, r"weighting is an estimator: \[effects\] estimators"),
        ({"method": "nearset"}, r"\[matching\] method"),
        ({"order": "biggest"}, r"\[matching\] order"),
        ({"max_reuse": 2, "method": "optimal", "replace": False}, "max_reuse"),
    ],
)
def test_options_that_do_not_go_together(raw: dict, options: dict, message: str) -> None:
    raw["matching"] |= options
    with pytest.raises(StudyError, match=message):
        parse_study(raw)


def test_a_covariate_that_the_cohort_leaves_out(raw: dict) -> None:
    raw["cohort"]["covariates"] = ["background", "annual_income"]
    with pytest.raises(StudyError, match="'unemployed_12' is no column that the cohort will have"):
        parse_study(raw)


def test_what_two_rooms_share_is_decided_once(raw: dict) -> None:
    raw["cohort"] |= {"episode_gap_days": 60, "workplaces": ["created"]}
    raw["outcomes"]["price_year"] = 2014
    spec = parse_study(raw)
    assert spec.cohort.price_year == spec.outcomes.price_year == 2014
    assert spec.outcomes.episode_gap_days == 60
    assert spec.outcomes.programme_kinds == ("created",)
    content = spec.model_dump()
    content["outcomes"] |= {"price_year": 2010}
    again = check_study(content, name="again")
    assert again.cohort.price_year == 2010
    assert again.digest("cohort") != spec.digest("cohort")  # the covariates are in other kronor


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("cohort", "price_year", 2010), ("outcomes", "episode_gap_days", 7), ("outcomes", "programme_kinds", ["regular"])],
)
def test_contradictions_are_refused_and_repetitions_are_not(raw: dict, section: str, key: str, value: object) -> None:
    spec = parse_study(raw)
    raw[section][key] = getattr(getattr(spec, section), key)
    assert parse_study(raw).digest() == spec.digest()
    raw[section][key] = value
    with pytest.raises(StudyError, match=f"{key}: .* contradicts"):
        parse_study(raw)


def test_fewer_definitions_need_no_second_key(raw: dict) -> None:
    raw["outcomes"]["definitions"] = ["E2_scb", "E3_uka"]
    assert parse_study(raw).outcomes.sustained_definitions == ("E2_scb",)
    raw["outcomes"]["sustained_definitions"] = ["E4_employed"]
    with pytest.raises(StudyError, match="E4_employed is not among definitions"):
        parse_study(raw)


def test_the_primary_outcome_must_be_read(raw: dict) -> None:
    raw["outcomes"]["outcomes"] = ["earnings"]
    with pytest.raises(StudyError, match=r"primary\.outcome 'established' is not among"):
        parse_study(raw)


def test_a_folder_names_the_study_files_in_it() -> None:
    with pytest.raises(StudyError, match="is a folder, not a study file") as error:
        read_study_file(STUDY.parent)
    assert "visstid_2009_2011.toml" in str(error.value)


def test_the_protocol_says_what_the_study_file_says() -> None:
    spec = read_study_file(STUDY)
    english = " ".join((STUDY.parent / "protocol.md").read_text(encoding="utf-8").split())
    swedish = " ".join((STUDY.parent / "protokoll.md").read_text(encoding="utf-8").split())
    low, high = spec.cohort.age
    assert f"{low}–{high}" in english
    assert f"{low}–{high}" in swedish
    # what the protocols say in words; a study file that decides otherwise needs other words
    assert (spec.matching.ratio, spec.matching.strata) == (5, ("month", "elapsed_class", "woman"))
    assert "up to five comparison persons" in english
    assert "upp till fem jämförelsepersoner" in swedish
    assert "the same month, about the same time since enrolment, the same sex" in english
    assert "samma månad, ungefär samma tid sedan inskrivning, samma kön" in swedish
    assert spec.primary.definition == "E2_scb"
    assert (
        f"Statistics Sweden's established position in year {spec.primary.year} after the agreed end (main result)"
        in english
    )
    assert f"SCB:s etablerade ställning år {spec.primary.year} efter avtalat slut (huvudresultat)" in swedish
    gates, margins = spec.gates, spec.margins
    for words in (
        f"more than {gates.max_smd:g} standard deviations",
        f"at least {100 * gates.min_matched_share:.0f} per cent of the participants",
        f"at least {100 * gates.min_linked_share:.0f} per cent of the City's rows",
        f"at most {100 * gates.max_mde:.0f} of 100",
        f"{100 * margins.share:.0f} of 100 persons for shares, SEK {margins.sek:,.0f} a year",
    ):
        assert words in english, words
