"""The coverage harness in small: it runs, resumes, and its tables and checks are what the definitions say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthetic_registers.direct_outcomes import CHOSEN, PLACEBO
from tests.proofs.coverage import page, runner
from tests.proofs.coverage.checks import check_all
from tests.proofs.coverage.estimators import ALL_CLOCKS, ESTIMATORS, MORE, RESULT, Estimator, run_all
from tests.proofs.coverage.replication import (
    SCENARIOS,
    Replication,
    late_covariates,
    match_study,
    replicate,
    score_covariates,
    seed_of,
)
from tests.proofs.coverage.runner import Block, blocks, finished, run_block
from tests.proofs.coverage.sets import complete
from tests.proofs.coverage.summary import COLUMNS, Truths, of_scenario, summarise
from tests.proofs.coverage.timing import timed

SIZE = 1_500
HERE = tuple(e for e in ESTIMATORS if e.tried_in("default"))


@pytest.fixture(scope="module")
def small() -> Replication:
    return replicate("default", 1, persons=SIZE)


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coverage")
    run_block(Block("default", 1, 2), folder, persons=SIZE)
    run_block(Block("default", 3, 3), folder, persons=SIZE)
    return folder


def test_seeds_follow_from_scenario_and_number_alone():
    assert seed_of("default", 1) == 1_000_001
    assert seed_of("no_flaws", 500) == 8_000_500
    assert len({seed_of(s, r) for s in SCENARIOS for r in range(1, 2_001)}) == 2_000 * len(SCENARIOS)
    with pytest.raises(ValueError, match="numbered 1"):
        seed_of("default", 0)


def test_every_estimator_gives_a_number_for_its_lines(small: Replication):
    table = run_all(small, HERE)
    tried = {(e.name, clock) for e in HERE for clock in e.clocks}
    assert set(zip(table["estimator"], table["clock"], strict=True)) == tried
    assert np.isfinite(table[list(RESULT)].to_numpy()).mean() > 0.98
    assert (table["ci_low"] <= table["ci_high"]).sum() == table["ci_low"].notna().sum()
    assert not table.duplicated(["estimator", "clock", "line"]).any()


def test_where_none_of_its_estimators_is_tried_there_is_no_part(tmp_path: Path):
    block = Block("no_flaws", 1, 1)  # nothing of MORE or LATE is tried there
    run_block(block, tmp_path, persons=SIZE)
    assert finished(block, tmp_path)
    assert {"more_estimates", "late_estimates"} < set(runner.PARTS)
    assert not {path.stem.rsplit("-", 1)[1] for path in tmp_path.iterdir()} & {"more_estimates", "late_estimates"}
    assert summarise(tmp_path)["estimator"].nunique() == 5


def test_late_covariates_leave_a_hidden_confounder_to_be_seen_before_them():
    assert not {"log_earnings_2", "employed_3", "work_months_2"} & set(late_covariates())
    assert {"log_earnings_1", "social_assistance_24", "quarter"} < set(late_covariates()) < set(score_covariates())
    place = [line.outcome for line in CHOSEN].index(PLACEBO)
    hidden = replicate("hidden_confounder", 1, persons=6_000)
    found = {e.name: run_all(hidden, (e,)) for e in ESTIMATORS if e.name.startswith("matched_difference 1:5")}
    values = [
        float(rows.loc[rows["clock"].eq("start") & rows["line"].eq(place), "estimate"].iloc[0])
        for rows in found.values()
    ]
    assert values[0] < values[1]


def test_a_ready_score_gives_the_sets_that_fitting_gives(small: Replication):
    again = match_study(small.frame, score=small.matched.score)
    names = ["set", "id", "treated", "weight"]
    pd.testing.assert_frame_equal(again.members[names], small.matched.members[names])


def test_a_level_without_participants_takes_no_estimator_away():
    rare = replicate("default", 5, persons=2_500)
    assert np.isnan(rare.matched.score).any()
    names = ("matched_difference 1:1", "abadie_imbens 1", "cap 1, in order")
    table = run_all(rare, tuple(e for e in ESTIMATORS if e.name in names))
    assert table["estimate"].notna().all()


def test_sets_keep_both_sides_and_their_weights(small: Replication):
    members = small.members(small.matched)
    treated = (members["treated"] == 1).to_numpy()
    lost = members["set"].isin([0, 1]).to_numpy() & ~treated
    kept = complete(
        members[~lost & ~((members["set"] == 2).to_numpy() & (np.arange(len(members)) % 2 == 0) & ~treated)]
    )
    assert not kept["set"].isin([0, 1]).any()
    controls = kept[kept["treated"] == 0]
    np.testing.assert_allclose(controls.groupby("set")["weight"].sum(), 1)


def test_nobody_is_used_twice_where_reuse_is_capped(small: Replication):
    from tests.proofs.coverage.depleted import deplete

    members = deplete(small)
    controls = members[members["treated"] == 0]
    assert controls["unit"].is_unique
    both = small.frame.iloc[members["position"]].assign(set=members["set"].to_numpy())
    for name in ("month", "elapsed_class", "woman"):
        assert (both.groupby("set")[name].nunique() == 1).all()


def test_blocks_are_done_once_and_in_turn(finished_run: Path):
    asked = blocks({"default": 5, "no_flaws": 2}, size=2)
    assert asked == [Block(*b) for b in (("default", 1, 2), ("no_flaws", 1, 2), ("default", 3, 4), ("default", 5, 5))]
    assert finished(Block("default", 1, 2), finished_run)
    assert not finished(Block("default", 4, 4), finished_run)


def test_a_block_without_one_of_its_estimators_is_done_again(finished_run: Path, monkeypatch: pytest.MonkeyPatch):
    new = Estimator("new", "not_yet", lambda r, c: pd.DataFrame())
    monkeypatch.setitem(runner.TRIED, "more_estimates", (*MORE, new))
    assert not finished(Block("default", 1, 2), finished_run)


def test_a_summary_is_what_its_columns_say(finished_run: Path):
    table = summarise(finished_run)
    assert tuple(table.columns) == COLUMNS
    every = [e for e in HERE if e.name.startswith(("matched_difference", "cap"))]  # these are tried on every line
    rows = table[table["estimator"].isin([e.name for e in every])]
    assert len(rows) == len(CHOSEN) * sum(len(e.clocks) for e in every)
    estimates = pd.concat(map(pd.read_parquet, finished_run.glob("*-estimates.parquet")))
    truths = pd.concat(map(pd.read_parquet, finished_run.glob("*-truth.parquet")))
    j = next(i for i, c in enumerate(CHOSEN) if (c.definition, c.horizon, c.horizon_unit) == ("E4_employed", 2, "year"))
    rows = estimates[
        (estimates["estimator"] == "matched_difference 1:5")
        & (estimates["clock"] == "start")
        & (estimates["line"] == j)
    ]
    true = truths[(truths["estimand"] == "not_yet") & (truths["clock"] == "start") & (truths["line"] == j)]
    expected = true["sum_with"].sum() / true["n_with"].sum() - true["sum_without"].sum() / true["n_without"].sum()
    found = table[
        table["estimator"].eq("matched_difference 1:5") & table["clock"].eq("start") & table["definition"].eq("E4_employed")
        & table["outcome"].eq("established") & table["horizon"].eq(2) & table["horizon_unit"].eq("year")
    ].iloc[0]  # fmt: skip
    assert found["replications"] == 3
    assert found["truth"] == pytest.approx(100 * expected)
    assert found["bias"] == pytest.approx(100 * (rows["estimate"].mean() - expected))
    assert found["empirical_sd"] == pytest.approx(100 * rows["estimate"].std())
    assert found["se_ratio"] == pytest.approx(rows["std_error"].mean() / rows["estimate"].std())
    covered = (rows["ci_low"] <= expected) & (expected <= rows["ci_high"])
    assert found["coverage"] == pytest.approx(100 * covered.mean())
    kept = pd.concat(map(pd.read_parquet, finished_run.glob("*-more_truth.parquet")))
    same = kept[kept["sample"].eq("1:5") & kept["estimand"].eq("not_yet") & kept["clock"].eq("start")]
    same = same[same["line"] == j]
    of_kept = same["sum_with"].sum() / same["n_with"].sum() - same["sum_without"].sum() / same["n_without"].sum()
    assert found["truth_matched"] == pytest.approx(100 * of_kept)
    assert found["bias_matched"] == pytest.approx(found["mean_estimate"] - 100 * of_kept)
    assert found["share_matched"] == pytest.approx(100 * same["n_treated"].sum() / true["n_treated"].sum())


def test_what_an_estimate_shares_with_its_truth_is_no_error_of_the_bias():
    """Were every estimate its own sample's truth, the bias would be known but for the weights of the samples."""
    rng = np.random.default_rng(1)
    n, replications = rng.integers(90, 110, 400), 400
    rows = []
    for r in range(replications):
        effect = rng.normal(0.1, 0.05)
        line = {"sum_with": n[r] * (0.3 + effect), "n_with": n[r], "sum_without": n[r] * 0.3, "n_without": n[r]}
        rows.append({**line, "estimand": "not_yet", "clock": "start", "line": 0, "replication": r, "n_treated": n[r]})
    truths = Truths.of(pd.DataFrame(rows))
    key = ("not_yet", "start")
    table = pd.DataFrame(rows)
    each = table["sum_with"] / table["n_with"] - table["sum_without"] / table["n_without"]
    noise = truths.influence(key)[:, 0]
    assert abs(noise.mean()) < 1e-12
    assert (each - each.mean() - noise).std() < 0.1 * each.std()
    assert truths.pooled(key)[0] == pytest.approx(np.average(each, weights=table["n_treated"]))


