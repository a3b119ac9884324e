"""Scenario files: complete, with sources, and errors that say what is allowed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from synthetic_registers import parameters
from synthetic_registers.parameters import STATUSES, ScenarioError, load_scenario, scenario_names

SCENARIOS = {
    "default",
    "null_effect",
    "strong_selection",
    "hidden_confounder",
    "heterogeneous",
    "early_leaving",
    "intense",
    "no_flaws",
}
CONSTANTS = Path(parameters.__file__).parent / "constants"


def test_the_eight_scenarios_are_there():
    assert set(scenario_names()) == SCENARIOS


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_parameter_says_where_it_comes_from(name):
    scenario = load_scenario(name)
    assert scenario.title
    for key, parameter in scenario.parameters.items():
        assert parameter.status in STATUSES, key
        assert parameter.note.strip(), key


def test_a_scenario_states_only_what_differs():
    default = load_scenario("default")
    for name in SCENARIOS - {"default"}:
        other = load_scenario(name)
        changed = {key for key in default.parameters if default.parameters[key].value != other.parameters[key].value}
        assert len(changed) <= 9, name
        assert set(other.flaws) == set(default.flaws)


def test_no_flaws_is_the_default_population_without_flaws():
    default, clean = load_scenario("default"), load_scenario("no_flaws")
    assert clean.parameters == default.parameters
    assert set(clean.flaws.values()) == {0.0}
    assert all(rate > 0 for rate in default.flaws.values())


def test_an_unknown_scenario_names_the_known_ones():
    with pytest.raises(ScenarioError, match=r"no scenario 'intens'.*mean 'intense'.*default, early_leaving"):
        load_scenario("intens")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'extends = "default"\n[start]\nbas = { value = 1, status = "assumed", note = "x" }',
            "start.bas: unknown, did you mean start.base",
        ),
        (
            'extends = "default"\n[start]\nbase = { value = 1, status = "guess", note = "x" }',
            "status 'guess'; allowed are found, derived",
        ),
        ('extends = "default"\n[start]\nbase = 1', "start.base: write"),
        (
            'extends = "default"\n[start]\nstep = { value = [1, 2], status = "assumed", note = "x" }',
            "has 2 numbers, must have 6",
        ),
        (
            'extends = "default"\n[flaws]\n"ku.x" = { value = 2, status = "assumed", note = "x" }',
            "a rate is a share from 0 to 1",
        ),
        ('[start]\nbase = { value = 1, status = "assumed", note = "x" }', "employment.regular: missing"),
        ('extends = "odd"', "is itself or no scenario"),
    ],
)
def test_a_broken_file_says_what_is_wrong(tmp_path, monkeypatch, text, said):
    (tmp_path / "odd.toml").write_text(text, encoding="utf-8")
    (tmp_path / "default.toml").write_bytes((parameters.FOLDER / "default.toml").read_bytes())
    monkeypatch.setattr(parameters, "FOLDER", tmp_path)
    with pytest.raises(ScenarioError) as error:
        load_scenario.__wrapped__("odd")
    assert said in str(error.value)


@pytest.mark.parametrize("file", sorted(path.name for path in CONSTANTS.glob("*.csv")))
def test_constants_have_a_source_and_a_status(file):
    with (CONSTANTS / file).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert rows
    for row in rows:
        assert None not in row
        assert row["source"].strip()
        assert row["status"] in STATUSES
        assert float(row["value"]) > 0


@pytest.mark.parametrize("file", ["establishment_limits.csv", "base_amounts.csv", "prices.csv"])
def test_the_generator_and_the_study_use_the_same_limits(file):
    """The generator keeps its own copy; where both have a value they agree."""
    study = Path(parameters.__file__).parents[1] / "study" / "definitions" / file

    def values(path: Path) -> dict[tuple[str, str], float]:
        with path.open(encoding="utf-8", newline="") as handle:
            return {(row["year"], row["name"]): float(row["value"]) for row in csv.DictReader(handle)}

    ours, theirs = values(CONSTANTS / file), values(study)
    shared = set(ours) & set(theirs)
    assert len(shared) >= 12
    assert {key: ours[key] for key in shared} == {key: theirs[key] for key in shared}