def test_a_block_without_one_part_gets_that_part_alone(finished_run: Path):
    block = Block("default", 3, 3)
    path, estimates = block.path(finished_run, "more_truth"), block.path(finished_run, "estimates")
    before, written = pd.read_parquet(path), estimates.stat().st_mtime_ns
    path.unlink()
    assert runner.missing(block, finished_run) == ("more_truth",)
    run_block(block, finished_run, persons=SIZE)
    again = pd.read_parquet(path)
    pd.testing.assert_frame_equal(again.drop(columns="cpu_seconds"), before.drop(columns="cpu_seconds"))
    assert estimates.stat().st_mtime_ns == written


def test_the_page_holds_every_estimator_and_no_judgement_on_few(finished_run: Path, tmp_path: Path):
    checks = page.write(of_scenario(finished_run, "default"), tmp_path / "coverage.md", SIZE)
    text = (tmp_path / "coverage.md").read_text(encoding="utf-8")
    assert all(e.name in text for e in HERE)
    assert all(check.met is None for check in checks)
    assert "in populations of" not in text
    summary = of_scenario(finished_run, "default")
    page.write(summary, tmp_path / "beside.md", SIZE, larger=summary)
    section = (
        (tmp_path / "beside.md")
        .read_text(encoding="utf-8")
        .split("## What is left in populations of")[1]
        .split("##")[0]
    )
    rows = [line for line in section.splitlines() if line.startswith("| default")]
    shown = pd.Series([row.split(" | ")[1] for row in rows]).value_counts()
    assert set(shown.index) == {e.name for e in HERE if e.sample is not None}
    assert shown.between(2, 20).all()
    assert (tmp_path / "beside_larger.csv").exists()
    assert all(row.split(" | ")[-2].strip() == row.split(" | ")[-1].removesuffix(" |").strip() for row in rows)
    assert len(pd.read_csv(tmp_path / "coverage.csv")) > len(CHOSEN)


def test_what_a_replication_costs_is_told_by_part():
    table = timed("default", 1).set_index("part")
    assert {e.name for e in HERE} < set(table.index)
    assert (table["seconds"] >= 0).all()
    asked = set(table.index[table["in_study"]])
    assert asked >= {
        "population and truth",
        "matching",
        "matched_difference 1:5",
        "matched_regression 1:5",
        "ipw",
        "dynamic",
    }
    assert not asked & {"aipw", "event_study 1:5", "own_exit"}


def _cells(**changes: object) -> pd.DataFrame:
    rows = []
    for clock in ALL_CLOCKS:
        row = dict.fromkeys(COLUMNS, np.nan) | {
            "scenario": "default", "estimator": "sound", "clock": clock, "outcome": "established", "definition": "E4_employed",
            "horizon": 1, "horizon_unit": "year", "unit": "points", "replications": 500, "bias": 0.1, "bias_mc_error": 0.1,
            "coverage": 95.0, "se_ratio": 1.0, "weight_sum": 1.0, "mean_estimate": 0.0, "bias_matched": 0.1,
        }  # fmt: skip
        rows.append(row)
    table = pd.DataFrame(rows)
    return table.assign(**changes)


@pytest.mark.parametrize(
    ("changes", "demand"),
    [
        ({"bias": -0.45}, "sound: bias"),
        ({"bias": 0.55}, "sound, actual clock: bias"),
        ({"bias_matched": 0.45}, "sound: bias for the participants it speaks of"),
        ({"coverage": 91.0}, "sound: coverage per cell, 500"),
        ({"coverage": 92.5, "replications": 2_000}, "sound: coverage per cell, 2,000"),
        ({"coverage": 97.0}, "sound: coverage, mean"),
        ({"coverage": 97.0}, "every estimator"),
        ({"se_ratio": 1.1}, "sound: mean SE"),
        ({"weight_sum": 0.96}, "Σw"),
    ],
)
def test_what_is_out_of_its_limits_is_not_met(changes: dict[str, object], demand: str):
    estimators = (Estimator("sound", "not_yet", lambda r, c: pd.DataFrame(), clocks=ALL_CLOCKS, sample="1:5"),)
    assert all(check.met is not False for check in check_all(_cells(), estimators))
    found = check_all(_cells(**changes), estimators)
    assert any(check.met is False for check in found if check.demand.startswith(demand))
    # flagged estimators answer for themselves
    flagged = (Estimator("sound", "not_yet", lambda r, c: pd.DataFrame(), clocks=ALL_CLOCKS, flagged=True),)
    assert all(check.met is not False for check in check_all(_cells(**changes), flagged))
